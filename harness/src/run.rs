//! The run: build, load, compare, plan, judge, measure, report. The only module that knows the order of
//! the stages.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use zig_lib::library::{self, BuildError, Profile};

use crate::arm;
use crate::case::{Corpus, CorpusError};
use crate::clause;
use crate::judge::{Difference, Verdict};
use crate::measure::{Effort, MeasureError, Measurement, measure};
use crate::plan::{self, Selection, SelectionError, Trial};
use crate::report::{
    CaseRow, ClauseRow, Counts, Host, Report, SCHEMA_VERSION, SubjectInfo, SuiteInfo,
};
use crate::session::{Session, SessionError};
use crate::subject::reference::ReferenceBinder;
use crate::subject::{Dialect, Level, Subject};

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
    /// The selection selects nothing.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The session did not start.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Measuring failed.
    #[error(transparent)]
    Measure(#[from] MeasureError),
}

/// Who is told how far a run is.
pub trait Progress {
    /// A stage begins, with so many steps where that is known.
    fn stage(&mut self, name: &str, steps: Option<usize>);
    /// Something worth a line.
    fn note(&mut self, line: &str);
    /// A step of the stage begins.
    fn step(&mut self, name: &str);
    /// A trial ended.
    fn ended(&mut self, row: &CaseRow);
    /// The stage ended.
    fn finish(&mut self);
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

/// Judges the reference binder, and measures it where asked. `worker` makes the command of a measuring
/// process from the shapes' names and the milliseconds for each.
///
/// # Errors
/// [`RunError`].
pub fn run(
    request: &Request,
    worker: &dyn Fn(&[String], u64) -> std::io::Result<std::process::Command>,
    progress: &mut dyn Progress,
) -> Result<Run, RunError> {
    let (started, clock) = (SystemTime::now(), Instant::now());
    let corpus = load(&request.cases)?;
    let trials = plan::select(&corpus, &request.selection)?;
    let profiles: &[Profile] = match request.effort {
        Some(_) => &[Profile::Checked, Profile::Bench, Profile::Counted],
        None => &[Profile::Checked],
    };
    progress.stage("building the fixture library", None);
    let built = library::build_all(profiles)?;
    progress.finish();
    if let Some(toolchain) = built.iter().find_map(|artifact| artifact.built_by.as_ref()) {
        progress.note(&format!("the fixtures were built by {toolchain}"));
    }
    let mut session = Session::open(corpus.clone(), &built[0], reference(&request.dialects))?;
    let cases = judge(&trials, &mut session, progress);
    let measurement = match request.effort {
        Some(effort) => Some(measure_sound(&cases, &corpus, effort, worker, progress)?),
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

/// Puts every trial to the session's subject.
pub fn judge(trials: &[Trial], session: &mut Session, progress: &mut dyn Progress) -> Vec<CaseRow> {
    progress.stage("judging", Some(trials.len()));
    let rows = trials
        .iter()
        .map(|trial| {
            progress.step(&trial.name());
            let clock = Instant::now();
            let verdict = arm::judge(trial.arm, &trial.cases, session);
            let row = row(trial, &verdict, session, clock.elapsed().as_secs_f64() * 1000.0);
            progress.ended(&row);
            row
        })
        .collect();
    progress.finish();
    rows
}

fn row(trial: &Trial, verdict: &Verdict, session: &Session, ms: f64) -> CaseRow {
    let mut row = CaseRow {
        id: trial.cases[0].name(),
        arm: trial.arm.name().to_owned(),
        clauses: trial.clauses(),
        outcome: verdict.outcome().to_owned(),
        path: session.path_of(&trial.cases[0]).map(|path| path.name().to_owned()),
        calls: None,
        expected: None,
        observed: None,
        arrived: None,
        repro: repro(trial, session),
        ms,
    };
    match verdict {
        Verdict::Passed { .. } => {}
        Verdict::Failed(failure) => {
            let text = |lines: Vec<String>| (!lines.is_empty()).then(|| lines.join("\n"));
            row.expected = text(failure.differences.iter().map(expected).collect());
            row.observed = text(failure.differences.iter().map(|d| d.observed.clone()).collect());
            row.calls = text(failure.calls.clone());
            row.arrived = text(failure.arrived.clone());
        }
        Verdict::Gated(reason) | Verdict::Skipped(reason) | Verdict::Error(reason) => {
            row.observed = Some(reason.clone());
        }
    }
    row
}

/// The command that repeats exactly this trial.
fn repro(trial: &Trial, session: &Session) -> String {
    let dialects = session.ready.dialects.iter();
    let dialects: String =
        dialects.map(|dialect| format!(" --dialect {}", dialect.name())).collect();
    format!("conform check{dialects} --filter {}", trial.name())
}

/// What was expected, and of what, where the call beside it does not say so already.
fn expected(difference: &Difference) -> String {
    let Difference { what, clause, expected, .. } = difference;
    match clause {
        Some(clause) => format!("{expected}  ({what}, {clause})"),
        None if what.starts_with("result of ") => expected.clone(),
        None => format!("{expected}  ({what})"),
    }
}

/// Measures the shapes whose functions failed no trial: what answers wrongly is not timed.
fn measure_sound(
    cases: &[CaseRow],
    corpus: &Corpus,
    effort: Effort,
    worker: &dyn Fn(&[String], u64) -> std::io::Result<std::process::Command>,
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
