//! The conformance harness: cases in, verdicts and measurements out.
//!
//! Data flows one way: cases become trials, trials are put to a subject, what is observed is judged,
//! and rows of verdicts and measurements become the report.

pub mod arm;
pub mod case;
pub mod clause;
pub mod describe;
pub mod dialect;
pub mod evidence;
pub mod fixtures;
mod float;
pub mod foreign;
pub mod generated;
pub mod judge;
pub mod judging;
pub mod known;
pub mod law;
pub mod layouts;
pub mod level;
pub mod malformed;
pub mod measure;
pub mod model;
pub mod plan;
pub mod probe;
pub mod progress;
pub mod proof;
pub mod recording;
pub mod report;
pub mod repro;
pub mod run;
pub mod seed;
pub mod session;
mod signal;
pub mod skeleton;
pub mod smoke;
pub mod subject;
pub mod trials;
pub mod value;
pub mod worker;
