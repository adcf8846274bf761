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
        self.command(arguments).output().expect("conform starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
        command.args(arguments).current_dir(self.folder.path());
        let cases = self.folder.path().join("cases");
        if cases.is_dir() {
            command.arg("--cases").arg(cases);
        }
        command
    }

    fn report(&self) -> std::path::PathBuf {
        self.folder.path().join("reports/latest")
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
        (corpus(returns).replace("echo_u8", "echo_u99"), "`echo_u99`"),
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
    let text_of = "[p [:by-value Point] i [:by-value :i128] :ret [:by-value Segment]]";
    let output = Conform::new().run(&["explain", "--target", "x86_64-linux", text_of]);
    let shown = text(&output.stdout);
    for part in [
        "p  xmm0 (bytes 0 to 7), xmm1 (8 to 15)\n",
        "i  rsi (bytes 0 to 7), rdx (8 to 15)\n",
        "returned in  memory whose address is in rdi, and comes back in rax\n",
    ] {
        assert!(shown.contains(part), "{part} is missing from\n{shown}");
    }
}

#[test]
fn a_declaration_is_explained() {
    let conform = Conform::new();
    let explained = |arguments: &[&str]| {
        let output = conform.run(&[&["explain"], arguments].concat());
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(
        explained(&[
            "(deftypez Mine [a :u8 at Other])",
            "--types",
            "(deftypez Other [x :f64 y :i8])"
        ]),
        "struct       Mine, 24 bytes, alignment 8\nat 0         a :u8, 1 bytes\nat 8         at Other, \
         16 bytes\n"
    );
    assert_eq!(
        explained(&["(defenumz Mine {:backing :i16} [low -1 high 300])"]),
        "enum         Mine, :i16, 2 bytes\nmember       low -1\nmember       high 300\n"
    );
    // A type of the corpus by its name, and one declared anew.
    assert!(explained(&["Point"]).starts_with("struct       Point, "), "{}", explained(&["Point"]));
    assert!(explained(&["(deftypez Point [only :u8])"]).contains("Point, 1 bytes"));
    refused(&conform.run(&["explain", "(deftypez Mine [a Missing])"]), &["Missing"]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_2() {
    let conform = Conform::with_case_file(&corpus("    args: [1]\n    returns: 1\n"));
    for arguments in
        [&["list"][..], &["explain", "R-2"], &["--help"], &["--version"], &["check"], &["smoke"]]
    {
        let full = std::fs::File::create("/dev/full").expect("Linux has it");
        let output = conform.command(arguments).stdout(full).output().expect("conform starts");
        refused(&output, &["cannot write to standard output: No space left"]);
    }
}

#[cfg(unix)]
#[test]
fn a_limit_of_file_sizes_is_an_error_and_no_death() {
    let conform = Conform::with_case_file(&corpus("    args: [1]\n    returns: 1\n"));
    let arguments = ["check", "--arm", "round-trip"];
    // What it needs is built before.
    assert_eq!(code(&conform.run(&arguments)), 0);
    let limited = conform.command(&arguments);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 1; exec \"$@\"", "sh"]);
    command.arg(limited.get_program()).args(limited.get_args());
    refused(&command.output().expect("sh starts"), &["File too large"]);
}

#[cfg(unix)]
#[test]
fn what_looks_like_cases_and_is_not_read_is_2() {
    let returns = corpus("    args: [1]\n    returns: 1\n");
    let made = |name: &str, make: &dyn Fn(&Path)| {
        let conform = Conform::with_case_file(&returns);
        let path = conform.folder.path().join("cases").join(name);
        make(&path);
        refused(&conform.run(&["list"]), &[name]);
    };
    let write = |path: &Path| std::fs::write(path, "suite: more").expect("a scratch file");
    ["more.yml", "more.YAML", "more.Yml"].iter().for_each(|name| made(name, &write));
    made("more", &|path| std::fs::create_dir(path).expect("a scratch folder"));
    made("gone.yaml", &|path| std::os::unix::fs::symlink("nowhere", path).expect("a link"));
    made("device.yaml", &|path| std::os::unix::fs::symlink("/dev/null", path).expect("a link"));
    made("pipe.yaml", &|path| {
        let made = Command::new("mkfifo").arg(path).status().expect("mkfifo starts");
        assert!(made.success());
    });
    let conform = Conform::with_case_file(&returns);
    write(&conform.folder.path().join("cases/notes.txt"));
    assert_eq!(code(&conform.run(&["list"])), 0, "what looks like none may stay");
}

#[test]
fn the_loader_s_reason_is_told() {
    let conform = Conform::new();
    let library = conform.folder.path().join("binder.so");
    std::fs::write(&library, "no library").expect("a scratch file");
    let library = library.to_str().expect("a path in text");
    let output = conform.run(&["smoke", "--binder", library]);
    let shown = text(&output.stdout);
    assert_eq!(code(&output), 5, "{shown}");
    let reason = if cfg!(target_os = "linux") { "too short" } else { "no suitable image" };
    assert!(shown.contains(reason) && !shown.contains("dlopen failed"), "{shown}");
}

/// Where there is no libffi, what needs it says so and what to install, and the rest goes on.
#[test]
fn without_libffi_the_rest_is_judged() {
    let conform = Conform::with_case_file(&corpus("    args: [1]\n    returns: 1\n"));
    let without = |arguments: &[&str]| {
        let mut command = conform.command(arguments);
        command.env("LIBFFI", "no-such-libffi.so").output().expect("conform starts")
    };
    let wire = shell_words::join([env!("CARGO_BIN_EXE_conform"), "serve", "--level", "wire"]);
    let output = without(&["smoke", "--binder", &wire]);
    let shown = text(&output.stdout);
    assert_eq!(code(&output), 5, "{shown}");
    assert!(
        shown.contains("no-such-libffi.so: ") && shown.contains("apt install libffi8"),
        "{shown}"
    );
    if cfg!(all(target_arch = "x86_64", unix)) {
        let output = without(&["check"]);
        let told = text(&output.stderr);
        assert_eq!(code(&output), 0, "{told}");
        assert!(told.contains("`engines` is not declared: there is no libffi here"), "{told}");
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
    assert_eq!((code(&output), text(&output.stderr)), (0, String::new()));
}

#[test]
fn the_corpus_is_found_from_anywhere() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    let output = command.arg("list").current_dir(Path::new("/")).output().expect("conform starts");
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
}

#[test]
fn adapters_are_judged_with_the_cases_that_are_named() {
    let conform = Conform::with_case_file("suite: sample\nclauses: [T-99]\ncases: []\n");
    let adapter = conform.folder.path().join("adapters/mine");
    std::fs::create_dir_all(&adapter).expect("a scratch folder");
    let manifest =
        "level: wire\ncommand: ['true']\nneeds: ['true']\narms: [round-trip]\ngated: []\n";
    std::fs::write(adapter.join("adapter.yaml"), manifest).expect("a scratch file");
    refused(&conform.run(&["compare"]), &["sample.yaml", "T-99", "mine was not judged"]);
}

/// Reports of `compare` are published: what they were called with says where a folder is from the adapter's.
#[test]
fn the_report_of_an_adapter_names_no_folder_of_the_machine() {
    let conform = Conform::with_case_file(&corpus("    args: [255]\n    returns: 255\n"));
    let adapter = conform.folder.path().join("adapters/mine");
    std::fs::create_dir_all(&adapter).expect("a scratch folder");
    let command = [env!("CARGO_BIN_EXE_conform"), "serve", "--level", "wire"];
    let manifest = format!(
        "level: wire\ncommand: {command:?}\nneeds: ['true']\narms: [round-trip]\ngated: []\n"
    );
    std::fs::write(adapter.join("adapter.yaml"), &manifest).expect("a scratch file");
    let output = conform.run(&["compare", "--adapters", "adapters"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let report = conform.folder.path().join("reports/compare/mine/report.json");
    let report = report::json::read(&report).expect("it was judged");
    let called = &report.suite.command;
    assert!(called.ends_with("--cases ../../cases --out ../../reports/compare/mine"), "{called}");
    // What was judged then is not what comes of an adapter that cannot be judged now.
    let broken = manifest + "options: [--no-such-option]\n";
    std::fs::write(adapter.join("adapter.yaml"), broken).expect("a scratch file");
    let output = conform.run(&["compare", "--adapters", "adapters"]);
    refused(&output, &["mine was not judged", "no-such-option"]);
}

#[test]
fn what_an_adapter_says_itself_is_not_said_for_all() {
    let conform = Conform::new();
    for option in ["--jobs=1", "--restarts=3", "--call-limit-ms=1", "--memory-limit-mib=9"] {
        refused(&conform.run(&["compare", option]), &["`--jobs`", "adapter.yaml"]);
    }
}
