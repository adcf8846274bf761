//! Signatures made from a seed: each called with tagged values on every path that serves it, and what
//! arrived compared argument by argument (L-22).

use std::sync::Arc;

use corpus::case::{Case, Step};
use corpus::generated;
use subject::Capability;

use super::calls::{self, Observation};
use super::{About, Arm, paths};
use crate::arrived;
use crate::session::{Route, Session, Stop};
use crate::verdict::Judgement;

pub(super) struct Generated;

impl Arm for Generated {
    fn about(&self) -> About {
        About { name: "generated", clauses: &["P-4", "P-5"], made: true, ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        generated::is_made(case)
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        let observed = if session.can(Capability::Paths) {
            paths::run(case, session)?
        } else {
            calls::run(case, session, Route::BySignature)?
        };
        if !session.judgement.holds() {
            let last = case.steps().iter().zip(&observed).next_back();
            explain(last, &mut session.judgement);
        }
        Ok(())
    }
}

/// Puts before the calls which signature failed, and at which argument.
fn explain(last: Option<(&Step, &Observation)>, judgement: &mut Judgement) {
    let Some((step, observation)) = last else { return };
    if let Some((number, place)) = arrived::first_place(step, &observation.events) {
        let arguments = &step.function.signature.arguments;
        let (form, count) = (&arguments[number].form, arguments.len());
        let place = place.map_or_else(String::new, |place| format!(", {}", place.text()));
        judgement.lead(format!("first to differ: argument {number} of {count}, {form}{place}"));
    }
    judgement.lead(step.function.text.clone());
}
