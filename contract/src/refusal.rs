//! How a signature or declaration is refused: one code of contract S-4's table, the offending form
//! and its place in the text.

use std::fmt;
use std::str::FromStr;

use crate::edn::{EdnError, Node, Position};

/// Declares the codes once, so that the enum, its names and `ALL` cannot disagree.
macro_rules! refusal_codes {
    ($($variant:ident = $name:literal, $refused:literal;)*) => {
        /// Why a signature or a declaration is refused: the table of contract S-4, whole.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RefusalCode {
            $(#[doc = $refused] $variant,)*
        }

        impl RefusalCode {
            /// Every code, in the order of the table.
            pub const ALL: &[RefusalCode] = &[$(RefusalCode::$variant,)*];

            /// The code as the contract spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(RefusalCode::$variant => $name,)*
                }
            }
        }
    };
}

refusal_codes! {
    InvalidSignature = "invalid-signature", "Not a vector, or EDN that does not read.";
    MissingRet = "missing-ret", "`:ret` is absent.";
    ExtraRet = "extra-ret", "`:ret` stands twice.";
    EmptyRet = "empty-ret", "`:ret` without a type.";
    MisplacedRet = "misplaced-ret", "`:ret` is not last.";
    UnevenSignature = "uneven-signature", "A binding without a type.";
    MisplacedRest = "misplaced-rest", "`&` anywhere but before the last pair.";
    MisplacedEllipsis = "misplaced-ellipsis", "`...` anywhere but once after a pair.";
    InvalidBinding = "invalid-binding", "A binding that is not a symbol or a map of symbols.";
    ReservedBinding = "reserved-binding", "A binding that begins with `__`.";
    DuplicateBinding = "duplicate-binding", "A binding used twice.";
    UnknownType = "unknown-type", "A form that is neither keyword, vector nor symbol.";
    UnknownScalar = "unknown-scalar", "A keyword that names no type.";
    MalformedCompound = "malformed-compound", "Wrong head, length or parts of a vector form.";
    MalformedErrorSet = "malformed-error-set", "The error set of an error union is not a symbol.";
    UnknownTypeName = "unknown-type-name", "A symbol nothing declares.";
    UnknownField = "unknown-field",
        "A destructuring key the field map lacks, or a field of an undeclared type.";
    VoidArgument = "void-argument", "`:void` as an argument.";
    NoreturnPosition = "noreturn-position", "`:noreturn` anywhere.";
    UnsupportedRestElement = "unsupported-rest-element",
        "A rest element that is not a carrier scalar.";
    UnsupportedElement = "unsupported-element",
        "A pointer, slice or array over an element it cannot hold.";
    MutableStructSlice = "mutable-struct-slice",
        "A slice argument of structs or enums that is not const.";
    UnsupportedOptional = "unsupported-optional", "An optional over a type it cannot wrap there.";
    UnsupportedBufferOptional = "unsupported-buffer-optional",
        "An optional argument of a struct with buffer fields.";
    UnsupportedErrorUnion = "unsupported-error-union",
        "An error union as an argument, or over a type it cannot wrap.";
    UnsupportedOwnership = "unsupported-ownership",
        "Owned or borrowed as an argument, or over a type it cannot wrap.";
    UnsupportedBorrowedBufferSlice = "unsupported-borrowed-buffer-slice",
        "A borrowed slice of structs with buffer fields.";
    UnsupportedBufferStructReturn = "unsupported-buffer-struct-return",
        "A bare struct return with buffer fields, which nobody would free.";
    UnsupportedBytes = "unsupported-bytes", "Bytes not over `[:slice :u8]`, or as an argument.";
    UnsupportedStream = "unsupported-stream",
        "A stream not over a carrier scalar or not of an iterator type.";
    UnsupportedStreamArgument = "unsupported-stream-argument", "A stream as an argument.";
    UnsupportedHandle = "unsupported-handle", "A handle over anything but a symbol.";
    UnsupportedFunction = "unsupported-function",
        "A function anywhere but as an argument, or over anything but carrier scalars.";
    UnsupportedByValue = "unsupported-by-value",
        "By value anything but a struct of carrier scalars, enums, and arrays and structs of them.";
    UnsupportedCstring = "unsupported-cstring", "A bounded C string as an argument.";
    UnsupportedCounted = "unsupported-counted",
        "Counted anything but scalars, by anything but an integer argument, or in a variadic signature.";
    UnsupportedInOut = "unsupported-in-out",
        "In-out anywhere but as an argument, or over anything but a carrier scalar or a struct without buffers.";
    UnsupportedVariadic = "unsupported-variadic",
        "A variable argument that C would promote or that is no scalar and no address, or a return beside such that \
         is no carrier scalar.";
    UnsupportedReturnKind = "unsupported-return-kind",
        "A bare slice, array or pointer return, which has no owner.";
    UnsupportedCarrier = "unsupported-carrier",
        "A scalar the binder cannot carry in that position. This binder carries every scalar and \
         never says it; it is here because other binders do.";
    MalformedFields = "malformed-fields", "A field list that is odd or not a vector.";
    BadFieldName = "bad-field-name", "A field name that is not a symbol.";
    DuplicateField = "duplicate-field", "A field declared twice.";
    UnsupportedField = "unsupported-field", "A field of a type a struct cannot hold.";
    MalformedMembers = "malformed-members", "A member list that is odd or not a vector.";
    NonIntegerMember = "non-integer-member", "A member value that is not an integer.";
    DuplicateMember = "duplicate-member", "A member name or value declared twice.";
    EnumValueOverflow = "enum-value-overflow", "A member value outside the backing.";
    BadEnumBacking = "bad-enum-backing", "A backing that is no integer of at most 64 bits.";
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// A text that spells no [`RefusalCode`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no refusal code of contract S-4")]
pub struct UnknownRefusalCode(pub String);

impl FromStr for RefusalCode {
    type Err = UnknownRefusalCode;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        RefusalCode::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == name)
            .ok_or_else(|| UnknownRefusalCode(name.to_owned()))
    }
}

