//! First bindings: several threads bind at once, in a process that has done nothing else, and each calls what it
//! was given: the same function, functions beside each other, and what cannot be bound, each for its own reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::{Declarations, RefusalCode};
use corpus::case::{Body, Case, Expect, Function, SignatureExpect, Step};
use subject::{
    BindAndCall, BindRaceRequest, BindReply, BindRequest, CallReply, Capability, Dialect,
};

use super::first_use::{FIRSTS, stands_alone};
use super::repeat::calls_something;
use super::{About, Arm, Gather, Puts, binding, calls, ledger};
use crate::row::{Class, NOT_SERVED, Reason};
use crate::session::{Session, Stop};
use crate::verdict::Judgement;

pub(super) struct FirstBind;

/// Fresh processes: in each another function is the first.
const PROCESSES: usize = 3;
/// Threads that bind at once.
const THREADS: usize = 4;
/// Rows of a request at the most, so that little else is in it where one goes wrong.
const ROWS: usize = 16;

/// What a thread is to bind and call, and what must come of it.
struct Item<'c> {
    bind: BindRequest,
    due: Due<'c>,
}

enum Due<'c> {
    /// It is bound, and its call comes to what the step says.
    Call(&'c Step),
    /// The signature is refused with this code (S-4).
    Refused(RefusalCode),
    /// The library lacks this symbol (B-1).
    Lacks(&'c str),
}

impl Arm for FirstBind {
    fn about(&self) -> About {
        About {
            name: "first-bind",
            clauses: &["N-1"],
            gathers: Gather::ByPath,
            capability: Some(Capability::BindRace),
            puts: Puts::Often,
            processes: PROCESSES,
            not_at_wire: Some(FIRSTS),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        item(case).is_some() && case.is_apart() && !case.is_large()
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        Some("N-1")
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        // By symbol, so that functions of one symbol are bound at once, too; one of each signature.
        let mut items = BTreeMap::new();
        for item in cases.iter().filter_map(|case| item(case)) {
            let key = (item.bind.symbol.clone(), item.bind.signature.clone());
            items.entry(key).or_insert(item);
        }
        let mut items: Vec<Item<'_>> = items.into_values().collect();
        let by = session.turn % PROCESSES * items.len() / PROCESSES + session.turn;
        let among = items.len().max(1);
        items.rotate_left(by % among);
        let alike = items.iter().map(|item| vec![item; THREADS]);
        let beside = items.chunks(THREADS).map(|items| {
            let all = items.iter().cycle();
            all.take(THREADS).collect()
        });
        // In one of the processes nothing was bound by all at once before each binds another.
        let mut rows: Vec<Vec<&Item<'_>>> = if session.turn.is_multiple_of(2) {
            alike.chain(beside).collect()
        } else {
            beside.collect()
        };
        let mut unserved = None;
        while !rows.is_empty() && session.judgement.holds() {
            let rest = rows.split_off(rows.len().min(ROWS));
            unserved = unserved.or(race(&rows, session)?);
            rows = rest;
        }
        session.judgement.during("");
        // What is not served is not to keep the others from being judged.
        match unserved.filter(|_| session.judgement.is_empty()) {
            Some(message) => Err(Stop::Gated(Reason::NotServed, message)),
            None => Ok(()),
        }
    }
}

/// What binds a function, on the path its signature asks for.
pub(crate) fn request(function: &Function) -> BindRequest {
    BindRequest {
        symbol: function.symbol.clone(),
        signature: function.text.clone(),
        consumes: function.consumes,
        ..BindRequest::default()
    }
}

/// What a case has to bind, where it hangs on no call before it and leaves nothing to give back.
fn item(case: &Case) -> Option<Item<'_>> {
    let bind = |symbol: &str, signature: &str| BindRequest {
        symbol: symbol.to_owned(),
        signature: signature.to_owned(),
        ..BindRequest::default()
    };
    match &case.body {
        Body::Calls(steps) => match steps.as_slice() {
            [step] if calls_something(case) && stands_alone(step) => {
                let bind = request(&step.function);
                matches!(step.expect, Expect::Returns(_))
                    .then_some(Item { bind, due: Due::Call(step) })
            }
            _ => None,
        },
        Body::Signature(signature) => match signature.expect {
            // `bind` has no declarations of its own.
            SignatureExpect::Refused { code, .. } if signature.declarations.is_empty() => {
                Some(Item { bind: bind("refused", &signature.text), due: Due::Refused(code) })
            }
            _ => None,
        },
        Body::Binding(case) => {
            Some(Item { bind: bind(&case.symbol, &case.text), due: Due::Lacks(&case.lacks) })
        }
        Body::Property(_) | Body::Kept(_) => None,
    }
}

