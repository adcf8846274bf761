//! Loops of calls, for subjects that have none of their own: scripts run over and over and tallied,
//! rows on the clock, races. The defaults of [`Subject`](crate::Subject) are these; a subject that can be called from
//! several threads gives each of them a [`Calls`] of its own.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use contract::{HostValue, Token};

use super::{
    BenchReply, BenchRequest, BoundId, CallReply, Outcome, Pull, RaceReply, RaceRequest,
    RepeatReply, RepeatRequest, Script, ScriptArgument, ScriptStep, SubjectFault, Tally,
};

/// What a loop asks of a subject, on one thread.
pub trait Calls {
    /// As [`Subject::call`](crate::Subject::call).
    ///
    /// # Errors
    /// A subject that does not answer.
    fn call(
        &mut self,
        function: BoundId,
        arguments: &[HostValue],
    ) -> Result<CallReply, SubjectFault>;

    /// As [`Subject::next`](crate::Subject::next).
    ///
    /// # Errors
    /// A subject that does not answer.
    fn next(&mut self, stream: Token) -> Result<Pull, SubjectFault>;

    /// As [`Subject::close`](crate::Subject::close).
    ///
    /// # Errors
    /// A subject that does not answer.
    fn close(&mut self, stream: Token) -> Result<(), SubjectFault>;
}

/// One thread's part of a [`RepeatRequest`]: by script and step, what came and how often.
///
/// # Errors
/// A subject that does not answer, or a request without scripts.
pub fn repeat(
    calls: &mut impl Calls,
    request: &RepeatRequest<'_>,
    thread: usize,
) -> Result<Vec<Vec<Tally>>, SubjectFault> {
    if request.scripts.is_empty() {
        return Err(SubjectFault::Adapter("asked to repeat nothing".into()));
    }
    let mut scripts: Vec<Ready> = request.scripts.iter().map(Ready::of).collect();
    let mut tallies: Vec<Vec<Tally>> =
        request.scripts.iter().map(|script| vec![Tally::default(); script.steps.len()]).collect();
    let mut results = Vec::new();
    for round in 0..request.rounds {
        let script = request.script(thread, round);
        results.clear();
        for (step, tally) in scripts[script].steps.iter_mut().zip(&mut tallies[script]) {
            let mut reply = step.call(calls, &results)?;
            results.push(match &reply.outcome {
                Outcome::Value(value) => value.clone(),
                Outcome::Refused(_) | Outcome::Failed(_) => HostValue::Nil,
            });
            match &mut reply.outcome {
                Outcome::Value(HostValue::Stream(token)) => {
                    let token = *token;
                    reply.outcome = fetched(calls, token, step.take)?;
                }
                Outcome::Value(handle @ HostValue::Handle(_)) => {
                    let first = results.iter().position(|result| result == handle);
                    *handle = HostValue::Handle(Token(first.unwrap_or(results.len()) as u64));
                }
                _ => {}
            }
            tally.count(reply, 1);
        }
    }
    Ok(tallies)
}

/// Runs `each` once on every thread of a request, all begun together, and adds up their tallies.
///
/// # Errors
/// The first thread's that has one; a thread that panicked.
pub fn on_threads(
    threads: usize,
    each: impl Fn(usize) -> Result<Vec<Vec<Tally>>, SubjectFault> + Sync,
) -> Result<RepeatReply, SubjectFault> {
    if threads == 1 {
        return Ok(RepeatReply { scripts: each(0)? });
    }
    let mut total: Vec<Vec<Tally>> = Vec::new();
    for scripts in at_once(threads, each)? {
        let scripts = scripts?;
        if total.is_empty() {
            total = scripts;
            continue;
        }
        for (into, from) in total.iter_mut().flatten().zip(scripts.into_iter().flatten()) {
            into.merge(from);
        }
    }
    Ok(RepeatReply { scripts: total })
}

/// Runs `each` once on every one of several threads, all begun together, and says what each gave.
///
/// # Errors
/// A thread that panicked.
pub fn at_once<T: Send>(
    threads: usize,
    each: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>, SubjectFault> {
    let barrier = Barrier::new(threads);
    let (barrier, each) = (&barrier, &each);
    std::thread::scope(|scope| {
        let begun = |thread| {
            scope.spawn(move || {
                barrier.wait();
                each(thread)
            })
        };
        let threads: Vec<_> = (0..threads).map(begun).collect();
        let panicked = |_| SubjectFault::Adapter("a calling thread panicked".into());
        threads.into_iter().map(|thread| thread.join().map_err(panicked)).collect()
    })
}

/// Runs `calls` while a further thread runs the host's collector over and over.
pub fn collecting<T>(collect: impl Fn() + Sync, calls: impl FnOnce() -> T) -> T {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                collect();
            }
        });
        let came = calls();
        ended.store(true, Ordering::Relaxed);
        came
    })
}

