//! One array as several arguments of a call (C-9): a case that says it comes to the same, with one array in
//! place of equal ones.

use std::sync::Arc;

use contract::HostValue;
use corpus::case::{Body, Case, Given, Leeway, Step};
use subject::Capability;

use super::{About, Arm, calls};
use crate::session::{Route, Session, Stop};

pub(super) struct OneArray;

impl Arm for OneArray {
    fn about(&self) -> About {
        About {
            name: "one-array",
            clauses: &["C-9"],
            capability: Some(Capability::OneArray),
            not_at_wire: Some(
                "at wire level arrays are the suite's own: which of them are one is not the library's matter",
            ),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        case.steps().iter().any(|step| !step.one_array.is_empty())
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        let steps = case.steps().iter().map(as_one).collect();
        let case = Case { body: Body::Calls(steps), ..Case::clone(case) };
        calls::run(&case, session, Route::BySignature)?;
        Ok(())
    }
}

/// The step with one array, the first, which comes to hold what any of them does.
fn as_one(step: &Step) -> Step {
    let Some((first, others)) = step.one_array.split_first() else { return step.clone() };
    let mut one = step.clone();
    for other in others {
        one.arguments[*other] = Given::Value(HostValue::Same(*first));
    }
    let is_one = |(index, _): &&(usize, HostValue)| step.one_array.contains(index);
    let changed = step.changes.iter().find(is_one);
    one.changes.retain(|(index, _)| !step.one_array.contains(index));
    one.changes.extend(changed.map(|(_, array)| (*first, array.clone())));
    let read_as = step.leeway.read_as.clone().or_else(|| Some(step.values()));
    one.leeway = Leeway { read_as, ..step.leeway.clone() };
    one
}
