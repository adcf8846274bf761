//! The corpus as tests: every case under every arm is a trial of its own, named `arm::suite::case`, so
//! that the filters, lists and partitions of cargo test and nextest work on them.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use harness::plan::{self, Selection};
use harness::report::CaseRow;
use harness::run::{self, Progress};
use harness::session::Session;
use libtest_mimic::{Arguments, Failed};
use zig_lib::library::{self, Profile};

/// Nobody watches: the test runner says what ran.
struct Silent;

impl Progress for Silent {
    fn stage(&mut self, _: &str, _: Option<usize>) {}
    fn note(&mut self, _: &str) {}
    fn step(&mut self, _: &str) {}
    fn ended(&mut self, _: &CaseRow) {}
    fn finish(&mut self) {}
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases");
    match trials(&folder, arguments.list) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn trials(
    folder: &Path,
    only_list: bool,
) -> Result<Vec<libtest_mimic::Trial>, Box<dyn std::error::Error>> {
    let corpus = run::load(folder)?;
    let selected = plan::select(&corpus, &Selection::default())?;
    // One session, one trial at a time: the evidence page is the process's, and a trial's events must
    // be its own.
    let session: Arc<Mutex<Option<Session>>> = Arc::default();
    if !only_list {
        let library = library::build(Profile::Checked)?;
        let opened = Session::open(corpus, &library, run::reference(&[]))?;
        *session.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
    }
    let trial = |trial: plan::Trial| {
        let session = session.clone();
        libtest_mimic::Trial::test(trial.name(), move || {
            let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
            let session = session.as_mut().ok_or("the session was not opened")?;
            judge(&trial, session)
        })
    };
    Ok(selected.into_iter().map(trial).collect())
}

fn judge(trial: &plan::Trial, session: &mut Session) -> Result<(), Failed> {
    let rows = run::judge(std::slice::from_ref(trial), session, &mut Silent);
    let Some(row) = rows.first() else { return Err("the trial gave no row".into()) };
    if row.outcome == "passed" {
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
