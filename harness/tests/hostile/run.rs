//! Whole runs against subjects that misbehave when one function is called: no row is lost, each says
//! what happened, and the run ends with the right code.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use tempfile::TempDir;

use super::misbehave::PIDS;
use super::{Named, are_gone, misbehaving};

pub(crate) const TESTS: &[Named] = &[
    ("run::a_crash_fails_its_trials_and_no_others", a_crash_fails_its_trials_and_no_others),
    ("run::a_crash_after_earlier_calls_is_told_from_one_alone", a_crash_after_earlier_calls),
    ("run::a_hang_fails_its_trials_and_no_others", a_hang_fails_its_trials_and_no_others),
    ("run::garbage_is_an_error_of_the_adapter", garbage_is_an_error_of_the_adapter),
    ("run::what_it_cannot_do_is_an_error_without_a_restart", what_it_cannot_do_is_an_error),
    ("run::a_wrong_answer_is_a_failure", a_wrong_answer_is_a_failure),
    ("run::what_takes_earlier_calls_is_told_so", what_takes_earlier_calls_is_told_so),
    ("run::what_a_failed_trial_left_with_the_library_is_let_go", what_a_failed_trial_left),
    ("run::a_property_is_repeated_by_its_seed", a_property_is_repeated_by_its_seed),
    ("run::a_crash_while_shrinking_is_the_binder_s", a_crash_while_shrinking_is_the_binder_s),
    ("run::who_takes_all_memory_is_ended", who_takes_all_memory_is_ended),
    ("run::a_stream_that_does_not_end_is_a_failure", a_stream_that_does_not_end_is_a_failure),
    ("run::the_budget_of_restarts_is_kept", the_budget_of_restarts_is_kept),
    ("run::what_does_not_start_is_5", what_does_not_start_is_5),
    ("run::smoke_tells_the_adapter_from_the_binder", smoke_tells_the_adapter_from_the_binder),
    ("run::a_killed_harness_leaves_nothing_behind", a_killed_harness_leaves_nothing_behind),
];

/// The case file the tests run: few trials of three functions.
const CASES: &str = r#"suite: sample
clauses: [R-2]
functions:
  echo_u8: "[x :u8 :ret :u8]"
  echo_u16: "[x :u16 :ret :u16]"
  echo_u32: "[x :u32 :ret :u32]"
cases:
  - {id: a, fn: echo_u8, args: [1], returns: 1}
  - {id: b, fn: echo_u16, args: [2], returns: 2}
  - {id: c, fn: echo_u32, args: [3], returns: 3}
  - {id: d, fn: echo_u8, args: [4], returns: 4}
"#;

pub(crate) struct Conform {
    pub(crate) folder: TempDir,
}

pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) json: Json,
    pub(crate) shown: String,
}

impl Conform {
    pub(crate) fn new() -> Conform {
        Conform::with(CASES)
    }

    /// With these cases as the only ones.
    pub(crate) fn with(text: &str) -> Conform {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let cases = folder.path().join("cases");
        std::fs::create_dir(&cases).expect("a scratch folder");
        std::fs::write(cases.join("sample.yaml"), text).expect("a scratch file");
        Conform { folder }
    }

    pub(crate) fn command(&self, words: &[&str], binder: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.args(words).arg("--binder").arg(shell_words::join(binder));
        command.arg("--out").arg(self.folder.path().join("report"));
        command
    }

    /// A command of these cases.
    pub(crate) fn judging(&self, words: &[&str], binder: &[String]) -> Command {
        let mut command = self.command(words, binder);
        command.arg("--cases").arg(self.folder.path().join("cases"));
        command
    }

    fn check(&self, what: &str, symbol: &str, options: &[&str]) -> Report {
        self.judge(what, symbol, &[&["--arm", "round-trip"], options].concat())
    }

    /// `conform check` with these options, of a binder that does this when this symbol is called.
    pub(crate) fn judge(&self, what: &str, symbol: &str, options: &[&str]) -> Report {
        let output = self.output(what, symbol, options);
        self.report(&output)
    }

