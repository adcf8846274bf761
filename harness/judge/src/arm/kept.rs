//! Function objects of the host's, which the library keeps (K-7, K-8): made, given to calls, called by later ones, released. Each
//! is judged by what the subject says that its function was given, and by what the callee gave and got on the evidence page.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{HostValue, Token};
use corpus::case::{Body, Case, Given, KeptStep, Made, Step};
use corpus::model;
use subject::evidence::{Event, EventKind, Item};
use subject::{Capability, Dialect, ReleaseReply, SubjectFault};

use super::callbacks::{self, check};
use super::{About, Arm, Gather, Puts, calls, memory};
use crate::alike::same;
use crate::blame::nearest;
use crate::describe;
use crate::row::{Class, Reason};
use crate::session::{Route, Session, Stop};
use crate::verdict::{Judgement, Unsupported};

/// What is kept is called as it should be, and ends when it is released.
pub(super) struct Kept;

/// Nothing is left of what is released.
pub(super) struct Released;

/// Times that objects are made and released in the first windows.
const TIMES: u64 = 512;

const ABOUT: About =
    About { name: "kept", capability: Some(Capability::KeptCallbacks), twin: true, ..About::PLAIN };

/// The ways that calls are made, and what each is called.
const WAYS: [(Route, Option<Capability>, &str); 4] = [
    (Route::BySignature, None, ""),
    (Route::General, Some(Capability::ForcePath), "on the general path"),
    (Route::OtherEngine, Some(Capability::Engines), "by the other engine"),
    (Route::Twin, Some(Capability::Libraries), "in the C twin"),
];

impl Arm for Kept {
    fn about(&self) -> About {
        ABOUT
    }

    fn applies(&self, case: &Case) -> bool {
        matches!(case.body, Body::Kept(_))
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        for (route, capability, name) in WAYS {
            let there = route != Route::Twin || session.twin_has(case);
            if there
                && capability.is_none_or(|needed| session.can(needed))
                && session.judgement.holds()
            {
                session.judgement.during(name);
                put(case, session, route)?;
            }
        }
        session.judgement.during("");
        Ok(())
    }
}

impl Arm for Released {
    fn about(&self) -> About {
        About {
            name: "released",
            clauses: &["N-5"],
            gathers: Gather::BySuite,
            twin: false,
            puts: Puts::Often,
            // What was freed before would take what leaks, unseen.
            processes: 1,
            ..ABOUT
        }
    }

    fn applies(&self, case: &Case) -> bool {
        // Objects leak whatever they are called with: those that are few are made more often.
        Kept.applies(case)
            && case.kept().len() < 16
            && !case.kept().iter().any(KeptStep::is_refused)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        memory::looks_at_all(session)?;
        let Some(case) = cases.first() else { return Ok(()) };
        put(case, session, Route::BySignature)?;
        if !session.judgement.holds() {
            return Err(Stop::Gated(
                Reason::NotKnown,
                "these cases do not pass as they are".into(),
            ));
        }
        let leak = memory::grows(TIMES, session, |session, times| {
            (0..times).try_for_each(|_| repeat(case, session))
        })?;
        let describe = || memory::described(leak.as_deref().unwrap_or_default());
        let what = "memory of the binder's process by each function object that is released";
        session.judgement.check_as(Class::Leak, "K-8", what, leak.is_none(), describe);
        Ok(())
    }
}

/// Makes the steps of a case once, looking at nothing.
fn repeat(case: &Case, session: &mut Session) -> Result<(), Stop> {
    let mut kept = HashMap::new();
    for step in case.kept() {
        match step {
            KeptStep::Make(Made { name, of, answers }) => {
                let token = session.subject.make(of, answers, false)?;
                kept.insert(name.clone(), HostValue::Kept(token));
            }
            KeptStep::Call { step, .. } => {
                let arguments = calls::arguments(step, &kept);
                let function = session.bind(&step.function, Route::BySignature)?.function;
                session.subject.call(function, &arguments)?;
            }
            KeptStep::Release { name, .. } => {
                if let Some(HostValue::Kept(token)) = kept.get(name) {
                    session.subject.release(*token)?;
                }
            }
            KeptStep::Collect => {}
        }
    }
    Ok(())
}

/// The objects of a case.
#[derive(Default)]
struct Objects<'c> {
    /// By name, as arguments.
    values: HashMap<String, HostValue>,
    /// By name, what each is and was called with.
    known: HashMap<&'c str, Object<'c>>,
}

