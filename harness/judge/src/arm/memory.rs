//! Memory: a binder's own does not grow with the number of calls (N-5), as the system counts it, or for a
//! binder in this process the allocator, to the byte.
//!
//! Nobody knows what a host keeps, so no number is too large; what is wrong is that it grows by so much for
//! every call for ever. Windows of equal calls follow one another. Where all of them grow, there are twice as
//! many calls in each, and so on, and only what grows in every window, and no slower for a call when there are
//! four times as many and some thousands, and about as much in each of the longest, is a leak: a cache fills, a heap finds
//! its size, a tier compiles each function once, in whichever window it gets to it. It is looked at twice before anybody is
//! blamed: a compiler of the host's that is late, on a busy machine, grows in every window until it is done.

use std::sync::Arc;

use contract::Type;
use corpus::case::{Body, Case, SignatureCase, Step};
use subject::{BindRequest, Capability, Level, RepeatRequest, Script, allocations};

use super::repeat::calls_something;
use super::{About, Arm, Gather, Puts, script};
use crate::row::{Class, Reason};
use crate::session::{Session, Stop};

pub(super) struct Memory;

/// Calls of the first windows: enough for a block of one call in a hundred to show.
const CALLS: u64 = 8_192;
/// Where each call is a message.
const MESSAGES: u64 = 512;
/// Signatures read in the first windows, each by a message.
const READS: u64 = 256;
/// The fewest times of a window.
const FEWEST: u64 = 128;
/// Windows of equal length that must all have grown, after one that does not count.
const WINDOWS: usize = 3;
/// How many lengths of windows must all have grown, each twice the one before, and how many times a window of the
/// longest has at least.
const LENGTHS: usize = 3;
const LONGEST: u64 = 4_096;
/// Bytes that a window grows by where it grows at all, as the system counts: a few pages come and go with
/// nobody to blame.
const PAGES: i64 = 4 * 4096;
/// Functions and signatures that a failure names.
const NAMED: usize = 3;

