//! Memory: a binder's own does not grow with the number of calls (N-5), as the system counts it.
//!
//! Nobody knows what a host keeps, so no number is too large; what is wrong is that it grows by so much for
//! every call for ever. Windows of equal calls follow one another. Where all of them grow, there are more
//! calls in each, and more again, and only what grows in every window, and no slower for a call when there
//! are sixteen times as many, is a leak: a cache fills, a heap finds its size, a tier compiles once.

use std::sync::Arc;

use corpus::case::{Body, Case};
use subject::{BindRequest, Capability, ReadRequest, RepeatRequest, Script};

use super::repeat::LOOPS;
use super::{About, Arm, Gather, Puts, script};
use crate::row::{Class, Reason};
use crate::session::{Session, Stop};

pub(super) struct Memory;

/// Calls of the first windows, by the scripts that make them.
const CALLS: u64 = 1_024;
/// Signatures read in the first windows, each by a message.
const READS: u64 = 128;
/// Windows of equal length that must all have grown, after one that does not count.
const WINDOWS: usize = 3;
/// How many times as long the windows are each time they all grew.
const LONGER: [u64; 3] = [1, 4, 16];
/// Bytes that a window grows by where it grows at all: a few pages come and go with nobody to blame.
const PAGES: i64 = 4 * 4096;

/// What a window does so many times.
type Work<'a> = dyn FnMut(&mut Session, u64) -> Result<(), Stop> + 'a;

impl Arm for Memory {
    fn about(&self) -> About {
        About {
            name: "memory",
            clauses: &["N-5"],
            gathers: Gather::ByShape,
            puts: Puts::Often,
            not_at_wire: Some(LOOPS),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        !case.steps().is_empty() || matches!(case.body, Body::Signature(_))
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        Some("N-5")
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        if !session.can(Capability::Collect) && !session.can(Capability::NoCollector) {
            let text = "the subject declares neither `collect` nor `no-collector`, so what grows may be \
                        what its collector has not looked at";
            return Err(Stop::Gated(Reason::NotDeclared, text.into()));
        }
        if session.subject.resident().is_none() {
            let text = "the system does not say how much memory the subject's process has";
            return Err(Stop::Gated(Reason::NotKnown, text.into()));
        }
        if cases.iter().any(|case| matches!(case.body, Body::Signature(_))) {
            return judge("signature read, and its function not found", READS, session, &mut |session, times| {
                read(cases, session, times)
            });
        }
        let mut scripts = script::scripts(cases, session)?;
        let unread: Vec<Script> = scripts.iter().filter_map(unread).collect();
        scripts.extend(unread);
        let steps: usize = scripts.iter().map(|script| script.steps.len()).sum();
        judge("call", CALLS, session, &mut |session, calls| {
            let rounds = (calls * scripts.len() as u64).div_ceil(steps as u64);
            session.subject.repeat(&RepeatRequest { scripts: &scripts, rounds, threads: 1 })?;
            Ok(())
        })
    }
}

/// A script that stops its streams before it has read anything, where it has streams.
fn unread(script: &Script) -> Option<Script> {
    let mut script = script.clone();
    let takes = script.steps.iter_mut().filter(|step| step.take.is_some());
    (takes.map(|step| step.take = Some(0)).count() > 0).then_some(script)
}

/// Reads signatures in turn, and binds each to a symbol that the library has not (B-1).
fn read(cases: &[Arc<Case>], session: &mut Session, times: u64) -> Result<(), Stop> {
    let signatures = cases.iter().filter_map(|case| match &case.body {
        Body::Signature(signature) => Some(signature),
        _ => None,
    });
    for signature in signatures.cycle().take(usize::try_from(times).unwrap_or(usize::MAX)) {
        session.subject.read(&ReadRequest {
            signature: signature.text.clone(),
            declarations: signature.declarations.clone(),
        })?;
        session.subject.bind(&BindRequest {
            symbol: "no_such_function".into(),
            signature: signature.text.clone(),
            ..BindRequest::default()
        })?;
    }
    Ok(())
}

/// Has the work done in windows that begin with so many times, and judges what they grew by.
fn judge(what: &str, times: u64, session: &mut Session, work: &mut Work<'_>) -> Result<(), Stop> {
    let mut slopes = Vec::new();
    for longer in LONGER {
        let times = times * longer;
        let Some(windows) = windows(times, session, work)? else {
            let text = "the system no longer says how much memory the subject's process has";
            return Err(Stop::Gated(Reason::NotKnown, text.into()));
        };
        slopes.push(Slope { times, windows });
        if !slopes.iter().all(Slope::is_one) {
            break;
        }
    }
    let leaks = slopes.len() == LONGER.len() && persists(&slopes);
    let describe = || {
        let bytes = slopes.last().map_or(0.0, Slope::bytes);
        let grown = |slope: &Slope| format!("{:?} in windows of {}", slope.windows, slope.times);
        let grown = slopes.iter().map(grown).collect::<Vec<_>>().join(", ");
        let expected = format!("as much memory after any number of times: each {what}");
        (expected, format!("{bytes:.0} bytes more for each {what}; bytes more: {grown}"))
    };
    let judged = format_args!("memory of the binder's process for each {what}");
    session.judgement.check_as(Class::Leak, "N-5", judged, !leaks, describe);
    Ok(())
}

/// Windows of the same number of times, and the bytes each of them grew by.
#[derive(Debug)]
struct Slope {
    times: u64,
    windows: [i64; WINDOWS],
}

impl Slope {
    /// Whether every window grew.
    fn is_one(&self) -> bool {
        self.windows.iter().all(|grown| *grown >= PAGES)
    }

