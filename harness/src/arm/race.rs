//! The race build: the threads arm under the thread sanitiser, which ends the worker at the first data
//! race in the fixtures' own memory. Only on request, because that build takes a minute.

use std::sync::Arc;

use zig_lib::library::Profile;

use super::threads::Threads;
use super::{Arm, Gather, Outcome};
use crate::case::Case;
use crate::session::{Session, Stop};

pub(super) struct Race;

impl Arm for Race {
    fn name(&self) -> &'static str {
        "race"
    }

    fn clauses(&self) -> &'static [&'static str] {
        &["N-1"]
    }

    fn applies(&self, case: &Case) -> bool {
        Threads.applies(case)
    }

    fn gathers(&self) -> Gather {
        Gather::ByShape
    }

    fn build(&self) -> Profile {
        Profile::Race
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        Some("N-1")
    }

    fn on_request(&self) -> bool {
        true
    }

    fn not_at_wire(&self) -> Option<&'static str> {
        Some(super::threads::LOOPS)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        Threads.run(cases, session)
    }
}
