//! The run: build, load, compare, plan, judge, measure, report. The only module that knows the order of
//! the stages.

mod counts;
mod ended;
mod expected;
mod info;
mod made;
mod probing;
mod rows;
pub mod sound;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use contract::abi::Abi;
use contract::clause;
use corpus::case::{Corpus, CorpusError};
use corpus::generated;
use interrupt::Interrupt;
use judge::judging;
use judge::known::KnownError;
use judge::level;
use judge::plan::{self, Selection, SelectionError, Shard, Trial};
use judge::progress::Progress;
use judge::row::Reason;
use judge::session::{Session, SessionError, abi_of};
use judge::supervise::{Budget, Supervisor};
use judge::verdict::Verdict;
use measure::{Effort, MeasureError, Measurement, SHAPES, ScalingRow, Shape, Work, series};
use report::{
    CaseRow, ClauseRow, Counts, Host, Report, ReportError, SCHEMA_VERSION, SubjectInfo, SuiteInfo,
};
use zig_lib::library::{self, Artifact, BuildError, Profile, Target};
use zig_lib::twin::TwinError;

use crate::binder::Binder;
use crate::repro;
use expected::Expected;
use info::subject;
use rows::{name_binder, narrow};

pub use info::{begun, host};

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct Request {
    /// The corpus folder.
    pub cases: PathBuf,
    /// The binder.
    pub binder: Binder,
    /// What the binder runs under, such as valgrind.
    pub under: Option<String>,
    /// What the fixtures are built for.
    pub target: Target,
    /// How often a binder in a process of its own may be started again.
    pub restarts: u32,
    /// How many of it are judged at once, each in a process of its own.
    pub jobs: usize,
    /// Which trials.
    pub selection: Selection,
    /// Whether, and how long, to measure.
    pub effort: Option<Effort>,
    /// Whether what is measured is the series, too.
    pub scaling: bool,
    /// The list of known failures (docs/known-failures.md).
    pub expected: Option<PathBuf>,
    /// Whether to write that list anew.
    pub write_expected: bool,
    /// Whether what compilers rely on and no ABI says is owed, too (L-21).
    pub strict: bool,
    /// What arguments are drawn from where no seed is named.
    pub drawn: u64,
    /// The run that is judged again, where it is one from a recording.
    pub replayed: Option<Replayed>,
    /// The command line, for the report.
    pub command: String,
}

impl Request {
    /// The C ABI that the binder is held to: its machine's, which of a recording need not be this one.
    fn abi(&self) -> Abi {
        let of = |host: &Host| Abi::of(&host.os, &host.arch);
        abi_of(self.target, self.replayed.as_ref().map_or_else(Abi::here, |run| of(&run.host)))
    }
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
    #[error("{}", lines(.0))]
    Corpus(Vec<CorpusError>),
    /// A list of known failures that cannot be used.
    #[error("{}", lines(.0))]
    Known(Vec<KnownError>),
    /// A list of known failures could not be written.
    #[error(transparent)]
    Unwritten(#[from] ReportError),
    /// The fixtures could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The C twin of the fixtures could not be built.
    #[error(transparent)]
    Twin(#[from] TwinError),
    /// Every trial is of a build that the binder is not judged on.
    #[error(
        "nothing is left to run: in this process only the checked build is judged; leave `--in-process`"
    )]
    NothingHere,
    /// The selection selects nothing.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The session did not start.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Measuring failed.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// A signal came before anything was judged.
    #[error("{0}, before anything was judged")]
    Interrupted(Interrupt),
}

/// The command of a measuring process.
pub type Measuring<'a> = &'a dyn Fn(&Work) -> std::io::Result<Command>;

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// The report.
    pub report: Report,
    /// What the bench rows were made of.
    pub measurement: Option<Measurement>,
    /// Why the list of known failures that was asked for could not be written.
    pub unwritten: Option<RunError>,
}

/// The most mistakes that are shown of a file: nobody mends more before the next run.
const SHOWN: usize = 50;

