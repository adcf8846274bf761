//! Binders that are shared libraries: the examples in C and in Zig conform where they are judged, what is
//! wrong with a library is said, and one that dies takes nothing with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use TrialOutcome::{Error, Failed, Passed};
use report::{Report, TrialOutcome};

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in a workspace")
}

fn built(mut command: Command, library: PathBuf) -> PathBuf {
    let output = command.current_dir(root()).output().expect("the compiler starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}

/// Where libraries go: their names tell them apart.
fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn c_library(source: &str, name: &str, options: &[&str]) -> PathBuf {
    let library = place(name);
    let mut command = Command::new(zig_lib::twin::compiler());
    command.args(["-shared", "-fPIC", "-O2", "-Iinclude", source]).args(options).arg("-o");
    command.arg(&library).args(["-lm", "-ldl", "-lpthread"]);
    built(command, library)
}

/// The example in C, with one thing wrong.
fn crooked(what: &str) -> PathBuf {
    let option = format!("-DCROOKED={what}");
    let name = format!("lib{}.so", what.to_lowercase());
    c_library("harness/tests/library/crooked.c", &name, &[&option])
}

fn conform(arguments: &[&str], binder: &Path) -> Output {
    let mut command = Command::new(CONFORM);
    command.args(arguments).args(["--start-limit-ms", "20000", "--call-limit-ms", "1000"]);
    command.arg("--binder").arg(binder).output().expect("conform starts")
}

fn text(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// The report of a check, and its exit code.
fn check(binder: &Path, options: &[&str]) -> (Report, Option<i32>) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let out = folder.path().to_str().expect("a path that is text");
    let output = conform(&[&["check", "--out", out], options].concat(), binder);
    let report = report::json::read(&folder.path().join("report.json"));
    (report.unwrap_or_else(|_| panic!("{}", text(&output))), output.status.code())
}

/// Names of the trials of an outcome.
fn trials(report: &Report, outcome: TrialOutcome) -> Vec<&str> {
    let of = report.cases.iter().filter(|row| row.outcome == outcome);
    of.map(|row| row.id.as_str()).collect()
}

/// An object that is not judged as it should be is seen: one that dies with the call it was given to, one that is given though it
/// is released, and `errno` that is lost.
#[test]
fn what_is_wrong_with_kept_functions_and_errno_is_found() {
    for (what, options) in [
        ("DIES_WITH_THE_CALL", &["--filter", "kept-callbacks::called-by-a-later-call"][..]),
        ("OUTLIVES_RELEASE", &["--filter", "kept-callbacks::given-when-it-is-released"]),
        ("LEAKS_OBJECTS", &["--arm", "released"]),
        ("LOSES_ERRNO", &["--arm", "errno"]),
    ] {
        let (report, code) = check(&crooked(what), options);
        assert!(!trials(&report, Failed).is_empty(), "{what}");
        assert_eq!(code, Some(1), "{what}");
    }
}

/// What an example owes: everything that it serves passes, in every arm but those that take long.
#[track_caller]
fn conforms(binder: &Path, name: &str) {
    let smoke = conform(&["smoke"], binder);
    assert_eq!(smoke.status.code(), Some(0), "{}", text(&smoke));
    assert!(text(&smoke).contains(name), "{}", text(&smoke));
    let arms = ["round-trip", "refusal", "binding", "malformed", "property", "leak", "generated"];
    let options: Vec<&str> = arms.iter().flat_map(|arm| ["--arm", arm]).collect();
    let (report, code) = check(binder, &options);
    assert_eq!(trials(&report, Failed), [""; 0]);
    assert_eq!(trials(&report, Error), [""; 0]);
    assert_eq!(code, Some(0));
    let passed = trials(&report, Passed);
    for id in [
        "unsigned-returns::u64-top-bit",
        "floats::f64-nan-with-a-payload",
        "call-refusals::i8-above-the-range",
    ] {
        assert!(passed.contains(&id), "{id} did not pass");
    }
    assert!(passed.len() > 400, "{} trials passed", passed.len());
    let (report, code) = check(binder, &["--arm", "threads", "--filter", "::scalars::"]);
    assert_eq!((trials(&report, Failed), code), (Vec::new(), Some(0)));
    assert!(!trials(&report, Passed).is_empty(), "it is called from several threads");
}

#[test]
fn the_example_in_c_conforms_where_it_is_judged() {
    let binder = c_library("examples/c-binder/binder.c", "libcbinder.so", &[]);
    conforms(&binder, "c-binder 0.1.0");
    let passed = passes(&binder, &["--filter", "callbacks::"]);
    for id in [
        "callbacks::again-within-itself",
        "callbacks::raised-in-the-middle",
        "kept-callbacks::a-thousand-at-once",
        "kept-callbacks::released-twice",
        "kept-callbacks::first-on-this-thread-then-on-others",
    ] {
        assert!(passed.iter().any(|passed| passed == id), "{id} did not pass");
    }
    assert!(passed.len() > 180, "{} trials of callbacks passed", passed.len());
    let passed = passes(&binder, &["--arm", "errno", "--arm", "set-errno"]);
    assert!(passed.len() >= 6, "{} trials of errno passed", passed.len());
}

/// The trials that pass, of a choice of which none fails.
#[track_caller]
fn passes(binder: &Path, options: &[&str]) -> Vec<String> {
    let (report, code) = check(binder, options);
    assert_eq!((trials(&report, Failed), code), (Vec::new(), Some(0)));
    trials(&report, Passed).into_iter().map(str::to_owned).collect()
}

#[test]
fn the_example_in_zig_conforms_where_it_is_judged() {
    let library = place("libzigbinder.so");
    let toolchain = zig_lib::toolchain::find().expect("there is a Zig");
    let mut command = Command::new(toolchain.path);
    command.args(["build-lib", "-dynamic", "-lc", "-Iinclude", "examples/zig-binder/binder.zig"]);
    command.arg(format!("-femit-bin={}", library.display()));
    command.arg("--cache-dir").arg(place("zig-cache"));
    conforms(&built(command, library), "zig-binder 0.1.0");
}

#[test]
fn what_is_no_binder_is_said_with_file_and_symbol() {
    let twin = zig_lib::twin::build().expect("the twin builds");
    let text_file = place("text.so");
    std::fs::write(&text_file, "no library").expect("it can be written");
    for (binder, said) in [
        (place("nowhere.so"), &["nowhere.so", "No such file"][..]),
        (text_file, &["text.so", "cannot be loaded"]),
        (twin, &["no binder", "bc_abi_version", "boundary_binder.h"]),
        (crooked("OTHER_VERSION"), &["libother_version.so", "version 7", "version 1"]),
        (crooked("LACKS_READ"), &["liblacks_read.so", "no symbol `bc_read`"]),
        (crooked("NAMELESS"), &["libnameless.so", "no name"]),
        (crooked("TELEPATHIC"), &["libtelepathic.so", "telepathy", "closed-handles"]),
        (crooked("UNCOUNTED"), &["libuncounted.so", "`counters`", "bc_counters"]),
        (crooked("UNLOADS"), &["libunloads.so", "`unload`", "has no function"]),
        (crooked("LACKS_MAKE"), &["liblacks_make.so", "`kept-callbacks`", "bc_make"]),
        (crooked("FAILS_TO_START"), &["libfails_to_start.so", "the runtime has no licence"]),
    ] {
        for command in ["check", "smoke"] {
            let folder = tempfile::tempdir().expect("a scratch folder");
            let out = folder.path().to_str().expect("a path that is text");
            let output = conform(&[command, "--out", out], &binder);
            assert_eq!(output.status.code(), Some(5), "{}", text(&output));
            // Lines are folded for people.
            let words = text(&output).split_whitespace().collect::<Vec<_>>().join(" ");
            for part in said {
                assert!(words.contains(part), "`{part}` is missing from\n{words}");
            }
        }
    }
}

/// Trials of `:i16`, where something is wrong, and of `:i32`, where nothing is.
const BOTH: [&str; 4] =
    ["--filter", "round-trip::scalars::i16-min", "--filter", "round-trip::scalars::i32-min"];

fn observed<'a>(report: &'a Report, id: &str) -> &'a str {
    let row = report.cases.iter().find(|row| row.id == id).expect("the trial has a row");
    row.observed.as_deref().unwrap_or_default()
}

