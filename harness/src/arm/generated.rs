//! Signatures made from a seed: each called with tagged values on every path that serves it, and what
//! arrived compared argument by argument (L-22).

use std::sync::Arc;

use super::calls::{self, Observation};
use super::{Arm, Outcome, paths};
use crate::case::{Case, Step};
use crate::generated;
use crate::judge::Judgement;
use crate::session::{Route, Session, Stop};
use crate::subject::Capability;

pub(super) struct Generated;

impl Arm for Generated {
    fn name(&self) -> &'static str {
        "generated"
    }

    fn clauses(&self) -> &'static [&'static str] {
        &["P-4", "P-5"]
    }

    fn applies(&self, case: &Case) -> bool {
        generated::is_made(case)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        let mut judgement = Judgement::default();
        for case in cases {
            let observed = if session.can(Capability::Paths) {
                paths::run(case, session, &mut judgement)?
            } else {
                calls::run(case, session, Route::BySignature, &mut judgement)?
            };
            if !judgement.holds() {
                let last = calls::steps(case).iter().zip(&observed).next_back();
                explain(last, &mut judgement);
                break;
            }
        }
        Ok(Outcome::Judged(judgement))
    }
}

/// Puts before the calls which signature failed, and at which argument.
fn explain(last: Option<(&Step, &Observation)>, judgement: &mut Judgement) {
    let Some((step, observation)) = last else { return };
    if let Some((number, place)) = generated::first_place(step, &observation.events) {
        let arguments = &step.function.signature.arguments;
        let (form, count, place) = (&arguments[number].form, arguments.len(), place.text());
        judgement.lead(format!("first to differ: argument {number} of {count}, {form}, {place}"));
    }
    judgement.lead(step.function.text.clone());
}
