//! Recordings of binders that misbehave: judged again they come to the same, and one that is not as it was
//! written, or not of this judgement, is told where it is not.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value as Json;

use super::run::{Conform, ended, text};
use super::{Named, misbehaving};

pub(crate) const TESTS: &[Named] = &[
    ("recording::verdicts_are_the_same_again", verdicts_are_the_same_again),
    ("recording::what_does_not_start_does_not_start_again", what_does_not_start),
    ("recording::known_failures_are_known_again", known_failures_are_known_again),
    ("recording::smoke_comes_to_the_same_again", smoke_comes_to_the_same_again),
    ("recording::a_part_is_reported_and_all_is_judged", a_part_is_reported),
    ("recording::a_library_elsewhere_is_the_same_library", a_library_elsewhere),
    ("recording::what_was_changed_is_found_in_its_line", what_was_changed_is_found),
    ("recording::what_breaks_off_is_found", what_breaks_off_is_found),
    ("recording::what_does_not_fit_is_said_in_its_line", what_does_not_fit),
    ("recording::what_cannot_be_recorded_is_refused", what_cannot_be_recorded),
];

impl Conform {
    fn recording(&self) -> PathBuf {
        self.folder.path().join("run.recording")
    }

    fn record(&self, what: &str, symbol: &str, options: &[&str]) -> super::run::Report {
        let file = self.recording();
        let record = ["--arm", "round-trip", "--record", file.to_str().expect("text")];
        self.judge(what, symbol, &[&record, options].concat())
    }

