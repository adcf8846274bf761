//! Batches: floor, subject, floor, subject, floor …, all of equal work, so that a machine's slow seconds
//! fall on both.

use serde::{Deserialize, Serialize};

/// What a floor takes in a batch. A batch below half of this carries a visible bias of its own.
pub(super) const BATCH_NS: u64 = 40_000;
/// The share of a floor that is called before it, untimed.
const WARMING: u64 = 8;
/// The share of a subject's batch that the floors beside it last: the clock of the processor moves within microseconds, and what
/// is much shorter than its neighbour sees one step of many.
const BESIDE: u64 = 8;
/// But no more of them than so many.
const MOST_FLOORS: u64 = 64;
/// Batches of a figure that are taken at the least, however short the time.
const FEWEST: usize = 40;

/// What batches are taken of one shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batches {
    /// For about so long, once the subject is warm.
    pub(super) limit_ms: u64,
    /// So many at the least.
    pub(super) fewest: usize,
    /// Each takes the floor about so long.
    pub(super) floor_ns: u64,
    /// And has so many calls at the least.
    pub(super) calls: u64,
}

impl Batches {
    /// Those of a plain shape.
    pub(super) const fn lasting(limit_ms: u64) -> Batches {
        Batches { limit_ms, fewest: FEWEST, floor_ns: BATCH_NS, calls: 64 }
    }
}

/// How long the subject's calls took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timed {
    /// By the subject's word.
    pub elapsed_ns: u64,
    /// From the request to the answer, by the suite's own clock.
    pub wall_ns: u64,
}

/// A timed run of the subject between two of the floor; nanoseconds for the whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The floor just before.
    pub before_ns: u64,
    /// The subject.
    pub subject_ns: u64,
    /// The floor just after.
    pub after_ns: u64,
    /// From the request of the subject's run to its answer, by the suite's own clock.
    pub wall_ns: u64,
}

/// How the subject's first calls went, before those that batches are taken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warm {
    /// The first row of a loop, by the subject's word.
    pub cold_ns: u64,
    /// The first batch.
    pub first_ns: u64,
    /// Batches until it was no longer getting faster.
    pub batches: usize,
}

/// All batches of one shape on one path in one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples {
    /// Calls in each run of a batch.
    pub calls: u64,
    /// The batches, in the order taken.
    pub batches: Vec<Batch>,
}

/// Batches that are compared with as many before them to see whether the subject is warm.
const WINDOW: usize = 5;
/// It is no longer getting faster where the fastest of them is not faster by this share.
const WARMER: f64 = 0.05;
/// Calls before which it may stand still between two tiers: above the thresholds that hosts have.
const COMPILED: u64 = 20_000;
/// Windows after which it counts as warm in any case.
const WINDOWS: usize = 20;

/// Takes batches once the subject is warm. Both sides get a number of calls and say how long they took.
///
/// # Errors
/// Whatever a side says.
pub(super) fn sample<E>(
    of: Batches,
    floor: &mut dyn FnMut(u64) -> Result<u64, E>,
    subject: &mut dyn FnMut(u64) -> Result<Timed, E>,
) -> Result<(Samples, Warm), E> {
    // The floor goes first, because the subject's checksum is compared with its last.
    floor(1)?;
    let cold_ns = subject(1)?.elapsed_ns;
    let Batches { limit_ms, fewest, .. } = of;
    let calls = calibrate(of, floor)?;
    floor(calls)?;
    let first_ns = subject(calls)?.elapsed_ns;
    let (batches, fastest_ns) = warm_up(limit_ms, calls, subject)?;
    let warm = Warm { cold_ns, first_ns, batches };
    let floors = (fastest_ns / (BESIDE * of.floor_ns)).clamp(1, MOST_FLOORS);
    // What ran before has left the processor another code's: the first turns of the floor, which is the shorter side, would
    // be a visible part of it.
    let mut floor = |calls: u64| {
        floor((calls / WARMING).max(1))?;
        let mut all_ns = 0;
        for _ in 0..floors {
            all_ns += floor(calls)?;
        }
        Ok(all_ns / floors)
    };
    let mut batches = Vec::new();
    let mut spent_ns = 0;
    let mut before_ns = floor(calls)?;
    while batches.len() < fewest || spent_ns < limit_ms * 1_000_000 {
        let Timed { elapsed_ns: subject_ns, wall_ns } = subject(calls)?;
        let after_ns = floor(calls)?;
        batches.push(Batch { before_ns, subject_ns, after_ns, wall_ns });
        spent_ns += subject_ns + after_ns;
        before_ns = after_ns;
    }
    Ok((Samples { calls, batches }, warm))
}

