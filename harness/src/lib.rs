//! The conformance harness.

pub mod clause;
