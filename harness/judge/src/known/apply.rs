//! A list held against what a run came to: which trials it excuses, and which entries are out of date.

use std::collections::{BTreeMap, BTreeSet};

use corpus::case::Location;
use corpus::generated;

use super::{Awaited, Entry, Known, KnownError, KnownProblem, Names, Place, name_of};
use crate::row::{CaseRow, Class, KnownRow, SomeRow, StaleRow, TrialOutcome};

impl Known {
    /// Refuses entries that could excuse the same trial, of all the trials there are.
    ///
    /// # Errors
    /// Each such pair, at the later entry.
    pub fn check(&self, trials: &[String]) -> Result<(), Vec<KnownError>> {
        let errors = self.overlaps(trials);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Entries with the same text, or that name the same of these trials, and could both hold.
    pub(super) fn overlaps(&self, trials: &[String]) -> Vec<KnownError> {
        let at = |entry: &Entry| Location { file: self.file.clone(), line: entry.line, column: 1 };
        // A list may have a thousand entries, and there are tens of thousands of trials: each entry is held against all of
        // them once.
        let named: Vec<BTreeSet<&str>> =
            self.entries.iter().map(|entry| Known::named(entry, trials)).collect();
        let mut errors = Vec::new();
        for (number, entry) in self.entries.iter().enumerate() {
            let before = self.entries[..number].iter().zip(&named);
            for (first, named_first) in before.filter(|(first, _)| first.meets(entry)) {
                let same = (first.text() == entry.text()).then(|| entry.text());
                let mut both = named_first.intersection(&named[number]).copied();
                if let Some(trial) = same.or_else(|| both.next()) {
                    let (trial, first) = (trial.to_owned(), at(first));
                    let problem = KnownProblem::Overlap { trial, first };
                    errors.push(KnownError { at: at(entry), problem });
                }
            }
        }
        errors
    }

    /// Refuses to excuse another subject.
    ///
    /// # Errors
    /// [`KnownProblem::OtherSubject`].
    pub fn is_of(&self, subject: &str) -> Result<(), Vec<KnownError>> {
        if self.subject == subject {
            return Ok(());
        }
        let at = Location { file: self.file.clone(), line: 1, column: 1 };
        let (listed, judged) = (self.subject.clone(), subject.to_owned());
        Err(vec![KnownError { at, problem: KnownProblem::OtherSubject { listed, judged } }])
    }

    /// Excuses the rows that failed as an entry says, and gives the entries that do not say what
    /// happened. `trials` are the names of all trials there are; the rows are those of the trials that
    /// were selected, and of the others nothing is said.
    pub fn apply(
        &self,
        trials: &[String],
        rows: &mut [CaseRow],
        place: Place<'_>,
    ) -> Vec<StaleRow> {
        let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
        rows.iter().enumerate().for_each(|(at, row)| {
            by_name.insert(name_of(row), at);
        });
        let mut stale = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.applies(place)) {
            let named: Vec<&String> = trials.iter().filter(|trial| entry.names(trial)).collect();
            if let Some(row) = self.misnamed(entry, named.len()) {
                stale.push(row);
                continue;
            }
            let mut others: BTreeMap<String, Vec<&String>> = BTreeMap::new();
            for name in named {
                let Some(row) = by_name.get(name).and_then(|at| rows.get_mut(*at)) else {
                    continue;
                };
                let what = match happened(row) {
                    Happened::Nothing => continue,
                    Happened::Failed(class) if entry.outcome.excuses(class) => {
                        row.outcome = TrialOutcome::Expected;
                        row.known = Some(self.known(entry));
                        continue;
                    }
                    Happened::Passed if matches!(entry.outcome, Awaited::Either { .. }) => {
                        row.known = Some(self.known(entry));
                        continue;
                    }
                    Happened::Failed(class) => format!("it came to `{}`", class.word()),
                    Happened::Passed => "it passed".to_owned(),
                    Happened::Gated(reason) => format!("it was gated: {reason}"),
                };
                others.entry(what).or_default().push(name);
            }
            stale.extend(
                others.into_iter().map(|(what, names)| self.otherwise(entry, &what, &names)),
            );
        }
        stale
    }

    /// Whether a row failed as an entry says, before all rows are there.
    pub fn excuses(&self, row: &CaseRow) -> bool {
        let name = name_of(row);
        let class = |entry: &&Entry| row.class.is_some_and(|class| entry.outcome.excuses(class));
        row.outcome == TrialOutcome::Failed
            && self.entries.iter().filter(class).any(|entry| entry.names(&name))
    }

