//! Fixtures built for WebAssembly, called by the suite's own library at wire level: it passes with words of 64 and
//! of 32 bits, and one with a fault does not.
//!
//! The faulty libraries are this binary too, started with `faulty FAULT`.

use std::io::{self, BufRead, Write};
use std::process::{Command, ExitCode};

use harness::served::wasm::WasmServer;
use libtest_mimic::{Arguments, Trial};
use report::{Report, TrialOutcome};
use serde_json::{Value as Json, json};
use subject::protocol::answer;

const TARGETS: [&str; 2] = ["wasm64", "wasm32"];

/// Suites that have words, lengths, narrow integers, variable arguments and memory of both sides in them.
const SUITES: [&str; 7] = [
    "scalars",
    "unsigned-returns",
    "strings",
    "structs",
    "owned-returns",
    "error-unions",
    "variadics",
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let ["faulty", fault] = words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return serve(fault);
    }
    let tests: [(_, fn()); 3] = [
        ("what_is_judged_passes_on_both_targets", what_is_judged_passes_on_both_targets),
        ("every_fault_is_found_on_both_targets", every_fault_is_found_on_both_targets),
        ("what_has_no_module_has_no_target", what_has_no_module_has_no_target),
    ];
    let trials = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn conform(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    command.args(words);
    command
}

/// The report of a check of these suites by these arms.
fn check(target: &str, suites: &[&str], arms: &[&str], binder: &[&str]) -> Report {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let mut command = conform(&["check", "--target", target, "--seed", "7", "--out"]);
    command.arg(folder.path());
    command.args(arms.iter().flat_map(|arm| ["--arm", arm]));
    for suite in suites {
        command.args(["--filter", &format!("::{suite}::")]);
    }
    if !binder.is_empty() {
        command.args(["--binder", &shell_words::join(binder)]);
    }
    let output = command.output().expect("conform starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{told}");
    report::json::read(&folder.path().join("report.json")).expect("a report")
}

fn what_is_judged_passes_on_both_targets() {
    for target in TARGETS {
        let report = check(target, &SUITES, &["round-trip", "leak", "fail-nth"], &[]);
        let of = |outcome| report.cases.iter().filter(|row| row.outcome == outcome).count();
        let wrong: Vec<_> = report
            .cases
            .iter()
            .filter(|row| matches!(row.outcome, TrialOutcome::Failed | TrialOutcome::Error))
            .map(|row| (&row.id, &row.expected, &row.observed, &row.reason))
            .collect();
        assert!(wrong.is_empty(), "{target}: {wrong:#?}");
        assert!(of(TrialOutcome::Passed) > 400, "{target}: {}", of(TrialOutcome::Passed));
    }
}

fn every_fault_is_found_on_both_targets() {
    let own = std::env::current_exe().expect("this binary has a path");
    let own = own.to_str().expect("in text");
    for target in TARGETS {
        for (fault, broken) in
            [("none", None), ("u32-read-as-signed", Some("R-2")), ("i8-not-extended", Some("L-21"))]
        {
            let report = check(
                target,
                &["scalars", "unsigned-returns"],
                &["round-trip"],
                &[own, "faulty", fault],
            );
            let failed = report.cases.iter().filter(|row| row.outcome == TrialOutcome::Failed);
            let blamed: Vec<_> = failed.flat_map(|row| &row.broken).collect();
            match broken {
                None => assert!(blamed.is_empty(), "{target}: {blamed:?}"),
                Some(clause) => {
                    assert!(blamed.iter().any(|broken| *broken == clause), "{target}: {blamed:?}");
                }
            }
        }
    }
}

fn what_has_no_module_has_no_target() {
    for (words, said) in [
        (&["bench", "--target", "wasm32"][..], "`--target` is for"),
        (&["check", "--target", "wasm64", "--dialect", "wraps"], "leave `--dialect`"),
        (&["check", "--target", "arm"], "the targets are host, wasm64, wasm32"),
    ] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let output = conform(words).current_dir(folder.path()).output().expect("conform starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains(said), "{words:?}: {told}");
    }
}

/// The suite's own library, which takes a type of its prototypes for another.
fn serve(fault: &str) -> ExitCode {
    let mut server = WasmServer::default();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let mut request: Json = serde_json::from_str(&line).expect("a request");
        match (fault, request["do"].as_str()) {
            ("u32-read-as-signed", Some("link")) if request["returns"] == "u32" => {
                request["returns"] = json!("i32");
            }
            ("i8-not-extended", Some("link")) => {
                let parameters = request["parameters"].as_array_mut().expect("a list");
                for of in parameters.iter_mut().filter(|of| **of == "i8") {
                    *of = json!("u8");
                }
            }
            ("i8-not-extended", Some("invoke")) => {
                let arguments = request["arguments"].as_array_mut().expect("a list");
                for argument in arguments {
                    let number = argument.as_str().and_then(|text| text.parse::<i64>().ok());
                    if let Some(number @ -128..0) = number {
                        *argument = json!((number + 256).to_string());
                    }
                }
            }
            _ => {}
        }
        let (reply, is_last) = answer(&mut server, &request.to_string());
        let mut out = io::stdout().lock();
        if writeln!(out, "{reply}").and_then(|()| out.flush()).is_err() || is_last {
            break;
        }
    }
    ExitCode::SUCCESS
}
