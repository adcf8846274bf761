//! Foreign text in Markdown, and figures. What cannot be seen was made visible before, with the whole
//! report; here is what Markdown would read as its own.

use contract::bounds;

/// An inline code span that is safe in a table cell.
pub(crate) fn code(text: &str) -> String {
    let line = one_line(text);
    let text = bounds::message(&line);
    // A backslash before the bar would be taken to belong to the one that protects it.
    if text.is_empty() || text.contains("\\|") {
        return cell(&text);
    }
    let text = text.replace('|', "\\|");
    if text.contains('`') {
        let fence = "`".repeat(longest_run(&text) + 1);
        format!("{fence} {text} {fence}")
    } else {
        format!("`{text}`")
    }
}

/// Plain text in a line or a table cell, with what Markdown would read as markup, HTML, a formula or a
/// link escaped.
pub(crate) fn cell(text: &str) -> String {
    let mut escaped = String::new();
    for character in bounds::message(&one_line(text)).chars() {
        // Sites make links of whatever has a scheme or begins with `www.`.
        let makes_link = (character == '/' && escaped.ends_with(':'))
            || (character == '.' && escaped.ends_with("www"));
        let is_markup = matches!(
            character,
            '\\' | '|' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '~' | '#' | '&' | '$' | '@'
        );
        if makes_link || is_markup {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

pub(crate) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// A fenced block, with a fence longer than any the text holds.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// Backticks in a row, at the most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A figure with about three digits that mean something.
pub(crate) fn quantity(value: f64) -> String {
    match value.abs() {
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// A count a call: whole where it is whole.
pub(crate) fn count(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value.fract() == 0.0 => format!("{value:.0}"),
        Some(value) => quantity(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_break_out() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(cell("a|b\n<c>"), "a\\|b \\<c\\>");
        assert_eq!(code("a``b"), "``` a``b ```");
        assert_eq!(code("a\\|b"), "a\\\\\\|b");
        assert_eq!(code(""), "");
        assert_eq!(cell("&#x202e; $x$ a@b"), "\\&\\#x202e; \\$x\\$ a\\@b");
        assert_eq!(cell("http://a www.b"), "http:\\//a www\\.b");
        assert!(cell(&"x".repeat(5_000)).contains(" characters left out) … x"));
        assert_eq!(fenced("text", "a ``` b"), "````text\na ``` b\n````\n");
        assert_eq!(fenced("", "a"), "```\na\n```\n");
    }

    #[test]
    fn figures_keep_three_digits() {
        assert_eq!(quantity(1.654), "1.65");
        assert_eq!(quantity(16.54), "16.5");
        assert_eq!(quantity(1654.3), "1654");
    }
}
