//! Between the messages and what the `Subject` trait says.

use contract::{HostValue, RefusalCode, Token};

use super::messages::{BoundAndCalled, Counted, Reply, Request, Told};
use crate::numbers::{Decimal, Small};
use crate::{
    BenchReply, BenchRequest, BindRaceReply, BindRaceRequest, BindReply, CallReply, Called,
    Counters, NormalForms, OpenReply, Outcome, Pull, RaceReply, RaceRequest, RaiseReply, ReadReply,
    ReleaseReply, RepeatReply, RepeatRequest, ScriptArgument, SignatureRefusal, Tally,
    UnloadDuringReply, UnloadDuringRequest, UnloadReply,
};

/// A reply that is none to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OtherAnswer;

pub(crate) fn read_reply(reply: Reply) -> Result<ReadReply, OtherAnswer> {
    match reply {
        Reply::Accepted { signature, types } => {
            Ok(ReadReply::Accepted(signature.map(|signature| NormalForms { signature, types })))
        }
        Reply::Refused { .. } => refusal(reply).map(ReadReply::Refused),
        Reply::Unsupported { message } => Ok(ReadReply::Unsupported(message)),
        _ => Err(OtherAnswer),
    }
}

pub(crate) fn of_read(reply: ReadReply) -> Reply {
    match reply {
        ReadReply::Accepted(None) => Reply::Accepted { signature: None, types: Vec::new() },
        ReadReply::Accepted(Some(NormalForms { signature, types })) => {
            Reply::Accepted { signature: Some(signature), types }
        }
        ReadReply::Refused(refusal) => of_refusal(refusal),
        ReadReply::Unsupported(message) => Reply::Unsupported { message },
    }
}

fn refusal(reply: Reply) -> Result<SignatureRefusal, OtherAnswer> {
    let Reply::Refused { code, message, offset, form, .. } = reply else { return Err(OtherAnswer) };
    let known = code.as_deref().and_then(|code| code.parse::<RefusalCode>().ok());
    // A code the contract does not have is no code; the message says which it was.
    let message = match (&code, known) {
        (Some(code), None) => format!("`{code}`, which is no code of the contract: {message}"),
        _ => message,
    };
    Ok(SignatureRefusal { code: known, offset: offset.map(Small::index), form, message })
}

fn of_refusal(refusal: SignatureRefusal) -> Reply {
    Reply::Refused {
        code: refusal.code.map(|code| code.as_str().to_owned()),
        message: refusal.message,
        offset: refusal.offset.map(Small::from),
        form: refusal.form,
        argument: None,
    }
}

pub(crate) fn bind_reply(reply: Reply) -> Result<BindReply, OtherAnswer> {
    Ok(match reply {
        Reply::Bound { function, path } => BindReply::Bound { function, path },
        Reply::Refused { .. } => BindReply::Refused(refusal(reply)?),
        Reply::Unlinked { message } => BindReply::Unlinked(message),
        Reply::Unsupported { message } => BindReply::Unsupported(message),
        _ => return Err(OtherAnswer),
    })
}

pub(crate) fn of_bind(reply: BindReply) -> Reply {
    match reply {
        BindReply::Bound { function, path } => Reply::Bound { function, path },
        BindReply::Refused(refusal) => of_refusal(refusal),
        BindReply::Unlinked(message) => Reply::Unlinked { message },
        BindReply::Unsupported(message) => Reply::Unsupported { message },
    }
}

/// A call's outcome. `given` are the call's arguments: an array that the subject does not name is
/// unchanged.
pub(crate) fn call_reply(reply: Reply, given: &[&HostValue]) -> Result<CallReply, OtherAnswer> {
    let mut answer = CallReply::of(Outcome::Refused(None));
    let (outcome, named, called) = match reply {
        Reply::Value { value, arrays, calls } => (Outcome::Value(value), arrays, calls),
        Reply::Refused { code, argument, .. } => {
            answer.argument = argument.map(Small::index);
            (Outcome::Refused(code), Vec::new(), Vec::new())
        }
        Reply::Failed { code, calls, error } => {
            answer.raised = error;
            (Outcome::Failed(code), Vec::new(), calls)
        }
        _ => return Err(OtherAnswer),
    };
    let mut arrays: Vec<(usize, HostValue)> =
        named.into_iter().map(|(index, array)| (index.index(), array)).collect();
    let is_array = |index: &usize| match given.get(*index) {
        Some(HostValue::Same(_)) => true,
        given => given.is_some_and(|given| array(given).is_some()),
    };
    if !arrays.iter().all(|(index, _)| is_array(index)) {
        return Err(OtherAnswer);
    }
    let is_value = matches!(outcome, Outcome::Value(_));
    for (index, argument) in given.iter().enumerate().filter(|_| is_value) {
        if let Some(array) = array(argument)
            && !arrays.iter().any(|(named, _)| *named == index)
        {
            arrays.push((index, array));
        }
    }
    arrays.sort_by_key(|(index, _)| *index);
    if !matches!(outcome, Outcome::Refused(_)) {
        answer.calls = calls(called, given)?;
    }
    Ok(CallReply { outcome, arrays, ..answer })
}

