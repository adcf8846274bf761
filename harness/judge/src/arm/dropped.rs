//! Dropped: a stream that nobody holds any more is freed once, unread and half read: by the host's collector,
//! which is run and waited for, or at once where there is none. What ended or was closed is not freed again
//! . A stream that is still held is read on over collections.

use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use contract::Token;
use corpus::case::{Case, Step};
use subject::evidence::EventKind;
use subject::{Capability, Pull};

use super::{About, Arm, Gather, calls, ledger, stream};
use crate::describe;
use crate::row::Class;
use crate::session::{Route, Session, Stop};

pub(super) struct Dropped;

/// Collections until what was dropped must be freed, and between them the time that who frees it on a thread of
/// its own may take. A count, so that a recording is judged as the run was.
const COLLECTIONS: usize = 100;
const PAUSE: Duration = Duration::from_millis(20);
/// After that, what is freed once more is freed.
const SETTLED: Duration = Duration::from_millis(60);

/// How far a stream was read, and what was done with it, before it is dropped.
#[derive(Clone, Copy)]
enum Until {
    Items(usize),
    Closed(usize),
    End,
}

impl Arm for Dropped {
    fn about(&self) -> About {
        About {
            name: "dropped",
            clauses: &["R-12"],
            gathers: Gather::ByFunction,
            capability: Some(Capability::DroppedStreams),
            not_at_wire: Some(
                "at wire level a stream is an address: what becomes of one that is dropped is the suite's",
            ),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        stream::reads_all(case).is_some()
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        // The cases differ in values, which a stream's life does not hang on: one of them is enough.
        let Some(step) = cases.iter().find_map(|case| stream::reads_all(case)) else {
            return Ok(());
        };
        let all =
            [Until::Items(0), Until::Items(1), Until::Closed(0), Until::Closed(1), Until::End];
        for until in all {
            if session.judgement.holds() {
                dropped(step, until, session)?;
            }
        }
        if session.can(Capability::Collect) && session.judgement.holds() {
            kept(step, session)?;
        }
        Ok(())
    }
}

/// Drops a stream, and sees what is freed from then on.
fn dropped(step: &Step, until: Until, session: &mut Session) -> Result<(), Stop> {
    // What other trials left behind is dropped before this one's.
    session.subject.forget()?;
    let collects = session.can(Capability::Collect);
    if collects {
        session.subject.collect()?;
    }
    let ledger = session.evidence.ledger();
    let Some(token) = stream::opened(step, session)? else { return Ok(()) };
    let (when, due) = match until {
        Until::Items(0) => ("unread".to_owned(), 1),
        Until::Items(read) => (format!("read {read} items far"), 1),
        Until::Closed(read) => (format!("closed after {read} items"), 0),
        Until::End => ("read to its end".to_owned(), 0),
    };
    match until {
        Until::Items(read) => fetch(token, read, session)?,
        Until::Closed(read) => {
            fetch(token, read, session)?;
            session.subject.close(token)?;
        }
        Until::End => fetch(token, usize::MAX, session)?,
    }
    let first = session.evidence.next();
    session.subject.forget()?;
    for _ in 0..if collects { COLLECTIONS } else { 1 } {
        if collects {
            session.subject.collect()?;
        }
        if due == 0 || session.evidence.next() > first {
            break;
        }
        sleep(PAUSE);
    }
    sleep(SETTLED);
    if collects {
        session.subject.collect()?;
        sleep(PAUSE);
    }
    let events = session.evidence.since(first)?;
    let after = session.evidence.ledger();
    let call = describe::call(&step.function.symbol, &step.arguments);
    let id = session.native_id(&step.function.symbol, Route::BySignature);
    let judgement = &mut session.judgement;
    let frees = calls::made(&events, id, EventKind::Free).count();
    let class = if frees < due { Class::Leak } else { Class::Fail };
    let what = format!("calls of {}__free once {call}, {when}, is dropped", step.function.symbol);
    let describe = || (due.to_string(), frees.to_string());
    judgement.check_as(class, "R-12", &what, frees == due, describe);
    judgement.equal("R-12", format_args!("native events, with {what}"), &frees, &events.len());
    ledger::judge_frees(&format!(" once {call}, {when}, is dropped"), ledger, after, judgement);
    judgement.held("N-3", "live blocks then", ledger.live_blocks, after.live_blocks);
    Ok(())
}

/// Fetches items that other arms judge.
fn fetch(stream: Token, items: usize, session: &mut Session) -> Result<(), Stop> {
    for _ in 0..items {
        if !matches!(session.subject.next(stream)?, Pull::Item(_)) {
            break;
        }
    }
    Ok(())
}

/// A stream that is held is not freed by a collection, whether or not an item was read of it.
fn kept(step: &Step, session: &mut Session) -> Result<(), Stop> {
    let Some(token) = stream::opened(step, session)? else { return Ok(()) };
    let mut reading = stream::Reading::of(step, token);
    session.judgement.during("with collections between");
    loop {
        session.subject.collect()?;
        if !reading.go_on(session)? || !session.judgement.holds() {
            break;
        }
    }
    session.judgement.during("");
    Ok(session.subject.forget()?)
}
