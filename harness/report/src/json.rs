//! `report.json`: the report itself, written and read back, and the JSON Schema of its fields.

use std::io::{self, Write};
use std::path::Path;

use judge::level;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Serialize};
use serde_json::Serializer;

use super::ReportError;
use super::file::write_filled;
use super::model::{ClauseRow, Report, SCHEMA_VERSION};
use layout::RowsOnLines;

mod layout;
mod repeat;

/// Writes a report: fields in the order of the types, a row a line, trials in a stable order.
///
/// # Errors
/// When the file cannot be written, and when a figure is not finite: such a figure would become null
/// without a reason.
pub fn write(report: &Report, path: &Path) -> Result<(), ReportError> {
    let report = written(report)?;
    write_filled(path, |out| put(&report, out))
}

/// The text of `report.json`.
///
/// # Errors
/// When a figure is not finite.
pub fn render(report: &Report) -> Result<String, ReportError> {
    let mut text = Vec::new();
    put(&written(report)?, &mut text).expect("memory takes what is written to it");
    Ok(String::from_utf8(text).expect("JSON is text"))
}

/// The report as it is written.
fn written(report: &Report) -> Result<Report, ReportError> {
    if let Some(field) = not_finite(report) {
        return Err(ReportError::NotFinite { field });
    }
    let mut report = report.kept();
    repeat::fold(&mut report);
    Ok(report)
}

fn put(report: &Report, out: &mut impl Write) -> io::Result<()> {
    report.serialize(&mut Serializer::with_formatter(&mut *out, RowsOnLines::default()))?;
    out.write_all(b"\n")
}

/// The most bytes of a report that is read: two hundred times what one of the whole corpus has.
const MOST_BYTES: u64 = 1 << 30;

/// Reads a report of this version or an earlier one, as one of this version.
///
/// # Errors
/// When the file cannot be read, is not a report, is of a later version, or holds an outcome this suite does
/// not know.
pub fn read(path: &Path) -> Result<Report, ReportError> {
    let mut report: Report = read_versioned(path, SCHEMA_VERSION)?;
    repeat::unfold(&mut report).map_err(|why| {
        let source = serde_json::Error::custom(why);
        ReportError::NotAReport { path: path.to_owned(), source }
    })?;
    // What an earlier version has is in this one, too; an earlier suite had trials name clauses that were not owed.
    report.schema_version = SCHEMA_VERSION;
    let Report { cases, clauses, subject, .. } = &mut report;
    level::name_owed(cases, subject.level, &subject.capabilities);
    *clauses = ClauseRow::rows(clauses.iter().map(|row| &*row.id), cases);
    Ok(report)
}

