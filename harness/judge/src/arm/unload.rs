//! Unload: what a program may still do with a library that was unloaded under its functions (B-3). The
//! libraries are copies of the fixtures that nothing else has open.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use contract::{HostValue, Token, Type};
use corpus::case::{Case, Function, Given};
use subject::{
    CallReply, Capability, Dialect, OpenedId, Outcome, Pull, UnloadDuringRequest, UnloadReply,
};

use super::library::{as_ever, open, returns};
use super::{About, Arm, Gather, calls};
use crate::copies::Copies;
use crate::describe;
use crate::row::Class;
use crate::session::{OwnLibrary, Route, Session, Stop};

pub(super) struct Unload;

const CLAUSE: &str = "B-3";
const CLOSED: &str = "library-closed";
/// The fixture that returns its argument after as many milliseconds.
const LINGERS: &str = "linger";
/// Milliseconds of a call under which its library is unloaded.
const LONG: i64 = 40;
/// Threads that make it.
const THREADS: usize = 3;

impl Arm for Unload {
    fn about(&self) -> About {
        About {
            name: "unload",
            clauses: &[CLAUSE],
            gathers: Gather::ByObligation,
            twin: true,
            capability: Some(Capability::Unload),
            not_at_wire: Some(
                "at wire level a library is a path: nobody asks for it to be unloaded",
            ),
            ..About::PLAIN
        }
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        Some(CLAUSE)
    }

    fn applies(&self, case: &Case) -> bool {
        returns(case)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        // The cases differ in values, which a library's life does not hang on: one of them is enough.
        let Some(case) = cases.first() else { return Ok(()) };
        let copies = Copies::new()?;
        let path = copies.of(&session.library, "one")?;
        let Some((one, opened)) = own(&path, false, session)? else { return Ok(()) };
        let Some((other, other_opened)) = own(&path, false, session)? else { return Ok(()) };
        calls::run(case, session, one)?;
        calls::run(case, session, other)?;
        let streams = begin_streams(case, session, one)?;
        unload(opened, "unloading a library", session)?;
        if !session.judgement.holds() {
            return Ok(());
        }
        for step in case.steps() {
            judge_closed(&step.function, &step.arguments, one, session)?;
        }
        judge_streams(&streams, session)?;
        unload(opened, "unloading a library again", session)?;
        for step in case.steps() {
            judge_closed(&step.function, &step.arguments, one, session)?;
        }
        if !session.judgement.holds() {
            return Ok(());
        }
        session.judgement.during("in another object of the library's path");
        as_ever(CLAUSE, case, other, session)?;
        session.judgement.during("");
        unload(other_opened, "unloading the other object of its path", session)?;
        if session.judgement.holds() {
            reopen(cases, &copies, session)?;
        }
        if session.judgement.holds() && session.can(Capability::Threads) {
            unload_under_calls(&copies, session)?;
        }
        Ok(())
    }
}

/// A library opened as an object of its own.
fn own(path: &Path, twin: bool, session: &mut Session) -> Result<Option<(Route, OpenedId)>, Stop> {
    let Some(opened) = open(path, CLAUSE, session)? else { return Ok(None) };
    let own = OwnLibrary { path: path.to_owned(), opened: Some(opened), twin };
    Ok(Some((session.own(own), opened)))
}

/// Unloads a library, which is not refused where nothing of it runs, also a second time.
fn unload(library: OpenedId, what: &str, session: &mut Session) -> Result<(), Stop> {
    let reply = session.subject.unload(library)?;
    let describe = || {
        let observed = match &reply {
            UnloadReply::Done => "done".to_owned(),
            UnloadReply::Refused(None) => "refused".to_owned(),
            UnloadReply::Refused(Some(code)) => format!("refused: {code}"),
        };
        ("done".to_owned(), observed)
    };
    let holds = reply == UnloadReply::Done;
    session.judgement.check_as(Class::Refuse, CLAUSE, what, holds, describe);
    Ok(())
}

/// Makes a call into an unloaded library: it is refused, and nothing native is called.
fn judge_closed(
    function: &Function,
    arguments: &[Given],
    route: Route,
    session: &mut Session,
) -> Result<(), Stop> {
    let value = |given: &Given| match given {
        Given::Value(value) => Some(value.clone()),
        Given::Kept(_) => None,
    };
    // What takes the result of an earlier call has nothing to take.
    let Some(values) = arguments.iter().map(value).collect::<Option<Vec<_>>>() else {
        return Ok(());
    };
    let bound = session.bind(function, route)?.function;
    let first = session.evidence.next();
    let reply = session.subject.call(bound, &values)?;
    let events = session.evidence.next() - first;
    let call = describe::call(&function.symbol, arguments);
    session.judgement.saw(call.clone(), None);
    let what = format!("{call} after its library was unloaded");
    let holds = is_closed(&reply.outcome, session);
    let describe = || (format!("refused: {CLOSED}"), describe::reply(&reply));
    session.judgement.check(CLAUSE, &what, holds, describe);
    session.judgement.equal(CLAUSE, format_args!("native events of {what}"), &0, &events);
    Ok(())
}

