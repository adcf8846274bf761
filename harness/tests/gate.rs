//! `conform gate` by its command line: budgets that are wrong, that are kept and that are not, and another build that is
//! none. What needs valgrind is left out without.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use harness::valgrind;
use measure::Burden;
use serde_json::Value as Json;

const CONFORM: &str = env!("CARGO_BIN_EXE_conform");

fn gate(folder: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(CONFORM);
    command.current_dir(folder).arg("gate").args(options);
    command.output().expect("conform starts")
}

fn came(output: &Output) -> (Option<i32>, String) {
    let text = [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat();
    (output.status.code(), text)
}

fn report(folder: &Path) -> Json {
    let text = fs::read_to_string(folder.join("reports/gate/gate.json")).expect("it was written");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn a_file_that_is_no_budgets_says_where() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("mine.yaml");
    for (text, said) in [
        ("subject: [", "mine.yaml:"),
        ("subject: other\nmade-with: {}\nbudgets: []\n", "mine.yaml:2:"),
        ("subject: reference-binder\nmade-with: 3\nbudgets: []\n", "mine.yaml:2:"),
    ] {
        fs::write(&file, text).expect("it is written");
        let (code, text) = came(&gate(folder.path(), &["--budgets", "mine.yaml"]));
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(said), "{text}");
    }
    let (code, text) = came(&gate(folder.path(), &["--budgets", "gone.yaml"]));
    assert!(code == Some(2) && text.contains("gone.yaml"), "{text}");
    let (code, text) = came(&gate(folder.path(), &["--shape", "no-such"]));
    assert!(code == Some(2) && text.contains("scalar-i64, scalar-u64"), "{text}");
    let (code, text) = came(&gate(folder.path(), &["--bless"]));
    assert!(code == Some(2) && text.contains("--reason"), "{text}");
    let (code, text) = came(&gate(folder.path(), &["--against", "no-such-revision"]));
    assert!(code == Some(2) && text.contains("no-such-revision"), "{text}");
    let (code, text) = came(&gate(folder.path(), &["--in-process", "--against", "HEAD"]));
    assert!(code == Some(2) && text.contains("leave `--in-process`"), "{text}");
}

#[test]
fn a_budget_is_kept_or_it_is_red() {
    if !valgrind::is_there() {
        eprintln!("there is no valgrind: left out");
        return;
    }
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (code, text) = came(&gate(folder.path(), &[]));
    assert!(code == Some(2) && text.contains("no budgets.yaml here"), "{text}");
    let blessed = gate(folder.path(), &["--bless", "--reason", "it is the first"]);
    assert_eq!(came(&blessed).0, Some(0), "{}", came(&blessed).1);

    // Of a build without optimisation, where addresses move more counts than these.
    let (code, text) = came(&gate(folder.path(), &["--shape", "scalar-i64"]));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("held 2 of 2 counts against budgets"), "{text}");
    let held = report(folder.path())["rows"].as_array().map(Vec::len);
    assert_eq!(held, Some(2), "on two paths");
    for burden in Burden::ALL {
        let burden = burden.to_string();
        let options = ["--shape", "scalar-i64", "--burden", &*burden];
        let (code, text) = came(&gate(folder.path(), &options));
        assert_eq!(code, Some(3), "{burden}: {text}");
        let told = if burden == "allocation" { "allocations" } else { "instructions" };
        assert!(text.contains("dearer    scalar-i64 scalar"), "{burden}: {text}");
        assert!(text.contains(told), "{burden}: {text}");
    }

    let file = folder.path().join("budgets.yaml");
    let budgets = fs::read_to_string(&file).expect("it is there");

    fs::write(&file, budgets.replacen("shape: scalar-u64", "shape: scalar-u63", 1))
        .expect("written");
    let (code, text) = came(&gate(folder.path(), &["--shape", "scalar-u64"]));
    assert!(code.is_some_and(|code| code == 2 || code == 3), "{text}");
    assert!(text.contains("no budget of scalar-u64 scalar"), "{text}");
    assert!(text.contains("a budget of scalar-u63 scalar"), "{text}");

    fs::write(&file, budgets.replacen("rustc: \"rustc", "rustc: \"another", 1)).expect("written");
    let (code, text) = came(&gate(folder.path(), &["--shape", "scalar-i64"]));
    assert!(code == Some(0) && text.contains("rustc another"), "{text}");
    let (code, text) = came(&gate(folder.path(), &["--strict", "--shape", "scalar-i64"]));
    assert_eq!(code, Some(4), "{text}");
}

/// Whatever it costs: nothing is measured.
#[test]
fn the_same_executable_is_never_dearer() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let copy = folder.path().join("conform-copy");
    fs::copy(CONFORM, &copy).expect("it is copied");
    let binder = format!("{CONFORM} serve");
    let same = format!("{} serve", copy.display());
    let options = ["--binder", &*binder, "--against", &*same, "--shape", "scalar-i64"];
    let (_, text) = came(&gate(folder.path(), &options));
    assert!(text.contains("the same executable"), "{text}");
    assert_eq!(report(folder.path())["base"]["is_same"], true);
    assert_eq!(report(folder.path())["rows"], Json::Array(Vec::new()));
}
