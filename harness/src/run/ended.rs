//! What a signal leaves of a run.

use interrupt::Interrupt;
use judge::judging;
use judge::plan::Trial;
use judge::row::Reason;
use judge::session::SessionError;
use judge::verdict::Verdict;
use subject::SubjectFault;

use super::{Judged, Request, RunError, name_binder};

/// The signal that kept a session from its start: one that came, or that a recording tells of.
pub(super) fn by(error: &SessionError) -> Option<Interrupt> {
    match error {
        SessionError::Subject(SubjectFault::Interrupted { signal, .. }) => {
            Some(Interrupt::of(*signal))
        }
        _ => interrupt::seen(),
    }
}

/// The rows of trials that have no turn because a signal came, after what was judged before them.
///
/// # Errors
/// The error that it was, where no signal came.
pub(super) fn no_turn(
    trials: &[Trial],
    request: &Request,
    before: &Judged,
    error: RunError,
) -> Result<Judged, RunError> {
    let signal = match &error {
        RunError::Session(error) => by(error),
        _ => interrupt::seen(),
    };
    let reason = signal.ok_or(error)?.to_string();
    let verdict = Verdict::Skipped(Reason::CutShort, reason.clone());
    let mut rows: Vec<_> = trials.iter().map(|trial| judging::row(trial, &verdict, 0.0)).collect();
    name_binder(request, &mut rows);
    Ok(Judged { rows, subject: before.subject.clone(), cut_short: Some(reason) })
}