struct Object<'c> {
    made: &'c Made,
    token: Token,
    /// The fixtures that it was given to, by their ids, and as which of their parameters.
    given: Vec<(Option<u32>, usize)>,
    heard: Vec<Vec<HostValue>>,
    released: bool,
}

/// What has the fixtures let go of every function object.
const LETS_GO: &str = "unkeep";

/// Makes and judges the steps of a case; where it does not come to its end the library lets go of what it was given, so
/// that no later trial calls it, and what is left is released.
fn put(case: &Case, session: &mut Session, route: Route) -> Result<(), Stop> {
    let mut objects = Objects::default();
    let came = case.kept().iter().try_for_each(|step| {
        // What comes after something that differs means nothing.
        if session.judgement.holds() { one(step, &mut objects, session, route) } else { Ok(()) }
    });
    if matches!(&came, Err(Stop::Fault(fault)) if fault.is_loss()) {
        return came;
    }
    if (came.is_err() || !session.judgement.holds())
        && let Err(Stop::Fault(fault)) = let_go(case, session, route)
        && fault.is_loss()
    {
        return Err(fault.into());
    }
    for object in objects.known.values().filter(|object| !object.released) {
        match session.subject.release(object.token) {
            Err(fault) if fault.is_loss() => return Err(fault.into()),
            Ok(_) | Err(_) => {}
        }
    }
    session.subject.forget()?;
    came
}

fn let_go(case: &Case, session: &mut Session, route: Route) -> Result<(), Stop> {
    let lets_go = case.kept().iter().find_map(|step| match step {
        KeptStep::Call { step, .. } if step.function.symbol == LETS_GO => Some(&step.function),
        _ => None,
    });
    if let Some(function) = lets_go {
        let function = session.bind(function, route)?.function;
        session.subject.call(function, &[])?;
    }
    Ok(())
}

fn one<'c>(
    step: &'c KeptStep,
    objects: &mut Objects<'c>,
    session: &mut Session,
    route: Route,
) -> Result<(), Stop> {
    match step {
        KeptStep::Make(made) => {
            let token = make(made, session)?;
            objects.values.insert(made.name.clone(), HostValue::Kept(token));
            let object =
                Object { made, token, given: Vec::new(), heard: Vec::new(), released: false };
            objects.known.insert(&made.name, object);
            Ok(())
        }
        KeptStep::Call { step, heard } => call(step, heard, objects, session, route),
        KeptStep::Release { name, refuses } => release(name, refuses.as_deref(), objects, session),
        KeptStep::Collect if session.can(Capability::Collect) => Ok(session.subject.collect()?),
        KeptStep::Collect => Ok(()),
    }
}

/// Makes an object, and says of what a library does not support that it is this one.
fn make(made: &Made, session: &mut Session) -> Result<Token, Stop> {
    let came = session.subject.make(&made.of, &made.answers, false);
    if let Err(SubjectFault::Unsupported { .. }) = &came {
        session.judgement.unsupported = Some(Unsupported {
            call: format!("the function object `{}` is made", made.name),
            arrived: Vec::new(),
            clause: of_calls(&session.judgement),
            is_lacking: callbacks::has(&made.of, &session.ready.lacks),
        });
    }
    Ok(came?)
}

fn call<'c>(
    step: &Step,
    heard: &'c [(String, Vec<HostValue>)],
    objects: &mut Objects<'c>,
    session: &mut Session,
    route: Route,
) -> Result<(), Stop> {
    let mut step = step.clone();
    step.leeway.raw_refusals = session.ready.dialects.contains(&Dialect::RawRefusals);
    let id = session.native_id(&step.function.symbol, route);
    for (place, argument) in step.arguments.iter().enumerate() {
        if let Given::Kept(name) = argument
            && let Some(object) = objects.known.get_mut(&**name)
        {
            object.given.push((id, place));
        }
    }
    let observation = calls::step(&step, &mut objects.values, session, route)?;
    seen(&step, heard, objects, &observation.events, session);
    for (name, arguments) in heard {
        if let Some(object) = objects.known.get_mut(&**name) {
            object.heard.push(arguments.clone());
        }
    }
    let mut named: Vec<&str> = heard.iter().map(|(name, _)| &**name).collect();
    named.sort_unstable();
    named.dedup();
    named.into_iter().try_for_each(|name| said(name, objects, session))
}

