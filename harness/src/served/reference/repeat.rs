//! Scripts run over and over, every distinct reply counted.

use contract::{HostValue, Token};
use reference_binder::handle::Handle;
use reference_binder::{Caller, Function, Value};
use subject::{CallReply, Outcome, RepeatRequest, ScriptArgument, SubjectFault, Tally};

use super::bench::no_such_step;
use super::played;
use super::script::{Compiled, compile};
use super::values::{is_reply, is_stream, reply, to_host};

pub(super) fn repeat_on(
    functions: &[Function],
    request: &RepeatRequest<'_>,
    thread: usize,
) -> Result<Vec<Vec<Tally>>, SubjectFault> {
    let mut caller = Caller::new();
    let mut tallies: Vec<Vec<Tally>> =
        request.scripts.iter().map(|script| vec![Tally::default(); script.steps.len()]).collect();
    // A script makes its handles itself.
    let compile = |script, caller: &mut _| compile(script, functions, caller, &|_| None);
    // Scripts without arrays and functions are converted once; the others anew for each run.
    let mut kept = Vec::new();
    for script in request.scripts {
        let arrays = script.steps.iter().flat_map(|step| &step.arguments).any(|argument| {
            use HostValue::{Array, Function};
            matches!(argument, ScriptArgument::Value(Array(..) | Function(_)))
        });
        kept.push(if arrays { None } else { Some(compile(script, &mut caller)?) });
    }
    let mut results = Vec::new();
    for round in 0..request.rounds {
        let script = request.script(thread, round);
        let mark = caller.heap.mark();
        match &mut kept[script] {
            Some(compiled) => {
                run_once(compiled, &mut caller, &mut results, &mut tallies[script])?;
            }
            None => {
                let mut compiled = compile(&request.scripts[script], &mut caller)?;
                run_once(&mut compiled, &mut caller, &mut results, &mut tallies[script])?;
            }
        }
        caller.heap.release(mark);
    }
    Ok(tallies)
}

fn run_once(
    script: &mut Compiled<'_>,
    caller: &mut Caller,
    results: &mut Vec<Value>,
    tallies: &mut [Tally],
) -> Result<(), SubjectFault> {
    results.clear();
    for (step, tally) in script.steps.iter_mut().zip(tallies) {
        for (place, from) in &step.results {
            step.arguments[*place] = *results.get(*from).ok_or_else(no_such_step)?;
        }
        let result = played::call(step.function, caller, &step.arguments);
        let raised = caller.take_raised();
        results.push(result.unwrap_or(Value::NIL));
        match result {
            Ok(stream) if is_stream(stream, caller) => {
                let outcome = fetched(stream, step.take, caller);
                tally.count(CallReply::of(outcome), 1);
            }
            result => {
                let mut token = |handle: Handle| {
                    let first = results.iter().position(|value| value.same(Value::handle(handle)));
                    Token(first.unwrap_or(results.len()) as u64)
                };
                let is = |(known, _): &&mut (CallReply, u64)| {
                    let arguments = (&*step.arguments, raised.as_ref());
                    is_reply(known, result, arguments, caller, &mut token)
                };
                match tally.replies.iter_mut().find(is) {
                    Some((_, times)) => *times += 1,
                    None => {
                        let arguments = (&*step.arguments, raised);
                        tally.count(reply(result, arguments, caller, &mut token), 1);
                    }
                }
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
            Ok(Some(item)) => items.push(to_host(item, &caller.heap, &mut |_| Token(0))),
            Ok(None) => break,
            Err(refusal) => return Outcome::Refused(Some(refusal.code().as_str().into())),
        }
    }
    match caller.close(stream) {
        Ok(()) => Outcome::Value(HostValue::Vector(items)),
        Err(refusal) => Outcome::Refused(Some(refusal.code().as_str().into())),
    }
}
