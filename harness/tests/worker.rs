//! What becomes of a run when a worker dies, hangs or talks nonsense. The workers here are shell scripts
//! that answer as told.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::case::Corpus;
use harness::judge::Verdict;
use harness::judging;
use harness::plan::{self, Trial};
use harness::progress::Unwatched;
use harness::report::CaseRow;
use harness::run;
use harness::worker::{Limits, Message, Supervisor, WorkerError};
use tempfile::TempDir;
use zig_lib::library::Profile;

/// Three trials, and scripts to answer for them.
struct Scripted {
    corpus: Arc<Corpus>,
    trials: Vec<Trial>,
    folder: TempDir,
    limits: Limits,
}

impl Scripted {
    /// Messages stand in files that the scripts print: `ready`, `0`, `1` and `2`.
    fn new() -> Scripted {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("spec-cases");
        let corpus = run::load(&cases).expect("the corpus is sound");
        let of_guard = |trial: &Trial| trial.arm.build() == Profile::Guard;
        let trials: Vec<_> = plan::all(&corpus).into_iter().filter(of_guard).take(3).collect();
        let folder = tempfile::tempdir().expect("a scratch folder");
        let scripted = Scripted { corpus, trials, folder, limits: Limits::default() };
        scripted.write("ready", &Message::Ready { corpus: scripted.corpus.hash.clone() });
        for number in 0..scripted.trials.len() {
            scripted.write(&number.to_string(), &scripted.passed(number));
        }
        scripted
    }

    fn passed(&self, number: usize) -> Message {
        let row = judging::row(&self.trials[number], &Verdict::Passed { checks: 1 }, 0.0);
        Message::Ended { row: Box::new(row), next_event: 0 }
    }

    fn write(&self, name: &str, message: &Message) {
        let line = serde_json::to_string(message).expect("a message is JSON") + "\n";
        fs::write(self.folder.path().join(name), line).expect("a scratch file");
    }

    /// Judges with one script a process, in the order they are started; how many were.
    fn judge(&self, scripts: &[&str]) -> (Result<Vec<CaseRow>, WorkerError>, usize) {
        let started = Cell::new(0);
        let start = || {
            let script = scripts.get(started.get()).expect("no more processes than scripts");
            started.set(started.get() + 1);
            let mut command = Command::new("sh");
            command.arg("-c").arg(format!("cat > /dev/null\n{script}"));
            command.current_dir(self.folder.path());
            Ok(command)
        };
        let supervisor = Supervisor {
            build: Profile::Guard,
            corpus: &self.corpus.hash,
            limits: self.limits,
            start: &start,
        };
        let rows = supervisor.judge(&self.trials, &mut Unwatched);
        (rows, started.get())
    }

    fn rows(&self, scripts: &[&str]) -> Vec<CaseRow> {
        let (rows, started) = self.judge(scripts);
        assert_eq!(started, scripts.len(), "every script was needed");
        let rows = rows.expect("the workers worked");
        let names: Vec<_> = rows.iter().map(|row| format!("{}::{}", row.arm, row.id)).collect();
        let due: Vec<_> = self.trials.iter().map(Trial::name).collect();
        assert_eq!(names, due, "a row each, in order");
        rows
    }

    fn error(&self, script: &str) -> WorkerError {
        self.judge(&[script]).0.expect_err("the worker is of no use")
    }
}

fn outcomes(rows: &[CaseRow]) -> Vec<&str> {
    rows.iter().map(|row| row.outcome.as_str()).collect()
}

fn observed(row: &CaseRow) -> &str {
    row.observed.as_deref().expect("it says what was observed")
}

#[test]
fn a_worker_that_lives_judges_everything() {
    assert_eq!(outcomes(&Scripted::new().rows(&["cat ready 0 1 2"])), ["passed"; 3]);
}

