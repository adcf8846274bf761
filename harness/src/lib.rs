//! The conformance harness.

pub mod clause;
pub mod report;
