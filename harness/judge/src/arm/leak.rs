//! The leak lane: after any number of runs that give back what they made, the fixtures hold what they
//! held before (N-3). A round trip passes in spite of a leak; this does not.

use std::sync::Arc;

use corpus::case::Case;
use corpus::model;

use super::{About, Arm, Outcome, repeat};
use crate::session::{Session, Stop};

pub(super) struct Leak;

/// Runs of each case: enough for a block lost now and then to show.
const ROUNDS: u64 = 64;

impl Arm for Leak {
    fn about(&self) -> About {
        About { name: "leak", clauses: &["N-3"], ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        case.steps().iter().any(|step| model::touches_memory(&step.function.signature))
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        repeat::run(cases, ROUNDS, 1, session).map(Outcome::Judged)
    }
}
