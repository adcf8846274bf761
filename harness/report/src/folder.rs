//! The folder that a run reports to. From the moment a run begins nothing in it is of an earlier one:
//! what stands there says that the run has not ended, until it has, and then what came of it, or why
//! nothing did. So whoever publishes the folder after a kill or a crash publishes no verdict of yesterday.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::file::write_whole;
use crate::model::Report;
use crate::{
    HTML_FILE, JSON_FILE, JUNIT_FILE, MARKDOWN_FILE, RAW_FILE, ReportError, html, json, junit,
    markdown,
};

/// What a run says that has begun.
const NOT_ENDED: &str = "the run has not ended: it is still going on, or it was killed";

/// A folder of reports that a run has begun to report to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The report of this run without any trial.
    begun: Report,
}

impl Folder {
    /// Begins a run: makes the folder if need be and replaces the report in it by one that says that
    /// the run has not ended. `begun` is the run's report as far as it is known: no trial.
    ///
    /// # Errors
    /// When a file cannot be written or removed.
    pub fn begin(path: &Path, begun: Report) -> Result<Folder, ReportError> {
        let folder = Folder { path: path.to_owned(), begun };
        folder.put_unjudged(NOT_ENDED)?;
        let raw = path.join(RAW_FILE);
        match fs::remove_file(&raw) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(ReportError::Io { action: "remove", path: raw, source })
            }
            Ok(()) | Err(_) => Ok(folder),
        }
    }

    /// Says why the run came to nothing.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn fail(&self, why: &str) -> Result<(), ReportError> {
        self.put_unjudged(why)
    }

    /// Writes `report.json` and its renderings. The JSON goes first: whatever fails after it can be made
    /// again from it.
    ///
    /// # Errors
    /// When a file cannot be written or a rendering cannot be made.
    pub fn put(&self, report: &Report) -> Result<(), ReportError> {
        put(&self.path, report)
    }

    /// Writes what the figures were made of.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put_raw(&self, text: &str) -> Result<(), ReportError> {
        write_whole(&self.path.join(RAW_FILE), text)
    }

    /// The page that people read.
    pub fn page(&self) -> PathBuf {
        self.path.join(MARKDOWN_FILE)
    }

    /// Puts a report that has become more, as by what was measured later, into the place of what a run left.
    ///
    /// # Errors
    /// As [`put`](Folder::put).
    pub fn replace(path: &Path, report: &Report) -> Result<(), ReportError> {
        put(path, report)
    }

    fn put_unjudged(&self, why: &str) -> Result<(), ReportError> {
        let mut report = self.begun.clone();
        report.suite.complete = false;
        report.suite.cut_short = Some(why.to_owned());
        self.put(&report)
    }
}

fn put(folder: &Path, report: &Report) -> Result<(), ReportError> {
    json::write(report, &folder.join(JSON_FILE))?;
    let report = report.in_order();
    write_whole(&folder.join(MARKDOWN_FILE), &markdown::render(&report))?;
    write_whole(&folder.join(HTML_FILE), &html::render(&report))?;
    junit::write(&report, &folder.join(JUNIT_FILE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, Verdict, sample};

    fn begun() -> Report {
        let (cases, clauses, bench) = (Vec::new(), Vec::new(), Vec::new());
        let counts = Counts::default();
        let (stale, mutants) = (Vec::new(), Vec::new());
        Report { cases, clauses, bench, counts, stale, mutants, ..sample::green() }
    }

    /// What a folder says: the verdict, the page, the errors that JUnit counts.
    fn said(path: &Path) -> (Verdict, String, usize) {
        let report = json::read(&path.join(JSON_FILE)).unwrap();
        let page = fs::read_to_string(path.join(MARKDOWN_FILE)).unwrap();
        let junit = fs::read_to_string(path.join(JUNIT_FILE)).unwrap();
        let junit = quick_junit::Report::deserialize_from_str(&junit).unwrap();
        assert!(!report.suite.complete || report.suite.cut_short.is_none());
        (report.verdict(), page, junit.errors)
    }

    #[test]
    fn a_run_that_begins_leaves_nothing_of_the_last_one() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("deep/reports");
        let folder = Folder::begin(&path, begun()).unwrap();
        folder.put(&sample::green()).unwrap();
        folder.put_raw("[]").unwrap();
        let (verdict, page, errors) = said(&path);
        assert_eq!((verdict, errors), (Verdict::AsExpected, 0));
        assert!(page.contains("Conforms"));

        let folder = Folder::begin(&path, begun()).unwrap();
        let (verdict, page, errors) = said(&path);
        assert_eq!((verdict, verdict.exit_code(), errors), (Verdict::CutShort, 2, 1));
        assert!(page.contains("Not judged: the run has not ended"), "{page}");
        assert!(!path.join(RAW_FILE).exists());

        folder.fail("spec-cases/a.yaml:3: no such type\nand more").unwrap();
        let (verdict, page, errors) = said(&path);
        assert_eq!((verdict, errors), (Verdict::CutShort, 1));
        assert!(page.contains("Not judged: spec-cases/a.yaml:3: no such type and more."), "{page}");
        let names = fs::read_dir(&path).unwrap().count();
        assert_eq!(names, 4, "a partial file was left behind");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Folder::begin(file.path(), begun()).unwrap_err().to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
    }
}
