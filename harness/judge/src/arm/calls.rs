//! A case's calls, once and in order, each judged by what came back and by the evidence page.

use std::borrow::Cow;
use std::collections::HashMap;

use contract::abi::{Abi, Strength};
use contract::{Declarations, HostValue, Path, Token};
use corpus::case::{Arrival, Case, Expect, Expected, Given, Leeway, Step};
use corpus::model::{self, Obliged};
use subject::evidence::{Event, EventKind, Ledger};
use subject::{BoundId, CallReply, Counters, Outcome, SubjectFault};

use super::callbacks;
use super::ledger;
use super::places;
use super::stream;
use crate::alike::same;
use crate::arrived;
use crate::blame;
use crate::describe;
use crate::dialect;
use crate::row::Class;
use crate::session::{Bound, Route, Session, Stop};
use crate::verdict::{Judgement, Unsupported};

/// What one call was seen to do.
pub(super) struct Observation {
    pub(super) reply: CallReply,
    pub(super) events: Vec<Event>,
    /// What each carrier had to be, as far as the case or the model knows it.
    pub(super) expected: Vec<Option<Arrival>>,
    pub(super) path: Option<Path>,
    pub(super) before: Option<Counters>,
    pub(super) after: Option<Counters>,
}

/// Makes the calls and judges each. Ends at the first that differs: what comes after it means nothing.
pub(super) fn run(
    case: &Case,
    session: &mut Session,
    route: Route,
) -> Result<Vec<Observation>, Stop> {
    run_between(case, session, route, |_| Ok(()))
}

/// As [`run`], with something done after every call.
pub(super) fn run_between(
    case: &Case,
    session: &mut Session,
    route: Route,
    mut between: impl FnMut(&mut Session) -> Result<(), Stop>,
) -> Result<Vec<Observation>, Stop> {
    let mut kept = HashMap::new();
    let mut observations = Vec::new();
    for step in case.steps() {
        observations.push(self::step(step, &mut kept, session, route)?);
        if !session.judgement.holds() {
            break;
        }
        between(session)?;
    }
    session.subject.forget()?;
    Ok(observations)
}

/// Makes and judges the call of one step.
pub(super) fn step(
    step: &Step,
    kept: &mut HashMap<String, HostValue>,
    session: &mut Session,
    route: Route,
) -> Result<Observation, Stop> {
    let arguments = arguments(step, kept);
    let observation = call(step, &arguments, session, route)?;
    let call = describe::call(&step.function.symbol, &step.arguments);
    session.judgement.saw(call, describe::arrived(&observation.events));
    judge(step, &arguments, &observation, kept, (session, route));
    if let (Some(name), Outcome::Value(value)) = (&step.keep, &observation.reply.outcome) {
        kept.insert(name.clone(), value.clone());
    }
    Ok(observation)
}

pub(super) fn arguments(step: &Step, kept: &HashMap<String, HostValue>) -> Vec<HostValue> {
    step.arguments
        .iter()
        .map(|given| match given {
            Given::Value(value) => value.clone(),
            // The corpus was checked for names nobody keeps; a step that kept nil kept nil.
            Given::Kept(name) => kept.get(name).cloned().unwrap_or(HostValue::Nil),
        })
        .collect()
}

fn call(
    step: &Step,
    arguments: &[HostValue],
    session: &mut Session,
    route: Route,
) -> Result<Observation, Stop> {
    let Bound { function, path } = session.bind(&step.function, route)?;
    let ledger = session.evidence.ledger();
    let first = session.evidence.next();
    let before = session.counters()?;
    let reply = match reply(step, function, arguments, session) {
        Err(stop @ Stop::Fault(SubjectFault::Unsupported { .. })) => {
            let events = session.evidence.since(first)?;
            let is_made = events.iter().any(|event| event.kind == EventKind::Call);
            let judgement = &mut session.judgement;
            let (cited, declarations) = (&judgement.cited, &session.corpus.declarations);
            judgement.unsupported = Some(Unsupported {
                call: describe::call(&step.function.symbol, &step.arguments),
                arrived: describe::arrived(&events),
                clause: blame::unsupported(step, is_made, cited, declarations),
                is_lacking: !is_made && callbacks::is_of(step, &session.ready.lacks),
            });
            return Err(stop);
        }
        reply => reply?,
    };
    let after = session.counters()?;
    let refused = matches!(reply.outcome, Outcome::Refused(_));
    if !step.is_refused() && !refused {
        session.evidence.attached()?;
    }
    let events = session.evidence.since(first)?;
    let (after_it, judgement) = (session.evidence.ledger(), &mut session.judgement);
    judge_ledger(step, (ledger, after_it), refused, judgement);
    let expected = expected(step, arguments, session);
    Ok(Observation { reply, events, expected, path, before, after })
}

