//! The project's own rules, checked on its files: what may import what, how long a file
//! may be, and what must not be left behind.
//!
//! A rule takes the tree and gives complaints, `file:line: what, and what to do`. Each has a test
//! that plants a fault and sees it found, because a rule that cannot fail protects nothing.

mod graph;
mod sizes;
mod source;
mod tree;

use std::collections::BTreeSet;

use graph::{Dependency, Graph, Workspace, circles, modules, shown};
use source::{attributes, is_of_tests, paths, tokens, without, words};
use tree::{Tree, root};

/// Each crate, those of ours that it depends on, and those that its tests need besides. A subject
/// cannot reach an expectation, because `corpus` and `judge` are not in its line.
const CRATES: &[(&str, &[&str], &[&str])] = &[
    ("contract", &[], &[]),
    ("corpus", &["contract", "wasm", "zig-lib"], &[]),
    (
        "harness",
        &[
            "contract",
            "corpus",
            "interrupt",
            "judge",
            "measure",
            "mutants",
            "reference-binder",
            "report",
            "subject",
            "system-libffi",
            "wasm",
            "zig-lib",
        ],
        &[],
    ),
    ("interrupt", &[], &[]),
    ("judge", &["contract", "corpus", "interrupt", "subject", "zig-lib"], &[]),
    ("measure", &["contract", "corpus", "interrupt", "subject", "zig-lib"], &[]),
    ("mutants", &["contract", "measure", "subject", "system-libffi", "wasm"], &[]),
    ("reference-binder", &["contract", "system-libffi"], &[]),
    ("report", &["contract", "judge", "measure"], &[]),
    ("rust-binder", &["contract", "subject", "system-libffi"], &["harness"]),
    ("subject", &["contract", "interrupt"], &["zig-lib"]),
    ("system-libffi", &[], &[]),
    ("wasm", &[], &[]),
    ("zig-lib", &["interrupt"], &[]),
];

/// Modules of a crate, and those beside them that they may not import.
const APART: &[(&str, &str, &[&str])] =
    &[("subject", "protocol", &["library", "wire"]), ("subject", "library", &["protocol", "wire"])];

/// Where in the harness the reference binder is known; elsewhere it is a subject like any other.
const KNOWS_THE_BINDER: &str = "harness/src/served/";

/// What the crate of faulty binders is made of, beside its own sources.
const COPIED: &[&str] = &["reference-binder/src/", "harness/src/served/"];

/// Longest a source file may be, in lines.
const LONGEST: usize = 500;

const SOURCE: &[&str] = &["rs", "zig", "c", "h", "py", "js", "mjs", "lua", "java", "clj", "sh"];

type Complaints = Vec<String>;

fn crates_import_one_way(workspace: &Workspace) -> Complaints {
    let mut complaints = Complaints::new();
    for package in &workspace.packages {
        let at = format!("{}Cargo.toml:1", workspace.folder(package));
        let Some((_, own, tests)) = CRATES.iter().find(|(name, ..)| *name == package.name) else {
            complaints.push(format!("{at}: the crate is not in CRATES: say what it may import"));
            continue;
        };
        for (kind, listed) in [(None, *own), (Some("dev"), *tests), (Some("build"), &[])] {
            let listed: BTreeSet<&str> = listed.iter().copied().collect();
            for name in workspace.ours(package, kind).symmetric_difference(&listed) {
                complaints.push(format!(
                    "{at}: `{name}` is {} CRATES: imports never point back, so move what is needed \
                     down or pass it in",
                    if listed.contains(name) { "not needed, and is in" } else { "not in" }
                ));
            }
        }
    }
    complaints
}

fn dependencies_are_used(workspace: &Workspace, tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for package in &workspace.packages {
        let folder = workspace.folder(package);
        let begun = |code| paths(code, &[]).into_iter().map(|(mut path, _)| path.swap_remove(0));
        let (mut own, mut of_tests) = (BTreeSet::new(), BTreeSet::new());
        let parts = ["src/", "build.rs", "tests/", "examples/", "benches/"]
            .map(|part| format!("{folder}{part}"));
        let copied = if package.name == "mutants" { COPIED } else { &[] };
        for part in parts.iter().map(String::as_str).chain(copied.iter().copied()) {
            for (path, text) in tree.texts(part, &["rs"]) {
                let tokens = tokens(path, text);
                if !["tests/", "examples/", "benches/"].iter().any(|kind| part.ends_with(kind)) {
                    own.extend(begun(without(tokens.clone(), is_of_tests).0));
                }
                of_tests.extend(begun(tokens));
            }
        }
        for Dependency { name, kind } in &package.dependencies {
            let used = if kind.is_some() { &of_tests } else { &own };
            if !used.contains(&name.replace('-', "_")) {
                complaints.push(format!(
                    "{folder}Cargo.toml:1: `{name}` is not used there: take it out, or move it to \
                     the dependencies of tests"
                ));
            }
        }
    }
    complaints
}

fn modules_make_no_circle(graph: &Graph) -> Complaints {
    let mut complaints = Complaints::new();
    for circle in circles(graph) {
        for from in &circle {
            for (to, place) in graph[*from].iter().filter(|(to, _)| circle.contains(to.as_str())) {
                complaints.push(format!(
                    "{place}: `{from}` imports `{to}`, which imports it, too, by itself or through \
                     others of {circle:?}: move what they share below both"
                ));
            }
        }
    }
    complaints
}

