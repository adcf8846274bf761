//! The command line as people script it: exit codes, and what bad input is told.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

struct Conform {
    folder: TempDir,
}

impl Conform {
    fn new() -> Conform {
        Conform { folder: tempfile::tempdir().expect("a scratch folder") }
    }

    /// A corpus of one file, with the functions the tests use.
    fn with_case_file(text: &str) -> Conform {
        let conform = Conform::new();
        let cases = conform.folder.path().join("cases");
        std::fs::create_dir(&cases).expect("a scratch folder");
        std::fs::write(cases.join("sample.yaml"), text).expect("a scratch file");
        conform
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.args(arguments).arg("--out").arg(self.report());
        let cases = self.folder.path().join("cases");
        if cases.is_dir() {
            command.arg("--cases").arg(cases);
        }
        command.output().expect("conform starts")
    }

    fn report(&self) -> std::path::PathBuf {
        self.folder.path().join("report")
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// That a command is refused, and why.
#[track_caller]
fn refused(output: &Output, said: &[&str]) {
    let shown = text(&output.stderr);
    assert_eq!(code(output), 2, "{shown}");
    for part in said {
        assert!(shown.contains(part), "{part} is missing from {shown}");
    }
}

/// A corpus whose one case has these lines.
fn corpus(case: &str) -> String {
    format!(
        "suite: sample\nclauses: [R-2]\nfunctions:\n  echo_u8: \"[x :u8 :ret :u8]\"\ncases:\n  - id: \
         one\n    fn: echo_u8\n{case}"
    )
}

#[test]
fn a_case_that_passes_is_0_and_writes_every_rendering() {
    let conform = Conform::with_case_file(&corpus("    args: [255]\n    returns: 255\n"));
    let output = conform.run(&["check"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    for file in ["report.json", "report.md", "junit.xml"] {
        assert!(conform.report().join(file).is_file(), "{file}");
    }
}

#[test]
fn a_case_that_fails_is_1_and_shows_what_it_takes_to_understand_it() {
    let conform = Conform::with_case_file(&corpus("    args: [255]\n    returns: 254\n"));
    let output = conform.run(&["check", "--arm", "round-trip"]);
    assert_eq!(code(&output), 1);
    let shown = text(&output.stdout);
    for part in [
        "R-2",
        "echo_u8(255)",
        "254 / 0xfe",
        "255 / 0xff",
        "arrived",
        "conform check --filter round-trip::sample::one",
    ] {
        assert!(shown.contains(part), "{part} is missing from\n{shown}");
    }
}

#[test]
fn what_selects_nothing_is_2() {
    let conform = Conform::new();
    for (arguments, said) in [
        (&["check", "--filter", "no-such-case"][..], "no-such-case"),
        (&["check", "--arm", "no-such-arm"], "the arms are round-trip"),
        (&["check", "--shard", "3/2"], "k/n"),
        (&["check", "--arm", "refusal", "--filter", "round-trip::"], "nothing is left"),
        (&["list", "--filter", "no-such-case"], "no-such-case"),
        (&["explain", "no-such-thing"], "no-such-thing"),
        (&["explain", "[x :int :ret :void]"], "unknown-scalar"),
        (&["check", "--no-such-option"], "--no-such-option"),
    ] {
        refused(&conform.run(arguments), &[said]);
    }
}

#[test]
fn a_wrong_case_file_is_2_with_file_line_and_column() {
    let returns = "    args: [1]\n    returns: 1\n";
    for (file, said) in [
        (corpus("    args: [1]\n    retruns: 1\n"), &["sample.yaml:9:5", "retruns", "returns"][..]),
        (
            corpus(&format!("{returns}  - id: one\n    fn: echo_u8\n{returns}")),
            &["sample.yaml:10:", "one"],
        ),
        (corpus("    args: [1]\n    returns: 256\n"), &["sample.yaml:9:", "256", "u8"]),
        (corpus(returns).replace("fn: echo_u8", "fn: echo_u9"), &["sample.yaml:7:", "echo_u9"]),
        (corpus(returns).replace("R-2", "R-99"), &["sample.yaml:2:", "R-99"]),
        (
            corpus(returns).replace(":ret :u8", ":ret :u7"),
            &["sample.yaml:4:", "unknown-scalar", ":u7"],
        ),
        ("suite: [".to_owned(), &["sample.yaml:"]),
    ] {
        refused(&Conform::with_case_file(&file).run(&["check"]), said);
    }
}

#[test]
fn a_corpus_that_disagrees_with_the_library_is_2_before_any_case() {
    let returns = "    args: [1]\n    returns: 1\n";
    for (file, said) in [
        (
            corpus(returns).replace("[x :u8 :ret :u8]", "[x :u16 :ret :u8]"),
            "type of `x` of `echo_u8`",
        ),
        (corpus(returns).replace("[x :u8 :ret :u8]", "[x :u8 :ret :u32]"), "return of `echo_u8`"),
        (corpus(returns).replace("echo_u8", "echo_u99"), "no fixture is called `echo_u99`"),
    ] {
        refused(&Conform::with_case_file(&file).run(&["check"]), &[said]);
    }
}

#[test]
fn a_folder_without_cases_is_2() {
    let conform = Conform::new();
    std::fs::create_dir(conform.folder.path().join("cases")).expect("a scratch folder");
    refused(&conform.run(&["check"]), &["cases"]);
}

#[test]
fn shards_share_out_every_trial_once() {
    let conform = Conform::new();
    let list = |arguments: &[&str]| {
        let output = conform.run(&[&["list"], arguments].concat());
        assert_eq!(code(&output), 0);
        text(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut all = list(&[]);
    let mut shared: Vec<String> =
        ["1/3", "2/3", "3/3"].into_iter().flat_map(|shard| list(&["--shard", shard])).collect();
    all.sort();
    shared.sort();
    assert!(all.len() > 1000);
    assert_eq!(all, shared);
}

#[test]
fn a_signature_is_explained() {
    let output =
        Conform::new().run(&["explain", "[x :i64 :ret [:owned [:slice :u8]]]", "--symbol", "make"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for part in ["general", "int64_t x", "make__free", "uintptr_t", ":kind :owned"] {
        assert!(shown.contains(part), "{part} is missing from\n{shown}");
    }
}

/// A reader that goes away early, as `head` does, is no error and no panic.
#[test]
fn a_closed_pipe_is_no_panic() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    command.arg("list").stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("conform starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
}

#[test]
fn the_corpus_is_found_from_anywhere() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    let output = command.arg("list").current_dir(Path::new("/")).output().expect("conform starts");
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
}
