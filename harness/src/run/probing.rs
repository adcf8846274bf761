//! The stage after judging that tries what the subject does not declare.

use judge::plan::{Shard, Trial};
use judge::probe;
use judge::progress::Progress;
use judge::session::{Session, SessionError};
use report::{CaseRow, SubjectInfo};
use subject::Capability;

use super::Request;

/// Whether a run is one to try it in: who asks for single trials wants those, and what may die is not
/// tried in the suite's own process.
pub(super) fn is_due(request: &Request) -> bool {
    request.binder.launch().is_some() && request.selection.filters.is_empty()
}

/// Tries it in a process of its own, which may die. What does not start again after it was judged is left.
pub(super) fn probe(
    open: &dyn Fn() -> Result<Session, SessionError>,
    trials: &[Trial],
    rows: &[CaseRow],
    shard: Option<Shard>,
    subject: &mut SubjectInfo,
    progress: &mut dyn Progress,
) {
    // What hangs on no trial is tried once, by the first of several shards.
    let is_first = shard.is_none_or(|shard| shard.index == 1);
    if !is_worthwhile(rows, subject, is_first) {
        return;
    }
    progress.stage("trying what is not declared", None);
    if let Ok(mut session) = open() {
        if let Some(tape) = session.subject.tape() {
            tape.trial("what is not declared");
        }
        if is_first {
            subject.works_undeclared = probe::undeclared(&mut session, open);
        }
        subject.behaves_as = probe::dialects(&mut session, trials, rows);
        // Nothing is judged any more that its end could spoil.
        let _ = session.subject.stop();
    }
    progress.finish();
}

/// Whether there is a capability to try, or a failure to put again.
fn is_worthwhile(rows: &[CaseRow], subject: &SubjectInfo, is_first: bool) -> bool {
    let declares = |capability: Capability| {
        subject.capabilities.iter().any(|declared| declared == capability.name())
    };
    let failed = |row: &CaseRow| row.class.is_some();
    (is_first && !probe::capabilities().all(declares)) || rows.iter().any(failed)
}
