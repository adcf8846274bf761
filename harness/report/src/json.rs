//! `report.json`: the report itself, written and read back, and the JSON Schema of its fields.

use std::io;
use std::path::Path;

use serde::Deserialize;

use super::ReportError;
use super::file::write_whole;
use super::model::{Report, SCHEMA_VERSION};

/// Writes a report as indented JSON, fields in the order of the types and trials in a stable order.
///
/// # Errors
/// When the file cannot be written, and when a figure is not finite: such a figure would become null
/// without a reason.
pub fn write(report: &Report, path: &Path) -> Result<(), ReportError> {
    write_whole(path, &render(report)?)
}

/// The text of `report.json`.
///
/// # Errors
/// When a figure is not finite.
pub fn render(report: &Report) -> Result<String, ReportError> {
    if let Some(field) = not_finite(report) {
        return Err(ReportError::NotFinite { field });
    }
    Ok(pretty(&report.kept()))
}

/// The most bytes of a report that is read: fifty times what one of the whole corpus has.
const MOST_BYTES: u64 = 1 << 30;

/// Reads a report.
///
/// # Errors
/// When the file cannot be read, is not a report, was written with other fields than these, or holds
/// an outcome this suite does not know.
pub fn read(path: &Path) -> Result<Report, ReportError> {
    let bytes = contract::bounds::read(path, MOST_BYTES);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    let text =
        text.map_err(|source| ReportError::Io { action: "read", path: path.to_owned(), source })?;
    let not_a_report = |source| ReportError::NotAReport { path: path.to_owned(), source };
    let Versioned { schema_version } = serde_json::from_str(&text).map_err(not_a_report)?;
    if schema_version != SCHEMA_VERSION {
        return Err(ReportError::SchemaVersion { path: path.to_owned(), found: schema_version });
    }
    serde_json::from_str(&text).map_err(not_a_report)
}

/// The JSON Schema of `report.json`, as it stands in `reports/report.schema.json`.
pub fn schema() -> String {
    pretty(&schemars::schema_for!(Report))
}

/// Read before the rest, because the other fields may not be there in another version.
#[derive(Deserialize)]
struct Versioned {
    schema_version: u32,
}

fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value)
        .expect("plain structs with string keys have a JSON form");
    text.push('\n');
    text
}

/// The first figure that JSON cannot hold.
fn not_finite(report: &Report) -> Option<String> {
    let mut figures = vec![("suite.seconds".to_owned(), report.suite.seconds)];
    for (index, case) in report.cases.iter().enumerate() {
        figures.push((format!("cases[{index}].ms"), case.ms));
    }
    for (index, row) in report.bench.iter().enumerate() {
        let named = [
            ("floor_ns", row.floor_ns),
            ("call_ns", row.call_ns),
            ("cold_ns", row.cold_ns),
            ("first_ns", row.first_ns),
            ("ratio", row.ratio),
            ("ratio_low", row.ratio_low),
            ("ratio_high", row.ratio_high),
            ("instructions", row.instructions),
            ("floor_instructions", row.floor_instructions),
            ("allocations", row.allocations),
            ("allocated_bytes", row.allocated_bytes),
            ("resident_bytes", row.resident_bytes),
            ("native_allocations", row.native_allocations),
            ("valid_share", Some(row.valid_share)),
        ];
        for (name, figure) in named {
            figures.extend(figure.map(|figure| (format!("bench[{index}].{name}"), figure)));
        }
    }
    figures.into_iter().find(|(_, figure)| !figure.is_finite()).map(|(field, _)| field)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sample;

    /// Why this text is not read.
    fn refused(text: &str) -> ReportError {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        read(file.path()).unwrap_err()
    }

    #[test]
    fn a_report_reads_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/report.json");
        write(&sample::mixed(), &path).unwrap();
        let back = read(&path).unwrap();
        assert_eq!(render(&back).unwrap(), render(&sample::mixed()).unwrap());
        let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(names.len(), 1, "a partial file was left behind");
    }

    #[test]
    fn another_schema_version_is_refused_before_its_fields_are_looked_at() {
        let error = refused("{\"schema_version\": 99}");
        assert!(matches!(error, ReportError::SchemaVersion { found: 99, .. }), "{error}");
    }

    #[test]
    fn a_word_outside_the_vocabulary_is_refused() {
        let text = render(&sample::green()).unwrap();
        let text = text.replacen("\"outcome\": \"passed\"", "\"outcome\": \"splendid\"", 1);
        match refused(&text) {
            ReportError::NotAReport { source, .. } => {
                assert!(source.to_string().contains("`splendid`"), "{source}");
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_no_report_is_refused_with_its_place() {
        match refused("{\"schema_version\": 1,\n oops") {
            ReportError::NotAReport { source, .. } => assert_eq!(source.line(), 2),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_figure_that_is_not_finite_is_refused() {
        let mut report = sample::mixed();
        report.bench[0].ratio = Some(f64::INFINITY);
        let error = render(&report).unwrap_err();
        assert!(matches!(error, ReportError::NotFinite { field } if field == "bench[0].ratio"));
    }

    #[test]
    fn the_schema_in_the_repository_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/report.schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            write_whole(&path, &schema()).unwrap();
        }
        let stored = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == schema(),
            "reports/report.schema.json is stale: the types of the report's rows have \
             changed. Run `UPDATE_SCHEMA=1 cargo test -p report json` and commit the file; \
             if a field was renamed, removed or means something else, raise SCHEMA_VERSION too"
        );
    }
}
