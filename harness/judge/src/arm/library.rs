//! Library: a function outlives what it was bound from (B-2). The library is a copy of the fixtures that
//! nothing else has open: the binder's host lets go of its object of it, where it has one on request, and
//! runs its collector; then the functions are called.

use std::path::Path;
use std::sync::Arc;

use corpus::case::{Body, Case, Expect, Step};
use subject::{Capability, OpenReply, OpenedId};

use super::calls;
use super::{About, Arm, Gather};
use crate::copies::Copies;
use crate::row::{Class, Reason};
use crate::session::{OwnLibrary, Route, Session, Stop};

pub(super) struct Library;

impl Arm for Library {
    fn about(&self) -> About {
        About { name: "library", clauses: &["B-2"], gathers: Gather::ByObligation, ..About::PLAIN }
    }

    fn at_stake(&self, _: &Case) -> Option<&'static str> {
        Some("B-2")
    }

    fn applies(&self, case: &Case) -> bool {
        returns(case)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let unloads = session.can(Capability::Unload);
        if !unloads && !session.can(Capability::Libraries) {
            let lacks = "the subject declares neither `libraries` nor `unload`";
            return Err(Stop::Gated(Reason::NotDeclared, lacks.into()));
        }
        // The cases differ in values, which a library's life does not hang on: one of them is enough.
        let Some(case) = cases.first() else { return Ok(()) };
        // What the calls come to elsewhere; and somebody has to attach to the evidence page.
        calls::run(case, session, Route::BySignature)?;
        if !session.judgement.holds() {
            return Ok(());
        }
        let copies = Copies::new()?;
        let path = copies.of(&session.library, "kept")?;
        let opened = if unloads { open(&path, "B-2", session)? } else { None };
        if unloads && opened.is_none() {
            return Ok(());
        }
        let route = session.own(OwnLibrary { path: path.clone(), opened, twin: false });
        for step in case.steps() {
            session.bind(&step.function, route)?;
        }
        if let Some(opened) = opened {
            session.subject.let_go(opened)?;
        }
        if session.can(Capability::Collect) {
            session.subject.collect()?;
        }
        session.judgement.during("bound from a library that nobody else holds");
        as_ever("B-2", case, route, session)
    }
}

/// Makes the calls of a case, which break the clause where they do not come to what they come to elsewhere.
pub(super) fn as_ever(
    clause: &'static str,
    case: &Case,
    route: Route,
    session: &mut Session,
) -> Result<(), Stop> {
    let judgement = std::mem::take(&mut session.judgement);
    session.judgement.cited = judgement.cited.clone();
    let came = calls::run(case, session, route).map(drop);
    let calls = std::mem::replace(&mut session.judgement, judgement);
    session.judgement.take_as(clause, calls);
    came
}

/// Whether each call of a case returns.
pub(super) fn returns(case: &Case) -> bool {
    let returns = |step: &Step| matches!(step.expect, Expect::Returns(_));
    matches!(case.body, Body::Calls(_)) && case.steps().iter().all(returns)
}

/// Has a library opened as an object of its own; none, and a difference, where it cannot be.
pub(super) fn open(
    path: &Path,
    clause: &'static str,
    session: &mut Session,
) -> Result<Option<OpenedId>, Stop> {
    match session.subject.open_library(path)? {
        OpenReply::Opened(opened) => Ok(Some(opened)),
        OpenReply::Unlinked(message) => {
            let what = format_args!("opening {}", path.display());
            let describe = || ("opened".to_owned(), format!("not linked: {message}"));
            session.judgement.check_as(Class::Refuse, clause, what, false, describe);
            Ok(None)
        }
    }
}
