//! Threads: all cases of a function at once from several threads, each starting with another case, so
//! that different arguments and results are in flight together (N-1).

use std::sync::Arc;

use corpus::case::{Case, Step};
use subject::Capability;

use super::{About, Arm, Gather, Outcome, Puts, repeat};
use crate::session::{Session, Stop};

pub(super) struct Threads;

/// Why nothing is looped at wire level.
pub(super) const LOOPS: &str = "at wire level the suite makes each call by a message: the library makes \
                                no loops of its own, and none on threads";

const THREADS: usize = 4;
/// Calls each thread makes, about.
const CALLS: u64 = 4_000;

impl Arm for Threads {
    fn about(&self) -> About {
        About {
            name: "threads",
            clauses: &["N-1"],
            gathers: Gather::ByShape,
            capability: Some(Capability::Threads),
            puts: Puts::Often,
            not_at_wire: Some(LOOPS),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        let steps = case.steps();
        !steps.is_empty() && !steps.iter().any(Step::is_refused)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        let steps = cases.iter().map(|case| case.steps().len() as u64).max().unwrap_or(1);
        repeat::run(cases, CALLS / steps, THREADS, session).map(Outcome::Judged)
    }
}
