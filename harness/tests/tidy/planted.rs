//! Faults planted in made-up trees: each rule must find its own, at its line, and nothing else.

use serde_json::{Value, json};

use crate::graph::{Workspace, modules};
use crate::tree::Tree;
use crate::{
    case_files_count, crates_import_one_way, decisions_are_listed, dependencies_are_used,
    files_are_short, modules_keep_apart, modules_make_no_circle, no_path_of_one_machine,
    no_test_is_switched_off, nothing_is_left_behind, the_binder_is_known_where_it_is_served,
};

/// Runs a rule on one made-up file and checks at which lines it complains.
#[track_caller]
fn finds(rule: impl Fn(&Tree) -> Vec<String>, path: &str, text: &str, lines: &[usize]) {
    let complaints = rule(&Tree::planted(&[(path, text)]));
    let at: Vec<String> = lines.iter().map(|line| format!("{path}:{line}: ")).collect();
    are_at(&complaints, &at);
}

#[track_caller]
fn are_at(complaints: &[String], places: &[impl AsRef<str>]) {
    assert_eq!(complaints.len(), places.len(), "{complaints:#?}");
    for (complaint, place) in complaints.iter().zip(places) {
        assert!(complaint.starts_with(place.as_ref()), "{complaint} is not at {}", place.as_ref());
    }
}

/// A dependency's name and kind.
type Depends = (&'static str, Option<&'static str>);

/// A workspace of crates in folders of their names, with what each depends on.
fn workspace(crates: &[(&str, &[Depends])]) -> Workspace {
    let package = |(name, dependencies): &(&str, &[Depends])| -> Value {
        let dependencies =
            dependencies.iter().map(|(name, kind)| json!({"name": name, "kind": kind}));
        json!({
            "name": name,
            "manifest_path": format!("/w/{name}/Cargo.toml"),
            "dependencies": dependencies.collect::<Value>(),
        })
    };
    let packages: Value = crates.iter().map(package).collect();
    serde_json::from_value(json!({"packages": packages, "workspace_root": "/w"})).expect("metadata")
}

#[test]
fn crates_that_import_what_is_not_theirs() {
    let complaints = crates_import_one_way(&workspace(&[
        ("contract", &[("half", None), ("zig-lib", None)]),
        ("reference-binder", &[("contract", Some("dev")), ("system-libffi", None)]),
        (
            "subject",
            &[
                ("contract", None),
                ("interrupt", None),
                ("judge", Some("dev")),
                ("zig-lib", Some("dev")),
            ],
        ),
        (
            "judge",
            &[
                ("contract", None),
                ("corpus", None),
                ("interrupt", None),
                ("subject", None),
                ("zig-lib", None),
            ],
        ),
        ("corpus", &[("contract", None), ("wasm", None), ("zig-lib", None)]),
        ("interrupt", &[]),
        ("system-libffi", &[]),
        ("zig-lib", &[("interrupt", None)]),
        ("wasm", &[]),
        ("new", &[]),
    ]));
    are_at(
        &complaints,
        &[
            "contract/Cargo.toml:1: `zig-lib` is not in",
            "reference-binder/Cargo.toml:1: `contract` is not needed",
            "reference-binder/Cargo.toml:1: `contract` is not in",
            "subject/Cargo.toml:1: `judge` is not in",
            "new/Cargo.toml:1: the crate is not in",
        ],
    );
}

#[test]
fn dependencies_that_nobody_uses() {
    let dependencies: &[Depends] =
        &[("used", None), ("of-tests", None), ("idle", None), ("quiet", Some("dev"))];
    let text =
        "use used::X; // idle::X\nfn idle() {}\n#[cfg(test)]\nmod tests { use of_tests::Y; }\n";
    let tree = Tree::planted(&[("a/src/lib.rs", text), ("a/tests/b.rs", "use idle::Z;")]);
    let places = ["`of-tests`", "`idle`", "`quiet`"].map(|name| format!("a/Cargo.toml:1: {name}"));
    are_at(&dependencies_are_used(&workspace(&[("a", dependencies)]), &tree), &places);
}

