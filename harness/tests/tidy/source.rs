//! Reads Rust source just far enough for the rules: what is code, and which paths it names.

/// The text with comments and the insides of literals blanked, line for line and column for column.
pub(crate) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            let blank = |&c: &char| if c == '\n' { '\n' } else { ' ' };
            out.extend(chars[at..end].iter().map(blank));
            at = end;
        }
    }
    out
}

/// Where a comment or literal that begins at `at` ends; `at` itself where none begins.
fn literal_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => {
            chars[at..].iter().position(|&c| c == '\n').map_or(chars.len(), |length| at + length)
        }
        '/' if next == Some('*') => block_comment_end(chars, at),
        '"' => string_end(chars, at + 1),
        '\'' => char_end(chars, at),
        'r' | 'b' | 'c' if !continues_a_word(chars, at) => raw_string_end(chars, at),
        _ => at,
    }
}

fn continues_a_word(chars: &[char], at: usize) -> bool {
    at > 0 && is_word(chars[at - 1])
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') if depth == 1 => return at + 2,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    chars.len()
}

fn string_end(chars: &[char], inside: usize) -> usize {
    let mut at = inside;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// A character literal, told from a lifetime by its closing quote.
fn char_end(chars: &[char], at: usize) -> usize {
    match chars.get(at + 1) {
        Some('\\') => {
            let from = (at + 3).min(chars.len());
            chars[from..].iter().position(|&c| c == '\'').map_or(at, |length| from + length + 1)
        }
        Some(_) if chars.get(at + 2) == Some(&'\'') => at + 3,
        _ => at,
    }
}

fn raw_string_end(chars: &[char], start: usize) -> usize {
    let mut at = start;
    while matches!(chars.get(at), Some('b' | 'c' | 'r')) && at < start + 2 {
        at += 1;
    }
    let is_raw = chars[at - 1] == 'r';
    let hashes = chars[at..].iter().take_while(|&&c| c == '#').count();
    if !is_raw || chars.get(at + hashes) != Some(&'"') {
        return start;
    }
    let inside = at + hashes + 1;
    let closes = |&quote: &usize| {
        chars[quote] == '"'
            && chars[quote + 1..].iter().take_while(|&&c| c == '#').count() >= hashes
    };
    (inside..chars.len()).find(closes).map_or(chars.len(), |quote| quote + 1 + hashes)
}

/// Whether a line holds a word that is no part of a longer one.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// Every segment named directly under a root (`crate`, or a crate's name), with its line: `b` and
/// `c` of `crate::{b::x, c}`. The root used by itself counts as the segment `self`.
pub(crate) fn named_under(code: &str, root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(root) {
        let before = code[..at].chars().next_back();
        let rest = &code[at + root.len()..];
        if before.is_some_and(is_word) || rest.chars().next().is_some_and(is_word) {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        let names = match rest.strip_prefix("::") {
            None if root == "crate" => continue, // a keyword: `pub(crate)`
            None => vec!["self".to_owned()],
            Some(rest) => match rest.trim_start().strip_prefix('{') {
                None => vec![first_word(rest)],
                Some(list) => top_level_names(list),
            },
        };
        found.extend(names.into_iter().map(|name| (line, name)));
    }
    found
}

fn first_word(text: &str) -> String {
    let text = text.trim_start();
    match text.chars().next() {
        Some('*') => "*".to_owned(),
        _ => text.chars().take_while(|&c| is_word(c)).collect(),
    }
}

fn top_level_names(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut item = String::new();
    let mut names = Vec::new();
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(first_word(&std::mem::take(&mut item))),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                item.push(c);
            }
        }
    }
    names.push(first_word(&item));
    names.retain(|name| !name.is_empty());
    names
}

/// The `use` statements of a file: their lines, and their text without `use` and `;`.
pub(crate) fn use_statements(code: &str) -> Vec<(usize, String)> {
    let mut statements = Vec::new();
    let mut offset = 0;
    for (index, line) in code.split_inclusive('\n').enumerate() {
        if let Some(from) = after_use(line) {
            let text = &code[offset + from..];
            let end = text.find(';').unwrap_or(text.len());
            statements.push((index + 1, text[..end].split_whitespace().collect::<String>()));
        }
        offset += line.len();
    }
    statements
}

/// Where the path of a line that begins a `use` statement begins.
fn after_use(line: &str) -> Option<usize> {
    let trimmed = line.trim_start();
    let visible = match trimmed.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => &rest[rest.find(')')? + 1..],
        Some(rest) => rest,
        None => trimmed,
    };
    let path = visible.trim_start().strip_prefix("use ")?;
    Some(line.len() - path.len())
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "let a = \"unsafe \\\" x\"; // unsafe\n/* /* unsafe */ unsafe */ \
                r#\"unsafe\"# b'\\'' 'u' fn f<'a>() {} unsafe";
    let code = code(text);
    assert_eq!(code.len(), text.len());
    assert_eq!(code.matches("unsafe").count(), 1, "{code}");
    assert!(code.ends_with("fn f<'a>() {} unsafe"), "{code}");
}

#[test]
fn paths_are_found_in_lists_and_by_themselves() {
    let code = "use crate::{b::{x, y}, c};\ncrate::d::e();\npub(crate) fn f() {}\nnot_crate::g";
    let names = named_under(code, "crate");
    let expected = [(1, "b"), (1, "c"), (2, "d")].map(|(line, name)| (line, name.to_owned()));
    assert_eq!(names, expected);
    assert_eq!(named_under("use reference_binder as binder;", "reference_binder")[0].1, "self");
}

#[test]
fn use_statements_are_joined_over_lines() {
    let code = "use a::{\n    b,\n    c::*,\n};\npub(super) use d::e;\nlet used = 1;\n";
    let found = use_statements(code);
    assert_eq!(found, [(1, "a::{b,c::*,}".to_owned()), (5, "d::e".to_owned())]);
}
