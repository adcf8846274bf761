//! YAML text as a tree whose scalars keep their source text and whose every node keeps its position.
//!
//! The only module that knows the YAML library; case files and lists of known failures are read with it.
//! It refuses what would let a file say one thing and mean another: duplicate keys, aliases, anchors, tags, several documents. Deliberately absent:
//! any interpretation of a scalar; `values` reads those by the type that is declared for them.

use std::collections::HashMap;

use contract::bounds::quoted as quote;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

/// The most bytes of a file that is read with this: many times what the longest has.
pub const MOST_BYTES: u64 = 16 << 20;

/// Nodes beyond this are refused: a hundred bytes of memory for two of text.
pub(super) const NODE_LIMIT: usize = 500_000;

/// Nesting beyond this is refused; the format itself needs less than ten.
const DEPTH_LIMIT: usize = 32;

/// A place in a file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where its text begins.
    pub mark: Mark,
    /// What stands there.
    pub content: Content,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A scalar: the text as written where it is plain, after unescaping where it is quoted.
    Scalar {
        /// The text.
        text: String,
        /// Whether it stands in quotes, or in a `|` or `>` block.
        quoted: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written, with no key twice.
    Map(Vec<Entry>),
}

/// A key of a mapping and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub mark: Mark,
    /// What it holds.
    pub value: Node,
}

/// Text that is not the YAML a case file may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// Where.
    pub mark: Mark,
    /// What.
    pub fault: YamlFault,
}

/// Why text is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum YamlFault {
    /// The library cannot read it; its words.
    Syntax(String),
    /// Nothing but comments.
    Empty,
    /// A second document begins.
    SecondDocument,
    /// An anchor, alias or tag: the feature's name.
    Feature(&'static str),
    /// A mapping's key that is a list or a mapping.
    CompoundKey,
    /// A key that the mapping already has.
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it stood first.
        first: Mark,
    },
    /// Nested deeper than this limit.
    TooDeep(usize),
    /// More nodes than this limit.
    TooMany(usize),
}

impl Node {
    /// How a message names the node.
    pub fn describe(&self) -> String {
        match &self.content {
            Content::Scalar { text, quoted: true } => format!("the text {:?}", quote(text)),
            Content::Scalar { text, quoted: false } if text.is_empty() => "nothing".to_owned(),
            Content::Scalar { text, quoted: false } => format!("`{}`", quote(text)),
            Content::List(items) => format!("a list of {}", items.len()),
            Content::Map(entries) => {
                let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
                let keys = if keys.is_empty() { "nothing".into() } else { keys.join(", ") };
                format!("a map of {}", quote(&keys))
            }
        }
    }

    /// The text of a scalar, quoted or plain.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar that is not quoted.
    pub fn plain(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, quoted: false } => Some(text),
            _ => None,
        }
    }
}

/// Reads the one document of a text.
pub fn parse(text: &str) -> Result<Node, YamlError> {
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| syntax(&error))?;
        builder.take(event, mark(&span.start))?;
    }
    builder.root.ok_or(YamlError { mark: Mark { line: 1, column: 1 }, fault: YamlFault::Empty })
}

fn mark(marker: &Marker) -> Mark {
    Mark { line: marker.line(), column: marker.col() + 1 }
}

fn syntax(error: &ScanError) -> YamlError {
    YamlError { mark: mark(error.marker()), fault: YamlFault::Syntax(error.info().to_owned()) }
}

/// The tree under construction. A stack, not recursion: the library's events nest as deep as the
/// text says.
#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Open>,
    documents: usize,
    nodes: usize,
}

/// A list or mapping whose end has not come.
struct Open {
    mark: Mark,
    body: OpenBody,
}

