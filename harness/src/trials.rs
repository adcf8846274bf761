//! A binder judged by its own `cargo test`: every case under every arm is a test named
//! `arm::suite::case`, so that the filters, lists and partitions of cargo test and nextest work on them.
//!
//! The test target has `harness = false` in its manifest and one line in its `main`:
//!
//! ```no_run
//! # use harness::served::reference::ReferenceBinder;
//! fn main() -> std::process::ExitCode {
//!     harness::trials::of(|| Box::new(ReferenceBinder::default())).main()
//! }
//! ```
//!
//! Trials of the checked build are made in this process, one at a time, where a debugger finds them.
//! Those of other builds, which may end it, are put to this program started again, which serves the binder
//! by the protocol; on request all are.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use corpus::case::{self, Corpus};
use judge::judging;
use judge::plan::{self, Selection};
use judge::progress::Unwatched;
use judge::row::TrialOutcome;
use judge::session::{Session, SessionError};
use judge::supervise::{Budget, Supervisor};
use libtest_mimic::{Arguments, Completion, Failed};
use report::CaseRow;
use subject::program::Program;
use subject::protocol::{self, GUARDIAN, Launch};
use subject::{Capability, Subject};
use zig_lib::library::{self, Profile};

use crate::run::{self, RunError};

/// A binder, and how its trials become tests.
pub struct Trials {
    cases: PathBuf,
    subject: Box<New>,
    owes: Owes,
    apart: bool,
}

/// What a trial that is gated comes to.
#[derive(Clone, Copy)]
enum Owes {
    /// An ignored test.
    WhatItServes,
    /// A failed one, but for want of one of these.
    AllBut(&'static [Capability]),
}

type New = dyn Fn() -> Box<dyn Subject> + Send + Sync;

/// The word that makes this program serve its binder by the protocol.
const SERVE: &str = "serve-the-binder-of-these-tests";

/// How often a binder may be started again.
const RESTARTS: u32 = 32;

/// A binder's trials over the suite's own corpus. `subject` makes one that is not started yet: one for
/// this process, and one for each that is started.
pub fn of(subject: impl Fn() -> Box<dyn Subject> + Send + Sync + 'static) -> Trials {
    let (cases, subject) = (case::shipped_folder(), Box::new(subject));
    Trials { cases, subject, owes: Owes::WhatItServes, apart: false }
}

impl Trials {
    /// Has a trial that is gated fail: for a binder that declares and serves everything. By default such
    /// a trial is an ignored test, with the reason.
    #[must_use]
    pub fn owing_all(self) -> Trials {
        self.owing_all_but(&[])
    }

    /// The same of a binder that does not declare these.
    #[must_use]
    pub fn owing_all_but(self, capabilities: &'static [Capability]) -> Trials {
        Trials { owes: Owes::AllBut(capabilities), ..self }
    }

    /// Has every trial made in another process, so that a binder that crashes or hangs fails the trial it
    /// does so in, and the others go on.
    #[must_use]
    pub fn apart(self) -> Trials {
        Trials { apart: true, ..self }
    }

    /// The `main` of a test target: reads the arguments that cargo test passes on, and runs what they ask
    /// for. The exit code is 0 where nothing failed, 101 where something did, 2 where the suite could not
    /// work, and 1 where the whole corpus was asked for and not one trial could be judged.
    pub fn main(self) -> ExitCode {
        let told = match std::env::args().nth(1) {
            Some(word) if word == SERVE => self.serve().map(|()| ExitCode::SUCCESS),
            Some(word) if word == GUARDIAN => {
                protocol::guard(std::io::stdin());
                Ok(ExitCode::SUCCESS)
            }
            _ => self.test(),
        };
        told.unwrap_or_else(|error| {
            eprintln!("error: {}", report::shown(&error.to_string()));
            ExitCode::from(2)
        })
    }

    fn serve(&self) -> Result<(), Box<dyn std::error::Error>> {
        Ok(protocol::serve_process(&mut *(self.subject)())?)
    }

    fn test(self) -> Result<ExitCode, Box<dyn std::error::Error>> {
        let arguments = Arguments::from_args();
        let tests = self.tests(&arguments)?;
        let conclusion = libtest_mimic::run(&arguments, tests);
        let judged = conclusion.num_passed + conclusion.num_failed;
        if is_whole(&arguments) && judged == 0 {
            eprintln!("error: not one trial could be judged, so nothing is proved");
            return Ok(ExitCode::from(1));
        }
        Ok(conclusion.exit_code())
    }

