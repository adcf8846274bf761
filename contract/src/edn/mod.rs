//! An EDN reader whose every node keeps where it stands in the text.
//!
//! Refusals name the offending form and its position (contract S-4), so positions of every node are
//! the point of this reader. Nesting is bounded and no input panics. Knows nothing of signatures.
//! Deliberately absent: tagged literals and metadata, which no contract form uses.

mod atom;
mod reader;

use std::fmt;
use std::hash::{Hash, Hasher};

use num_bigint::BigInt;

use crate::bounds::{INTEGER_DIGITS, quoted};

pub use reader::{MAX_DEPTH, MAX_FORMS, read_all, read_one};

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Bytes before it.
    pub offset: usize,
    /// Line, counted from 1.
    pub line: usize,
    /// Column, counted from 1 in characters.
    pub column: usize,
}

impl Position {
    /// The first character of a text.
    pub const START: Position = Position { offset: 0, line: 1, column: 1 };

    /// The place after `text`, which starts here.
    pub(super) fn after(self, text: &str) -> Position {
        text.chars().fold(self, |at, character| Position {
            offset: at.offset + character.len_utf8(),
            line: at.line + usize::from(character == '\n'),
            column: if character == '\n' { 1 } else { at.column + 1 },
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// One form, with its place and its text as written.
///
/// Two nodes are equal when their values are, wherever they stand.
#[derive(Clone, Debug)]
pub struct Node<'t> {
    /// What was read.
    pub value: Value<'t>,
    /// Where the form starts.
    pub position: Position,
    /// The form as written, comments and white space inside it included.
    pub text: &'t str,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Node<'_> {}

impl Hash for Node<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<'t> Node<'t> {
    /// The symbol's name, where this is one.
    pub fn symbol(&self) -> Option<&'t str> {
        match self.value {
            Value::Symbol(name) => Some(name),
            _ => None,
        }
    }

    /// The keyword's name without its colon, where this is one.
    pub fn keyword(&self) -> Option<&'t str> {
        match self.value {
            Value::Keyword(name) => Some(name),
            _ => None,
        }
    }

    /// The elements, where this is a vector.
    pub fn vector(&self) -> Option<&[Node<'t>]> {
        match &self.value {
            Value::Vector(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries in the order written, where this is a map.
    pub fn map(&self) -> Option<&[(Node<'t>, Node<'t>)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }
}

/// What a form is. Maps and sets keep the order written and hold no key twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value<'t> {
    /// `nil`
    Nil,
    /// `true`, `false`
    Boolean(bool),
    /// An integer of any size, with or without the suffix `N`.
    Integer(BigInt),
    /// A float as written, suffix `M` included; its reader decides what it is rounded to.
    Float(&'t str),
    /// `\a`, `\newline`, `\u0041`
    Character(char),
    /// A string, escapes resolved.
    String(String),
    /// A symbol, namespace included.
    Symbol(&'t str),
    /// A keyword without its colon, namespace included.
    Keyword(&'t str),
    /// `[…]`
    Vector(Vec<Node<'t>>),
    /// `(…)`
    List(Vec<Node<'t>>),
    /// `#{…}`
    Set(Vec<Node<'t>>),
    /// `{…}`
    Map(Vec<(Node<'t>, Node<'t>)>),
}

/// Why a text does not read, with the offending text and its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: `{}`: {fault}", quoted(text))]
pub struct EdnError {
    /// What is wrong.
    pub fault: Fault,
    /// Where the offending text starts.
    pub position: Position,
    /// The offending text: a token, or the delimiter that has no partner.
    pub text: String,
}

/// What is wrong with a text that does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text ends where a form is needed.
    #[error("expected a form, found the end of the text")]
    NoForm,
    /// One form was asked for and another follows.
    #[error("expected one form; remove what follows it")]
    ExtraForm,
    /// A collection or string is not closed.
    #[error("never closed; add {close}")]
    Unclosed {
        /// The delimiter that would close it.
        close: char,
    },
    /// A closing delimiter that closes nothing.
    #[error("closes nothing that is open here")]
    UnmatchedClose,
    /// A map with a key and no value.
    #[error("this key of a map has no value; a map holds pairs")]
    OddMap,
    /// A map key or set element that stands there twice.
    #[error("stands twice in one map or set; remove one")]
    DuplicateKey,
    /// `#_` with nothing to discard.
    #[error("discards the next form, but none follows")]
    NothingToDiscard,
    /// Collections nested beyond [`MAX_DEPTH`].
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// More forms than [`MAX_FORMS`].
    #[error("a text holds at most {MAX_FORMS} forms")]
    TooMany,
    /// An integer of more digits than [`INTEGER_DIGITS`].
    #[error("an integer of {digits} digits; no type has a use for more than {INTEGER_DIGITS}")]
    LongNumber {
        /// How many it has.
        digits: usize,
    },
    /// A token that starts like a number and is none.
    #[error("not a number; an integer is decimal without leading zeros")]
    BadNumber,
    /// A token that is not a symbol.
    #[error("not a symbol")]
    BadSymbol,
    /// A colon that starts no keyword.
    #[error("not a keyword")]
    BadKeyword,
    /// An escape a string cannot hold.
    #[error("not an escape of a string; use one of \\t \\r \\n \\\\ \\\" \\b \\f \\uXXXX")]
    BadEscape,
    /// A backslash that starts no character.
    #[error("not a character; write one as \\a, \\newline or \\u0041")]
    BadCharacter,
    /// `#` before anything but `{`, `_` and `#`.
    #[error("tagged literals are not read; write plain data")]
    Tagged,
}
