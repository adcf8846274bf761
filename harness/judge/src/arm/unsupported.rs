//! What a library at wire level says that it does not support of single values: the trial fails for the call that
//! it is said of, by the clause of what that call passes, and not for all that the trial's cases cite.

use std::sync::Arc;

use corpus::case::Case;
use subject::SubjectFault;

use super::calls;
use crate::row::{Class, NOT_SERVED, Reason};
use crate::session::{Route, Session, Stop};

/// Judges the `request` that was answered so with the `message`. In a loop nobody knows which call it was: each case is
/// put once, until one is answered so, too.
///
/// # Errors
/// [`Stop`] where the subject is lost meanwhile, or where it lacks a type that a callback or a function object is of, which is
/// gated; [`SubjectFault::Unsupported`] where it is so of the loop alone.
pub(super) fn judge(
    cases: &[Arc<Case>],
    (request, message): (String, String),
    session: &mut Session,
) -> Result<(), Stop> {
    if session.judgement.unsupported.is_none() {
        find(cases, session)?;
    }
    session.subject.forget()?;
    let Some(found) = session.judgement.unsupported.take() else {
        return Err(SubjectFault::Unsupported { request, message }.into());
    };
    if found.is_lacking {
        return Err(Stop::Gated(Reason::NotServed, format!("{request}{NOT_SERVED}{message}")));
    }
    let judgement = &mut session.judgement;
    let call = judgement.in_flight.take().unwrap_or(found.call);
    judgement.saw(call, found.arrived);
    let describe = || {
        let owed = "it serves what it declares, and what every binder owes".to_owned();
        (owed, format!("it does not support {request}: {message}"))
    };
    judgement.check_as(Class::Refuse, found.clause, "support", false, describe);
    Ok(())
}

/// Puts the cases, one by one, until the subject says that it does not support one.
fn find(cases: &[Arc<Case>], session: &mut Session) -> Result<(), Stop> {
    for case in cases {
        session.judgement = session.judgement.anew();
        match calls::run(case, session, Route::BySignature) {
            Err(Stop::Fault(SubjectFault::Unsupported { .. })) => return Ok(()),
            // What is gated by itself was in no loop.
            Err(Stop::Gated(..)) => {}
            came => drop(came?),
        }
    }
    session.judgement = session.judgement.anew();
    Ok(())
}
