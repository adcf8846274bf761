//! What processes say of one shape together. Where code and data lie decides what a loop takes, so every shape is
//! measured at several placements: between those a ratio may differ, and the range is published; at one of them the
//! processes must agree.

use super::statistics::{Figures, median};

/// A ratio that processes at one placement, or the halves of a process's time, give differently by more than this share is
/// none to rely on.
pub(super) const AGREED: f64 = 0.015;

/// Processes that have to agree, where so many were taken: two may agree by chance on what few do.
const FEWEST: usize = 3;

/// Figures of one process, and where its loops lay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) placement: u32,
    /// Whether something ran beside it all the time: then it says nothing.
    pub(super) disturbed: bool,
    pub(super) figures: Figures,
}

/// Figures that processes agree on, and why they are not to be relied on, if so.
pub(super) struct Agreed {
    /// Those that agree, of every placement; where they do not, the middle half of those that were undisturbed.
    pub(super) of: Vec<Figures>,
    /// The median of each placement's ratio.
    pub(super) ratios: Vec<f64>,
    pub(super) doubt: Option<String>,
}

/// Brings processes together. At each placement more than half of the processes must be steady, and agree.
pub(super) fn agreed(processes: &[Placed]) -> Agreed {
    let mut placements: Vec<u32> = processes.iter().map(|one| one.placement).collect();
    placements.sort_unstable();
    placements.dedup();
    let mut agreed = Agreed { of: Vec::new(), ratios: Vec::new(), doubt: None };
    for placement in placements {
        let there = || processes.iter().filter(|one| one.placement == placement);
        let undisturbed = there().filter(|one| !one.disturbed);
        let undisturbed: Vec<Figures> = undisturbed.map(|one| one.figures).collect();
        let of = match most(&undisturbed, there().count()) {
            Ok(most) => most,
            Err(doubt) => {
                agreed.doubt.get_or_insert(doubt);
                middle(if undisturbed.len() < 2 {
                    there().map(|one| one.figures).collect()
                } else {
                    undisturbed
                })
            }
        };
        agreed.ratios.extend(median(of.iter().map(|figures| figures.ratio)));
        agreed.of.extend(of);
    }
    agreed
}

/// Of processes that do not agree those between the quartiles of their ratios: all of fewer than four.
fn middle(mut all: Vec<Figures>) -> Vec<Figures> {
    all.sort_unstable_by(|one, other| one.ratio.total_cmp(&other.ratio));
    let beyond = all.len() / 4;
    all[beyond..all.len() - beyond].to_vec()
}

/// The most of a placement's processes whose ratios agree: more than half of the undisturbed ones of so many in all, and as
/// many as have to.
fn most(undisturbed: &[Figures], all: usize) -> Result<Vec<Figures>, String> {
    let steady = undisturbed.iter().filter(|figures| figures.drift <= AGREED);
    let mut steady: Vec<Figures> = steady.copied().collect();
    steady.sort_unstable_by(|one, other| one.ratio.total_cmp(&other.ratio));
    let from = |at: usize| {
        let highest = steady[at].ratio * (1.0 + AGREED);
        steady[at..].iter().take_while(|figures| figures.ratio <= highest).count()
    };
    let most = (0..steady.len()).max_by_key(|&at| from(at)).map(|at| &steady[at..at + from(at)]);
    match most {
        Some(most) if 2 * most.len() > undisturbed.len() && most.len() >= all.min(FEWEST) => {
            Ok(most.to_vec())
        }
        _ => Err(doubt(undisturbed, all)),
    }
}

/// What is wrong with processes that do not agree.
fn doubt(undisturbed: &[Figures], all: usize) -> String {
    if undisturbed.len() < all.min(FEWEST) {
        let disturbed = all - undisturbed.len();
        return format!("something else ran beside {disturbed} of {all} processes all the time");
    }
    let share = |share: f64| format!("{:.1} %", share * 100.0);
    let drift = undisturbed.iter().map(|figures| figures.drift).fold(0.0, f64::max);
    if drift > AGREED {
        return format!("the halves of one process's time differ by {}", share(drift));
    }
    let ratios = || undisturbed.iter().map(|figures| figures.ratio);
    let (low, high) = (ratios().fold(f64::INFINITY, f64::min), ratios().fold(0.0, f64::max));
    format!("processes that differ in nothing differ by {}", share(high / low - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(placement: u32, ratio: f64, drift: f64) -> Placed {
        let figures = Figures { floor_ns: 1.0, call_ns: ratio, ratio, drift, batches: 40 };
        Placed { placement, disturbed: false, figures }
    }

    #[test]
    fn placements_may_differ_and_processes_at_one_may_not() {
        let apart = [process(0, 2.0, 0.0), process(0, 2.01, 0.0), process(1, 2.6, 0.0)];
        let together = agreed(&apart);
        assert!(together.doubt.is_none(), "{:?}", together.doubt);
        assert_eq!((together.ratios, together.of.len()), (vec![2.005, 2.6], 3));
        let differ = agreed(&[process(0, 2.0, 0.0), process(0, 2.04, 0.0)]);
        assert!(differ.doubt.is_some_and(|doubt| doubt.contains("2.0 %")));
    }

    #[test]
    fn one_process_of_four_may_be_off() {
        let one_off = [2.0, 2.9, 2.01, 2.02].map(|ratio| process(0, ratio, 0.0));
        let together = agreed(&one_off);
        assert_eq!((together.doubt, together.ratios), (None, vec![2.01]));
        let two_off = [2.0, 2.9, 2.4, 2.01].map(|ratio| process(0, ratio, 0.0));
        assert!(agreed(&two_off).doubt.is_some());
        assert!(agreed(&one_off[..3]).doubt.is_some(), "two of three may be few of all");
    }

    #[test]
    fn a_process_that_was_never_undisturbed_is_no_vote() {
        let disturbed = |ratio| Placed { disturbed: true, ..process(0, ratio, 0.2) };
        let [one, two, three] = [2.0, 2.01, 2.02].map(|ratio| process(0, ratio, 0.0));
        let together = agreed(&[one, disturbed(3.0), two, disturbed(2.5), three]);
        assert_eq!((together.doubt, together.ratios), (None, vec![2.01]));
        let alone = agreed(&[one, disturbed(2.0)]);
        assert!(alone.doubt.is_some_and(|doubt| doubt.contains("beside 1 of 2 processes")));
    }

    #[test]
    fn where_they_do_not_agree_the_range_is_that_of_the_middle_half() {
        let ratios = [2.0, 1.0, 2.1, 9.0, 2.2].map(|ratio| process(0, ratio, 0.0));
        let apart = agreed(&ratios);
        let left: Vec<f64> = apart.of.iter().map(|figures| figures.ratio).collect();
        assert_eq!(
            (left, apart.ratios, apart.doubt.is_some()),
            (vec![2.0, 2.1, 2.2], vec![2.1], true)
        );
        assert_eq!(agreed(&ratios[..3]).of.len(), 3);
    }

    #[test]
    fn a_process_that_drifts_says_nothing() {
        let drifts = agreed(&[process(0, 2.0, 0.0), process(0, 2.0, 0.02)]);
        assert!(drifts.doubt.is_some_and(|doubt| doubt.contains("halves")));
    }
}
