//! Lifetime: what a case does with a handle, and then what nobody may do (C-14). From a case that
//! consumes a handle follow others: the handle is used again, consumed again, refused before it is
//! consumed, consumed by several threads at once, handed to another thread, kept over the host's
//! collector, forgotten.
//!
//! Deliberately absent: streams, whose ends other than their last item are those of the arms `readers` and
//! `dropped`.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{Declarations, HostValue, Token};
use corpus::case::{Body, Case, Expect, Given, Step};
use subject::evidence::EventKind;
use subject::{CallReply, Capability, Outcome as CallOutcome, RaceRequest};

use super::calls;
use super::ledger;
use super::{About, Arm, Gather};
use crate::describe;
use crate::session::{Route, Session, Stop};
use crate::verdict::Judgement;

pub(super) struct Lifetime;

/// Handles that each race is about: were every racer to make its call, the witness ring held them all.
const ROWS: usize = 1024 / RACERS;
/// Threads that race for each, at most: those that share a processor do not race.
const RACERS: usize = 4;
/// Races: a gap of a few instructions is not hit in every one.
const RACES: usize = 4;
const CLOSED: &str = "handle-closed";

/// A case up to a call that consumes a handle, and from there.
struct Consumption<'a> {
    case: &'a Case,
    /// Place of the consuming step.
    at: usize,
    /// The name its handle was kept under.
    name: &'a str,
}

type Check<'a> = fn(&Consumption<'a>, &mut Session) -> Result<(), Stop>;

impl Arm for Lifetime {
    fn about(&self) -> About {
        About {
            name: "lifetime",
            clauses: &["C-14"],
            gathers: Gather::ByFunction,
            capability: Some(Capability::ClosedHandles),
            not_at_wire: Some(
                "at wire level handles are addresses: their lifetime is not the library's",
            ),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        let steps = case.steps();
        !steps.iter().any(Step::is_refused) && Consumption::of(case).is_some()
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        // The cases differ in values, which a handle's life does not hang on: one of them is enough.
        let consumption = cases.iter().find_map(|case| Consumption::of(case));
        for (needed, check) in Consumption::CHECKS {
            let Some(consumption) = &consumption else { break };
            let asked = needed.is_none_or(|capability| session.can(capability));
            if asked && session.judgement.holds() {
                check(consumption, session)?;
            }
        }
        Ok(())
    }
}

impl<'a> Consumption<'a> {
    /// What is done with every consumption, and what the subject has to declare for it.
    const CHECKS: [(Option<Capability>, Check<'a>); 6] = [
        (None, Self::closed_afterwards),
        (None, Self::not_consumed_by_a_refusal),
        (None, Self::not_freed_when_forgotten),
        (Some(Capability::Threads), Self::consumed_on_another_thread),
        (Some(Capability::Threads), Self::consumed_once_in_a_race),
        (Some(Capability::Collect), Self::kept_over_collections),
    ];

    /// The first in a case, of a handle that an earlier step made.
    fn of(case: &'a Case) -> Option<Consumption<'a>> {
        case.steps().iter().enumerate().find_map(|(at, step)| {
            match step.arguments.get(step.function.consumes?)? {
                Given::Kept(name) => Some(Consumption { case, at, name }),
                Given::Value(_) => None,
            }
        })
    }

    fn steps(&self) -> &'a [Step] {
        self.case.steps()
    }

    fn step(&self) -> &'a Step {
        &self.steps()[self.at]
    }

    /// The case with steps put in before the one at a place.
    fn with(&self, place: usize, more: impl IntoIterator<Item = Step>) -> Case {
        let mut steps = self.steps().to_vec();
        steps.splice(place..place, more);
        Case { body: Body::Calls(steps), ..self.case.clone() }
    }

    /// Makes the calls before the consuming one; the arguments it is then given, and what was kept.
    fn prepare(&self, session: &mut Session) -> Result<Prepared, Stop> {
        let mut kept = HashMap::new();
        make(&self.steps()[..self.at], &mut kept, session)?;
        Ok(Prepared { arguments: calls::arguments(self.step(), &kept), kept })
    }

    /// Makes the calls after it, which give back what else the case made.
    fn finish(&self, mut prepared: Prepared, session: &mut Session) -> Result<(), Stop> {
        make(&self.steps()[self.at + 1..], &mut prepared.kept, session)
    }

