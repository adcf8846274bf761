//! Figures of batches: which count, and what they say.

use super::sampler::Samples;

/// A floor within this share of the fast floors is quiet.
const QUIET: f64 = 0.02;
/// Which of the sorted floors is "fast".
const FAST_QUANTILE: f64 = 0.1;
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
    /// Batches that count: both floors around them are quiet.
    pub(super) quiet: usize,
    /// All batches.
    pub(super) taken: usize,
}

/// The figures, or `None` where no batch counts.
pub(super) fn figures(samples: &Samples) -> Option<Figures> {
    let floors = samples.batches.iter().flat_map(|batch| [batch.before_ns, batch.after_ns]);
    let mut sorted: Vec<u64> = floors.collect();
    sorted.sort_unstable();
    let fast = *sorted.get((sorted.len() as f64 * FAST_QUANTILE) as usize)?;
    let quiet = |floor_ns: u64| floor_ns as f64 <= fast as f64 * (1.0 + QUIET);
    let counted: Vec<_> = samples
        .batches
        .iter()
        .filter(|batch| quiet(batch.before_ns) && quiet(batch.after_ns))
        .collect();
    let calls = samples.calls as f64;
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
        quiet: counted.len(),
        taken: samples.batches.len(),
    })
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
        let figures = figures(&samples(&batches)).expect("twenty quiet batches");
        assert_eq!((figures.quiet, figures.taken), (20, 22));
        assert_eq!((figures.floor_ns, figures.call_ns, figures.ratio), (10.0, 20.0, 2.0));
    }

    #[test]
    fn a_machine_that_doubles_its_time_on_both_sides_keeps_the_ratio() {
        let mut batches = vec![(100, 250, 100); 12];
        batches.extend([(200, 500, 200); 12]);
        let figures = figures(&samples(&batches)).expect("twelve quiet batches");
        assert_eq!((figures.quiet, figures.ratio), (12, 2.5));
    }

    #[test]
    fn halves_that_differ_are_told() {
        let mut batches = vec![(100, 200, 100); 12];
        assert_eq!(figures(&samples(&batches)).map(|figures| figures.drift), Some(0.0));
        batches.extend([(100, 220, 100); 12]);
        let drift = figures(&samples(&batches)).expect("quiet batches").drift;
        assert!((drift - 0.2 / 2.1).abs() < 1e-9, "{drift}");
    }

    #[test]
    fn no_batch_is_no_figure() {
        assert_eq!(figures(&samples(&[])), None);
        assert_eq!(median([].into_iter()), None);
        assert_eq!(median([3.0, 1.0].into_iter()), Some(2.0));
    }
}