impl Arm for Memory {
    fn about(&self) -> About {
        About {
            name: "memory",
            clauses: &["N-5"],
            gathers: Gather::ByReturn,
            puts: Puts::Often,
            // What was freed before would take what leaks, unseen.
            processes: 1,
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        calls_something(case) || matches!(case.body, Body::Signature(_))
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        Some("N-5")
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        looks_at_all(session)?;
        let reads = cases.iter().any(|case| signature(case).is_some());
        let mut times = match session.ready.level {
            _ if reads => READS,
            Level::Contract => CALLS,
            Level::Wire if session.can(Capability::Loops) => CALLS,
            Level::Wire => MESSAGES,
        };
        let bound = bound(cases, session)?;
        let (mut cases, first) = (&*bound, times);
        let mut leak = leak(cases, times, session)?;
        // What leaks is narrowed down to the cases that do it.
        while leak.is_some() && cases.len() > 1 {
            times = (times / 2).max(FEWEST);
            let (first, second) = cases.split_at(cases.len() / 2);
            let halves = [first, second];
            let mut found = None;
            for half in halves {
                if let Some(slopes) = self::leak(half, times, session)? {
                    found = Some((half, slopes));
                    break;
                }
            }
            let Some((half, slopes)) = found else { break };
            (cases, leak) = (half, Some(slopes));
        }
        if leak.is_some() {
            leak = self::leak(cases, first, session)?;
        }
        let what = format!("{} of {}", if reads { "reading" } else { "call" }, names(cases));
        let describe = || described(leak.as_deref().unwrap_or_default());
        let what = format_args!("memory of the binder's process by each {what}");
        session.judgement.check_as(Class::Leak, "N-5", what, leak.is_none(), describe);
        Ok(())
    }
}

/// Whether what grows is nothing that a collector has only not looked at.
///
/// # Errors
/// [`Stop::Gated`] where nobody can say.
pub(super) fn looks_at_all(session: &Session) -> Result<(), Stop> {
    if session.can(Capability::Collect) || session.can(Capability::NoCollector) {
        return Ok(());
    }
    let text = "the subject declares neither `collect` nor `no-collector`, so what grows may be what its \
                collector has not looked at";
    Err(Stop::Gated(Reason::NotDeclared, text.into()))
}

/// What was due of windows, and what they came to.
pub(super) fn described(slopes: &[Slope]) -> (String, String) {
    let bytes = slopes.last().map_or(0.0, Slope::bytes);
    let grown = |slope: &Slope| format!("{:?} in {}", slope.windows, slope.times);
    let grown = slopes.iter().map(grown).collect::<Vec<_>>().join(", ");
    let expected = "no more memory after more of them".to_owned();
    (expected, format!("{bytes:.2} bytes more for each: {grown}"))
}

/// The cases whose functions the subject binds: the others are not to keep these from being judged. That it does not is
/// what their round trips are about.
fn bound(cases: &[Arc<Case>], session: &mut Session) -> Result<Vec<Arc<Case>>, Stop> {
    let (mut bound, mut stopped) = (Vec::new(), None);
    for case in cases {
        match script::scripts(std::slice::from_ref(case), session) {
            Ok(_) => bound.push(case.clone()),
            Err(stop @ (Stop::Gated(..) | Stop::Unbound { .. })) => stopped = Some(stop),
            Err(stop) => return Err(stop),
        }
    }
    stopped.filter(|_| bound.is_empty()).map_or(Ok(bound), Err)
}

/// The functions and signatures of cases, some of them.
fn names(cases: &[Arc<Case>]) -> String {
    let of = |case: &Arc<Case>| {
        let functions = case.steps().iter().map(|step| step.function.symbol.clone());
        functions.chain(signature(case).map(|case| case.text.clone())).collect::<Vec<_>>()
    };
    let mut names: Vec<String> = cases.iter().flat_map(of).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

fn signature(case: &Case) -> Option<&SignatureCase> {
    match &case.body {
        Body::Signature(signature) => Some(signature),
        _ => None,
    }
}

/// What the windows of cases grew by, where it is a leak.
fn leak(
    cases: &[Arc<Case>],
    times: u64,
    session: &mut Session,
) -> Result<Option<Vec<Slope>>, Stop> {
    let mut scripts = script::scripts(cases, session)?;
    let unread: Vec<Script> = cases.iter().zip(&scripts).filter_map(unread).collect();
    scripts.extend(unread);
    scripts.retain(|script| !script.steps.is_empty());
    let steps: usize = scripts.iter().map(|script| script.steps.len()).sum();
    persistent(times, session, &mut |session, times| {
        if steps == 0 {
            return read(cases, session, times);
        }
        let rounds = (times * scripts.len() as u64).div_ceil(steps as u64);
        let request = RepeatRequest {
            scripts: &scripts,
            rounds,
            threads: 1,
            collect: false,
            stand_ins: false,
        };
        session.subject.repeat(&request)?;
        Ok(())
    })
}

/// What windows of work, done so many times or more in each, grew by, where it is a leak and one again: before anybody is
/// blamed it is looked at twice.
pub(super) fn grows(
    times: u64,
    session: &mut Session,
    mut work: impl FnMut(&mut Session, u64) -> Result<(), Stop>,
) -> Result<Option<Vec<Slope>>, Stop> {
    match persistent(times, session, &mut work)? {
        Some(_) => persistent(times, session, &mut work),
        None => Ok(None),
    }
}

/// What windows of work grew by, where it grew at every length, and for each time as much.
fn persistent(
    times: u64,
    session: &mut Session,
    work: &mut dyn FnMut(&mut Session, u64) -> Result<(), Stop>,
) -> Result<Option<Vec<Slope>>, Stop> {
    let counted = session.subject.in_process() && allocations::live().is_some();
    let grain = if counted { 1 } else { PAGES };
    let mut slopes = Vec::new();
    for times in std::iter::successors(Some(times), |times| Some(2 * times)) {
        let windows = windows(session, |session| work(session, times))?;
        let slope = Slope { times, grain, windows };
        let is_one = slope.is_one();
        slopes.push(slope);
        if !is_one {
            return Ok(None);
        }
        if slopes.len() >= LENGTHS && times >= LONGEST {
            break;
        }
    }
    Ok(persists(&slopes).then_some(slopes))
}

/// A case's script that stops its streams before it has read anything, where it has streams.
fn unread((case, script): (&Arc<Case>, &Script)) -> Option<Script> {
    let is_stream = |step: &Step| matches!(step.function.signature.returns, Type::Stream { .. });
    let mut script = script.clone();
    script.steps.iter_mut().for_each(|step| step.take = Some(0));
    case.steps().iter().any(is_stream).then_some(script)
}

/// Reads signatures in turn, and binds each to a symbol that the library has not (B-1).
fn read(cases: &[Arc<Case>], session: &mut Session, times: u64) -> Result<(), Stop> {
    let signatures = cases.iter().filter_map(|case| signature(case));
    for signature in signatures.cycle().take(usize::try_from(times).unwrap_or(usize::MAX)) {
        session.read(&signature.text, &signature.declarations)?;
        session.subject.bind(&BindRequest {
            symbol: "no_such_function".into(),
            signature: signature.text.clone(),
            ..BindRequest::default()
        })?;
    }
    Ok(())
}

/// Windows of the same number of times, and the bytes each of them grew by.
#[derive(Debug)]
pub(super) struct Slope {
    times: u64,
    /// Bytes by which a window grows where it grows at all.
    grain: i64,
    windows: [i64; WINDOWS],
}

impl Slope {
    /// Whether every window grew.
    fn is_one(&self) -> bool {
        self.windows.iter().all(|grown| *grown >= self.grain)
    }

    /// Whether no window grew by much more than another.
    fn is_even(&self) -> bool {
        let [least, most] = [self.windows.iter().min(), self.windows.iter().max()];
        most.copied().unwrap_or(0) <= 2 * least.copied().unwrap_or(0) + self.grain
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
/// does, and by no more than twice as much in one of them as in another: what a window costs by itself counts for a quarter there.
fn persists(slopes: &[Slope]) -> bool {
    let (Some(first), Some(last)) = (slopes.first(), slopes.last()) else { return false };
    slopes.iter().all(Slope::is_one) && last.is_even() && last.least() >= first.bytes() / 2.0
}

/// The bytes by which windows of the same work grew, once it was done before.
fn windows(
    session: &mut Session,
    mut work: impl FnMut(&mut Session) -> Result<(), Stop>,
) -> Result<[i64; WINDOWS], Stop> {
    let mut sizes = [0; WINDOWS + 1];
    for size in &mut sizes {
        work(session)?;
        session.subject.forget()?;
        if session.can(Capability::Collect) {
            session.subject.collect()?;
        }
        let Some(bytes) = session.subject.resident() else {
            let text = "the system does not say how much memory the subject's process has";
            return Err(Stop::Gated(Reason::NotKnown, text.into()));
        };
        *size = bytes as i64;
    }
    Ok(std::array::from_fn(|window| sizes[window + 1] - sizes[window]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slopes(of: impl Fn(u64, usize) -> i64) -> Vec<Slope> {
        let slope = |longer| {
            let times = CALLS * longer;
            Slope { times, grain: PAGES, windows: std::array::from_fn(|window| of(times, window)) }
        };
        [1, 2, 4].into_iter().map(slope).collect()
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
        let at_first = |times, _| if times < 4 * CALLS { 256 * times as i64 } else { PAGES };
        let nothing = |_, window| 4096 * (window as i64 % 2);
        let a_compiler_s = |times, window: usize| [40, 160, 70][window] * times as i64;
        assert!(!persists(&slopes(a_compiler_s)));
        assert!(!persists(&slopes(a_window_s_own)));
        assert!(!persists(&slopes(a_heap_s)));
        assert!(!persists(&slopes(at_first)));
        assert!(!persists(&slopes(nothing)));
    }
}
