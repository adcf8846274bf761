//! Host values as the suite knows them, whatever host a subject runs on (contract V).
//!
//! Owned and exact: integers of any size, floats as bits, bytes as bytes. A subject converts between
//! these and its host's own values.

use crate::Scalar;

pub use num_bigint::BigInt;

/// A host value (contract V).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostValue {
    /// nil
    Nil,
    /// A boolean.
    Boolean(bool),
    /// A signed integer of 64 bits.
    Long(i64),
    /// A big integer; R-2 tells when it is due.
    Big(BigInt),
    /// A double, as its 64 bits.
    Double(u64),
    /// An extended float: the bits of an `:f80` (low 80) or `:f128`.
    Extended(Scalar, u128),
    /// A keyword, without its colon.
    Keyword(String),
    /// An error value carrying the error's name.
    Error(String),
    /// A string.
    Text(String),
    /// Text that may have no encoding, as its code units of UTF-16: a surrogate may stand alone (C-11).
    Utf16(Vec<u16>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A typed primitive array: the element type and the elements' little-endian bytes.
    Array(Scalar, Vec<u8>),
    /// A window of a typed array: the element type, the whole array's bytes, the first element that is seen,
    /// and how many are. Only an argument itself.
    View(Scalar, Vec<u8>, usize, usize),
    /// The very array that another argument of the call is, by that one's index (C-9). Only an argument itself.
    Same(usize),
    /// A vector.
    Vector(Vec<HostValue>),
    /// A map keyed by field, in no significant order.
    Map(Vec<(String, HostValue)>),
    /// A map with a type name.
    Record(String, Vec<(String, HostValue)>),
    /// A handle, by the token its subject issued.
    Handle(Token),
    /// A stream, by the token its subject issued.
    Stream(Token),
    /// A function of the host's, by what it answers: its first call with the first answer, and so on; calls beyond
    /// the last with the last (K-1). Only an argument itself.
    Function(Vec<Answer>),
    /// A function object of the host's, which the library may keep, by the token its subject issued (K-7). Only an
    /// argument itself.
    Kept(Token),
}

/// What a function of the host's does when it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It returns this; nil where it returns nothing.
    Returns(HostValue),
    /// It raises an error that says this (K-4).
    Raises(String),
    /// It calls the function that it was given to once more, with these arguments, and returns what that does
    /// (K-3). For itself stands [`HostValue::Same`] with its own index.
    Again(Vec<HostValue>),
}

impl Answer {
    /// What a function answers to whichever call, where all of its answers are one value that is its own (K-7): not what
    /// the call was given.
    pub fn is_one(answers: &[Answer]) -> bool {
        let own = |answer: &Answer| match answer {
            Answer::Returns(value) => !matches!(value, HostValue::Same(_)),
            Answer::Raises(_) | Answer::Again(_) => false,
        };
        answers.first().is_some_and(own) && answers.iter().all(|answer| *answer == answers[0])
    }
}

/// Names a handle or stream that lives in the subject. Two tokens of one subject are equal where the
/// subject says they are one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

impl HostValue {
    /// The integer a long or big integer holds.
    pub fn as_integer(&self) -> Option<BigInt> {
        match self {
            HostValue::Long(value) => Some(BigInt::from(*value)),
            HostValue::Big(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// The array that a view shows.
    pub fn seen(&self) -> Option<HostValue> {
        let HostValue::View(element, all, first, count) = self else { return None };
        let start = first.checked_mul(element.size())?;
        let end = start.checked_add(count.checked_mul(element.size())?)?;
        all.get(start..end).map(|bytes| HostValue::Array(*element, bytes.to_vec()))
    }

    /// What a map or a record has under a key.
    pub fn field(&self, key: &str) -> Option<&HostValue> {
        let (HostValue::Map(entries) | HostValue::Record(_, entries)) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The double of these bits' value.
    pub fn double(value: f64) -> HostValue {
        HostValue::Double(value.to_bits())
    }
}
