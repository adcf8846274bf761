//! The report of a run and its renderings: JSON, Markdown, JUnit and the terminal's summary.
//!
//! A rendering is made from a [`Report`] and from nothing else, so a report read back from its JSON
//! renders as it did on the day of the run. The rows are those of judging and measuring.

mod difference;
mod file;
pub mod json;
pub mod junit;
pub mod markdown;
mod model;
#[cfg(test)]
mod sample;
pub mod terminal;
mod verdict;

use std::path::{Path, PathBuf};

pub use judge::row::{CaseRow, Class, HintRow, KnownRow, StaleRow, TrialOutcome};
pub use measure::{BenchRow, BenchVerdict};
pub use model::{
    ClauseRow, Counts, Host, MutantOutcome, MutantRow, Report, SCHEMA_VERSION, SubjectInfo,
    SuiteInfo,
};
pub use verdict::{ClauseOutcome, Verdict};

/// The name of the report itself in its folder.
pub const JSON_FILE: &str = "report.json";
/// The name of the Markdown page in the report's folder.
pub const MARKDOWN_FILE: &str = "report.md";
/// The name of the JUnit rendering in the report's folder.
pub const JUNIT_FILE: &str = "junit.xml";

/// Why a report could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file system said no.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `write`, `read` or `create the folder`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a report.
    #[error("{} is not a report", path.display())]
    NotAReport {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// The report was written by a suite with other fields.
    #[error(
        "{} has schema_version {found}, and this suite reads {SCHEMA_VERSION}: render it with the \
         suite that wrote it",
        path.display()
    )]
    SchemaVersion {
        /// The file.
        path: PathBuf,
        /// The version it states.
        found: u32,
    },
    /// A figure is not finite, and JSON has no word for that.
    #[error("{field} is not a finite number: a figure that cannot be had is null, with a reason")]
    NotFinite {
        /// The field, as `bench[2].ratio`.
        field: String,
    },
    /// The JUnit rendering could not be made.
    #[error("cannot render JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
}

/// Writes `report.json` and its renderings into a folder, which is made if need be. The JSON goes
/// first: whatever fails after it can be made again from it.
///
/// # Errors
/// When a file cannot be written or a rendering cannot be made.
pub fn write_all(report: &Report, folder: &Path) -> Result<(), ReportError> {
    json::write(report, &folder.join(JSON_FILE))?;
    let report = report.in_order();
    file::write_whole(&folder.join(MARKDOWN_FILE), &markdown::render(&report))?;
    file::write_whole(&folder.join(JUNIT_FILE), &junit::render(&report)?)
}
