//! What is left of a run in which the reference binder dies: every other verdict, and the whole report.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::Named;
use super::misbehave::PIDS;
use super::misbehaving;
use super::run::{Conform, Report};

pub(crate) const TESTS: &[Named] = &[
    ("loss::each_way_to_be_lost_has_its_class_and_costs_one_trial", each_way_to_be_lost),
    ("loss::talking_does_not_lengthen_the_limit", talking_does_not_lengthen_the_limit),
    ("loss::a_death_on_the_guard_build_breaks_what_was_at_stake", a_death_on_the_guard_build),
    ("loss::builds_share_the_budget_of_restarts", builds_share_the_budget_of_restarts),
    ("loss::who_does_not_start_once_is_started_again", who_does_not_start_once),
    ("loss::who_talks_on_standard_output_answers_elsewhere", who_talks_answers_elsewhere),
    ("loss::who_does_not_start_again_leaves_the_rest_skipped", who_does_not_start_again),
];

/// A function that returns memory, between two that do not.
const CASES: &str = r#"suite: sample
clauses: [R-2]
functions:
  echo_u8: "[x :u8 :ret :u8]"
  owned_i64s: "[n :usize :ret [:owned [:slice :i64]]]"
  owned_u8s: "[n :usize :ret [:owned [:slice :u8]]]"
cases:
  - {id: a, fn: echo_u8, args: [1], returns: 1}
  - {id: b, fn: owned_i64s, args: [0], returns: []}
  - {id: c, fn: owned_u8s, args: [0], returns: []}
  - {id: d, fn: echo_u8, args: [4], returns: 4}
"#;

/// The round trips of a binder that does this when `owned_i64s` is called.
fn lost(what: &str, options: &[&str]) -> Report {
    let arm = ["--arm", "round-trip", "--call-limit-ms", "500"];
    Conform::with(CASES).judge(what, "owned_i64s", &[&arm, options].concat())
}

/// Every rendering is there, and has a row for every trial.
#[track_caller]
fn is_whole(conform: &Conform, report: &Report, trials: usize) {
    assert_eq!(report.outcomes().len(), trials, "{}", report.shown);
    assert_eq!(report.json["counts"]["planned"], trials);
    let junit = std::fs::read_to_string(conform.folder.path().join("report/junit.xml"));
    // That the run was cut short is a row of its own there.
    let rows = trials + usize::from(report.json["suite"]["cut_short"].is_string());
    assert_eq!(junit.expect("it is written").matches("<testcase ").count(), rows);
    let page = std::fs::read_to_string(conform.folder.path().join("report/report.md"));
    assert!(page.expect("it is written").contains("sample::b"));
}

fn each_way_to_be_lost() {
    for (what, outcome, class, code, said) in [
        ("abort", "failed", Some("crash"), 1, "died of SIGABRT"),
        ("exit", "failed", Some("crash"), 1, "exited with 3"),
        ("hang", "failed", Some("timeout"), 1, "did not answer for 500ms"),
        ("leave", "error", None, 2, "left without an answer"),
    ] {
        let conform = Conform::with(CASES);
        let arm = ["--arm", "round-trip", "--call-limit-ms", "500"];
        let report = conform.judge(what, "owned_i64s", &arm);
        assert_eq!(report.outcomes(), ["passed", outcome, "passed", "passed"], "{}", report.shown);
        let row = &report.json["cases"][1];
        assert_eq!(
            (row["id"].as_str(), row["class"].as_str()),
            (Some("sample::b"), class),
            "{what}"
        );
        assert!(report.observed(1).contains(said), "{what}: {}", report.observed(1));
        assert!(report.observed(1).contains("by itself"), "{what}: {}", report.observed(1));
        assert_eq!(
            (report.code, &report.json["suite"]["cut_short"]),
            (code, &Json::Null),
            "{what}"
        );
        is_whole(&conform, &report, 4);
    }
}

