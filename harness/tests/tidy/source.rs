//! Reads Rust source as tokens: comments and literals are no code, and paths inside macros are.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The tokens of a source file.
pub(crate) fn tokens(path: &str, text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{path} is not Rust: {error}"))
}

/// Every identifier and keyword, with its line.
pub(crate) fn words(tokens: TokenStream) -> Vec<(String, usize)> {
    let of_one = |token| match token {
        TokenTree::Ident(word) => vec![(word.to_string(), word.span().start().line)],
        TokenTree::Group(group) => words(group.stream()),
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(of_one).collect()
}

/// Every attribute's words, with its line.
pub(crate) fn attributes(tokens: TokenStream) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    let mut is_after_hash = false;
    for token in tokens {
        let is_mark = |mark| is_punct(Some(&token), mark);
        if let TokenTree::Group(group) = &token {
            if is_after_hash && group.delimiter() == Delimiter::Bracket {
                found.push((texts(group), group.span().start().line));
            }
            found.extend(attributes(group.stream()));
        }
        is_after_hash = is_mark('#') || (is_after_hash && is_mark('!'));
    }
    found
}

/// Takes out the items that begin as `begins` says: the other code, and each item taken out.
pub(crate) fn without(
    tokens: TokenStream,
    begins: fn(&[TokenTree]) -> bool,
) -> (TokenStream, Vec<TokenStream>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut kept, mut taken) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = &tokens[at..];
        if begins(rest) {
            let ends = |token: &TokenTree| is_punct(Some(token), ';') || braces(token).is_some();
            let length = rest.iter().position(ends).map_or(rest.len(), |end| end + 1);
            taken.push(rest[..length].iter().cloned().collect());
            at += length;
            continue;
        }
        kept.push(match token {
            TokenTree::Group(group) => {
                let (inner, taken_inside) = without(group.stream(), begins);
                taken.extend(taken_inside);
                let mut inner = Group::new(group.delimiter(), inner);
                inner.set_span(group.span());
                inner.into()
            }
            token => token.clone(),
        });
        at += 1;
    }
    (kept.into_iter().collect(), taken)
}

/// Whether tokens begin with an item of tests.
pub(crate) fn is_of_tests(tokens: &[TokenTree]) -> bool {
    let [hash, TokenTree::Group(group), ..] = tokens else { return false };
    let words = texts(group);
    is_punct(Some(hash), '#') && (words == ["test"] || words == ["cfg", "test"])
}

/// Whether tokens begin with a `pub use`.
pub(crate) fn is_given_on(tokens: &[TokenTree]) -> bool {
    match tokens {
        [word, TokenTree::Group(_), after, ..] | [word, after, ..] => {
            is_word(word, "pub") && is_word(after, "use")
        }
        _ => false,
    }
}

/// The paths of two and more segments, lists taken apart (`a::{b, c::d}` is `a::b` and `a::c::d`), each
/// with its line. `self` and `super` are followed from the module that the code is in, to paths that
/// begin with `crate`.
pub(crate) fn paths(tokens: TokenStream, module: &[String]) -> Vec<(Vec<String>, usize)> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(_) if is_separator(&tokens, at + 1) => {
                at = path(&tokens, at, &[], &mut found);
            }
            TokenTree::Group(group) => {
                let mut inside = module.to_vec();
                if let [.., keyword, name] = &tokens[..at]
                    && is_word(keyword, "mod")
                {
                    inside.push(name.to_string());
                }
                found.extend(paths(group.stream(), &inside));
            }
            _ => {}
        }
        at += 1;
    }
    for (segments, _) in &mut found {
        let supers = segments.iter().take_while(|segment| *segment == "super").count();
        if supers > 0 || segments[0] == "self" {
            let parent = &module[..module.len().saturating_sub(supers)];
            let named = segments.split_off(supers.max(1));
            *segments = [&["crate".to_owned()], parent, &named].concat();
        }
    }
    found
}

/// Reads the path that begins at `at`, below the segments of `before`; gives where its last token is.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    before: &[String],
    found: &mut Vec<(Vec<String>, usize)>,
) -> usize {
    let mut segments = before.to_vec();
    let line = tokens[at].span().start().line;
    while let TokenTree::Ident(segment) = &tokens[at] {
        segments.push(segment.to_string());
        if !is_separator(tokens, at + 1) {
            break;
        }
        at += 3;
        match tokens.get(at) {
            Some(TokenTree::Ident(_)) => {}
            Some(token) if let Some(list) = braces(token) => {
                let list: Vec<TokenTree> = list.stream().into_iter().collect();
                for one in list.split(|token| is_punct(Some(token), ',')) {
                    if !one.is_empty() {
                        path(one, 0, &segments, found);
                    }
                }
                return at;
            }
            // A glob, or the parameters of a generic function.
            _ => {
                at -= 1;
                break;
            }
        }
    }
    found.push((segments, line));
    at
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

fn is_word(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == text)
}

fn braces(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

fn texts(group: &Group) -> Vec<String> {
    words(group.stream()).into_iter().map(|(word, _)| word).collect()
}
