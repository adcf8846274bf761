//! The race build: the threads arm under the thread sanitiser, which ends the worker at the first data
//! race in the fixtures' own memory. Only on request, because that build takes a minute.

use std::sync::Arc;

use corpus::case::Case;
use subject::Capability;
use zig_lib::library::Profile;

use super::threads::Threads;
use super::{About, Arm, Gather, Outcome, Puts};
use crate::session::{Session, Stop};

pub(super) struct Race;

impl Arm for Race {
    fn about(&self) -> About {
        About {
            name: "race",
            clauses: &["N-1"],
            gathers: Gather::ByShape,
            build: Profile::Race,
            capability: Some(Capability::Threads),
            on_request: true,
            puts: Puts::Often,
            not_at_wire: Some(super::threads::LOOPS),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        Threads.applies(case)
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        Some("N-1")
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        Threads.run(cases, session)
    }
}
