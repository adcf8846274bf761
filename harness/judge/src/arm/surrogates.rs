//! Surrogates: text that has no encoding, in every place of a call where a text stands, and what the subject
//! declared that it does with such (C-11). Where it refuses it, that is a refusal like others; where it sends
//! something instead, the call comes to what it comes to with a text that has that instead.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use contract::{Argument, ArgumentKind, HostValue, Type};
use corpus::case::{Case, Expect, Expected, Given, Leeway, Step};
use corpus::positions::{self, Wrong};
use subject::{Capability, Outcome};

use super::calls;
use super::positions as refused;
use super::{About, Arm, Gather};
use crate::row::Reason;
use crate::session::{Bound, Route, Session, Stop};

pub(super) struct Surrogates;

/// What may be declared, and what is then sent in place of a surrogate.
const HABITS: [(Capability, Option<char>); 3] = [
    (Capability::SurrogatesRefused, None),
    (Capability::SurrogatesReplaced, Some(char::REPLACEMENT_CHARACTER)),
    (Capability::SurrogatesQuestioned, Some('?')),
];

impl Arm for Surrogates {
    fn about(&self) -> About {
        About {
            name: "surrogates",
            clauses: &["C-11"],
            gathers: Gather::ByFunction,
            not_at_wire: Some(
                "at wire level the suite encodes text: what has no encoding is not the library's",
            ),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        let returns = |step: &Step| matches!(step.expect, Expect::Returns(_));
        let steps = case.steps();
        steps.iter().all(returns) && steps.iter().any(takes_text)
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
        let Some((_, instead)) = HABITS.into_iter().find(|(habit, _)| session.can(*habit)) else {
            let text = "the subject does not declare what it does with lone surrogates";
            return Err(Stop::Gated(Reason::NotDeclared, text.into()));
        };
        let mut tried = HashSet::new();
        for case in cases {
            put(case, instead, &mut tried, session)?;
            if !session.judgement.holds() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether a string stands in the signature, or a text in an argument.
fn takes_text(step: &Step) -> bool {
    let is_string =
        |argument: &Argument| matches!(argument.kind, ArgumentKind::Plain(Type::String));
    step.function.signature.arguments.iter().any(is_string) || step.values().iter().any(holds_text)
}

fn holds_text(value: &HostValue) -> bool {
    match value {
        HostValue::Text(_) => true,
        HostValue::Vector(values) => values.iter().any(holds_text),
        HostValue::Map(entries) | HostValue::Record(_, entries) => {
            entries.iter().any(|(_, value)| holds_text(value))
        }
        _ => false,
    }
}

fn put(
    case: &Case,
    instead: Option<char>,
    tried: &mut HashSet<String>,
    session: &mut Session,
) -> Result<(), Stop> {
    let declarations = session.corpus.declarations.clone();
    let mut kept = HashMap::new();
    for step in case.steps() {
        let mut wrongs = positions::surrogates(step, &declarations);
        wrongs.retain(|wrong| tried.insert(format!("{} {}", step.function.name, wrong.what)));
        for wrong in wrongs {
            let owed = match instead {
                None => refused::owed(case, &wrong, session),
                Some(instead) => sent(&wrong, instead, &kept, session)?,
            };
            let Some(owed) = owed else { continue };
            calls::step(&owed, &mut kept, session, Route::BySignature)?;
            if !session.judgement.holds() {
                session.judgement.lead(format!("{} of {}", wrong.what, step.function.text));
                break;
            }
        }
        if !session.judgement.holds() {
            break;
        }
        calls::step(step, &mut kept, session, Route::BySignature)?;
    }
    session.subject.forget()?;
    Ok(())
}

/// The call as one that returns: what the same returns of a text with something else in place of each
/// surrogate. `None` where that is nothing to compare.
fn sent(
    wrong: &Wrong,
    instead: char,
    kept: &HashMap<String, HostValue>,
    session: &mut Session,
) -> Result<Option<Step>, Stop> {
    let given = calls::arguments(&wrong.step, kept);
    let is_array = |value: &HostValue| matches!(value, HostValue::Array(..));
    // The call is made twice, of which the second would find what the first left.
    if wrong.step.function.consumes.is_some() || given.iter().any(is_array) {
        return Ok(None);
    }
    let encodable: Vec<HostValue> =
        given.iter().map(|value| positions::encodable(value, instead)).collect();
    let Bound { function, .. } = session.bind(&wrong.step.function, Route::BySignature)?;
    let Outcome::Value(value) = session.subject.call(function, &encodable)?.outcome else {
        return Ok(None);
    };
    if matches!(value, HostValue::Handle(_) | HostValue::Stream(_)) {
        return Ok(None);
    }
    Ok(Some(Step {
        arguments: given.into_iter().map(Given::Value).collect(),
        expect: Expect::Returns(Expected::Exactly(value)),
        leeway: Leeway { read_as: Some(encodable), ..Leeway::default() },
        ..wrong.step.clone()
    }))
}
