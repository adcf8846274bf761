//! The corpus recorded and judged again: every row is the same, to the last word.

use std::path::Path;
use std::process::Command;

use judge::arm::ARMS;
use serde_json::Value as Json;

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");

/// Arms that say little in a conversation, and take long; and the one that is not for programs.
const LEFT_OUT: [&str; 3] = ["threads", "volume", "race"];

/// The report of a command, without what differs from run to run.
fn report(folder: &Path, words: &[&str]) -> Json {
    let output = Command::new(words[0]).args(&words[1..]).arg("--out").arg(folder).output();
    let output = output.expect("conform starts");
    let report = std::fs::read_to_string(folder.join("report.json"));
    let report = report.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let mut report: Json = serde_json::from_str(&report).expect("JSON");
    for row in report["cases"].as_array_mut().expect("rows") {
        row["ms"] = Json::Null;
    }
    report
}

/// Without a seed: what properties draw from is in the recording.
#[test]
fn the_corpus_comes_to_the_same_again() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("run.recording");
    let file = file.to_str().expect("text");
    // With dialects: other trials are gated, and other answers right.
    let serve =
        shell_words::join([CONFORM, "serve", "--dialect", "wraps", "--dialect", "canonical-nan"]);
    let arms = ARMS.iter().map(|arm| arm.about().name).filter(|name| !LEFT_OUT.contains(name));
    let arms: Vec<&str> = arms.flat_map(|name| ["--arm", name]).collect();
    let check = [CONFORM, "check", "--strict", "--binder", &serve, "--record", file];
    let recorded = report(&folder.path().join("recorded"), &[&check[..], &arms].concat());
    // It is judged again elsewhere, where there are fewer processors, and as strictly.
    let one_processor = ["taskset", "-c", "0"];
    let works = Command::new(one_processor[0]).args(&one_processor[1..]).arg("true").status();
    let elsewhere =
        if works.is_ok_and(|status| status.success()) { &one_processor[..] } else { &[] };
    let again = [elsewhere, &[CONFORM, "replay", file]].concat();
    let replayed = report(&folder.path().join("replayed"), &again);
    assert_eq!(recorded["suite"]["asked"], replayed["suite"]["asked"]);
    let rows = |report: &Json| report["cases"].as_array().expect("rows").clone();
    assert!(rows(&recorded).len() > 10_000);
    for (recorded, replayed) in rows(&recorded).iter().zip(&rows(&replayed)) {
        assert_eq!(recorded, replayed);
    }
    for field in ["counts", "clauses", "subject", "host", "cases"] {
        assert!(recorded[field] == replayed[field], "{field}");
    }
}
