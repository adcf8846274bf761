//! Foreign text in Markdown, and figures.

/// An inline code span that is safe in a table cell.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// Plain text in a table cell, with what Markdown would read as markup escaped, and cut where a table
/// could not be read any more.
pub(super) fn cell(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut escaped = String::new();
    for (index, character) in one_line(text).chars().enumerate() {
        if index == LONGEST {
            escaped.push('…');
            break;
        }
        if matches!(character, '\\' | '|' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '~' | '#') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// A fenced block, with a fence longer than any the text holds.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// A figure with about three digits that mean something.
pub(super) fn quantity(value: f64) -> String {
    match value.abs() {
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
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
        assert_eq!(cell(&"x".repeat(400)).chars().count(), 301);
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
