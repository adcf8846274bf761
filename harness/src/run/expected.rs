//! The stage that holds a list of known failures against what came of the trials, and writes one.

use std::io;
use std::path::PathBuf;

use corpus::case::Corpus;
use corpus::fingerprint;
use judge::known::{self, DEFAULT_FILE, Known, Place};
use judge::plan::{self, Selection};
use judge::progress::Progress;
use report::{CaseRow, ReportError, StaleRow, SubjectInfo};

use super::{Request, RunError};

/// A list of known failures, and the names of all trials there are.
pub(super) struct Expected {
    known: Option<Known>,
    trials: Vec<String>,
    /// Where a list is to be written.
    write: Option<PathBuf>,
}

impl Expected {
    /// Reads what a run is asked to expect. Nothing is judged before the list is known to be sound.
    pub(super) fn of(request: &Request, corpus: &Corpus) -> Result<Expected, RunError> {
        let write = request
            .write_expected
            .then(|| request.expected.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE)));
        let known = match (&write, &request.expected) {
            (None, None) => None,
            (None, Some(file)) => Some(Known::read(file)),
            (Some(file), _) if file.exists() => Some(Known::read_unfilled(file)),
            (Some(_), _) => None,
        };
        let known = known.transpose().map_err(RunError::Known)?;
        let mut trials = Vec::new();
        if known.is_some() || write.is_some() {
            // All there are, so that a pattern matches as many trials in every run.
            let (_, made) = super::made::corpus(super::made_from(&request.selection));
            trials = known::names(&plan::all(corpus));
            trials.extend(known::names(&plan::made(&made, &Selection::default())));
        }
        if let Some(known) = &known {
            known.check(&trials).map_err(RunError::Known)?;
        }
        // A name that is mistyped makes no folder.
        if let Some(file) = &write
            && let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
            && !folder.is_dir()
        {
            let (path, source) = (file.clone(), io::ErrorKind::NotFound.into());
            return Err(ReportError::Io { action: "write", path, source }.into());
        }
        Ok(Expected { known, trials, write })
    }

    /// Tells the list from another.
    pub(super) fn fingerprint(&self) -> Option<String> {
        let known = self.known.as_ref()?;
        // Whatever its comments and the folder it lies in.
        let entries = known.entries.iter().map(|entry| known::Entry { line: 0, ..entry.clone() });
        let entries = format!("{:?}", entries.collect::<Vec<_>>());
        Some(fingerprint([known.subject.as_bytes(), entries.as_bytes()]))
    }

    /// Who watches a run, and is not told of failures that are known.
    pub(super) fn told<'a>(&'a self, progress: &'a mut dyn Progress) -> Told<'a> {
        Told { known: self.known.as_ref(), progress }
    }

    /// Whether the list, where there is one, is of the binder of this name.
    ///
    /// # Errors
    /// [`RunError::Known`], where it is another's.
    pub(super) fn is_of(&self, name: &str) -> Result<(), RunError> {
        self.known.as_ref().map_or(Ok(()), |known| known.is_of(name).map_err(RunError::Known))
    }

    /// Excuses the rows that failed as is known, and gives what is out of date.
    ///
    /// # Errors
    /// As [`Expected::is_of`].
    pub(super) fn apply(
        &self,
        rows: &mut [CaseRow],
        subject: &SubjectInfo,
    ) -> Result<Vec<StaleRow>, RunError> {
        self.is_of(&subject.name)?;
        let stale = |known: &Known| known.apply(&self.trials, rows, place(subject));
        Ok(self.known.as_ref().map_or_else(Vec::new, stale))
    }

    /// Writes the list that says what happened, where one is to be written.
    ///
    /// # Errors
    /// [`RunError::Unwritten`], where it cannot be written.
    pub(super) fn write(
        &self,
        rows: &[CaseRow],
        subject: &SubjectInfo,
        progress: &mut dyn Progress,
    ) -> Result<(), RunError> {
        if let Some(file) = &self.write {
            let none = Known::none(file, &subject.name);
            let known = self.known.as_ref().unwrap_or(&none);
            let written = known.rewritten(&self.trials, rows, place(subject));
            report::write_whole(file, &written.text)?;
            progress.note(&format!(
                "{}: {} known failures kept, {} removed, {} new{}",
                file.display(),
                written.kept,
                written.removed,
                written.new,
                match written.new {
                    0 => "",
                    _ => ", each of which needs its `fault` and its `reason`",
                }
            ));
        }
        Ok(())
    }
}

/// Where it was judged.
fn place(subject: &SubjectInfo) -> Place<'_> {
    Place { os: std::env::consts::OS, arch: std::env::consts::ARCH, version: &subject.version }
}

/// Who watches, less the failures that are known.
pub(super) struct Told<'a> {
    known: Option<&'a Known>,
    progress: &'a mut dyn Progress,
}

impl Progress for Told<'_> {
    fn stage(&mut self, name: &str, steps: Option<usize>) {
        self.progress.stage(name, steps);
    }

    fn note(&mut self, line: &str) {
        self.progress.note(line);
    }

    fn step(&mut self, name: &str) {
        self.progress.step(name);
    }

    fn ended(&mut self, row: &CaseRow) {
        if !self.known.is_some_and(|known| known.excuses(row)) {
            self.progress.ended(row);
        }
    }

    fn is_enough(&self) -> bool {
        self.progress.is_enough()
    }

    fn finish(&mut self) {
        self.progress.finish();
    }
}
