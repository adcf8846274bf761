//! What a report comes to: the outcomes, the counts and clause rows that follow from its trials, the
//! verdict and the exit code.
//!
//! Pure, and derived from the trials alone: a report is never green because a count says so.

use std::collections::{HashMap, HashSet};

use contract::clause::family_of;
use judge::row::{CaseRow, TrialOutcome};

use crate::model::{ClauseOutcome, ClauseRow, Counts, MutantOutcome, Report};

/// What a whole report comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every trial that ran passed or failed as known.
    AsExpected,
    /// At least one trial failed.
    NotConformant,
    /// No trial failed unexpectedly, and at least one known failure does not say what happened.
    Stale,
    /// No trial ran, so nothing is proved.
    NothingRan,
    /// At least one trial was spoiled, so the judgement is not whole.
    Spoiled,
    /// The run ended before every planned trial had its turn.
    CutShort,
    /// The counts or the clauses' outcomes are not those of the trials listed: something was lost.
    Unaccounted,
    /// A faulty binder of the suite's own proof was not caught.
    MutantSurvived,
}

impl ClauseOutcome {
    /// What these trials make of a clause. A clause is judged by what was proved about the subject:
    /// a failure outranks a spoiled trial.
    fn of(trials: &[TrialOutcome]) -> ClauseOutcome {
        let any = |outcome| trials.contains(&outcome);
        if any(TrialOutcome::Failed) {
            ClauseOutcome::Failed
        } else if any(TrialOutcome::Error) {
            ClauseOutcome::Error
        } else if any(TrialOutcome::Expected) {
            ClauseOutcome::Expected
        } else if any(TrialOutcome::Passed) {
            ClauseOutcome::Passed
        } else if any(TrialOutcome::Gated) {
            ClauseOutcome::Gated
        } else {
            ClauseOutcome::NotRun
        }
    }
}

impl Report {
    /// What the fixtures were built for, by its name at `--target`.
    pub fn target(&self) -> &str {
        self.suite.asked.as_ref().map_or("host", |asked| &asked.target)
    }

    /// What the clauses of a family came to, the worst of them, and how many came to that; nothing where the family has
    /// no clause here.
    pub(crate) fn family(&self, letter: &str) -> Option<(ClauseOutcome, usize)> {
        let of_family = self.clauses.iter().filter(|clause| family_of(&clause.id) == letter);
        let outcomes: Vec<ClauseOutcome> = of_family.map(|clause| clause.outcome).collect();
        let count = |worst| outcomes.iter().filter(|outcome| **outcome == worst).count();
        let by_weight = [
            ClauseOutcome::Failed,
            ClauseOutcome::Error,
            ClauseOutcome::Expected,
            ClauseOutcome::Undecided,
            ClauseOutcome::Passed,
            ClauseOutcome::Gated,
            ClauseOutcome::NotRun,
        ];
        let counts = by_weight.map(|outcome| (outcome, count(outcome)));
        counts.into_iter().find(|(_, count)| *count > 0)
    }
}

impl ClauseRow {
    /// The rows of these clauses that these trials make, in the order of the ids.
    pub fn rows<'a>(ids: impl IntoIterator<Item = &'a str>, cases: &[CaseRow]) -> Vec<ClauseRow> {
        let mut cited: HashMap<&str, Vec<(TrialOutcome, bool)>> = HashMap::new();
        for case in cases {
            // Whatever a row names twice, it is one trial.
            for clause in case.clauses.iter().chain(&case.broken).collect::<HashSet<_>>() {
                cited.entry(clause).or_default().push((case.outcome, case.breaks(clause)));
            }
        }
        let row = |id: &str| {
            let outcomes = cited.get(id).map_or(&[][..], Vec::as_slice);
            let counts = Counts::of(outcomes.iter().map(|(outcome, _)| *outcome));
            let failed = |outcome| matches!(outcome, TrialOutcome::Failed | TrialOutcome::Expected);
            // A trial that failed for another clause ended before it said anything of this one.
            let deciding = outcomes.iter().filter(|(outcome, breaks)| *breaks || !failed(*outcome));
            let deciding: Vec<TrialOutcome> = deciding.map(|(outcome, _)| *outcome).collect();
            let undecided = deciding.is_empty() && !outcomes.is_empty();
            ClauseRow {
                id: id.to_owned(),
                cases: counts.planned,
                ran: counts.ran,
                passed: counts.passed,
                outcome: if undecided {
                    ClauseOutcome::Undecided
                } else {
                    ClauseOutcome::of(&deciding)
                },
            }
        };
        ids.into_iter().map(row).collect()
    }
}

