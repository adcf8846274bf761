//! The report of a run and its renderings ([`Format`]): JSON, Markdown, JUnit, the terminal's summary and more.
//!
//! A rendering is made from a [`Report`] and from nothing else, so a report read back from its JSON
//! renders as it did on the day of the run. The rows are those of judging and measuring.

mod bencher;
mod colour;
mod columns;
pub mod compare;
mod csv;
pub mod diff;
mod difference;
mod error;
mod file;
mod folder;
mod foreign;
mod format;
pub mod gate;
mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod merge;
mod model;
mod moved;
mod risks;
#[cfg(test)]
mod sample;
mod scaling;
pub mod site;
mod summary;
pub mod terminal;
mod terse;
pub mod trend;
mod unjudged;
mod verdict;

pub use error::ReportError;
pub use file::write_whole;
pub use folder::Folder;
pub use foreign::{shown, whole};
pub use format::Format;
pub use judge::row::{CaseRow, Class, HintRow, KnownRow, RiskRow, SomeRow, StaleRow, TrialOutcome};
pub use measure::{BenchRow, BenchVerdict, ScalingRow};
pub use model::{
    Asked, ClauseOutcome, ClauseRow, Counts, Host, MutantArmRow, MutantOutcome, MutantRow,
    ProgramRow, Report, SCHEMA_VERSION, ShardRow, SubjectInfo, SuiteInfo, UnbrokenRow,
};
pub use moved::By;
pub use verdict::Verdict;

/// The name of the report itself in its folder.
pub const JSON_FILE: &str = "report.json";
/// The name of the Markdown page in the report's folder.
pub const MARKDOWN_FILE: &str = "report.md";
/// The name of the page for a browser in the report's folder.
pub const HTML_FILE: &str = "report.html";
/// The name of the JUnit rendering in the report's folder.
pub const JUNIT_FILE: &str = "junit.xml";
/// The name of what the figures were made of, where something was measured.
pub const RAW_FILE: &str = "bench-raw.json";
