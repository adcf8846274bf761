//! The rules of `conform gate` (ADR 50): when a cost counts as dearer than its budget or than that of another build.
//!
//! Pure: rows in, a verdict a shape out. What is measured, and again, is the command's.

use measure::{BenchRow, BenchVerdict};
use serde::Serialize;
use strum::Display;

use crate::moved::{self, Band, By};

/// A layout alone moves a ratio by so much: alignment and flags gave 2.17 and 2.87 for one kernel. Where counts do not
/// say that more is done, only what is dearer by more is believed.
pub const BY_LAYOUT: f64 = 1.35;

/// What the gate says of a shape on a path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateRow {
    /// The shape.
    pub shape: String,
    /// The path.
    pub path: String,
    /// What was held against what.
    pub against: Against,
    /// What it comes to.
    pub verdict: GateVerdict,
    /// The figure that tells, where one moved.
    pub by: Option<By>,
    /// That figure before.
    pub was: Option<String>,
    /// The figure now.
    pub is: Option<String>,
    /// Why it is no other verdict, where figures alone do not say so.
    pub reason: Option<String>,
}

/// What a cost is held against.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, Serialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// The counts of the file of budgets.
    Budget,
    /// The counts of another build.
    BaseCounts,
    /// The times of another build, measured beside.
    BaseTime,
}

/// What the gate says.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, Serialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum GateVerdict {
    /// It costs what it did.
    Fine,
    /// It costs more: red.
    Dearer,
    /// It costs less.
    Cheaper,
    /// It costs more than that build, and no more than its budget, which gives the reason.
    Blessed,
    /// Its times are not to be relied on.
    Inconclusive,
    /// There is nothing to hold it against.
    NotComparable,
}

/// Times of two builds, measured beside each other.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    /// The build that was there before.
    pub base: &'a BenchRow,
    /// The build in question.
    pub head: &'a BenchRow,
}

impl GateRow {
    fn of(row: &BenchRow, against: Against, verdict: GateVerdict) -> GateRow {
        GateRow {
            shape: row.shape.clone(),
            path: row.path.clone(),
            against,
            verdict,
            by: None,
            was: None,
            is: None,
            reason: None,
        }
    }

    fn because(self, reason: impl Into<String>) -> GateRow {
        GateRow { reason: Some(reason.into()), ..self }
    }
}

/// Holds counts against those of a budget or of another build.
pub fn counts(was: &BenchRow, is: &BenchRow, against: Against) -> GateRow {
    if was.instructions.is_none() || is.instructions.is_none() {
        return not_comparable(is, against, "not counted on both sides");
    }
    match moved::moved(was, is, false) {
        None => GateRow::of(is, against, GateVerdict::Fine),
        Some(moved) => GateRow {
            by: Some(moved.by),
            was: Some(moved.was),
            is: Some(moved.is),
            ..GateRow::of(
                is,
                against,
                if moved.dearer { GateVerdict::Dearer } else { GateVerdict::Cheaper },
            )
        },
    }
}

/// Holds counts against those of a budget, the most and the least of several: dearer is what is above the most, cheaper what
/// is below the least.
pub fn budgeted(most: &BenchRow, least: &BenchRow, is: &BenchRow) -> GateRow {
    let above = counts(most, is, Against::Budget);
    if above.verdict != GateVerdict::Cheaper {
        return above;
    }
    match counts(least, is, Against::Budget) {
        below if below.verdict == GateVerdict::Cheaper => below,
        _ => GateRow::of(is, Against::Budget, GateVerdict::Fine),
    }
}

/// What cannot be held against anything, and why.
pub fn not_comparable(row: &BenchRow, against: Against, why: &str) -> GateRow {
    GateRow::of(row, against, GateVerdict::NotComparable).because(why)
}