fn is_closed(outcome: &Outcome, session: &Session) -> bool {
    match outcome {
        Outcome::Refused(Some(code)) => code == CLOSED,
        Outcome::Refused(None) => session.ready.dialects.contains(&Dialect::RawRefusals),
        _ => false,
    }
}

/// Streams that the calls of a case return, unread.
fn begin_streams(case: &Case, session: &mut Session, route: Route) -> Result<Vec<Token>, Stop> {
    let mut streams = Vec::new();
    for step in case.steps() {
        if !matches!(step.function.signature.returns, Type::Stream { .. }) {
            continue;
        }
        let function = session.bind(&step.function, route)?.function;
        let reply = session.subject.call(function, &calls::arguments(step, &HashMap::new()))?;
        if let Outcome::Value(HostValue::Stream(token)) = reply.outcome {
            streams.push(token);
        }
    }
    Ok(streams)
}

/// An item of a stream is refused, stopping it is not, and neither calls anything native.
fn judge_streams(streams: &[Token], session: &mut Session) -> Result<(), Stop> {
    for &stream in streams {
        let first = session.evidence.next();
        let pull = session.subject.next(stream)?;
        let outcome = match pull {
            Pull::Item(item) => Outcome::Value(item),
            Pull::End => Outcome::Value(HostValue::Nil),
            Pull::Refused(code) => Outcome::Refused(code),
        };
        let holds = is_closed(&outcome, session);
        let reply = CallReply::of(outcome);
        let what = "an item of a stream after its library was unloaded";
        let describe = || (format!("refused: {CLOSED}"), describe::reply(&reply));
        session.judgement.check(CLAUSE, what, holds, describe);
        session.subject.close(stream)?;
        let events = session.evidence.next() - first;
        session.judgement.equal(CLAUSE, format_args!("native events of {what}"), &0, &events);
    }
    session.subject.forget()?;
    Ok(())
}

/// Another file at the path of a library that was unloaded is another library.
fn reopen(cases: &[Arc<Case>], copies: &Copies, session: &mut Session) -> Result<(), Stop> {
    let found = cases.iter().find(|case| session.twin_has(case)).cloned();
    let twin = session.twin_path().map(ToOwned::to_owned);
    let (Some(case), Some(twin)) = (found, twin) else { return Ok(()) };
    let path = copies.of(&session.library, "changed")?;
    let Some((route, before)) = own(&path, false, session)? else { return Ok(()) };
    calls::run(&case, session, route)?;
    unload(before, "unloading a library", session)?;
    copies.of(&twin, "changed")?;
    let Some((route, after)) = own(&path, true, session)? else { return Ok(()) };
    session.judgement.during("in another file at the path of an unloaded library");
    as_ever(CLAUSE, &case, route, session)?;
    session.judgement.during("");
    unload(after, "unloading the other file", session)
}

/// Calls that run while their library is unloaded come to what they would, or are refused.
fn unload_under_calls(copies: &Copies, session: &mut Session) -> Result<(), Stop> {
    let Some(function) = session.corpus.functions.get(LINGERS).cloned() else { return Ok(()) };
    let path = copies.of(&session.library, "busy")?;
    let Some((route, library)) = own(&path, false, session)? else { return Ok(()) };
    let bound = session.bind(&function, route)?.function;
    let first = session.evidence.next();
    let arguments = [HostValue::Long(LONG)];
    let reply = session.subject.unload_during(&UnloadDuringRequest {
        library,
        function: bound,
        arguments: &arguments,
        threads: THREADS,
    })?;
    let events = session.evidence.next() - first;
    let what = format!("{LINGERS}({LONG}) while its library is unloaded");
    session.judgement.equal(CLAUSE, format_args!("calls of {what}"), &THREADS, &reply.calls.len());
    let mut made = 0;
    for call in &reply.calls {
        let returned = call.outcome == Outcome::Value(HostValue::Long(LONG));
        made += u64::from(returned);
        let holds = returned || is_closed(&call.outcome, session);
        let describe = || (format!("{LONG}, or refused: {CLOSED}"), describe::reply(call));
        session.judgement.check(CLAUSE, &what, holds, describe);
    }
    session.judgement.equal(CLAUSE, format_args!("native events of {what}"), &made, &events);
    // Who refuses while calls run does not when none does.
    unload(library, "unloading a library after its calls", session)?;
    judge_closed(&function, &[Given::Value(HostValue::Long(0))], route, session)
}
