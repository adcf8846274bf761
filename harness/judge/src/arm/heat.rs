//! Heat: what a function answers once it has been called often. Who compiles as it runs decides anew how to
//! call, by what it has seen so far, so first only calls that return are made, and then every case is put
//! as it is written: values other than the last seen, and refusals never seen before. Of a shape the functions
//! that most cases are about are made hot.
//!
//! At wire level without loops, where each call is a message, one function of each carrier is made hot.

use std::collections::HashMap;
use std::sync::Arc;

use contract::{Argument, ArgumentKind, Type};
use corpus::case::{Case, Function, Step};
use subject::{Capability, Level, RepeatRequest};

use super::first_use::by_functions;
use super::repeat::calls_something;
use super::{About, Arm, Gather, Puts, calls, script};
use crate::session::{Route, Session, Stop};

pub(super) struct Heat;

/// Calls of each function before it is hot: above the thresholds of the tiers that count calls, which are
/// 10,000 for the last of HotSpot's, and fewer in V8, JavaScriptCore and LuaJIT.
const CALLS: u64 = 10_500;
/// Times a case is put to a hot function: who goes back to slower code when surprised does so once.
const TIMES: usize = 3;

impl Arm for Heat {
    fn about(&self) -> About {
        About {
            name: "heat",
            clauses: &["N-2"],
            gathers: Gather::ByShape,
            puts: Puts::Often,
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        calls_something(case)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let by_messages = session.ready.level == Level::Wire && !session.can(Capability::Loops);
        if by_messages && !is_for_its_carrier(&cases[0], session) {
            return Err(Stop::Skipped(
                "at wire level without loops one function of each carrier is made hot".into(),
            ));
        }
        let by_functions = by_functions(cases);
        let Some(cases) = by_functions.values().max_by_key(|cases| cases.len()) else {
            return Ok(());
        };
        let warm: Vec<_> = cases.iter().filter(|case| returns(case)).cloned().collect();
        if warm.is_empty() {
            return Err(Stop::Skipped("no case of these functions returns".into()));
        }
        let scripts = script::scripts(&warm, session)?;
        let request = RepeatRequest {
            scripts: &scripts,
            rounds: rounds(&warm),
            threads: 1,
            collect: false,
            stand_ins: false,
        };
        let reply = session.subject.repeat(&request)?;
        let corpus = session.corpus.clone();
        script::judge(&warm, &request, &reply, &corpus.declarations, &mut session.judgement);
        session.judgement.during("once it is hot");
        for case in cases.iter().cycle().take(TIMES * cases.len()) {
            if !session.judgement.holds() {
                break;
            }
            calls::run(case, session, Route::BySignature)?;
        }
        session.judgement.during("");
        Ok(())
    }
}

/// Rounds after which the function least called has been called often enough.
fn rounds(cases: &[Arc<Case>]) -> u64 {
    let mut calls: HashMap<&str, u64> = HashMap::new();
    for step in cases.iter().flat_map(|case| case.steps()) {
        *calls.entry(&step.function.name).or_default() += 1;
    }
    let least = calls.values().min().copied().unwrap_or(1);
    CALLS.div_ceil(least) * cases.len() as u64
}

/// Whether no call of a case is refused.
fn returns(case: &Case) -> bool {
    !case.steps().iter().any(Step::is_refused)
}

/// Whether a case is of the first function in the corpus that takes one carrier scalar and returns its like.
fn is_for_its_carrier(case: &Case, session: &Session) -> bool {
    let steps = session.corpus.suites.iter().flat_map(|suite| &suite.cases);
    let functions = |case: &Case| {
        let echoes = case.steps().iter().map(|step| step.function.clone());
        echoes.filter(|function| carrier(function).is_some()).collect::<Vec<_>>()
    };
    let own = functions(case);
    let Some(own) = own.first() else { return false };
    let mut all = steps.flat_map(|case| functions(case));
    let first = all.find(|function| carrier(function) == carrier(own));
    first.is_some_and(|first| first.name == own.name)
}

/// What a function takes and returns that does nothing else.
fn carrier(function: &Function) -> Option<&Type> {
    let signature = &function.signature;
    let [Argument { kind: ArgumentKind::Plain(of), .. }] = &*signature.arguments else {
        return None;
    };
    let is_carrier = matches!(of, Type::Scalar(scalar) if !scalar.is_wide());
    (is_carrier && *of == signature.returns).then_some(of)
}
