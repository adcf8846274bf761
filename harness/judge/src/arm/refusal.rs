//! Refusals: signatures that must be refused when they are read (S-4), near misses that must not be,
//! and calls that must be refused before any native call, without a leak, and without harm to the
//! next call (C-13).

use std::sync::Arc;

use contract::edn::{self, Node, Value};
use corpus::case::{Body, Case, SignatureCase, SignatureExpect};
use subject::{Dialect, ReadReply, ReadRequest};

use super::calls::{self, is_refused};
use super::{About, Arm, Outcome, Puts};
use crate::dialect;
use crate::row::Class;
use crate::session::{Route, Session, Stop};
use crate::verdict::Judgement;

pub(super) struct Refusal;

impl Arm for Refusal {
    fn about(&self) -> About {
        About { name: "refusal", puts: Puts::Once, ..About::PLAIN }
    }

    fn applies(&self, case: &Case) -> bool {
        match &case.body {
            Body::Signature(_) => true,
            Body::Binding(_) => false,
            Body::Calls(steps) => steps.iter().any(is_refused),
            Body::Property(_) => false,
        }
    }

    fn run(&self, cases: &[Arc<Case>], session: &mut Session) -> Result<Outcome, Stop> {
        let mut judgement = Judgement::default();
        for case in cases {
            match &case.body {
                Body::Signature(signature) => read(signature, session, &mut judgement)?,
                Body::Property(_) => {}
                Body::Calls(_) => {
                    calls::run(case, session, Route::BySignature, &mut judgement)?;
                    next_call_works(case, session, &mut judgement)?;
                }
                Body::Binding(_) => {}
            }
        }
        Ok(Outcome::Judged(judgement))
    }
}

/// A refused call leaves the function usable: a case of the same function that returns is run after
/// it, where the corpus has one.
fn next_call_works(
    case: &Case,
    session: &mut Session,
    judgement: &mut Judgement,
) -> Result<(), Stop> {
    let Some(refused) = calls::steps(case).iter().rev().find(|step| is_refused(step)) else {
        return Ok(());
    };
    let corpus = session.corpus.clone();
    let next = corpus.suites.iter().flat_map(|suite| &suite.cases).find(|other| {
        let steps = calls::steps(other);
        let same = |step: &corpus::case::Step| step.function.name == refused.function.name;
        !steps.iter().any(is_refused) && steps.iter().any(same)
    });
    let next = next.and_then(|next| dialect::under(next, session).ok());
    if let (Some(next), true) = (next, judgement.holds()) {
        calls::run(&next, session, Route::BySignature, judgement)?;
    }
    Ok(())
}

fn read(
    case: &SignatureCase,
    session: &mut Session,
    judgement: &mut Judgement,
) -> Result<(), Stop> {
    let reply = session.subject.read(&ReadRequest {
        signature: case.text.clone(),
        declarations: case.declarations.clone(),
    })?;
    let text = &case.text;
    match (&case.expect, reply) {
        (SignatureExpect::Refused { code, form, offset }, ReadReply::Refused(refusal)) => {
            // D-5: without a code nothing else is known either.
            if refusal.code.is_none() && session.ready.dialects.contains(&Dialect::RawRefusals) {
                judgement.check("S-4", format_args!("reading {text}"), true, Default::default);
                return Ok(());
            }
            let observed = refusal.code.map_or("no code".into(), |code| code.to_string());
            judgement.equal("S-4", format_args!("code of {text}"), &code.to_string(), &observed);
            let observed = refusal.form.unwrap_or_else(|| "no form".into());
            judgement.equal("S-4", format_args!("offending form in {text}"), form, &observed);
            let observed = refusal.offset.map_or("no position".into(), |at| format!("byte {at}"));
            let expected = format!("byte {offset}");
            judgement.equal("S-4", format_args!("its position in {text}"), &expected, &observed);
        }
        (_, ReadReply::Unsupported(message)) => return Err(unserved(text, &message)),
        (SignatureExpect::Refused { code, .. }, ReadReply::Accepted(_)) => {
            let describe = || (format!("refused: {code}"), "accepted".into());
            judgement.check("S-4", format_args!("reading {text}"), false, describe);
        }
        (SignatureExpect::Accepted { .. }, ReadReply::Refused(refusal)) => {
            let describe = || ("accepted".into(), format!("refused: {}", refusal.message));
            let what = format_args!("reading {text}");
            judgement.check_as(Class::Refuse, "S-4", what, false, describe);
        }
        (SignatureExpect::Accepted { normalised }, ReadReply::Accepted(observed)) => {
            judgement.check("S-4", format_args!("reading {text}"), true, Default::default);
            let Some(observed) = observed else { return Ok(()) };
            if let Some(expected) = normalised {
                let what = format_args!("normal form of {text}");
                judge_data("S-1", what, expected, &observed.signature, judgement);
            }
            let forms = &case.normal;
            if !forms.is_empty() {
                let what = format_args!("types of {text}");
                judgement.equal("T-9", what, &forms.len(), &observed.types.len());
            }
            for (number, (expected, observed)) in forms.iter().zip(&observed.types).enumerate() {
                let what = format_args!("normal form of type {number} of {text}");
                judge_data("T-9", what, expected, observed, judgement);
            }
        }
    }
    Ok(())
}

/// What a subject that does not serve a signature says of it.
pub(super) fn unserved(signature: &str, message: &str) -> Stop {
    Stop::Unserved(format!("{signature} is not served: {message}"))
}

/// Compares EDN as data: the order of a map's entries says nothing.
fn judge_data(
    clause: &'static str,
    what: impl std::fmt::Display,
    expected: &str,
    observed: &str,
    judgement: &mut Judgement,
) {
    let read = |text: &str| edn::read_one(text).map(|node| sorted(&node)).ok();
    let same = read(expected).is_some() && read(expected) == read(observed);
    let describe = || (expected.to_owned(), observed.to_owned());
    judgement.check(clause, what, same, describe);
}

/// EDN with the entries of every map in the order of their text.
fn sorted(node: &Node<'_>) -> String {
    let all = |nodes: &[Node<'_>]| nodes.iter().map(sorted).collect::<Vec<_>>().join(" ");
    match &node.value {
        Value::Vector(nodes) => format!("[{}]", all(nodes)),
        Value::List(nodes) => format!("({})", all(nodes)),
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{} {}", sorted(key), sorted(value)))
                .collect();
            entries.sort_unstable();
            format!("{{{}}}", entries.join(" "))
        }
        _ => node.text.to_owned(),
    }
}
