//! The levels of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The level a subject is judged at (contract, *Levels*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It takes the contract signature and host values.
    Contract,
    /// The suite lowers signature and values for it.
    Wire,
}

impl Level {
    /// The word in handshakes and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Contract => "contract",
            Level::Wire => "wire",
        }
    }
}