/// What each function among the arguments was called with; one that the subject does not name was not called.
fn calls(
    named: Vec<(Small, Vec<Vec<HostValue>>)>,
    given: &[&HostValue],
) -> Result<Vec<Called>, OtherAnswer> {
    let functions = given.iter().enumerate();
    let functions = functions.filter(|(_, given)| matches!(given, HostValue::Function(_)));
    let mut calls: Vec<Called> = functions.map(|(index, _)| (index, Vec::new())).collect();
    for (index, of_one) in named {
        let function = calls.iter_mut().find(|(function, _)| *function == index.index());
        function.ok_or(OtherAnswer)?.1 = of_one;
    }
    Ok(calls)
}

/// The array that an argument is, all of it where it is a view of one.
fn array(argument: &HostValue) -> Option<HostValue> {
    match argument {
        HostValue::Array(element, bytes) | HostValue::View(element, bytes, ..) => {
            Some(HostValue::Array(*element, bytes.clone()))
        }
        _ => None,
    }
}

pub(crate) fn of_call(reply: CallReply) -> Reply {
    match reply.outcome {
        Outcome::Value(value) => {
            let arrays = reply.arrays.into_iter();
            let arrays = arrays.map(|(index, array)| (index.into(), array)).collect();
            Reply::Value { value, arrays, calls: of_calls(reply.calls) }
        }
        Outcome::Refused(code) => refused(code, reply.argument),
        Outcome::Failed(code) => {
            Reply::Failed { code, calls: of_calls(reply.calls), error: reply.raised }
        }
    }
}

fn of_calls(calls: Vec<Called>) -> Vec<(Small, Vec<Vec<HostValue>>)> {
    let made = calls.into_iter().filter(|(_, calls)| !calls.is_empty());
    made.map(|(index, calls)| (index.into(), calls)).collect()
}

/// The refusal of what is no signature.
fn refused(code: Option<String>, argument: Option<usize>) -> Reply {
    let argument = argument.map(Small::from);
    Reply::Refused { code, message: String::new(), offset: None, form: None, argument }
}

pub(crate) fn next_reply(reply: Reply) -> Result<Pull, OtherAnswer> {
    Ok(match reply {
        Reply::Item { value } => Pull::Item(value),
        Reply::End {} => Pull::End,
        Reply::Refused { code, .. } => Pull::Refused(code),
        _ => return Err(OtherAnswer),
    })
}

pub(crate) fn of_next(pull: Pull) -> Reply {
    match pull {
        Pull::Item(value) => Reply::Item { value },
        Pull::End => Reply::End {},
        Pull::Refused(code) => refused(code, None),
    }
}

pub(crate) fn raise_reply(reply: Reply) -> Result<RaiseReply, OtherAnswer> {
    match reply {
        Reply::Raised { items, error } => Ok(RaiseReply { items, error }),
        _ => Err(OtherAnswer),
    }
}

pub(crate) fn of_raise(RaiseReply { items, error }: RaiseReply) -> Reply {
    Reply::Raised { items, error }
}

pub(crate) fn repeat_request(request: &RepeatRequest<'_>) -> Request {
    Request::Repeat {
        scripts: request.scripts.to_vec(),
        rounds: Small::new(request.rounds),
        threads: request.threads.into(),
        collect: request.collect,
    }
}

pub(crate) fn repeat_reply(
    reply: Reply,
    request: &RepeatRequest<'_>,
) -> Result<RepeatReply, OtherAnswer> {
    let Reply::Tallies { scripts } = reply else { return Err(OtherAnswer) };
    let tally = |counted: Vec<Counted>, given: &[&HostValue]| -> Result<Tally, OtherAnswer> {
        let reply =
            |one: Counted| call_reply(*one.reply, given).map(|reply| (reply, one.times.get()));
        Ok(Tally { replies: counted.into_iter().map(reply).collect::<Result<_, _>>()? })
    };
    let given = |script: usize, step: usize| -> Vec<&HostValue> {
        let steps = request.scripts.get(script).map(|script| &script.steps);
        let Some(step) = steps.and_then(|steps| steps.get(step)) else { return Vec::new() };
        step.arguments.iter().map(given_value).collect()
    };
    let scripts = scripts
        .into_iter()
        .enumerate()
        .map(|(script, steps)| {
            let steps = steps.into_iter().enumerate();
            steps.map(|(step, counted)| tally(counted, &given(script, step))).collect()
        })
        .collect::<Result<_, _>>()?;
    Ok(RepeatReply { scripts })
}