/// Runs batches until they are no longer getting faster, or for four times as long as batches are taken: who compiles
/// as it runs makes the first hundreds of calls slowly. How many it were, and what the fastest of the last took.
fn warm_up<E>(
    limit_ms: u64,
    calls: u64,
    subject: &mut dyn FnMut(u64) -> Result<Timed, E>,
) -> Result<(usize, u64), E> {
    let (mut before_ns, mut spent_ns) = (f64::INFINITY, 0);
    for window in 1..=WINDOWS {
        let mut fastest_ns = u64::MAX;
        for _ in 0..WINDOW {
            let Timed { elapsed_ns, wall_ns } = subject(calls)?;
            fastest_ns = fastest_ns.min(elapsed_ns);
            spent_ns += wall_ns;
        }
        let made = (window * WINDOW) as u64 * calls;
        let is_warm = made >= COMPILED && fastest_ns as f64 >= before_ns * (1.0 - WARMER);
        if is_warm || spent_ns > 4 * limit_ms * 1_000_000 {
            return Ok((window * WINDOW, fastest_ns));
        }
        before_ns = fastest_ns as f64;
    }
    Ok((WINDOWS * WINDOW, before_ns as u64))
}

/// Calls that take the floor one batch's time. It is the faster side, so the subject's batches are long enough too. In every
/// process they take as long, and are no power of two that one has and another not: what a batch begins with is the same
/// share of all.
fn calibrate<E>(of: Batches, floor: &mut dyn FnMut(u64) -> Result<u64, E>) -> Result<u64, E> {
    let mut calls = of.calls;
    loop {
        // The fastest of three: one slow run must not make the batches too short.
        let mut fastest_ns = u64::MAX;
        for _ in 0..3 {
            fastest_ns = fastest_ns.min(floor(calls)?);
        }
        if fastest_ns >= of.floor_ns / 2 || calls > 1 << 30 {
            let due = calls as f64 * of.floor_ns as f64 / fastest_ns.max(1) as f64;
            return Ok((due as u64).max(1).next_multiple_of(of.calls));
        }
        calls *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::convert::Infallible;

    #[test]
    fn each_subject_stands_between_the_floors_around_it() {
        let (mut clock, last) = (0, Cell::new(0));
        let mut floor = |calls: u64| {
            clock += 1;
            last.set(calls);
            Ok::<_, Infallible>(calls * 10 + clock)
        };
        let mut subject = |calls| {
            assert_eq!(calls, last.get(), "the floor before is of as many calls");
            Ok(Timed { elapsed_ns: calls * 20, wall_ns: calls * 30 })
        };
        let Ok((samples, _)) = sample(Batches::lasting(0), &mut floor, &mut subject);
        assert_eq!(samples.batches.len(), FEWEST);
        assert!(samples.calls * 10 >= BATCH_NS);
        assert!((samples.calls - 64) * 10 < BATCH_NS, "no power of two: {}", samples.calls);
        for pair in samples.batches.windows(2) {
            assert_eq!(pair[0].after_ns, pair[1].before_ns);
            assert!(pair[0].after_ns < pair[1].after_ns);
        }
    }

    #[test]
    fn batches_are_taken_of_a_subject_that_is_warm() {
        let mut floor = |calls: u64| Ok::<_, Infallible>(calls * 10);
        let mut made = 0;
        // The first 15,000 calls take a thousand times as long.
        let mut subject = |calls: u64| {
            let each = if made < 15_000 { 20_000 } else { 20 };
            made += calls;
            Ok(Timed { elapsed_ns: calls * each, wall_ns: calls * each })
        };
        let Ok((samples, warm)) = sample(Batches::lasting(100_000), &mut floor, &mut subject);
        assert_eq!((warm.cold_ns, warm.first_ns), (20_000, samples.calls * 20_000));
        assert!(samples.batches.iter().all(|batch| batch.subject_ns == samples.calls * 20));
    }

    #[test]
    fn a_floor_beside_slow_calls_is_of_several() {
        let made = |call_ns: u64| {
            let floors = Cell::new(0);
            let mut floor = |calls: u64| {
                floors.set(floors.get() + 1);
                Ok::<_, Infallible>(calls)
            };
            let mut subject =
                |calls: u64| Ok(Timed { elapsed_ns: calls * call_ns, wall_ns: calls * call_ns });
            let Ok((samples, _)) = sample(Batches::lasting(0), &mut floor, &mut subject);
            assert!(samples.batches.iter().all(|batch| batch.after_ns == samples.calls));
            floors.get() / (FEWEST + 1)
        };
        // One is called in part, before each.
        assert_eq!([made(2), made(80), made(100_000)], [2, 1 + 10, 1 + MOST_FLOORS as usize]);
    }

    #[test]
    fn a_failing_side_ends_it() {
        let mut floor = |_| Ok(1_000_000);
        let mut subject = |_| Err("refused");
        assert_eq!(sample(Batches::lasting(1), &mut floor, &mut subject), Err("refused"));
    }
}
