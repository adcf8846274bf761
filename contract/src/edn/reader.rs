//! The reader proper: white space, comments, discards and collections.

use std::collections::HashSet;

use super::{EdnError, Fault, Node, Position, Value};

/// How deep collections and discards may nest before a text is refused. No contract form comes near
/// it, and it keeps hostile text from exhausting the stack.
pub const MAX_DEPTH: usize = 128;

/// How many forms a text may hold before it is refused, at any depth: many times what the longest
/// declarations hold, and it keeps hostile text from exhausting the memory.
pub const MAX_FORMS: usize = 100_000;

/// Reads a text that holds exactly one form.
///
/// # Errors
///
/// The first fault in the text, or that it holds no form or several.
pub fn read_one(text: &str) -> Result<Node<'_>, EdnError> {
    let mut reader = Reader::new(text);
    let Some(node) = reader.next_form(0)? else {
        return Err(reader.fault(Fault::NoForm, reader.at, ""));
    };
    match reader.next_form(0)? {
        None => Ok(node),
        Some(extra) => Err(reader.fault(Fault::ExtraForm, extra.position, extra.text)),
    }
}

/// Reads a text that holds any number of forms.
///
/// # Errors
///
/// The first fault in the text.
pub fn read_all(text: &str) -> Result<Vec<Node<'_>>, EdnError> {
    let mut reader = Reader::new(text);
    let mut nodes = Vec::new();
    while let Some(node) = reader.next_form(0)? {
        nodes.push(node);
    }
    Ok(nodes)
}

/// A text and how far it has been read.
pub(super) struct Reader<'t> {
    text: &'t str,
    pub(super) at: Position,
    /// How many forms were begun.
    forms: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Reader { text, at: Position::START, forms: 0 }
    }

    /// What is not yet read.
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at.offset..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at = self.at.after(character.encode_utf8(&mut [0; 4]));
        Some(character)
    }

    /// Takes characters as long as they satisfy `wanted`.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        self.at = self.at.after(&rest[..end]);
        &rest[..end]
    }

    /// The text from `start` to here.
    pub(super) fn since(&self, start: Position) -> &'t str {
        &self.text[start.offset..self.at.offset]
    }

    pub(super) fn fault(&self, fault: Fault, position: Position, text: &str) -> EdnError {
        EdnError { fault, position, text: text.to_owned() }
    }

    /// The next form, or none at the end of the text. A closing delimiter is an error: collections
    /// look for theirs before they ask for a form.
    fn next_form(&mut self, depth: usize) -> Result<Option<Node<'t>>, EdnError> {
        self.skip_blank(depth)?;
        let start = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        self.forms += 1;
        if self.forms > MAX_FORMS {
            return Err(self.fault(Fault::TooMany, start, &first.to_string()));
        }
        let value = match first {
            '[' => Value::Vector(self.sequence("[", ']', depth)?),
            '(' => Value::List(self.sequence("(", ')', depth)?),
            '{' => self.map(depth)?,
            '#' if self.rest().starts_with("#{") => self.set(depth)?,
            ']' | ')' | '}' => {
                let close = first.to_string();
                return Err(self.fault(Fault::UnmatchedClose, start, &close));
            }
            _ => self.atom(first)?,
        };
        Ok(Some(Node { value, position: start, text: self.since(start) }))
    }

    /// Skips white space, commas, comments and discarded forms.
    fn skip_blank(&mut self, depth: usize) -> Result<(), EdnError> {
        loop {
            self.take_while(is_blank);
            let start = self.at;
            if self.peek() == Some(';') {
                self.take_while(|character| character != '\n');
            } else if self.rest().starts_with("#_") {
                self.open("#_", depth)?;
                self.skip_blank(depth + 1)?;
                if matches!(self.peek(), None | Some(']' | ')' | '}')) {
                    return Err(self.fault(Fault::NothingToDiscard, start, "#_"));
                }
                self.next_form(depth + 1)?;
            } else {
                return Ok(());
            }
        }
    }

    /// Takes an opening delimiter, one level deeper than `depth`.
    fn open(&mut self, opening: &str, depth: usize) -> Result<(), EdnError> {
        if depth == MAX_DEPTH {
            return Err(self.fault(Fault::TooDeep, self.at, opening));
        }
        self.at = self.at.after(opening);
        Ok(())
    }

    /// The forms between `opening` and `close`, both taken.
    fn sequence(
        &mut self,
        opening: &str,
        close: char,
        depth: usize,
    ) -> Result<Vec<Node<'t>>, EdnError> {
        let start = self.at;
        self.open(opening, depth)?;
        let mut elements = Vec::new();
        loop {
            self.skip_blank(depth + 1)?;
            if self.peek() == Some(close) {
                self.take();
                return Ok(elements);
            }
            match self.next_form(depth + 1)? {
                Some(element) => elements.push(element),
                None => return Err(self.fault(Fault::Unclosed { close }, start, opening)),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value<'t>, EdnError> {
        let mut forms = self.sequence("{", '}', depth)?.into_iter();
        let mut entries = Vec::with_capacity(forms.len() / 2);
        while let Some(key) = forms.next() {
            let Some(value) = forms.next() else {
                return Err(self.fault(Fault::OddMap, key.position, key.text));
            };
            entries.push((key, value));
        }
        self.refuse_duplicates(entries.iter().map(|(key, _)| key))?;
        Ok(Value::Map(entries))
    }

    fn set(&mut self, depth: usize) -> Result<Value<'t>, EdnError> {
        let elements = self.sequence("#{", '}', depth)?;
        self.refuse_duplicates(elements.iter())?;
        Ok(Value::Set(elements))
    }

    fn refuse_duplicates<'n>(
        &self,
        nodes: impl Iterator<Item = &'n Node<'t>>,
    ) -> Result<(), EdnError>
    where
        't: 'n,
    {
        let mut seen = HashSet::new();
        for node in nodes {
            if !seen.insert(node) {
                return Err(self.fault(Fault::DuplicateKey, node.position, node.text));
            }
        }
        Ok(())
    }
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == ','
}

