//! Runs that are ended from outside, and evidence that somebody is after: nothing is lost that was judged,
//! nothing of others is touched, and nothing is left.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;

use super::misbehave::PIDS;
use super::run::{Conform, text};
use super::{Named, are_gone, misbehaving};

pub(crate) const TESTS: &[Named] = &[
    ("ended::a_signal_ends_a_run_in_order", a_signal_ends_a_run_in_order),
    ("ended::a_signal_ends_one_in_this_process_in_order", one_in_this_process),
    ("ended::a_signal_ends_smoke", a_signal_ends_smoke),
    ("ended::a_signal_ends_the_compiler", a_signal_ends_the_compiler),
    ("ended::a_signal_ends_what_measures", a_signal_ends_what_measures),
    ("ended::a_killed_run_leaves_no_measuring_process", a_killed_run_leaves_no_measuring_process),
    ("ended::a_page_cannot_be_cut", a_page_cannot_be_cut),
    ("ended::what_has_the_name_of_a_page_is_not_touched", what_has_the_name_of_a_page),
    (FULL, a_full_shared_memory_does_not_matter),
];

/// The test that needs a file system of its own.
pub(crate) const FULL: &str = "ended::a_full_shared_memory_does_not_matter";

/// Every signal that ends a run in order.
const ENDING: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

/// A run that is ended, in a temporary folder of its own.
struct Ended {
    conform: Conform,
    temporary: tempfile::TempDir,
    output: Output,
    took: Duration,
}

impl Ended {
    /// Ends a command by a signal when its binder hangs; it is gone then, and what it started.
    fn hanging(conform: Conform, words: &[&str], binder: &[String], signal: Signal) -> Ended {
        let temporary = tempfile::tempdir().expect("a scratch folder");
        let pids_file = conform.folder.path().join("pids");
        let mut command = conform.judging(words, binder);
        command.env(PIDS, &pids_file).env("TMPDIR", temporary.path());
        let read = || -> Vec<u32> {
            let text = std::fs::read_to_string(&pids_file).unwrap_or_default();
            text.lines().filter_map(|line| line.parse().ok()).collect()
        };
        let (output, took, _) = ended(command, signal, || read().contains(&0));
        are_gone(&read());
        Ended { conform, temporary, output, took }
    }

    /// That the signal ended it, soon, and nothing is left of it.
    #[track_caller]
    fn by(&self, signal: Signal) {
        let shown = text(&self.output);
        assert_eq!(self.output.status.signal(), Some(signal.as_raw()), "{shown}");
        // A busy machine starts and ends processes slowly; the limit of a call is a minute.
        assert!(self.took < Duration::from_secs(15), "{:?}: {shown}", self.took);
        let left = self.temporary.path().read_dir().expect("it is there");
        let left: Vec<_> = left.map(|entry| entry.expect("a name").file_name()).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// That its report says what was judged, and why no more was.
    #[track_caller]
    fn with(&self, outcomes: &[&str], signal: &str) {
        let path = self.conform.folder.path().join("report/report.json");
        let json =
            std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{}", text(&self.output)));
        let report: Json = serde_json::from_str(&json).expect("JSON");
        let rows = report["cases"].as_array().expect("rows");
        let came: Vec<_> =
            rows.iter().map(|row| row["outcome"].as_str().expect("a word")).collect();
        assert_eq!(came, outcomes, "{}", text(&self.output));
        assert_eq!(report["suite"]["cut_short"], format!("{signal} ended the run early"));
        assert_eq!(report["suite"]["complete"], false);
    }
}

/// Starts a command as a terminal does, whatever this process was told to ignore, and ends it by a signal
/// when it is `due`.
fn ended(command: Command, signal: Signal, due: impl Fn() -> bool) -> (Output, Duration, u32) {
    let mut started = Command::new("env");
    started.arg("--default-signal").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        started.env(name, value.expect("nothing is taken out of the environment"));
    }
    let child = started.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let clock = Instant::now();
    while !due() {
        assert!(clock.elapsed().as_secs() < 60, "what was waited for did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
    let (clock, pid) = (Instant::now(), child.id());
    kill_process(Pid::from_child(&child), signal).expect("it runs");
    let output = child.wait_with_output().expect("it ends");
    (output, clock.elapsed(), pid)
}

/// Also while the subject hangs in a call.
fn a_signal_ends_a_run_in_order() {
    let words = ["check", "--arm", "round-trip", "--jobs", "1", "--call-limit-ms", "60000"];
    let binder = misbehaving("serve", &["hang-with-a-child", "echo_u16"]);
    for (signal, name) in ENDING.into_iter().zip(["SIGINT", "SIGTERM", "SIGHUP"]) {
        let run = Ended::hanging(Conform::new(), &words, &binder, signal);
        run.by(signal);
        run.with(&["passed", "skipped", "skipped", "skipped"], name);
    }
    Ended::hanging(Conform::new(), &words, &binder, Signal::KILL).by(Signal::KILL);
}

/// At the next trial. No page is left, whatever ends it.
fn one_in_this_process() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::KILL] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.args(["check", "--in-process", "--out"]);
        command.arg(folder.path().join("report")).env("TMPDIR", folder.path());
        // The whole corpus takes many times as long.
        let clock = Instant::now();
        let (output, _, pid) = ended(command, signal, || clock.elapsed().as_millis() > 700);
        assert_eq!(output.status.signal(), Some(signal.as_raw()), "{}", text(&output));
        // What else has pages there are other runs.
        let page = format!("boundary-evidence-{pid}-0");
        assert!(!Path::new("/dev/shm").join(page).exists(), "{signal:?}");
        let left = folder.path().read_dir().expect("it is there").flatten();
        let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
        assert!(left.iter().all(|name| name == "report"), "{signal:?}: {left:?}");
    }
}

