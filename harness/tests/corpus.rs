//! The corpus as tests: every case under every arm is a trial of its own, named `arm::suite::case`, so
//! that the filters, lists and partitions of cargo test and nextest work on them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use harness::plan::{self, Selection};
use harness::progress::Unwatched;
use harness::report::CaseRow;
use harness::run;
use harness::session::Session;
use harness::subject::reference::ReferenceBinder;
use harness::worker::{Limits, Supervisor};
use libtest_mimic::{Arguments, Failed};
use zig_lib::library::{self, Profile};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases");
    match trials(&folder, &arguments) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn trials(
    folder: &Path,
    arguments: &Arguments,
) -> Result<Vec<libtest_mimic::Trial>, Box<dyn std::error::Error>> {
    let corpus = run::load(folder)?;
    let all = plan::select(&corpus, &Selection::default())?;
    let (here, apart): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|trial| trial.arm.build() == Profile::Checked);
    // One session, one trial at a time: the evidence page is the process's, and a trial's events must
    // be its own.
    let session: Arc<Mutex<Option<Session>>> = Arc::default();
    if !arguments.list {
        let library = library::build(Profile::Checked)?;
        let mut opened =
            Session::open(corpus.clone(), &library, Box::new(ReferenceBinder::default()))?;
        opened.take_twin(&zig_lib::twin::build()?)?;
        *lock(&session) = Some(opened);
    }
    let judged_here = here.into_iter().map(|trial| {
        let session = session.clone();
        libtest_mimic::Trial::test(trial.name(), move || {
            let mut session = lock(&session);
            let session = session.as_mut().ok_or("the session was not opened")?;
            let rows = run::judge(std::slice::from_ref(&trial), session, &mut Unwatched);
            verdict(rows.first())
        })
    });
    let asked_for = apart.iter().filter(|trial| is_asked_for(&trial.name(), arguments));
    let workers = Arc::new(Workers {
        hash: corpus.hash.clone(),
        folder: folder.to_owned(),
        trials: asked_for.cloned().collect(),
        rows: Mutex::default(),
    });
    let judged_apart = apart.into_iter().map(|trial| {
        let workers = workers.clone();
        libtest_mimic::Trial::test(trial.name(), move || {
            let mut rows = lock(&workers.rows);
            let rows = rows.get_or_insert_with(|| workers.judge());
            verdict(rows.as_ref().map_err(Clone::clone)?.get(&trial.name()))
        })
    });
    Ok(judged_here.chain(judged_apart).collect())
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

/// Trials of the builds that are judged in a process of their own: by one worker a build, when the first
/// of them is due.
struct Workers {
    hash: String,
    folder: PathBuf,
    trials: Vec<plan::Trial>,
    rows: Mutex<Option<Result<HashMap<String, CaseRow>, String>>>,
}

impl Workers {
    fn judge(&self) -> Result<HashMap<String, CaseRow>, String> {
        let start = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
            command.arg("judge-worker").arg("--cases").arg(&self.folder);
            Ok(command)
        };
        let mut rows = HashMap::new();
        for build in Profile::ALL {
            let of_build = |trial: &&plan::Trial| trial.arm.build() == build;
            let trials: Vec<_> = self.trials.iter().filter(of_build).cloned().collect();
            if trials.is_empty() {
                continue;
            }
            // Here, so that the time it takes counts as nobody's silence.
            library::build(build).map_err(|error| error.to_string())?;
            let limits = Limits::default();
            let supervisor = Supervisor { build, corpus: &self.hash, limits, start: &start };
            let judged =
                supervisor.judge(&trials, &mut Unwatched).map_err(|error| error.to_string())?;
            rows.extend(trials.iter().map(plan::Trial::name).zip(judged));
        }
        Ok(rows)
    }
}

fn verdict(row: Option<&CaseRow>) -> Result<(), Failed> {
    let Some(row) = row else { return Err("the trial gave no row".into()) };
    // Skipped is what turned out to hold nothing for the arm; the report lists it with the reason.
    if matches!(row.outcome.as_str(), "passed" | "skipped") {
        return Ok(());
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    Err(format!(
        "{} ({})\ncall      {}\nexpected  {}\nobserved  {}\narrived   {}\nrepeat    {}",
        row.outcome,
        row.clauses.join(" "),
        text(&row.calls),
        text(&row.expected),
        text(&row.observed),
        text(&row.arrived),
        row.repro
    )
    .into())
}
