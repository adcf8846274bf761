//! Why a report could not be written, read or rendered.

use std::path::PathBuf;

use crate::model::SCHEMA_VERSION;

/// Why a report could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file system said no.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `write`, `read`, `remove` or `create the folder of`.
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
    /// The report was written by a later suite, with fields that this one does not know.
    #[error(
        "{} has schema_version {found}, and this suite reads 1 to {SCHEMA_VERSION}: read it with the suite that \
         wrote it, or a later one",
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
    /// A rendering of figures alone has none.
    #[error(
        "the report has no figure: `conform bench` and `conform` measure, `conform check` does not"
    )]
    NoFigure,
    /// The JUnit rendering could not be made.
    #[error("cannot render JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
}