fn talking_does_not_lengthen_the_limit() {
    let clock = Instant::now();
    let report = lost("mutter", &[]);
    assert_eq!(report.outcomes(), ["passed", "failed", "passed", "passed"], "{}", report.shown);
    assert!(report.observed(1).contains("did not answer for 500ms"), "{}", report.observed(1));
    assert!(report.observed(1).contains("still here"), "{}", report.observed(1));
    assert!(clock.elapsed() < Duration::from_secs(20));
}

fn a_death_on_the_guard_build() {
    let conform = Conform::with(CASES);
    let report = conform.judge("abort", "owned_i64s", &["--arm", "guard"]);
    assert_eq!(report.outcomes(), ["failed", "passed"], "{}", report.shown);
    let row = &report.json["cases"][0];
    assert_eq!((row["arm"].as_str(), row["class"].as_str()), (Some("guard"), Some("crash")));
    let expected = row["expected"].as_str().expect("it says what was expected");
    assert_eq!(expected, "the subject answers  (process of guard::sample::b, R-8)");
    assert_eq!(report.code, 1);
    is_whole(&conform, &report, 2);
}

fn builds_share_the_budget_of_restarts() {
    let arms = ["--arm", "round-trip", "--arm", "guard", "--restarts"];
    for (restarts, outcomes, code) in [
        // The guard build's two come first in the report, and last in the run.
        ("4", ["failed", "passed", "passed", "failed", "passed", "passed"], 1),
        ("3", ["failed", "skipped", "passed", "failed", "passed", "passed"], 2),
        ("2", ["failed", "skipped", "passed", "failed", "passed", "passed"], 2),
        ("1", ["skipped", "skipped", "passed", "failed", "skipped", "skipped"], 2),
    ] {
        let conform = Conform::with(CASES);
        let report = conform.judge("abort", "owned_i64s", &[&arms[..], &[restarts]].concat());
        assert_eq!(report.outcomes(), outcomes, "{restarts}: {}", report.shown);
        assert_eq!(report.code, code, "{restarts}");
        let cut_short = report.json["suite"]["cut_short"].as_str();
        assert_eq!(cut_short.is_some(), code == 2, "{restarts}: {cut_short:?}");
        is_whole(&conform, &report, 6);
    }
}

fn who_does_not_start_again() {
    let conform = Conform::with(CASES);
    let binder = misbehaving("serve", &["die-for-good", "owned_i64s"]);
    let mut command = conform.judging(&["check", "--jobs", "1", "--arm", "round-trip"], &binder);
    let output = command.env(PIDS, conform.folder.path().join("died")).output();
    let report = conform.report(&output.expect("conform starts"));
    assert_eq!(report.outcomes(), ["passed", "failed", "skipped", "skipped"], "{}", report.shown);
    assert!(report.observed(1).contains("died of SIGSEGV"), "{}", report.observed(1));
    assert!(report.observed(1).contains("was not repeated alone"), "{}", report.observed(1));
    assert!(report.observed(2).contains("did not start again"), "{}", report.observed(2));
    let cut_short = report.json["suite"]["cut_short"].as_str().unwrap_or_default();
    assert!(cut_short.contains("it is broken for good"), "{cut_short}");
    assert_eq!(report.code, 2);
    is_whole(&conform, &report, 4);
}

/// A machine that is busy for once costs no trial.
fn who_does_not_start_once() {
    let conform = Conform::with(CASES);
    let binder = misbehaving("serve", &["die-and-start-late", "owned_i64s"]);
    let mut command = conform.judging(&["check", "--jobs", "1", "--arm", "round-trip"], &binder);
    let output = command.env(PIDS, conform.folder.path().join("died")).output();
    let report = conform.report(&output.expect("conform starts"));
    assert_eq!(report.outcomes(), ["passed", "failed", "passed", "passed"], "{}", report.shown);
    assert_eq!(report.code, 1);
}

fn who_talks_answers_elsewhere() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let conform = Conform::with(CASES);
    let binder = misbehaving("answers-elsewhere", &[]);
    let output = conform.judging(&["check", "--arm", "round-trip"], &binder).output();
    let report = conform.report(&output.expect("conform starts"));
    assert_eq!((report.code, report.outcomes().len()), (0, 4), "{}", report.shown);
}
