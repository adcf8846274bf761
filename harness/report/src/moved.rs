//! Whether a cost moved between two runs: by what was counted, where both counted it, or else by ranges of
//! ratios that have nothing in common.

use measure::{BenchRow, BenchVerdict};
use serde::Serialize;

use crate::markdown::text::quantity;
use crate::model::Report;

/// Counts that differ by less than this share, or by less than half of one, are the same: a call may take
/// another turn now and then.
const SAME_SHARE: f64 = 0.01;
const SAME: f64 = 0.5;

/// A cost that moved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// Whether it rose.
    pub dearer: bool,
    /// By what it was told.
    pub by: By,
    /// What it was, for people.
    pub was: String,
    /// What it is.
    pub is: String,
}

/// What tells that a cost moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Instructions a call above those of the floor.
    #[strum(to_string = "instructions above the floor")]
    Instructions,
    /// Heap allocations a call.
    Allocations,
    /// Bytes of those.
    #[strum(to_string = "bytes of allocations")]
    AllocatedBytes,
    /// The ranges of ratios, which do not overlap.
    Ratio,
}

/// Whether times of two reports can be compared: those of one processor alone.
pub(crate) fn same_clock(a: &Report, b: &Report) -> bool {
    a.host.cpu.is_some() && a.host.cpu == b.host.cpu
}

/// Whether a shape's cost moved, and how that is known.
pub(crate) fn moved(a: &BenchRow, b: &BenchRow, same_clock: bool) -> Option<Moved> {
    // Of calls that were not all made no count says what one costs.
    if [a, b].iter().any(|row| row.verdict == BenchVerdict::NotCredible) {
        return None;
    }
    let above = |row: &BenchRow| Some(row.instructions? - row.floor_instructions.unwrap_or(0.0));
    let instructions = above(a).zip(above(b));
    let allocations = a.allocations.zip(b.allocations);
    let bytes = a.allocated_bytes.zip(b.allocated_bytes);
    let by_count = |by, counts: Option<(f64, f64)>| {
        let (was, is) = counts.filter(|(was, is)| differs(*was, *is))?;
        Some(Moved { dearer: is > was, by, was: count(was), is: count(is) })
    };
    // An allocation says why there are more bytes, and both say why there are more instructions.
    let counts = [
        (By::Allocations, allocations),
        (By::AllocatedBytes, bytes),
        (By::Instructions, instructions),
    ];
    let moved: Vec<Moved> =
        counts.into_iter().filter_map(|(by, counts)| by_count(by, counts)).collect();
    // What is dearer by one count is dearer, whatever it saves by the other.
    let told = moved.iter().find(|moved| moved.dearer).or(moved.first()).cloned();
    told.or_else(|| (instructions.is_none() && same_clock).then(|| by_ranges(a, b)).flatten())
}

fn differs(was: f64, is: f64) -> bool {
    (was - is).abs() >= SAME.max(SAME_SHARE * was.abs().max(is.abs()))
}

fn by_ranges(a: &BenchRow, b: &BenchRow) -> Option<Moved> {
    let (was, is) = (band(a)?, band(b)?);
    let dearer = is.low > was.high;
    (dearer || is.high < was.low).then(|| Moved {
        dearer,
        by: By::Ratio,
        was: was.to_string(),
        is: is.to_string(),
    })
}

/// A ratio and the range that noise gave it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band {
    /// The lowest of any process.
    pub low: f64,
    /// The median.
    pub ratio: f64,
    /// The highest of any process.
    pub high: f64,
}

impl std::fmt::Display for Band {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [low, ratio, high] = [self.low, self.ratio, self.high].map(quantity);
        write!(f, "{ratio} [{low}–{high}]")
    }
}

impl Band {
    /// That of a row, also where its processes do not agree.
    pub(crate) fn taken(row: &BenchRow) -> Option<Band> {
        let taken = matches!(row.verdict, BenchVerdict::Measured | BenchVerdict::Inconclusive);
        let band = Band { low: row.ratio_low?, ratio: row.ratio?, high: row.ratio_high? };
        taken.then_some(band)
    }
}

/// The band of a row that holds.
pub(crate) fn band(row: &BenchRow) -> Option<Band> {
    Band::taken(row).filter(|_| row.verdict == BenchVerdict::Measured)
}

/// A count: whole where it is whole.
pub(crate) fn count(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ratios: [f64; 3], instructions: Option<f64>) -> BenchRow {
        let [low, ratio, high] = ratios;
        BenchRow {
            ratio_low: Some(low),
            ratio: Some(ratio),
            ratio_high: Some(high),
            instructions,
            verdict: BenchVerdict::Measured,
            ..BenchRow::default()
        }
    }

    #[test]
    fn counts_decide_where_there_are_and_disjoint_ranges_elsewhere() {
        let (slow, fast) = ([2.0, 2.1, 2.2], [1.5, 1.6, 1.7]);
        let dearer =
            |a: &BenchRow, b: &BenchRow| moved(a, b, true).map(|moved| (moved.dearer, moved.by));
        let (fast_28, slow_28) = (row(fast, Some(28.0)), row(slow, Some(28.0)));
        assert_eq!(dearer(&row(fast, None), &row(slow, None)), Some((true, By::Ratio)));
        assert_eq!(dearer(&row(slow, None), &row(fast, None)), Some((false, By::Ratio)));
        assert_eq!(dearer(&row(fast, None), &row([1.7, 2.0, 2.2], None)), None, "they touch");
        assert_eq!(dearer(&fast_28, &slow_28), None, "equal counts");
        let more = row(fast, Some(31.0));
        assert_eq!(dearer(&slow_28, &more), Some((true, By::Instructions)));
        assert_eq!(dearer(&row(slow, Some(3000.0)), &row(slow, Some(3020.0))), None);
        assert_eq!(moved(&row(fast, None), &row(slow, None), false), None, "another clock");
        let mut noisy = row(slow, None);
        noisy.verdict = BenchVerdict::Inconclusive;
        assert_eq!(dearer(&row(fast, None), &noisy), None, "not to be relied on");
        let mut untrue = row(fast, Some(90.0));
        untrue.verdict = BenchVerdict::NotCredible;
        assert_eq!(dearer(&fast_28, &untrue), None, "not to be believed");
        let mut allocating = row(fast, None);
        (allocating.allocations, noisy.allocations) = (Some(0.0), Some(1.0));
        assert_eq!(dearer(&allocating, &noisy), Some((true, By::Allocations)));
        let quick = |allocations| BenchRow { allocations: Some(allocations), ..fast_28.clone() };
        let slow = BenchRow { allocations: Some(0.0), ..more.clone() };
        assert_eq!(
            dearer(&slow, &quick(1.0)),
            Some((true, By::Allocations)),
            "it saves instructions"
        );
        let of = |allocated_bytes| BenchRow { allocated_bytes, ..quick(1.0) };
        assert_eq!(dearer(&of(Some(16.0)), &of(Some(48.0))), Some((true, By::AllocatedBytes)));
        assert_eq!(dearer(&of(None), &of(Some(48.0))), None, "of a suite that did not count them");
    }

    #[test]
    fn a_floor_that_moved_moves_no_cost() {
        let with = |instructions, floor| BenchRow {
            floor_instructions: Some(floor),
            ..row([1.0; 3], Some(instructions))
        };
        assert_eq!(moved(&with(28.0, 12.0), &with(30.0, 14.0), true), None);
        assert!(
            moved(&with(28.0, 12.0), &with(28.0, 10.0), true).is_some_and(|moved| moved.dearer)
        );
    }
}
