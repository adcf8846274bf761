//! Whether a figure can be believed: what a subject says of its loops beside what the suite sees of them.
//!
//! Two libraries that a binder is not told apart serve one purpose each. On one nothing but the calls is on the
//! clock, on the other native calls are counted; a binder that makes its calls on both is equally fast on both.

use serde::{Deserialize, Serialize};

use super::sampler::{Samples, Timed};
use super::statistics::{Figures, median};

/// What the suite saw for itself of a shape's loops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Loops of no calls: what asking for one takes.
    pub empty: Vec<Timed>,
    /// Calls in each of the long loops.
    pub long_calls: u64,
    /// Loops beside which asking takes little.
    pub long: Vec<Timed>,
    /// Calls in each of the floor's loops that last as long as those.
    pub floor_calls: u64,
    /// What these took, each right behind a long one.
    pub floors_ns: Vec<u64>,
    /// Native calls the library counted in some rows.
    pub native_calls: u64,
    /// Native calls of the floor in as many.
    pub owed_calls: u64,
    /// Batches on the library that counts.
    pub counted: Samples,
    /// Whether its own counters say that its calls take no memory.
    pub claims_no_memory: bool,
}

/// A loop that takes so many times as long as asking for it.
pub(super) const LONG: u64 = 10;
/// Or this, where that is more.
pub(super) const LONG_NS: u64 = 1_000_000;
/// But no more calls, because loops of a subject that makes none never become long.
pub(super) const MOST_CALLS: u64 = 1 << 24;
/// Long loops, and as many without calls: the least disturbed of them counts.
pub(super) const LOOPS: usize = 6;
/// So many where all of fewer were disturbed, or cast doubt.
pub(super) const MOST_LOOPS: usize = 30;
/// Batches on the library that counts; the fastest counts.
pub(super) const COUNTED_BATCHES: usize = 10;

/// The share of a long loop that may pass outside of the subject's own clock.
const UNSEEN: f64 = 0.1;
/// Its clock may go faster than the suite's by this share, and by a tick.
const FAST_CLOCK: f64 = 0.01;
const TICK_NS: f64 = 1_000.0;
/// Where direct calls right behind a long loop take more than so many times what they take beside the batches, the
/// machine was busy with others, and may have been in the loop, too.
const DISTURBED: f64 = 1.2;
/// A call of a batch takes at least this share of what one of a long loop does, which may have a collector's
/// run in it.
const LIKE_LONG: f64 = 0.6;
/// And of what one on the library that counts does.
const LIKE_COUNTED: f64 = 0.7;
/// Counting takes a subject's call at most so many times what it takes the floor's.
const COUNTING: f64 = 2.0;
/// Heap allocations a call below this are a table's that grows.
const STRAY: f64 = 0.01;

impl Proof {
    /// What cannot be, whatever the machine does meanwhile. `allocations` are those the suite's allocator counted
    /// a call.
    pub(super) fn contradiction(&self, allocations: Option<f64>) -> Option<String> {
        self.calls().or_else(|| self.fast_clock()).or_else(|| self.memory(allocations))
    }

    /// What a machine that is busy with others can do to one process, and not to all: what is held against each other
    /// is not made at once.
    pub(super) fn doubt(&self, figures: &Figures) -> Option<String> {
        self.clock(figures).or_else(|| slower_where_counted(&self.counted, figures))
    }

    fn calls(&self) -> Option<String> {
        (self.native_calls < self.owed_calls).then(|| {
            format!(
                "the library counted {} native calls where the floor makes {}: what is timed are not the calls",
                self.native_calls, self.owed_calls
            )
        })
    }

    fn fast_clock(&self) -> Option<String> {
        let fast = |timed: &&Timed| {
            timed.elapsed_ns as f64 > timed.wall_ns as f64 * (1.0 + FAST_CLOCK) + TICK_NS
        };
        let timed = self.long.iter().find(fast)?;
        Some(format!(
            "it says that {} ns passed, in a request that took {} ns",
            timed.elapsed_ns, timed.wall_ns
        ))
    }