fn lines(errors: &[impl ToString]) -> String {
    let mut lines: Vec<String> = errors.iter().take(SHOWN).map(ToString::to_string).collect();
    if errors.len() > SHOWN {
        lines.push(format!("and {} more like these", errors.len() - SHOWN));
    }
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

/// Judges a binder, and measures it where asked. A signal that [`interrupt::seen`] tells of ends it early: what
/// was judged by then is the run.
///
/// # Errors
/// [`RunError`]; whatever fails after a signal is [`RunError::Interrupted`].
pub fn run(
    request: &Request,
    measuring: Measuring<'_>,
    progress: &mut dyn Progress,
) -> Result<Run, RunError> {
    load(&request.cases).and_then(|corpus| run_on(&corpus, request, measuring, progress))
}

/// As [`run`], on a corpus that was read before.
///
/// # Errors
/// As of [`run`].
pub fn run_on(
    corpus: &Arc<Corpus>,
    request: &Request,
    measuring: Measuring<'_>,
    progress: &mut dyn Progress,
) -> Result<Run, RunError> {
    stages(corpus, request, measuring, progress)
        .map_err(|error| interrupt::seen().map_or(error, RunError::Interrupted))
}

fn stages(
    corpus: &Arc<Corpus>,
    request: &Request,
    measuring: Measuring<'_>,
    progress: &mut dyn Progress,
) -> Result<Run, RunError> {
    let (started, clock) = (SystemTime::now(), Instant::now());
    let expected = Expected::of(request, corpus)?;
    let progress: &mut dyn Progress = &mut expected.told(progress);
    if corpus.left_out > 0 {
        let left_out = corpus.left_out;
        progress.note(&format!(
            "{left_out} cases are left out: they say what fits words of 64 bits alone"
        ));
    }
    let shard = request.selection.shard;
    let whole = trials(corpus, &Selection { shard: None, ..request.selection.clone() })?;
    let asked = info::asked(request, whole.len(), &expected);
    let (made, trials): (Vec<_>, Vec<_>) =
        Shard::part(shard, whole).partition(|trial| generated::is_made(&trial.cases[0]));
    if made.is_empty() && trials.is_empty() {
        return Err(SelectionError::Nothing.into());
    }
    if !made.is_empty() {
        made::prepare(made_from(&request.selection), request.target)?;
    }
    let mut judged = None;
    if !trials.is_empty() || request.effort.is_some() {
        judged = Some(judge_written(&trials, corpus, request, &expected, progress)?);
    }
    if !made.is_empty() {
        let more = made::judge(&made, made_from(&request.selection), request, progress);
        judged = Some(match judged {
            None => more?,
            Some(mut judged) => {
                let more =
                    more.unwrap_or_else(|error| ended::no_turn(&made, request, &judged, &error));
                judged.rows.extend(more.rows);
                judged.cut_short = judged.cut_short.or(more.cut_short);
                judged
            }
        });
    }
    let judged = judged.ok_or(SelectionError::Nothing)?;
    let Judged { rows: mut cases, subject, cut_short } = judged;
    level::name_owed(&mut cases, subject.level, &subject.capabilities);
    sound::mark(&mut cases, corpus);
    let narrowed = narrow(&mut cases, request.replayed.as_ref())?;
    let stale = expected.apply(&mut cases, &subject)?;
    let unwritten = expected.write(&cases, &subject, progress).err();
    let judged = (&subject, &cases[..]);
    let measured = |effort, shapes: Vec<&'static Shape>, progress: &mut dyn Progress| {
        let shapes: Vec<_> = Shard::part(shard, shapes).collect();
        sound::one(judged, &shapes, effort, (corpus, request, measuring), progress)
    };
    let mut measurement = match request.effort {
        Some(effort) => Some(measured(effort, SHAPES.iter().collect(), progress)?),
        None => None,
    };
    let mut scaling = Vec::new();
    if let (Some(effort), true, Some(whole)) = (request.effort, request.scaling, &mut measurement) {
        // In processes of their own, so that what no case of the corpus tries costs the others nothing.
        let shapes = series::points().map(|point| &point.shape).collect();
        let Measurement { rows, raw } = measured(effort, shapes, progress)?;
        scaling = rows.into_iter().filter_map(ScalingRow::of).collect();
        whole.raw.extend(raw);
    }
    // One that came after the last trial leaves something undone, too: what is tried or measured then.
    let cut_short = cut_short.or_else(|| interrupt::seen().map(|by| by.to_string()));
    let report = Report {
        schema_version: SCHEMA_VERSION,
        suite: SuiteInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hash: corpus.hash.clone(),
            complete: request.selection.is_all() && cut_short.is_none() && !narrowed,
            cut_short,
            command: command(request, &made, &trials),
            asked: Some(asked),
            replayed: request.replayed.as_ref().map(|replayed| replayed.run.clone()),
            repeat: BTreeMap::new(),
            started: humantime::format_rfc3339_seconds(started).to_string(),
            seconds: clock.elapsed().as_secs_f64(),
        },
        host: request.replayed.as_ref().map_or_else(host, |replayed| replayed.host.clone()),
        subject,
        counts: Counts::of(cases.iter().map(|case| case.outcome)),
        clauses: ClauseRow::rows(clause::all().iter().map(|clause| &*clause.id), &cases),
        programs: repro::of_failed(&cases, corpus),
        cases,
        stale,
        scaling,
        bench: measurement.as_ref().map_or_else(Vec::new, |measured| measured.rows.clone()),
        mutants: Vec::new(),
        unbroken: Vec::new(),
    };
    Ok(Run { report, measurement, unwritten })
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

