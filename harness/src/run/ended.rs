//! What a signal, or an error behind what was judged, leaves of a run.

use interrupt::Interrupt;
use judge::judging;
use judge::plan::Trial;
use judge::row::Reason;
use judge::session::SessionError;
use judge::verdict::Verdict;
use subject::SubjectFault;

use super::rows::name_binder;
use super::{Judged, Request, RunError};

/// The signal that kept a session from its start: one that came, or that a recording tells of.
pub(super) fn by(error: &SessionError) -> Option<Interrupt> {
    match error {
        SessionError::Subject(SubjectFault::Interrupted { signal, .. }) => {
            Some(Interrupt::of(*signal))
        }
        _ => interrupt::seen(),
    }
}

/// The rows of trials that have no turn, because a signal came or for an error, after what was judged before them.
pub(super) fn no_turn(
    trials: &[Trial],
    request: &Request,
    before: &Judged,
    error: &RunError,
) -> Judged {
    let signal = match error {
        RunError::Session(error) => by(error),
        _ => interrupt::seen(),
    };
    let reason = signal.map_or_else(|| error.to_string(), |signal| signal.to_string());
    let verdict = Verdict::Skipped(Reason::CutShort, reason.clone());
    let mut rows: Vec<_> = trials.iter().map(|trial| judging::row(trial, &verdict, 0.0)).collect();
    name_binder(request, &mut rows);
    Judged { rows, subject: before.subject.clone(), cut_short: Some(reason) }
}
