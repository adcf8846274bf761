//! What crosses as itself in messages of the wire level: its C types, and its members' values (G-1, G-4 to G-8).

use contract::{Arrangement, Scalar};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::carriers::CarrierType;
use crate::numbers::Small;

/// A C type of a prototype: a carrier's, or one that crosses as itself and is more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ValueType {
    /// Of one carrier.
    Carrier(CarrierType),
    /// Of a scalar that no register holds. Only of who declares `int128` or `long-double`.
    Wide(WideType),
    /// Of a struct, by its members in order, laid out as C does. Only of who declares `by-value`.
    Struct {
        /// The members' types: none is a pointer, a half or void. One at least.
        #[serde(rename = "struct")]
        members: Vec<ValueType>,
    },
    /// Of a packed struct, likewise and without a byte between members. Only of who declares `packed`.
    Packed {
        /// As of a struct.
        #[serde(rename = "packed")]
        members: Vec<ValueType>,
    },
    /// Of a union, by its members. Only of who declares `unions`.
    Union {
        /// As of a struct, and none is or has a bool.
        #[serde(rename = "union")]
        members: Vec<ValueType>,
    },
    /// Of a complex number. Only of who declares `complex`.
    Complex {
        /// The type of its real part and of its imaginary one: `f32` or `f64`.
        complex: CarrierType,
    },
    /// Of an array, within one of these alone.
    Array {
        /// How many elements it has, one at least, and their type.
        array: (Small, Box<ValueType>),
    },
}

/// A C type of 128 bits by its name (T-1, T-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, VariantArray)]
#[serde(rename_all = "lowercase")]
pub enum WideType {
    /// `__int128`
    I128,
    /// `unsigned __int128`
    U128,
    /// `long double` of x86-64, whose text is its bits in 20 hex digits.
    F80,
}

/// A value of such a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CValue {
    /// The text of a carrier, or of a scalar that no register holds.
    Text(String),
    /// The members of a struct or the elements of an array, in order.
    Members(Vec<CValue>),
    /// Of a union that is given, every member but the one that is set.
    Unset,
}

impl ValueType {
    /// The carrier that it is of, unless it is of more.
    pub fn carrier(&self) -> Option<CarrierType> {
        match self {
            ValueType::Carrier(carrier) => Some(*carrier),
            _ => None,
        }
    }

    /// The types of its members or elements, each by itself; none of a scalar's.
    pub fn members(&self) -> Vec<ValueType> {
        match self {
            ValueType::Carrier(_) | ValueType::Wide(_) => Vec::new(),
            ValueType::Struct { members }
            | ValueType::Packed { members }
            | ValueType::Union { members } => members.clone(),
            ValueType::Complex { complex } => vec![ValueType::Carrier(*complex); 2],
            ValueType::Array { array: (length, of) } => vec![(**of).clone(); length.index()],
        }
    }

    /// How those lie.
    pub fn arrangement(&self) -> Arrangement {
        match self {
            ValueType::Packed { .. } => Arrangement::Packed,
            ValueType::Union { .. } => Arrangement::Union,
            ValueType::Complex { .. } => Arrangement::Complex,
            _ => Arrangement::InOrder,
        }
    }
}

impl WideType {
    /// The type that a scalar crosses as by value (G-7, G-8), if it is one of these.
    pub fn of(scalar: Scalar) -> Option<WideType> {
        WideType::VARIANTS.iter().copied().find(|of| of.scalar() == scalar)
    }

    /// The scalar that crosses.
    pub fn scalar(self) -> Scalar {
        match self {
            WideType::I128 => Scalar::I128,
            WideType::U128 => Scalar::U128,
            WideType::F80 => Scalar::F80,
        }
    }
}

impl From<CarrierType> for ValueType {
    fn from(carrier: CarrierType) -> ValueType {
        ValueType::Carrier(carrier)
    }
}

impl CValue {
    /// The text of a scalar's; `None` of more than one.
    pub fn text(&self) -> Option<&str> {
        match self {
            CValue::Text(text) => Some(text),
            CValue::Members(_) | CValue::Unset => None,
        }
    }
}