    fn clock(&self, figures: &Figures) -> Option<String> {
        let unseen = |timed: &Timed| timed.wall_ns.saturating_sub(timed.elapsed_ns);
        let asking = self.empty.iter().map(unseen).min()?;
        let took_ns = |timed: &Timed| timed.wall_ns.saturating_sub(asking) as f64;
        let timed = self.long.iter().min_by_key(|timed| unseen(timed))?;
        if (timed.elapsed_ns as f64) < took_ns(timed) * (1.0 - UNSEEN) {
            return Some(format!(
                "it says that {} ns passed, and by the suite's clock it were {}, without the {asking} that asking \
                 takes",
                timed.elapsed_ns,
                took_ns(timed)
            ));
        }
        let fastest_ns = self.undisturbed(figures).map(took_ns).min_by(f64::total_cmp);
        // Where all were disturbed, what most of them say, each less what the floor behind it was slower.
        let unhurried_ns = self.floor_calls as f64 * figures.floor_ns;
        let both = self.long.iter().zip(&self.floors_ns);
        let slowed = both.map(|(timed, floor_ns)| took_ns(timed) * unhurried_ns / *floor_ns as f64);
        let fastest_ns = fastest_ns.or_else(|| median(slowed))?;
        let long_ns = fastest_ns / self.long_calls as f64;
        (figures.call_ns < long_ns * LIKE_LONG).then(|| {
            format!(
                "a call takes {:.2} ns by its word, and {long_ns:.2} in a longer loop by the suite's clock, where a \
                 direct call takes {:.2}",
                figures.call_ns, figures.floor_ns
            )
        })
    }

    /// The long loops right behind which direct calls, in a loop as long, took no more than beside the batches.
    fn undisturbed(&self, figures: &Figures) -> impl Iterator<Item = &Timed> {
        let most_ns = self.floor_calls as f64 * figures.floor_ns * DISTURBED;
        let both = self.long.iter().zip(&self.floors_ns);
        both.filter(move |(_, floor_ns)| **floor_ns as f64 <= most_ns).map(|(timed, _)| timed)
    }

    /// Whether more long loops would say nothing else: one was undisturbed, and none casts doubt.
    pub(super) fn is_settled(&self, figures: &Figures) -> bool {
        self.undisturbed(figures).next().is_some() && self.clock(figures).is_none()
    }

    fn memory(&self, allocations: Option<f64>) -> Option<String> {
        let allocations = allocations.filter(|some| *some > STRAY && self.claims_no_memory)?;
        Some(format!(
            "its counters say that a call takes no memory, and the suite's allocator counted {allocations:.2} \
             allocations a call"
        ))
    }
}

