//! The stages of made signatures: built, judged, and where one fails, made small.

use std::sync::Arc;

use corpus::case::{Case, Corpus};
use corpus::generated::{self, Made};
use judge::arm::Arm;
use judge::plan::Trial;
use judge::progress::{Progress, Unwatched};
use judge::session::Session;
use judge::supervise::{Budget, Supervisor};
use report::{CaseRow, TrialOutcome};
use zig_lib::library::{self, Artifact, BuildError, Profile, Target};
use zig_lib::release;

use super::{Judged, Request, RunError, name_binder, subject};

/// Failing signatures made small at the most: a fault of the calling convention fails hundreds.
const SHRUNK: usize = 3;

/// The signatures of a seed and their corpus.
pub(super) fn corpus(seed: u64) -> (Vec<Made>, Corpus) {
    let signatures = generated::signatures(seed);
    let corpus = generated::corpus(&generated::suite_of(seed), &signatures);
    (signatures, corpus)
}

/// Sees to it that a seed's library is to be had, before minutes are spent on what comes first.
///
/// # Errors
/// Where it is not packed with this program, and cannot be built here.
pub(super) fn prepare(seed: u64, target: Target) -> Result<(), BuildError> {
    if release::here()?.is_some() {
        build(target, &generated::signatures(seed))?;
    }
    Ok(())
}

/// Builds a seed's signatures and puts the trials of them to the binder.
pub(super) fn judge(
    trials: &[Trial],
    seed: u64,
    request: &Request,
    progress: &mut dyn Progress,
) -> Result<Judged, RunError> {
    let (signatures, corpus) = corpus(seed);
    progress.stage(&format!("building {} signatures of seed {seed}", signatures.len()), None);
    let built = build(request.target, &signatures)?;
    progress.finish();
    let mut judged = put(trials, Arc::new(corpus), &built, request, progress)?;
    let rows = &mut judged.rows;
    let failing: Vec<usize> =
        (0..rows.len()).filter(|at| rows[*at].outcome == TrialOutcome::Failed).collect();
    if !failing.is_empty() && judged.cut_short.is_none() {
        progress.stage("shrinking the signatures that failed", None);
        explain(rows, failing, trials, &signatures, request, progress);
        progress.finish();
    }
    Ok(judged)
}

fn build(target: Target, signatures: &[Made]) -> Result<Artifact, BuildError> {
    library::build_generated(target, Profile::Wary, &generated::source(signatures))
}

/// Puts trials to a subject of their own.
fn put(
    trials: &[Trial],
    corpus: Arc<Corpus>,
    built: &Artifact,
    request: &Request,
    progress: &mut dyn Progress,
) -> Result<Judged, RunError> {
    let open = || {
        let mut session = Session::open(corpus.clone(), built, request.binder.subject())?;
        session.strict = request.strict;
        Ok(session)
    };
    let session = open()?;
    let subject = subject(&session.ready);
    progress.stage("judging", Some(trials.len()));
    let budget = Budget::of(request.restarts);
    let supervisor = Supervisor { open: &open, jobs: super::jobs(request), budget: &budget };
    let mut rows = supervisor.judge(trials, Some(session), progress);
    name_binder(request, &mut rows);
    progress.finish();
    Ok(Judged { rows, subject, cut_short: budget.cut_short() })
}

/// Makes failing signatures small, the smallest first, leaving out what a small one already explains,
/// and says so in their rows.
fn explain(
    rows: &mut [CaseRow],
    mut failing: Vec<usize>,
    trials: &[Trial],
    signatures: &[Made],
    request: &Request,
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
        let shrunk = generated::shrink(made, &mut |candidates| fail(candidates, arm, request));
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
fn fail(
    candidates: &[Made],
    arm: &'static dyn Arm,
    request: &Request,
) -> Result<Vec<bool>, RunError> {
    let corpus = generated::corpus("candidates", candidates);
    let case = |case: &Arc<Case>| Trial { arm, cases: vec![case.clone()] };
    let trials: Vec<Trial> = corpus.suites[0].cases.iter().map(case).collect();
    let built = build(request.target, candidates)?;
    let judged = put(&trials, Arc::new(corpus), &built, request, &mut Unwatched)?;
    Ok(judged.rows.iter().map(|row| row.outcome == TrialOutcome::Failed).collect())
}