    fn tests(
        self,
        arguments: &Arguments,
    ) -> Result<Vec<libtest_mimic::Trial>, Box<dyn std::error::Error>> {
        let corpus = run::load(&self.cases)?;
        let all = plan::select(&corpus, &Selection::default())?;
        let is_here =
            |trial: &plan::Trial| trial.arm.about().build == Profile::Checked && !self.apart;
        let (here, apart): (Vec<_>, Vec<_>) = all.into_iter().partition(is_here);
        // One session, one trial at a time: the evidence page is the process's, and a trial's events
        // must be its own.
        let session: Arc<Mutex<Option<Session>>> = Arc::default();
        if !arguments.list && !here.is_empty() {
            *lock(&session) = Some(opened_on(&corpus, Profile::Checked)?((self.subject)())?);
        }
        let owes = self.owes;
        let judged_here = here.into_iter().map(|trial| {
            let session = session.clone();
            libtest_mimic::Trial::ignorable_test(trial.name(), move || {
                let mut session = lock(&session);
                let session = session.as_mut().ok_or("the session was not opened")?;
                verdict(Some(&judging::judge(&trial, session)), owes)
            })
        });
        let asked_for = apart.iter().filter(|trial| is_asked_for(&trial.name(), arguments));
        let apart_rows = Arc::new(Apart {
            corpus: corpus.clone(),
            trials: asked_for.cloned().collect(),
            rows: OnceLock::new(),
        });
        let judged_apart = apart.into_iter().map(|trial| {
            let all = apart_rows.clone();
            libtest_mimic::Trial::ignorable_test(trial.name(), move || {
                let rows = all.rows.get_or_init(|| all.judge());
                verdict(rows.as_ref().map_err(Clone::clone)?.get(&trial.name()), owes)
            })
        });
        Ok(judged_here.chain(judged_apart).collect())
    }
}

/// How a subject is put to work on a build; the checked one has its C twin beside it.
fn opened_on(
    corpus: &Arc<Corpus>,
    build: Profile,
) -> Result<impl Fn(Box<dyn Subject>) -> Result<Session, SessionError>, RunError> {
    let library = library::build(build)?;
    let twin = (build == Profile::Checked).then(zig_lib::twin::build).transpose()?;
    Ok(move |subject| {
        let mut session = Session::open(corpus.clone(), &library, subject)?;
        twin.as_ref().map_or(Ok(()), |twin| session.take_twin(twin))?;
        Ok(session)
    })
}

/// Whether everything was asked for.
fn is_whole(arguments: &Arguments) -> bool {
    let Arguments { list, filter, skip, ignored, bench, .. } = arguments;
    filter.is_none() && skip.is_empty() && !(*list || *ignored || *bench)
}

/// As libtest decides it, because a worker is given everything that is asked for at once.
fn is_asked_for(name: &str, arguments: &Arguments) -> bool {
    let is = |filter: &String| {
        if arguments.exact { name == *filter } else { name.contains(&**filter) }
    };
    arguments.filter.as_ref().is_none_or(is) && !arguments.skip.iter().any(is)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Trials that are judged in a process of their own: all of a build when the first of them is due.
struct Apart {
    corpus: Arc<Corpus>,
    trials: Vec<plan::Trial>,
    rows: OnceLock<Result<HashMap<String, CaseRow>, String>>,
}

impl Apart {
    fn judge(&self) -> Result<HashMap<String, CaseRow>, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let launch = Launch {
            words: vec![program.display().to_string(), SERVE.to_owned()],
            guardian: Some(program),
            ..Launch::default()
        };
        let mut rows = HashMap::new();
        for &build in Profile::ALL {
            let of_build = |trial: &&plan::Trial| trial.arm.about().build == build;
            let trials: Vec<_> = self.trials.iter().filter(of_build).cloned().collect();
            if !trials.is_empty() {
                let judged = self.judge_on(build, &trials, &launch);
                let judged = judged.map_err(|error| error.to_string())?;
                rows.extend(trials.iter().map(plan::Trial::name).zip(judged));
            }
        }
        Ok(rows)
    }

    fn judge_on(
        &self,
        build: Profile,
        trials: &[plan::Trial],
        launch: &Launch,
    ) -> Result<Vec<CaseRow>, RunError> {
        let on_build = opened_on(&self.corpus, build)?;
        let open = || on_build(Box::new(Program::new(launch.clone())));
        let session = open()?;
        let budget = Budget::of(RESTARTS);
        let supervisor = Supervisor { open: &open, jobs: 1, budget: &budget };
        Ok(supervisor.judge(trials, Some(session), &mut Unwatched))
    }
}

fn verdict(row: Option<&CaseRow>, owes: Owes) -> Result<Completion, Failed> {
    let Some(row) = row else { return Err("the trial gave no row".into()) };
    match row.outcome {
        TrialOutcome::Passed => return Ok(Completion::Completed),
        TrialOutcome::Gated if owes.owes(row) => {}
        // Skipped is what turned out to hold nothing for the arm.
        TrialOutcome::Gated | TrialOutcome::Skipped => return Ok(ignored(row)),
        TrialOutcome::Failed | TrialOutcome::Expected | TrialOutcome::Error => {}
    }
    let text = |text: &Option<String>| text.as_deref().map_or("–".to_owned(), report::shown);
    Err(format!(
        "{} ({})\ncall      {}\nexpected  {}\nobserved  {}\narrived   {}\nrepeat    {}",
        row.outcome.word(),
        row.clauses.join(" "),
        text(&row.calls),
        text(&row.expected),
        text(&row.observed),
        text(&row.arrived),
        repeat(row),
    )
    .into())
}

impl Owes {
    /// Whether a trial that is gated is owed.
    fn owes(self, row: &CaseRow) -> bool {
        let Owes::AllBut(capabilities) = self else { return false };
        let reason = row.observed.as_deref().unwrap_or_default();
        let lacks = |one: &Capability| reason.contains(&format!("not declare `{}`", one.name()));
        !capabilities.iter().any(lacks)
    }
}

fn ignored(row: &CaseRow) -> Completion {
    let reason = row.observed.as_deref().unwrap_or_default();
    Completion::ignored_with(format!(
        "{}: {}",
        row.outcome.word(),
        report::shown(&reason.replace('\n', " "))
    ))
}

/// The command that repeats one trial: cargo's, where it was cargo that started this program.
fn repeat(row: &CaseRow) -> String {
    let name = format!("{}::{}", row.arm, row.id);
    match std::env::var("CARGO_PKG_NAME") {
        Ok(package) => format!("cargo test -p {package} -- --exact {name}"),
        Err(_) => {
            let program = std::env::args().next().unwrap_or_default();
            format!("{program} --exact {name}")
        }
    }
}

#[cfg(test)]
mod tests {
    use TrialOutcome::{Error, Failed, Gated, Passed, Skipped};

