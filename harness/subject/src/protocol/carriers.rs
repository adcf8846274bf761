//! C values in messages of the wire level: the types of a prototype, and what crosses for them.

use std::borrow::Cow;

use contract::Scalar;
use contract::json::{hex, of_hex};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::{IntoStaticStr, VariantArray};

use super::aggregates::CValue;
use crate::numbers::{Small, inlined};

/// A C type of a parameter or return, by its exact width; a closed list. `:isize` and `:usize` are
/// named by the width they have on the target (T-1).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum CarrierType {
    /// `int8_t`, extended by the caller (L-21).
    I8,
    /// `int16_t`
    I16,
    /// `int32_t`
    I32,
    /// `int64_t`
    I64,
    /// `uint8_t`
    U8,
    /// `uint16_t`
    U16,
    /// `uint32_t`
    U32,
    /// `uint64_t`
    U64,
    /// `_Float16` (L-2).
    F16,
    /// `float`
    F32,
    /// `double`
    F64,
    /// `bool`
    Bool,
    /// An address, to whatever.
    Pointer,
    /// A return only.
    Void,
}

/// An argument: its text, or the address of a block.
///
/// The text of an integer is decimal, of a bool `0` or `1`, of an address decimal, of a float its bits
/// in as many hex digits as they have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Carrier {
    /// A value of the parameter's type.
    Text(String),
    /// The address of a block of this call.
    Block {
        /// Its index.
        block: Small,
    },
    /// The address of a function that the library makes of one of the host's for this call.
    Callback {
        /// What it takes, gives and answers.
        callback: Callback,
    },
    /// The members of a struct that crosses as itself.
    Members(Vec<CValue>),
    /// In `again` alone: what this argument of the call is that the function was given to.
    Argument {
        /// Its index.
        argument: Small,
    },
}

/// A function of the host's, by its C types and what it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Callback {
    /// The C types of its parameters, in order.
    pub parameters: Vec<CarrierType>,
    /// The C type it returns.
    pub returns: CarrierType,
    /// What its calls in turn give; those beyond the last, what the last gives. One at least.
    pub answers: Vec<CallbackAnswer>,
}

/// What a call of the host's function gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CallbackAnswer {
    /// The text of a carrier; null where it returns nothing.
    Returns(Option<String>),
    /// What the function gives that it was given to, called again.
    Again {
        /// The arguments.
        again: Vec<Carrier>,
    },
}

/// Memory for a call, aligned to 16 bytes and one byte long at least.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// What it holds before the call.
    pub bytes: Hex,
    /// Where it holds addresses of blocks of this call: pairs of an offset and a block's index.
    #[serde(default)]
    pub pointers: Vec<(Small, Small)>,
}

/// Bytes, in a message as pairs of hex digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl CarrierType {
    /// The type that a scalar crosses as by value (L-1, L-2); `None` for a wide scalar, which crosses
    /// by address (L-3).
    pub fn of(scalar: Scalar) -> Option<CarrierType> {
        let same = |of: &&CarrierType| of.scalar().map(Scalar::class) == Some(scalar.class());
        CarrierType::VARIANTS.iter().find(same).copied()
    }

    /// The scalar that crosses; `None` for an address and for nothing.
    pub fn scalar(self) -> Option<Scalar> {
        Scalar::from_name(self.name())
    }

    /// The word in messages.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Carrier {
    /// The address of a block.
    pub fn block(index: usize) -> Carrier {
        Carrier::Block { block: index.into() }
    }

    /// A word: a length, or an address.
    pub fn word(word: u64) -> Carrier {
        Carrier::Text(word.to_string())
    }
}

impl Block {
    /// Memory that holds these bytes and no addresses.
    pub fn holding(bytes: Vec<u8>) -> Block {
        Block { bytes: Hex(bytes), pointers: Vec::new() }
    }
}

/// The text of a float's bits, of the scalar's width.
pub fn float_text(scalar: Scalar, bits: u64) -> String {
    format!("{bits:0digits$x}", digits = scalar.size() * 2)
}

/// A float's bits, from a text of exactly as many hex digits as they have.
pub fn float_bits(scalar: Scalar, text: &str) -> Option<u64> {
    let whole = text.len() == scalar.size() * 2 && text.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Hex, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        of_hex(&text)
            .map(Hex)
            .ok_or_else(|| serde::de::Error::custom("bytes are pairs of hex digits"))
    }
}

inlined! { Hex = {"type": "string", "pattern": "^([0-9A-Fa-f]{2})*$"} }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scalar_crosses_as_a_type_of_its_width_and_kind_or_by_address() {
        for scalar in Scalar::ALL {
            match CarrierType::of(scalar).and_then(CarrierType::scalar) {
                Some(crosses) => {
                    assert_eq!(crosses.size(), scalar.size(), "{scalar}");
                    assert_eq!(crosses.is_signed(), scalar.is_signed(), "{scalar}");
                    assert_eq!(crosses.is_float(), scalar.is_float(), "{scalar}");
                }
                None => assert!(scalar.is_wide(), "{scalar}"),
            }
        }
    }

    #[test]
    fn a_float_is_written_with_all_its_digits_and_read_only_so() {
        assert_eq!(float_text(Scalar::F32, 1), "00000001");
        assert_eq!(float_bits(Scalar::F32, "00000001"), Some(1));
        for wrong in ["1", "000000001", "+0000001", "0000000g", "1.0"] {
            assert_eq!(float_bits(Scalar::F32, wrong), None, "{wrong}");
        }
    }
}
