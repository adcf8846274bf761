//! The round trip: a case's calls once, on the path the signature asks for. What came back, what
//! arrived, what was freed and what arrays hold are compared with the case.

use std::sync::Arc;

use super::calls;
use super::{Arm, Outcome};
use crate::case::{Body, Case};
use crate::judge::Judgement;
use crate::session::{Route, Session, Stop};

pub(super) struct RoundTrip;

impl Arm for RoundTrip {
    fn name(&self) -> &'static str {
        "round-trip"
    }

    fn clauses(&self) -> &'static [&'static str] {
        &[]
    }

    fn applies(&self, case: &Case) -> bool {
        matches!(&case.body, Body::Calls(steps) if !steps.iter().any(calls::is_refused))
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        let mut judgement = Judgement::default();
        for case in cases {
            calls::run(case, session, Route::BySignature, &mut judgement)?;
        }
        Ok(Outcome::Judged(judgement))
    }
}