/// Has the threads bind and call row by row; what the subject says that it does not serve.
fn race(rows: &[Vec<&Item<'_>>], session: &mut Session) -> Result<Option<String>, Stop> {
    let one = |item: &&Item<'_>| {
        let arguments = match &item.due {
            Due::Call(step) => step.values(),
            Due::Refused(_) | Due::Lacks(_) => Vec::new(),
        };
        BindAndCall { bind: item.bind.clone(), arguments }
    };
    let request: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(one).collect()).collect();
    let before = session.evidence.ledger();
    let reply = session.subject.bind_race(&BindRaceRequest { rows: &request })?;
    let after = session.evidence.ledger();
    let raw = session.ready.dialects.contains(&Dialect::RawRefusals);
    let (declarations, judgement) = (&session.corpus.declarations, &mut session.judgement);
    judgement.during("when several threads bind at once");
    judgement.equal("N-1", "rows answered", &rows.len(), &reply.rows.len());
    let mut unserved = None;
    for (row, replies) in rows.iter().zip(&reply.rows) {
        judgement.equal("N-1", "threads that were answered", &row.len(), &replies.len());
        for (item, reply) in row.iter().zip(replies) {
            // What it does not serve to one thread alone is no race's fault.
            if let (BindReply::Unsupported(message), _) = reply
                && let BindReply::Unsupported(_) = session.subject.bind(&item.bind)?
            {
                let symbol = &item.bind.symbol;
                unserved.get_or_insert_with(|| format!("`{symbol}`{NOT_SERVED}{message}"));
                continue;
            }
            judge(item, reply, raw, declarations, judgement);
        }
    }
    ledger::judge_live("N-3", "afterwards", before, after, judgement);
    ledger::judge_frees("", before, after, judgement);
    let what = "arguments that arrived beside another call's";
    judgement.equal("N-1", what, &0, &(after.mismatches - before.mismatches));
    session.subject.forget()?;
    Ok(unserved)
}

fn judge(
    item: &Item<'_>,
    (bound, called): &(BindReply, Option<CallReply>),
    raw: bool,
    declarations: &Declarations,
    judgement: &mut Judgement,
) {
    let BindRequest { symbol, signature, .. } = &item.bind;
    let what = format_args!("binding {symbol} to {signature}");
    let observed = || binding::outcome(bound);
    match (&item.due, bound, called) {
        (Due::Call(step), BindReply::Bound { .. }, Some(reply)) => {
            calls::judge_reply(step, reply, &|_| None, declarations, || Some("N-1"), judgement);
        }
        (Due::Call(_), ..) => {
            let describe = || ("bound, and called".to_owned(), observed());
            judgement.check_as(Class::Refuse, "N-1", what, false, describe);
        }
        (Due::Refused(code), ..) => {
            let holds = match bound {
                BindReply::Refused(refusal) => match refusal.code {
                    Some(observed) => observed == *code,
                    None => raw,
                },
                _ => false,
            };
            judgement.check("N-1", what, holds, || (format!("refused: {code}"), observed()));
        }
        (Due::Lacks(symbol), ..) => {
            let holds = matches!(bound, BindReply::Unlinked(message) if message.contains(symbol));
            let describe = || (format!("not linked: a message that names {symbol}"), observed());
            judgement.check("N-1", what, holds, describe);
        }
    }
}
