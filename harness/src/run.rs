//! The run: build, load, compare, plan, judge, measure, report. The only module that knows the order of
//! the stages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use zig_lib::library::{self, BuildError, Profile};
use zig_lib::twin::TwinError;

use crate::case::{Corpus, CorpusError};
use crate::clause;
use crate::judging;
use crate::measure::{Effort, MeasureError, Measurement, measure};
use crate::plan::{self, Selection, SelectionError, Trial};
use crate::progress::Progress;
use crate::report::{
    CaseRow, ClauseRow, Counts, Host, Report, SCHEMA_VERSION, SubjectInfo, SuiteInfo,
};
use crate::seed;
use crate::session::{Session, SessionError};
use crate::subject::reference::ReferenceBinder;
use crate::subject::{Dialect, Level, Subject};
use crate::worker::{Limits, Supervisor, WorkerError};

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct Request {
    /// The corpus folder.
    pub cases: PathBuf,
    /// Which trials.
    pub selection: Selection,
    /// Dialects the reference binder is asked for.
    pub dialects: Vec<Dialect>,
    /// Whether, and how long, to measure.
    pub effort: Option<Effort>,
    /// What arguments of properties are drawn from; one of its own where none is given.
    pub seed: Option<u64>,
    /// The command line, for the report.
    pub command: String,
}

/// A run that could not be made. None of these says anything about a binder.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Case files that cannot be read.
    #[error("{}", corpus_errors(.0))]
    Corpus(Vec<CorpusError>),
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

/// A subject for each session that needs one, with these dialects.
pub fn reference(dialects: &[Dialect]) -> Box<dyn Subject> {
    Box::new(ReferenceBinder::with_dialects(dialects))
}

/// Judges the reference binder, and measures it where asked.
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
    let trials = plan::select(&corpus, &request.selection)?;
    progress.stage("building the fixture library", None);
    let built = library::build_all(&profiles(&trials, request.effort))?;
    progress.finish();
    if let Some(toolchain) = built.iter().find_map(|artifact| artifact.built_by.as_ref()) {
        progress.note(&format!("the fixtures were built by {toolchain}"));
    }
    let mut session = Session::open(corpus.clone(), &built[0], reference(&request.dialects))?;
    if trials.iter().any(|trial| trial.arm.name() == "compare") {
        session.take_twin(&zig_lib::twin::build()?)?;
    }
    if trials.iter().any(|trial| trial.arm.name() == "property") {
        session.seed = request.seed.unwrap_or_else(seed::fresh);
        progress.note(&format!("arguments of properties are drawn from --seed {}", session.seed));
    }
    let cases = judge_all(&trials, &mut session, workers.judge, progress)?;
    let measurement = match request.effort {
        Some(effort) => Some(measure_sound(&cases, &corpus, effort, workers.measure, progress)?),
        None => None,
    };
    let report = Report {
        schema_version: SCHEMA_VERSION,
        suite: SuiteInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hash: corpus.hash.clone(),
            complete: request.selection.is_all(),
            command: request.command.clone(),
            started: humantime::format_rfc3339_seconds(started).to_string(),
            seconds: clock.elapsed().as_secs_f64(),
        },
        host: host(),
        subject: subject(&session),
        counts: Counts::of(&cases),
        clauses: ClauseRow::rows(clause::all().iter().map(|clause| &*clause.id), &cases),
        cases,
        bench: measurement.as_ref().map_or_else(Vec::new, |measured| measured.rows.clone()),
        mutants: Vec::new(),
    };
    Ok(Run { report, measurement })
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

/// The thread sanitiser has to be there before the process begins, so its build is preloaded; it then
/// ends the process at the first race.
fn preloaded(mut worker: Command, build: Profile) -> std::io::Result<Command> {
    if build == Profile::Race {
        let library = library::build(build).map_err(std::io::Error::other)?;
        worker.env("LD_PRELOAD", library.path).env("TSAN_OPTIONS", "halt_on_error=1");
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

fn subject(session: &Session) -> SubjectInfo {
    let ready = &session.ready;
    SubjectInfo {
        name: ready.name.clone(),
        version: ready.version.clone(),
        language: ready.language.clone(),
        level: match ready.level {
            Level::Contract => "contract",
            Level::Wire => "wire",
        }
        .to_owned(),
        capabilities: ready.capabilities.iter().map(|c| c.name().to_owned()).collect(),
        dialects: ready.dialects.iter().map(|d| d.name().to_owned()).collect(),
    }
}

fn host() -> Host {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    Host {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cpu,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        rustc: env!("CONFORM_RUSTC").to_owned(),
        zig: zig_lib::ZIG_VERSION.to_owned(),
    }
}
