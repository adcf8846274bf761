//! The levels of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// The level a subject is judged at (contract, *Levels*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It takes the contract signature and host values.
    Contract,
    /// The suite lowers signature and values for it.
    Wire,
}

impl Level {
    /// The word in handshakes and reports.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
