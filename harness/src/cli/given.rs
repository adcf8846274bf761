//! Reports that a command is given, by name.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use report::{JSON_FILE, Report};

/// The file of a report: the one named, or that in the folder named.
pub(super) fn file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(JSON_FILE) } else { path.to_owned() }
}

/// Reads a report.
pub(super) fn one(path: &Path) -> anyhow::Result<Report> {
    Ok(report::json::read(&file(path))?)
}

/// Reads reports, each named as it was given.
pub(super) fn all(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, Report)>> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), one(path)?));
    let reports = paths.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!reports.is_empty(), "there is no report to read");
    Ok(reports)
}
