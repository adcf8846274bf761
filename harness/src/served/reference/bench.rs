//! The timed loop.

use std::hint::black_box;
use std::time::Instant;

use contract::Type;
use reference_binder::heap::Object;
use reference_binder::keyword::Keyword;
use reference_binder::refusal::CallRefusal;
use reference_binder::value::View;
use reference_binder::{Caller, Function, Value};
use subject::{BenchReply, BenchRequest, SubjectFault, loops};

use super::Tokens;
use super::script::{Compiled, CompiledStep, compile};

pub(super) fn no_such_step() -> SubjectFault {
    SubjectFault::Adapter("asked to pass on the result of a step that was not made".into())
}

fn refused_on_the_clock(refusal: CallRefusal) -> SubjectFault {
    SubjectFault::Adapter(format!("a call of the bench was refused: {refusal}"))
}

/// Makes a request's calls with the values of a caller.
pub(super) fn bench(
    functions: &[Function],
    caller: &mut Caller,
    tokens: &Tokens,
    request: &BenchRequest<'_>,
) -> Result<BenchReply, SubjectFault> {
    let mark = caller.heap.mark();
    let compile =
        |script, caller: &mut _| compile(script, functions, caller, &|token| tokens.handle(token));
    let setup = compile(request.setup, caller)?;
    let mut results = Vec::new();
    run_bench_row(&setup, caller, &mut results)?;
    let rows = request.rows.iter().map(|row| compile(row, caller));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let numbers = Numbers::new(request.keywords);
    let asked = (request.count, request.placement);
    let reply = bench_rows(&rows, asked, caller, &mut results, &numbers);
    caller.heap.release(mark);
    reply
}

fn run_bench_row(
    row: &Compiled<'_>,
    caller: &mut Caller,
    results: &mut Vec<Value>,
) -> Result<(), SubjectFault> {
    for step in &row.steps {
        let value = called(step, caller, results)?;
        results.push(value);
    }
    Ok(())
}

fn called(
    step: &CompiledStep<'_>,
    caller: &mut Caller,
    results: &[Value],
) -> Result<Value, SubjectFault> {
    let mut arguments = step.arguments.clone();
    for (place, from) in &step.results {
        arguments[*place] = *results.get(*from).ok_or_else(no_such_step)?;
    }
    step.function.call(caller, &arguments).map_err(refused_on_the_clock)
}

