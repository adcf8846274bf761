//! Between the messages and what the `Subject` trait says.

use contract::HostValue;
use contract::{Path, RefusalCode};

use super::messages::{
    Counted, Decimal, PathName, Reply, Request, Small, WireArgument, WireScript, WireStep,
    WireValue,
};
use crate::{
    BenchReply, BenchRequest, BindReply, BindRequest, BoundId, CallReply, Counters, NormalForms,
    Outcome, Pull, RaceReply, RaceRequest, ReadReply, ReadRequest, RepeatReply, RepeatRequest,
    Script, ScriptArgument, ScriptStep, SignatureRefusal, Tally,
};

/// A reply that is none to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OtherAnswer;

pub(crate) fn read_request(request: &ReadRequest) -> Request {
    let ReadRequest { signature, declarations } = request.clone();
    Request::Read { signature, declarations }
}

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
    let Reply::Refused { code, message, offset, form } = reply else { return Err(OtherAnswer) };
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
    }
}

pub(crate) fn bind_request(request: &BindRequest) -> Request {
    let request = request.clone();
    Request::Bind {
        symbol: request.symbol,
        signature: request.signature,
        consumes: request.consumes.map(Small::from),
        force_general: request.force_general,
        other_engine: request.other_engine,
        library: request.library.map(|path| path.display().to_string()),
    }
}

pub(crate) fn bind_reply(reply: Reply) -> Result<BindReply, OtherAnswer> {
    Ok(match reply {
        Reply::Bound { function, path } => {
            BindReply::Bound { function: BoundId(function.index()), path: path.map(path_of) }
        }
        Reply::Refused { .. } => BindReply::Refused(refusal(reply)?),
        Reply::Unlinked { message } => BindReply::Unlinked(message),
        Reply::Unsupported { message } => BindReply::Unsupported(message),
        _ => return Err(OtherAnswer),
    })
}

pub(crate) fn of_bind(reply: BindReply) -> Reply {
    match reply {
        BindReply::Bound { function, path } => {
            Reply::Bound { function: function.0.into(), path: path.map(path_name) }
        }
        BindReply::Refused(refusal) => of_refusal(refusal),
        BindReply::Unlinked(message) => Reply::Unlinked { message },
        BindReply::Unsupported(message) => Reply::Unsupported { message },
    }
}

const fn path_of(name: PathName) -> Path {
    match name {
        PathName::Scalar => Path::Scalar,
        PathName::EnumAndHandle => Path::EnumAndHandle,
        PathName::General => Path::General,
    }
}

const fn path_name(path: Path) -> PathName {
    match path {
        Path::Scalar => PathName::Scalar,
        Path::EnumAndHandle => PathName::EnumAndHandle,
        Path::General => PathName::General,
    }
}

pub(crate) fn values(values: &[HostValue]) -> Vec<WireValue> {
    values.iter().cloned().map(WireValue).collect()
}

pub(crate) fn of_values(values: Vec<WireValue>) -> Vec<HostValue> {
    values.into_iter().map(|value| value.0).collect()
}

/// A call's outcome. `given` are the call's arguments: an array that the subject does not name is
/// unchanged.
pub(crate) fn call_reply(reply: Reply, given: &[&HostValue]) -> Result<CallReply, OtherAnswer> {
    let (outcome, named) = match reply {
        Reply::Value { value, arrays } => (Outcome::Value(value.0), arrays),
        Reply::Refused { code, .. } => (Outcome::Refused(code), Vec::new()),
        Reply::Failed { code } => (Outcome::Failed(code), Vec::new()),
        _ => return Err(OtherAnswer),
    };
    let mut arrays: Vec<(usize, HostValue)> =
        named.into_iter().map(|(index, array)| (index.index(), array.0)).collect();
    let is_value = matches!(outcome, Outcome::Value(_));
    for (index, argument) in given.iter().enumerate().filter(|_| is_value) {
        let unnamed = !arrays.iter().any(|(named, _)| *named == index);
        if matches!(argument, HostValue::Array(..)) && unnamed {
            arrays.push((index, (*argument).clone()));
        }
    }
    arrays.sort_by_key(|(index, _)| *index);
    Ok(CallReply { outcome, arrays })
}

