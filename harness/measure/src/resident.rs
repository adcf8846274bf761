//! By how much the memory of a binder's own processes grows with its calls, as the system counts it: what is said of the
//! memory of those whose heap nobody else can look into.
//!
//! A cache fills, a heap finds its size; what is a call's own grows in every window of equal calls.

use super::sampler::Samples;

/// Windows of equal calls, after one that does not count.
const WINDOWS: usize = 3;
/// Calls of a window: of so many a block of two bytes for each shows.
const CALLS: u64 = 8_192;
/// A window lasts about so long at the most.
const MOST_NS: u64 = 50_000_000;
/// But has so many calls.
const FEWEST_CALLS: u64 = 256;
/// Bytes that a window grows by where it grows at all: a few pages come and go with nobody to blame.
const PAGES: i64 = 4 * 4096;

/// Calls of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window(u64);

impl Window {
    /// For a subject whose batches took as long as these.
    pub(super) fn of(samples: &Samples) -> Window {
        let last_ns = samples.batches.last().map_or(0, |batch| batch.subject_ns);
        let call_ns = (last_ns / samples.calls.max(1)).max(1);
        Window((MOST_NS / call_ns).clamp(FEWEST_CALLS, CALLS))
    }
}

/// Bytes by which memory grows for each call, of the window that grows least; 0 where one does not grow. `memory_after`
/// makes so many calls and says how much there is then. `None` where it does not say.
///
/// # Errors
/// Those of `memory_after`.
pub(super) fn growth(
    Window(calls): Window,
    memory_after: &mut dyn FnMut(u64) -> Result<Option<u64>, String>,
) -> Result<Option<f64>, String> {
    let Some(mut before) = memory_after(calls)? else { return Ok(None) };
    let mut least = i64::MAX;
    for _ in 0..WINDOWS {
        let Some(after) = memory_after(calls)? else { return Ok(None) };
        least = least.min(after as i64 - before as i64);
        if least < PAGES {
            return Ok(Some(0.0));
        }
        before = after;
    }
    Ok(Some(least as f64 / calls as f64))
}

#[cfg(test)]
mod tests {
    use super::super::sampler::Batch;
    use super::*;

    fn grown(by: impl Fn(u64, usize) -> u64) -> Option<f64> {
        let (mut memory, mut window) = (1 << 20, 0);
        let mut after = |calls| {
            memory += by(calls, window);
            window += 1;
            Ok(Some(memory))
        };
        growth(Window(CALLS), &mut after).expect("nothing fails")
    }

    #[test]
    fn what_every_call_keeps_is_told_and_what_finds_its_size_is_not() {
        assert_eq!(grown(|calls, _| 24 * calls), Some(24.0));
        assert_eq!(grown(|calls, window| (24 + window as u64) * calls), Some(25.0));
        assert_eq!(grown(|calls, window| if window < 3 { 24 * calls } else { 0 }), Some(0.0));
        assert_eq!(grown(|_, _| 4096), Some(0.0), "pages of nobody");
        assert_eq!(growth(Window(CALLS), &mut |_| Ok(None)), Ok(None));
    }

    #[test]
    fn a_slow_subject_has_short_windows() {
        let of = |subject_ns| {
            let batch = Batch { before_ns: 1, subject_ns, after_ns: 1, wall_ns: subject_ns };
            Window::of(&Samples { calls: 100, batches: vec![batch] })
        };
        assert_eq!(of(1_000), Window(CALLS));
        assert_eq!(of(5_000_000), Window(1_000));
        assert_eq!(of(5_000_000_000), Window(FEWEST_CALLS));
    }
}
