//! Two reports of one binder held against each other: what fails that did not, what no longer does, what is
//! judged no longer or again, and what became dearer or cheaper.

mod render;

use std::collections::BTreeMap;

use judge::row::{CaseRow, TrialOutcome};
use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};

use crate::Verdict;
use crate::foreign::shown;
use crate::model::{Asked, Report};
use crate::moved::{Moved, moved, same_clock};

/// What became of a trial; the words in the JSON form.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It fails, and did not, or a known failure excused it.
    NewlyFailed,
    /// The suite, the adapter or the machine spoiled it, and did not before.
    NewlySpoiled,
    /// It fails as a known failure says, and did not fail before.
    NewlyKnown,
    /// It failed, and passes.
    Fixed,
    /// It is gated, and was judged.
    NewlyGated,
    /// It was gated, and is judged.
    NoLongerGated,
    /// It was judged, and has no turn, or there is no such trial any more.
    NoLongerJudged,
}

/// A trial that came to something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialChange {
    /// What became of it.
    pub change: Change,
    /// Its name, `arm::suite::case`.
    pub trial: String,
    /// The clauses that it breaks, or else those that it cites.
    pub clauses: Vec<String>,
    /// The outcome it had; null where there was no such trial.
    pub was: Option<TrialOutcome>,
    /// The outcome it has; null where there is no such trial.
    pub is: Option<TrialOutcome>,
    /// The command that repeats it.
    pub repro: String,
}

/// A shape that costs more or less.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostChange {
    /// The shape.
    pub shape: String,
    /// The path.
    pub path: String,
    /// What moved.
    #[serde(flatten)]
    pub moved: Moved,
}

/// A report, as the difference names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// What it is called here.
    pub name: String,
    /// The binder's version.
    pub version: String,
    /// When the run began.
    pub started: String,
    /// Trials that ran.
    pub ran: usize,
    /// Trials that failed and are not known to.
    pub failed: usize,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// The binder.
    pub subject: String,
    /// The report that was there before.
    pub from: Side,
    /// The report that is held against it.
    pub to: Side,
    /// What else is not the same, so that not all that differs is the binder's doing.
    pub notes: Vec<String>,
    /// Trials, by what became of them.
    pub trials: Vec<TrialChange>,
    /// Trials that were not there before and did not fail.
    pub added: usize,
    /// Shapes that cost more or less.
    pub costs: Vec<CostChange>,
}

