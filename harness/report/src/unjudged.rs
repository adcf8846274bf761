//! Trials that were not judged, by what they have in common: the reason, less whom it is told of.

use std::collections::{BTreeMap, BTreeSet};

use judge::row::{CaseRow, TrialOutcome};

use crate::model::Report;

/// Trials that were not judged for one reason.
#[derive(Debug)]
pub(crate) struct Unjudged<'r> {
    /// Gated or skipped.
    pub(crate) outcome: TrialOutcome,
    /// Why.
    pub(crate) why: &'r str,
    /// The arms they are of.
    pub(crate) arms: BTreeSet<&'r str>,
    /// The first of them.
    pub(crate) first: &'r CaseRow,
    /// How many they are.
    pub(crate) count: usize,
}

/// The reasons of a report: gated ones before skipped ones, and of each the most frequent first.
pub(crate) fn unjudged(report: &Report) -> Vec<Unjudged<'_>> {
    let mut all = Vec::new();
    for outcome in [TrialOutcome::Gated, TrialOutcome::Skipped] {
        let mut reasons: BTreeMap<&str, Unjudged<'_>> = BTreeMap::new();
        for first in report.with_outcome(outcome) {
            let why = first.why_not_judged();
            let none = Unjudged { outcome, why, arms: BTreeSet::new(), first, count: 0 };
            let of_reason = reasons.entry(why).or_insert(none);
            of_reason.arms.insert(&first.arm);
            of_reason.count += 1;
        }
        let mut reasons: Vec<_> = reasons.into_values().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        all.extend(reasons);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{markdown, sample, terminal};

    #[test]
    fn equal_reasons_are_told_once() {
        let mut report = sample::green();
        report.cases = (0..300)
            .map(|number| {
                let arm = if number % 2 == 0 { "leak" } else { "generated" };
                let id = format!("made::{number}");
                let mut row = sample::case(arm, &id, &["R-2"], TrialOutcome::Gated);
                row.observed = Some(format!("`made_{number}` is not served: no type for f16"));
                row
            })
            .collect();
        let [group] = &unjudged(&report)[..] else { panic!("one reason") };
        assert_eq!((group.count, group.why), (300, "not served: no type for f16"));
        for text in
            [markdown::render(&report), terminal::render(&report, None, terminal::Colour::None)]
        {
            let lines = text.lines().filter(|line| line.contains("no type for f16")).count();
            assert_eq!(lines, 1, "{text}");
        }
        let shown = terminal::render(&report, None, terminal::Colour::None);
        assert!(shown.contains("300 trials: not served: no type for f16"), "{shown}");
    }
}
