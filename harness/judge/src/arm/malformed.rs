//! Malformed: a signature that is accepted is refused with one fault put into it, by the fault's code
//! (S-4), and still accepted afterwards. The faults are chosen by the case's name.

use std::sync::Arc;

use corpus::case::{Body, Case, SignatureCase, SignatureExpect};
use corpus::malformed::{self, Choices, Malformed};
use subject::{Dialect, ReadReply};

use super::refusal::unserved;
use super::{About, Arm};
use crate::level;
use crate::row::Class;
use crate::session::{Session, Stop};

pub(super) struct Faults;

/// Texts of each generator for each signature.
const ROUNDS: usize = 4;

impl Arm for Faults {
    fn about(&self) -> About {
        About {
            name: "malformed",
            clauses: &["S-4"],
            not_at_wire: Some(level::READS),
            ..About::PLAIN
        }
    }

    fn applies(&self, case: &Case) -> bool {
        let Body::Signature(signature) = &case.body else { return false };
        // Beside `...` (W-1) a rest argument is a fault of its own, and bindings pair up in two parts.
        let is_variadic = signature.text.contains("...");
        matches!(signature.expect, SignatureExpect::Accepted { .. }) && !is_variadic
    }

    fn case(&self, case: &Arc<Case>, session: &mut Session) -> Result<(), Stop> {
        let Body::Signature(signature) = &case.body else { return Ok(()) };
        let mut choices = Choices::of(&case.name());
        let mut unserved = None;
        for _ in 0..ROUNDS {
            let seed = choices.seed();
            for malformed in faulty(signature, &mut choices)? {
                unserved = refused(&malformed, seed, session)?.or(unserved);
            }
        }
        match unserved {
            // Reading the valid text afterwards proves nothing by itself.
            Some(stop) if session.judgement.is_empty() => Err(stop),
            _ => accepted(signature, session),
        }
    }
}

/// A text of each generator.
fn faulty(signature: &SignatureCase, choices: &mut Choices) -> Result<Vec<Malformed>, Stop> {
    let SignatureCase { text, declarations, .. } = signature;
    malformed::each(text, declarations, choices)
        .filter(|faulty| !faulty.is_empty())
        .ok_or_else(|| Stop::Corpus(format!("no fault could be put into {text}")))
}

/// Judges that a text is refused; what the subject says where it does not serve it, which tells nothing.
fn refused(malformed: &Malformed, seed: u64, session: &mut Session) -> Result<Option<Stop>, Stop> {
    let Malformed { signature, declarations, code } = malformed;
    let reply = session.read(signature, declarations)?;
    let raw = session.ready.dialects.contains(&Dialect::RawRefusals);
    let observed = match reply {
        ReadReply::Unsupported(message) => return Ok(Some(unserved(signature, &message))),
        ReadReply::Accepted(_) => "accepted".to_owned(),
        ReadReply::Refused(refusal) => match refusal.code {
            Some(code) => code.to_string(),
            None if raw => code.to_string(),
            None => "no code".to_owned(),
        },
    };
    let last = declarations.lines().last().unwrap_or_default().trim();
    let what = format_args!("code of {signature} after {last}, seed {seed:#x}");
    session.judgement.equal("S-4", what, &code.to_string(), &observed);
    Ok(None)
}

/// What was refused in between left nothing behind.
fn accepted(case: &SignatureCase, session: &mut Session) -> Result<(), Stop> {
    let observed = match session.read(&case.text, &case.declarations)? {
        ReadReply::Accepted(_) => "accepted".to_owned(),
        ReadReply::Refused(refusal) => format!("refused: {}", refusal.message),
        // A wrong code counts, whatever is served.
        ReadReply::Unsupported(_) if !session.judgement.holds() => return Ok(()),
        ReadReply::Unsupported(message) => return Err(unserved(&case.text, &message)),
    };
    let what = format_args!("reading {} afterwards", case.text);
    let holds = observed == "accepted";
    let describe = || ("accepted".to_owned(), observed);
    session.judgement.check_as(Class::Refuse, "S-4", what, holds, describe);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_no_fault_can_be_put_into_is_the_suites_error() {
        let faults = |text: &str| {
            let expect = SignatureExpect::Accepted { normalised: None };
            let (declarations, normal) = (String::new(), Vec::new());
            let case = SignatureCase { text: text.into(), declarations, expect, normal };
            faulty(&case, &mut Choices::of("a"))
        };
        assert!(faults("[x :u8 :ret :u8]").is_ok_and(|faults| faults.len() > 40));
        assert!(matches!(faults("(x :u8 :ret :u8)"), Err(Stop::Corpus(_))));
    }
}
