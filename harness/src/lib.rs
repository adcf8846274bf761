//! The conformance harness.

pub mod case;
pub mod clause;
pub mod value;
