//! Views: each array that a case gives, given as a window of a larger one. The call comes to the same, and what
//! lies around the window stays as it was (C-8).

use std::sync::Arc;

use contract::{HostValue, Scalar};
use corpus::case::{Body, Case, Given, Leeway, Step};
use subject::Capability;

use super::{About, Arm, calls};
use crate::session::{Route, Session, Stop};

pub(super) struct Views;

/// Elements around the window. Before it so many that, counted as bytes, they are aligned for any element.
const BEFORE: usize = 16;
const BEHIND: usize = 2;

impl Arm for Views {
    fn about(&self) -> About {
        About {
            name: "views",
            clauses: &["C-8", "C-9"],
            capability: Some(Capability::Views),
            not_at_wire: Some(
                "at wire level arrays are the suite's own: the library is given addresses, and knows no views",
            ),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        let is_array = |given: &Given| matches!(given, Given::Value(HostValue::Array(..)));
        !case.is_large() && case.steps().iter().flat_map(|step| &step.arguments).any(is_array)
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        let steps = case.steps().iter().map(with_views).collect();
        let case = Case { body: Body::Calls(steps), ..Case::clone(case) };
        calls::run(&case, session, Route::BySignature)?;
        Ok(())
    }
}

fn with_views(step: &Step) -> Step {
    let mut viewing = step.clone();
    for given in &mut viewing.arguments {
        if let Given::Value(HostValue::Array(element, bytes)) = given {
            let around = around(*element);
            let all = [around.repeat(BEFORE), bytes.clone(), around.repeat(BEHIND)].concat();
            let count = bytes.len() / element.size();
            *given = Given::Value(HostValue::View(*element, all, BEFORE, count));
        }
    }
    let read_as = step.leeway.read_as.clone().or_else(|| Some(step.values()));
    viewing.leeway = Leeway { read_as, ..step.leeway.clone() };
    viewing
}

/// An element that lies around a window: none that a case has, and one that its type can have.
fn around(element: Scalar) -> Vec<u8> {
    let byte = if element == Scalar::Bool { 1 } else { 0x2a };
    let mut bytes = vec![byte; element.significant_bytes()];
    bytes.resize(element.size(), 0);
    bytes
}