fn draws(trials: &[Trial]) -> bool {
    trials.iter().any(|trial| trial.arm.about().draws)
}

/// The command line, with the seed it left to the suite. Where properties drew from a seed of their own,
/// no one seed repeats both.
fn command(request: &Request, made: &[Trial], written: &[Trial]) -> String {
    match request.selection.seed {
        None if !made.is_empty() && !draws(written) => {
            format!("{} --seed {}", request.command, generated::SEED)
        }
        _ => request.command.clone(),
    }
}

/// Builds the fixtures and puts the corpus's trials to the binder, on one build after the other.
fn judge_written(
    trials: &[Trial],
    corpus: &Arc<Corpus>,
    request: &Request,
    expected: &Expected,
    progress: &mut dyn Progress,
) -> Result<Judged, RunError> {
    progress.stage("building the fixture library", None);
    let mut builds = profiles(trials, request.effort);
    builds.retain(|build| *build == Profile::Checked || not_judged_on(request, *build).is_none());
    let built = library::build_all(request.target, &builds)?;
    progress.finish();
    if let Some(toolchain) = built.iter().find_map(|artifact| artifact.built_by.as_ref()) {
        progress.note(&format!("the fixtures were built by {toolchain}"));
    }
    let seed = request.selection.seed.unwrap_or(request.drawn);
    if draws(trials) {
        progress.note(&format!("arguments of properties are drawn from --seed {seed}"));
    }
    // The twin is built for the host alone.
    let needs_twin =
        request.target == Target::Host && trials.iter().any(|trial| trial.arm.about().twin);
    let twin = if needs_twin { Some(zig_lib::twin::build()?) } else { None };
    let open_on = |build, artifact: &Artifact| -> Result<Session, SessionError> {
        let subject = on_build(&request.binder, build, artifact).subject();
        // The race build loads only where it was preloaded.
        let described_by = if build == Profile::Race { &built[0] } else { artifact };
        let mut session = Session::open_as(corpus.clone(), artifact, described_by, subject)?;
        if let Some(twin) = twin.as_ref().filter(|_| build == Profile::Checked) {
            session.take_twin(twin)?;
        }
        (session.seed, session.strict) = (seed, request.strict);
        session.abi = request.abi();
        Ok(session)
    };
    let mut rows = Vec::with_capacity(trials.len());
    let mut info = None;
    let budget = Budget::of(request.restarts);
    for build in profiles(trials, None) {
        let of_build = |trial: &&Trial| trial.arm.about().build == build;
        let trials: Vec<Trial> = trials.iter().filter(of_build).cloned().collect();
        if trials.is_empty() {
            continue;
        }
        if let Some(text) = not_judged_on(request, build) {
            let verdict = Verdict::Skipped(Reason::NotOnThisBuild, text.to_owned());
            rows.extend(trials.iter().map(|trial| judging::row(trial, &verdict, 0.0)));
            continue;
        }
        let Some(artifact) = built.iter().find(|artifact| artifact.profile == build) else {
            continue;
        };
        let open = || open_on(build, artifact);
        // A subject that started once and does not start on another build costs those trials only.
        let session = match budget.cut_short().is_none().then(&open) {
            None => None,
            Some(Ok(session)) => Some(session),
            Some(Err(error)) if info.is_none() => return Err(error.into()),
            Some(Err(error)) => {
                budget.cut(ended::by(&error).map_or_else(
                    || format!("on the {} build: {error}", build.name()),
                    |by| by.to_string(),
                ));
                None
            }
        };
        if let Some(session) = &session {
            expected.is_of(&session.ready.name)?;
            info.get_or_insert_with(|| subject(&session.ready));
        }
        progress.stage(&format!("judging on the {} build", build.name()), Some(trials.len()));
        let supervisor = Supervisor { open: &open, jobs: jobs(request), budget: &budget };
        rows.extend(supervisor.judge(&trials, session, progress));
        progress.finish();
    }
    name_binder(request, &mut rows);
    let Some(mut subject) = info else { return Err(RunError::NothingHere) };
    let cut_short = budget.cut_short();
    if cut_short.is_none() && probing::is_due(request) {
        let open = || open_on(Profile::Checked, &built[0]);
        let shard = request.selection.shard;
        probing::probe(&open, trials, &rows, shard, &mut subject, progress);
    }
    Ok(Judged { rows, subject, cut_short })
}

