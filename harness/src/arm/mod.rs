//! Arms: the ways a case is put to a subject. A case declares data; an arm applies wherever the types
//! allow. A new arm is a file here and a line in [`ARMS`].

mod binding;
mod calls;
mod compare;
mod fail_nth;
mod generated;
mod guard;
mod leak;
mod lifetime;
mod malformed;
mod paths;
mod property;
mod race;
mod refusal;
mod repeat;
mod round_trip;
mod same;
mod script;
mod stream;
mod threads;
mod volume;

use std::sync::Arc;

use zig_lib::library::Profile;

use crate::case::Case;
use crate::dialect;
use crate::judge::{Class, Judgement, Verdict};
use crate::level;
use crate::session::{Session, Stop};
use crate::subject::SubjectFault;

/// A way of putting cases to a subject.
pub trait Arm: Sync {
    /// Its name in trials, filters and reports.
    fn name(&self) -> &'static str;

    /// Clauses it proves on top of those a case cites.
    fn clauses(&self) -> &'static [&'static str];

    /// Whether it has anything to find in a case.
    fn applies(&self, case: &Case) -> bool;

    /// Which cases it puts together.
    fn gathers(&self) -> Gather {
        Gather::Nothing
    }

    /// The build of the fixtures that it calls. The checked one is called in the suite's own process;
    /// any other in a worker, because a process has one evidence page and such a build may end it.
    fn build(&self) -> Profile {
        Profile::Checked
    }

    /// Whether it runs only where it is asked for by name.
    fn on_request(&self) -> bool {
        false
    }

    /// The clause that this arm proves on a case beside those it proves on all, and that is broken where
    /// the case ends the process.
    fn at_stake(&self, _case: &Case) -> Option<&'static str> {
        None
    }

    /// Why it says nothing of a library at wire level, where it does not.
    fn not_at_wire(&self) -> Option<&'static str> {
        None
    }

    /// Puts the cases to the subject: one, or those gathered.
    ///
    /// # Errors
    /// [`Stop`] where the trial could not go on.
    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop>;
}

/// Which cases make one trial together, named after the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gather {
    /// Each case is a trial of its own.
    Nothing,
    /// All cases of the same functions.
    ByFunction,
    /// All cases of the same shape of call: on the general path, of the same kinds of types.
    ByShape,
}

/// What an arm found.
#[derive(Debug)]
pub enum Outcome {
    /// What was compared.
    Judged(Judgement),
    /// The subject does not declare what the arm needs.
    Gated(String),
    /// The cases turned out to hold nothing for the arm.
    Skipped(String),
}

/// Every arm, in the order they run.
pub const ARMS: &[&dyn Arm] = &[
    &round_trip::RoundTrip,
    &refusal::Refusal,
    &binding::Binding,
    &malformed::Faults,
    &paths::Paths,
    &compare::Compare,
    &property::Property,
    &leak::Leak,
    &fail_nth::FailNth,
    &lifetime::Lifetime,
    &guard::Guard,
    &threads::Threads,
    &volume::Volume,
    &race::Race,
    &generated::Generated,
];

/// Runs an arm on the cases that a subject of this level owes, as its dialects read them.
///
/// # Errors
/// As [`Arm::run`].
pub fn put(arm: &dyn Arm, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
    let mut owed = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for case in cases {
        let owes = level::owed(session.ready.level, arm, case).map_err(str::to_owned);
        match owes.and_then(|()| dialect::under(case, session)) {
            Ok(case) => owed.push(case),
            Err(reason) if reasons.contains(&reason) => {}
            Err(reason) => reasons.push(reason),
        }
    }
    if owed.is_empty() {
        return Ok(Outcome::Gated(reasons.join("; ")));
    }
    arm.run(&owed, session)
}

/// As [`put`], with a verdict made of whatever comes of it.
pub fn judge(arm: &dyn Arm, cases: &[Arc<Case>], session: &mut Session) -> Verdict {
    verdict(put(arm, cases, session))
}

/// The verdict of what came of an arm.
pub fn verdict(came: Result<Outcome, Stop>) -> Verdict {
    match came {
        Ok(Outcome::Judged(judgement)) => judgement.verdict(),
        Ok(Outcome::Gated(reason)) => Verdict::Gated(reason),
        Ok(Outcome::Skipped(reason)) => Verdict::Skipped(reason),
        Err(Stop::Unserved(reason)) => Verdict::Gated(reason),
        Err(Stop::Unbound { message, clause }) => {
            refused(clause, "binding", "the function is bound", message)
        }
        Err(Stop::Fault(SubjectFault::Unsupported { request, message })) => {
            let observed = format!("it does not support {request}: {message}");
            refused(
                None,
                "support",
                "it serves what it declares, and what every binder owes",
                observed,
            )
        }
        Err(stop @ (Stop::Fault(_) | Stop::Evidence(_))) => Verdict::Error(stop.to_string()),
    }
}

/// The verdict on a subject that does not do what it should.
fn refused(
    clause: impl Into<Option<&'static str>>,
    what: &str,
    expected: &str,
    observed: String,
) -> Verdict {
    let mut judgement = Judgement::default();
    let describe = || (expected.to_owned(), observed);
    judgement.check_as(Class::Refuse, clause, what, false, describe);
    judgement.verdict()
}