    /// An entry as the row of a trial has it.
    fn known(&self, entry: &Entry) -> KnownRow {
        KnownRow {
            at: self.at(entry),
            fault: entry.fault.map_or("unknown", Into::into).to_owned(),
            reason: entry.reason.clone(),
            upstream: entry.upstream.clone(),
            runs: match entry.outcome {
                Awaited::Either { runs } => Some(runs),
                Awaited::Fails(_) => None,
            },
        }
    }

    /// The row of an entry whose name names nothing, or whose pattern names more or less than it says.
    fn misnamed(&self, entry: &Entry, found: usize) -> Option<StaleRow> {
        let (observed, action) = match &entry.names {
            Names::Trial(name) if found == 0 && !is_of_another_seed(name) => (
                "there is no such trial".to_owned(),
                "correct the name as `conform list` has it, or remove the entry".to_owned(),
            ),
            Names::Trial(_) => return None,
            Names::Pattern { matches, .. } if *matches == found => return None,
            Names::Pattern { .. } if found == 0 => (
                "it matches nothing".to_owned(),
                "correct the pattern, or remove the entry".to_owned(),
            ),
            Names::Pattern { matches, .. } => (
                format!("it matches {found}"),
                if found > *matches {
                    format!(
                        "make the pattern narrower, or say `matches: {found}` if all of them are to \
                         fail; until then it excuses none"
                    )
                } else {
                    format!(
                        "say `matches: {found}`, or make the pattern wider; until then it excuses none"
                    )
                },
            ),
        };
        let expected = match &entry.names {
            Names::Trial(_) => "a trial of this name".to_owned(),
            Names::Pattern { matches: 1, .. } => "that it matches 1 trial".to_owned(),
            Names::Pattern { matches, .. } => format!("that it matches {matches} trials"),
        };
        Some(self.stale(entry, expected, observed, action))
    }

    /// The row of an entry some of whose trials came to something else.
    fn otherwise(&self, entry: &Entry, what: &str, names: &[&String]) -> StaleRow {
        let word = entry.outcome.word();
        let some = match &entry.names {
            Names::Trial(_) => None,
            Names::Pattern { matches, .. } => {
                let mut trials: Vec<String> = names.iter().map(|name| (*name).clone()).collect();
                trials.sort();
                Some(SomeRow { what: what.to_owned(), of: *matches, trials })
            }
        };
        let observed = some.as_ref().map_or_else(|| what.to_owned(), SomeRow::observed);
        let failed = what.starts_with("it came to");
        let action = match (&entry.names, failed) {
            (Names::Trial(_), false) => "remove the entry".to_owned(),
            (Names::Trial(_), true) => {
                "find out what changed; correct `outcome` and the reason, or remove the entry"
                    .to_owned()
            }
            (Names::Pattern { .. }, false) => {
                "make the pattern narrower, or name the trials that still fail".to_owned()
            }
            (Names::Pattern { .. }, true) => {
                "find out what changed; give these trials entries of their own".to_owned()
            }
        };
        StaleRow { some, ..self.stale(entry, format!("`{word}`"), observed, action) }
    }

    fn stale(&self, entry: &Entry, expected: String, observed: String, action: String) -> StaleRow {
        let entry_text = entry.text().to_owned();
        StaleRow { at: self.at(entry), entry: entry_text, expected, observed, action, some: None }
    }

    /// The names of trials that an entry has here.
    pub(super) fn named<'t>(entry: &Entry, trials: &'t [String]) -> BTreeSet<&'t str> {
        trials.iter().map(String::as_str).filter(|trial| entry.names(trial)).collect()
    }
}

/// What a trial came to, as far as a known failure can speak of it.
pub(super) enum Happened<'r> {
    /// Nothing was judged, or nothing about the subject.
    Nothing,
    Passed,
    /// By this class.
    Failed(Class),
    Gated(&'r str),
}

pub(super) fn happened(row: &CaseRow) -> Happened<'_> {
    match row.outcome {
        TrialOutcome::Passed => Happened::Passed,
        TrialOutcome::Failed | TrialOutcome::Expected => {
            Happened::Failed(row.class.unwrap_or(Class::Fail))
        }
        TrialOutcome::Gated => {
            Happened::Gated(row.observed.as_deref().unwrap_or("no reason is known"))
        }
        TrialOutcome::Skipped | TrialOutcome::Error => Happened::Nothing,
    }
}

/// Whether a name is that of a signature made from a seed: those of other seeds are not selected.
pub(super) fn is_of_another_seed(name: &str) -> bool {
    let suite = name.split("::").nth(1);
    suite.is_some_and(generated::is_suite_of_a_seed)
}