fn given_value(argument: &ScriptArgument) -> &HostValue {
    match argument {
        ScriptArgument::Value(value) => value,
        ScriptArgument::Result(_) => &HostValue::Nil,
    }
}

pub(crate) fn of_repeat(reply: RepeatReply) -> Reply {
    let counted =
        |(reply, times)| Counted { reply: Box::new(of_call(reply)), times: Small::new(times) };
    let tally = |tally: Tally| tally.replies.into_iter().map(counted).collect();
    let steps = |steps: Vec<Tally>| steps.into_iter().map(tally).collect();
    Reply::Tallies { scripts: reply.scripts.into_iter().map(steps).collect() }
}

pub(crate) fn race_request(request: &RaceRequest<'_>) -> Request {
    Request::Race {
        function: request.function,
        rows: request.rows.to_vec(),
        threads: request.threads.into(),
    }
}

pub(crate) fn race_reply(
    reply: Reply,
    request: &RaceRequest<'_>,
) -> Result<RaceReply, OtherAnswer> {
    let Reply::Raced { rows } = reply else { return Err(OtherAnswer) };
    let row = |(number, replies): (usize, Vec<Reply>)| {
        let given: Vec<&HostValue> = request.rows.get(number).into_iter().flatten().collect();
        replies.into_iter().map(|reply| call_reply(reply, &given)).collect()
    };
    Ok(RaceReply { rows: rows.into_iter().enumerate().map(row).collect::<Result<_, _>>()? })
}

pub(crate) fn of_race(reply: RaceReply) -> Reply {
    let row = |row: Vec<CallReply>| row.into_iter().map(of_call).collect();
    Reply::Raced { rows: reply.rows.into_iter().map(row).collect() }
}

pub(crate) fn bind_race_request(request: &BindRaceRequest<'_>) -> Request {
    Request::BindRace { rows: request.rows.to_vec() }
}

/// A call is answered where its function is bound, and nowhere else.
pub(crate) fn bind_race_reply(
    reply: Reply,
    request: &BindRaceRequest<'_>,
) -> Result<BindRaceReply, OtherAnswer> {
    let Reply::BindRaced { rows } = reply else { return Err(OtherAnswer) };
    let one = |row: usize, (thread, one): (usize, BoundAndCalled)| {
        let given = request.rows.get(row).and_then(|row| row.get(thread)).ok_or(OtherAnswer)?;
        let given: Vec<&HostValue> = given.arguments.iter().collect();
        match (bind_reply(*one.bound)?, one.called) {
            (bound @ BindReply::Bound { .. }, Some(called)) => {
                Ok((bound, Some(call_reply(*called, &given)?)))
            }
            (BindReply::Bound { .. }, None) | (_, Some(_)) => Err(OtherAnswer),
            (other, None) => Ok((other, None)),
        }
    };
    let row = |(number, replies): (usize, Vec<BoundAndCalled>)| {
        replies.into_iter().enumerate().map(|reply| one(number, reply)).collect()
    };
    let rows = rows.into_iter().enumerate().map(row).collect::<Result<_, _>>()?;
    Ok(BindRaceReply { rows })
}

pub(crate) fn of_bind_race(reply: BindRaceReply) -> Reply {
    let one = |(bound, called): (BindReply, Option<CallReply>)| BoundAndCalled {
        bound: Box::new(of_bind(bound)),
        called: called.map(|called| Box::new(of_call(called))),
    };
    let row = |row: Vec<_>| row.into_iter().map(one).collect();
    Reply::BindRaced { rows: reply.rows.into_iter().map(row).collect() }
}

pub(crate) fn open_reply(reply: Reply) -> Result<OpenReply, OtherAnswer> {
    match reply {
        Reply::Opened { library } => Ok(OpenReply::Opened(library)),
        Reply::Unlinked { message } => Ok(OpenReply::Unlinked(message)),
        _ => Err(OtherAnswer),
    }
}

pub(crate) fn of_open(reply: OpenReply) -> Reply {
    match reply {
        OpenReply::Opened(library) => Reply::Opened { library },
        OpenReply::Unlinked(message) => Reply::Unlinked { message },
    }
}

