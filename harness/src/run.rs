//! The run: build, load, compare, plan, judge, measure, report. The only module that knows the order of
//! the stages.

mod expected;
mod info;
mod made;
mod probing;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use zig_lib::library::{self, Artifact, BuildError, Profile};
use zig_lib::twin::TwinError;

pub use info::host;

use expected::Expected;
use info::subject;

use crate::case::{Corpus, CorpusError};
use crate::clause;
use crate::foreign::Foreign;
use crate::generated;
use crate::judge::Verdict;
use crate::judging;
use crate::known::{self, KnownError};
use crate::level;
use crate::measure::{Effort, MeasureError, Measurement, measure};
use crate::plan::{self, Selection, SelectionError, Trial};
use crate::progress::Progress;
use crate::report::{
    CaseRow, ClauseRow, Counts, Host, Report, SCHEMA_VERSION, SubjectInfo, SuiteInfo,
};
use crate::session::{Session, SessionError};
use crate::subject::{Binder, Level};
use crate::worker::{Limits, Supervisor, WorkerError};

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct Request {
    /// The corpus folder.
    pub cases: PathBuf,
    /// The binder.
    pub binder: Binder,
    /// How often a binder in a process of its own may be started again.
    pub restarts: u32,
    /// Which trials.
    pub selection: Selection,
    /// Whether, and how long, to measure.
    pub effort: Option<Effort>,
    /// The list of known failures (docs/known-failures.md).
    pub expected: Option<PathBuf>,
    /// Whether to write that list anew.
    pub write_expected: bool,
    /// What arguments are drawn from where no seed is named.
    pub drawn: u64,
    /// The run that is judged again, where it is one from a recording.
    pub replayed: Option<Replayed>,
    /// The command line, for the report.
    pub command: String,
}

/// A run that was recorded, and is judged again.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Its command line and time, for the report.
    pub run: String,
    /// The machine it ran on.
    pub host: Host,
    /// Parts of names of the trials that are to be reported; all without. The others are judged, too,
    /// because those after them build on them.
    pub filters: Vec<String>,
}

/// A run that could not be made. None of these says anything about a binder.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Case files that cannot be read.
    #[error("{}", corpus_errors(.0))]
    Corpus(Vec<CorpusError>),
    /// A list of known failures that cannot be used.
    #[error("{}", known_errors(.0))]
    Known(Vec<KnownError>),
    /// A file could not be written.
    #[error("cannot write {}: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The fixtures could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The C twin of the fixtures could not be built.
    #[error(transparent)]
    Twin(#[from] TwinError),
    /// The selection selects nothing.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The session did not start.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A judging process could not work.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// Measuring failed.
    #[error(transparent)]
    Measure(#[from] MeasureError),
}

/// The commands that start the processes of a run, each this program again.
pub struct Workers<'a> {
    /// A measuring process, from the shapes' names and the milliseconds for each.
    pub measure: &'a dyn Fn(&[String], u64) -> std::io::Result<Command>,
    /// A judging process, which reads its job from standard input.
    pub judge: &'a dyn Fn() -> std::io::Result<Command>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// The report.
    pub report: Report,
    /// What the bench rows were made of.
    pub measurement: Option<Measurement>,
}

