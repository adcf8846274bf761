//! Scripts run over and over, every distinct reply counted.

use contract::{HostValue, Token};
use reference_binder::handle::Handle;
use reference_binder::value::View;
use reference_binder::{Caller, Function, Value};
use subject::{CallReply, Outcome, RepeatRequest, ScriptArgument, SubjectFault, Tally};

use super::bench::no_such_step;
use super::script::{Compiled, compile};
use super::values::{is_stream, reply, to_host};

/// What a thread has seen of one step.
#[derive(Default)]
struct Seen {
    tally: Tally,
    /// The last reply that is one word and touched no array, how often it came since it was counted.
    last: Option<(Value, u64)>,
}

impl Seen {
    fn flush(&mut self) {
        if let Some((value, times)) = self.last.take() {
            let nowhere = Caller::new();
            let outcome = Outcome::Value(to_host(value, &nowhere, &mut |_| Token(0)));
            self.tally.count(CallReply { outcome, arrays: Vec::new() }, times);
        }
    }
}

pub(super) fn repeat_on(
    functions: &[Function],
    request: &RepeatRequest<'_>,
    thread: usize,
) -> Result<Vec<Vec<Tally>>, SubjectFault> {
    let mut caller = Caller::new();
    let mut seen: Vec<Vec<Seen>> = request
        .scripts
        .iter()
        .map(|script| script.steps.iter().map(|_| Seen::default()).collect())
        .collect();
    // Scripts without arrays are converted once; the others anew for each run.
    let mut kept = Vec::new();
    for script in request.scripts {
        let arrays = script
            .steps
            .iter()
            .flat_map(|step| &step.arguments)
            .any(|argument| matches!(argument, ScriptArgument::Value(HostValue::Array(..))));
        kept.push(if arrays { None } else { Some(compile(script, functions, &mut caller)?) });
    }
    let mut results = Vec::new();
    for round in 0..request.rounds {
        let script = request.script(thread, round);
        let mark = caller.heap.mark();
        match &mut kept[script] {
            Some(compiled) => {
                run_once(compiled, true, &mut caller, &mut results, &mut seen[script])?;
            }
            None => {
                let mut compiled = compile(&request.scripts[script], functions, &mut caller)?;
                run_once(&mut compiled, false, &mut caller, &mut results, &mut seen[script])?;
            }
        }
        caller.heap.release(mark);
    }
    seen.iter_mut().flatten().for_each(Seen::flush);
    Ok(seen.into_iter().map(|steps| steps.into_iter().map(|seen| seen.tally).collect()).collect())
}

fn run_once(
    script: &mut Compiled<'_>,
    no_arrays: bool,
    caller: &mut Caller,
    results: &mut Vec<Value>,
    seen: &mut [Seen],
) -> Result<(), SubjectFault> {
    results.clear();
    for (step, seen) in script.steps.iter_mut().zip(seen) {
        for (place, from) in &step.results {
            step.arguments[*place] = *results.get(*from).ok_or_else(no_such_step)?;
        }
        let result = step.function.call(caller, &step.arguments);
        results.push(result.unwrap_or(Value::NIL));
        let plain = |value: &Value| !matches!(value.view(), View::Object(_) | View::Handle(_));
        match result {
            Ok(value) if no_arrays && plain(&value) => match &mut seen.last {
                Some((last, times)) if last.same(value) => *times += 1,
                _ => {
                    seen.flush();
                    seen.last = Some((value, 1));
                }
            },
            Ok(stream) if is_stream(stream, caller) => {
                let outcome = fetched(stream, step.take, caller);
                seen.tally.count(CallReply { outcome, arrays: Vec::new() }, 1);
            }
            result => {
                let mut token = |handle: Handle| {
                    let first = results.iter().position(|value| value.same(Value::handle(handle)));
                    Token(first.unwrap_or(results.len()) as u64)
                };
                let reply = reply(result, &step.arguments, caller, &mut token);
                seen.tally.count(reply, 1);
            }
        }
    }
    Ok(())
}

/// The items of a stream, which is stopped where not all are asked for.
fn fetched(stream: Value, take: Option<usize>, caller: &mut Caller) -> Outcome {
    let mut items = Vec::new();
    while take.is_none_or(|take| items.len() < take) {
        match caller.next(stream) {
            Ok(Some(item)) => items.push(to_host(item, caller, &mut |_| Token(0))),
            Ok(None) => break,
            Err(refusal) => return Outcome::Refused(Some(refusal.code().as_str().into())),
        }
    }
    match caller.close(stream) {
        Ok(()) => Outcome::Value(HostValue::Vector(items)),
        Err(refusal) => Outcome::Refused(Some(refusal.code().as_str().into())),
    }
}
