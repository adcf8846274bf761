//! Refusals: signatures that must be refused when they are read (S-4), near misses that must not be,
//! and calls that must be refused before any native call, without a leak, and without harm to the
//! next call (C-13).

use std::sync::Arc;

use contract::edn::{self, Node, Value};
use corpus::case::{Body, Case, Corpus, SignatureCase, SignatureExpect, Step};
use subject::{Capability, Dialect, ReadReply};

use super::calls;
use super::{About, Arm, Puts};
use crate::dialect;
use crate::row::{Class, NOT_SERVED, Reason};
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
            Body::Calls(steps) => steps.iter().any(Step::is_refused),
            Body::Property(_) | Body::Binding(_) | Body::Kept(_) => false,
        }
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        match &case.body {
            Body::Signature(signature) => read(signature, session),
            Body::Calls(_) => {
                calls::run(case, session, Route::BySignature)?;
                next_call_works(case, session)
            }
            Body::Property(_) | Body::Binding(_) | Body::Kept(_) => Ok(()),
        }
    }
}

/// A refused call leaves the function usable: it is called after it, by the case itself or else by one in
/// which every call returns.
fn next_call_works(case: &Case, session: &mut Session) -> Result<(), Stop> {
    // Under a dialect it may be that nothing is refused.
    let Some(refused) = last_refused(case) else { return Ok(()) };
    if calls_again(case, refused) || !session.judgement.holds() {
        return Ok(());
    }
    let corpus = session.corpus.clone();
    // Of what a dialect leaves open nothing could be said; another case of the function may do.
    let next = returning(&corpus, refused).find_map(|next| dialect::under(next, session).ok());
    let Some(next) = next else { return Err(alone(case)) };
    calls::run(&next, session, Route::BySignature).map(drop)
}

fn last_refused(case: &Case) -> Option<&Step> {
    case.steps().iter().rev().find(|step| step.is_refused())
}

/// Whether a case itself calls the function again after it was refused for the last time.
fn calls_again(case: &Case, refused: &Step) -> bool {
    let steps = case.steps().iter().rev();
    steps
        .take_while(|step| !step.is_refused())
        .any(|step| step.function.name == refused.function.name)
}

/// The cases that call a step's function and in which every call returns.
fn returning<'c>(corpus: &'c Corpus, refused: &Step) -> impl Iterator<Item = &'c Arc<Case>> {
    let name = &refused.function.name;
    corpus.suites.iter().flat_map(|suite| &suite.cases).filter(move |other| {
        let steps = other.steps();
        !steps.iter().any(Step::is_refused) && steps.iter().any(|step| step.function.name == *name)
    })
}

fn alone(case: &Case) -> Stop {
    Stop::Corpus(format!(
        "no case of the function that {} refuses returns, so whether the call after it works is not \
         known: add one",
        case.name()
    ))
}

fn read(case: &SignatureCase, session: &mut Session) -> Result<(), Stop> {
    let text = &case.text;
    let reply = session.read(text, &case.declarations)?;
    let places = session.can(Capability::RefusalPlaces);
    let judgement = &mut session.judgement;
    match (&case.expect, reply) {
        (SignatureExpect::Refused { code, form, offset }, ReadReply::Refused(refusal)) => {
            // D-5: without a code nothing else is known either.
            if refusal.code.is_none() && session.ready.dialects.contains(&Dialect::RawRefusals) {
                judgement.check("S-4", format_args!("reading {text}"), true, Default::default);
                return Ok(());
            }
            let observed = refusal.code.map_or("no code".into(), |code| code.to_string());
            judgement.equal("S-4", format_args!("code of {text}"), &code.to_string(), &observed);
            if !places {
                return Ok(());
            }
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
            // The last argument's stands before the return's.
            let rest = forms.len().checked_sub(2).filter(|_| text.contains(" & "));
            for (number, (expected, observed)) in forms.iter().zip(&observed.types).enumerate() {
                let what = format_args!("normal form of type {number} of {text}");
                let slice = format!("{{:kind :slice :const? true :of {expected}}}");
                // The type of a rest argument has two (S-1).
                let is_slice = rest == Some(number) && data(observed) == data(&slice);
                let expected = if is_slice { &slice } else { expected };
                judge_data("T-9", what, expected, observed, judgement);
            }
        }
    }
    Ok(())
}

/// What a subject that does not serve a signature says of it.
pub(super) fn unserved(signature: &str, message: &str) -> Stop {
    Stop::Gated(Reason::NotServed, format!("{signature}{NOT_SERVED}{message}"))
}

/// Compares EDN as data: the order of a map's entries says nothing, and the type of a rest argument is
/// its element's or the slice's that it lowers to (S-1).
fn judge_data(
    clause: &'static str,
    what: impl std::fmt::Display,
    expected: &str,
    observed: &str,
    judgement: &mut Judgement,
) {
    let same = data(expected).is_some() && data(expected) == data(observed);
    let describe = || (expected.to_owned(), observed.to_owned());
    judgement.check(clause, what, same, describe);
}

fn data(text: &str) -> Option<String> {
    edn::read_one(text).map(|node| sorted(&node)).ok()
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
            if entries.iter().any(|entry| entry == ":rest? true") {
                for entry in &mut entries {
                    if let Some(element) = entry.strip_prefix(":type :") {
                        *entry = format!(":type [:slice :const :{element}]");
                    }
                }
            }
            entries.sort_unstable();
            format!("{{{}}}", entries.join(" "))
        }
        _ => node.text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::shipped;
    use super::*;

    #[test]
    fn the_type_of_a_rest_argument_has_two_normal_forms() {
        let data = |text: &str| data(text).expect("it is EDN");
        let element = data("{:args [{:binding r :type :i64 :rest? true}]}");
        assert_eq!(element, data("{:args [{:rest? true :binding r :type [:slice :const :i64]}]}"));
        assert_ne!(element, data("{:args [{:binding r :type [:slice :i64] :rest? true}]}"));
        assert_ne!(element, data("{:args [{:binding r :type [:slice :const :u64] :rest? true}]}"));
        let plain = data("{:args [{:binding r :type :i64}]}");
        assert_ne!(plain, data("{:args [{:binding r :type [:slice :const :i64]}]}"));
    }

    #[test]
    fn a_call_follows_every_refused_one() {
        let corpus = shipped();
        let (mut refused, mut alone) = (0, Vec::new());
        for case in corpus.suites.iter().flat_map(|suite| &suite.cases) {
            let Some(step) = last_refused(case) else { continue };
            refused += 1;
            if !calls_again(case, step) && returning(&corpus, step).next().is_none() {
                alone.push(case.name());
            }
        }
        assert!(refused > 100 && alone.is_empty(), "of {refused} cases: {alone:?}");
    }
}