/// Every build that a run calls, the checked one first.
fn profiles(trials: &[Trial], effort: Option<Effort>) -> Vec<Profile> {
    let judging = trials.iter().map(|trial| trial.arm.about().build);
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

/// How many subjects are judged at once: one, where it is in this process, which has one evidence page, or
/// where its conversation is recorded, which is one.
fn jobs(request: &Request) -> usize {
    match request.binder.launch() {
        Some(launch) if launch.tape.is_none() => request.jobs,
        Some(_) | None => 1,
    }
}

/// Why a binder is not judged on a build, where it is not.
fn not_judged_on(request: &Request, build: Profile) -> Option<&'static str> {
    let binder = &request.binder;
    if request.target != Target::Host {
        return match build {
            Profile::Checked | Profile::Wary => None,
            Profile::Guard if !request.target.is_wasm() => None,
            Profile::Guard => Some("nothing of a module's linear memory can be made inaccessible"),
            Profile::Race => Some("the race build is preloaded, into a process of this machine"),
            Profile::Bench | Profile::Counted => {
                Some("what is not this machine's has no floor here")
            }
        };
    }
    if binder.launch().is_none() && build != Profile::Checked {
        return Some("a process has one evidence page, so only the checked build is judged in it");
    }
    (build == Profile::Race && !binder.is_reference())
        .then_some("the race build has to be preloaded, which is not done to another's program")
}

/// How the thread sanitiser is to behave: the first race ends the process, a refused allocation does not.
const RACE_OPTIONS: &str = "halt_on_error=1:allocator_may_return_null=1";

/// The binder as it is started on a build: the thread sanitiser has to be there before the process begins,
/// so its build is preloaded.
fn on_build(binder: &Binder, build: Profile, artifact: &Artifact) -> Binder {
    let mut env = Vec::new();
    if build == Profile::Race {
        env.push(("LD_PRELOAD".to_owned(), artifact.path.clone().into_os_string()));
        env.push(("TSAN_OPTIONS".to_owned(), RACE_OPTIONS.into()));
    }
    binder.clone().with_env(env)
}
