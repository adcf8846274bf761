//! Numbers as messages have them: exact in every JSON reader.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A whole number from 0 that every JSON reader keeps: below 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Small(u64);

/// A whole number from 0 to 2^64 - 1, as a string of decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub u64);

impl Small {
    /// The largest: 2^53 - 1.
    pub const MOST: u64 = (1 << 53) - 1;

    /// A number, or the largest there is: no count of a run comes near it.
    pub fn new(number: u64) -> Small {
        Small(number.min(Small::MOST))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// For `serde(with)`, as all of this name: a number of the interface as one of a message.
    pub(crate) fn serialize<N, S>(number: &N, to: S) -> Result<S::Ok, S::Error>
    where
        N: Copy + Into<Small>,
        S: Serializer,
    {
        Serialize::serialize(&(*number).into(), to)
    }

    pub(crate) fn deserialize<'de, N, D>(from: D) -> Result<N, D::Error>
    where
        N: From<Small>,
        D: Deserializer<'de>,
    {
        <Small as Deserialize>::deserialize(from).map(N::from)
    }
}

impl Decimal {
    pub(crate) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        Serialize::serialize(&Decimal(*number), to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        <Decimal as Deserialize>::deserialize(from).map(|number| number.0)
    }
}

impl From<u64> for Small {
    fn from(number: u64) -> Small {
        Small::new(number)
    }
}

impl From<Small> for u64 {
    fn from(number: Small) -> u64 {
        number.get()
    }
}

impl From<Small> for usize {
    fn from(number: Small) -> usize {
        number.index()
    }
}

impl From<usize> for Small {
    fn from(number: usize) -> Small {
        Small::new(number as u64)
    }
}

impl<'de> Deserialize<'de> for Small {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Small, D::Error> {
        let number = u64::deserialize(from)?;
        if number > Small::MOST {
            return Err(serde::de::Error::custom("a number of a message is below 2^53"));
        }
        Ok(Small(number))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.map(Decimal).ok_or_else(|| {
            serde::de::Error::custom("this number is a string of decimal digits, below 2^64")
        })
    }
}

/// The schemas of types that are no definitions of their own: they stand where the type is used.
macro_rules! inlined {
    ($($of:ident = $schema:tt)*) => {
        $(impl schemars::JsonSchema for $of {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($of).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }

            fn inline_schema() -> bool {
                true
            }
        })*
    };
}
pub(crate) use inlined;

inlined! {
    Small = {"type": "integer", "minimum": 0, "maximum": Small::MOST}
    Decimal = {"type": "string", "pattern": "^[0-9]{1,20}$"}
}
