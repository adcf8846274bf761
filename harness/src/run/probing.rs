//! The stage after judging that tries what the subject does not declare.

use crate::judge::Class;
use crate::plan::Trial;
use crate::probe;
use crate::progress::Progress;
use crate::report::{CaseRow, SubjectInfo};
use crate::session::{Session, SessionError};
use crate::subject::Capability;

use super::Request;

/// Whether a run is one to try it in: who asks for single trials wants those.
pub(super) fn is_due(request: &Request) -> bool {
    request.selection.filters.is_empty() && request.selection.shard.is_none()
}

/// Tries it in a process of its own, which may die. What does not start again after it was judged is left.
pub(super) fn apart(
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
        subject.works_undeclared = probe::undeclared(&mut session, Some(open));
        subject.behaves_as = probe::dialects(&mut session, trials, rows);
        // Nothing is judged any more that its end could spoil.
        let _ = session.subject.stop();
    }
    progress.finish();
}

/// Tries in this process what harms nobody.
pub(super) fn here(
    session: &mut Session,
    trials: &[Trial],
    rows: &[CaseRow],
    subject: &mut SubjectInfo,
) {
    subject.works_undeclared = probe::undeclared(session, None);
    subject.behaves_as = probe::dialects(session, trials, rows);
}

/// Whether there is a capability to try, or a failure to put again.
fn is_worthwhile(rows: &[CaseRow], subject: &SubjectInfo) -> bool {
    let declares = |capability: &Capability| {
        subject.capabilities.iter().any(|declared| declared == capability.name())
    };
    let class = |row: &CaseRow| row.class.as_deref().and_then(Class::from_word);
    !probe::CAPABILITIES.iter().all(declares) || rows.iter().any(|row| class(row).is_some())
}