fn known_errors(errors: &[KnownError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn corpus_errors(errors: &[CorpusError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// The corpus of a folder, its clauses checked against the contract's page.
///
/// # Errors
/// [`RunError::Corpus`] with everything that is wrong.
pub fn load(cases: &Path) -> Result<Arc<Corpus>, RunError> {
    let clauses = clause::ids().into_iter().map(str::to_owned).collect();
    Corpus::load(cases, &clauses).map(Arc::new).map_err(RunError::Corpus)
}

/// Judges a binder, and measures it where asked.
///
/// # Errors
/// [`RunError`].
pub fn run(
    request: &Request,
    workers: &Workers<'_>,
    progress: &mut dyn Progress,
) -> Result<Run, RunError> {
    let (started, clock) = (SystemTime::now(), Instant::now());
    let corpus = load(&request.cases)?;
    let expected = Expected::of(request, &corpus)?;
    let progress: &mut dyn Progress = &mut expected.told(progress);
    let (made, trials): (Vec<_>, Vec<_>) = trials(&corpus, &request.selection)?
        .into_iter()
        .partition(|trial| generated::is_made(&trial.cases[0]));
    let mut judged = None;
    if !trials.is_empty() || request.effort.is_some() {
        judged = Some(judge_written(&trials, &corpus, request, workers.judge, progress)?);
    }
    let foreign = request.binder.is_foreign();
    if !made.is_empty() {
        let more = made::judge(&made, made_from(&request.selection), request, progress)?;
        judged = Some(match judged {
            None => more,
            Some(mut judged) => {
                judged.rows.extend(more.rows);
                judged.cut_short = judged.cut_short.or(more.cut_short);
                judged
            }
        });
    }
    let judged = judged.ok_or(SelectionError::Nothing)?;
    let Judged { rows: mut cases, subject, cut_short } = judged;
    let at_wire = subject.level == info::level(Level::Wire);
    if at_wire {
        level::name_owed(&mut cases);
    }
    let narrowed = narrow(&mut cases, request.replayed.as_ref())?;
    let stale = expected.apply(&mut cases, &subject, progress)?;
    let measurement = match request.effort {
        Some(_) if at_wire => {
            Some(Measurement::none("a library at wire level makes no loops of calls"))
        }
        Some(effort) => {
            match measure_sound(&cases, &corpus, effort, workers.measure, progress) {
                Ok(measurement) => Some(measurement),
                // What a foreign binder does on the clock must not cost the verdicts.
                Err(RunError::Measure(error)) if foreign => {
                    Some(Measurement::none(&error.to_string()))
                }
                Err(error) => return Err(error),
            }
        }
        None => None,
    };
    let report = Report {
        schema_version: SCHEMA_VERSION,
        suite: SuiteInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hash: corpus.hash.clone(),
            complete: request.selection.is_all() && cut_short.is_none() && !narrowed,
            cut_short,
            command: command(request, &made, &trials),
            replayed: request.replayed.as_ref().map(|replayed| replayed.run.clone()),
            started: humantime::format_rfc3339_seconds(started).to_string(),
            seconds: clock.elapsed().as_secs_f64(),
        },
        host: request.replayed.as_ref().map_or_else(host, |replayed| replayed.host.clone()),
        subject,
        counts: Counts::of(&cases),
        clauses: ClauseRow::rows(clause::all().iter().map(|clause| &*clause.id), &cases),
        cases,
        stale,
        bench: measurement.as_ref().map_or_else(Vec::new, |measured| measured.rows.clone()),
        mutants: Vec::new(),
    };
    Ok(Run { report, measurement })
}

/// The seed of a selection's made signatures.
fn made_from(selection: &Selection) -> u64 {
    selection.seed.unwrap_or(generated::SEED)
}

/// The trials of a selection: of a corpus, and of the signatures made from its seed.
///
/// # Errors
/// As [`plan::choose`].
pub fn trials(corpus: &Corpus, selection: &Selection) -> Result<Vec<Trial>, SelectionError> {
    let mut trials = plan::without(plan::all(corpus), &selection.without, corpus);
    if selection.takes_made() {
        let (_, made) = made::corpus(made_from(selection));
        trials.extend(plan::without(plan::made(&made, selection), &selection.without, &made));
    }
    plan::choose(trials, selection)
}

fn has_properties(trials: &[Trial]) -> bool {
    trials.iter().any(|trial| trial.arm.name() == "property")
}

/// The command line, with the seed it left to the suite. Where properties drew from a seed of their own,
/// no one seed repeats both.
fn command(request: &Request, made: &[Trial], written: &[Trial]) -> String {
    match request.selection.seed {
        None if !made.is_empty() && !has_properties(written) => {
            format!("{} --seed {}", request.command, generated::SEED)
        }
        _ => request.command.clone(),
    }
}

/// Builds the fixtures and puts the corpus's trials to the binder.
fn judge_written(
    trials: &[Trial],
    corpus: &Arc<Corpus>,
    request: &Request,
    worker: &dyn Fn() -> std::io::Result<Command>,
    progress: &mut dyn Progress,
) -> Result<Judged, RunError> {
    progress.stage("building the fixture library", None);
    let built = library::build_all(&profiles(trials, request.effort))?;
    progress.finish();
    if let Some(toolchain) = built.iter().find_map(|artifact| artifact.built_by.as_ref()) {
        progress.note(&format!("the fixtures were built by {toolchain}"));
    }
    let seed = request.selection.seed.unwrap_or(request.drawn);
    if has_properties(trials) {
        progress.note(&format!("arguments of properties are drawn from --seed {seed}"));
    }
    match request.binder {
        Binder::Reference { .. } => {
            judge_here(request, trials, corpus, &built[0], seed, worker, progress)
        }
        Binder::Program(_) | Binder::Library { .. } => {
            judge_foreign(request, trials, corpus, &built, seed, progress)
        }
    }
}

/// Every build that a run calls, the checked one first.
fn profiles(trials: &[Trial], effort: Option<Effort>) -> Vec<Profile> {
    let judging = trials.iter().map(|trial| trial.arm.build());
    let measuring = effort.map_or(&[][..], |_| &[Profile::Bench, Profile::Counted]);
    let mut all = vec![Profile::Checked];
    for profile in judging.chain(measuring.iter().copied()) {
        if !all.contains(&profile) {
            all.push(profile);
        }
    }
    all
}

/// What judging came to.
struct Judged {
    rows: Vec<CaseRow>,
    subject: SubjectInfo,
    cut_short: Option<String>,
}

/// Whether a session needs the C twin.
fn needs_twin(trials: &[Trial]) -> bool {
    trials.iter().any(|trial| trial.arm.name() == "compare")
}

/// Judges the reference binder.
fn judge_here(
    request: &Request,
    trials: &[Trial],
    corpus: &Arc<Corpus>,
    checked: &Artifact,
    seed: u64,
    worker: &dyn Fn() -> std::io::Result<Command>,
    progress: &mut dyn Progress,
) -> Result<Judged, RunError> {
    let mut session = Session::open(corpus.clone(), checked, request.binder.subject())?;
    if needs_twin(trials) {
        session.take_twin(&zig_lib::twin::build()?)?;
    }
    session.seed = seed;
    let mut rows = judge_all(trials, &mut session, worker, progress)?;
    let mut subject = subject(&session.ready);
    if probing::is_due(request) {
        probing::here(&mut session, trials, &rows, &mut subject);
    }
    name_binder(request, &mut rows);
    Ok(Judged { rows, subject, cut_short: None })
}

/// Judges a binder that has a process of its own, on one build after the other.
fn judge_foreign(
    request: &Request,
    trials: &[Trial],
    corpus: &Arc<Corpus>,
    built: &[Artifact],
    seed: u64,
    progress: &mut dyn Progress,
) -> Result<Judged, RunError> {
    let twin = if needs_twin(trials) { Some(zig_lib::twin::build()?) } else { None };
    let mut rows = Vec::with_capacity(trials.len());
    let mut info = None;
    let (mut restarts, mut cut_short) = (request.restarts, None);
    let open_on = |build, artifact| -> Result<Session, SessionError> {
        let mut session = Session::open(corpus.clone(), artifact, request.binder.subject())?;
        if let Some(twin) = twin.as_ref().filter(|_| build == Profile::Checked) {
            session.take_twin(twin)?;
        }
        session.seed = seed;
        Ok(session)
    };
    for (build, artifact) in profiles(trials, None).into_iter().zip(built) {
        let of_build = |trial: &&Trial| trial.arm.build() == build;
        let trials: Vec<Trial> = trials.iter().filter(of_build).cloned().collect();
        if trials.is_empty() {
            continue;
        }
        if build == Profile::Race {
            let reason =
                "the race build has to be preloaded, which is not done to another's program";
            let row = |trial| judging::row(trial, &Verdict::Skipped(reason.to_owned()), 0.0);
            rows.extend(trials.iter().map(row));
            continue;
        }
        let open = || open_on(build, artifact);
        // A subject that started once and does not start on another build costs those trials only.
        let session = match cut_short.is_none().then(&open) {
            None => None,
            Some(Ok(session)) => Some(session),
            Some(Err(error)) if info.is_none() => return Err(error.into()),
            Some(Err(error)) => {
                cut_short = Some(format!("on the {} build: {error}", build.name()));
                None
            }
        };
        if let Some(session) = &session {
            info.get_or_insert_with(|| subject(&session.ready));
        }
        progress.stage(&format!("judging on the {} build", build.name()), Some(trials.len()));
        let mut foreign = Foreign { open: &open, restarts, cut_short };
        rows.extend(foreign.judge(&trials, session, progress));
        (restarts, cut_short) = (foreign.restarts, foreign.cut_short);
        progress.finish();
    }
    name_binder(request, &mut rows);
    let mut subject = info.ok_or(SelectionError::Nothing)?;
    if cut_short.is_none() && probing::is_due(request) {
        let open = || open_on(Profile::Checked, &built[0]);
        probing::apart(&open, trials, &rows, &mut subject, progress);
    }
    Ok(Judged { rows, subject, cut_short })
}

/// Has the commands that repeat a trial name the binder, where it is not the suite's own as it is.
fn name_binder(request: &Request, rows: &mut [CaseRow]) {
    let option = request.binder.option();
    rows.iter_mut().for_each(|row| row.repro.push_str(&option));
}

/// Judges the trials of the checked build here and those of each other build in a worker.
fn judge_all(
    trials: &[Trial],
    session: &mut Session,
    worker: &dyn Fn() -> std::io::Result<Command>,
    progress: &mut dyn Progress,
) -> Result<Vec<CaseRow>, RunError> {
    let mut rows = Vec::with_capacity(trials.len());
    for build in profiles(trials, None) {
        let of_build = |trial: &&Trial| trial.arm.build() == build;
        let trials: Vec<Trial> = trials.iter().filter(of_build).cloned().collect();
        match build {
            _ if trials.is_empty() => {}
            Profile::Checked => rows.extend(judge(&trials, session, progress)),
            build => {
                let corpus = session.corpus.hash.clone();
                let limits = Limits::default();
                let start = || preloaded(worker()?, build);
                let supervisor = Supervisor { build, corpus: &corpus, limits, start: &start };
                rows.extend(supervisor.judge(&trials, progress)?);
            }
        }
    }
    Ok(rows)
}

/// How the thread sanitiser is to behave: the first race ends the process, a refused allocation does not.
const RACE_OPTIONS: &str = "halt_on_error=1:allocator_may_return_null=1";

/// The thread sanitiser has to be there before the process begins, so its build is preloaded; it then
/// ends the process at the first race.
fn preloaded(mut worker: Command, build: Profile) -> std::io::Result<Command> {
    if build == Profile::Race {
        let library = library::build(build).map_err(std::io::Error::other)?;
        worker.env("LD_PRELOAD", library.path).env("TSAN_OPTIONS", RACE_OPTIONS);
    }
    Ok(worker)
}

/// Puts trials to the session's subject, in this process.
pub fn judge(trials: &[Trial], session: &mut Session, progress: &mut dyn Progress) -> Vec<CaseRow> {
    progress.stage("judging", Some(trials.len()));
    let rows = trials
        .iter()
        .map(|trial| {
            progress.step(&trial.name());
            let row = judging::judge(trial, session);
            progress.ended(&row);
            row
        })
        .collect();
    progress.finish();
    rows
}

/// Measures the shapes whose functions failed no trial: what answers wrongly is not timed.
fn measure_sound(
    cases: &[CaseRow],
    corpus: &Corpus,
    effort: Effort,
    worker: &dyn Fn(&[String], u64) -> std::io::Result<Command>,
    progress: &mut dyn Progress,
) -> Result<Measurement, RunError> {
    let failed = |symbol: &str| {
        cases.iter().any(|row| {
            let called = corpus.case(&row.id).is_some_and(|case| case.calls(symbol));
            called && !matches!(row.outcome.as_str(), "passed" | "gated")
        })
    };
    let (sound, unsound): (Vec<_>, Vec<_>) =
        crate::measure::SHAPES.iter().partition(|shape| !shape.symbols().into_iter().any(failed));
    let names: Vec<String> = sound.iter().map(|shape| shape.name.to_owned()).collect();
    progress.stage("measuring", Some(effort.processes));
    let mut measured = measure(effort, &|| worker(&names, effort.shape_ms), &mut |process| {
        progress.step(&format!("process {} of {}", process + 1, effort.processes));
    })?;
    progress.finish();
    measured.rows.extend(unsound.iter().map(|shape| crate::measure::not_timed(shape.name)));
    Ok(measured)
}

/// Leaves the rows that are to be reported of a recording; whether that is a part of them.
fn narrow(rows: &mut Vec<CaseRow>, replayed: Option<&Replayed>) -> Result<bool, SelectionError> {
    let Some(Replayed { filters, .. }) = replayed.filter(|replayed| !replayed.filters.is_empty())
    else {
        return Ok(false);
    };
    let names: Vec<String> = rows.iter().map(known::name_of).collect();
    let mut meant = plan::meant(filters, &names)?.into_iter();
    rows.retain(|_| meant.next().unwrap_or(false));
    Ok(true)
}
