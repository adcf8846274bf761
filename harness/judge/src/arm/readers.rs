//! Readers: a stream is read by a reader of the host's own that raises, after the first item, in the middle,
//! after the last. The iterator is freed, once, and what was raised comes to who called as it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::HostValue;
use corpus::case::{Case, Step};
use subject::evidence::EventKind;
use subject::{Capability, RaiseRequest};

use super::{About, Arm, Gather, calls, ledger, stream};
use crate::alike::same;
use crate::describe;
use crate::dialect;
use crate::session::{Route, Session, Stop};

pub(super) struct Readers;

/// What the reader raises says this, so that no error of a binder's is taken for it.
const ERROR: &str = "raised by the reader itself";

impl Arm for Readers {
    fn about(&self) -> About {
        About {
            name: "readers",
            clauses: &["R-12"],
            gathers: Gather::ByFunction,
            capability: Some(Capability::RaisingReaders),
            not_at_wire: Some(
                "at wire level a stream is calls of its next symbol: who reads it is the suite",
            ),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        stream::reads_all(case).is_some()
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        let Some(step) = stream::reads_all(case) else { return Ok(()) };
        let items = stream::items(step).unwrap_or_default();
        for after in BTreeSet::from([1, items.len().div_ceil(2), items.len()]) {
            if session.judgement.holds() {
                raise(step, &items[..after], session)?;
            }
        }
        Ok(())
    }
}

/// Has the reader raise once it was given these items, which are the first.
fn raise(step: &Step, due: &[HostValue], session: &mut Session) -> Result<(), Stop> {
    let Some(token) = stream::opened(step, session)? else { return Ok(()) };
    let (after, ledger, first) = (due.len(), session.evidence.ledger(), session.evidence.next());
    let request = RaiseRequest { stream: token, after, error: ERROR };
    let reply = session.subject.raise(&request)?;
    let events = session.evidence.since(first)?;
    let call = describe::call(&step.function.symbol, &step.arguments);
    let by = format!("{call} whose reader raises after {after}");
    let id = session.native_id(&step.function.symbol, Route::BySignature);
    let judgement = &mut session.judgement;
    let (due, given) = (HostValue::Vector(due.to_vec()), HostValue::Vector(reply.items));
    let describe = || (describe::value(&due), describe::value(&given));
    let holds = dialect::same_but_nans(&due, &given, &step.leeway, same);
    judgement.check("R-12", format_args!("items of {by}"), holds, describe);
    let observed = reply.error.as_deref().unwrap_or("no error");
    judgement.equal("R-12", format_args!("what comes of {by}"), &ERROR, &observed);
    for (kind, symbol, due) in [(EventKind::Next, "next", after), (EventKind::Free, "free", 1)] {
        let made = calls::made(&events, id, kind).count();
        let what = format_args!("calls of {}__{symbol} by {by}", step.function.symbol);
        judgement.equal("R-12", what, &due, &made);
    }
    if judgement.holds() {
        stream::judge_consumed(&by, token, session)?;
    }
    let after = session.evidence.ledger();
    ledger::judge_frees(&format!(" by {by}"), ledger, after, &mut session.judgement);
    Ok(session.subject.forget()?)
}