    /// Makes the consuming call from threads at once, for as many handles as there are rows; the threads
    /// that made the native calls.
    fn race(&self, rows: usize, threads: usize, session: &mut Session) -> Result<Vec<u64>, Stop> {
        let step = self.step();
        let prepared =
            (0..rows).map(|_| self.prepare(session)).collect::<Result<Vec<_>, Stop>>()?;
        let arguments: Vec<_> = prepared.iter().map(|one| one.arguments.clone()).collect();
        let function = session.bind(&step.function, Route::BySignature)?.function;
        let (ledger, first) = (session.evidence.ledger(), session.evidence.next());
        let reply = session.subject.race(&RaceRequest { function, rows: &arguments, threads })?;
        let events = session.evidence.since(first)?;
        let call = describe::call(&step.function.symbol, &step.arguments);
        let after = session.evidence.ledger();
        let id = session.native_id(&step.function.symbol, Route::BySignature);
        let (declarations, judgement) = (&session.corpus.declarations, &mut session.judgement);
        let repeated = after.repeated_frees - ledger.repeated_frees;
        judgement.equal("N-3", format_args!("repeated frees by racing {call}"), &0, &repeated);
        let made = calls::made(&events, id, EventKind::Call);
        let threads_seen: Vec<u64> = made.map(|event| event.thread).collect();
        let handles = by_handle(step, &prepared, &reply.rows);
        let what = format_args!("native calls for {} handles of racing {call}", handles.len());
        judgement.equal("C-14", what, &handles.len(), &threads_seen.len());
        for (prepared, replies) in &handles {
            if judgement.holds() {
                judge_handle(step, prepared, replies, declarations, judgement);
            }
        }
        judgement.equal("C-14", format_args!("rows of {call} answered"), &rows, &reply.rows.len());
        prepared.into_iter().try_for_each(|one| self.finish(one, session))?;
        session.subject.forget()?;
        Ok(threads_seen)
    }

    /// A consumed handle is refused wherever the case gave it, the consuming call included.
    fn closed_afterwards(&self, session: &mut Session) -> Result<(), Stop> {
        let mut again: Vec<Step> = Vec::new();
        for step in &self.steps()[..=self.at] {
            let uses = step.arguments.iter().any(|given| is_kept(given, self.name));
            if uses && !again.iter().any(|known| known.function.symbol == step.function.symbol) {
                again.push(refusal_of(step, CLOSED));
            }
        }
        let before = session.evidence.ledger();
        let case = self.with(self.at + 1, again);
        calls::run(&case, session, Route::BySignature)?;
        let after = session.evidence.ledger();
        let what = format_args!("live blocks after {} with its handle used again", case.name());
        session.judgement.held("N-3", what, before.live_blocks, after.live_blocks);
        Ok(())
    }

    /// A call refused for its number of arguments leaves the handle open for the call that follows.
    fn not_consumed_by_a_refusal(&self, session: &mut Session) -> Result<(), Stop> {
        let mut refused = refusal_of(self.step(), "arity");
        refused.arguments.push(Given::Value(HostValue::Nil));
        let case = self.with(self.at, [refused]);
        calls::run(&case, session, Route::BySignature)?;
        Ok(())
    }

    /// Nobody but a declared consumer frees what is behind a handle: not when the host lets go of it, not
    /// when its collector runs.
    fn not_freed_when_forgotten(&self, session: &mut Session) -> Result<(), Stop> {
        // What the forgotten handle reaches stays behind: no token names it any more.
        self.prepare(session)?;
        let (before, first) = (session.evidence.ledger(), session.evidence.next());
        session.subject.forget()?;
        if session.can(Capability::Collect) {
            session.subject.collect()?;
        }
        let (after, next) = (session.evidence.ledger(), session.evidence.next());
        let name = self.name;
        session.judgement.equal(
            "C-14",
            format_args!("native events when ${name} is forgotten"),
            &first,
            &next,
        );
        let what = format_args!("live blocks when ${name} is forgotten");
        session.judgement.held("C-14", what, before.live_blocks, after.live_blocks);
        Ok(())
    }

