//! Why a call was refused or its result could not be had (contract C, R-11).

use std::fmt;

/// The codes of a call that gives no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "each variant is the contract's code of the same spelling")]
pub enum CallCode {
    Arity,
    NilArgument,
    TypeMismatch,
    OutOfRange,
    UnknownEnumMember,
    HandleTypeMismatch,
    HandleClosed,
    NilCollectionArgument,
    PointerArity,
    ArrayLength,
    MissingField,
    StringArgument,
    StreamConsumed,
    OutOfMemory,
    /// The one code of a call that was made: its result could not be had.
    CorruptNativeLength,
}

impl CallCode {
    /// Every code.
    pub const ALL: [CallCode; 15] = [
        CallCode::Arity,
        CallCode::NilArgument,
        CallCode::TypeMismatch,
        CallCode::OutOfRange,
        CallCode::UnknownEnumMember,
        CallCode::HandleTypeMismatch,
        CallCode::HandleClosed,
        CallCode::NilCollectionArgument,
        CallCode::PointerArity,
        CallCode::ArrayLength,
        CallCode::MissingField,
        CallCode::StringArgument,
        CallCode::StreamConsumed,
        CallCode::OutOfMemory,
        CallCode::CorruptNativeLength,
    ];

    /// The code as the contract spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            CallCode::Arity => "arity",
            CallCode::NilArgument => "nil-argument",
            CallCode::TypeMismatch => "type-mismatch",
            CallCode::OutOfRange => "out-of-range",
            CallCode::UnknownEnumMember => "unknown-enum-member",
            CallCode::HandleTypeMismatch => "handle-type-mismatch",
            CallCode::HandleClosed => "handle-closed",
            CallCode::NilCollectionArgument => "nil-collection-argument",
            CallCode::PointerArity => "pointer-arity",
            CallCode::ArrayLength => "array-length",
            CallCode::MissingField => "missing-field",
            CallCode::StringArgument => "string-argument",
            CallCode::StreamConsumed => "stream-consumed",
            CallCode::OutOfMemory => "out-of-memory",
            CallCode::CorruptNativeLength => "corrupt-native-length",
        }
    }

    /// Whether the native call was made all the same.
    pub const fn after_the_call(self) -> bool {
        matches!(self, CallCode::CorruptNativeLength)
    }
}

/// A call that gave no value: the code, and the argument at fault where there is one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallRefusal {
    code: CallCode,
    argument: u8,
}

/// Stands for "no argument in particular".
const NO_ARGUMENT: u8 = u8::MAX;

impl CallRefusal {
    pub(crate) const fn new(code: CallCode) -> CallRefusal {
        CallRefusal { code, argument: NO_ARGUMENT }
    }

    pub(crate) const fn at(code: CallCode, argument: u8) -> CallRefusal {
        CallRefusal { code, argument }
    }

    /// The code.
    pub const fn code(self) -> CallCode {
        self.code
    }

    /// Index of the argument at fault, where one is.
    pub const fn argument(self) -> Option<usize> {
        if self.argument == NO_ARGUMENT { None } else { Some(self.argument as usize) }
    }

    pub(crate) const fn bits(self) -> u64 {
        self.code as u64 | (self.argument as u64) << 8
    }

    pub(crate) fn from_bits(bits: u64) -> CallRefusal {
        CallRefusal { code: CallCode::ALL[(bits & 0xff) as usize], argument: (bits >> 8) as u8 }
    }
}

impl fmt::Debug for CallRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Display for CallRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code.as_str())?;
        match self.argument() {
            Some(argument) => write!(out, " at argument {argument}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CallRefusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_register() {
        for (index, code) in CallCode::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, index);
            for refusal in [CallRefusal::new(code), CallRefusal::at(code, 3)] {
                assert_eq!(CallRefusal::from_bits(refusal.bits()), refusal);
            }
        }
    }
}