pub(crate) fn unload_reply(reply: Reply) -> Result<UnloadReply, OtherAnswer> {
    match reply {
        Reply::Done {} => Ok(UnloadReply::Done),
        Reply::Refused { code, .. } => Ok(UnloadReply::Refused(code)),
        _ => Err(OtherAnswer),
    }
}

pub(crate) fn of_unload(reply: UnloadReply) -> Reply {
    match reply {
        UnloadReply::Done => Reply::Done {},
        UnloadReply::Refused(code) => refused(code, None),
    }
}

pub(crate) fn release_reply(reply: Reply) -> Result<ReleaseReply, OtherAnswer> {
    match reply {
        Reply::Done {} => Ok(ReleaseReply::Done),
        Reply::Refused { code, .. } => Ok(ReleaseReply::Refused(code)),
        _ => Err(OtherAnswer),
    }
}

pub(crate) fn of_release(reply: ReleaseReply) -> Reply {
    match reply {
        ReleaseReply::Done => Reply::Done {},
        ReleaseReply::Refused(code) => refused(code, None),
    }
}

pub(crate) fn made_reply(reply: Reply) -> Result<Token, OtherAnswer> {
    match reply {
        Reply::Made { kept, address: None } => Ok(Token(kept.0)),
        _ => Err(OtherAnswer),
    }
}

pub(crate) fn heard_reply(reply: Reply) -> Result<Vec<Vec<HostValue>>, OtherAnswer> {
    let Reply::Heard { calls } = reply else { return Err(OtherAnswer) };
    let value = |told| match told {
        Told::Value(value) => Ok(value),
        Told::Carrier(_) => Err(OtherAnswer),
    };
    calls.into_iter().map(|call| call.into_iter().map(value).collect()).collect()
}

pub(crate) fn of_heard(calls: Vec<Vec<HostValue>>) -> Reply {
    let call = |call: Vec<HostValue>| call.into_iter().map(Told::Value).collect();
    Reply::Heard { calls: calls.into_iter().map(call).collect() }
}

pub(crate) fn unload_during_request(request: &UnloadDuringRequest<'_>) -> Request {
    Request::UnloadDuring {
        opened: request.library,
        function: request.function,
        arguments: request.arguments.to_vec(),
        threads: request.threads.into(),
    }
}

pub(crate) fn unload_during_reply(
    reply: Reply,
    request: &UnloadDuringRequest<'_>,
) -> Result<UnloadDuringReply, OtherAnswer> {
    let Reply::Unloading { unloaded, calls } = reply else { return Err(OtherAnswer) };
    let given: Vec<&HostValue> = request.arguments.iter().collect();
    let calls = calls.into_iter().map(|call| call_reply(call, &given)).collect::<Result<_, _>>()?;
    Ok(UnloadDuringReply { unloaded, calls })
}

pub(crate) fn of_unload_during(reply: UnloadDuringReply) -> Reply {
    let calls = reply.calls.into_iter().map(of_call).collect();
    Reply::Unloading { unloaded: reply.unloaded, calls }
}

pub(crate) fn bench_request(request: &BenchRequest<'_>) -> Request {
    let keyword = |(name, number): &(String, u64)| (name.clone(), Decimal(*number));
    Request::Bench {
        setup: request.setup.clone(),
        rows: request.rows.to_vec(),
        count: Small::new(request.count),
        keywords: request.keywords.iter().map(keyword).collect(),
    }
}

pub(crate) fn bench_reply(reply: Reply) -> Result<BenchReply, OtherAnswer> {
    if let Reply::Benched(reply) = reply { Ok(reply) } else { Err(OtherAnswer) }
}

pub(crate) fn counters_reply(reply: Reply) -> Result<Counters, OtherAnswer> {
    if let Reply::Counters(counters) = reply { Ok(counters) } else { Err(OtherAnswer) }
}

/// What `errno` is of which a message has the bits.
pub(crate) fn errno(bits: Small) -> i32 {
    (bits.get() as u32).cast_signed()
}

pub(crate) fn of_errno(value: i32) -> Reply {
    Reply::Errno { value: bits_of(value) }
}

pub(crate) fn errno_request(set: Option<i32>) -> Request {
    Request::Errno { set: set.map(bits_of) }
}

pub(crate) fn errno_reply(reply: Reply) -> Result<i32, OtherAnswer> {
    match reply {
        Reply::Errno { value } if u32::try_from(value.get()).is_ok() => Ok(errno(value)),
        _ => Err(OtherAnswer),
    }
}

fn bits_of(errno: i32) -> Small {
    u64::from(errno.cast_unsigned()).into()
}

pub(crate) fn done(reply: Reply) -> Result<(), OtherAnswer> {
    if matches!(reply, Reply::Done {}) { Ok(()) } else { Err(OtherAnswer) }
}
