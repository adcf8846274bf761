//! Comparisons: the same calls by both engines of the subject, and into both libraries, the fixtures in
//! Zig and their twin in C. What is expected is judged each time, so a disagreement tells which of the two
//! is wrong; what nobody expected must still be the same.

use std::sync::Arc;

use corpus::case::Case;
use subject::{Capability, Level};

use super::calls;
use super::{About, Arm, same};
use crate::row::Reason;
use crate::session::{Route, Session, Stop};

pub(super) struct Compare;

impl Arm for Compare {
    fn about(&self) -> About {
        About { name: "compare", twin: true, ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        !case.is_large() && case.steps().iter().any(|step| !step.is_refused())
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        let others = others(case, session);
        if others.is_empty() {
            // What it declares must not be said to be lacking: without the C twin, `libraries` is no help. Nor what
            // nobody can declare at its level.
            let is_wire = session.ready.level == Level::Wire;
            let (reason, lacks) = match (session.twin_has(case), is_wire) {
                (true, true) => (Reason::NotDeclared, "the subject does not declare `libraries`"),
                (true, false) => {
                    (Reason::NotDeclared, "the subject declares neither `engines` nor `libraries`")
                }
                (false, true) => (Reason::NotOwed, "the C twin has not all functions of the case"),
                (false, false) => (
                    Reason::NotDeclared,
                    "the subject does not declare `engines`, and the C twin has not all functions of the case",
                ),
            };
            return Err(Stop::Gated(reason, lacks.into()));
        }
        let own = calls::run(case, session, Route::BySignature)?;
        for (route, name, pair) in others {
            session.judgement.during(name);
            let other = calls::run(case, session, route)?;
            session.judgement.during("");
            same::judge(case.steps(), [&own, &other], (None, pair), &mut session.judgement);
        }
        Ok(())
    }
}

/// The other ways a case can be made in: each with its name, and the name of the pair it is one of.
fn others(case: &Case, session: &Session) -> Vec<(Route, &'static str, &'static str)> {
    let mut others = Vec::new();
    if session.can(Capability::Engines) {
        others.push((Route::OtherEngine, "by the other engine", "both engines"));
    }
    if session.can(Capability::Libraries) && session.twin_has(case) {
        others.push((Route::Twin, "in the C twin", "the Zig library and the C twin"));
    }
    others
}
