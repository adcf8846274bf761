//! The codes of a call that gives no value (contract C, R-11).

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