/// Makes a step's call; of a stream that it returns, what the step takes is fetched.
pub(super) fn reply(
    step: &Step,
    function: BoundId,
    arguments: &[HostValue],
    session: &mut Session,
) -> Result<CallReply, Stop> {
    let mut reply = session.subject.call(function, arguments)?;
    if let Outcome::Value(HostValue::Stream(token)) = reply.outcome {
        reply.outcome = stream::fetch(step, token, session)?;
    }
    Ok(reply)
}

fn judge_ledger(
    step: &Step,
    (before, after): (Ledger, Ledger),
    refused: bool,
    judgement: &mut Judgement,
) {
    let call = describe::call(&step.function.symbol, &step.arguments);
    ledger::judge_frees(&format!(" by {call}"), before, after, judgement);
    ledger::judge_room(&format!(" in {call}"), before, after, judgement);
    if step.is_refused() && refused {
        let what = format_args!("live blocks after the refused {call}");
        judgement.held("C-13", what, before.live_blocks, after.live_blocks);
    }
}

fn judge(
    step: &Step,
    arguments: &[HostValue],
    observation: &Observation,
    kept: &HashMap<String, HostValue>,
    (session, route): (&mut Session, Route),
) {
    let token = |name: &str| match kept.get(name) {
        Some(HostValue::Handle(token)) => Some(*token),
        _ => None,
    };
    let id = session.native_id(&step.function.symbol, route);
    let (abi, declarations) = (session.abi, &session.corpus.declarations);
    let cited = session.judgement.cited.clone();
    let blame = || {
        // What an argument became on its way explains the result.
        let mut arrivals = Judgement::default();
        if !step.is_refused() {
            judge_arrivals(step, observation, (abi, declarations), &mut arrivals);
        }
        let blame = || blame::reply(step, &observation.reply.outcome, &cited, declarations);
        if arrivals.holds() { blame() } else { None }
    };
    let judgement = &mut session.judgement;
    judge_reply(step, &observation.reply, &token, declarations, blame, judgement);
    judge_arrays(step, arguments, &observation.reply, judgement);
    let obliged = model::obliged(step, declarations);
    judge_events(step, observation, &obliged, id, judgement);
    callbacks::judge_seen(step, &observation.events, declarations, judgement);
    if !step.is_refused() {
        judge_arrivals(step, observation, (abi, declarations), judgement);
    }
}

/// The reply against the expectation; `token` finds the handle a step kept, `blame` the clause that is broken
/// where they differ, if it is not one of the case's own.
pub(super) fn judge_reply(
    step: &Step,
    reply: &CallReply,
    token: &dyn Fn(&str) -> Option<Token>,
    declarations: &Declarations,
    blame: impl FnOnce() -> Option<&'static str>,
    judgement: &mut Judgement,
) {
    let leeway = &step.leeway;
    let holds = match (&step.expect, &reply.outcome) {
        (Expect::Returns(Expected::AHandle), Outcome::Value(value)) => {
            matches!(value, HostValue::Handle(_))
        }
        (Expect::Returns(Expected::Same(name)), Outcome::Value(HostValue::Handle(observed))) => {
            token(name) == Some(*observed)
        }
        (Expect::Returns(Expected::Exactly(HostValue::Error(name))), Outcome::Value(value))
            if leeway.error_as_keyword =>
        {
            *value == HostValue::Keyword(name.clone())
        }
        (Expect::Returns(Expected::Exactly(_)), Outcome::Value(value)) if leeway.either_truth => {
            matches!(value, HostValue::Boolean(_))
        }
        (Expect::Returns(Expected::Exactly(expected)), Outcome::Value(value)) => {
            let of = &step.function.signature.returns;
            let value = dialect::with_narrow_payloads(of, expected, value, declarations);
            dialect::same_but_nans(expected, &value, leeway, same)
        }
        (Expect::Refuses(_), Outcome::Refused(None)) => leeway.raw_refusals,
        (Expect::Refuses(_), Outcome::Refused(Some(observed))) => {
            step.codes().contains(&&**observed)
        }
        (Expect::Fails(code), Outcome::Failed(observed)) => code == observed,
        _ => false,
    };
    let clause = if holds { None } else { blame() };
    let call = describe::call(&step.function.symbol, &step.arguments);
    let describe = || (describe::due(step), describe::reply(reply));
    // Refused with another code is wrong; refused at all is another matter.
    let class = match (&step.expect, &reply.outcome) {
        (Expect::Returns(_) | Expect::Fails(_), Outcome::Refused(_)) => Class::Refuse,
        _ => Class::Fail,
    };
    judgement.check_as(class, clause, format_args!("result of {call}"), holds, describe);
    if holds {
        places::judge(step, reply, declarations, judgement);
    }
    callbacks::judge_said(step, reply, judgement);
}