    use super::*;

    fn row(outcome: TrialOutcome) -> CaseRow {
        CaseRow {
            id: "suite::case".into(),
            arm: "leak".into(),
            clauses: vec!["N-3".into()],
            outcome,
            expected: Some("1".into()),
            observed: Some("two\nlines".into()),
            ..CaseRow::default()
        }
    }

    #[test]
    fn only_what_was_judged_and_held_is_a_pass() {
        let verdict = |outcome: TrialOutcome, owes| verdict(Some(&row(outcome)), owes);
        let (some, all) = (Owes::WhatItServes, Owes::AllBut(&[]));
        assert!(matches!(verdict(Passed, all), Ok(Completion::Completed)));
        for (outcome, owes) in [(Gated, some), (Skipped, some), (Skipped, all)] {
            let Ok(Completion::Ignored { reason }) = verdict(outcome, owes) else {
                panic!("{outcome:?} is ignored");
            };
            assert_eq!(reason, Some(format!("{}: two lines", outcome.word())));
        }
        for (outcome, owes) in [(Failed, some), (Error, some), (Gated, all)] {
            let Err(failed) = verdict(outcome, owes) else { panic!("{outcome:?} fails") };
            let message = failed.message().unwrap_or_default();
            assert!(message.starts_with(&format!("{} (N-3)", outcome.word())), "{message}");
            assert!(message.ends_with("--exact leak::suite::case"), "{message}");
        }
        assert!(super::verdict(None, Owes::WhatItServes).is_err());
    }

    #[test]
    fn a_part_of_the_corpus_may_be_gated_as_a_whole() {
        let whole = |words: &[&str]| {
            is_whole(&Arguments::from_iter(std::iter::once("test").chain(words.iter().copied())))
        };
        assert!(whole(&[]));
        assert!(whole(&["--test-threads", "2"]));
        for words in [&["structs"][..], &["--skip", "structs"], &["--list"], &["--ignored"]] {
            assert!(!whole(words), "{words:?}");
        }
    }
}
