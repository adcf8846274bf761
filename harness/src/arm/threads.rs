//! Threads: all cases of a function at once from several threads, each starting with another case, so
//! that different arguments and results are in flight together (N-1).

use std::sync::Arc;

use super::{Arm, Gather, Outcome, calls, repeat};
use crate::case::Case;
use crate::session::{Session, Stop};
use crate::subject::Capability;

pub(super) struct Threads;

/// Why nothing is looped at wire level.
pub(super) const LOOPS: &str = "at wire level the suite makes each call by a message: the library makes \
                                no loops of its own, and none on threads";

const THREADS: usize = 4;
/// Calls each thread makes, about.
const CALLS: u64 = 4_000;

impl Arm for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn clauses(&self) -> &'static [&'static str] {
        &["N-1"]
    }

    fn applies(&self, case: &Case) -> bool {
        let steps = calls::steps(case);
        !steps.is_empty() && !steps.iter().any(calls::is_refused)
    }

    fn gathers(&self) -> Gather {
        Gather::ByShape
    }

    fn not_at_wire(&self) -> Option<&'static str> {
        Some(LOOPS)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        if !session.can(Capability::Threads) {
            return Ok(Outcome::Gated("the subject does not declare `threads`".into()));
        }
        let steps = cases.iter().map(|case| calls::steps(case).len() as u64).max().unwrap_or(1);
        repeat::run(cases, CALLS / steps, THREADS, session).map(Outcome::Judged)
    }
}