/// A [`RaceRequest`] on threads that each have their own of `each`.
///
/// # Errors
/// A subject that does not answer; a thread that panicked.
pub fn race<C: Calls>(
    request: &RaceRequest<'_>,
    each: impl Fn() -> C + Sync,
) -> Result<RaceReply, SubjectFault> {
    let meeting = Meeting::of(request.threads);
    let one = || {
        let mut calls = each();
        let mut replies = Vec::with_capacity(request.rows.len());
        for (time, row) in request.rows.iter().enumerate() {
            meeting.wait(time + 1);
            replies.push(calls.call(request.function, row));
        }
        replies
    };
    let threads: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..request.threads).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut rows = vec![Vec::new(); request.rows.len()];
    for thread in threads {
        let replies =
            thread.map_err(|_| SubjectFault::Adapter("a racing thread panicked".into()))?;
        for (row, reply) in rows.iter_mut().zip(replies) {
            row.push(reply?);
        }
    }
    Ok(RaceReply { rows })
}

/// A [`BenchRequest`], each row made by [`Calls::call`]: what conversions between [`HostValue`]s and the
/// binder's own values take is on the clock. What a row counts as is not: it is seen of one more call of it.
///
/// # Errors
/// A subject that does not answer, a refused call, or a request without rows.
pub fn bench(
    calls: &mut impl Calls,
    request: &BenchRequest<'_>,
) -> Result<BenchReply, SubjectFault> {
    if request.rows.is_empty() {
        return Err(SubjectFault::Adapter("asked to time no rows".into()));
    }
    let mut results = once(calls, request.setup, request.keywords)?;
    let setup = results.len();
    let mut rows: Vec<Ready> = request.rows.iter().map(Ready::of).collect();
    let mut at = 0;
    let start = Instant::now();
    for _ in 0..request.count {
        for step in &mut rows[at].steps {
            let value = step.value(calls, &results, request.keywords)?;
            results.push(black_box(value));
        }
        results.truncate(setup);
        at = if at + 1 == rows.len() { 0 } else { at + 1 };
    }
    let elapsed_ns = start.elapsed().as_nanos() as u64;
    let turns = rows.len().min(usize::try_from(request.count).unwrap_or(usize::MAX));
    let bits =
        request.rows[..turns].iter().map(|script| row(calls, script, &results, request.keywords));
    let bits = bits.collect::<Result<Vec<_>, _>>()?;
    Ok(BenchReply { elapsed_ns, checksum: checksum(&bits, request.count) })
}

/// The checksum of so many rows in turn, of the bits that each counts as (docs/evidence.md, *Shapes*). Its cost must not
/// grow with their number, because it is made while the suite's clock runs.
pub fn checksum(rows: &[u64], count: u64) -> u64 {
    let one = |rows: &[u64]| {
        rows.iter().fold((1, 0), |(by, plus): (u64, u64), bits| {
            (by.wrapping_mul(31), plus.wrapping_mul(31).wrapping_add(*bits))
        })
    };
    let after = |first: (u64, u64), then: (u64, u64)| {
        (first.0.wrapping_mul(then.0), first.1.wrapping_mul(then.0).wrapping_add(then.1))
    };
    if rows.is_empty() {
        return 0;
    }
    let (mut turns, rest) = (count / rows.len() as u64, (count % rows.len() as u64) as usize);
    let (mut whole, mut power) = ((1, 0), one(rows));
    while turns > 0 {
        if turns % 2 == 1 {
            whole = after(whole, power);
        }
        power = after(power, power);
        turns /= 2;
    }
    after(whole, one(&rows[..rest])).1
}

/// The results of a script that is run once, before the clock.
pub(super) fn once(
    calls: &mut impl Calls,
    script: &Script,
    keywords: &[(String, u64)],
) -> Result<Vec<HostValue>, SubjectFault> {
    let mut results = Vec::new();
    for step in &mut Ready::of(script).steps {
        results.push(step.value(calls, &results, keywords)?);
    }
    Ok(results)
}

/// What a row counts as in the checksum, run once after a script that gave `results`.
pub(super) fn row(
    calls: &mut impl Calls,
    script: &Script,
    results: &[HostValue],
    keywords: &[(String, u64)],
) -> Result<u64, SubjectFault> {
    let (setup, mut results) = (results.len(), results.to_vec());
    for step in &mut Ready::of(script).steps {
        results.push(step.value(calls, &results, keywords)?);
    }
    Ok(results.get(setup).map_or(0, |first| bits(first, keywords)))
}

/// The value of a call on the clock, where nothing but a value is expected.
pub(super) fn timed(outcome: Outcome) -> Result<HostValue, SubjectFault> {
    match outcome {
        Outcome::Value(value) => Ok(value),
        Outcome::Refused(code) => {
            let code = code.unwrap_or_else(|| "no code".into());
            Err(SubjectFault::Adapter(format!("a call of the bench was refused: {code}")))
        }
        Outcome::Failed(code) => {
            Err(SubjectFault::Adapter(format!("a call of the bench failed: {code}")))
        }
    }
}

