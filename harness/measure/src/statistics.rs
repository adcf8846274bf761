//! Figures of batches, and which processes were left in peace.

use super::sampler::Samples;

/// A process whose direct calls take more than this share above the pace had something beside it all the time. Clocks of
/// processors move by less.
const DISTURBED: f64 = 0.15;
/// Which of the sorted floors of processes is the pace.
const PACE_QUANTILE: f64 = 0.25;

/// What the batches of one process say about one shape on one path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    /// Nanoseconds a direct call: the median of the floors.
    pub(super) floor_ns: f64,
    /// Nanoseconds a call: the median of the batches.
    pub(super) call_ns: f64,
    /// The median of their own ratios.
    pub(super) ratio: f64,
    /// By what share of it the medians of the batches' earlier and later half differ.
    pub(super) drift: f64,
    /// How many they are.
    pub(super) batches: usize,
}

/// The pace of a floor that several processes called: nanoseconds a direct call in those that had least in their way.
/// Not the fastest alone, which another layout of its memory can make faster than any.
pub(super) fn pace_ns(floors_ns: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = floors_ns.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get((sorted.len() as f64 * PACE_QUANTILE) as usize).copied()
}

impl Figures {
    /// Those of one process; `None` where there is no batch. All batches count, and their median is what a machine leaves
    /// alone that is not busy half of the time. To choose among them by their floors would choose fast floors, more of
    /// them the slower the clock was.
    pub(super) fn of(samples: &Samples) -> Option<Figures> {
        let calls = samples.calls as f64;
        let batches = &samples.batches;
        let floor = |batch: &super::Batch| (batch.before_ns + batch.after_ns) as f64 / 2.0;
        let ratios: Vec<f64> =
            batches.iter().map(|batch| batch.subject_ns as f64 / floor(batch)).collect();
        let ratio = median(ratios.iter().copied())?;
        let (earlier, later) = ratios.split_at(ratios.len() / 2);
        let halves = [earlier, later].map(|half| median(half.iter().copied()).unwrap_or(ratio));
        Some(Figures {
            floor_ns: median(batches.iter().map(|batch| floor(batch) / calls))?,
            call_ns: median(batches.iter().map(|batch| batch.subject_ns as f64 / calls))?,
            ratio,
            drift: (halves[0] - halves[1]).abs() / ratio,
            batches: batches.len(),
        })
    }

    /// Whether something ran beside the process all the time, as others of the same floor tell.
    pub(super) fn is_disturbed(&self, pace_ns: f64) -> bool {
        self.floor_ns > pace_ns * (1.0 + DISTURBED)
    }
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
    fn a_few_batches_that_were_interrupted_move_nothing() {
        let mut batches = vec![(100, 200, 100); 20];
        batches.extend([(100, 9000, 100), (100, 210, 5000), (4000, 190, 100)]);
        let figures = Figures::of(&samples(&batches)).expect("batches");
        assert_eq!((figures.floor_ns, figures.call_ns, figures.ratio), (10.0, 20.0, 2.0));
        assert_eq!(figures.batches, 23);
    }

    #[test]
    fn a_machine_that_doubles_its_time_on_both_sides_keeps_the_ratio() {
        let mut batches = vec![(100, 250, 100); 12];
        batches.extend([(200, 500, 200); 12]);
        assert_eq!(Figures::of(&samples(&batches)).map(|figures| figures.ratio), Some(2.5));
    }

    #[test]
    fn halves_that_differ_are_told() {
        let mut batches = vec![(100, 200, 100); 12];
        assert_eq!(Figures::of(&samples(&batches)).map(|figures| figures.drift), Some(0.0));
        batches.extend([(100, 220, 100); 12]);
        let drift = Figures::of(&samples(&batches)).expect("batches").drift;
        assert!((drift - 0.2 / 2.1).abs() < 1e-9, "{drift}");
    }

    #[test]
    fn a_process_that_was_never_undisturbed_says_so_beside_others() {
        let floors = [100, 107, 130].map(|floor| samples(&[(floor, 250, floor); 40]));
        let figures = floors.each_ref().map(|one| Figures::of(one).expect("batches"));
        let pace_ns = pace_ns(figures.iter().map(|one| one.floor_ns)).expect("there are processes");
        assert_eq!(pace_ns, 10.0);
        assert_eq!(figures.map(|one| one.is_disturbed(pace_ns)), [false, false, true]);
    }

    #[test]
    fn one_process_that_is_faster_than_all_is_not_the_pace() {
        assert_eq!(pace_ns([9.0, 10.0, 10.0, 10.4, 13.0].into_iter()), Some(10.0));
    }

    #[test]
    fn no_batch_is_no_figure() {
        assert_eq!(Figures::of(&samples(&[])), None);
        assert_eq!(median([].into_iter()), None);
        assert_eq!(median([3.0, 1.0].into_iter()), Some(2.0));
    }
}