#[test]
fn a_library_that_dies_fails_one_trial_and_the_run_goes_on() {
    for (what, said) in [
        ("CRASHES", "died of SIGSEGV"),
        ("HANGS", "did not answer"),
        ("EXITS", "exited with 3"),
        ("LOST_SIGN", "32768"),
    ] {
        let (report, code) = check(&crooked(what), &BOTH);
        assert_eq!(trials(&report, Failed), ["scalars::i16-min"], "{what}");
        assert_eq!(trials(&report, Passed), ["scalars::i32-min"], "{what}");
        assert_eq!(code, Some(1), "{what}");
        let observed = observed(&report, "scalars::i16-min");
        assert!(observed.contains(said), "`{said}` is missing from\n{observed}");
    }
}

#[test]
fn an_answer_that_is_none_spoils_one_trial_and_says_why() {
    for (what, said) in [
        ("NULL_TEXT", "bc_call gave a string of length 3 at NULL"),
        ("GREEDY", "bc_call gave a string of length 1 at NULL"),
        ("BAD_KIND", "a value of kind 99"),
        ("BAD_STATUS", "status 99, which is none"),
        ("WRONG_STATUS", "status 5, which is none of its"),
        ("STREAMS", "bc_next or bc_close is missing"),
    ] {
        let (report, code) = check(&crooked(what), &BOTH);
        assert_eq!(trials(&report, Error), ["scalars::i16-min"], "{what}");
        assert_eq!(trials(&report, Passed), ["scalars::i32-min"], "{what}");
        assert_eq!(code, Some(2), "{what}");
        let observed = observed(&report, "scalars::i16-min");
        assert!(observed.contains(said), "`{said}` is missing from\n{observed}");
    }
}

#[test]
fn what_a_library_prints_harms_nothing() {
    let (report, code) = check(&crooked("PRINTS"), &BOTH);
    assert_eq!((trials(&report, Passed).len(), code), (2, Some(0)));
}
