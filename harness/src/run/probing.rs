//! The stage after judging that tries what the subject does not declare.

use judge::plan::Trial;
use judge::probe;
use judge::progress::Progress;
use judge::session::{Session, SessionError};
use report::{CaseRow, SubjectInfo};
use subject::Capability;

use super::Request;

/// Whether a run is one to try it in: who asks for single trials wants those, and what may die is not
/// tried in the suite's own process.
pub(super) fn is_due(request: &Request) -> bool {
    request.binder.launch().is_some()
        && request.selection.filters.is_empty()
        && request.selection.shard.is_none()
}

/// Tries it in a process of its own, which may die. What does not start again after it was judged is left.
pub(super) fn probe(
    open: &dyn Fn() -> Result<Session, SessionError>,
    trials: &[Trial],
    rows: &[CaseRow],
    subject: &mut SubjectInfo,
    progress: &mut dyn Progress,
) {
    if !is_worthwhile(rows, subject) {
        return;
    }
    progress.stage("trying what is not declared", None);
    if let Ok(mut session) = open() {
        if let Some(tape) = session.subject.tape() {
            tape.trial("what is not declared");
        }
        subject.works_undeclared = probe::undeclared(&mut session, open);
        subject.behaves_as = probe::dialects(&mut session, trials, rows);
        // Nothing is judged any more that its end could spoil.
        let _ = session.subject.stop();
    }
    progress.finish();
}

/// Whether there is a capability to try, or a failure to put again.
fn is_worthwhile(rows: &[CaseRow], subject: &SubjectInfo) -> bool {
    let declares = |capability: Capability| {
        subject.capabilities.iter().any(|declared| declared == capability.name())
    };
    let failed = |row: &CaseRow| row.class.is_some();
    !probe::capabilities().all(declares) || rows.iter().any(failed)
}