/// Reports that are not to be compared.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// Of several binders.
    #[error(
        "{first} is of {wanted} and {name} of {found}: `conform compare` sets several binders side by side"
    )]
    OtherBinder {
        /// A report.
        first: String,
        /// Its binder, with level and target.
        wanted: String,
        /// Another.
        name: String,
        /// Its binder.
        found: String,
    },
    /// Of which nothing can be said.
    #[error("{name} says nothing that could be compared: {why}")]
    Nothing {
        /// The report.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

/// What differs between two reports with their names.
///
/// # Errors
/// [`DiffError`].
pub fn diff(from: &(String, Report), to: &(String, Report)) -> Result<Diff, DiffError> {
    are_comparable(&[from, to])?;
    let ((from_name, a), (to_name, b)) = (from, to);
    let (a, b) = (&a.for_people(), &b.for_people());
    let (was, is) = (by_name(a), by_name(b));
    let mut names: Vec<&String> = was.keys().chain(is.keys()).collect();
    names.sort();
    names.dedup();
    let of = |name: &String| change(name, was.get(name).copied(), is.get(name).copied());
    let mut trials: Vec<TrialChange> = names.into_iter().filter_map(of).collect();
    trials.sort_by_key(|row| row.change);
    let passes = |row: &CaseRow| row.outcome != TrialOutcome::Failed;
    let added = is.iter().filter(|(name, row)| !was.contains_key(*name) && passes(row)).count();
    let side = |name: &str, report: &Report| Side {
        name: shown(name),
        version: report.subject.version.clone(),
        started: report.suite.started.clone(),
        ran: report.counts.ran,
        failed: report.counts.failed,
    };
    Ok(Diff {
        subject: b.subject.name.clone(),
        from: side(from_name, a),
        to: side(to_name, b),
        notes: notes(a, b),
        trials,
        added,
        costs: costs(a, b),
    })
}

/// Refuses reports of several binders, and those of which nothing can be said.
pub(crate) fn are_comparable(reports: &[&(String, Report)]) -> Result<(), DiffError> {
    let identity = |report: &Report| {
        let (target, subject) = (report.target(), &report.subject);
        format!("{} at {} level on {target}", subject.name, subject.level.name())
    };
    for (name, report) in reports {
        let why = match (report.verdict(), &report.suite.cut_short) {
            (Verdict::Unaccounted, _) => {
                "its counts or clauses are not those of its trials".to_owned()
            }
            (_, Some(why)) if report.counts.planned == 0 => why.clone(),
            _ => continue,
        };
        return Err(DiffError::Nothing { name: name.clone(), why });
    }
    let Some((first, wanted)) = reports.first().map(|(name, report)| (name, identity(report)))
    else {
        return Ok(());
    };
    match reports.iter().find(|(_, report)| identity(report) != wanted) {
        None => Ok(()),
        Some((name, report)) => Err(DiffError::OtherBinder {
            first: first.clone(),
            wanted,
            name: name.clone(),
            found: identity(report),
        }),
    }
}

fn by_name(report: &Report) -> BTreeMap<String, &CaseRow> {
    report.cases.iter().map(|row| (format!("{}::{}", row.arm, row.id), row)).collect()
}

fn change(name: &str, was: Option<&CaseRow>, is: Option<&CaseRow>) -> Option<TrialChange> {
    use TrialOutcome::{Error, Expected, Failed, Gated, Passed, Skipped};
    let outcome = |row: Option<&CaseRow>| row.map(|row| row.outcome);
    let (before, now) = (outcome(was), outcome(is));
    if before == now {
        return None;
    }
    let change = match (before, now) {
        (_, Some(Failed)) => Change::NewlyFailed,
        (_, Some(Error)) => Change::NewlySpoiled,
        (Some(Passed | Gated | Skipped | Error) | None, Some(Expected)) => Change::NewlyKnown,
        (Some(Failed | Expected), Some(Passed)) => Change::Fixed,
        (Some(Passed | Failed | Expected), Some(Gated)) => Change::NewlyGated,
        (Some(Gated), Some(Passed)) => Change::NoLongerGated,
        (Some(Passed | Failed | Expected), Some(Skipped) | None) => Change::NoLongerJudged,
        _ => return None,
    };
    let row = is.or(was)?;
    Some(TrialChange {
        change,
        trial: name.to_owned(),
        clauses: row.failed_for().to_vec(),
        was: before,
        is: now,
        repro: row.repro.clone(),
    })
}

/// What differs beside the binder.
fn notes(a: &Report, b: &Report) -> Vec<String> {
    let list = |words: &[String]| match words {
        [] => "none".to_owned(),
        words => words.join(" "),
    };
    let host = |report: &Report| format!("{} {}", report.host.os, report.host.arch);
    let cpu = |report: &Report| report.host.cpu.clone().unwrap_or_else(|| "not known".to_owned());
    let mut notes = Vec::new();
    let mut note = |what: &str, was: String, is: String| {
        if was != is {
            notes.push(format!("{what}: {was}, now {is}"));
        }
    };
    note("the corpus is another one", a.suite.hash.clone(), b.suite.hash.clone());
    note("dialects", list(&a.subject.dialects), list(&b.subject.dialects));
    note("capabilities", list(&a.subject.capabilities), list(&b.subject.capabilities));
    note("system", host(a), host(b));
    if !a.bench.is_empty() && !b.bench.is_empty() && !same_clock(a, b) {
        notes.push(format!(
            "ratios are not compared, because they are of several processors: {}, now {}",
            cpu(a),
            cpu(b)
        ));
    }
    let part = |report: &Report| {
        let Asked { filters, arms, without, shard, .. } = report.suite.asked.clone()?;
        Some((filters, arms, without, shard))
    };
    if part(a) != part(b) {
        notes.push("another part of the corpus was asked for".to_owned());
    }
    for (name, report) in [("before", a), ("now", b)] {
        if let Some(why) = &report.suite.cut_short {
            notes.push(format!("{name}, the run ended early: {why}"));
        }
    }
    notes
}

fn costs(a: &Report, b: &Report) -> Vec<CostChange> {
    let clock = same_clock(a, b);
    let of = |is: &measure::BenchRow| {
        let same = |was: &&measure::BenchRow| (&was.shape, &was.path) == (&is.shape, &is.path);
        let moved = moved(a.bench.iter().find(same)?, is, clock)?;
        Some(CostChange { shape: is.shape.clone(), path: is.path.clone(), moved })
    };
    let mut costs: Vec<CostChange> = b.bench.iter().filter_map(of).collect();
    costs.sort_by_key(|cost| !cost.moved.dearer);
    costs
}

impl Diff {
    /// Trials that came to this.
    pub fn changed(&self, change: Change) -> impl Iterator<Item = &TrialChange> {
        self.trials.iter().filter(move |row| row.change == change)
    }

    /// 1 where something fails that did not, 0 otherwise.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.changed(Change::NewlyFailed).next().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClauseRow, Counts};
    use crate::sample;

    /// `mixed`, with these trials' outcomes.
    fn with(outcomes: &[(usize, TrialOutcome)]) -> (String, Report) {
        let mut report = sample::mixed();
        for (number, outcome) in outcomes {
            report.cases[*number].outcome = *outcome;
        }
        report.counts = Counts::of(report.cases.iter().map(|case| case.outcome));
        let ids = report.clauses.iter().map(|clause| &*clause.id);
        report.clauses = ClauseRow::rows(ids, &report.cases);
        ("after".to_owned(), report)
    }

    fn before() -> (String, Report) {
        ("before".to_owned(), sample::mixed())
    }

    #[test]
    fn each_planted_difference_is_told_as_what_it_is() {
        use TrialOutcome::{Error, Expected, Failed, Gated, Passed, Skipped};
        for (number, outcome, change, code) in [
            (0, Failed, Change::NewlyFailed, 1),
            (4, Failed, Change::NewlyFailed, 1),
            (5, Failed, Change::NewlyFailed, 1),
            (0, Error, Change::NewlySpoiled, 0),
            (0, Expected, Change::NewlyKnown, 0),
            (2, Passed, Change::Fixed, 0),
            (4, Passed, Change::Fixed, 0),
            (0, Gated, Change::NewlyGated, 0),
            (5, Passed, Change::NoLongerGated, 0),
            (0, Skipped, Change::NoLongerJudged, 0),
        ] {
            let diff = diff(&before(), &with(&[(number, outcome)])).unwrap();
            let [row] = &diff.trials[..] else { panic!("{number} {outcome:?}: {:?}", diff.trials) };
            assert_eq!((row.change, diff.exit_code()), (change, code), "{number} {outcome:?}");
        }
        let same = diff(&before(), &before()).unwrap();
        assert_eq!((same.trials.len(), same.costs.len(), same.exit_code()), (0, 0, 0));
    }

    #[test]
    fn trials_that_came_or_went_are_told_apart_from_those_that_changed() {
        let (name, mut fewer) = with(&[]);
        let gone = fewer.cases.remove(0);
        let came = diff(&before(), &with(&[])).unwrap();
        assert_eq!((came.trials.len(), came.added), (0, 0));
        fewer.counts = Counts::of(fewer.cases.iter().map(|case| case.outcome));
        let ids: Vec<String> = fewer.clauses.iter().map(|clause| clause.id.clone()).collect();
        fewer.clauses = ClauseRow::rows(ids.iter().map(|id| &**id), &fewer.cases);
        let fewer = (name, fewer);
        let went = diff(&before(), &fewer).unwrap();
        assert_eq!(went.trials[0].trial, format!("{}::{}", gone.arm, gone.id));
        assert_eq!((went.trials[0].change, went.exit_code()), (Change::NoLongerJudged, 0));
        let came = diff(&fewer, &before()).unwrap();
        assert_eq!((came.trials.len(), came.added, came.exit_code()), (0, 1, 0));
    }

    #[test]
    fn other_binders_and_reports_of_nothing_are_refused() {
        let (name, mut other) = with(&[]);
        other.subject.name = "other".to_owned();
        let error = diff(&before(), &(name.clone(), other)).unwrap_err().to_string();
        assert!(error.starts_with("before is of example-ffi at contract level on host and after"));
        let mut lost = with(&[]).1;
        lost.counts.passed += 1;
        let error = diff(&before(), &(name, lost)).unwrap_err().to_string();
        assert!(error.contains("its counts or clauses are not those"), "{error}");
    }

    #[test]
    fn renderings() {
        use TrialOutcome::{Failed, Gated, Passed};
        let mut after = with(&[(0, Failed), (2, Passed), (1, Gated)]);
        after.1.bench[0].instructions = Some(31.0);
        after.1.suite.hash = "another".to_owned();
        let diff = diff(&before(), &after).unwrap();
        insta::assert_snapshot!("diff_text", diff.text());
        insta::assert_snapshot!("diff_markdown", diff.markdown());
        insta::assert_snapshot!("diff_json", serde_json::to_string_pretty(&diff).unwrap());
    }
}
