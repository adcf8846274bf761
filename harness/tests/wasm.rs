//! Fixtures built for other targets. Those for WebAssembly are called by the suite's own library at wire level: it passes with words of 64 and
//! of 32 bits, and one with a fault does not. And recordings, which are judged as what was recorded: by the words and
//! the C ABI of its target.
//!
//! The faulty libraries are this binary too, started with `faulty MACHINE FAULT`.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use corpus::fixtures::Fixtures;
use harness::served::wasm::WasmServer;
use harness::served::wire::WireServer;
use libtest_mimic::{Arguments, Trial};
use report::{Report, TrialOutcome};
use serde_json::{Value as Json, json};
use subject::protocol::{Answers, answer};
use zig_lib::library::{self, Profile, Target};

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
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["faulty", "host", fault] => return serve(&mut WireServer::default(), fault),
        ["faulty", "module", fault] => return serve(&mut WasmServer::default(), fault),
        _ => {}
    }
    let tests: [(_, fn()); 9] = [
        ("what_is_judged_passes_on_both_targets", what_is_judged_passes_on_both_targets),
        ("every_fault_is_found_on_both_targets", every_fault_is_found_on_both_targets),
        ("loops_are_judged_on_both_targets", loops_are_judged_on_both_targets),
        ("what_has_no_module_has_no_target", what_has_no_module_has_no_target),
        ("modules_are_not_measured", modules_are_not_measured),
        ("who_cannot_load_a_library_reads_it", who_cannot_load_a_library_reads_it),
        ("a_recording_has_its_target", a_recording_has_its_target),
        (
            "a_recording_without_a_target_is_of_the_host",
            a_recording_without_a_target_is_of_the_host,
        ),
        (
            "a_recording_is_held_to_the_abi_of_its_machine",
            a_recording_is_held_to_the_abi_of_its_machine,
        ),
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

fn output(words: &[&str], out: &Path) -> Output {
    let output = conform(words).arg("--out").arg(out).output();
    output.expect("conform starts")
}

/// The report of a command that judges.
fn report(words: &[&str]) -> Report {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let output = output(words, folder.path());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{words:?}: {told}");
    report::json::read(&folder.path().join("report.json")).expect("a report")
}

/// The report of a check of these suites by these arms.
fn check(target: &str, suites: &[&str], arms: &[&str], binder: &[&str]) -> Report {
    let mut words = vec!["check", "--target", target, "--seed", "7"];
    words.extend(arms.iter().flat_map(|arm| ["--arm", arm]));
    let suites: Vec<String> = suites.iter().map(|suite| format!("::{suite}::")).collect();
    words.extend(suites.iter().flat_map(|suite| ["--filter", suite]));
    let binder = shell_words::join(binder);
    if !binder.is_empty() {
        words.extend(["--binder", &binder]);
    }
    report(&words)
}

/// The words that start a library of this binary.
fn faulty(machine: &str, fault: &str) -> [String; 4] {
    let own = std::env::current_exe().expect("this binary has a path");
    [own.to_str().expect("in text").to_owned(), "faulty".into(), machine.into(), fault.into()]
}

fn of(report: &Report, outcome: TrialOutcome) -> usize {
    report.cases.iter().filter(|row| row.outcome == outcome).count()
}

fn what_is_judged_passes_on_both_targets() {
    for target in TARGETS {
        let report = check(target, &SUITES, &["round-trip", "leak", "fail-nth"], &[]);
        let wrong: Vec<_> = report
            .cases
            .iter()
            .filter(|row| matches!(row.outcome, TrialOutcome::Failed | TrialOutcome::Error))
            .map(|row| (&row.id, &row.expected, &row.observed, &row.reason))
            .collect();
        assert!(wrong.is_empty(), "{target}: {wrong:#?}");
        let passed = of(&report, TrialOutcome::Passed);
        assert!(passed > 400, "{target}: {passed}");
    }
}

fn every_fault_is_found_on_both_targets() {
    for target in TARGETS {
        for (fault, broken) in
            [("none", None), ("u32-read-as-signed", Some("R-2")), ("i8-not-extended", Some("L-21"))]
        {
            let binder = faulty("module", fault);
            let binder = binder.each_ref().map(String::as_str);
            let report = check(target, &["scalars", "unsigned-returns"], &["round-trip"], &binder);
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

/// A fault that no call by itself shows.
fn loops_are_judged_on_both_targets() {
    let suites = ["unsigned-returns", "owned-returns"];
    for target in TARGETS {
        for fault in ["none", "loop-short", "loop-last-wrong"] {
            let binder = faulty("module", fault);
            let binder = binder.each_ref().map(String::as_str);
            let report = check(target, &suites, &["round-trip", "volume"], &binder);
            let failed = |arm: &str| {
                let of_arm = report.cases.iter().filter(|row| row.arm == arm);
                let failed = of_arm.clone().filter(|row| row.outcome == TrialOutcome::Failed);
                (of_arm.filter(|row| row.outcome == TrialOutcome::Passed).count(), failed.count())
            };
            let (alone, looped) = (failed("round-trip"), failed("volume"));
            assert!(alone.0 > 0 && alone.1 == 0, "{target}, {fault}: {alone:?}");
            match fault {
                "none" => assert!(looped.0 > 0 && looped.1 == 0, "{target}: {looped:?}"),
                _ => assert!(looped.0 == 0 && looped.1 > 0, "{target}, {fault}: {looped:?}"),
            }
            assert_eq!(of(&report, TrialOutcome::Error), 0, "{target}, {fault}");
        }
    }
}

fn what_has_no_module_has_no_target() {
    for (words, said) in [
        (&["bench", "--target", "wasm32"][..], "`--target` is for"),
        (&["check", "--target", "wasm64", "--dialect", "wraps"], "leave `--dialect`"),
        (&["check", "--target", "arm"], "the targets are host, wasm64, wasm32, aarch64-linux"),
        (&["check", "--target", "aarch64-linux"], "name with `--binder` a program of that machine"),
        (&["serve", "--level", "wire", "--target", "aarch64-linux"], "a program of that machine"),
    ] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let output = conform(words).current_dir(folder.path()).output().expect("conform starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains(said), "{words:?}: {told}");
    }
}

/// What judges and measures elsewhere says of each shape why there is no figure.
fn modules_are_not_measured() {
    let report = report(&["--target", "wasm32", "--shard", "1/400"]);
    assert!(!report.bench.is_empty());
    for row in &report.bench {
        let why = row.reason.as_deref().unwrap_or_default();
        assert!(why.contains("not built for this machine"), "{why}");
    }
}

/// The same functions are described to who reads a library of another machine and to who loads this one's.
fn who_cannot_load_a_library_reads_it() {
    let target = Target::Aarch64Linux;
    let built = |target| library::build_all(target, &[Profile::Checked]).expect("it is built");
    let read = Fixtures::read(&built(target)[0].path, target).expect("it is read");
    let loaded = Fixtures::open(&built(Target::Host)[0].path).expect("it is loaded");
    let told = |fixtures: &Fixtures| format!("{:?}", fixtures.manifest().functions);
    assert_eq!(told(&read), told(&loaded));
    let module = &built(Target::Wasm64)[0].path;
    let refused = Fixtures::read(module, target).expect_err("a module has no section");
    assert!(refused.to_string().contains("boundary.wasm"), "{refused}");
}

/// A run that is recorded, and its report.
fn recorded(file: &Path, words: &[&str]) -> Report {
    let file = file.to_str().expect("in text");
    report(
        &[&["check", "--arm", "round-trip", "--filter", "::scalars::", "--record", file], words]
            .concat(),
    )
}

/// What came of each trial, without the time that it took.
fn rows(report: &Report) -> Vec<String> {
    let row = |row: &report::CaseRow| {
        let mut row = row.clone();
        (row.ms, row.repro) = (0.0, String::new());
        format!("{row:?}")
    };
    report.cases.iter().map(row).collect()
}

fn a_recording_has_its_target() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("run.recording");
    let file = path.to_str().expect("in text");
    let run = recorded(&path, &["--target", "wasm32"]);
    assert!(of(&run, TrialOutcome::Passed) > 20, "{}", of(&run, TrialOutcome::Passed));
    assert_eq!(rows(&run), rows(&report(&["replay", file])));
    assert_eq!(rows(&run), rows(&report(&["replay", file, "--target", "wasm32"])));
    for other in ["host", "wasm64"] {
        let refused = output(&["replay", file, "--target", other], folder.path());
        let told = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{told}");
        assert!(
            told.contains("is of a run for wasm32, and says so itself: leave `--target`"),
            "{told}"
        );
    }
}

/// As they were before they said it.
fn a_recording_without_a_target_is_of_the_host() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("run.recording");
    let file = path.to_str().expect("in text");
    let without = |header: &mut Json| {
        let target = header.as_object_mut().expect("an object").remove("target");
        assert!(target.is_some());
    };
    let run = recorded(&path, &["--binder", &shell_words::join(faulty("host", "none"))]);
    rewrite(&path, without);
    assert_eq!(rows(&run), rows(&report(&["replay", file])));
    // What was no host's does not fit.
    recorded(&path, &["--target", "wasm32"]);
    rewrite(&path, without);
    let refused = output(&["replay", file], folder.path());
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
}

fn a_recording_is_held_to_the_abi_of_its_machine() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("run.recording");
    let file = path.to_str().expect("in text");
    recorded(&path, &["--binder", &shell_words::join(faulty("host", "i8-not-extended"))]);
    for (os, arch, fails, risks) in [
        ("linux", "x86_64", false, true),
        ("macos", "aarch64", true, false),
        ("linux", "aarch64", false, false),
    ] {
        rewrite(&path, |header| {
            (header["host"]["os"], header["host"]["arch"]) = (json!(os), json!(arch));
        });
        let report = report(&["replay", file]);
        let breaks = |row: &report::CaseRow| row.broken.iter().any(|clause| clause == "L-21");
        assert_eq!(report.cases.iter().any(breaks), fails, "{arch}-{os}");
        assert_eq!(report.cases.iter().any(|row| !row.risks.is_empty()), risks, "{arch}-{os}");
    }
}

/// Changes a recording's header, and the checksums of all its lines (docs/recording.md).
fn rewrite(file: &Path, change: impl FnOnce(&mut Json)) {
    let (mut sum, mut written) = (0xcbf2_9ce4_8422_2325_u64, String::new());
    let text = std::fs::read_to_string(file).expect("a recording");
    let mut change = Some(change);
    for line in text.lines() {
        let mut rest = line[r#"{"sum":"0123456789abcdef","#.len()..].to_owned();
        if let Some(change) = change.take() {
            let mut header = serde_json::from_str(&format!("{{{rest}")).expect("a header");
            change(&mut header);
            rest = header.to_string()[1..].to_owned();
        }
        let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        sum = rest.bytes().fold(sum, step);
        written.push_str(&format!("{{\"sum\":\"{sum:016x}\",{rest}\n"));
    }
    std::fs::write(file, written).expect("a recording");
}

/// The suite's own library, which takes a type of its prototypes for another, or loops otherwise than it is asked.
fn serve(server: &mut impl Answers, fault: &str) -> ExitCode {
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
            // One call less than it says.
            ("loop-short", Some("loop")) => {
                let rounds = request["rounds"].as_u64().expect("a number");
                request["rounds"] = json!(rounds - 1);
            }
            _ => {}
        }
        let (mut reply, is_last) = answer(server, &request.to_string());
        if request["do"] == "loop" && fault.starts_with("loop-") {
            let mut said: Json = serde_json::from_str(&reply).expect("a reply");
            let scripts = said["scripts"].as_array_mut().expect("a list");
            if fault == "loop-short" {
                let last = request["rounds"].as_u64().expect("a number") as usize % scripts.len();
                let times = &mut scripts[last][0]["times"];
                *times = json!(times.as_u64().expect("a number") + 1);
            } else {
                scripts.iter_mut().for_each(one_wrong);
            }
            reply = said.to_string();
        }
        let mut out = io::stdout().lock();
        if writeln!(out, "{reply}").and_then(|()| out.flush()).is_err() || is_last {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// Has one run of a script come to something else.
fn one_wrong(outcomes: &mut Json) {
    let mut other = outcomes[0].clone();
    let times = outcomes[0]["times"].as_u64().expect("a number");
    outcomes[0]["times"] = json!(times - 1);
    other["times"] = json!(1);
    let values = other["values"].as_array_mut().expect("a list");
    match values.iter_mut().find(|value| !value.is_null()) {
        Some(value) => *value = json!(if *value == "0" { "1" } else { "0" }),
        None => {
            let shown = other["shown"].as_array_mut().and_then(|shown| shown.last_mut());
            let shown = shown.expect("a script that returns nothing shows something");
            let bytes = shown.as_str().expect("hex");
            let first = if bytes.starts_with('0') { "1" } else { "0" };
            *shown = json!(format!("{first}{}", &bytes[1..]));
        }
    }
    outcomes.as_array_mut().expect("a list").push(other);
}
