//! Faults of single values: integers, floats, booleans, enums, text and structs that come through changed.

use super::{Class, Edit, Fault};

const LOAD: &str = "reference-binder/src/call/load.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[Fault {
    name: "integer-wraps",
    breaks: "an integer out of range crosses as its low bits",
    clauses: &["C-2"],
    class: Class::Fail,
    arms: &["refusal"],
    edits: &[Edit { file: LOAD, replace: "magnitude > most", with: "false" }],
}];