/// What is malformed or unsupported in a signature or declaration (S-4).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {code}: `{}`: {detail}", shortened(form))]
pub struct Refusal {
    /// The one code it is refused with.
    pub code: RefusalCode,
    /// The offending form as written.
    pub form: String,
    /// Where that form starts.
    pub position: Position,
    /// What was expected and what to do, as a lowercase fragment.
    pub detail: String,
}

impl Refusal {
    /// Refuses `node`.
    pub(super) fn new(code: RefusalCode, node: &Node<'_>, detail: impl Into<String>) -> Self {
        Refusal { code, form: node.text.to_owned(), position: node.position, detail: detail.into() }
    }
}

impl From<EdnError> for Refusal {
    fn from(error: EdnError) -> Self {
        Refusal {
            code: RefusalCode::InvalidSignature,
            form: error.text,
            position: error.position,
            detail: error.fault.to_string(),
        }
    }
}

/// A form on one line of at most 60 characters, for a message.
fn shortened(form: &str) -> String {
    const LONGEST: usize = 60;
    let line = form.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_from_their_names() {
        for code in RefusalCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert_eq!(RefusalCode::ALL.len(), 49);
        assert!("unknown".parse::<RefusalCode>().is_err());
    }

    #[test]
    fn a_message_names_place_code_form_and_remedy() {
        let refusal = Refusal {
            code: RefusalCode::UnknownScalar,
            form: "[:a\n  :b]".to_owned(),
            position: Position { offset: 9, line: 2, column: 4 },
            detail: "no type has this name".to_owned(),
        };
        assert_eq!(refusal.to_string(), "2:4: unknown-scalar: `[:a :b]`: no type has this name");
        let long = Refusal { form: "é".repeat(100), ..refusal };
        assert!(long.to_string().contains(&format!("`{}…`", "é".repeat(60))));
    }
}