/// C-9: arrays after a call that returned hold what the case says, or what they held.
pub(super) fn judge_arrays(
    step: &Step,
    arguments: &[HostValue],
    reply: &CallReply,
    judgement: &mut Judgement,
) {
    if !matches!(reply.outcome, Outcome::Value(_)) {
        return;
    }
    // Nothing is narrowed into an array that the callee leaves alone.
    let untouched = Leeway { any_payload: false, ..step.leeway.clone() };
    for (index, given) in arguments.iter().enumerate() {
        let named = reply.arrays.iter().find(|(argument, _)| *argument == index);
        // One array that is several arguments holds what the first of them does, where it is said of both.
        let (of, given) = match given {
            HostValue::Same(other) if named.is_some() => {
                (*other, arguments.get(*other).unwrap_or(given))
            }
            given => (index, given),
        };
        let changed = step.changes.iter().find(|(argument, _)| *argument == of);
        let expected = match given {
            HostValue::Array(..) => Cow::Borrowed(changed.map_or(given, |(_, changed)| changed)),
            HostValue::View(element, all, first, _) => {
                let mut all = all.clone();
                if let Some((_, HostValue::Array(_, seen))) = changed {
                    let start = first * element.size();
                    all[start..start + seen.len()].copy_from_slice(seen);
                }
                Cow::Owned(HostValue::Array(*element, all))
            }
            _ => continue,
        };
        let observed = named.map_or(&HostValue::Nil, |(_, array)| array);
        let call = describe::call(&step.function.symbol, &step.arguments);
        let what = format_args!("array of argument {index} after {call}");
        let describe = || (describe::short(&expected), describe::short(observed));
        let leeway = if changed.is_some() { &step.leeway } else { &untouched };
        let holds = dialect::same_but_nans(&expected, observed, leeway, same);
        judgement.check("C-9", what, holds, describe);
    }
}

/// Which native calls were made: the function's own once, or not at all (C-13), and its free and next
/// symbols as often as the return obliges.
fn judge_events(
    step: &Step,
    Observation { events, reply, .. }: &Observation,
    obliged: &Obliged,
    id: Option<u32>,
    judgement: &mut Judgement,
) {
    let call = describe::call(&step.function.symbol, &step.arguments);
    let made = |kind| made(events, id, kind).count() as u64;
    let refused = step.is_refused();
    // What is not refused, and should be, is called, too: that is the result's difference.
    let clause = (refused && matches!(reply.outcome, Outcome::Refused(_))).then_some("C-13");
    let calls = if refused { 0 } else { 1 + callbacks::nested(step) };
    judgement.equal(clause, format_args!("native calls of {call}"), &calls, &made(EventKind::Call));
    let what = format_args!("calls of {}__free by {call}", step.function.symbol);
    judgement.within("R-8", what, &obliged.frees, made(EventKind::Free));
    let what = format_args!("calls of {}__next by {call}", step.function.symbol);
    judgement.equal("R-12", what, &obliged.nexts, &made(EventKind::Next));
    let all = obliged.events();
    let all = calls + all.start()..=calls + all.end();
    let what = format_args!("native events of {call}");
    let own = events.iter().filter(|event| !callbacks::is_of_one(event)).count();
    judgement.within(clause, what, &all, own as u64);
}

/// The events of a kind that are a function's own.
pub(super) fn made(
    events: &[Event],
    id: Option<u32>,
    kind: EventKind,
) -> impl Iterator<Item = &Event> {
    events.iter().filter(move |event| event.kind == kind && Some(event.function) == id)
}

/// What must arrive: of a refused call nothing, else what the case says, or else the model.
fn expected(step: &Step, arguments: &[HostValue], session: &Session) -> Vec<Option<Arrival>> {
    match &step.arrives {
        _ if step.is_refused() => Vec::new(),
        Some(arrivals) => arrivals.iter().cloned().map(Some).collect(),
        None => {
            let signature = &step.function.signature;
            let read_as = step.leeway.read_as.as_deref().unwrap_or(arguments);
            model::arrivals(signature, read_as, &session.corpus.declarations)
        }
    }
}