/// Holds times against those of another build, measured in the same run. `again` is what was measured once more in fresh
/// processes, in the other order, of what looked dearer. `within_budget` says that a budget gives a reason for what
/// more is done.
pub fn times(times: Times<'_>, again: Option<Times<'_>>, within_budget: bool) -> GateRow {
    let Times { base, head } = times;
    let row = |verdict| GateRow::of(head, Against::BaseTime, verdict);
    let figures = |verdict| {
        let text = |of| Band::taken(of).map(|band| band.to_string());
        GateRow { by: Some(By::Ratio), was: text(base), is: text(head), ..row(verdict) }
    };
    if !times.looks_dearer() {
        // What a layout alone does is no news in either direction.
        let turned = Times { base: head, head: base };
        return match times.doubt() {
            _ if turned.looks_dearer() => figures(GateVerdict::Cheaper),
            Some(doubt) => figures(GateVerdict::Inconclusive).because(doubt),
            None => row(GateVerdict::Fine),
        };
    }
    match again {
        Some(again) if again.looks_dearer() && within_budget => {
            figures(GateVerdict::Blessed).because("its budget has the reason for what more is done")
        }
        Some(again) if again.looks_dearer() => figures(GateVerdict::Dearer),
        _ => figures(GateVerdict::Fine).because("measured again, it is not dearer"),
    }
}

