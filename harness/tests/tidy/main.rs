//! The project's own rules, checked on its files: what may import what, where `unsafe` may stand,
//! how long a file may be, and what must not be left behind.
//!
//! A rule takes the tree and gives complaints, `file:line: what, and what to do`. Each has a test
//! that plants a fault and sees it found, because a rule that cannot fail protects nothing.

mod source;
mod tree;

use std::collections::BTreeSet;

use source::{code, has_word, named_under, use_statements};
use tree::Tree;

/// Files that may hold `unsafe`, each with what it fences.
const UNSAFE: &[(&str, &str)] = &[
    ("examples/rust-binder/src/native.rs", "an example's library and foreign call"),
    ("harness/src/evidence.rs", "the page shared with the library"),
    ("harness/src/fixtures.rs", "loading the fixtures and calling the suite's own symbols"),
    ("harness/src/measure/allocations.rs", "an allocator that counts"),
    ("harness/src/subject/library/abi.rs", "the types of a binder's functions"),
    ("harness/src/subject/library/loaded.rs", "calling the functions of a binder's library"),
    ("harness/src/subject/library/values.rs", "reading what a binder's reply points to"),
    ("harness/src/subject/reference/mod.rs", "binding what the manifest vouches for"),
    ("harness/src/subject/wire/native.rs", "the foreign call of a library that does as it is told"),
    ("harness/src/served/wire.rs", "doing as the harness tells it"),
    ("harness/templates/rust/src/main.rs", "the foreign call of an adapter to begin with"),
    ("harness/tests/allocations.rs", "binding a function without parameters to any signature"),
    ("harness/tests/binding.rs", "binding fixtures to their own signatures"),
    ("reference-binder/src/call/bind.rs", "the promise that a symbol is what its signature says"),
    ("reference-binder/src/call/foreign/libffi.rs", "the foreign call, through libffi"),
    ("reference-binder/src/call/foreign/mod.rs", "what every image of a foreign call promises"),
    ("reference-binder/src/call/foreign/obliged.rs", "the foreign call of free and next symbols"),
    ("reference-binder/src/call/foreign/registers.rs", "the foreign call, by registers"),
    ("reference-binder/src/call/gather.rs", "the use of the foreign call by value"),
    ("reference-binder/src/call/general.rs", "the general path's use of the foreign call"),
    ("reference-binder/src/call/kernels.rs", "the kernels' use of the foreign call"),
    ("reference-binder/src/call/mod.rs", "that bound functions may move between threads"),
    ("reference-binder/src/call/read.rs", "what the callee left in memory"),
    ("reference-binder/src/call/stream.rs", "an iterator's next and free symbols"),
    ("reference-binder/src/call/take.rs", "out-parameters and free symbols"),
    ("reference-binder/src/library.rs", "opening a library runs its initialisers"),
    ("reference-binder/src/scope.rs", "the pages of a call"),
    ("reference-binder/tests/native/library.rs", "binding the fixtures of its own tests"),
];

/// Longest a source file may be, in lines.
const LONGEST: usize = 500;

/// Source files that may be longer, each with the reason.
const LONG: &[(&str, &str)] =
    &[("reference-binder/src/contract/refusal_table.rs", "one table, each code with its texts")];

const SOURCE: &[&str] = &["rs", "zig", "c", "h", "py", "js", "mjs", "lua", "java", "clj", "sh"];

/// Crates, and what their code and manifests may not name: imports never point back.
const FORBIDDEN_CRATES: &[(&str, &[&str])] = &[
    ("reference-binder/", &["harness", "zig-lib"]),
    ("zig-lib/", &["harness", "reference-binder"]),
];

/// Modules, and all they may import of their own crate.
const OWN_IMPORTS: &[(&str, &[&str])] = &[
    ("reference-binder/src/contract/", &["contract"]),
    ("harness/src/clause.rs", &[]),
    ("harness/src/report/", &["clause", "report"]),
];

/// Modules, and what they may not import of their own crate: a subject sees the call, never the
/// expectation.
const FORBIDDEN_OWN: &[(&str, &[&str])] = &[("harness/src/subject/", &["case", "report"])];

/// Where the harness may use the reference binder beyond its contract: the arm that judges it, and
/// the one that times it.
const USES_THE_BINDER: &[&str] = &["harness/src/subject/", "harness/src/measure/"];

type Complaints = Vec<String>;

fn crates_import_one_way(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (under, forbidden) in FORBIDDEN_CRATES {
        for name in *forbidden {
            let ident = name.replace('-', "_");
            for (path, text) in tree.texts(under, &["rs"]) {
                for (index, line) in code(text).lines().enumerate() {
                    if has_word(line, &ident) {
                        complaints.push(format!(
                            "{path}:{}: names `{ident}`, and imports never point back to it: move \
                             what is needed down, or pass it in",
                            index + 1
                        ));
                    }
                }
            }
            for (path, text) in tree.texts(under, &["toml"]) {
                complaints.extend(dependency(text, name).map(|line| {
                    format!("{path}:{line}: depends on `{name}`: imports never point back to it")
                }));
            }
        }
    }
    complaints
}

