//! Comparisons: the same calls by both engines of the subject, and into both libraries, the fixtures in
//! Zig and their twin in C. What is expected is judged each time, so a disagreement tells which of the two
//! is wrong; what nobody expected must still be the same.

use std::sync::Arc;

use corpus::case::Case;
use subject::Capability;

use super::calls;
use super::{About, Arm, Outcome, same};
use crate::row::Reason;
use crate::session::{Route, Session, Stop};
use crate::verdict::Judgement;

pub(super) struct Compare;

impl Arm for Compare {
    fn about(&self) -> About {
        About { name: "compare", twin: true, ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        case.steps().iter().any(|step| !step.is_refused())
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        let mut judgement = Judgement::default();
        let mut compared = false;
        for case in cases {
            let others = others(case, session);
            if others.is_empty() {
                continue;
            }
            compared = true;
            let own = calls::run(case, session, Route::BySignature, &mut judgement)?;
            for (route, name, pair) in others {
                judgement.during(name);
                let other = calls::run(case, session, route, &mut judgement)?;
                judgement.during("");
                same::judge(case.steps(), [&own, &other], (None, pair), &mut judgement);
            }
        }
        if compared {
            Ok(Outcome::Judged(judgement))
        } else {
            Ok(Outcome::Gated(
                Reason::NotDeclared,
                "the subject declares neither `engines`, nor `libraries` for a case the C twin has"
                    .into(),
            ))
        }
    }
}

/// The other ways a case can be made in: each with its name, and the name of the pair it is one of.
fn others(case: &Case, session: &Session) -> Vec<(Route, &'static str, &'static str)> {
    let mut others = Vec::new();
    if session.can(Capability::Engines) {
        others.push((Route::OtherEngine, "by the other engine", "both engines"));
    }
    let mut symbols = case.steps().iter().map(|step| &step.function.symbol);
    if session.can(Capability::Libraries) && symbols.all(|symbol| session.twin_has(symbol)) {
        others.push((Route::Twin, "in the C twin", "the Zig library and the C twin"));
    }
    others
}
