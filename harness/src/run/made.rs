//! The stages of made signatures: built, judged, and where one fails, made small.

use std::sync::Arc;

use zig_lib::library::{self, Profile};

use super::{Progress, RunError, reference, subject};
use crate::arm::{self, Arm};
use crate::case::Corpus;
use crate::generated::{self, Made};
use crate::judge::Verdict;
use crate::plan::Trial;
use crate::report::{CaseRow, SubjectInfo};
use crate::session::Session;

/// Failing signatures made small at the most: a fault of the calling convention fails hundreds.
const SHRUNK: usize = 3;

/// The signatures of a seed and their corpus.
pub(super) fn corpus(seed: u64) -> (Vec<Made>, Corpus) {
    let signatures = generated::signatures(seed);
    let corpus = generated::corpus(&generated::suite_of(seed), &signatures);
    (signatures, corpus)
}

/// Builds a seed's signatures and puts the trials of them to the reference binder.
pub(super) fn judge(
    trials: &[Trial],
    seed: u64,
    progress: &mut dyn Progress,
) -> Result<(Vec<CaseRow>, SubjectInfo), RunError> {
    let (signatures, corpus) = corpus(seed);
    progress.stage(&format!("building {} signatures of seed {seed}", signatures.len()), None);
    let mut session = open(&signatures, corpus)?;
    progress.finish();
    let mut rows = super::judge(trials, &mut session, progress);
    let failing: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].outcome == "failed").collect();
    if !failing.is_empty() {
        progress.stage("shrinking the signatures that failed", None);
        explain(&mut rows, failing, trials, &signatures, progress);
        progress.finish();
    }
    Ok((rows, subject(&session)))
}

fn open(signatures: &[Made], corpus: Corpus) -> Result<Session, RunError> {
    let built = library::build_generated(Profile::Wary, &generated::source(signatures))?;
    Ok(Session::open(Arc::new(corpus), &built, reference())?)
}

/// Makes failing signatures small, the smallest first, leaving out what a small one already explains,
/// and says so in their rows.
fn explain(
    rows: &mut [CaseRow],
    mut failing: Vec<usize>,
    trials: &[Trial],
    signatures: &[Made],
    progress: &mut dyn Progress,
) {
    let of = |row: &CaseRow| {
        let (_, number) = row.id.split_once("::")?;
        signatures.get(number.parse::<usize>().ok()?)
    };
    failing.retain(|at| of(&rows[*at]).is_some());
    failing.sort_by_key(|at| of(&rows[*at]).map(Made::weight));
    let failed = failing.len();
    for _ in 0..SHRUNK {
        let Some(&first) = failing.first() else { return };
        let Some(made) = of(&rows[first]) else { return };
        let arm = trials[first].arm;
        let shrunk = generated::shrink(made, &mut |candidates| fail(candidates, arm));
        let shrunk = match shrunk {
            Ok(shrunk) => shrunk,
            // The failures stand; only their explanation is missing.
            Err(error) => return progress.note(&format!("cannot shrink: {error}")),
        };
        let small = shrunk.made.text();
        let (alike, others): (Vec<_>, Vec<_>) = failing.into_iter().partition(|at| {
            *at == first
                || of(&rows[*at]).is_some_and(|made| generated::contains(made, &shrunk.made))
        });
        progress.note(&format!(
            "smallest that fails: {small} ({} of {failed} failing signatures have it in them; {} \
             tried)\nrepeat    {}",
            alike.len(),
            shrunk.tried,
            rows[first].repro,
        ));
        for at in alike {
            let calls = rows[at].calls.take().unwrap_or_default();
            let line = if at == first { "smallest that fails" } else { "has in it" };
            rows[at].calls = Some(format!("{line}: {small}\n{calls}"));
        }
        failing = others;
    }
}

/// Which of some signatures fail: one library of all of them, and a subject of its own.
fn fail(candidates: &[Made], arm: &'static dyn Arm) -> Result<Vec<bool>, RunError> {
    let corpus = generated::corpus("candidates", candidates);
    let cases = corpus.suites[0].cases.clone();
    let mut session = open(candidates, corpus)?;
    let fails = |case| matches!(arm::judge(arm, &[case], &mut session), Verdict::Failed(_));
    Ok(cases.into_iter().map(fails).collect())
}
