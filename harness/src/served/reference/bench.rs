//! The timed loop.

use std::hint::black_box;
use std::time::Instant;

use contract::Type;
use reference_binder::heap::Object;
use reference_binder::keyword::Keyword;
use reference_binder::refusal::CallRefusal;
use reference_binder::value::View;
use reference_binder::{Caller, Function, Value};
use subject::{BenchReply, SubjectFault};

use super::script::Compiled;

pub(super) fn no_such_step() -> SubjectFault {
    SubjectFault::Adapter("asked to pass on the result of a step that was not made".into())
}

fn refused_on_the_clock(refusal: CallRefusal) -> SubjectFault {
    SubjectFault::Adapter(format!("a call of the bench was refused: {refusal}"))
}

pub(super) fn run_bench_row(
    row: &Compiled<'_>,
    caller: &mut Caller,
    results: &mut Vec<Value>,
) -> Result<(), SubjectFault> {
    for step in &row.steps {
        let mut arguments = step.arguments.clone();
        for (place, from) in &step.results {
            arguments[*place] = *results.get(*from).ok_or_else(no_such_step)?;
        }
        let value = step.function.call(caller, &arguments).map_err(refused_on_the_clock)?;
        results.push(value);
    }
    Ok(())
}

/// The timed loop. Rows of one step without results of their own, which are nearly all, have their
/// arguments ready; only a row of several steps has to pass results on.
pub(super) fn bench_rows(
    rows: &[Compiled<'_>],
    count: u64,
    caller: &mut Caller,
    setup: &mut Vec<Value>,
    mut checksum: Checksum,
) -> Result<BenchReply, SubjectFault> {
    let single = rows.iter().all(|row| {
        row.steps.len() == 1 && row.steps[0].results.iter().all(|(_, from)| *from < setup.len())
    });
    if !single {
        return bench_sequences(rows, count, caller, setup, checksum);
    }
    let Some(function) = rows.first().map(|row| row.steps[0].function) else {
        return Err(SubjectFault::Adapter("asked to time no rows".into()));
    };
    let ready: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| {
            let step = &row.steps[0];
            let mut arguments = step.arguments.clone();
            for (place, from) in &step.results {
                arguments[*place] = setup[*from];
            }
            arguments
        })
        .collect();
    let function = black_box(function);
    // Which of the two it is was asked before the clock.
    let elapsed_ns = if matches!(function.signature().returns, Type::Stream { .. }) {
        let take = rows[0].steps[0].take;
        timed(function, &ready, count, caller, |stream, caller| {
            checksum.drain(stream, take, caller)
        })
    } else {
        timed(function, &ready, count, caller, |value, caller| {
            checksum.fold(value, caller);
            Ok(())
        })
    }?;
    Ok(BenchReply { elapsed_ns, checksum: checksum.sum })
}

/// Nanoseconds for so many calls of a function, with `fold` made of each result.
#[inline(always)]
fn timed(
    function: &Function,
    rows: &[Vec<Value>],
    count: u64,
    caller: &mut Caller,
    mut fold: impl FnMut(Value, &mut Caller) -> Result<(), CallRefusal>,
) -> Result<u64, SubjectFault> {
    let mark = caller.heap.mark();
    let start = Instant::now();
    for arguments in rows.iter().cycle().take(count as usize) {
        let value = function.call(caller, arguments).map_err(refused_on_the_clock)?;
        fold(value, caller).map_err(refused_on_the_clock)?;
        caller.heap.release(mark);
    }
    Ok(start.elapsed().as_nanos() as u64)
}

fn bench_sequences(
    rows: &[Compiled<'_>],
    count: u64,
    caller: &mut Caller,
    results: &mut Vec<Value>,
    mut checksum: Checksum,
) -> Result<BenchReply, SubjectFault> {
    let setup = results.len();
    let mut ready: Vec<Vec<Vec<Value>>> = rows
        .iter()
        .map(|row| row.steps.iter().map(|step| step.arguments.clone()).collect())
        .collect();
    let mark = caller.heap.mark();
    let mut at = 0;
    let start = Instant::now();
    for _ in 0..count {
        for (step, arguments) in rows[at].steps.iter().zip(&mut ready[at]) {
            for (place, from) in &step.results {
                arguments[*place] = results[*from];
            }
            let value = step.function.call(caller, arguments).map_err(refused_on_the_clock)?;
            if results.len() == setup {
                checksum.fold(value, caller);
            }
            results.push(value);
        }
        results.truncate(setup);
        caller.heap.release(mark);
        at = if at + 1 == rows.len() { 0 } else { at + 1 };
    }
    let elapsed_ns = start.elapsed().as_nanos() as u64;
    Ok(BenchReply { elapsed_ns, checksum: checksum.sum })
}

/// The checksum of docs/evidence.md, *Shapes*.
pub(super) struct Checksum {
    sum: u64,
    /// What each keyword counts as: a handful.
    numbers: Vec<(Keyword, u64)>,
}

impl Checksum {
    pub(super) fn new(keywords: &[(String, u64)]) -> Checksum {
        let numbers = keywords.iter().map(|(name, number)| (Keyword::new(name), *number));
        Checksum { sum: 0, numbers: numbers.collect() }
    }

    #[inline(always)]
    fn fold(&mut self, value: Value, caller: &Caller) {
        self.sum = self.sum.wrapping_mul(31).wrapping_add(self.bits(value, caller));
    }

    /// Fetches a stream's items and folds their sum.
    fn drain(
        &mut self,
        stream: Value,
        take: Option<usize>,
        caller: &mut Caller,
    ) -> Result<(), CallRefusal> {
        let (mut sum, mut fetched) = (0_u64, 0);
        while take.is_none_or(|take| fetched < take) {
            let Some(item) = caller.next(stream)? else { break };
            sum = sum.wrapping_add(self.bits(item, caller));
            fetched += 1;
        }
        caller.close(stream)?;
        self.sum = self.sum.wrapping_mul(31).wrapping_add(sum);
        Ok(())
    }

    #[inline(always)]
    fn bits(&self, value: Value, caller: &Caller) -> u64 {
        match value.view() {
            View::Nil => 0,
            View::Boolean(value) => u64::from(value),
            View::Long(value) => value as u64,
            View::Unsigned(value) => value,
            View::Double(value) => value.to_bits(),
            View::Handle(_) => 1,
            View::Keyword(keyword) => {
                let known = self.numbers.iter().find(|(known, _)| *known == keyword);
                known.map_or(u64::MAX, |(_, number)| *number)
            }
            View::Object(object) => match caller.heap.get(object) {
                Some(Object::Vector(values)) => {
                    let first = values.first().map_or(0, |first| self.bits(*first, caller));
                    first.wrapping_add(values.len() as u64)
                }
                Some(Object::Text(text) | Object::Error(text)) => {
                    text.len() as u64 + u64::from(text.bytes().next().unwrap_or(0))
                }
                Some(Object::Map { entries, .. }) => entries
                    .iter()
                    .fold(0, |sum, (_, value)| sum.wrapping_add(self.bits(*value, caller))),
                _ => u64::MAX,
            },
        }
    }
}