impl Times<'_> {
    /// Whether the times of a build look worse, and are to be measured again: the lowest ratio of any process is above
    /// the highest of before by more than can be nothing.
    pub fn looks_dearer(self) -> bool {
        let bands = Band::taken(self.base).zip(Band::taken(self.head));
        bands.is_some_and(|(was, is)| is.low > was.high * self.margin())
    }

    /// The factor that can be nothing.
    fn margin(self) -> f64 {
        let Times { base, head } = self;
        let does_more = counts(base, head, Against::BaseCounts).verdict == GateVerdict::Dearer;
        if does_more { 1.0 } else { BY_LAYOUT }
    }

    /// Why it cannot be told that a build is no dearer: its highest ratio may be by more than the margin above the lowest
    /// of before, and which of them holds is not known.
    fn doubt(self) -> Option<String> {
        let Times { base, head } = self;
        let bands = Band::taken(base).zip(Band::taken(head));
        let excluded = bands.is_some_and(|(was, is)| is.high <= was.low * self.margin());
        let doubted = [(base, "before"), (head, "now")];
        let (row, which) =
            doubted.into_iter().find(|(row, _)| row.verdict != BenchVerdict::Measured)?;
        let reason = row.reason.as_deref().unwrap_or("it was not measured");
        (!excluded).then(|| format!("{which}: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ratios: [f64; 3], instructions: Option<f64>) -> BenchRow {
        let [low, ratio, high] = ratios;
        BenchRow {
            shape: "scalar-i64".into(),
            path: "scalar".into(),
            ratio_low: Some(low),
            ratio: Some(ratio),
            ratio_high: Some(high),
            instructions,
            allocations: instructions.map(|_| 0.0),
            verdict: BenchVerdict::Measured,
            ..BenchRow::default()
        }
    }

    const FAST: [f64; 3] = [1.9, 2.0, 2.1];
    const SLOW: [f64; 3] = [2.2, 2.3, 2.4];
    const SLOWEST: [f64; 3] = [2.9, 3.0, 3.1];

    fn verdict(
        base: &BenchRow,
        head: &BenchRow,
        again: Option<(&BenchRow, &BenchRow)>,
    ) -> GateVerdict {
        let of = |(base, head)| Times { base, head };
        times(of((base, head)), again.map(of), false).verdict
    }

    #[test]
    fn a_time_is_dearer_where_it_is_so_twice() {
        let (base, head) = (row(FAST, Some(30.0)), row(SLOW, Some(40.0)));
        assert!(Times { base: &base, head: &head }.looks_dearer());
        assert_eq!(verdict(&base, &head, Some((&base, &head))), GateVerdict::Dearer);
        assert_eq!(verdict(&base, &head, Some((&base, &base))), GateVerdict::Fine);
        assert_eq!(verdict(&base, &head, None), GateVerdict::Fine, "nobody saw it twice");
        assert_eq!(verdict(&head, &base, None), GateVerdict::Cheaper);
    }

    #[test]
    fn what_does_no_more_is_dearer_by_more_than_a_layout() {
        for count in [Some(30.0), None] {
            let [fast, slow, slowest] = [FAST, SLOW, SLOWEST].map(|ratios| row(ratios, count));
            assert!(!Times { base: &fast, head: &slow }.looks_dearer(), "{count:?}");
            assert_eq!(verdict(&slow, &fast, None), GateVerdict::Fine, "{count:?}");
            assert_eq!(verdict(&slowest, &fast, None), GateVerdict::Cheaper, "{count:?}");
            assert_eq!(verdict(&fast, &slowest, Some((&fast, &slowest))), GateVerdict::Dearer);
        }
    }

    #[test]
    fn what_a_budget_has_a_reason_for_is_not_dearer() {
        let (base, head) = (row(FAST, Some(30.0)), row(SLOW, Some(40.0)));
        let of = Times { base: &base, head: &head };
        assert_eq!(times(of, Some(of), true).verdict, GateVerdict::Blessed);
    }

    #[test]
    fn what_is_not_measured_says_nothing() {
        let base = row(FAST, Some(30.0));
        for verdict_of_it in [BenchVerdict::NotMeasured, BenchVerdict::NotCredible] {
            let mut none = row(SLOWEST, Some(40.0));
            none.verdict = verdict_of_it;
            assert_eq!(verdict(&base, &none, Some((&base, &none))), GateVerdict::Inconclusive);
            assert_eq!(verdict(&none, &base, None), GateVerdict::Inconclusive);
        }
    }

    #[test]
    fn processes_that_do_not_agree_tell_what_their_whole_range_does() {
        let noisy = |ratios, count| BenchRow {
            verdict: BenchVerdict::Inconclusive,
            ..row(ratios, Some(count))
        };
        let base = noisy(FAST, 30.0);
        let is = |head: &BenchRow| verdict(&base, head, Some((&base, head)));
        // No process was dearer by what a layout does, all were, or some.
        assert_eq!(is(&noisy([1.8, 2.1, 2.5], 30.0)), GateVerdict::Fine);
        assert_eq!(is(&noisy(SLOWEST, 30.0)), GateVerdict::Dearer);
        assert_eq!(is(&noisy([2.0, 2.6, 2.9], 30.0)), GateVerdict::Inconclusive);
        assert_eq!(is(&row([2.0, 2.6, 2.9], Some(30.0))), GateVerdict::Inconclusive);
        // What does more has no such margin.
        assert_eq!(is(&noisy([2.0, 2.1, 2.2], 40.0)), GateVerdict::Inconclusive);
        assert_eq!(is(&noisy(SLOW, 40.0)), GateVerdict::Dearer);
    }

    #[test]
    fn counts_are_held_to_the_half_of_one() {
        let of = |was, is| counts(&row(FAST, was), &row(FAST, is), Against::Budget).verdict;
        assert_eq!(of(Some(30.0), Some(30.4)), GateVerdict::Fine);
        assert_eq!(of(Some(30.0), Some(31.0)), GateVerdict::Dearer);
        assert_eq!(of(Some(30.0), Some(28.0)), GateVerdict::Cheaper);
        assert_eq!(of(None, Some(28.0)), GateVerdict::NotComparable);
        let [most, least] = [38.0, 30.0].map(|count| row(FAST, Some(count)));
        let of = |is| budgeted(&most, &least, &row(FAST, Some(is))).verdict;
        let verdicts = [39.0, 38.0, 34.0, 30.0, 29.0].map(of);
        let fine = GateVerdict::Fine;
        assert_eq!(verdicts, [GateVerdict::Dearer, fine, fine, fine, GateVerdict::Cheaper]);
        let mut allocates = row(FAST, Some(30.0));
        allocates.allocations = Some(1.0);
        let dearer = counts(&row(FAST, Some(30.0)), &allocates, Against::Budget);
        assert_eq!((dearer.verdict, dearer.by), (GateVerdict::Dearer, Some(By::Allocations)));
    }
}
