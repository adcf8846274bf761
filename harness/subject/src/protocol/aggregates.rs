//! Structs by value in messages of the wire level: their C types, and their members' values (G-1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::carriers::CarrierType;
use crate::numbers::Small;

/// A C type of a prototype: a carrier's, or a struct's that crosses as itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ValueType {
    /// Of one carrier.
    Carrier(CarrierType),
    /// Of a struct, by its members in order, laid out as C does. Only of who declares `by-value`.
    Struct {
        /// The members' types: none is a pointer, a half or void. One at least.
        #[serde(rename = "struct")]
        members: Vec<ValueType>,
    },
    /// Of an array, within a struct alone.
    Array {
        /// How many elements it has, one at least, and their type.
        array: (Small, Box<ValueType>),
    },
}

/// A value of such a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CValue {
    /// The text of a carrier.
    Text(String),
    /// The members of a struct or the elements of an array, in order.
    Members(Vec<CValue>),
}

impl ValueType {
    /// The carrier that it is of, unless it is of more.
    pub fn carrier(&self) -> Option<CarrierType> {
        match self {
            ValueType::Carrier(carrier) => Some(*carrier),
            ValueType::Struct { .. } | ValueType::Array { .. } => None,
        }
    }
}

impl From<CarrierType> for ValueType {
    fn from(carrier: CarrierType) -> ValueType {
        ValueType::Carrier(carrier)
    }
}

impl CValue {
    /// The text of a carrier's; `None` of more than one.
    pub fn text(&self) -> Option<&str> {
        match self {
            CValue::Text(text) => Some(text),
            CValue::Members(_) => None,
        }
    }
}
