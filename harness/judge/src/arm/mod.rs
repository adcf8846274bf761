//! Arms: the ways a case is put to a subject. A case declares data; an arm applies wherever the types
//! allow. A new arm is a file here, its `mod` and a line in [`ARMS`].

mod binding;
mod callbacks;
mod calls;
mod compare;
mod dropped;
mod errno;
mod fail_nth;
pub(crate) mod first_bind;
mod first_use;
mod generated;
mod guard;
mod heat;
mod kept;
mod ledger;
mod library;
mod lifetime;
mod malformed;
mod memory;
mod one_array;
mod paths;
mod places;
mod positions;
mod programs;
mod property;
mod readers;
mod refusal;
mod repeat;
mod round_trip;
mod same;
mod script;
mod stream;
mod surrogates;
mod unload;
mod unsupported;
mod views;

use std::sync::Arc;

use corpus::case::Case;
use subject::{Capability, Level, SubjectFault};
use zig_lib::library::Profile;

use crate::dialect;
use crate::level;
use crate::row::{Class, NOT_SERVED, Reason};
use crate::session::{Session, Stop};
use crate::verdict::{Judgement, Verdict};

/// A way of putting cases to a subject.
pub trait Arm: Sync {
    /// What it is and needs.
    fn about(&self) -> About;

    /// Whether it has anything to find in a case.
    fn applies(&self, case: &Case) -> bool;

    /// The clause that this arm proves on a case beside those it proves on all, and that is broken where
    /// the case ends the process.
    fn at_stake(&self, _case: &Case) -> Option<&'static str> {
        None
    }

    /// Puts a case to the subject. What is compared goes into the session's judgement: a trial that
    /// compared nothing is an error.
    ///
    /// # Errors
    /// [`Stop`] where the trial could not go on.
    fn case(&self, _case: &Arc<Case>, _session: &mut Session) -> Result<(), Stop> {
        Ok(())
    }

    /// Puts the cases of a trial to the subject: one, or those gathered.
    ///
    /// # Errors
    /// As [`Arm::case`].
    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        cases.iter().try_for_each(|case| self.case(case, session))
    }
}

/// What an arm is and needs, as data: nobody asks for an arm by its name but people.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name in trials, filters and reports.
    pub name: &'static str,
    /// Clauses it proves on top of those a case cites.
    pub clauses: &'static [&'static str],
    /// Which cases it puts together.
    pub gathers: Gather,
    /// The build of the fixtures that it calls. A process has one evidence page, so each build has a
    /// process of its own.
    pub build: Profile,
    /// Whether it calls the C twin of the fixtures, too.
    pub twin: bool,
    /// Whether it draws arguments from the session's seed.
    pub draws: bool,
    /// Whether its cases are made from a seed, not written.
    pub made: bool,
    /// What a subject has to declare for it.
    pub capability: Option<Capability>,
    /// Whether it runs only where it is asked for by name.
    pub on_request: bool,
    /// How often it puts a case.
    pub puts: Puts,
    /// How many fresh processes it puts each trial in; 0 for an arm that takes the process as it is.
    pub processes: usize,
    /// Whether a library at wire level has to make loops for it: elsewhere every binder owes them.
    pub loops: bool,
    /// Why it says nothing of a library at wire level, where it does not.
    pub not_at_wire: Option<&'static str>,
}

impl About {
    /// An arm without needs: every case a trial, on the checked build.
    const PLAIN: About = About {
        name: "",
        clauses: &[],
        gathers: Gather::Nothing,
        build: Profile::Checked,
        twin: false,
        draws: false,
        made: false,
        capability: None,
        on_request: false,
        puts: Puts::InItsWay,
        processes: 0,
        loops: false,
        not_at_wire: None,
    };
}

/// How often an arm puts a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Puts {
    /// Once and as it is written, so that putting it again says whether it would pass otherwise.
    Once,
    /// As the arm says.
    InItsWay,
    /// Thousands of times: a tool that watches each call sees no more, and takes minutes.
    Often,
}

/// Which cases make one trial together, named after the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gather {
    /// Each case is a trial of its own.
    Nothing,
    /// All cases of the same functions.
    ByFunction,
    /// All cases of functions that are served on the same paths and oblige the same symbols.
    ByObligation,
    /// All cases of the same shape of call: on the general path, of the same kinds of types.
    ByShape,
    /// All cases of the same suite.
    BySuite,
    /// All cases whose functions return the same kinds of types, those apart that are given functions of the host's: what
    /// a callback costs is a small part of what all cases cost together.
    ByReturn,
    /// All cases whose functions are served by the same paths.
    ByPath,
}