impl Counts {
    /// The counts of trials that came to this, each trial planned once. A trial *ran* when there is an
    /// observation to judge: it passed, failed, or failed as known.
    pub fn of(outcomes: impl IntoIterator<Item = TrialOutcome>) -> Counts {
        let mut counts = Counts::default();
        for outcome in outcomes {
            counts.planned += 1;
            match outcome {
                TrialOutcome::Passed => counts.passed += 1,
                TrialOutcome::Failed => counts.failed += 1,
                TrialOutcome::Expected => counts.expected += 1,
                TrialOutcome::Gated => counts.gated += 1,
                TrialOutcome::Skipped => counts.skipped += 1,
                TrialOutcome::Error => counts.errors += 1,
            }
        }
        counts.ran = counts.passed + counts.failed + counts.expected;
        counts
    }
}

impl Verdict {
    /// The exit code of a run with this verdict. What stems from the suite outranks conformance:
    /// until it is mended nobody knows what else the run would have shown.
    pub const fn exit_code(self) -> u8 {
        match self {
            Verdict::AsExpected => 0,
            Verdict::NotConformant | Verdict::Stale | Verdict::NothingRan => 1,
            Verdict::Spoiled
            | Verdict::CutShort
            | Verdict::Unaccounted
            | Verdict::MutantSurvived => 2,
        }
    }
}

impl Report {
    /// What the report comes to.
    pub fn verdict(&self) -> Verdict {
        let counted = Counts::of(self.outcomes());
        if self.counts != counted || !self.clauses_agree() {
            Verdict::Unaccounted
        } else if counted.errors > 0 {
            Verdict::Spoiled
        } else if self.suite.cut_short.is_some() {
            Verdict::CutShort
        } else if self.surviving_mutants() > 0 {
            Verdict::MutantSurvived
        } else if counted.ran == 0 {
            Verdict::NothingRan
        } else if counted.failed > 0 {
            Verdict::NotConformant
        } else if !self.stale.is_empty() {
            Verdict::Stale
        } else {
            Verdict::AsExpected
        }
    }

    /// The exit code of the run: 0 all as expected; 1 conformance, which includes that nothing ran;
    /// 2 the suite's own errors. Cost, strictness and a subject that does not start are told by
    /// others.
    pub fn exit_code(&self) -> u8 {
        self.verdict().exit_code()
    }

    /// The verdict as one sentence or two, for people.
    pub fn verdict_sentence(&self) -> String {
        let Counts { planned, ran, passed, failed, expected, gated, errors, .. } = self.counts;
        let mut sentence = match self.verdict() {
            Verdict::AsExpected if expected > 0 => {
                format!("As expected: {passed} of {ran} trials passed, {expected} failed as known.")
            }
            Verdict::AsExpected if gated > 0 => {
                format!("Conforms where it was judged: {passed} of {ran} trials passed.")
            }
            Verdict::AsExpected => format!("Conforms: {passed} of {ran} trials passed."),
            Verdict::NotConformant => {
                format!("Does not conform: {failed} of {ran} trials failed.")
            }
            Verdict::Stale => format!(
                "Not as expected: {}, though no trial failed that was not to; {passed} of {ran} \
                 trials passed, {expected} failed as known.",
                match self.stale.len() {
                    1 => "1 known failure is out of date".to_owned(),
                    count => format!("{count} known failures are out of date"),
                }
            ),
            Verdict::NothingRan => {
                format!("Nothing is proved: not one of {planned} planned trials ran.")
            }
            Verdict::Spoiled => format!(
                "Not judged in full: the suite, the adapter or the machine spoiled {errors} of \
                 {planned} trials; {failed} of the {ran} that ran failed."
            ),
            Verdict::CutShort if planned == 0 => {
                format!("Not judged: {}.", self.suite.cut_short.as_deref().unwrap_or_default())
            }
            Verdict::CutShort => format!(
                "Not judged in full: {}; {} of {planned} trials had no turn, and {failed} of the \
                 {ran} that ran failed.",
                self.suite.cut_short.as_deref().unwrap_or_default(),
                self.counts.skipped
            ),
            Verdict::Unaccounted => format!(
                "Not judged: the report does not add up. {planned} trials were planned, {} are \
                 listed, and the counts or the clauses' outcomes are not theirs.",
                self.cases.len()
            ),
            Verdict::MutantSurvived => format!(
                "Not judged: {} of {} faulty binders were not caught for what they are, so the suite \
                 misses faults.",
                self.surviving_mutants(),
                self.mutants.len()
            ),
        };
        match self.at_risk().count() {
            0 => {}
            1 => sentence.push_str(" 1 of them passed at a risk."),
            count => sentence.push_str(&format!(" {count} of them passed at a risk.")),
        }
        if !self.suite.complete && planned > 0 {
            sentence.push_str(" Only part of the corpus was asked for or reached.");
        }
        sentence
    }