/// The line on which a manifest depends on a crate.
fn dependency(manifest: &str, name: &str) -> Option<usize> {
    let mut in_dependencies = false;
    for (index, line) in manifest.lines().enumerate() {
        if let Some(section) = line.trim().strip_prefix('[') {
            let section = section.trim_end_matches(']');
            in_dependencies = section.ends_with("dependencies");
            if section.ends_with(&format!("dependencies.{name}")) {
                return Some(index + 1);
            }
        }
        let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
        if in_dependencies && key == name {
            return Some(index + 1);
        }
    }
    None
}

fn modules_import_what_they_may(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (under, allowed) in OWN_IMPORTS {
        for (path, text) in tree.texts(under, &["rs"]) {
            for (line, module) in named_under(&code(text), "crate") {
                if !allowed.contains(&module.as_str()) {
                    complaints.push(format!(
                        "{path}:{line}: imports `crate::{module}`; {under} may import {allowed:?} \
                         of its crate: pass in what it needs"
                    ));
                }
            }
        }
    }
    for (under, forbidden) in FORBIDDEN_OWN {
        for (path, text) in tree.texts(under, &["rs"]) {
            for (line, module) in named_under(&code(text), "crate") {
                if forbidden.contains(&module.as_str()) {
                    complaints.push(format!(
                        "{path}:{line}: imports `crate::{module}`, which {under} must not see"
                    ));
                }
            }
        }
    }
    complaints
}

fn the_binder_is_used_where_it_may_be(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in tree.texts("harness/src/", &["rs"]) {
        if USES_THE_BINDER.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        for (line, module) in named_under(&code(text), "reference_binder") {
            if module != "contract" {
                complaints.push(format!(
                    "{path}:{line}: uses `reference_binder::{module}`; outside \
                     {USES_THE_BINDER:?} only `contract` may be used"
                ));
            }
        }
    }
    complaints
}

fn unsafe_stands_where_it_may(tree: &Tree, allowed: &[(&str, &str)]) -> Complaints {
    let mut complaints = Complaints::new();
    let mut used = BTreeSet::new();
    for (path, text) in tree.texts("", &["rs"]) {
        let code = code(text);
        let Some(line) = code.lines().position(|line| has_word(line, "unsafe")) else { continue };
        used.insert(path);
        if !allowed.iter().any(|(file, _)| *file == path) {
            complaints.push(format!(
                "{path}:{}: `unsafe` outside the fence: do it in one of the files of UNSAFE in \
                 harness/tests/tidy/main.rs, or add this one there with what it fences",
                line + 1
            ));
        }
    }
    let idle = allowed.iter().filter(|(file, _)| !used.contains(file));
    complaints.extend(
        idle.map(|(file, _)| format!("{file}:1: has no `unsafe` any more: take it out of UNSAFE")),
    );
    complaints
}

fn own_modules_are_imported_by_name(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in tree.texts("", &["rs"]) {
        let code = code(text);
        for (line, statement) in use_statements(&code) {
            let first = statement.split("::").next().unwrap_or_default();
            let of_a_test = statement == "super::*" && in_tests(path, &code, line);
            if statement.contains('*') && is_own(first, &code) && !of_a_test {
                complaints.push(format!("{path}:{line}: `use {statement}`: name what is imported"));
            }
        }
    }
    complaints
}

/// Whether a path beginning so leads to the project's own modules, or to the variants of a type.
fn is_own(first: &str, code: &str) -> bool {
    ["crate", "self", "super", "harness", "reference_binder", "zig_lib"].contains(&first)
        || first.starts_with(char::is_uppercase)
        || code.lines().any(|line| {
            let line = line.trim_start().trim_start_matches("pub ");
            line == format!("mod {first};") || line.starts_with(&format!("mod {first} {{"))
        })
}

/// Whether a line is in a module of unit tests, which may take all of the module they test.
fn in_tests(path: &str, code: &str, line: usize) -> bool {
    let modules = code.lines().take(line).filter(|line| line.trim_start().starts_with("mod "));
    path.ends_with("/tests.rs") || modules.last().is_some_and(|line| line.contains("tests {"))
}

fn files_are_short(tree: &Tree, exempt: &[(&str, &str)]) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in tree.texts("", SOURCE) {
        let lines = text.lines().count();
        let is_exempt = exempt.iter().any(|(file, _)| *file == path);
        if lines > LONGEST && !is_exempt {
            complaints.push(format!(
                "{path}:{LONGEST}: has {lines} lines, and {LONGEST} is the most: it does more than \
                 one thing, so split it by what it does"
            ));
        }
        if lines <= LONGEST && is_exempt {
            complaints.push(format!("{path}:1: has {lines} lines by now: take it out of LONG"));
        }
    }
    let gone = exempt.iter().filter(|(file, _)| !tree.files.contains_key(*file));
    complaints.extend(gone.map(|(file, _)| format!("{file}:1: is not there: take it out of LONG")));
    complaints
}