/// Judges by the evidence what the callee called objects with, and what it got.
fn seen(
    step: &Step,
    heard: &[(String, Vec<HostValue>)],
    objects: &Objects<'_>,
    events: &[Event],
    session: &mut Session,
) {
    let (judgement, declarations) = (&mut session.judgement, &session.corpus.declarations);
    let clause = of_calls(judgement);
    let call = describe::call(&step.function.symbol, &step.arguments);
    let of_kind = |kind| events.iter().filter(move |event| event.kind == kind);
    let (given, back) = (of_kind(EventKind::Callback), of_kind(EventKind::Back));
    for counted in [given.clone().count(), back.clone().count()] {
        let what = format_args!("calls of function objects by {call}");
        judgement.equal(clause, what, &heard.len(), &counted);
    }
    let mut made: HashMap<&str, usize> = HashMap::new();
    for (number, ((name, arguments), (given, back))) in
        heard.iter().zip(given.zip(back)).enumerate()
    {
        let Some(Object { made: object, given: to, heard: before, .. }) =
            objects.known.get(&**name)
        else {
            continue;
        };
        for event in [given, back] {
            let of = |(id, place): &(Option<u32>, usize)| {
                *id == Some(event.function)
                    && event.items.first() == Some(&Item::Integer(*place as u64))
            };
            let what = format_args!("the fixture that call {number} of `{name}` by {call} is of");
            let describe = || ("one that it was given to".into(), "another".into());
            judgement.check(clause, what, to.iter().any(of), describe);
        }
        for (at, (of, due)) in object.of.arguments.iter().zip(arguments).enumerate() {
            let Some(due) = model::given(of, due, declarations) else { continue };
            let what = format_args!("argument {at} of call {number} of `{name}` by {call}");
            check(clause, what, &due, given.items.get(at + 1), judgement);
        }
        let turn = made.entry(name).or_insert(before.len());
        let answer = object.answers.get(*turn).or(object.answers.last());
        *turn += 1;
        let due = answer.and_then(|value| model::given(&object.of.returns, value, declarations));
        if let Some(due) = due {
            let what = format_args!("result of call {number} of `{name}` by {call}");
            check(clause, what, &due, back.items.get(1), judgement);
        }
    }
}

/// The clause of what objects are given and give: of those called on another thread K-6 says what K-7 says of others.
fn of_calls(judgement: &Judgement) -> Option<&'static str> {
    nearest(&["K-6", "K-7"], &judgement.cited)
}

/// Judges what the subject says that an object was called with since it was made.
fn said(name: &str, objects: &Objects<'_>, session: &mut Session) -> Result<(), Stop> {
    let Some(object) = objects.known.get(name) else { return Ok(()) };
    let said = session.subject.heard(object.token)?;
    let one = |due: &Vec<HostValue>, said: &Vec<HostValue>| {
        due.len() == said.len() && due.iter().zip(said).all(|(due, said)| same(due, said))
    };
    let due = &object.heard;
    let holds = due.len() == said.len() && due.iter().zip(&said).all(|(due, said)| one(due, said));
    let what = format_args!("calls that the function object `{name}` heard");
    let describe = || (callbacks::shown(due), callbacks::shown(&said));
    let clause = of_calls(&session.judgement);
    session.judgement.check(clause, what, holds, describe);
    Ok(())
}

fn release(
    name: &str,
    refuses: Option<&str>,
    objects: &mut Objects<'_>,
    session: &mut Session,
) -> Result<(), Stop> {
    if refuses.is_none() {
        said(name, objects, session)?;
    }
    let Some(object) = objects.known.get_mut(name) else { return Ok(()) };
    object.released = true;
    let reply = match session.subject.release(object.token) {
        Err(SubjectFault::Unsupported { message, .. }) => ReleaseReply::Refused(Some(message)),
        reply => reply?,
    };
    let raw = session.ready.dialects.contains(&Dialect::RawRefusals);
    let holds = match (&reply, refuses) {
        (ReleaseReply::Done, None) => true,
        (ReleaseReply::Refused(None), Some(_)) => raw,
        (ReleaseReply::Refused(Some(code)), Some(due)) => code == due,
        _ => false,
    };
    let shown =
        |code: Option<&str>| code.map_or("refused".to_owned(), |code| format!("refused: {code}"));
    let describe = || {
        let due = refuses.map_or("done".to_owned(), |code| shown(Some(code)));
        let observed = match &reply {
            ReleaseReply::Done => "done".to_owned(),
            ReleaseReply::Refused(code) => shown(code.as_deref()),
        };
        (due, observed)
    };
    let what = format_args!("releasing the function object `{name}`");
    // To refuse a release is one thing, not to refuse one another.
    let class = if refuses.is_none() { Class::Refuse } else { Class::Fail };
    session.judgement.check_as(class, "K-8", what, holds, describe);
    Ok(())
}