/// Reads a file whose fields are of a version, which must not be later than the newest that is known.
///
/// # Errors
/// When the file cannot be read, is none of those, or is of a later version.
pub(crate) fn read_versioned<T: DeserializeOwned>(
    path: &Path,
    newest: u32,
) -> Result<T, ReportError> {
    let bytes = contract::bounds::read(path, MOST_BYTES);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    let text =
        text.map_err(|source| ReportError::Io { action: "read", path: path.to_owned(), source })?;
    let not_a_report = |source| ReportError::NotAReport { path: path.to_owned(), source };
    let Versioned { schema_version } = serde_json::from_str(&text).map_err(not_a_report)?;
    if schema_version > newest {
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

/// JSON that people read, too.
pub(crate) fn pretty(value: &impl serde::Serialize) -> String {
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
    let bench = report.bench.iter().map(|row| ("bench", row)).enumerate();
    let scaling = report.scaling.iter().map(|row| ("scaling", &row.row)).enumerate();
    for (index, (list, row)) in bench.chain(scaling) {
        let named = [
            ("floor_ns", row.floor_ns),
            ("call_ns", row.call_ns),
            ("bind_ns", row.bind_ns),
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
            figures.extend(figure.map(|figure| (format!("{list}[{index}].{name}"), figure)));
        }
    }
    figures.into_iter().find(|(_, figure)| !figure.is_finite()).map(|(field, _)| field)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::*;
    use crate::file::write_whole;
    use crate::sample;
    use crate::{Format, terminal::Colour};

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
    fn a_later_version_is_refused_before_its_fields_are_looked_at() {
        let next = SCHEMA_VERSION + 1;
        let error = refused(&format!("{{\"schema_version\": {next}, \"cases\": \"elsewhere\"}}"));
        assert!(matches!(error, ReportError::SchemaVersion { found, .. } if found == next));
        let said = error.to_string();
        let wanted =
            format!("has schema_version {next}, and this suite reads 1 to {SCHEMA_VERSION}:");
        assert!(
            said.contains(&wanted) && said.contains("read it with the suite that wrote it"),
            "{said}"
        );
    }

    /// Each version has a report that a suite of it wrote, which is never written anew.
    #[test]
    fn a_report_of_each_version_is_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("versions");
        for version in 1..=SCHEMA_VERSION {
            let path = folder.join(format!("{version}.json"));
            let raw: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            assert_eq!(raw["schema_version"], version);
            let report = read(&path).unwrap();
            assert_eq!(report.schema_version, SCHEMA_VERSION);
            assert_eq!(report.verdict(), crate::Verdict::NotConformant, "{version}");
            let rows = raw["cases"].as_array().unwrap();
            assert_eq!(report.cases.len(), rows.len());
            for (row, raw) in report.cases.iter().zip(rows) {
                assert_eq!(
                    (raw["id"].as_str(), raw["arm"].as_str()),
                    (Some(&*row.id), Some(&*row.arm))
                );
                assert_eq!(raw["outcome"], row.outcome.word());
                assert_eq!(raw["clauses"], serde_json::to_value(&row.clauses).unwrap());
                assert_eq!(raw["observed"].as_str(), row.observed.as_deref());
                let wanted = format!("--filter {}::{} --binder ./adapter", row.arm, row.id);
                assert!(row.repro.ends_with(&wanted), "{version}: {}", row.repro);
            }
            for format in Format::ALL.iter().filter(|format| **format != Format::Bencher) {
                format.render(&report, None, Colour::None).unwrap();
            }
            // Written, it is one of this version.
            assert_eq!(
                render(&read_text(&render(&report).unwrap())).unwrap(),
                render(&report).unwrap()
            );
        }
    }

    fn read_text(text: &str) -> Report {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        read(file.path()).unwrap()
    }

    /// As docs/report-format.md says that it can be read.
    #[test]
    fn rows_stand_on_lines_of_their_own() {
        let report = sample::mixed().in_order();
        let text = render(&report).unwrap();
        let lines = text.lines().skip_while(|line| *line != "\"cases\":[").skip(1);
        let rows: Vec<Value> = lines
            .take_while(|line| !line.starts_with(']'))
            .map(|line| serde_json::from_str(line.trim_end_matches(',')).unwrap())
            .collect();
        assert_eq!(rows.len(), report.cases.len());
        for (row, case) in rows.iter().zip(&report.cases) {
            assert_eq!(row["id"], case.id.as_str());
        }
        let fields = text.lines().filter(|line| line.starts_with("\"")).count();
        assert_eq!(
            fields,
            serde_json::from_str::<Value>(&text).unwrap().as_object().unwrap().len()
        );
    }

    /// A trial that passed says what it was, and no more.
    #[test]
    fn a_passed_trial_is_short() {
        let text = render(&sample::green()).unwrap();
        let row = text.lines().find(|line| line.contains("i64-smallest")).unwrap();
        let wanted = r#"{"id":"scalars::i64-smallest","arm":"round-trip","clauses":["C-1","R-1"],"outcome":"passed","path":"scalar","ms":0.25}"#;
        assert_eq!(row.trim_end_matches(','), wanted);
    }

    #[test]
    fn a_word_outside_the_vocabulary_is_refused() {
        let text = render(&sample::green()).unwrap();
        let text = text.replacen("\"outcome\":\"passed\"", "\"outcome\":\"splendid\"", 1);
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
