//! Figures of batches: which count, and what they say.

use super::sampler::Samples;

/// A floor within this share of the pace is quiet. Processors step their clock by nearly as much.
const QUIET: f64 = 0.04;
/// Which of a process's sorted floors is fast, and which of the sorted fast floors of processes is the pace.
const FAST_QUANTILE: f64 = 0.1;
const PACE_QUANTILE: f64 = 0.25;
/// Fewer batches that count than this say nothing.
pub(super) const FEWEST_QUIET: usize = 10;

/// What the batches of one process say about one shape on one path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    /// Nanoseconds a direct call: the median of the quiet floors.
    pub(super) floor_ns: f64,
    /// Nanoseconds a call: the median of the batches that count.
    pub(super) call_ns: f64,
    /// The median of their own ratios.
    pub(super) ratio: f64,
    /// By what share of it the medians of the batches' earlier and later half differ.
    pub(super) drift: f64,
    /// Batches that count: both floors around them are quiet. Where none is, the figures are of all.
    pub(super) quiet: usize,
    /// All batches.
    pub(super) taken: usize,
}

/// Nanoseconds a direct call when nothing is in a process's way, as far as that process can tell.
pub(super) fn fast_ns(samples: &Samples) -> Option<f64> {
    let floors = samples.batches.iter().flat_map(|batch| [batch.before_ns, batch.after_ns]);
    let fast_ns = quantile(floors.map(|ns| ns as f64), FAST_QUANTILE)?;
    Some(fast_ns / samples.calls as f64)
}

/// The pace of a floor that several processes called: nanoseconds a direct call in those that had least in their way.
/// Not the fastest alone, which another layout of its memory can make faster than any.
pub(super) fn pace_ns<'a>(processes: impl Iterator<Item = &'a Samples>) -> Option<f64> {
    quantile(processes.filter_map(fast_ns), PACE_QUANTILE)
}

/// The figures at a pace, in nanoseconds a direct call; `None` where there is no batch.
pub(super) fn figures(samples: &Samples, pace_ns: f64) -> Option<Figures> {
    let calls = samples.calls as f64;
    let quiet = |floor_ns: u64| floor_ns as f64 / calls <= pace_ns * (1.0 + QUIET);
    let (counted, others): (Vec<&super::Batch>, Vec<_>) =
        samples.batches.iter().partition(|batch| quiet(batch.before_ns) && quiet(batch.after_ns));
    let quiet = counted.len();
    let counted = if quiet == 0 { others } else { counted };
    let floor = |batch: &super::Batch| (batch.before_ns + batch.after_ns) as f64 / 2.0;
    let ratios: Vec<f64> =
        counted.iter().map(|batch| batch.subject_ns as f64 / floor(batch)).collect();
    let ratio = median(ratios.iter().copied())?;
    let (earlier, later) = ratios.split_at(ratios.len() / 2);
    let halves = [earlier, later].map(|half| median(half.iter().copied()).unwrap_or(ratio));
    Some(Figures {
        floor_ns: median(counted.iter().map(|batch| floor(batch) / calls))?,
        call_ns: median(counted.iter().map(|batch| batch.subject_ns as f64 / calls))?,
        ratio,
        drift: (halves[0] - halves[1]).abs() / ratio,
        quiet,
        taken: samples.batches.len(),
    })
}

/// The figures of one process at its own pace.
pub(super) fn figures_alone(samples: &Samples) -> Option<Figures> {
    figures(samples, fast_ns(samples)?)
}

/// The number below which this share of some numbers lies.
fn quantile(numbers: impl Iterator<Item = f64>, share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get((sorted.len() as f64 * share) as usize).copied()
}

/// The middle of some numbers; of an even count the mean of the middle two.
pub(super) fn median(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Batch;
    use super::*;

    fn samples(batches: &[(u64, u64, u64)]) -> Samples {
        let batch = |&(before_ns, subject_ns, after_ns): &(u64, u64, u64)| Batch {
            before_ns,
            subject_ns,
            after_ns,
            wall_ns: subject_ns,
        };
        Samples { calls: 10, batches: batches.iter().map(batch).collect() }
    }

    #[test]
    fn batches_beside_a_slow_floor_do_not_count() {
        let mut batches = vec![(100, 200, 100); 20];
        batches.push((100, 900, 150));
        batches.push((150, 900, 100));
        let figures = figures_alone(&samples(&batches)).expect("twenty quiet batches");
        assert_eq!((figures.quiet, figures.taken), (20, 22));
        assert_eq!((figures.floor_ns, figures.call_ns, figures.ratio), (10.0, 20.0, 2.0));
    }

    #[test]
    fn a_machine_that_doubles_its_time_on_both_sides_keeps_the_ratio() {
        let mut batches = vec![(100, 250, 100); 12];
        batches.extend([(200, 500, 200); 12]);
        let figures = figures_alone(&samples(&batches)).expect("twelve quiet batches");
        assert_eq!((figures.quiet, figures.ratio), (12, 2.5));
    }

    #[test]
    fn halves_that_differ_are_told() {
        let mut batches = vec![(100, 200, 100); 12];
        assert_eq!(figures_alone(&samples(&batches)).map(|figures| figures.drift), Some(0.0));
        batches.extend([(100, 220, 100); 12]);
        let drift = figures_alone(&samples(&batches)).expect("quiet batches").drift;
        assert!((drift - 0.2 / 2.1).abs() < 1e-9, "{drift}");
    }

    #[test]
    fn a_process_that_was_never_undisturbed_says_so_beside_others() {
        let disturbed = samples(&[(130, 230, 130); 40]);
        let all = [samples(&[(100, 250, 100); 40]), samples(&[(103, 256, 103); 40]), disturbed];
        let pace_ns = pace_ns(all.iter()).expect("there are batches");
        assert_eq!(pace_ns, 10.0);
        let quiet = all.each_ref().map(|one| figures(one, pace_ns).map(|figures| figures.quiet));
        assert_eq!(quiet, [Some(40), Some(40), Some(0)]);
        assert_eq!(figures_alone(&all[2]).map(|figures| figures.quiet), Some(40));
    }

    #[test]
    fn one_process_that_is_faster_than_all_is_not_the_pace() {
        let all = [90, 100, 100, 104, 130].map(|floor| samples(&[(floor, 250, floor); 40]));
        assert_eq!(pace_ns(all.iter()), Some(10.0));
    }

    #[test]
    fn no_batch_is_no_figure() {
        assert_eq!(figures_alone(&samples(&[])), None);
        assert_eq!(median([].into_iter()), None);
        assert_eq!(median([3.0, 1.0].into_iter()), Some(2.0));
    }
}
