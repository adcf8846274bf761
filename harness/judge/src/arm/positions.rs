//! Positions: every place of a call where a value stands is given what it does not take, one at a time
//! (C-2, C-4, C-6 to C-8, C-10, C-11, S-2). Each such call is refused before anything native, and leaves
//! what was lent, and the handles of the case, as they were: the call itself is made after them (C-13).
//!
//! The cases of a function make one trial: one of them has an element or an optional where another has
//! none, and what an earlier one tried is not tried again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use corpus::case::{Body, Case, Expect, Step};
use corpus::positions::{self, Wrong};

use super::calls;
use super::{About, Arm, Gather};
use crate::dialect;
use crate::session::{Route, Session, Stop};

pub(super) struct Positions;

impl Arm for Positions {
    fn about(&self) -> About {
        About {
            name: "positions",
            clauses: &["C-13"],
            gathers: Gather::ByFunction,
            not_at_wire: Some(
                "at wire level the suite lowers the arguments: to refuse them is not the library's",
            ),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        let steps = case.steps();
        let takes = |step: &Step| !step.arguments.is_empty();
        steps.iter().all(|step| matches!(step.expect, Expect::Returns(_)))
            && steps.iter().any(takes)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let mut tried = HashSet::new();
        for case in cases {
            put(case, &mut tried, session)?;
            if !session.judgement.holds() {
                break;
            }
        }
        Ok(())
    }
}

/// Puts the wrong calls of each step that were not tried yet, and the step's own after them.
fn put(
    case: &Arc<Case>,
    tried: &mut HashSet<(String, String)>,
    session: &mut Session,
) -> Result<(), Stop> {
    let corpus = session.corpus.clone();
    let mut fresh = |step: &Step| {
        let mut wrongs = positions::wrongs(step, &corpus.declarations);
        wrongs.retain(|wrong| tried.insert((step.function.name.clone(), wrong.what.clone())));
        wrongs
    };
    let wrongs: Vec<Vec<Wrong>> = case.steps().iter().map(&mut fresh).collect();
    if wrongs.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let cited = session.judgement.cited.clone();
    let mut kept = HashMap::new();
    'steps: for (step, wrongs) in case.steps().iter().zip(&wrongs) {
        for wrong in wrongs {
            let Some(owed) = owed(case, wrong, session) else { continue };
            session.judgement.cited = Arc::new([wrong.clause.to_owned()]);
            calls::step(&owed, &mut kept, session, Route::BySignature)?;
            if !session.judgement.holds() {
                session.judgement.lead(format!("{} of {}", wrong.what, step.function.text));
                break 'steps;
            }
            session.judgement.unsaw();
        }
        session.judgement.cited = cited.clone();
        calls::step(step, &mut kept, session, Route::BySignature)?;
        if !session.judgement.holds() {
            break;
        }
    }
    session.subject.forget()?;
    Ok(())
}

/// The refusal as the subject's dialects have it; `None` where they make a call of it.
pub(super) fn owed(case: &Case, wrong: &Wrong, session: &Session) -> Option<Step> {
    let alone = Case { body: Body::Calls(vec![wrong.step.clone()]), ..case.clone() };
    let owed = dialect::under(&Arc::new(alone), session).ok()?;
    owed.steps().first().filter(|step| step.is_refused()).cloned()
}