    /// Bytes for each time, of the window that grew least.
    fn least(&self) -> f64 {
        let least = self.windows.iter().min().copied().unwrap_or(0);
        least as f64 / self.times as f64
    }

    /// Bytes for each time, of all windows.
    fn bytes(&self) -> f64 {
        self.windows.iter().sum::<i64>() as f64 / (self.times * WINDOWS as u64) as f64
    }
}

/// Whether what is longest grows by half as much for each time, in each of its windows, as what is shortest
/// does: what a window costs by itself counts for a sixteenth there.
fn persists(slopes: &[Slope]) -> bool {
    let (Some(first), Some(last)) = (slopes.first(), slopes.last()) else { return false };
    slopes.iter().all(Slope::is_one) && last.least() >= first.bytes() / 2.0
}

fn windows(
    times: u64,
    session: &mut Session,
    work: &mut Work<'_>,
) -> Result<Option<[i64; WINDOWS]>, Stop> {
    let mut sizes = [0; WINDOWS + 1];
    for size in &mut sizes {
        work(session, times)?;
        session.subject.forget()?;
        if session.can(Capability::Collect) {
            session.subject.collect()?;
        }
        let Some(bytes) = session.subject.resident() else { return Ok(None) };
        *size = bytes as i64;
    }
    Ok(Some(std::array::from_fn(|window| sizes[window + 1] - sizes[window])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slopes(of: impl Fn(u64, usize) -> i64) -> Vec<Slope> {
        let slope = |longer| {
            let times = CALLS * longer;
            Slope { times, windows: std::array::from_fn(|window| of(times, window)) }
        };
        LONGER.into_iter().map(slope).collect()
    }

    #[test]
    fn what_grows_with_the_calls_is_a_leak() {
        assert!(persists(&slopes(|times, _| 256 * times as i64)));
        assert!(persists(&slopes(|times, window| 64 * times as i64 + 4096 * window as i64)));
    }

    #[test]
    fn what_finds_its_size_is_none() {
        let a_window_s_own = |_, _| 1 << 20;
        let a_heap_s = |times, window| if window == 1 { 4096 * times as i64 } else { 0 };
        let at_first = |times, _| if times < 16 * CALLS { 256 * times as i64 } else { PAGES };
        let nothing = |_, window| 4096 * (window as i64 % 2);
        assert!(!persists(&slopes(a_window_s_own)));
        assert!(!persists(&slopes(a_heap_s)));
        assert!(!persists(&slopes(at_first)));
        assert!(!persists(&slopes(nothing)));
    }
}
