//! What `conform new-binder` writes runs as it stands: each adapter is written into an empty folder, made
//! ready and put to `conform smoke`. Where this machine has not what it needs, its trial is ignored.

use std::path::Path;
use std::process::{Command, Output};

use harness::skeleton::{SKELETONS, Skeleton};
use judge::known::{self, Known};
use judge::row::CaseRow;
use libtest_mimic::{Completion, Trial};
use report::TrialOutcome;

use super::{CONFORM, Fault, check, fault, text};

/// What libffi up to 3.4.6 passes wrongly (its issue 574), and so whoever calls through it: the case, and what a signature
/// of a seed is shrunk to. What it returns wrongly are structs of one `long double`, and others once it left some behind.
fn is_libffi_s(row: &CaseRow) -> bool {
    let smallest = row.calls.as_deref().and_then(|calls| calls.lines().next());
    row.id == "by-value::worddouble-after-a-double-and-5-words"
        || row.id.starts_with("long-double::")
        || smallest.is_some_and(|smallest| {
            ["[:by-value WordDouble]", "[:by-value Extended1]"]
                .iter()
                .any(|of| smallest.contains(of))
        })
}

/// What the library under a skeleton is known to fail: the list of our own adapter over the same one.
fn known_of(language: &str) -> Option<Known> {
    let adapter = match language {
        "lua" => "luajit",
        "node" => "koffi",
        _ => return None,
    };
    let adapters = concat!(env!("CARGO_MANIFEST_DIR"), "/../adapters");
    let file = Path::new(adapters).join(adapter).join("known-failures.yaml");
    let mut list = Known::read(&file).expect("the list is right");
    list.entries.retain(|entry| entry.fault == Some(known::Fault::Binder));
    Some(list)
}

fn new_binder(language: &str, folder: &Path) -> Output {
    let output = Command::new(CONFORM).args(["new-binder", language]).arg(folder).output();
    output.expect("conform starts")
}

/// Whether a command of a shell succeeds here.
fn works(command: &str) -> bool {
    Command::new("sh").args(["-c", command]).output().is_ok_and(|output| output.status.success())
}

/// What a language needs beyond its adapter, as a command that succeeds where it is there.
fn needs(language: &str) -> &'static str {
    match language {
        "python" => "python3 --version",
        "lua" => "luajit -v",
        "node" => "node --version && npm --version",
        "rust" => "cargo --version",
        _ => "echo '#include <ffi.h>' | cc -E - ",
    }
}

/// What is built is built once, of packages that are on the machine where they are.
fn built(command: &mut Command) -> &mut Command {
    let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/new-binder");
    command
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true")
        .env("npm_config_prefer_offline", "true")
}

/// Puts a new adapter of a language to `conform smoke`; gives its command.
///
/// # Errors
/// Why this machine cannot run it.
fn smoked(skeleton: &Skeleton, folder: &Path) -> Result<String, String> {
    let language = skeleton.language;
    if !works(needs(language)) {
        return Err(format!("`{}` does not work here", needs(language)));
    }
    let output = new_binder(language, folder);
    let told = text(&output);
    assert!(output.status.success(), "{told}");
    if let Some(first) = told.lines().find_map(|line| line.strip_prefix("first    ")) {
        let output = built(Command::new("sh").args(["-c", first])).output();
        let output = output.expect("there is a shell");
        let told = text(&output);
        // The packages of a registry may be out of reach; what is to be compiled is not.
        if !output.status.success() && (language == "node" || told.contains("--offline")) {
            let told = told.lines().next().unwrap_or("it fails");
            return Err(format!("`{first}` does not work here: {told}"));
        }
        assert!(output.status.success(), "{first}: {}", text(&output));
    }
    let binder =
        told.lines().find_map(|line| line.strip_prefix("try      conform smoke --binder "));
    let binder = shell_words::split(binder.expect("it says what to try")).expect("words").remove(0);
    let output = built(Command::new(CONFORM).args(["smoke", "--binder", &binder])).output();
    let shown = text(&output.expect("conform starts"));
    assert!(shown.contains("verdict  The adapter works."), "{language}: {shown}");
    Ok(binder)
}

/// One for each language.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    SKELETONS.iter().map(|skeleton| {
        let name = format!("new_binder_writes_what_works::{}", skeleton.language);
        Trial::ignorable_test(name, move || Ok(is_right(skeleton)))
    })
}

fn is_right(skeleton: &Skeleton) -> Completion {
    let folder = tempfile::tempdir().expect("a scratch folder");
    // A space and a quote, because folders have them.
    let folder = folder.path().join("it's new");
    let binder = match smoked(skeleton, &folder) {
        Ok(binder) => binder,
        Err(reason) => return Completion::ignored_with(reason),
    };
    let words = shell_words::split(&binder).expect("words");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let known = known_of(skeleton.language);
    // The crate that Rust's is written over brings a libffi of its own, which passes all of it.
    let brings_its_own = skeleton.language == "rust";
    let mut arms = vec!["--arm", "round-trip", "--arm", "binding", "--arm", "kept"];
    if known.is_some() || brings_its_own {
        arms.extend(["--arm", "generated"]);
    }
    let rows = check(&words, &arms, built);
    let excused = |row: &CaseRow| match &known {
        Some(known) => known.excuses(row),
        None => !brings_its_own && is_libffi_s(row),
    };
    let wrong = rows.iter().find(|row| fault(row) == Some(Fault::Other) && !excused(row));
    assert!(wrong.is_none(), "{binder}: {:?}", wrong.map(|row| (&row.id, &row.observed)));
    let passed = rows.iter().filter(|row| row.outcome == TrialOutcome::Passed).count();
    assert!(passed > 1000, "{binder}: {passed} of {} passed", rows.len());
    for suite in ["callbacks::", "callback-types::", "kept-callbacks::", "by-value::"] {
        let mut of_it = rows.iter().filter(|row| row.id.starts_with(suite));
        let passes = of_it.any(|row| row.outcome == TrialOutcome::Passed);
        assert!(passes, "{binder}: {suite}");
    }
    Completion::Completed
}

pub(crate) fn nothing_that_is_there_is_written_over() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("adapter.py");
    std::fs::write(&file, "mine").expect("a scratch file");
    let output = new_binder("python", folder.path());
    let told = text(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("adapter.py is there already"), "{told}");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "mine");
    let output = new_binder("cobol", folder.path());
    let told = text(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("python, lua, node, rust, c"), "{told}");
}
