//! Verdicts: built from what was observed and what was expected, never from silence.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::describe;
use crate::row::{Class, Reason, TrialOutcome};

/// What one trial came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every check held, and there was at least one.
    Passed {
        /// How many observations were compared with their expectations.
        checks: usize,
        /// What differs from what compilers rely on and no ABI says.
        risks: Vec<Difference>,
    },
    /// Some observation differs from its expectation.
    Failed(Failure),
    /// Not owed: the subject does not declare the capability.
    Gated(Reason, String),
    /// Not run, for this reason.
    Skipped(Reason, String),
    /// Spoiled by the suite, the adapter or the machine.
    Error(String),
}

/// What a failed trial has to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What differs, never empty.
    pub differences: Vec<Difference>,
    /// The calls made one by one, in order, up to the first that differs.
    pub calls: Vec<String>,
    /// The carriers that arrived at each native call of those.
    pub arrived: Vec<String>,
}

/// An observation that differs from its expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In which way.
    pub class: Class,
    /// What was looked at: `return of echo_u8(255)`.
    pub what: String,
    /// The clause that says what it must be, where it is not one of the case's own.
    pub clause: Option<&'static str>,
    /// What it must be.
    pub expected: String,
    /// What it was.
    pub observed: String,
}

/// Collects the checks of one trial.
#[derive(Debug, Default)]
pub struct Judgement {
    checks: usize,
    differences: Vec<Difference>,
    risks: Vec<Difference>,
    calls: Vec<String>,
    arrived: Vec<String>,
    during: &'static str,
    /// The clauses that the trial's cases cite.
    pub(crate) cited: Arc<[String]>,
    strict: bool,
    /// Whether a refused call must say which argument is at fault.
    pub(crate) places: bool,
    /// The calls of an arm that draws them, where one of them ended the trial.
    pub(crate) in_flight: Option<String>,
    /// The call that the subject said it does not support.
    pub(crate) unsupported: Option<Unsupported>,
}

/// A call that a library at wire level said it does not support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsupported {
    /// The call.
    pub(crate) call: String,
    /// The carriers that arrived nevertheless.
    pub(crate) arrived: Vec<String>,
    /// The clause by which it is owed.
    pub(crate) clause: Option<&'static str>,
    /// Whether it is given, or is to make, a function of a type that the subject says it lacks: when a call is linked,
    /// nobody asks for that.
    pub(crate) is_lacking: bool,
}

impl Judgement {
    /// Of a trial whose cases cite these clauses; `strict` has what is only a risk count as a difference.
    pub(crate) fn of<'c>(cited: impl IntoIterator<Item = &'c String>, strict: bool) -> Judgement {
        Judgement { cited: cited.into_iter().cloned().collect(), strict, ..Judgement::default() }
    }

    /// Of the same trial, with nothing compared yet.
    pub(crate) fn anew(&self) -> Judgement {
        let Judgement { cited, strict, places, .. } = self;
        Judgement { cited: cited.clone(), strict: *strict, places: *places, ..Judgement::default() }
    }

    /// Says on which of several ways what is checked from now on was seen; empty where there is one.
    pub fn during(&mut self, way: &'static str) {
        self.during = way;
    }

    /// Compares, and describes the two where they differ.
    pub fn check(
        &mut self,
        clause: impl Into<Option<&'static str>>,
        what: impl Display,
        holds: bool,
        describe: impl FnOnce() -> (String, String),
    ) {
        self.check_as(Class::Fail, clause, what, holds, describe);
    }

    /// As [`Judgement::check`], where a difference is of this class.
    pub fn check_as(
        &mut self,
        class: Class,
        clause: impl Into<Option<&'static str>>,
        what: impl Display,
        holds: bool,
        describe: impl FnOnce() -> (String, String),
    ) {
        self.checks += 1;
        if !holds {
            let difference = self.differs(class, clause.into(), what, describe());
            self.differences.push(difference);
        }
    }

    /// Takes down what differs from what is not owed and relied on all the same.
    pub fn risk(&mut self, clause: &'static str, what: impl Display, told: (String, String)) {
        self.checks += 1;
        let difference = self.differs(Class::Fail, Some(clause), what, told);
        if self.strict { &mut self.differences } else { &mut self.risks }.push(difference);
    }

    fn differs(
        &self,
        class: Class,
        clause: Option<&'static str>,
        what: impl Display,
        (expected, observed): (String, String),
    ) -> Difference {
        let what = match self.during {
            "" => what.to_string(),
            way => format!("{what} {way}"),
        };
        Difference { class, what, clause, expected, observed }
    }

    /// Compares two numbers or names that show themselves.
    pub fn equal<T: PartialEq + Display>(
        &mut self,
        clause: impl Into<Option<&'static str>>,
        what: impl Display,
        expected: &T,
        observed: &T,
    ) {
        let describe = || (expected.to_string(), observed.to_string());
        self.check(clause, what, expected == observed, describe);
    }

    /// Compares a count with those it may have.
    pub fn within(
        &mut self,
        clause: impl Into<Option<&'static str>>,
        what: impl Display,
        due: &RangeInclusive<u64>,
        observed: u64,
    ) {
        let describe = || (describe::counts(due), observed.to_string());
        self.check(clause, what, due.contains(&observed), describe);
    }

    /// Compares what the fixtures held with what they hold: more than before is a leak.
    pub fn held(&mut self, clause: &'static str, what: impl Display, before: i64, after: i64) {
        let class = if after > before { Class::Leak } else { Class::Fail };
        let describe = || (before.to_string(), after.to_string());
        self.check_as(class, clause, what, before == after, describe);
    }

    /// Takes what another judgement saw and compared, where whatever differs breaks this clause.
    pub(crate) fn take_as(&mut self, clause: &'static str, other: Judgement) {
        self.checks += other.checks;
        let during = self.during;
        self.differences.extend(other.differences.into_iter().map(|difference| Difference {
            clause: Some(clause),
            what: format!("{} {during}", difference.what),
            ..difference
        }));
        self.risks.extend(other.risks);
        self.calls.extend(other.calls);
        self.arrived.extend(other.arrived);
    }

    /// Keeps a call and what arrived by it, for a failure to show.
    pub fn saw(&mut self, call: String, arrived: impl IntoIterator<Item = String>) {
        self.calls.push(call);
        self.arrived.extend(arrived);
    }

    /// Forgets the last call kept, of which nothing arrived.
    pub fn unsaw(&mut self) {
        self.calls.pop();
    }

    /// Puts a line before the calls, for a failure to show.
    pub fn lead(&mut self, line: String) {
        self.calls.insert(0, line);
    }

    /// Whether nothing was compared yet.
    pub fn is_empty(&self) -> bool {
        self.checks == 0
    }

    /// Whether every check so far held.
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }

    /// The verdict: no check at all is an error of the suite, not a pass.
    pub fn verdict(self) -> Verdict {
        if !self.differences.is_empty() {
            let Judgement { differences, calls, arrived, .. } = self;
            Verdict::Failed(Failure { differences, calls, arrived })
        } else if self.checks == 0 {
            Verdict::Error("the trial compared nothing, which proves nothing".into())
        } else {
            Verdict::Passed { checks: self.checks, risks: self.risks }
        }
    }
}