#[test]
fn the_trial_in_flight_is_named_with_the_signal_and_repeated_alone() {
    let rows = Scripted::new().rows(&[
        "cat ready 0; kill -SEGV $$",
        "cat ready; kill -ABRT $$",
        "cat ready 2",
    ]);
    assert_eq!(outcomes(&rows), ["passed", "failed", "passed"]);
    let told = observed(&rows[1]);
    assert!(told.contains("died of SIGSEGV") && told.contains("died of SIGABRT too"), "{told}");
    let expected = rows[1].expected.as_deref().expect("it says what was expected");
    assert!(expected.starts_with("the calls return"), "{expected}");
}

#[test]
fn harm_done_by_earlier_trials_is_told_apart() {
    let rows = Scripted::new().rows(&["cat ready 0; kill -SEGV $$", "cat ready 1", "cat ready 2"]);
    assert_eq!(outcomes(&rows), ["passed", "failed", "passed"]);
    assert!(observed(&rows[1]).contains("one of the 1 trials before it"), "{}", observed(&rows[1]));
}

#[test]
fn leaving_is_dying_whatever_the_code() {
    let rows = Scripted::new().rows(&["cat ready 0 1; exit 0", "cat ready; exit 3"]);
    assert_eq!(outcomes(&rows), ["passed", "passed", "failed"]);
    let told = observed(&rows[2]);
    assert!(told.contains("exited with 0") && told.contains("exited with 3 too"), "{told}");
}

#[test]
fn a_death_after_the_last_verdict_is_no_pass() {
    let rows = Scripted::new().rows(&["cat ready 0 1 2; kill -ABRT $$", "cat ready 2"]);
    assert_eq!(outcomes(&rows), ["passed", "passed", "failed"]);
}

#[test]
fn what_a_worker_says_beside_its_messages_is_kept() {
    let rows = Scripted::new().rows(&[
        "echo noise; cat ready 0 1; echo last words; echo of two kinds >&2; kill -ABRT $$",
        "cat ready 2",
    ]);
    let told = observed(&rows[2]);
    assert!(told.contains("last words") && told.contains("of two kinds"), "{told}");
    assert!(!told.contains("noise"), "said before another trial: {told}");
}

#[test]
fn a_worker_that_hangs_is_killed() {
    let mut scripted = Scripted::new();
    scripted.limits.trial = Duration::from_millis(300);
    let clock = Instant::now();
    // `exec`, so that it is the worker itself that sleeps. Talking does not lengthen the limit.
    let rows = scripted.rows(&[
        "cat ready 0; exec sleep 60",
        "cat ready; while echo still here; do sleep 0.1; done",
        "cat ready 2",
    ]);
    assert_eq!(outcomes(&rows), ["passed", "failed", "passed"]);
    assert!(observed(&rows[1]).contains("did not answer for 300ms"), "{}", observed(&rows[1]));
    assert!(clock.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_process_that_only_dies_is_given_up() {
    let mut scripted = Scripted::new();
    scripted.limits.budget = 2;
    let rows = scripted.rows(&["cat ready; kill -SEGV $$"; 4]);
    assert_eq!(outcomes(&rows), ["failed", "failed", "skipped"]);
}

#[test]
fn errors_that_are_not_the_subjects() {
    let scripted = Scripted::new();
    scripted.write("other", &Message::Ready { corpus: "another".into() });
    let gave_up = Message::GaveUp { reason: "no build".into(), not_started: false };
    scripted.write("gave-up", &gave_up);
    let not_started = Message::GaveUp { reason: "no subject".into(), not_started: true };
    scripted.write("not-started", &not_started);
    for (script, expected) in [
        ("cat other", "the case files changed"),
        ("cat ready 1", "where `guard::"),
        ("cat gave-up", "gave up: no build"),
        ("cat ready gave-up", "gave up: no build"),
        ("cat not-started", "did not get ready: no subject"),
        ("echo gone >&2; exit 7", "did not get ready: it exited with 7; its last words: gone"),
    ] {
        let error = scripted.error(script).to_string();
        assert!(error.contains(expected), "{script}: {error}");
    }
}