enum OpenBody {
    List(Vec<Node>),
    /// With the place of each key, and the key whose value has not come.
    Map {
        entries: Vec<Entry>,
        keys: HashMap<String, Mark>,
        key: Option<(String, Mark)>,
    },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, mark: Mark) -> Result<(), YamlError> {
        self.nodes += 1;
        if self.nodes > NODE_LIMIT {
            return fail(mark, YamlFault::TooMany(NODE_LIMIT));
        }
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 { fail(mark, YamlFault::SecondDocument) } else { Ok(()) }
            }
            Event::Alias(_) => fail(mark, YamlFault::Feature("alias")),
            Event::Scalar(text, style, anchor, tag) => {
                refuse_properties(anchor, tag.is_some(), mark)?;
                let content = Content::Scalar {
                    text: text.into_owned(),
                    quoted: style != ScalarStyle::Plain,
                };
                self.place(Node { mark, content })
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_properties(anchor, tag.is_some(), mark)?;
                self.enter(mark, OpenBody::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                refuse_properties(anchor, tag.is_some(), mark)?;
                self.enter(
                    mark,
                    OpenBody::Map { entries: Vec::new(), keys: HashMap::new(), key: None },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn enter(&mut self, mark: Mark, body: OpenBody) -> Result<(), YamlError> {
        if self.open.len() == DEPTH_LIMIT {
            return fail(mark, YamlFault::TooDeep(DEPTH_LIMIT));
        }
        if let Some(Open { body: OpenBody::Map { key: None, .. }, .. }) = self.open.last() {
            return fail(mark, YamlFault::CompoundKey);
        }
        self.open.push(Open { mark, body });
        Ok(())
    }

    fn leave(&mut self) -> Result<(), YamlError> {
        let Some(Open { mark, body }) = self.open.pop() else { return Ok(()) };
        let content = match body {
            OpenBody::List(items) => Content::List(items),
            OpenBody::Map { entries, .. } => Content::Map(entries),
        };
        self.place(Node { mark, content })
    }

    /// Puts a finished node where it belongs: a key, a value, an item, or the root.
    fn place(&mut self, node: Node) -> Result<(), YamlError> {
        match self.open.last_mut().map(|open| &mut open.body) {
            None => self.root = Some(node),
            Some(OpenBody::List(items)) => items.push(node),
            Some(OpenBody::Map { entries, keys, key }) => match (key.take(), node.content) {
                (Some((key, mark)), content) => {
                    let value = Node { mark: node.mark, content };
                    entries.push(Entry { key, mark, value });
                }
                (None, Content::Scalar { text, .. }) => {
                    if let Some(first) = keys.insert(text.clone(), node.mark) {
                        return fail(node.mark, YamlFault::DuplicateKey { key: text, first });
                    }
                    *key = Some((text, node.mark));
                }
                (None, _) => return fail(node.mark, YamlFault::CompoundKey),
            },
        }
        Ok(())
    }
}

fn refuse_properties(anchor: usize, tagged: bool, mark: Mark) -> Result<(), YamlError> {
    match (anchor, tagged) {
        (0, false) => Ok(()),
        (0, true) => fail(mark, YamlFault::Feature("tag")),
        _ => fail(mark, YamlFault::Feature("anchor")),
    }
}

fn fail<T>(mark: Mark, fault: YamlFault) -> Result<T, YamlError> {
    Err(YamlError { mark, fault })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(line: usize, column: usize, text: &str, quoted: bool) -> Node {
        let content = Content::Scalar { text: text.to_owned(), quoted };
        Node { mark: Mark { line, column }, content }
    }

    fn fault(text: &str) -> (usize, usize, YamlFault) {
        let error = parse(text).expect_err("the text is refused");
        (error.mark.line, error.mark.column, error.fault)
    }

    #[test]
    fn scalars_keep_text_style_and_position() {
        let root = parse("a: [-0.0, \"é\", 0x8000000000000000]\nb: :red # not this\n").unwrap();
        let Content::Map(entries) = root.content else { panic!("a map") };
        let list = vec![
            scalar(1, 5, "-0.0", false),
            scalar(1, 11, "é", true),
            scalar(1, 16, "0x8000000000000000", false),
        ];
        assert_eq!(entries[0].value.content, Content::List(list));
        assert_eq!(entries[1].value, scalar(2, 4, ":red", false));
        assert_eq!(entries[1].mark, Mark { line: 2, column: 1 });
    }

    #[test]
    fn columns_count_characters() {
        let root = parse("{é: 'ß', x: 1}").unwrap();
        let Content::Map(entries) = root.content else { panic!("a map") };
        assert_eq!(entries[1].mark, Mark { line: 1, column: 10 });
    }

    #[test]
    fn block_text_is_quoted() {
        let root = parse("- |\n  a\n  b\n- >-\n  c\n  d\n").unwrap();
        let list = vec![scalar(2, 3, "a\nb\n", true), scalar(5, 3, "c d", true)];
        assert_eq!(root.content, Content::List(list));
    }

    #[test]
    fn what_would_mislead_is_refused_where_it_stands() {
        let duplicate =
            YamlFault::DuplicateKey { key: "a".to_owned(), first: Mark { line: 1, column: 1 } };
        assert_eq!(fault("a: 1\nb: 2\na: 3\n"), (3, 1, duplicate));
        assert_eq!(fault("a: &x 1\n"), (1, 4, YamlFault::Feature("anchor")));
        assert_eq!(fault("a: !!str 1\n"), (1, 4, YamlFault::Feature("tag")));
        assert_eq!(fault("a: 1\n---\nb: 1\n"), (2, 1, YamlFault::SecondDocument));
        assert_eq!(fault("? [a]\n: 1\n"), (1, 3, YamlFault::CompoundKey));
        assert_eq!(fault("? {a: 1}\n: 1\n"), (1, 3, YamlFault::CompoundKey));
        assert_eq!(fault("# nothing\n"), (1, 1, YamlFault::Empty));
        assert!(matches!(fault("a: *x\n"), (1, 4, YamlFault::Syntax(_))));
        assert!(matches!(fault("a: [1\n"), (2, 1, YamlFault::Syntax(_))));
    }

    #[test]
    fn the_number_of_nodes_is_bounded_and_keys_are_not_compared_with_each_other() {
        let (_, _, many) = fault(&format!("[{}1]", "1,".repeat(1 << 20)));
        assert_eq!(many, YamlFault::TooMany(NODE_LIMIT));
        // Compared with each other, it would be ten thousand million comparisons.
        let keys: String = (0..200_000).map(|key| format!("k{key}: 1\n")).collect();
        assert!(parse(&keys).is_ok());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(DEPTH_LIMIT)).is_ok());
        let (_, column, deep) = fault(&nested(DEPTH_LIMIT + 1));
        assert_eq!((column, deep), (DEPTH_LIMIT + 1, YamlFault::TooDeep(DEPTH_LIMIT)));
        assert!(parse(&"- ".repeat(100_000)).is_err());
    }
}
