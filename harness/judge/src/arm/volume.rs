//! Volume: a hundred thousand calls of a function give a hundred thousand right answers (N-2).

use std::sync::Arc;

use corpus::case::{Case, Step};

use super::{About, Arm, Gather, Outcome, Puts, repeat};
use crate::session::{Session, Stop};

pub(super) struct Volume;

const CALLS: u64 = 100_000;

impl Arm for Volume {
    fn about(&self) -> About {
        About {
            name: "volume",
            clauses: &["N-2"],
            gathers: Gather::ByShape,
            puts: Puts::Often,
            not_at_wire: Some(super::threads::LOOPS),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        let steps = case.steps();
        !steps.is_empty() && !steps.iter().any(Step::is_refused)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        // Scripts are run in turn, so that this many rounds make that many calls.
        let steps: u64 = cases.iter().map(|case| case.steps().len() as u64).sum();
        let rounds = (CALLS * cases.len() as u64).div_ceil(steps.max(1));
        repeat::run(cases, rounds, 1, session).map(Outcome::Judged)
    }
}