/// What a result counts as in the checksum of docs/evidence.md, *Shapes*.
pub(super) fn bits(value: &HostValue, keywords: &[(String, u64)]) -> u64 {
    match value {
        HostValue::Nil => 0,
        HostValue::Boolean(value) => u64::from(*value),
        HostValue::Long(value) => *value as u64,
        HostValue::Big(value) => u64::try_from(value).unwrap_or(u64::MAX),
        HostValue::Double(bits) => *bits,
        HostValue::Handle(_) => 1,
        HostValue::Keyword(name) => {
            let known = keywords.iter().find(|(known, _)| known == name);
            known.map_or(u64::MAX, |(_, number)| *number)
        }
        HostValue::Vector(values) => {
            let first = values.first().map_or(0, |first| bits(first, keywords));
            first.wrapping_add(values.len() as u64)
        }
        HostValue::Text(text) | HostValue::Error(text) => {
            text.len() as u64 + u64::from(text.bytes().next().unwrap_or(0))
        }
        HostValue::Map(entries) | HostValue::Record(_, entries) => {
            entries.iter().fold(0, |sum: u64, (_, value)| sum.wrapping_add(bits(value, keywords)))
        }
        HostValue::Extended(..)
        | HostValue::Utf16(_)
        | HostValue::Bytes(_)
        | HostValue::Array(..)
        | HostValue::View(..)
        | HostValue::Same(_)
        | HostValue::Stream(_)
        | HostValue::Kept(_)
        | HostValue::Function(_) => u64::MAX,
    }
}

/// Items after which a stream is taken for one without end: no case has as many.
const ENDLESS: usize = 1 << 16;

/// The items of a stream, which is stopped where not all are asked for.
pub(super) fn fetched(
    calls: &mut impl Calls,
    stream: Token,
    take: Option<usize>,
) -> Result<Outcome, SubjectFault> {
    let mut items = Vec::new();
    while items.len() < take.unwrap_or(ENDLESS) {
        match calls.next(stream)? {
            Pull::Item(item) => items.push(item),
            Pull::End => break,
            Pull::Refused(code) => return Ok(Outcome::Refused(code)),
        }
    }
    calls.close(stream)?;
    Ok(Outcome::Value(HostValue::Vector(items)))
}

/// What a stream counts as in the checksum: the sum of what its items do, which are fetched for it.
pub(super) fn drained(
    calls: &mut impl Calls,
    stream: Token,
    take: Option<usize>,
    keywords: &[(String, u64)],
) -> Result<u64, SubjectFault> {
    Ok(match timed(fetched(calls, stream, take)?)? {
        HostValue::Vector(items) => {
            items.iter().fold(0, |sum, item| sum.wrapping_add(bits(item, keywords)))
        }
        other => bits(&other, keywords),
    })
}

/// A script with its arguments in place, but for those that are results.
struct Ready {
    steps: Vec<ReadyStep>,
}

struct ReadyStep {
    function: BoundId,
    arguments: Vec<HostValue>,
    /// Arguments that are results of steps: place and step.
    results: Vec<(usize, usize)>,
    take: Option<usize>,
}

impl Ready {
    fn of(script: &Script) -> Ready {
        Ready { steps: script.steps.iter().map(ReadyStep::of).collect() }
    }
}

impl ReadyStep {
    fn of(step: &ScriptStep) -> ReadyStep {
        let mut results = Vec::new();
        let argument = |(place, argument): (usize, &ScriptArgument)| match argument {
            ScriptArgument::Value(value) => value.clone(),
            ScriptArgument::Result(step) => {
                results.push((place, *step));
                HostValue::Nil
            }
        };
        let arguments = step.arguments.iter().enumerate().map(argument).collect();
        ReadyStep { function: step.function, arguments, results, take: step.take }
    }

    fn call(
        &mut self,
        calls: &mut impl Calls,
        results: &[HostValue],
    ) -> Result<CallReply, SubjectFault> {
        for (place, from) in &self.results {
            self.arguments[*place] = results.get(*from).cloned().ok_or_else(|| {
                SubjectFault::Adapter("the suite passes on the result of a step not made".into())
            })?;
        }
        calls.call(self.function, &self.arguments)
    }

    /// The call's value on the clock; of a stream, the number that it counts as.
    fn value(
        &mut self,
        calls: &mut impl Calls,
        results: &[HostValue],
        keywords: &[(String, u64)],
    ) -> Result<HostValue, SubjectFault> {
        match self.call(calls, results)?.outcome {
            Outcome::Value(HostValue::Stream(token)) => {
                Ok(HostValue::Long(drained(calls, token, self.take, keywords)? as i64))
            }
            outcome => timed(outcome),
        }
    }
}

/// Threads meet here before every row of a race.
pub struct Meeting {
    arrived: AtomicUsize,
    threads: usize,
}

/// Spins between two looks at whether the others may need this processor.
const SPINS: u32 = 1 << 8;

impl Meeting {
    /// A place for so many threads.
    pub fn of(threads: usize) -> Meeting {
        Meeting { arrived: AtomicUsize::new(0), threads }
    }

    /// Waits until every thread has come `time` times, counted from 1. It spins, because threads that
    /// are woken one after the other do not race.
    pub fn wait(&self, time: usize) {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        let mut spins = 0;
        while self.arrived.load(Ordering::Acquire) < time * self.threads {
            spins += 1;
            if spins % SPINS == 0 {
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests;