    /// What each trial came to.
    fn outcomes(&self) -> impl Iterator<Item = TrialOutcome> {
        self.cases.iter().map(|case| case.outcome)
    }

    /// Whether each clause's row is what the trials make of it, and each clause cited has a row.
    fn clauses_agree(&self) -> bool {
        let ids: Vec<&str> = self.clauses.iter().map(|row| row.id.as_str()).collect();
        let known: HashSet<&str> = ids.iter().copied().collect();
        let cited = self.cases.iter().flat_map(|case| &case.clauses);
        ClauseRow::rows(ids, &self.cases) == self.clauses
            && cited.into_iter().all(|clause| known.contains(clause.as_str()))
    }

    /// Faulty binders that no trial caught for what they are.
    pub fn surviving_mutants(&self) -> usize {
        self.mutants.iter().filter(|mutant| mutant.outcome != MutantOutcome::Caught).count()
    }

    /// The same report with trials in the order of arm and id: the order in which they ended depends
    /// on the machine, and two runs with equal results must differ in nothing but times.
    pub fn in_order(&self) -> Report {
        let mut report = self.clone();
        report.cases.sort_by(|a, b| (&a.arm, &a.id).cmp(&(&b.arm, &b.id)));
        report
    }

    /// Trials with this outcome.
    pub(super) fn with_outcome(&self, outcome: TrialOutcome) -> Vec<&CaseRow> {
        self.cases.iter().filter(|case| case.outcome == outcome).collect()
    }
}

#[cfg(test)]
mod tests {
    use TrialOutcome::{Error, Expected, Failed, Gated, Passed, Skipped};

    use super::*;
    use crate::sample;

    fn case(outcome: TrialOutcome) -> CaseRow {
        sample::case("round-trip", "s::c", &["R-2"], outcome)
    }

    fn report(outcomes: &[TrialOutcome]) -> Report {
        let mut report = sample::green();
        report.cases = outcomes.iter().map(|outcome| case(*outcome)).collect();
        report.counts = Counts::of(report.outcomes());
        report.clauses = ClauseRow::rows(["R-1", "R-2"], &report.cases);
        report
    }

    #[test]
    fn the_sample_holds_one_of_each_and_adds_up() {
        let counts = Counts::of(sample::mixed().outcomes());
        assert_eq!(counts, sample::mixed().counts);
        assert_eq!(counts.planned, counts.ran + counts.gated + counts.skipped + counts.errors);
        for outcome in [Passed, Failed, Expected, Gated, Skipped, Error] {
            assert!(!sample::mixed().with_outcome(outcome).is_empty(), "no {outcome:?}");
        }
    }

    #[test]
    fn exit_codes() {
        let code = |outcomes: &[TrialOutcome]| report(outcomes).exit_code();
        assert_eq!(code(&[Passed]), 0);
        assert_eq!(code(&[Passed, Expected, Gated, Skipped]), 0);
        assert_eq!(code(&[Passed, Failed]), 1);
        assert_eq!(code(&[]), 1, "nothing planned is not green");
        assert_eq!(code(&[Gated, Skipped]), 1, "nothing ran is not green");
        assert_eq!(code(&[Passed, Error]), 2);
        assert_eq!(code(&[Failed, Error]), 2, "the suite's errors outrank");
    }