#[test]
fn modules_that_import_each_other() {
    let circle =
        |files: &[(&str, &str)]| modules_make_no_circle(&modules(&Tree::planted(files), "a/", "a"));
    let b = ("a/src/b/mod.rs", "use crate::{d::Z, c::X};\nfn f() -> X {}\n");
    let root = ("a/src/lib.rs", "mod b;\nmod c;\nmod d;\npub use b::{Y, W};\n");
    let ties = ["a/src/b/mod.rs:1: `b` imports `c`", "a/src/c.rs:2: `c` imports `b`"];
    are_at(&circle(&[root, b, ("a/src/c.rs", "\nuse crate::b::Y;\n")]), &ties);
    are_at(&circle(&[root, b, ("a/src/c.rs", "\nuse a::Y as Q;\n")]), &ties);
    are_at(&circle(&[root, b, ("a/src/c.rs", "\nuse super::{Y};\n")]), &ties);
    are_at(
        &circle(&[root, b, ("a/src/c.rs", "\nmod e { fn f() { m!(super::super::W) } }\n")]),
        &ties,
    );
    let longer = [
        "a/src/b/mod.rs:1: `b` imports `d`",
        "a/src/d.rs:1: `d` imports `e`",
        "a/src/e/g.rs:1: `e` imports `b`",
    ];
    let (d, e) = (("a/src/d.rs", "crate::e::f!();"), ("a/src/e/g.rs", "super::super::b::f();"));
    are_at(&circle(&[root, b, d, e]), &longer);
    let own = ("a/src/lib.rs", "mod b;\npub struct T;\nfn f() { b::g() }\n");
    let ties = ["a/src/lib.rs:3: `(root)` imports `b`", "a/src/b.rs:1: `b` imports `(root)`"];
    are_at(&circle(&[own, ("a/src/b.rs", "use crate::T;")]), &ties);

    let innocent = [
        "#[cfg(test)]\nmod tests {\n    use crate::b::Y;\n}\n",
        "#[test]\nfn f() { crate::b::f() }\n",
        "// crate::b::Y\nconst S: &str = \"crate::b::Y\";\npub(crate) fn f() {}\n",
        "mod e { use super::b::Y; use self::b::Y; }\nuse other::b::Y;\n",
    ];
    for text in innocent {
        are_at(&circle(&[root, b, ("a/src/c.rs", text)]), &[""; 0]);
    }
    let tests = ("a/src/c.rs", "#[cfg(test)]\nmod e;\n");
    are_at(&circle(&[root, b, tests, ("a/src/c/e.rs", "use crate::b::Y;")]), &[""; 0]);
}

#[test]
fn modules_that_see_what_they_must_not() {
    let apart = |path: &str, text: &str| {
        let protocol = ("subject/src/protocol/mod.rs", "use crate::fault::F;");
        let files = [protocol, ("subject/src/library.rs", ""), (path, text)];
        modules_keep_apart(&modules(&Tree::planted(&files), "subject/", "subject"), "subject")
    };
    let place = "subject/src/protocol/a.rs:1: `protocol` imports `library`";
    are_at(&apart("subject/src/protocol/a.rs", "use crate::library::L;"), &[place]);
    are_at(&apart("subject/src/wire.rs", "use crate::protocol::P;"), &[""; 0]);
    let gone = modules(&Tree::planted(&[]), "subject/", "subject");
    assert_eq!(modules_keep_apart(&gone, "subject").len(), 2, "modules that are gone");
}

#[test]
fn the_binder_known_elsewhere() {
    let rule = the_binder_is_known_where_it_is_served;
    finds(rule, "harness/src/a.rs", "// reference_binder\nuse reference_binder as b;\n", &[2]);
    finds(rule, "harness/src/served/a.rs", "use reference_binder::bind;\n", &[]);
    finds(rule, "harness/tests/a.rs", "use reference_binder::bind;\n", &[]);
}

#[test]
fn long_files() {
    finds(files_are_short, "a.zig", &"\n".repeat(501), &[500]);
    finds(files_are_short, "a.yaml", &"\n".repeat(501), &[]);
    finds(files_are_short, "a.rs", &"\n".repeat(500), &[]);
}

#[test]
fn unfinished_work() {
    let rule = nothing_is_left_behind;
    finds(rule, "a.md", concat!("a\nFIX", "ME: b\n"), &[2]);
    finds(rule, "a.sh", concat!("mktemp a.XX", "XXXX\n# XX", "X\n"), &[2]);
    let rule = no_test_is_switched_off;
    finds(rule, "a.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}\n", &[2]);
    finds(rule, "a.rs", "#[cfg_attr(windows, ignore)]\n", &[1]);
    finds(rule, "a.rs", "#[cfg_attr(miri, ignore)]\n// #[ignore]\n", &[]);
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
fn decisions_that_are_not_listed() {
    let with = |index: &str| {
        let files = [("docs/adr/README.md", index), ("docs/adr/0001-a.md", "# 0001. A\n")];
        decisions_are_listed(&Tree::planted(&files)).len()
    };
    assert_eq!(with("| [0001](0001-a.md) | A | accepted |\n"), 0);
    assert_eq!(with("| [0002](0002-b.md) | B | accepted |\n"), 1);
}

#[test]
fn paths_of_one_machine() {
    let rule = no_path_of_one_machine;
    finds(rule, "a.md", concat!("see /ho", "me/someone/x\n"), &[1]);
    finds(rule, "a.json", concat!("{\n\"a\": \"/t", "mp/x\"}\n"), &[2]);
    finds(rule, "a.md", concat!("$DIR/t", "mp/x and /t", "mpl and ./ho", "me/x"), &[]);
}