    /// A handle made on one thread is used and consumed on another.
    fn consumed_on_another_thread(&self, session: &mut Session) -> Result<(), Stop> {
        let first = session.evidence.next();
        let threads = self.race(1, 1, session)?;
        let makers = session.evidence.since(first)?;
        let maker = makers.first().map(|event| event.thread);
        let call = describe::call(&self.step().function.symbol, &self.step().arguments);
        let elsewhere = threads.iter().all(|thread| Some(*thread) != maker);
        let describe = || ("another thread's".into(), "the thread's that made the handle".into());
        session.judgement.check("N-1", format_args!("native call of {call}"), elsewhere, describe);
        Ok(())
    }

    /// Of racing consumers exactly one makes its call, again and again.
    fn consumed_once_in_a_race(&self, session: &mut Session) -> Result<(), Stop> {
        // As many wherever it is judged: a recording is judged again on another machine.
        for _ in 0..RACES {
            if session.judgement.holds() {
                self.race(ROWS, RACERS, session)?;
            }
        }
        Ok(())
    }

    /// A handle the case still has survives the host's collector between calls, and what was consumed is not
    /// freed again by it.
    fn kept_over_collections(&self, session: &mut Session) -> Result<(), Stop> {
        let before = session.evidence.ledger();
        calls::run_between(self.case, session, Route::BySignature, |session| {
            Ok(session.subject.collect()?)
        })?;
        session.subject.collect()?;
        let (after, name) = (session.evidence.ledger(), self.name);
        let by = format!(" with collections after ${name} is consumed");
        ledger::judge_frees(&by, before, after, &mut session.judgement);
        Ok(())
    }
}

/// A case brought to where its handle is consumed.
struct Prepared {
    arguments: Vec<HostValue>,
    kept: HashMap<String, HostValue>,
}

/// Makes calls that other arms judge.
fn make(
    steps: &[Step],
    kept: &mut HashMap<String, HostValue>,
    session: &mut Session,
) -> Result<(), Stop> {
    for step in steps {
        let function = session.bind(&step.function, Route::BySignature)?.function;
        let reply = session.subject.call(function, &calls::arguments(step, kept))?;
        if let (Some(name), CallOutcome::Value(value)) = (&step.keep, reply.outcome) {
            kept.insert(name.clone(), value);
        }
    }
    Ok(())
}

/// The replies by the handle they were about: a function may give one resource again and again.
fn by_handle<'a>(
    step: &Step,
    prepared: &'a [Prepared],
    rows: &'a [Vec<CallReply>],
) -> Vec<(&'a Prepared, Vec<&'a CallReply>)> {
    let handle = |one: &'a Prepared| step.function.consumes.and_then(|at| one.arguments.get(at));
    let mut handles: Vec<(&Prepared, Vec<&CallReply>)> = Vec::new();
    for (one, replies) in prepared.iter().zip(rows) {
        match handles.iter_mut().find(|(known, _)| handle(known) == handle(one)) {
            Some((_, all)) => all.extend(replies),
            None => handles.push((one, replies.iter().collect())),
        }
    }
    handles
}

/// Of the calls that raced for one handle, one was made; the others were refused.
fn judge_handle(
    step: &Step,
    prepared: &Prepared,
    replies: &[&CallReply],
    declarations: &Declarations,
    judgement: &mut Judgement,
) {
    let call = describe::call(&step.function.symbol, &step.arguments);
    let refused = |outcome: &CallOutcome| matches!(outcome, CallOutcome::Refused(_));
    let winners = replies.iter().filter(|reply| !refused(&reply.outcome)).count();
    let what = format_args!("calls of {} racing {call} that were made", replies.len());
    judgement.equal("C-14", what, &1, &winners);
    let token = |name: &str| match prepared.kept.get(name) {
        Some(HostValue::Handle(token)) => Some::<Token>(*token),
        _ => None,
    };
    let beaten = Step { expect: Expect::Refuses(CLOSED.into()), ..step.clone() };
    for reply in replies {
        let expected = if refused(&reply.outcome) { &beaten } else { step };
        calls::judge_reply(expected, reply, &token, declarations, || Some("C-14"), judgement);
    }
}

fn is_kept(given: &Given, name: &str) -> bool {
    matches!(given, Given::Kept(kept) if kept == name)
}

/// The step again, to be refused.
fn refusal_of(step: &Step, code: &str) -> Step {
    Step {
        keep: None,
        expect: Expect::Refuses(code.into()),
        arrives: None,
        changes: Vec::new(),
        take: None,
        ..step.clone()
    }
}
