//! The dialects of contract D, by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// A declared deviation (contract D).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// D-1
    Wraps,
    /// D-2
    Truncates,
    /// D-3
    Truthy,
    /// D-4
    Big128,
    /// D-5
    RawRefusals,
    /// D-6
    CanonicalNan,
    /// D-7
    ErrorAsKeyword,
}

/// A word that names no dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no dialect: they are {}",
    Dialect::ALL.iter().map(|dialect| dialect.name()).collect::<Vec<_>>().join(", "), name = .0
)]
pub struct UnknownDialect(pub String);

impl Dialect {
    /// Every dialect, in the contract's order.
    pub const ALL: &[Dialect] = Dialect::VARIANTS;

    /// The clause that allows it.
    pub const fn clause(self) -> &'static str {
        match self {
            Dialect::Wraps => "D-1",
            Dialect::Truncates => "D-2",
            Dialect::Truthy => "D-3",
            Dialect::Big128 => "D-4",
            Dialect::RawRefusals => "D-5",
            Dialect::CanonicalNan => "D-6",
            Dialect::ErrorAsKeyword => "D-7",
        }
    }

    /// The contract's name of it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl std::str::FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Dialect, UnknownDialect> {
        let known = Dialect::ALL.iter().copied().find(|dialect| dialect.name() == name);
        known.ok_or_else(|| UnknownDialect(name.to_owned()))
    }
}