fn a_signal_ends_smoke() {
    let binder = misbehaving("serve", &["hang-with-a-child", "echo_i64"]);
    let words = ["smoke", "--call-limit-ms", "60000"];
    let run = Ended::hanging(Conform::with(MEASURED), &words, &binder, Signal::INT);
    run.by(Signal::INT);
    let shown = text(&run.output);
    assert!(shown.contains("SIGINT ended the run early"), "{shown}");
    assert!(!shown.contains("BROKEN") && !shown.contains("FAILED"), "{shown}");
}

/// Nothing is judged by then, and no compiler runs on.
fn a_signal_ends_the_compiler() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (zig, pids) = (folder.path().join("zig"), folder.path().join("zig-pids"));
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = version ] && exec echo {}\nsleep 600 &\n\
         echo $! >> '{file}'; echo $$ >> '{file}'\nwait\n",
        zig_lib::ZIG_VERSION,
        file = pids.display()
    );
    std::fs::write(&zig, script).expect("it is written");
    std::fs::set_permissions(&zig, std::fs::Permissions::from_mode(0o755))
        .expect("it is a program");
    let conform = Conform::new();
    let mut command = conform.judging(&["check"], &misbehaving("serve", &["abort", "none"]));
    command.env("ZIG", &zig).env("BOUNDARY_CACHE", folder.path().join("cache"));
    let read = || std::fs::read_to_string(&pids).unwrap_or_default();
    let (output, took, _) = ended(command, Signal::INT, || read().lines().count() >= 2);
    assert_eq!(output.status.signal(), Some(Signal::INT.as_raw()), "{}", text(&output));
    assert!(took < Duration::from_secs(15), "{took:?}");
    are_gone(&read().lines().map(|line| line.parse().expect("an id")).collect::<Vec<_>>());
    let made = folder.path().join("cache/libraries").read_dir().into_iter().flatten().flatten();
    let made: Vec<_> = made.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert!(!made.iter().any(|name| name.ends_with(".part")), "{made:?}");
}

/// What the first shape calls.
const MEASURED: &str = r#"suite: sample
clauses: [R-2]
functions:
  echo_i64: "[x :i64 :ret :i64]"
cases:
  - {id: a, fn: echo_i64, args: [1], returns: 1}
"#;

/// A run that is ended while it measures a subject, which hangs.
fn measured(signal: Signal) -> Ended {
    let conform = Conform::with(MEASURED);
    let binder = misbehaving("serve", &["hang-in-a-loop", "none"]);
    Ended::hanging(conform, &["bench", "--quick", "--bench-limit-ms", "60000"], &binder, signal)
}

fn a_signal_ends_what_measures() {
    let run = measured(Signal::TERM);
    run.by(Signal::TERM);
    run.with(&["passed"], "SIGTERM");
    assert!(text(&run.output).contains("SIGTERM ended the run early"), "{}", text(&run.output));
}

fn a_killed_run_leaves_no_measuring_process() {
    measured(Signal::KILL).by(Signal::KILL);
}

fn a_page_cannot_be_cut() {
    let report = Conform::new().judge("cut-the-page", "echo_u16", &["--arm", "round-trip"]);
    report.came_to(0, &["passed"; 4]);
}

/// A name that was guessed leads nobody to a file of somebody else.
fn what_has_the_name_of_a_page() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let victim = folder.path().join("victim");
    std::fs::write(&victim, "precious").expect("it is written");
    let conform = Conform::new();
    // The name that a page of the process had which the shell becomes.
    let script = "ln -s \"$0\" \"/dev/shm/boundary-evidence-$$-0\"; exec \"$@\"";
    let mut planted = Command::new("sh");
    planted.arg("-c").arg(script).arg(&victim);
    let judging = conform.judging(&["check"], &misbehaving("serve", &["abort", "none"]));
    planted.arg(judging.get_program()).args(judging.get_args());
    let child = planted.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let link = format!("/dev/shm/boundary-evidence-{}-0", child.id());
    let output = child.wait_with_output().expect("it ends");
    std::fs::remove_file(link).expect("the link is still there");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(std::fs::read(&victim).expect("it is there"), b"precious");
}

/// 64 MB as a container has, and nothing left of them.
const FILLED: &str = "mount -t tmpfs -o size=64m tmpfs /dev/shm && \
                      ! head -c 100000000 /dev/zero 2>/dev/null > /dev/shm/full && exec \"$@\"";

/// Why the test in a file system of its own cannot be made, where it cannot.
pub(crate) fn no_own_file_system() -> Option<&'static str> {
    let mut unshared = Command::new("unshare");
    unshared.args(["-rm", "sh", "-c", FILLED, "sh", "true"]).stderr(Stdio::null());
    let works = unshared.status().is_ok_and(|status| status.success());
    (!works).then_some("this user may not mount a file system in a namespace of his own")
}

fn a_full_shared_memory_does_not_matter() {
    for (at, options) in [&["--jobs", "2"][..], &["--in-process"]].into_iter().enumerate() {
        let conform = Conform::new();
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", FILLED, "sh", env!("CARGO_BIN_EXE_conform"), "check"]);
        command.args(options).arg("--cases").arg(conform.folder.path().join("cases"));
        command.arg("--out").arg(conform.folder.path().join("report"));
        let output = command.output().expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{at}: {}", text(&output));
    }
}
