//! Volume: a hundred thousand calls of a function give a hundred thousand right answers (N-2).

use std::sync::Arc;

use super::{Arm, Gather, Outcome, calls, repeat};
use crate::case::Case;
use crate::session::{Session, Stop};

pub(super) struct Volume;

const CALLS: u64 = 100_000;

impl Arm for Volume {
    fn name(&self) -> &'static str {
        "volume"
    }

    fn clauses(&self) -> &'static [&'static str] {
        &["N-2"]
    }

    fn applies(&self, case: &Case) -> bool {
        let steps = calls::steps(case);
        !steps.is_empty() && !steps.iter().any(calls::is_refused)
    }

    fn gathers(&self) -> Gather {
        Gather::ByShape
    }

    fn not_at_wire(&self) -> Option<&'static str> {
        Some(super::threads::LOOPS)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        // Scripts are run in turn, so that this many rounds make that many calls.
        let steps: u64 = cases.iter().map(|case| calls::steps(case).len() as u64).sum();
        let rounds = (CALLS * cases.len() as u64).div_ceil(steps.max(1));
        repeat::run(cases, rounds, 1, session).map(Outcome::Judged)
    }
}