fn modules_keep_apart(graph: &Graph, name: &str) -> Complaints {
    let mut complaints = Complaints::new();
    for (_, module, forbidden) in APART.iter().filter(|(of, ..)| *of == name) {
        let Some(named) = graph.get(*module) else {
            complaints.push(format!("{name}: has no module `{module}`: mend APART"));
            continue;
        };
        for (to, place) in named.iter().filter(|(to, _)| forbidden.contains(&to.as_str())) {
            complaints.push(format!("{place}: `{module}` imports `{to}`, which it must not see"));
        }
    }
    complaints
}

fn the_binder_is_known_where_it_is_served(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, word, line) in rust_words(tree, "harness/src/") {
        if word == "reference_binder" && !path.starts_with(KNOWS_THE_BINDER) {
            complaints.push(format!(
                "{path}:{line}: names `{word}`, which only {KNOWS_THE_BINDER} knows: go through the \
                 interface of a subject"
            ));
        }
    }
    complaints
}

/// Every identifier and keyword of the Rust files under a folder, with its file and line.
fn rust_words<'t>(
    tree: &'t Tree,
    under: &'t str,
) -> impl Iterator<Item = (&'t str, String, usize)> {
    tree.texts(under, &["rs"]).flat_map(|(path, text)| {
        words(tokens(path, text)).into_iter().map(move |(word, line)| (path, word, line))
    })
}

fn files_are_short(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in tree.texts("", SOURCE) {
        let lines = text.lines().count();
        if lines > LONGEST {
            complaints.push(format!(
                "{path}:{LONGEST}: has {lines} lines, and {LONGEST} is the most: it does more than \
                 one thing, so split it by what it does"
            ));
        }
    }
    complaints
}

/// Words that mean *not finished*. Spelled in halves, or this file would break its own rule.
const LEFT_BEHIND: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];

fn nothing_is_left_behind(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in &tree.files {
        for (index, line) in text.lines().enumerate() {
            let is_of_it = |c: char| c.is_alphanumeric() || c == '_';
            let words: Vec<&str> = line.split(|c| !is_of_it(c)).collect();
            for word in LEFT_BEHIND.iter().filter(|word| words.contains(word)) {
                let line = index + 1;
                complaints.push(format!(
                    "{path}:{line}: `{word}`: finish it, or file it where work is planned"
                ));
            }
        }
    }
    complaints
}

fn no_test_is_switched_off(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    for (path, text) in tree.texts("", &["rs"]) {
        for (words, line) in attributes(tokens(path, text)) {
            // Miri cannot make foreign calls: a test may be left to the other runs there.
            let is_of_miri = words.starts_with(&["cfg_attr".to_owned(), "miri".to_owned()]);
            if words.iter().any(|word| word == "ignore") && !is_of_miri {
                complaints.push(format!(
                    "{path}:{line}: a test that is switched off: mend it or delete it"
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

fn decisions_are_listed(tree: &Tree) -> Complaints {
    const INDEX: &str = "docs/adr/README.md";
    let index = tree.files.get(INDEX).map_or("", String::as_str);
    let pages = tree.texts("docs/adr/", &["md"]).filter(|(path, _)| *path != INDEX);
    let names = pages.filter_map(|(path, _)| path.rsplit('/').next());
    let unlisted = names.filter(|name| !index.contains(&format!("]({name}) |")));
    unlisted.map(|name| format!("{INDEX}:1: has no row of {name}")).collect()
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

/// `cargo test -p harness --test tidy import_graph -- --nocapture` prints the graph. With `TIDY_ROOT`
/// it is that of another checkout, to compare with.
#[test]
fn import_graph() {
    let tree = Tree::of_the_workspace();
    let workspace = Workspace::of(&root());
    let mut complaints = Complaints::new();
    println!("crates");
    for package in &workspace.packages {
        let ours: Vec<&str> = workspace.ours(package, None).into_iter().collect();
        println!("    {} → {}", package.name, ours.join(", "));
    }
    for package in &workspace.packages {
        let folder = workspace.folder(package);
        let graph = modules(&tree, &folder, &package.name);
        println!("{}\n{}", package.name, shown(&graph));
        complaints.extend(modules_make_no_circle(&graph));
        complaints.extend(modules_keep_apart(&graph, &package.name));
    }
    complaints.extend(crates_import_one_way(&workspace));
    complaints.extend(the_binder_is_known_where_it_is_served(&tree));
    is_clean(complaints);
}

#[test]
fn manifests_name_what_is_used() {
    is_clean(dependencies_are_used(&Workspace::of(&root()), &Tree::of_the_workspace()));
}

#[test]
fn source_files_are_short() {
    is_clean(files_are_short(&Tree::of_the_workspace()));
}

#[test]
fn work_is_finished() {
    let tree = Tree::of_the_workspace();
    is_clean(nothing_is_left_behind(&tree));
    is_clean(no_test_is_switched_off(&tree));
}

#[test]
fn every_case_file_counts() {
    is_clean(case_files_count(&Tree::of_the_workspace()));
}

#[test]
fn every_decision_is_listed() {
    is_clean(decisions_are_listed(&Tree::of_the_workspace()));
}

#[test]
fn no_machine_is_named() {
    is_clean(no_path_of_one_machine(&Tree::of_the_workspace()));
}

mod planted;