/// Whether a character ends a token.
pub(super) fn ends_token(character: char) -> bool {
    is_blank(character) || matches!(character, '"' | ';' | '(' | ')' | '[' | ']' | '{' | '}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (Fault, String, String) {
        let error = read_one(text).expect_err(text);
        (error.fault, error.position.to_string(), error.text)
    }

    #[test]
    fn every_node_knows_its_place_and_its_text() {
        let node = read_one("; é\n [α {:k \"é\\n\"} #{1}] ; end").expect("reads");
        assert_eq!(node.position, Position { offset: 6, line: 2, column: 2 });
        assert_eq!(node.text, "[α {:k \"é\\n\"} #{1}]");
        let elements = node.vector().expect("a vector");
        assert_eq!(elements[1].position, Position { offset: 10, line: 2, column: 5 });
        assert_eq!(elements[2].position, Position { offset: 22, line: 2, column: 16 });
        let (key, value) = &elements[1].map().expect("a map")[0];
        assert_eq!((key.text, key.keyword()), (":k", Some("k")));
        assert_eq!(value.value, Value::String("é\n".to_owned()));
        assert_eq!(value.position.column, 9);
    }

    #[test]
    fn discards_and_comments_stand_anywhere() {
        let node = read_one("#_ x [a #_ #_ b c #_d] #_ e ; f").expect("reads");
        assert_eq!(node, read_one("[a]").expect("reads"));
        assert_eq!(node.text, "[a #_ #_ b c #_d]");
        assert_eq!(read_all(" ,; nothing").expect("reads"), []);
        assert_eq!(read_all("a(b)\"c\"d").expect("reads").len(), 4);
    }

    #[test]
    fn faults_name_the_offending_text_and_its_place() {
        let at = |position: &str, text: &str| (position.to_owned(), text.to_owned());
        for (text, wanted, (position, offending)) in [
            ("", Fault::NoForm, at("1:1", "")),
            ("a\n b", Fault::ExtraForm, at("2:2", "b")),
            ("(a [b)", Fault::UnmatchedClose, at("1:6", ")")),
            ("x ]", Fault::UnmatchedClose, at("1:3", "]")),
            ("[a (b", Fault::Unclosed { close: ')' }, at("1:4", "(")),
            ("[a {b c", Fault::Unclosed { close: '}' }, at("1:4", "{")),
            ("#{a", Fault::Unclosed { close: '}' }, at("1:1", "#{")),
            ("{a}", Fault::OddMap, at("1:2", "a")),
            ("{a 1 #_z b}", Fault::OddMap, at("1:10", "b")),
            ("{a 1 a 2}", Fault::DuplicateKey, at("1:6", "a")),
            ("#{[1] [1N]}", Fault::DuplicateKey, at("1:7", "[1N]")),
            ("[a #_]", Fault::NothingToDiscard, at("1:4", "#_")),
            ("a #_ ;", Fault::NothingToDiscard, at("1:3", "#_")),
            ("#inst \"2020\"", Fault::Tagged, at("1:1", "#inst")),
        ] {
            assert_eq!(fault(text), (wanted, position, offending), "{text}");
        }
    }

    #[test]
    fn the_number_of_forms_is_bounded() {
        let vector = |forms: usize| format!("[{}]", "a ".repeat(forms - 1));
        assert!(read_one(&vector(MAX_FORMS)).is_ok());
        assert_eq!(fault(&vector(MAX_FORMS + 1)).0, Fault::TooMany);
        assert_eq!(fault(&"#_a ".repeat(MAX_FORMS + 1)).0, Fault::TooMany);
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read_one(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(fault(&nested(MAX_DEPTH + 1)).0, Fault::TooDeep);
        assert_eq!(fault(&"[".repeat(1_000_000)).0, Fault::TooDeep);
        assert_eq!(fault(&"#_".repeat(1_000_000)).0, Fault::TooDeep);
        assert_eq!(fault(&"{[#{(".repeat(100_000)).0, Fault::TooDeep);
    }
}