/// The timed loop, and what its rows return, which is looked at once the clock has stopped: of one more call of
/// each. Rows of one step without results of their own, which are nearly all, have their arguments ready; only a
/// row of several steps has to pass results on.
fn bench_rows(
    rows: &[Compiled<'_>],
    (count, placement): (u64, u32),
    caller: &mut Caller,
    setup: &mut Vec<Value>,
    numbers: &Numbers,
) -> Result<BenchReply, SubjectFault> {
    let single = rows.iter().all(|row| {
        row.steps.len() == 1 && row.steps[0].results.iter().all(|(_, from)| *from < setup.len())
    });
    let elapsed_ns = if !single {
        bench_sequences(rows, count, caller, setup)?
    } else {
        match placement {
            0 => bench_singles::<0>(rows, count, caller, setup)?,
            1 => bench_singles::<1>(rows, count, caller, setup)?,
            _ => bench_singles::<2>(rows, count, caller, setup)?,
        }
    };
    let turns = rows.len().min(usize::try_from(count).unwrap_or(usize::MAX));
    let bits = rows[..turns].iter().map(|row| numbers.of_row(row, caller, setup));
    let bits = bits.collect::<Result<Vec<_>, _>>()?;
    Ok(BenchReply { elapsed_ns, checksum: loops::checksum(&bits, count) })
}

fn bench_singles<const PLACEMENT: u32>(
    rows: &[Compiled<'_>],
    count: u64,
    caller: &mut Caller,
    setup: &[Value],
) -> Result<u64, SubjectFault> {
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
    if matches!(function.signature().returns, Type::Stream { .. }) {
        let take = rows[0].steps[0].take;
        timed::<PLACEMENT>(function, &ready, count, caller, |stream, caller| {
            drained(stream, take, caller, |_, _| 0).map(|_| ())
        })
    } else {
        timed::<PLACEMENT>(function, &ready, count, caller, |_, _| Ok(()))
    }
}

/// Nanoseconds for so many calls of a function, with `finish` done with each result.
#[inline(always)]
fn timed<const PLACEMENT: u32>(
    function: &Function,
    rows: &[Vec<Value>],
    count: u64,
    caller: &mut Caller,
    mut finish: impl FnMut(Value, &mut Caller) -> Result<(), CallRefusal>,
) -> Result<u64, SubjectFault> {
    let mark = caller.heap.mark();
    // What stands before the loop moves it: where it lies decides how fast a processor runs it.
    for step in 0..PLACEMENT {
        black_box((step, step, step));
    }
    let start = Instant::now();
    for arguments in rows.iter().cycle().take(count as usize) {
        let value = function.call(caller, arguments).map_err(refused_on_the_clock)?;
        finish(black_box(value), caller).map_err(refused_on_the_clock)?;
        caller.heap.release(mark);
    }
    Ok(start.elapsed().as_nanos() as u64)
}

fn bench_sequences(
    rows: &[Compiled<'_>],
    count: u64,
    caller: &mut Caller,
    results: &mut Vec<Value>,
) -> Result<u64, SubjectFault> {
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
            results.push(black_box(value));
        }
        results.truncate(setup);
        caller.heap.release(mark);
        at = if at + 1 == rows.len() { 0 } else { at + 1 };
    }
    let took = start.elapsed();
    Ok(took.as_nanos() as u64)
}

/// Fetches a stream's items and closes it: the sum of what each counts as.
fn drained(
    stream: Value,
    take: Option<usize>,
    caller: &mut Caller,
    bits: impl Fn(Value, &Caller) -> u64,
) -> Result<u64, CallRefusal> {
    let (mut sum, mut fetched) = (0_u64, 0);
    while take.is_none_or(|take| fetched < take) {
        let Some(item) = caller.next(stream)? else { break };
        sum = sum.wrapping_add(bits(black_box(item), caller));
        fetched += 1;
    }
    caller.close(stream)?;
    Ok(sum)
}

/// What each keyword counts as in the checksum of docs/evidence.md, *Shapes*: a handful.
struct Numbers(Vec<(Keyword, u64)>);

impl Numbers {
    fn new(keywords: &[(String, u64)]) -> Numbers {
        Numbers(keywords.iter().map(|(name, number)| (Keyword::new(name), *number)).collect())
    }

    /// What a row counts as, made once.
    fn of_row(
        &self,
        row: &Compiled<'_>,
        caller: &mut Caller,
        results: &mut Vec<Value>,
    ) -> Result<u64, SubjectFault> {
        let (setup, mark) = (results.len(), caller.heap.mark());
        let mut bits = 0;
        for (number, step) in row.steps.iter().enumerate() {
            let value = called(step, caller, results)?;
            if number == 0 {
                let is_stream = matches!(step.function.signature().returns, Type::Stream { .. });
                bits = if is_stream {
                    drained(value, step.take, caller, |item, caller| self.bits(item, caller))
                        .map_err(refused_on_the_clock)?
                } else {
                    self.bits(value, caller)
                };
            }
            results.push(value);
        }
        results.truncate(setup);
        caller.heap.release(mark);
        Ok(bits)
    }

    fn bits(&self, value: Value, caller: &Caller) -> u64 {
        match value.view() {
            View::Nil => 0,
            View::Boolean(value) => u64::from(value),
            View::Long(value) => value as u64,
            View::Unsigned(value) => value,
            View::Double(value) => value.to_bits(),
            View::Handle(_) => 1,
            View::Keyword(keyword) => {
                let known = self.0.iter().find(|(known, _)| *known == keyword);
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