/// What casts doubt on figures: that a call takes longer on the library that counts, by its batches.
pub(super) fn slower_where_counted(counted: &Samples, figures: &Figures) -> Option<String> {
    let calls = counted.calls as f64;
    let batches = counted.batches.iter();
    let floors = batches.clone().flat_map(|batch| [batch.before_ns, batch.after_ns]);
    let floor_ns = floors.min()? as f64 / calls;
    let call_ns = batches.map(|batch| batch.subject_ns).min()? as f64 / calls;
    let owed_ns = call_ns - (floor_ns - figures.floor_ns).max(0.0) * COUNTING;
    (figures.call_ns < owed_ns * LIKE_COUNTED).then(|| {
        format!(
            "a call takes {:.2} ns, and {owed_ns:.2} where the library counts its native calls",
            figures.call_ns
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::Batch;
    use super::*;

    const FIGURES: Figures =
        Figures { floor_ns: 2.0, call_ns: 100.0, ratio: 50.0, drift: 0.0, batches: 40 };

    /// What an honest subject in another process is seen to do.
    fn honest() -> Proof {
        let timed = |elapsed_ns, wall_ns| Timed { elapsed_ns, wall_ns };
        let batch = Batch { before_ns: 300, subject_ns: 10_100, after_ns: 310, wall_ns: 80_000 };
        Proof {
            empty: vec![timed(100, 90_000), timed(90, 60_090)],
            long_calls: 20_000,
            long: vec![timed(2_000_000, 2_300_000), timed(2_000_000, 2_070_000)],
            floor_calls: 1_000_000,
            floors_ns: vec![2_000_000; 2],
            native_calls: 1600,
            owed_calls: 1600,
            counted: Samples { calls: 100, batches: vec![batch; 2] },
            claims_no_memory: true,
        }
    }

    fn doubt(proof: &Proof) -> Option<String> {
        proof.contradiction(Some(0.0)).or_else(|| proof.doubt(&FIGURES))
    }

    #[test]
    fn an_honest_subject_is_believed() {
        assert_eq!(doubt(&honest()), None);
        let more = Proof { native_calls: 1700, ..honest() };
        assert_eq!(doubt(&more), None, "it costs the subject alone");
        let claims = Proof { claims_no_memory: false, ..honest() };
        assert_eq!(claims.contradiction(Some(2.0)), None);
        assert_eq!(honest().contradiction(None), None);
    }

    #[test]
    fn half_the_time_is_not() {
        let mut proof = honest();
        for timed in &mut proof.long {
            timed.elapsed_ns /= 2;
        }
        assert!(doubt(&proof).is_some_and(|why| why.contains("by the suite's clock")));
    }

    #[test]
    fn half_the_time_of_short_loops_alone_is_not() {
        let figures = Figures { call_ns: 50.0, ..FIGURES };
        let why = honest().doubt(&figures);
        assert!(why.is_some_and(|why| why.contains("in a longer loop")));
    }

    #[test]
    fn a_machine_that_is_busy_while_long_loops_run_is_not_held_against_them() {
        let mut busy = honest();
        for timed in &mut busy.long {
            (timed.elapsed_ns, timed.wall_ns) = (timed.elapsed_ns * 4, timed.wall_ns * 4);
        }
        assert!(doubt(&busy).is_some(), "the floors beside them are as fast as ever");
        busy.floors_ns = vec![9_000_000, 10_000_000];
        assert_eq!(doubt(&busy), None);
        // One that was left in peace tells.
        busy.floors_ns[1] = 2_000_000;
        (busy.long[1].elapsed_ns, busy.long[1].wall_ns) = (2_000_000, 2_070_000);
        assert_eq!(doubt(&busy), None);
        let why = busy.doubt(&Figures { call_ns: 50.0, ..FIGURES });
        assert!(why.is_some_and(|why| why.contains("in a longer loop")));
    }

    #[test]
    fn half_the_time_is_not_however_busy_the_machine_is() {
        let mut busy = honest();
        busy.floors_ns = vec![9_000_000, 10_000_000];
        for timed in &mut busy.long {
            timed.elapsed_ns /= 2;
        }
        let why = busy.doubt(&Figures { call_ns: 50.0, ..FIGURES });
        assert!(why.is_some_and(|why| why.contains("by the suite's clock it were")));
    }

    #[test]
    fn more_time_than_passed_is_not() {
        let mut proof = honest();
        proof.long[1].elapsed_ns = 3_000_000;
        assert!(doubt(&proof).is_some_and(|why| why.contains("in a request that took 2070000 ns")));
    }

    #[test]
    fn calls_that_are_not_made_are_not() {
        let proof = Proof { native_calls: 16, ..honest() };
        assert!(doubt(&proof).is_some_and(|why| why.contains("16 native calls")));
    }

    #[test]
    fn a_subject_that_is_faster_on_the_timed_library_alone_is_not() {
        let mut proof = honest();
        for batch in &mut proof.counted.batches {
            batch.subject_ns = 20_000;
        }
        assert!(doubt(&proof).is_some_and(|why| why.contains("counts its native calls")));
        // Where the floor is as much slower, the library is.
        for batch in &mut proof.counted.batches {
            (batch.before_ns, batch.after_ns) = (10_200, 10_200);
        }
        assert_eq!(doubt(&proof), None);
    }

    #[test]
    fn allocations_its_counters_do_not_know_are_not() {
        let why = honest().contradiction(Some(1.0));
        assert!(why.is_some_and(|why| why.contains("counters")));
    }
}
