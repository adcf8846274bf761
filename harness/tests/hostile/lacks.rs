//! A binder without some scalars: one that says so is judged on as many signatures of a seed as any other, and
//! one that does not loses those with the scalars in them.

use std::io::{self, BufRead};
use std::process::ExitCode;

use corpus::generated::COUNT;
use harness::served::reference::ReferenceBinder;
use serde_json::{Value as Json, json};
use subject::protocol::answer;

use super::misbehave::say;
use super::run::{Conform, Report, ended};
use super::{Named, misbehaving};

pub(crate) const TESTS: &[Named] = &[
    ("lacks::what_is_said_to_be_lacking_is_not_asked_for", said_and_silent),
    ("lacks::nobody_lacks_what_stands_in_and_no_other_word_is_one", words_that_start_nothing),
];

const CASES: &str = r#"suite: sample
clauses: [R-2]
functions:
  echo_u8: "[x :u8 :ret :u8]"
cases:
  - {id: a, fn: echo_u8, args: [1], returns: 1}
"#;

/// What the binder has no type for.
const WORDS: [&str; 5] = ["f16", "i128", "u128", "f80", "f128"];

/// The reference binder, which serves no signature that has one of [`WORDS`] in it; `says` that it lacks them,
/// or the words given in place of that.
pub(crate) fn run(says: &str) -> ExitCode {
    let mut subject = ReferenceBinder::default();
    let words = || says.split(',').filter(|word| !word.is_empty());
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let request: Json = serde_json::from_str(&line).expect("a request");
        let signature = request["signature"].as_str().unwrap_or_default();
        if let Some(word) = WORDS.iter().find(|word| signature.contains(&format!(":{word}"))) {
            let message = format!("there is no {word} here");
            say(&json!({"id": request["id"], "is": "unsupported", "message": message}).to_string());
            continue;
        }
        let (reply, is_last) = answer(&mut subject, &line);
        let mut reply: Json = serde_json::from_str(&reply).expect("a reply");
        if reply["is"] == "ready" && words().next().is_some() {
            reply["lacks"] = words().collect();
        }
        say(&reply.to_string());
        if is_last {
            break;
        }
    }
    ExitCode::SUCCESS
}

#[track_caller]
fn check(says: &str) -> Report {
    let conform = Conform::with(CASES);
    let words = ["check", "--arm", "generated"];
    let output = conform.judging(&words, &misbehaving("lack", &[says])).output();
    conform.report(&output.expect("conform starts"))
}

fn names(report: &Report) -> Vec<&str> {
    let rows = report.json["cases"].as_array().expect("rows");
    rows.iter().map(|row| row["id"].as_str().expect("a name")).collect()
}

fn said_and_silent() {
    let said = check(&WORDS.join(","));
    let count = |report: &Report, what: &str| report.json["counts"][what].as_u64().unwrap_or(0);
    assert_eq!((count(&said, "passed"), said.code), (COUNT as u64, 0), "{}", said.shown);
    assert_eq!(said.json["subject"]["lacks"], json!(WORDS), "{}", said.shown);
    let silent = check("");
    let (passed, gated) = (count(&silent, "passed"), count(&silent, "gated"));
    // What it says that it has is not gated: of that it has to say what it lacks.
    let rows = silent.json["cases"].as_array().expect("rows");
    let failed: Vec<&Json> = rows.iter().filter(|row| row["outcome"] == "failed").collect();
    let is_declared = |row: &&Json| row["observed"].to_string().contains("though it declares");
    assert!(failed.iter().all(is_declared), "{}", silent.shown);
    let all = passed + gated + failed.len() as u64;
    assert!(gated > 100 && passed > 20 && all == COUNT as u64, "{}", silent.shown);
    assert_eq!(names(&said), names(&silent));
}

fn words_that_start_nothing() {
    for (says, said) in [("i64", "it lacks `i64`"), ("i65", "unknown variant `i65`")] {
        let conform = Conform::with(CASES);
        let output = conform.command(&["check"], &misbehaving("lack", &[says])).output();
        ended(&output.expect("conform starts"), 5, said);
    }
}