impl Failure {
    /// The class of the first difference: what comes after it follows from it.
    pub fn class(&self) -> Class {
        self.differences.first().map_or(Class::Fail, |difference| difference.class)
    }

    /// The clauses that the differences say are broken, each once.
    pub fn broken(&self) -> Vec<String> {
        let clauses: BTreeSet<&str> =
            self.differences.iter().filter_map(|difference| difference.clause).collect();
        clauses.into_iter().map(str::to_owned).collect()
    }
}

impl Verdict {
    /// The outcome of a row that has it.
    pub fn outcome(&self) -> TrialOutcome {
        match self {
            Verdict::Passed { .. } => TrialOutcome::Passed,
            Verdict::Failed(_) => TrialOutcome::Failed,
            Verdict::Gated(..) => TrialOutcome::Gated,
            Verdict::Skipped(..) => TrialOutcome::Skipped,
            Verdict::Error(_) => TrialOutcome::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_compared_is_no_pass() {
        assert!(matches!(Judgement::default().verdict(), Verdict::Error(_)));
    }

    #[test]
    fn only_more_than_before_is_a_leak() {
        for (before, after, class) in [(1, 2, Class::Leak), (2, 1, Class::Fail)] {
            let mut judgement = Judgement::default();
            judgement.held("N-3", "live blocks", before, after);
            let Verdict::Failed(failure) = judgement.verdict() else { panic!("they differ") };
            assert_eq!(failure.class(), class);
        }
        let mut judgement = Judgement::default();
        judgement.held("N-3", "live blocks", 3, 3);
        assert_eq!(judgement.verdict(), Verdict::Passed { checks: 1, risks: Vec::new() });
    }

    #[test]
    fn a_risk_fails_only_where_it_is_to() {
        for (strict, outcome) in [(false, TrialOutcome::Passed), (true, TrialOutcome::Failed)] {
            let mut judgement = Judgement { strict, ..Judgement::default() };
            judgement.risk("L-21", "carrier 0", ("-1".into(), "255".into()));
            assert_eq!(judgement.anew().strict, strict);
            assert_eq!(judgement.verdict().outcome(), outcome);
        }
    }

    #[test]
    fn one_difference_among_many_checks_fails() {
        let mut judgement = Judgement::default();
        judgement.equal("R-1", "return", &1, &1);
        assert_eq!(judgement.check_count(), 1);
        judgement.equal("R-1", "return", &1, &2);
        let Verdict::Failed(failure) = judgement.verdict() else { panic!("2 is not 1") };
        let differences = failure.differences;
        assert_eq!((&*differences[0].expected, &*differences[0].observed), ("1", "2"));
    }

    impl Judgement {
        fn check_count(&self) -> usize {
            self.checks
        }
    }
}
