//! First use: the first calls of freshly bound functions by several threads at once, in a process that has
//! done nothing else. What is made ready at the first call is made ready by whoever comes first, and nowhere
//! else does more than one come.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::Type;
use corpus::case::{Case, Given, Step};
use subject::{Capability, RaceRequest, RepeatRequest};

use super::repeat::calls_something;
use super::{About, Arm, Gather, Puts, calls, ledger, script};
use crate::session::{Route, Session, Stop};

pub(super) struct FirstUse;

/// Why there are no first calls and bindings to judge at wire level.
pub(super) const FIRSTS: &str =
    "at wire level the suite links by a message, and makes the first call by one";

/// Fresh processes: in each another function is the first.
const PROCESSES: usize = 3;
/// Threads that come first together.
const THREADS: usize = 4;

impl Arm for FirstUse {
    fn about(&self) -> About {
        About {
            name: "first-use",
            clauses: &["N-1"],
            gathers: Gather::ByPath,
            capability: Some(Capability::Threads),
            puts: Puts::Often,
            processes: PROCESSES,
            not_at_wire: Some(FIRSTS),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        calls_something(case) && case.is_apart()
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        Some("N-1")
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let functions = by_functions(cases);
        let first = session.turn % PROCESSES * functions.len() / PROCESSES;
        let mut gated = None;
        for cases in functions.values().cycle().skip(first).take(functions.len()) {
            if !session.judgement.holds() {
                break;
            }
            match first_calls(cases, session) {
                // What is not served is not to keep the others from being judged.
                Err(stop @ Stop::Gated(..)) => gated = Some(stop),
                came => came?,
            }
        }
        session.judgement.during("");
        gated.filter(|_| session.judgement.is_empty()).map_or(Ok(()), Err)
    }
}

/// Cases by the functions that they call.
pub(super) fn by_functions(cases: &[Arc<Case>]) -> BTreeMap<Vec<&str>, Vec<Arc<Case>>> {
    let mut functions: BTreeMap<Vec<&str>, Vec<Arc<Case>>> = BTreeMap::new();
    for case in cases {
        let mut names: Vec<&str> = case.steps().iter().map(|step| &*step.function.name).collect();
        names.sort_unstable();
        names.dedup();
        functions.entry(names).or_default().push(case.clone());
    }
    functions
}

fn first_calls(cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
    session.unbind_all();
    race(cases, session)?;
    session.unbind_all();
    mixed(cases, session)
}

/// The same call by all threads at the same moment, where a call needs no other before it and leaves nothing
/// to give back: one that returns and one that is refused.
fn race(cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
    let step = |case: &&Arc<Case>| match case.steps() {
        [step] if stands_alone(step) => Some(step.clone()),
        _ => None,
    };
    let steps: Vec<Step> = cases.iter().filter_map(|case| step(&case)).collect();
    let first = |refused| steps.iter().find(|step| step.is_refused() == refused);
    // Which of them is the very first is another matter in each process.
    let mut firsts = [first(false), first(true)];
    firsts.rotate_left(session.turn % 2);
    let firsts: Vec<&Step> = firsts.into_iter().flatten().collect();
    let Some(step) = firsts.first() else { return Ok(()) };
    let function = session.bind(&step.function, Route::BySignature)?.function;
    let rows: Vec<_> = firsts.iter().map(|step| step.values()).collect();
    let reply = session.subject.race(&RaceRequest { function, rows: &rows, threads: THREADS })?;
    session.judgement.during("when several threads make the first calls");
    let (declarations, judgement) = (&session.corpus.declarations, &mut session.judgement);
    judgement.equal("N-1", "rows answered", &rows.len(), &reply.rows.len());
    for (step, replies) in firsts.iter().zip(&reply.rows) {
        judgement.equal("N-1", "threads that were answered", &THREADS, &replies.len());
        for reply in replies {
            calls::judge_reply(step, reply, &|_| None, declarations, || Some("N-1"), judgement);
        }
    }
    Ok(session.subject.forget()?)
}

/// Whether a call needs no other before it and leaves nothing to give back.
pub(super) fn stands_alone(step: &Step) -> bool {
    let is_value = |given: &Given| matches!(given, Given::Value(_));
    let returns = match &step.function.signature.returns {
        Type::Optional(of) | Type::ErrorUnion { of, .. } => of,
        of => of,
    };
    step.arguments.iter().all(is_value) && !matches!(returns, Type::Handle(_) | Type::Stream { .. })
}

/// All cases of the functions, those that are refused among them, each thread beginning with another.
fn mixed(cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
    let scripts = script::scripts(cases, session)?;
    let rounds = scripts.len().max(2) as u64;
    let request = RepeatRequest {
        scripts: &scripts,
        rounds,
        threads: THREADS,
        collect: false,
        stand_ins: false,
    };
    let before = session.evidence.ledger();
    let reply = session.subject.repeat(&request)?;
    let after = session.evidence.ledger();
    session.judgement.during("when several threads make the first calls, each another");
    let corpus = session.corpus.clone();
    script::judge(cases, &request, &reply, &corpus.declarations, &mut session.judgement);
    ledger::judge_live("N-3", "afterwards", before, after, &mut session.judgement);
    ledger::judge_frees("", before, after, &mut session.judgement);
    let what = "arguments that arrived beside another call's";
    let mismatches = after.mismatches - before.mismatches;
    session.judgement.equal("N-1", what, &0, &mismatches);
    Ok(())
}
