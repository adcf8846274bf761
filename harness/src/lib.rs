//! The conformance suite as one: the order of a run's stages, the command, and a binder's own
//! `cargo test`.
//!
//! Data flows one way: cases become trials, trials are put to a subject, what is observed is judged,
//! and rows of verdicts and measurements become the report.
//!
//! | crate | holds |
//! |---|---|
//! | `contract` | the contract as data |
//! | [`corpus`] | cases, laws, signatures made from a seed, and what must arrive |
//! | [`subject`] | the one interface to a binder, the ways in, the evidence |
//! | [`judge`] | arms, sessions, verdicts |
//! | [`measure`] | cost above the floor |
//! | [`report`] | renderings |
//!
//! Here alone is the reference binder known ([`served`]).

pub use {corpus, judge, measure, report, subject};

pub mod adapter;
pub mod binder;
pub mod gate;
pub mod layouts;
pub mod mutants;
pub mod proof;
pub mod recording;
pub mod repro;
pub mod run;
pub mod served;
pub mod site;
pub mod skeleton;
pub mod smoke;
pub mod trials;
pub mod valgrind;