/// Every arm, in the order they run.
pub const ARMS: &[&dyn Arm] = &[
    &round_trip::RoundTrip,
    &refusal::Refusal,
    &positions::Positions,
    &surrogates::Surrogates,
    &one_array::OneArray,
    &views::Views,
    &binding::Binding,
    &malformed::Faults,
    &paths::Paths,
    &compare::Compare,
    &property::Property,
    &repeat::LEAK,
    &fail_nth::FailNth,
    &lifetime::Lifetime,
    &readers::Readers,
    &dropped::Dropped,
    &errno::KEPT,
    &errno::SET,
    &kept::Kept,
    &kept::Released,
    &library::Library,
    &unload::Unload,
    &guard::Guard,
    &repeat::THREADS,
    &repeat::LONG_CALLS,
    &repeat::VOLUME,
    &heat::Heat,
    &memory::Memory,
    &first_use::FirstUse,
    &first_bind::FirstBind,
    &repeat::RACE,
    &generated::Generated,
    &programs::Programs,
];

/// The arm of a name.
pub fn named(name: &str) -> Option<&'static dyn Arm> {
    ARMS.iter().copied().find(|arm| arm.about().name == name)
}

/// Runs an arm on the cases that a subject of this level owes, as its dialects read them; what was compared.
///
/// # Errors
/// As [`Arm::run`].
pub fn put(arm: &dyn Arm, cases: &[Arc<Case>], session: &mut Session) -> Result<Judgement, Stop> {
    let mut owed = Vec::new();
    let mut reasons: Vec<(Reason, String)> = Vec::new();
    for case in cases {
        let owes = level::owed(session.ready.level, arm.about().not_at_wire, case)
            .map_err(|text| (Reason::NotOwed, text))
            .and_then(|()| callbacks::owed(session, &arm.about(), case))
            .map_err(|(reason, text)| (reason, text.to_owned()));
        match owes.and_then(|()| dialect::under(case, session)) {
            Ok(case) => owed.push(case),
            Err(reason) if reasons.contains(&reason) => {}
            Err(reason) => reasons.push(reason),
        }
    }
    if owed.is_empty() {
        let first = reasons.first().map_or(Reason::NotOwed, |(reason, _)| *reason);
        let texts: Vec<String> = reasons.into_iter().map(|(_, text)| text).collect();
        return Err(Stop::Gated(first, texts.join("; ")));
    }
    let loops = arm.about().loops && session.ready.level == Level::Wire;
    let needs = [loops.then_some(Capability::Loops), arm.about().capability];
    if let Some(capability) = needs.into_iter().flatten().find(|needed| !session.can(*needed)) {
        let text = format!("the subject does not declare `{}`", capability.name());
        return Err(Stop::Gated(Reason::NotDeclared, text));
    }
    let clauses = owed.iter().flat_map(|case| &case.clauses);
    session.judgement = Judgement::of(clauses, session.strict);
    session.judgement.places = session.can(Capability::ArgumentPlaces);
    match arm.run(&owed, session) {
        Err(Stop::Fault(SubjectFault::Unsupported { request, message }))
            if session.ready.level == Level::Wire =>
        {
            unsupported::judge(&owed, (request, message), session)?;
        }
        came => came?,
    }
    Ok(std::mem::take(&mut session.judgement))
}

/// As [`put`], with a verdict made of whatever comes of it.
pub fn judge(arm: &dyn Arm, cases: &[Arc<Case>], session: &mut Session) -> Verdict {
    verdict(put(arm, cases, session))
}

/// The verdict of what came of an arm.
pub fn verdict(came: Result<Judgement, Stop>) -> Verdict {
    match came {
        Ok(judgement) => judgement.verdict(),
        Err(Stop::Gated(reason, text)) => Verdict::Gated(reason, text),
        Err(Stop::Skipped(text)) => Verdict::Skipped(Reason::NothingToFind, text),
        Err(Stop::Unbound { message, clause }) => {
            refused(clause, "binding", "the function is bound", message)
        }
        Err(Stop::Fault(SubjectFault::NoSuchValue { request, message })) => {
            Verdict::Gated(Reason::NotServed, format!("{request}{NOT_SERVED}{message}"))
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
        Err(stop @ (Stop::Corpus(_) | Stop::Fault(_) | Stop::Evidence(_))) => {
            Verdict::Error(stop.to_string())
        }
    }
}

/// The cases that ship with the suite.
#[cfg(test)]
fn shipped() -> corpus::case::Corpus {
    let clauses = contract::clause::ids().into_iter().map(str::to_owned).collect();
    let corpus = corpus::case::Corpus::load(&corpus::case::shipped_folder(), &clauses);
    corpus.unwrap_or_else(|errors| panic!("{errors:?}"))
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
