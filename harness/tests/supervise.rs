//! Judging goes on where the suite itself fails.

use harness::run;
use harness::served::reference::ReferenceBinder;
use judge::plan;
use judge::progress::Unwatched;
use judge::session::{Session, SessionError};
use judge::supervise::{Budget, Supervisor};
use report::TrialOutcome;
use zig_lib::library::{self, Profile, Target};

#[test]
fn a_thread_of_the_suite_that_panics_costs_its_own_trials() {
    let corpus = run::load(&corpus::case::shipped_folder()).expect("the corpus is read");
    let built =
        library::build_all(Target::Host, &[Profile::Checked]).expect("the fixtures are built");
    let subject = Box::new(ReferenceBinder::default());
    let session = Session::open(corpus.clone(), &built[0], subject).expect("it starts");
    let trials: Vec<_> = plan::all(&corpus).into_iter().take(4).collect();
    // The first process is there; the second is opened by the thread that works with it.
    let open = || -> Result<Session, SessionError> { panic!("as told") };
    let supervisor = Supervisor { open: &open, jobs: 2, budget: &Budget::of(0) };
    let rows = supervisor.judge(&trials, Some(session), &mut Unwatched);
    let outcomes: Vec<TrialOutcome> = rows.iter().map(|row| row.outcome).collect();
    let (passed, error) = (TrialOutcome::Passed, TrialOutcome::Error);
    assert_eq!(outcomes, [passed, error, passed, error]);
}
