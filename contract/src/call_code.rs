//! The codes of a call that gives no value (contract C, R-11).

use strum::{IntoStaticStr, VariantArray};

/// The codes of a call that gives no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
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
    LibraryClosed,
    /// The call was made: its result could not be had.
    CorruptNativeLength,
    /// The call was made, and a function of the host's that it called raised (K-4).
    CallbackRaised,
    /// The call was made, and a function of the host's that it called gave what its type does not hold (K-4).
    CallbackResult,
}

impl CallCode {
    /// Every code.
    pub const ALL: &[CallCode] = CallCode::VARIANTS;

    /// The code as the contract spells it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the native call was made all the same.
    pub const fn after_the_call(self) -> bool {
        matches!(
            self,
            CallCode::CorruptNativeLength | CallCode::CallbackRaised | CallCode::CallbackResult
        )
    }
}
