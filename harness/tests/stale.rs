//! What is in the folder of reports is of the last run that began, however that one ended: nobody
//! publishes the verdict of an earlier one.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;

const CASES: &str = r#"suite: sample
clauses: [R-2]
functions:
  echo_u8: "[x :u8 :ret :u8]"
cases:
  - {id: a, fn: echo_u8, args: [1], returns: 1}
"#;

/// A folder that holds the report of a run that was green.
struct Green {
    folder: TempDir,
}

impl Green {
    fn new() -> Green {
        let green = Green { folder: tempfile::tempdir().expect("a scratch folder") };
        fs::create_dir(green.at("cases")).expect("a scratch folder");
        fs::write(green.at("cases/sample.yaml"), CASES).expect("a scratch file");
        let output = green.run(&["check", "--arm", "round-trip"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(green.json()["counts"]["passed"], 1);
        // As `conform bench` leaves it.
        fs::write(green.at("report/bench-raw.json"), "[]").expect("a scratch file");
        green
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.current_dir(self.folder.path()).args(words);
        command.args(["--cases", "cases", "--out", "report"]);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("conform starts")
    }

    fn json(&self) -> Json {
        let text = fs::read_to_string(self.at("report/report.json")).expect("a report");
        serde_json::from_str(&text).expect("a whole report")
    }

    /// That nothing of the green run is left, and that each rendering gives this reason.
    #[track_caller]
    fn says(&self, why: &str) {
        let json = self.json();
        assert_eq!(json["suite"]["complete"], false);
        assert_eq!(json["cases"].as_array().map(Vec::len), Some(0));
        assert_eq!(json["counts"]["passed"], 0);
        let reason = json["suite"]["cut_short"].as_str().unwrap_or_default();
        assert!(reason.contains(why), "{why} is missing from {reason}");
        let page = fs::read_to_string(self.at("report/report.md")).expect("a page");
        assert!(page.contains("**Not judged: "), "{page}");
        let junit = fs::read_to_string(self.at("report/junit.xml")).expect("a test report");
        assert_eq!(junit.matches("<error ").count(), 1, "{junit}");
        assert!(!self.at("report/bench-raw.json").exists());
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_run_that_fails_leaves_its_reason() {
    for (words, code, why) in [
        (&["check", "--filter", "no-such-trial"][..], 2, "no-such-trial"),
        (&["check", "--expected", "nowhere.yaml"], 2, "nowhere.yaml"),
        (&["check", "--binder", "./no-such-program"], 5, "no-such-program"),
        (&["check", "--binder", "false"], 5, "could not be started"),
        (&["--binder", "false"], 5, "could not be started"),
        (&["bench", "--quick", "--binder", "false"], 5, "could not be started"),
        (&["bench", "--record", "tape"], 2, "--record"),
        (&["memcheck", "--binder", "false"], 2, "memcheck is for the reference binder"),
        (&["replay", "nowhere.tape"], 2, "nowhere.tape"),
    ] {
        let green = Green::new();
        let output = green.run(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", text(&output.stderr));
        green.says(why);
    }
    let green = Green::new();
    fs::write(green.at("cases/sample.yaml"), "suite: [").expect("a scratch file");
    assert_eq!(green.run(&["check"]).status.code(), Some(2));
    green.says("sample.yaml");
}

#[test]
fn a_run_that_is_killed_leaves_no_earlier_verdict() {
    let green = Green::new();
    let mut run = green.command(&["check", "--binder", "sleep 60"]).spawn().expect("it starts");
    let clock = Instant::now();
    while green.json()["suite"]["complete"] == true || green.at("report/bench-raw.json").exists() {
        assert!(clock.elapsed() < Duration::from_secs(20), "the earlier report stays");
        std::thread::sleep(Duration::from_millis(5));
    }
    run.kill().expect("it runs");
    run.wait().expect("it is gone");
    green.says("the run has not ended");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_anything_is_done() {
    let green = Green::new();
    fs::write(green.at("file"), "").expect("a scratch file");
    let out = green.at("file/report");
    let out = out.to_str().expect("its path is text");
    let output = Command::new(env!("CARGO_BIN_EXE_conform"))
        .current_dir(green.folder.path())
        .args(["check", "--binder", "touch began", "--out", out])
        .output()
        .expect("conform starts");
    assert_eq!(output.status.code(), Some(2));
    let shown = text(&output.stderr);
    assert!(shown.contains("the report could not be written") && shown.contains(out), "{shown}");
    assert!(!green.at("began").exists(), "the binder was started");
}

#[test]
fn commands_without_a_report_leave_the_last_one() {
    let green = Green::new();
    let before = green.json();
    for words in [&["list"][..], &["explain", "R-2"], &["smoke", "--binder", "false"]] {
        green.run(words);
        assert_eq!(green.json(), before, "{words:?}");
    }
}