pub(crate) fn of_call(reply: CallReply) -> Reply {
    match reply.outcome {
        Outcome::Value(value) => {
            let arrays = reply.arrays.into_iter();
            let arrays = arrays.map(|(index, array)| (index.into(), WireValue(array))).collect();
            Reply::Value { value: WireValue(value), arrays }
        }
        Outcome::Refused(code) => {
            Reply::Refused { code, message: String::new(), offset: None, form: None }
        }
        Outcome::Failed(code) => Reply::Failed { code },
    }
}

pub(crate) fn next_reply(reply: Reply) -> Result<Pull, OtherAnswer> {
    Ok(match reply {
        Reply::Item { value } => Pull::Item(value.0),
        Reply::End {} => Pull::End,
        Reply::Refused { code, .. } => Pull::Refused(code),
        _ => return Err(OtherAnswer),
    })
}

pub(crate) fn of_next(pull: Pull) -> Reply {
    match pull {
        Pull::Item(value) => Reply::Item { value: WireValue(value) },
        Pull::End => Reply::End {},
        Pull::Refused(code) => {
            Reply::Refused { code, message: String::new(), offset: None, form: None }
        }
    }
}

fn script(script: &Script) -> WireScript {
    let argument = |argument: &ScriptArgument| match argument {
        ScriptArgument::Value(value) => WireArgument::Value(WireValue(value.clone())),
        ScriptArgument::Result(step) => WireArgument::Result((*step).into()),
    };
    let step = |step: &ScriptStep| WireStep {
        function: step.function.0.into(),
        arguments: step.arguments.iter().map(argument).collect(),
        take: step.take.map(Small::from),
    };
    WireScript { steps: script.steps.iter().map(step).collect() }
}

fn of_script(script: WireScript) -> Script {
    let argument = |argument| match argument {
        WireArgument::Value(value) => ScriptArgument::Value(value.0),
        WireArgument::Result(step) => ScriptArgument::Result(step.index()),
    };
    let step = |step: WireStep| ScriptStep {
        function: BoundId(step.function.index()),
        arguments: step.arguments.into_iter().map(argument).collect(),
        take: step.take.map(Small::index),
    };
    Script { steps: script.steps.into_iter().map(step).collect() }
}

pub(crate) fn of_scripts(scripts: Vec<WireScript>) -> Vec<Script> {
    scripts.into_iter().map(of_script).collect()
}

pub(crate) fn repeat_request(request: &RepeatRequest<'_>) -> Request {
    Request::Repeat {
        scripts: request.scripts.iter().map(script).collect(),
        rounds: Small::new(request.rounds),
        threads: request.threads.into(),
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
        function: request.function.0.into(),
        rows: request.rows.iter().map(|row| values(row)).collect(),
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

pub(crate) fn bench_request(request: &BenchRequest<'_>) -> Request {
    let keyword = |(name, number): &(String, u64)| (name.clone(), Decimal(*number));
    Request::Bench {
        setup: script(request.setup),
        rows: request.rows.iter().map(script).collect(),
        count: Small::new(request.count),
        keywords: request.keywords.iter().map(keyword).collect(),
    }
}

pub(crate) fn bench_reply(reply: Reply) -> Result<BenchReply, OtherAnswer> {
    let Reply::Benched { elapsed_ns, checksum } = reply else { return Err(OtherAnswer) };
    Ok(BenchReply { elapsed_ns: elapsed_ns.get(), checksum: checksum.0 })
}

pub(crate) fn of_bench(reply: BenchReply) -> Reply {
    Reply::Benched { elapsed_ns: Small::new(reply.elapsed_ns), checksum: Decimal(reply.checksum) }
}

pub(crate) fn counters_reply(reply: Reply) -> Result<Counters, OtherAnswer> {
    let Reply::Counters { scopes, scope_bytes, open_scopes } = reply else {
        return Err(OtherAnswer);
    };
    Ok(Counters {
        scopes: scopes.get(),
        scope_bytes: scope_bytes.get(),
        open_scopes: open_scopes.get(),
    })
}

pub(crate) fn of_counters(counters: Counters) -> Reply {
    Reply::Counters {
        scopes: Small::new(counters.scopes),
        scope_bytes: Small::new(counters.scope_bytes),
        open_scopes: Small::new(counters.open_scopes),
    }
}

pub(crate) fn done(reply: Reply) -> Result<(), OtherAnswer> {
    if matches!(reply, Reply::Done {}) { Ok(()) } else { Err(OtherAnswer) }
}
