//! Faults planted in made-up trees: each rule must find its own, at its line, and nothing else.

use crate::tree::Tree;
use crate::{
    case_files_count, crates_import_one_way, files_are_short, modules_import_what_they_may,
    no_path_of_one_machine, no_test_is_switched_off, nothing_is_left_behind,
    own_modules_are_imported_by_name, powers_are_exact, the_binder_is_used_where_it_may_be,
    unsafe_stands_where_it_may,
};

/// Runs a rule on one made-up file and checks at which lines it complains.
#[track_caller]
fn finds(rule: impl Fn(&Tree) -> Vec<String>, path: &str, text: &str, lines: &[usize]) {
    let complaints = rule(&Tree::planted(&[(path, text)]));
    let at: Vec<String> = lines.iter().map(|line| format!("{path}:{line}: ")).collect();
    assert_eq!(complaints.len(), at.len(), "{complaints:?}");
    for (complaint, at) in complaints.iter().zip(at) {
        assert!(complaint.starts_with(&at), "{complaint} is not at {at}");
    }
}

#[test]
fn imports_that_point_back() {
    let rule = crates_import_one_way;
    finds(rule, "reference-binder/src/a.rs", "// harness\nuse harness::x;\n", &[2]);
    finds(rule, "zig-lib/src/a.rs", "use reference_binder::x;\n", &[1]);
    finds(rule, "harness/src/a.rs", "use zig_lib::x; use reference_binder::x;", &[]);
    let manifest = "[dependencies]\nhalf = \"2\"\nharness.workspace = true\n";
    finds(rule, "reference-binder/Cargo.toml", manifest, &[3]);
    let table = "[dev-dependencies.zig-lib]\npath = \"../zig-lib\"\n";
    finds(rule, "reference-binder/Cargo.toml", table, &[1]);
    finds(rule, "reference-binder/Cargo.toml", "[[bench]]\nharness = false\n", &[]);
}

#[test]
fn imports_between_modules() {
    let rule = modules_import_what_they_may;
    let text = "use crate::clause::find;\nuse crate::{report::Report, case::Case};\n";
    finds(rule, "harness/src/report/a.rs", text, &[2]);
    finds(rule, "harness/src/clause.rs", "crate::value::f();", &[1]);
    finds(rule, "harness/src/subject/a.rs", "use crate::value::V;\nuse crate::case::Case;", &[2]);
    finds(rule, "reference-binder/src/contract/a.rs", "use crate::scope::Scope;", &[1]);
}

#[test]
fn the_binder_used_elsewhere() {
    let rule = the_binder_is_used_where_it_may_be;
    let text = "use contract::Path;\nuse reference_binder::bind;\n";
    finds(rule, "harness/src/arm/a.rs", text, &[2]);
    finds(rule, "harness/src/arm/a.rs", "use reference_binder::{contract::Path, bind};", &[1]);
    finds(rule, "harness/src/arm/a.rs", "use reference_binder as b;", &[1]);
    finds(rule, "harness/src/subject/a.rs", text, &[]);
    finds(rule, "harness/src/measure/a.rs", text, &[]);
}

#[test]
fn unsafe_outside_the_fence() {
    let text = "#![expect(unsafe_code)]\n// unsafe\nunsafe { f() }\n";
    let none = |tree: &Tree| unsafe_stands_where_it_may(tree, &[]);
    finds(none, "harness/src/a.rs", text, &[3]);
    let listed = |tree: &Tree| unsafe_stands_where_it_may(tree, &[("harness/src/a.rs", "calls")]);
    finds(listed, "harness/src/a.rs", text, &[]);
    finds(listed, "harness/src/a.rs", "fn f() {}", &[1]);
}

#[test]
fn globs_of_own_modules() {
    let rule = own_modules_are_imported_by_name;
    finds(rule, "a.rs", "use crate::b::*;\nuse proptest::prelude::*;\n", &[1]);
    finds(rule, "a.rs", "mod model;\npub use model::*;\nuse Scalar::*;\n", &[2, 3]);
    finds(rule, "a.rs", "use super::*;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n", &[1]);
    finds(rule, "a.rs", "use crate::{\n    b,\n    c::*,\n};\n", &[1]);
}

#[test]
fn long_files_and_idle_exemptions() {
    let long = "\n".repeat(501);
    let none = |tree: &Tree| files_are_short(tree, &[]);
    finds(none, "a.zig", &long, &[500]);
    finds(none, "a.yaml", &long, &[]);
    finds(none, "a.rs", &"\n".repeat(500), &[]);
    let exempt = |tree: &Tree| files_are_short(tree, &[("a.rs", "one table")]);
    finds(exempt, "a.rs", &long, &[]);
    finds(exempt, "a.rs", "\n", &[1]);
    assert_eq!(exempt(&Tree::planted(&[])).len(), 1, "an exemption for a file that is gone");
}

#[test]
fn unfinished_work() {
    let rule = nothing_is_left_behind;
    finds(rule, "a.rs", concat!("fn f() {\n    to", "do!()\n}\n"), &[2]);
    finds(rule, "a.md", concat!("a\nFIX", "ME: b\n"), &[2]);
    finds(rule, "a.sh", concat!("mktemp a.XX", "XXXX\n# XX", "X\n"), &[2]);
    let rule = no_test_is_switched_off;
    finds(rule, "a.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}\n", &[2]);
    finds(rule, "a.rs", "#[cfg_attr(windows, ignore)]\n", &[1]);
    finds(rule, "a.rs", "#[cfg_attr(miri, ignore)]\n// #[ignore]\n", &[]);
}

#[test]
fn powers_that_may_be_rounded() {
    let text = "// powi\nlet a = 2_f64.powi(128);\nlet b = f64::from_bits(0x47f << 52);\n";
    finds(powers_are_exact, "a.rs", text, &[2]);
}

#[test]
fn case_files_that_do_not_count() {
    finds(case_files_count, "spec-cases/a.yml", "suite: a\ncases:\n  - id: b\n", &[1]);
    finds(case_files_count, "spec-cases/a.yaml", "suite: a\n# - id: b\n", &[1]);
    finds(case_files_count, "spec-cases/a.yaml", "suite: a\ncases:\n  - id: b\n", &[]);
    let mut tree = Tree::planted(&[("spec-cases/a.yaml", "cases:\n  - id: b\n")]);
    tree.tracked = Some(["other".to_owned()].into());
    assert_eq!(case_files_count(&tree).len(), 1, "an untracked case file");
}

#[test]
fn paths_of_one_machine() {
    let rule = no_path_of_one_machine;
    finds(rule, "a.md", concat!("see /ho", "me/someone/x\n"), &[1]);
    finds(rule, "a.json", concat!("{\n\"a\": \"/t", "mp/x\"}\n"), &[2]);
    finds(rule, "a.md", concat!("$DIR/t", "mp/x and /t", "mpl and ./ho", "me/x"), &[]);
}