    #[test]
    fn a_count_that_disagrees_with_the_trials_is_red() {
        let mut lost = report(&[Passed, Passed]);
        lost.counts.planned = 3;
        assert_eq!(lost.verdict(), Verdict::Unaccounted);
        assert_eq!(lost.exit_code(), 2);
        let mut hidden = report(&[Passed, Failed]);
        hidden.counts = Counts { passed: 2, failed: 0, ..hidden.counts };
        assert_eq!(hidden.verdict(), Verdict::Unaccounted);
    }

    #[test]
    fn a_clause_that_disagrees_with_the_trials_is_red() {
        let mut flattering = report(&[Passed, Failed]);
        flattering.clauses[1].outcome = ClauseOutcome::Passed;
        assert_eq!(flattering.verdict(), Verdict::Unaccounted);
        let mut missing = report(&[Passed]);
        missing.clauses.pop();
        assert_eq!(missing.verdict(), Verdict::Unaccounted);
    }

    #[test]
    fn a_run_cut_short_is_red() {
        let mut report = report(&[Passed, Skipped]);
        assert_eq!(report.exit_code(), 0);
        report.suite.cut_short = Some("the restarts are used up".to_owned());
        assert_eq!((report.verdict(), report.exit_code()), (Verdict::CutShort, 2));
        assert!(report.verdict_sentence().contains("the restarts are used up"));
    }

    #[test]
    fn a_mutant_that_survives_is_red() {
        let mut report = sample::green();
        assert_eq!(report.exit_code(), 0);
        report.mutants[0].outcome = MutantOutcome::Survived;
        assert_eq!(report.exit_code(), 2);
    }

    #[test]
    fn a_part_of_the_corpus_is_never_called_the_whole() {
        let mut report = report(&[Passed]);
        assert!(!report.verdict_sentence().contains("part"));
        report.suite.complete = false;
        assert!(report.verdict_sentence().contains("part of the corpus"));
    }

    #[test]
    fn clause_rows_follow_from_the_trials() {
        let outcome = |outcomes: &[TrialOutcome]| report(outcomes).clauses[1].outcome;
        assert_eq!(outcome(&[Passed, Gated]), ClauseOutcome::Passed);
        assert_eq!(outcome(&[Passed, Error, Failed]), ClauseOutcome::Failed);
        assert_eq!(outcome(&[Passed, Error, Expected]), ClauseOutcome::Error);
        assert_eq!(outcome(&[Passed, Expected]), ClauseOutcome::Expected);
        assert_eq!(outcome(&[Gated, Skipped]), ClauseOutcome::Gated);
        assert_eq!(outcome(&[Skipped]), ClauseOutcome::NotRun);
        let not_cited = &report(&[Passed]).clauses[0];
        assert_eq!((not_cited.outcome, not_cited.cases), (ClauseOutcome::NotRun, 0));
    }

    #[test]
    fn no_clause_has_more_trials_that_ran_than_ran() {
        let outcomes = [Passed, Passed, Failed, Expected, Gated, Skipped, Error];
        let mut cases: Vec<CaseRow> = outcomes.into_iter().map(case).collect();
        // Named twice, by a case and by its arm, say.
        cases.iter_mut().for_each(|case| case.clauses.push("R-2".to_owned()));
        let row = &ClauseRow::rows(["R-2"], &cases)[0];
        assert_eq!((row.cases, row.ran, row.passed), (7, 4, 2));
    }

    #[test]
    fn order_does_not_depend_on_what_ended_first() {
        let mut report = sample::mixed();
        let ordered = report.in_order();
        report.cases.reverse();
        let ids = |report: &Report| -> Vec<(String, String)> {
            report.cases.iter().map(|case| (case.arm.clone(), case.id.clone())).collect()
        };
        assert_eq!(ids(&report.in_order()), ids(&ordered));
    }
}
