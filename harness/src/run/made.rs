//! The stages of made signatures: built, judged, and where one fails, made small.

use std::sync::Arc;

use corpus::case::{Case, Corpus};
use corpus::generated::{self, Made};
use judge::arm::Arm;
use judge::plan::Trial;
use judge::progress::{Progress, Unwatched};
use judge::session::{Session, SessionError};
use judge::supervise::{Budget, Supervisor};
use report::{CaseRow, TrialOutcome};
use zig_lib::library::{self, Artifact, BuildError, Profile, Target};
use zig_lib::release;

use super::rows::name_binder;
use super::{Judged, Request, RunError, subject};

/// Failing signatures made small at the most: a fault of the calling convention fails hundreds.
const SHRUNK: usize = 3;

/// The signatures of a seed and their corpus.
pub(super) fn corpus(seed: u64) -> (Vec<Made>, Corpus) {
    let signatures = generated::signatures(seed);
    let corpus = generated::corpus(&generated::suite_of(seed), &signatures);
    (signatures, corpus)
}

/// Signatures that were built, and their corpus.
struct Library {
    corpus: Arc<Corpus>,
    built: Artifact,
}

impl Library {
    fn of(suite: &str, signatures: &[Made], target: Target) -> Result<Library, BuildError> {
        let source = generated::source(signatures);
        let in_c = generated::by_value(signatures);
        let built = library::build_generated(target, Profile::Wary, &source, &in_c)?;
        Ok(Library { corpus: Arc::new(generated::corpus(suite, signatures)), built })
    }

    fn open(&self, request: &Request) -> Result<Session, SessionError> {
        let subject = request.binder.subject();
        let mut session = Session::open(self.corpus.clone(), &self.built, subject)?;
        (session.abi, session.strict) = (request.abi(), request.strict);
        Ok(session)
    }

    /// The same trials of this corpus's cases.
    fn trials(&self, like: &[Trial]) -> Vec<Trial> {
        let cases = &self.corpus.suites[0].cases;
        let own = |case: &Arc<Case>| cases.iter().find(|own| own.id == case.id).cloned();
        let trial = |trial: &Trial| Trial {
            arm: trial.arm,
            cases: trial.cases.iter().filter_map(own).collect(),
        };
        like.iter().map(trial).collect()
    }
}

/// Sees to it that a seed's library is to be had, before minutes are spent on what comes first.
///
/// # Errors
/// Where it is not packed with this program, and cannot be built here.
pub(super) fn prepare(seed: u64, target: Target) -> Result<(), BuildError> {
    if release::here()?.is_some() {
        Library::of(&generated::suite_of(seed), &generated::signatures(seed), target)?;
    }
    Ok(())
}

/// Builds a seed's signatures and puts the trials of them to the binder. What the binder lacks it says when it is
/// started, so that one which lacks something is started again, on signatures without it.
pub(super) fn judge(
    trials: &[Trial],
    seed: u64,
    request: &Request,
    progress: &mut dyn Progress,
) -> Result<Judged, RunError> {
    let suite = generated::suite_of(seed);
    let mut signatures = generated::signatures(seed);
    progress.stage(&format!("building {} signatures of seed {seed}", signatures.len()), None);
    let mut library = Library::of(&suite, &signatures, request.target)?;
    let mut session = library.open(request)?;
    if !session.ready.lacks.is_empty() {
        let others = generated::without(&signatures, &session.ready.lacks, session.ready.level);
        match Library::of(&suite, &others, request.target) {
            Err(error @ BuildError::NotPacked(_)) => {
                progress.note(&format!("signatures with what the binder lacks stay: {error}"));
            }
            built => {
                (library, signatures) = (built?, others);
                drop(session);
                session = library.open(request)?;
            }
        }
    }
    progress.finish();
    let trials = &library.trials(trials);
    let mut judged = put(trials, &library, session, request, progress);
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

/// Puts trials to a subject of their own.
fn put(
    trials: &[Trial],
    library: &Library,
    session: Session,
    request: &Request,
    progress: &mut dyn Progress,
) -> Judged {
    let open = || library.open(request);
    let subject = subject(&session.ready);
    progress.stage("judging", Some(trials.len()));
    let budget = Budget::of(request.restarts);
    let supervisor = Supervisor { open: &open, jobs: super::jobs(request), budget: &budget };
    let mut rows = supervisor.judge(trials, Some(session), progress);
    name_binder(request, &mut rows);
    progress.finish();
    Judged { rows, subject, cut_short: budget.cut_short() }
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
    let library = Library::of("candidates", candidates, request.target)?;
    let case = |case: &Arc<Case>| Trial { arm, cases: vec![case.clone()] };
    let trials: Vec<Trial> = library.corpus.suites[0].cases.iter().map(case).collect();
    let judged = put(&trials, &library, library.open(request)?, request, &mut Unwatched);
    Ok(judged.rows.iter().map(|row| row.outcome == TrialOutcome::Failed).collect())
}