    /// `conform replay`, without a binder.
    fn replay(&self, options: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.arg("replay").arg(self.recording()).args(options);
        command.arg("--out").arg(self.folder.path().join("report"));
        command.arg("--cases").arg(self.folder.path().join("cases"));
        command.output().expect("conform starts")
    }

    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.recording()).expect("it was recorded");
        text.lines().map(str::to_owned).collect()
    }

    fn write_lines(&self, lines: &[String]) {
        std::fs::write(self.recording(), lines.join("\n") + "\n").expect("a scratch file");
    }

    /// The lines as somebody would write them who computes the checksums, too.
    fn write_summed(&self, lines: &[String]) {
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        let line = |line: &String| {
            let (_, rest) = line.split_once("\",").expect("a checksum");
            for byte in rest.bytes() {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
            format!("{{\"sum\":\"{sum:016x}\",{rest}")
        };
        let lines: Vec<String> = lines.iter().map(line).collect();
        self.write_lines(&lines);
    }

    #[track_caller]
    fn does_not_fit(&self, line: Option<usize>, said: &[&str]) {
        let report = self.folder.path().join("report");
        let _ = std::fs::remove_dir_all(&report);
        let output = self.replay(&[]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        let at = line.map(|line| format!("run.recording:{line}: "));
        for part in at.iter().map(String::as_str).chain(said.iter().copied()) {
            assert!(text(&output).contains(part), "`{part}` is missing from\n{}", text(&output));
        }
        let report =
            fs::read_to_string(report.join("report.json")).expect("a report that says why");
        let report: Json = serde_json::from_str(&report).expect("JSON");
        assert_eq!(report["counts"]["planned"], 0, "a verdict came of it");
        let why = report["suite"]["cut_short"].as_str().unwrap_or_default();
        assert!(said.iter().all(|part| why.contains(part)), "{said:?} is missing from {why}");
    }
}

/// What a replay must have in common with the run.
fn judged(report: &Json) -> Json {
    let mut report = report.clone();
    for row in report["cases"].as_array_mut().expect("rows") {
        row["ms"] = Json::Null;
    }
    let kept = ["cases", "counts", "clauses", "subject", "stale", "host"];
    let kept = kept.map(|field| (field.to_owned(), report[field].take()));
    let suite = ["version", "hash", "complete", "cut_short"];
    let suite = suite.map(|field| (field.to_owned(), report["suite"][field].take()));
    Json::Object(kept.into_iter().chain(suite).collect())
}

fn verdicts_are_the_same_again() {
    for (what, symbol, options) in [
        ("abort", "none", &[][..]),
        ("abort", "echo_u16", &[]),
        ("abort", "any@2", &[]),
        ("abort", "any@1", &["--restarts", "1"]),
        ("hang", "echo_u32", &["--call-limit-ms", "300"]),
        ("garbage", "echo_u16", &[]),
        ("misread", "echo_u8", &[]),
        ("cannot", "echo_u8", &[]),
        ("unsupported", "echo_u8", &[]),
        // The library is never called, and the page that it did not attach to is named.
        ("lie", "any", &[]),
    ] {
        let conform = Conform::new();
        let recorded = conform.record(what, symbol, options);
        let output = conform.replay(&[]);
        let replayed = conform.report(&output);
        assert_eq!(judged(&replayed.json), judged(&recorded.json), "{what} {symbol}");
        assert_eq!(replayed.code, recorded.code, "{what} {symbol}");
        let said = replayed.json["suite"]["replayed"].as_str().expect("it says so");
        assert!(said.starts_with("conform check --arm round-trip"), "{said}");
        assert!(replayed.shown.contains("replayed  conform check"), "{}", replayed.shown);
    }
}

fn what_does_not_start() {
    for (words, said) in [
        (vec!["no-such-program".to_owned()], "No such file"),
        (misbehaving("fails-before-hello", &[]), "no library of that name"),
    ] {
        let conform = Conform::new();
        let file = conform.recording();
        let mut command = conform.judging(&["check", "--arm", "round-trip"], &words);
        command.arg("--record").arg(&file);
        for output in [command.output().expect("conform starts"), conform.replay(&[])] {
            ended(&output, 5, said);
        }
    }
}

fn known_failures_are_known_again() {
    let conform = Conform::new();
    conform.record("abort", "echo_u16", &[]);
    let list = conform.folder.path().join("known.yaml");
    let known = "subject: reference-binder\nfailures:\n  - {trial: round-trip::sample::b, outcome: \
                 crash, fault: binder, reason: it aborts}\n";
    std::fs::write(&list, known).expect("a scratch file");
    let output = conform.replay(&["--expected", list.to_str().expect("text")]);
    let report = conform.report(&output);
    assert_eq!((report.code, report.outcomes()[1]), (0, "expected"), "{}", report.shown);
}

fn smoke_comes_to_the_same_again() {
    for (what, symbol, code) in [
        ("abort", "none", 0),
        ("lie", "echo_u64", 1),
        ("abort", "echo_u64", 1),
        ("garbage", "echo_u64", 2),
    ] {
        let conform = Conform::new();
        let binder = misbehaving("serve", &[what, symbol]);
        let record =
            ["smoke", "--record", &conform.recording().display().to_string()].map(str::to_owned);
        let words: Vec<&str> = record.iter().map(String::as_str).collect();
        let recorded = conform.command(&words, &binder).output().expect("conform starts");
        let mut replay = Command::new(env!("CARGO_BIN_EXE_conform"));
        let replayed = replay.arg("replay").arg(conform.recording()).output();
        let replayed = replayed.expect("conform starts");
        assert_eq!(recorded.status.code(), Some(code), "{}", text(&recorded));
        assert_eq!(replayed.status.code(), Some(code), "{}", text(&replayed));
        let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said(&replayed), said(&recorded));
    }
}

fn a_part_is_reported() {
    let conform = Conform::new();
    let recorded = conform.record("abort", "any@2", &[]);
    let output = conform.replay(&["--filter", "sample::c"]);
    let report = conform.report(&output);
    assert_eq!(report.outcomes(), ["failed"], "{}", report.shown);
    let (row, was) = (&judged(&report.json)["cases"][0], &judged(&recorded.json)["cases"][2]);
    assert_eq!(row, was, "what came before it counts");
    assert_eq!(report.json["suite"]["complete"], false);
    let output = conform.replay(&["--filter", "sample::z"]);
    ended(&output, 2, "`sample::z` matches none of the 4");
}

