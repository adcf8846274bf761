//! Short memory: each allocation a call's fixture makes fails once, by the switch on the evidence page.
//! The call comes to the failure its return type has (an error, nil, nothing), nothing leaks, and the
//! next call works (N-4).
//!
//! Which functions allocate nobody says: the page does, by counting the allocations that failed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use contract::HostValue;
use contract::Type;
use corpus::case::{Case, Given, Step};
use corpus::model;
use subject::evidence::{EventKind, Ledger};
use subject::{CallReply, Dialect, Outcome as CallOutcome};

use super::calls;
use super::ledger;
use super::{About, Arm, Gather};
use crate::describe;
use crate::session::{Route, Session, Stop};

pub(super) struct FailNth;

/// Allocations of one call that are made to fail, one after the other. Fixtures make a handful; a case
/// over a long list may make one an element.
const MOST: u64 = 64;

impl Arm for FailNth {
    fn about(&self) -> About {
        About { name: "fail-nth", clauses: &["N-4"], gathers: Gather::ByFunction, ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        let steps = case.steps();
        // Allocations fail at any size in the same way.
        !case.is_large()
            && !steps.iter().any(Step::is_refused)
            && steps.iter().any(|step| can_report_failure(&step.function.signature.returns))
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let mut failed = false;
        for case in cases {
            for at in 0..case.steps().len() {
                failed |= each_allocation(case, at, session)?;
                if !session.judgement.holds() {
                    return Ok(());
                }
            }
        }
        if failed {
            Ok(())
        } else {
            Err(Stop::Skipped("the fixtures it calls allocate nothing that could fail".into()))
        }
    }
}

/// Whether a value of the type can say that memory was short.
fn can_report_failure(returns: &Type) -> bool {
    !matches!(
        returns,
        Type::Scalar(_)
            | Type::Void
            | Type::NoReturn
            | Type::Named(_)
            | Type::Borrowed(_)
            | Type::ByValue(_)
            | Type::CString { .. }
            | Type::Counted { .. }
            | Type::Results(_)
    )
}

/// Fails the first allocation of a step, then the second, until the step makes no more; whether any
/// failed.
fn each_allocation(case: &Case, at: usize, session: &mut Session) -> Result<bool, Stop> {
    for nth in 1..=MOST {
        if !run_short(case, Short { at, nth }, session)? {
            return Ok(nth > 1);
        }
        if session.judgement.holds() {
            calls::run(case, session, Route::BySignature)?;
        }
        if !session.judgement.holds() {
            break;
        }
    }
    Ok(true)
}

/// Which allocation fails: the `nth` of the step at a place of its case.
#[derive(Clone, Copy)]
struct Short {
    at: usize,
    nth: u64,
}

/// Runs the case with one allocation failing. Steps that need what the short one would have given are
/// left out; the others give back what was made before. Whether the allocation was made at all.
fn run_short(case: &Case, short: Short, session: &mut Session) -> Result<bool, Stop> {
    let before = session.evidence.ledger();
    let mut kept = HashMap::new();
    let mut lost: HashSet<&str> = HashSet::new();
    let mut failed = false;
    // Whether what the case made is given back although steps are left out.
    let mut gives_back = true;
    for (place, step) in case.steps().iter().enumerate() {
        let is_lost = |given: &Given| matches!(given, Given::Kept(name) if lost.contains(&**name));
        if step.arguments.iter().any(is_lost) {
            let consumed = step.function.consumes.and_then(|index| step.arguments.get(index));
            gives_back &= consumed.is_none_or(is_lost);
            lost.extend(step.keep.as_deref());
            continue;
        }
        let arguments = calls::arguments(step, &kept);
        let function = session.bind(&step.function, Route::BySignature)?.function;
        let reply = if place == short.at {
            let ledger = session.evidence.ledger();
            let first = session.evidence.next();
            session.evidence.fail_nth(short.nth);
            let reply = calls::reply(step, function, &arguments, session);
            session.evidence.fail_nth(0);
            let reply = reply?;
            failed = session.evidence.ledger().failed_allocations > ledger.failed_allocations;
            if failed {
                judge_short(step, short.nth, &reply, first, session)?;
            }
            reply
        } else {
            calls::reply(step, function, &arguments, session)?
        };
        match (&step.keep, reply.outcome) {
            (Some(name), CallOutcome::Value(value @ HostValue::Handle(_))) => {
                kept.insert(name.clone(), value);
            }
            (Some(name), _) if failed && place == short.at => lost.extend([&**name]),
            (Some(name), CallOutcome::Value(value)) => {
                kept.insert(name.clone(), value);
            }
            _ => {}
        }
    }
    session.subject.forget()?;
    if failed {
        judge_ledger(case, short, before, gives_back, session);
    }
    Ok(failed)
}

fn judge_ledger(
    case: &Case,
    short: Short,
    before: Ledger,
    gives_back: bool,
    session: &mut Session,
) {
    let after = session.evidence.ledger();
    let judgement = &mut session.judgement;
    let call = describe_short(&case.steps()[short.at], short.nth);
    if gives_back {
        ledger::judge_live("N-4", &format!("after {call}"), before, after, judgement);
    }
    ledger::judge_frees(&format!(" by {call}"), before, after, judgement);
}

/// What the call came to, and that its free symbol was called as often as its outcome obliges.
fn judge_short(
    step: &Step,
    nth: u64,
    reply: &CallReply,
    first: u64,
    session: &mut Session,
) -> Result<(), Stop> {
    let call = describe_short(step, nth);
    let events = session.evidence.since(first)?;
    let id = session.native_id(&step.function.symbol, Route::BySignature);
    let judgement = &mut session.judgement;
    judgement.saw(call.clone(), describe::arrived(&events));
    let returns = &step.function.signature.returns;
    let as_keyword = session.ready.dialects.contains(&Dialect::ErrorAsKeyword);
    let describe = || (expected_text(returns), describe::reply(reply));
    let holds = is_shortage(returns, &reply.outcome, as_keyword);
    judgement.check("N-4", format_args!("result of {call}"), holds, describe);

    let made = |kind| calls::made(&events, id, kind).count();
    judgement.equal("N-4", format_args!("native calls of {call}"), &1, &made(EventKind::Call));
    let frees = made(EventKind::Free) as u64;
    let what = format_args!("calls of {}__free by {call}", step.function.symbol);
    let obliged = model::obliged(step, &session.corpus.declarations).frees;
    let due = match returns {
        // L-14: on success only.
        Type::ErrorUnion { .. } => 0..=0,
        // L-20: it has become null.
        Type::Optional(_) => 0..=*obliged.end(),
        _ => obliged,
    };
    judgement.within("R-8", what, &due, frees);
    Ok(())
}

fn describe_short(step: &Step, nth: u64) -> String {
    let call = describe::call(&step.function.symbol, &step.arguments);
    format!("{call} whose allocation {nth} fails")
}

fn expected_text(returns: &Type) -> String {
    let text = match returns {
        Type::ErrorUnion { .. } => "{error: OutOfMemory}",
        Type::Optional(_) | Type::Handle(_) => "~",
        Type::String | Type::Bytes => "nothing in it",
        Type::Owned(of) if matches!(**of, Type::Slice { .. }) => "[]",
        Type::Stream { .. } => "[]",
        Type::Owned(_) => "zeros and empty buffers",
        _ => "a value",
    };
    text.to_owned()
}

/// Whether an outcome says that memory was short, as the return type says it.
fn is_shortage(returns: &Type, outcome: &CallOutcome, as_keyword: bool) -> bool {
    const NAME: &str = "OutOfMemory";
    let CallOutcome::Value(value) = outcome else { return false };
    match (returns, value) {
        (Type::ErrorUnion { .. }, HostValue::Error(name)) => name == NAME,
        (Type::ErrorUnion { .. }, HostValue::Keyword(name)) => as_keyword && name == NAME,
        (Type::ErrorUnion { .. }, _) => false,
        (Type::Optional(_) | Type::Handle(_), value) => *value == HostValue::Nil,
        (Type::Owned(of), HostValue::Vector(values)) if matches!(**of, Type::Slice { .. }) => {
            values.is_empty()
        }
        (Type::Stream { .. }, HostValue::Vector(items)) => items.is_empty(),
        (Type::Stream { .. }, _) => false,
        (Type::String | Type::Bytes | Type::Owned(_), value) => is_blank(value),
        _ => true,
    }
}

/// Whether a value holds nothing but zeros and empty buffers. What number an enum's member has is not
/// asked.
fn is_blank(value: &HostValue) -> bool {
    match value {
        HostValue::Nil | HostValue::Keyword(_) => true,
        HostValue::Boolean(value) => !value,
        HostValue::Long(value) => *value == 0,
        HostValue::Double(bits) => *bits == 0,
        HostValue::Extended(_, bits) => *bits == 0,
        HostValue::Big(value) => value.sign() == num_bigint::Sign::NoSign,
        HostValue::Text(text) => text.is_empty(),
        HostValue::Utf16(units) => units.is_empty(),
        HostValue::Bytes(bytes) => bytes.is_empty(),
        HostValue::Vector(values) => values.iter().all(is_blank),
        HostValue::Map(fields) | HostValue::Record(_, fields) => {
            fields.iter().all(|(_, value)| is_blank(value))
        }
        HostValue::Error(_)
        | HostValue::Array(..)
        | HostValue::View(..)
        | HostValue::Same(_)
        | HostValue::Handle(_)
        | HostValue::Stream(_)
        | HostValue::Kept(_)
        | HostValue::Function(_) => false,
    }
}