    pub(crate) fn output(&self, what: &str, symbol: &str, options: &[&str]) -> Output {
        let binder = misbehaving("serve", &[what, symbol]);
        // One process after the other, so that what comes before a trial is what is listed before it.
        let words = [&["check"], options, &["--jobs", "1"]].concat();
        self.judging(&words, &binder).output().expect("conform starts")
    }

    /// The report that was written last.
    #[track_caller]
    pub(crate) fn report(&self, output: &Output) -> Report {
        let json = std::fs::read_to_string(self.folder.path().join("report/report.json"));
        let json = json.unwrap_or_else(|_| panic!("no report: {}", text(output)));
        Report {
            code: output.status.code().expect("it was not killed"),
            json: serde_json::from_str(&json).expect("JSON"),
            shown: text(output),
        }
    }
}

pub(crate) fn text(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// That a command ended with this code, and said this.
#[track_caller]
pub(crate) fn ended(output: &Output, code: i32, said: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", text(output));
    assert!(text(output).contains(said), "`{said}` is missing from\n{}", text(output));
}

impl Report {
    /// That the run ended with this code, and its trials came to these outcomes.
    #[track_caller]
    pub(crate) fn came_to(&self, code: i32, outcomes: &[&str]) {
        assert_eq!((self.code, &*self.outcomes()), (code, outcomes), "{}", self.shown);
    }

    pub(crate) fn outcomes(&self) -> Vec<&str> {
        let rows = self.json["cases"].as_array().expect("rows");
        rows.iter().map(|row| row["outcome"].as_str().expect("a word")).collect()
    }

    pub(crate) fn observed(&self, row: usize) -> &str {
        self.json["cases"][row]["observed"].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn says(&self, row: usize, parts: &[&str]) {
        for part in parts {
            let observed = self.observed(row);
            assert!(observed.contains(part), "`{part}` is missing from\n{observed}");
        }
    }
}

fn a_crash_fails_its_trials_and_no_others() {
    let report = Conform::new().check("abort", "echo_u16", &[]);
    report.came_to(1, &["passed", "failed", "passed", "passed"]);
    report.says(
        1,
        &[
            "SIGABRT",
            "`call` of `echo_u16`",
            "This trial does it by itself",
            "thread 'main' panicked",
        ],
    );
    let row = &report.json["cases"][1];
    assert_eq!(row["calls"], "echo_u16(2)");
    let repro = row["repro"].as_str().expect("a command");
    assert!(repro.contains("--filter round-trip::sample::b --binder '"), "{repro}");
    assert_eq!(report.json["suite"]["complete"], false, "only one arm was asked for");
}

/// The third call of any process: the third trial meets it, and alone it is the first.
fn a_crash_after_earlier_calls() {
    let report = Conform::new().check("abort", "any@2", &[]);
    assert_eq!(report.outcomes(), ["passed", "passed", "failed", "passed"], "{}", report.shown);
    report.says(2, &["SIGABRT", "alone in a fresh process it passes", "the 2 trials before it"]);
}

fn a_hang_fails_its_trials_and_no_others() {
    let clock = Instant::now();
    let report = Conform::new().check("hang", "echo_u32", &["--call-limit-ms", "400"]);
    report.came_to(1, &["passed", "passed", "failed", "passed"]);
    report.says(2, &["did not answer for 400ms", "`echo_u32`", "by itself"]);
    assert!(clock.elapsed() < Duration::from_secs(8));
}

fn garbage_is_an_error_of_the_adapter() {
    let report = Conform::new().check("garbage", "echo_u16", &[]);
    report.came_to(2, &["passed", "error", "passed", "passed"]);
    report.says(1, &["wrote `oops`", "no reply", "by itself"]);
}

fn what_it_cannot_do_is_an_error() {
    let report = Conform::new().check("cannot", "echo_u8", &["--restarts", "0"]);
    report.came_to(2, &["error", "passed", "passed", "error"]);
    assert_eq!(report.json["suite"]["cut_short"], Json::Null);
}

fn a_wrong_answer_is_a_failure() {
    let report = Conform::new().check("lie", "echo_u16", &["--restarts", "0"]);
    report.came_to(1, &["passed", "failed", "passed", "passed"]);
    report.says(1, &["-1"]);
}

/// The second call of any process and those after it; said of the first trial that failed so.
fn what_takes_earlier_calls_is_told_so() {
    let report = Conform::new().check("lie", "any@1", &["--restarts", "0"]);
    report.came_to(1, &["passed", "failed", "failed", "failed"]);
    report.says(1, &["-1", "alone in a fresh process it passes", "trials before it"]);
    assert!(!report.observed(2).contains("alone"), "{}", report.observed(2));
    let always = Conform::new().check("lie", "echo_u16", &[]);
    assert!(!always.observed(1).contains("alone"), "{}", always.observed(1));
}

/// The library would call what the first trial released, in the second.
fn what_a_failed_trial_left() {
    let kept = r#"suite: sample
clauses: [K-7]
functions:
  keep_i64: "[f [:fn :kept [:i64] :i64] :ret :void]"
  kept_i64: "[x :i64 :ret :i64]"
  unkeep: "[:ret :void]"
cases:
  - id: a
    kept:
      - {make: f, of: "[:fn :kept [:i64] :i64]", answers: [7]}
      - {fn: keep_i64, args: [$f]}
      - {fn: kept_i64, args: [8], returns: 7, heard: [{f: [8]}]}
      - {fn: unkeep}
      - {release: f}
  - id: b
    kept:
      - {fn: kept_i64, args: [8], returns: 0}
      - {make: f, of: "[:fn :kept [:i64] :i64]", answers: [7]}
      - {release: f}
"#;
    let report = Conform::with(kept).judge("hears-nothing", "none", &["--arm", "kept"]);
    report.came_to(1, &["failed", "passed"]);
    report.says(0, &["none"]);
}

const PROPERTY: &str = r#"suite: sample
clauses: [R-2]
functions:
  echo_u32: "[x :u32 :ret :u32]"
cases:
  - {id: a, property: {fn: echo_u32, law: echoes}}
"#;

fn a_property_is_repeated_by_its_seed() {
    let arguments = |options: &[&str]| {
        let report = Conform::with(PROPERTY).judge("lie", "any@40", options);
        report.came_to(1, &["failed"]);
        let row = &report.json["cases"][0];
        let text = |name: &str| row[name].as_str().expect("text").to_owned();
        (text("repro"), text("calls"))
    };
    let (repro, calls) = arguments(&["--arm", "property"]);
    let seed = repro.strip_prefix("conform check --seed ").expect("a seed");
    let (seed, rest) = seed.split_once(' ').expect("more words");
    assert!(rest.starts_with("--filter property::sample::a --binder"), "{repro}");
    let again = arguments(&["--seed", seed, "--filter", "property::sample::a"]);
    assert_eq!(again, (repro, calls));
}

/// With what was drawn, and what it came to when that was made smaller.
fn a_crash_while_shrinking_is_the_binder_s() {
    for (what, parts) in [
        ("lie-then-abort", &["from --seed ", "does not hold, and while that was made smaller"][..]),
        ("abort", &["from --seed ", "echo_u32("]),
    ] {
        let report = Conform::with(PROPERTY).judge(what, "any@3", &["--arm", "property"]);
        report.came_to(1, &["failed"]);
        report.says(0, &["SIGABRT", "This trial does it by itself"]);
        let row = &report.json["cases"][0];
        assert_eq!(row["class"], "crash");
        let calls = row["calls"].as_str().expect("calls");
        assert!(parts.iter().all(|part| calls.contains(part)), "{calls}");
        let made = calls.matches("echo_u32(").count();
        assert_eq!(made, if what == "abort" { 1 } else { 2 }, "{calls}");
        let repro = row["repro"].as_str().expect("a command");
        assert!(repro.starts_with("conform check --seed "), "{repro}");
    }
}

/// Before it has taken all of the machine's, and in the time that a call may take.
fn who_takes_all_memory_is_ended() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let report = Conform::new().check("gobble", "echo_u16", &["--memory-limit-mib", "200"]);
    report.came_to(1, &["passed", "failed", "passed", "passed"]);
    report.says(1, &["MiB of memory", "the limit is 200 MiB", "`call` of `echo_u16`", "by itself"]);
    assert_eq!(report.json["cases"][1]["class"], "crash");
}

/// Of the binder, not the suite's error, and without waiting for what never comes.
fn a_stream_that_does_not_end_is_a_failure() {
    let streams = r#"suite: sample
clauses: [R-12]
types:
  - '(deftypez Countdown [left :i64] {:clj-zig/iter {:next "next" :deinit "free"}})'
functions:
  countdown: "[n :i64 :ret [:stream :i64 of Countdown]]"
cases:
  - {id: a, fn: countdown, args: [3], returns: [3, 2, 1]}
  - {id: b, fn: countdown, args: [3], take: 2, returns: [3, 2]}
"#;
    let report = Conform::with(streams).check("never-ends", "none", &[]);
    report.came_to(1, &["failed", "passed"]);
    report.says(0, &["one more item", "[3, 2, 1, 0]"]);
}

fn the_budget_of_restarts_is_kept() {
    for (restarts, outcomes) in [
        ("0", ["failed", "skipped", "skipped", "skipped"]),
        ("1", ["failed", "skipped", "skipped", "skipped"]),
        ("2", ["failed", "passed", "passed", "failed"]),
    ] {
        let report = Conform::new().check("abort", "echo_u8", &["--restarts", restarts]);
        assert_eq!(report.outcomes(), outcomes, "{}", report.shown);
        assert_eq!(report.json["counts"]["planned"], 4);
        if restarts != "2" {
            assert_eq!(report.code, 2);
            report.says(3, &["more often than the budget allows"]);
            assert!(report.json["suite"]["cut_short"].is_string());
        }
    }
}

fn what_does_not_start_is_5() {
    let conform = Conform::new();
    for (words, said) in [
        (vec!["no-such-program".to_owned()], "No such file"),
        (misbehaving("fails-before-hello", &[]), "no library of that name"),
        (misbehaving("speaks-another-version", &[]), "protocol 2"),
    ] {
        for command in ["check", "smoke"] {
            let output = conform.command(&[command], &words).output().expect("conform starts");
            ended(&output, 5, said);
        }
    }
}

fn smoke_tells_the_adapter_from_the_binder() {
    let conform = Conform::new();
    for (what, symbol, code, said) in [
        ("abort", "none", 0, "The adapter works."),
        ("lie", "echo_u64", 1, "the binder fails 1 of"),
        ("abort", "echo_u64", 1, "SIGABRT"),
        ("abort", "echo_u64", 1, "verdict  The subject died"),
        ("garbage", "echo_u64", 2, "The adapter is broken"),
        ("cannot", "echo_u64", 2, "The adapter is broken"),
    ] {
        let binder = misbehaving("serve", &[what, symbol]);
        let output = conform.command(&["smoke"], &binder).output().expect("conform starts");
        assert_eq!(output.status.code(), Some(code), "{what}: {}", text(&output));
        assert!(text(&output).contains(said), "{what}: {}", text(&output));
    }
}

/// Not even what does not end with its input, nor what that has started.
fn a_killed_harness_leaves_nothing_behind() {
    let conform = Conform::new();
    let pids_file = conform.folder.path().join("pids");
    let binder = misbehaving("hangs-before-hello", &[]);
    let mut command = conform.command(&["check"], &binder);
    let mut harness = command.env(PIDS, &pids_file).spawn().expect("conform starts");
    let clock = Instant::now();
    let pids = loop {
        let text = std::fs::read_to_string(&pids_file).unwrap_or_default();
        let pids: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        // The program, and the process that it started; the second id comes last.
        if pids.len() >= 2 {
            break pids;
        }
        assert!(clock.elapsed().as_secs() < 20, "it does not start");
        std::thread::sleep(Duration::from_millis(5));
    };
    kill_process(Pid::from_child(&harness), Signal::KILL).expect("it runs");
    harness.wait().expect("it was killed");
    are_gone(&pids);
}
