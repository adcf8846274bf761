//! Paths: a function reports the path its signature asks for (P-4), takes what that path may take
//! (P-1 to P-3), and on the general path is seen to do the same (P-5).

use std::sync::Arc;

use contract::Path as InvokerPath;
use corpus::case::{Body, Case, Step};
use subject::{Capability, Outcome as CallOutcome};

use super::calls::{self, Observation};
use super::{About, Arm, same};
use crate::describe;
use crate::session::{Route, Session, Stop};
use crate::verdict::Judgement;

pub(super) struct Paths;

impl Arm for Paths {
    fn about(&self) -> About {
        About {
            name: "paths",
            clauses: &["P-1", "P-2", "P-3", "P-4", "P-5"],
            capability: Some(Capability::Paths),
            not_at_wire: Some(
                "at wire level the suite lowers: which path serves a signature is not the library's",
            ),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        // What is large goes one path, the general one.
        matches!(case.body, Body::Calls(_)) && !case.is_large()
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        run(case, session).map(drop)
    }
}

/// A case on every path that serves it. The observations are those made last.
pub(super) fn run(case: &Case, session: &mut Session) -> Result<Vec<Observation>, Stop> {
    let steps = case.steps();
    let natural = calls::run(case, session, Route::BySignature)?;
    for (step, observation) in steps.iter().zip(&natural) {
        judge_path(step, observation, session);
    }
    // What is on the general path anyway would be compared with itself.
    let shorter = natural.iter().any(is_shorter);
    if !shorter || !session.can(Capability::ForcePath) || !session.judgement.holds() {
        return Ok(natural);
    }
    let forced = calls::run(case, session, Route::General)?;
    for (step, observation) in steps.iter().zip(&forced) {
        let what = format_args!("path of {} when forced", step.function.symbol);
        let general = name(Some(InvokerPath::General));
        session.judgement.equal("P-5", what, &general, &name(observation.path));
        judge_cost(step, observation, &mut session.judgement);
    }
    same::judge(steps, [&natural, &forced], (Some("P-5"), "both paths"), &mut session.judgement);
    Ok(forced)
}

fn judge_path(step: &Step, observed: &Observation, session: &mut Session) {
    let symbol = &step.function.symbol;
    // A library that says none was refused before; who says no path is never right.
    let expected = session.native_path(symbol).map_or("a path", InvokerPath::name).to_owned();
    let what = format_args!("path of {symbol}");
    session.judgement.equal("P-4", what, &expected, &name(observed.path));
    judge_cost(step, observed, &mut session.judgement);
}

/// The hot paths open no scope and take no memory; the general one opens one scope and closes it.
fn judge_cost(step: &Step, observed: &Observation, judgement: &mut Judgement) {
    let (Some(before), Some(after)) = (observed.before, observed.after) else { return };
    let call = describe::call(&step.function.symbol, &step.arguments);
    // What is open before is an earlier call's fault, and a counter that runs backwards the binder's.
    let grown = |before: u64, after: u64| i128::from(after) - i128::from(before);
    let scopes = grown(before.scopes, after.scopes);
    let open = grown(before.open_scopes, after.open_scopes);
    judgement.equal("P-3", format_args!("scopes left open by {call}"), &0, &open);
    match observed.path {
        Some(InvokerPath::General) => {
            // A call refused for its number of arguments opens none, because nothing is converted.
            let refused = matches!(observed.reply.outcome, CallOutcome::Refused(_));
            let holds = scopes == 1 || refused && scopes == 0;
            let describe = || ("1".into(), scopes.to_string());
            judgement.check("P-3", format_args!("scopes opened by {call}"), holds, describe);
        }
        path => {
            let clause = if path == Some(InvokerPath::Scalar) { "P-1" } else { "P-2" };
            judgement.equal(clause, format_args!("scopes opened by {call}"), &0, &scopes);
            let bytes = grown(before.scope_bytes, after.scope_bytes);
            judgement.equal(clause, format_args!("native bytes taken by {call}"), &0, &bytes);
        }
    }
}

/// Whether a call took a path that P-5 compares with the general one.
fn is_shorter(observed: &Observation) -> bool {
    observed.path != Some(InvokerPath::General)
}

/// A path as the report names it.
fn name(path: Option<InvokerPath>) -> String {
    path.map_or("no path", InvokerPath::name).to_owned()
}

#[cfg(test)]
mod tests {
    use contract::HostValue;
    use subject::{CallReply, Counters};

    use super::super::shipped;
    use super::*;
    use crate::verdict::Verdict;

    /// Whether nothing differs of a call around which the subject counted so: scopes, bytes, open scopes.
    fn passes(path: InvokerPath, before: [u64; 3], after: [u64; 3]) -> bool {
        let counted = |[scopes, scope_bytes, open_scopes]: [u64; 3]| {
            Some(Counters { scopes, scope_bytes, open_scopes })
        };
        let outcome = CallOutcome::Value(HostValue::Nil);
        let observation = Observation {
            reply: CallReply::of(outcome),
            events: Vec::new(),
            expected: Vec::new(),
            path: Some(path),
            before: counted(before),
            after: counted(after),
        };
        let corpus = shipped();
        let mut cases = corpus.suites.iter().flat_map(|suite| &suite.cases);
        let step = cases.find_map(|case| case.steps().first()).expect("a case that calls");
        let mut judgement = Judgement::default();
        judge_cost(step, &observation, &mut judgement);
        matches!(judgement.verdict(), Verdict::Passed { .. })
    }

    #[test]
    fn a_scope_is_the_fault_of_the_call_that_leaves_it_open() {
        let (general, scalar) = (InvokerPath::General, InvokerPath::Scalar);
        assert!(passes(general, [4, 64, 0], [5, 96, 0]));
        assert!(!passes(general, [4, 64, 0], [5, 96, 1]), "it leaves one");
        assert!(passes(general, [5, 96, 1], [6, 128, 1]), "another call left it");
        assert!(passes(scalar, [5, 96, 1], [5, 96, 1]), "another call left it");
        assert!(!passes(general, [5, 96, 1], [6, 128, 0]), "it closes another's");
        assert!(!passes(scalar, [5, 96, 0], [6, 96, 0]), "it opens one");
        assert!(!passes(scalar, [5, 96, 0], [5, 97, 0]), "it takes memory");
    }

    #[test]
    fn a_counter_that_runs_backwards_fails_its_trial_and_nothing_else() {
        assert!(!passes(InvokerPath::General, [5, 96, 0], [4, 96, 0]));
        assert!(!passes(InvokerPath::Scalar, [5, 96, 0], [5, 95, 0]));
    }
}