fn judge_arrivals(
    step: &Step,
    observation: &Observation,
    (abi, declarations): (Abi, &Declarations),
    judgement: &mut Judgement,
) {
    let call = describe::call(&step.function.symbol, &step.arguments);
    let signature = &step.function.signature;
    let mut events = observation.events.iter();
    let Some(event) = events.find(|event| event.kind == EventKind::Call) else { return };
    let expected = &observation.expected;
    let what = format_args!("carriers that arrived at {call}");
    judgement.equal(None, what, &expected.len(), &event.items.len());
    for (place, (expected, item)) in expected.iter().zip(&event.items).enumerate() {
        let Some(expected) = expected else { continue };
        let describe = || (describe::arrival(expected), describe::item(item, Some(expected)));
        let what = format_args!("carrier {place} at {call}");
        let holds = arrived::arrived(expected, item)
            || dialect::arrived(step, place, expected, item, declarations);
        match arrived::own_bits_right(expected, item) {
            Some(scalar) if !holds => {
                let strength = arrived::extension(abi, signature, place, scalar, declarations);
                match strength {
                    Strength::Owed => judgement.check("L-21", what, false, describe),
                    Strength::DeFacto => judgement.risk("L-21", what, describe()),
                    Strength::NotOwed => judgement.check("L-21", what, true, describe),
                }
                continue;
            }
            _ => {}
        }
        let blame = || blame::arrival(signature, place, (expected, item), declarations);
        let clause = if holds { None } else { blame() };
        judgement.check(clause, what, holds, describe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_null_the_free_symbol_is_called_once_or_not_at_all() {
        let corpus = super::super::shipped();
        let holds = |name: &str, frees: usize| {
            let mut cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
            let case = cases.find(|case| case.name() == name).expect("such a case");
            let step = &case.steps()[0];
            let made = |kind| Event { thread: 0, function: 0, kind, items: Vec::new() };
            let kinds = std::iter::repeat_n(EventKind::Free, frees);
            let observation = Observation {
                reply: CallReply::of(Outcome::Value(HostValue::Nil)),
                events: std::iter::once(EventKind::Call).chain(kinds).map(made).collect(),
                expected: Vec::new(),
                path: None,
                before: None,
                after: None,
            };
            let obliged = model::obliged(step, &corpus.declarations);
            let mut judgement = Judgement::default();
            judge_events(step, &observation, &obliged, Some(0), &mut judgement);
            judgement.holds()
        };
        for name in ["no-point-returned", "no-record-returned", "no-buffers-returned"] {
            let held = [0, 1, 2].map(|frees| holds(&format!("optionals::{name}"), frees));
            assert_eq!(held, [true, true, false], "{name}");
        }
        let held = [0, 1, 2].map(|frees| holds("optionals::buffers-returned", frees));
        assert_eq!(held, [false, true, false]);
    }

    #[test]
    fn a_missing_key_is_refused_as_one_or_as_nil() {
        let corpus = super::super::shipped();
        let held = |name: &str| {
            let mut cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
            let case = cases.find(|case| case.name() == name).expect("such a case");
            ["missing-field", "nil-argument", "type-mismatch"].map(|code| {
                let reply = CallReply::of(Outcome::Refused(Some(code.into())));
                let mut judgement = Judgement::default();
                let (step, declarations) = (&case.steps()[0], &corpus.declarations);
                judge_reply(step, &reply, &|_| None, declarations, || None, &mut judgement);
                judgement.holds()
            })
        };
        for name in ["missing-key", "nil-key", "no-keys", "bindings-are-no-keys"] {
            assert_eq!(held(&format!("destructured::{name}")), [true, true, false], "{name}");
        }
        // Nil for the map is no missing key, and a struct's field is no binding.
        assert_eq!(held("destructured::nil-map"), [false, true, false]);
        assert_eq!(held("structs::missing-field"), [true, false, false]);
    }

    #[test]
    fn of_nans_beside_each_other_each_keeps_what_its_own_type_promises() {
        let corpus = super::super::shipped();
        let case = "structs::returned-minus-ones-and-nans";
        let mut cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
        let step = &cases.find(|each| each.name() == case).expect("such a case").steps()[0];
        let Expect::Returns(Expected::Exactly(HostValue::Map(due))) = &step.expect else {
            panic!("a map");
        };
        let holds = |field: &str, bits: u64| {
            let mut map = due.clone();
            let entry = map.iter_mut().find(|(name, _)| name == field).expect("such a field");
            entry.1 = HostValue::Double(bits);
            let outcome = Outcome::Value(HostValue::Map(map));
            let reply = CallReply::of(outcome);
            let mut judgement = Judgement::default();
            let declarations = &corpus.declarations;
            judge_reply(step, &reply, &|_| None, declarations, || None, &mut judgement);
            judgement.holds()
        };
        let nan = f64::NAN.to_bits();
        assert!(holds("f32", nan));
        assert!(!holds("f64", nan));
        assert!(!holds("f32", nan | 1 << 63) && !holds("f32", 0));
    }
}