/// As if it came from another machine.
fn a_library_elsewhere() {
    let conform = Conform::with(
        "suite: sample\nclauses: [B-1]\nfunctions:\n  echo_u8: \"[x :u8 :ret :u8]\"\ncases:\n  - {id: a, \
         binds: no_such, signature: \"[:ret :void]\", lacks: no_such}\n  - {id: b, fn: echo_u8, args: \
         [1], returns: 1}\n",
    );
    let file = conform.recording();
    let record = ["--arm", "binding", "--record", file.to_str().expect("text")];
    let recorded = conform.judge("abort", "none", &record);
    assert_eq!(recorded.outcomes(), ["passed"], "{}", recorded.shown);
    let lines = conform.lines();
    let library = lines.iter().find_map(|line| {
        let (_, rest) = line.split_once(r#"\"library\":\""#)?;
        Some(rest.split_once('\\')?.0.to_owned())
    });
    let library = library.expect("hello names it");
    let moved = |line: &String| line.replace(&library, "/elsewhere/libother.so");
    let moved: Vec<String> = lines.iter().map(moved).collect();
    assert!(moved.iter().filter(|line| line.contains("libother")).count() > 1, "{moved:?}");
    conform.write_summed(&moved);
    let output = conform.replay(&[]);
    let replayed = conform.report(&output);
    assert_eq!(judged(&replayed.json), judged(&recorded.json), "{}", replayed.shown);
}

fn what_was_changed_is_found() {
    let conform = Conform::new();
    conform.record("abort", "none", &[]);
    let lines = conform.lines();
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).expect(part);
    // An answer, a reading of the page, the seed.
    for (line, from, to) in [
        (at(r#"\"long\":\"2\"}"#), r#"\"2\""#, r#"\"3\""#),
        (at(r#""read":"ledger""#), "\"frees\":0", "\"frees\":1"),
        (0, "\"drawn\":", "\"drawn\":1"),
    ] {
        let mut changed = lines.clone();
        changed[line] = changed[line].replacen(from, to, 1);
        assert_ne!(changed, lines, "{from}");
        conform.write_lines(&changed);
        conform.does_not_fit(Some(line + 1), &["was changed after it was written", "ask who"]);
    }
    let mut missing = lines.clone();
    missing.remove(5);
    conform.write_lines(&missing);
    conform.does_not_fit(Some(6), &["was changed"]);
    let mut swapped = lines.clone();
    swapped.swap(7, 8);
    conform.write_lines(&swapped);
    conform.does_not_fit(Some(8), &["was changed"]);
    let mut pretty = lines.clone();
    pretty[4] = pretty[4].replacen('{', "{ ", 1);
    conform.write_lines(&pretty);
    conform.does_not_fit(Some(5), &["does not begin with its checksum"]);
    conform.write_lines(&lines);
    assert_eq!(conform.replay(&[]).status.code(), Some(0), "as it was written it is one");
}

fn what_breaks_off_is_found() {
    let conform = Conform::new();
    conform.record("abort", "none", &[]);
    let lines = conform.lines();
    let broken = &["breaks off here", "ask for the whole file"];
    conform.write_lines(&lines[..lines.len() - 1]);
    conform.does_not_fit(Some(lines.len() - 1), broken);
    let text = lines.join("\n");
    std::fs::write(conform.recording(), &text[..text.len() - 9]).expect("a scratch file");
    conform.does_not_fit(Some(lines.len()), broken);
    conform.write_lines(&lines[..1]);
    conform.does_not_fit(Some(1), broken);
    std::fs::write(conform.recording(), "").expect("a scratch file");
    conform.does_not_fit(Some(1), &["the file is empty"]);
    std::fs::remove_file(conform.recording()).expect("it is there");
    conform.does_not_fit(None, &["cannot read the recording", "run.recording"]);
}

fn what_does_not_fit() {
    let conform = Conform::new();
    conform.record("abort", "none", &[]);
    let lines = conform.lines();
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).expect(part);
    let with = |line: usize, from: &str, to: &str| {
        let mut changed = lines.clone();
        changed[line] = changed[line].replacen(from, to, 1);
        assert_ne!(changed, lines, "{from}");
        conform.write_summed(&changed);
    };
    // Another form, another suite, another request, another trial, another reading, another field.
    with(0, "\"recording\":1", "\"recording\":2");
    conform.does_not_fit(Some(1), &["the form of version 2, and this is 1"]);
    with(0, "\"suite\":\"", "\"suite\":\"9.");
    conform.does_not_fit(Some(1), &["recorded with the suite 9.", "replay it with that"]);
    let call = at(r#"\"do\":\"call\""#);
    with(call, r#"\"long\":\"1\""#, r#"\"long\":\"7\""#);
    conform.does_not_fit(Some(call + 1), &["the suite now makes the request", "does not fit"]);
    let hello = at(r#"\"do\":\"hello\""#);
    with(hello, r#"\"protocol\":1"#, r#"\"protocol\":3"#);
    conform.does_not_fit(Some(hello + 1), &["the suite now makes the request", "hello"]);
    let trial = at(r#""name":"round-trip::sample::b""#);
    with(trial, "sample::b", "sample::x");
    conform.does_not_fit(
        Some(trial + 1),
        &["comes to the trial `round-trip::sample::b`", "sample::x"],
    );
    let ledger = at(r#""read":"ledger""#);
    with(ledger, "\"ledger\"", "\"next\"");
    conform.does_not_fit(Some(ledger + 1), &["reads `ledger` of the evidence page", "`next`"]);
    with(3, "\"what\":", "\"how\":");
    conform.does_not_fit(Some(4), &["not a line of a recording", "missing field `what`"]);
    // Fewer lines than are asked for, and more.
    let mut short = lines.clone();
    let end = short.pop().expect("a last line");
    short.truncate(trial);
    let count = short.len();
    short.push(
        end.replace(&format!("\"lines\":{}", lines.len() - 1), &format!("\"lines\":{count}")),
    );
    conform.write_summed(&short);
    conform.does_not_fit(Some(count + 1), &["comes to the trial", "its end"]);
    let mut long = lines.clone();
    let (last, line) = (long.len() - 1, long[trial].clone());
    long.insert(last, line);
    long[last + 1] = end.replace(&format!("\"lines\":{last}"), &format!("\"lines\":{}", last + 1));
    conform.write_summed(&long);
    conform.does_not_fit(Some(last + 1), &["is done", "the trial `round-trip::sample::b`"]);
    conform.write_lines(&lines);
    assert_eq!(conform.replay(&[]).status.code(), Some(0), "as it was written it fits");
    // Another corpus.
    let cases = conform.folder.path().join("cases").join("sample.yaml");
    let text = std::fs::read_to_string(&cases).expect("it is there");
    std::fs::write(&cases, text.replace("id: d", "id: e")).expect("a scratch file");
    conform.does_not_fit(Some(1), &["recorded with the corpus", "have it recorded again"]);
}

fn what_cannot_be_recorded() {
    let conform = Conform::new();
    let conform_with = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.current_dir(conform.folder.path()).args(words).output().expect("conform starts")
    };
    let file = conform.recording();
    let file = file.to_str().expect("text");
    for (words, said) in [
        (&["check", "--in-process", "--record", file][..], "none is held in one process"),
        (&["bench", "--record", file], "`--record` is for"),
        (&["list", "--record", file], "`--record` is for"),
        (&["list", "--expected", file], "`--expected` and `--write-expected` are for"),
    ] {
        let output = conform_with(words);
        ended(&output, 2, said);
        assert!(!conform.recording().exists(), "{words:?}");
    }
    let nowhere = conform.folder.path().join("no-folder").join("run.recording");
    let output = conform.output("abort", "none", &["--record", nowhere.to_str().expect("text")]);
    ended(&output, 2, "cannot write the recording");
}