/// Words that mean *not finished*. Spelled in halves, or this file would break its own rule.
const LEFT_BEHIND: [(&str, &str); 5] = [
    (concat!("to", "do!"), "rs"),
    (concat!("unimple", "mented!"), "rs"),
    (concat!("db", "g!"), "rs"),
    (concat!("FIX", "ME"), ""),
    (concat!("XX", "X"), ""),
];

fn nothing_is_left_behind(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in &tree.files {
        for (index, line) in text.lines().enumerate() {
            for (word, extension) in LEFT_BEHIND {
                if path.ends_with(extension) && has_word(line, word) {
                    let line = index + 1;
                    complaints.push(format!(
                        "{path}:{line}: `{word}`: finish it, or file it where work is planned"
                    ));
                }
            }
        }
    }
    complaints
}

/// Methods of floats that promise no precision: Miri, and another libm, give other bits.
const IMPRECISE: [&str; 2] = ["powi", "powf"];

fn powers_are_exact(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in tree.texts("", &["rs"]) {
        for (index, line) in code(text).lines().enumerate() {
            for method in IMPRECISE.iter().filter(|method| has_word(line, method)) {
                complaints.push(format!(
                    "{path}:{}: `{method}` promises no precision: convert a shifted integer, or \
                     write the bits",
                    index + 1
                ));
            }
        }
    }
    complaints
}

fn no_test_is_switched_off(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in tree.texts("", &["rs"]) {
        for (index, line) in code(text).lines().enumerate() {
            // Miri cannot make foreign calls: a test may be left to the other runs there.
            let conditional = line.contains("cfg_attr") && !line.contains("cfg_attr(miri,");
            if line.contains("#[ignore") || (conditional && has_word(line, "ignore")) {
                complaints.push(format!(
                    "{path}:{}: a test that is switched off: mend it or delete it",
                    index + 1
                ));
            }
        }
    }
    complaints
}

fn case_files_count(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, _) in tree.texts("spec-cases/", &["yml", "YAML", "YML"]) {
        complaints.push(format!("{path}:1: is not loaded: name it `.yaml`"));
    }
    for (path, text) in tree.texts("spec-cases/", &["yaml"]) {
        let has_cases = text.lines().any(|line| line.trim_start().starts_with("- "));
        if !has_cases {
            complaints.push(format!("{path}:1: holds no case: write one or delete the file"));
        }
        if tree.tracked.as_ref().is_some_and(|tracked| !tracked.contains(path)) {
            complaints
                .push(format!("{path}:1: is not tracked: `git add` it, or nobody else runs it"));
        }
    }
    complaints
}

/// Folders of one machine. Spelled in halves, or this file would break its own rule.
const MACHINE: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/t", "mp")];

fn no_path_of_one_machine(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in &tree.files {
        for (index, line) in text.lines().enumerate() {
            for folder in MACHINE {
                if line.match_indices(folder).any(|(at, _)| is_absolute(line, at, folder)) {
                    let line = index + 1;
                    complaints.push(format!(
                        "{path}:{line}: `{folder}` is a folder of one machine: make the path \
                         relative, or ask the system for its folder"
                    ));
                }
            }
        }
    }
    complaints
}

/// Whether the folder found at `at` begins a path and ends a name.
fn is_absolute(line: &str, at: usize, folder: &str) -> bool {
    let before = line[..at].chars().next_back();
    let after = line[at + folder.len()..].chars().next();
    let begins = before.is_none_or(|c| c.is_whitespace() || "\"'`(=,:;[<|>".contains(c));
    let in_a_name = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    begins && (folder.ends_with('/') || !after.is_some_and(in_a_name))
}

#[track_caller]
fn is_clean(complaints: Complaints) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn imports_point_one_way() {
    let tree = Tree::of_the_workspace();
    is_clean(crates_import_one_way(&tree));
    is_clean(modules_import_what_they_may(&tree));
    is_clean(the_binder_is_used_where_it_may_be(&tree));
}

#[test]
fn unsafe_code_is_fenced() {
    is_clean(unsafe_stands_where_it_may(&Tree::of_the_workspace(), UNSAFE));
}

#[test]
fn imports_are_named() {
    is_clean(own_modules_are_imported_by_name(&Tree::of_the_workspace()));
}

#[test]
fn source_files_are_short() {
    is_clean(files_are_short(&Tree::of_the_workspace(), LONG));
}

#[test]
fn work_is_finished() {
    let tree = Tree::of_the_workspace();
    is_clean(nothing_is_left_behind(&tree));
    is_clean(no_test_is_switched_off(&tree));
}

#[test]
fn bounds_are_exact() {
    is_clean(powers_are_exact(&Tree::of_the_workspace()));
}

#[test]
fn every_case_file_counts() {
    is_clean(case_files_count(&Tree::of_the_workspace()));
}

#[test]
fn no_machine_is_named() {
    is_clean(no_path_of_one_machine(&Tree::of_the_workspace()));
}

mod planted;
