//! What the pages say of the sizes of adapters, counted.

use super::Complaints;
use super::tree::Tree;

const PAGE: &str = "docs/protocol.md";
/// What `new-binder` writes: the folder, and of each file what is in it.
const WRITTEN: [(&str, &[(&str, &str)]); 5] = [
    (
        "adapters/ctypes/",
        &[
            ("adapter.py", "the library, all of it, in Python"),
            ("wire.py", "the protocol, and loops, in Python"),
        ],
    ),
    (
        "harness/templates/node/",
        &[
            ("adapter.mjs", "calls and loops, in JavaScript"),
            ("callbacks.mjs", "functions of the host's, in JavaScript"),
            ("structs.mjs", "structs by value, in JavaScript"),
        ],
    ),
    (
        "harness/templates/lua/",
        &[
            ("adapter.lua", "the library, in Lua"),
            ("structs.lua", "its types and structs by value, in Lua"),
            ("callbacks.lua", "functions of the host's, in Lua"),
            ("conventions.lua", "variable arguments and `errno`, in Lua"),
            ("wire.lua", "the protocol, in Lua"),
            ("json.lua", "JSON, in Lua"),
        ],
    ),
    (
        "harness/templates/rust/src/",
        &[
            ("main.rs", "the library, in Rust"),
            ("structs.rs", "its types and structs by value, in Rust"),
            ("callbacks.rs", "functions of the host's, in Rust"),
            ("wire.rs", "the protocol, in Rust"),
            ("loops.rs", "loops, in Rust"),
        ],
    ),
    (
        "harness/templates/c/",
        &[
            ("adapter.c", "the library, all of it, in C"),
            ("wire.h", "the protocol, in C"),
            ("lines.h", "JSON, in C"),
            ("values.h", "values, in C"),
            ("loops.h", "loops, in C"),
            ("callbacks.h", "functions of the host's, in C"),
        ],
    ),
];
/// What of these is written for a library, so that it makes calls and loops, each a list of files, where it is not in a
/// folder of an adapter.
const FOR_A_LIBRARY: [&[&str]; 4] = [
    &["harness/templates/node/adapter.mjs"],
    &["harness/templates/lua/adapter.lua", "harness/templates/lua/structs.lua"],
    &["harness/templates/rust/src/main.rs", "harness/templates/rust/src/structs.rs"],
    &["harness/templates/c/adapter.c"],
];
/// What is written for a library stays below so many lines.
const SHORT: usize = 150;
/// What the manifest of an adapter says that is held to that.
const AT_WIRE_LEVEL: &str = "level: wire\n";
/// Ends of the names of files that another library of the language finds as they are; `Declared.java` is for those of Java
/// that go by interfaces.
const PROTOCOL: [&str; 4] = ["wire", "json", "loops", "declared"];
/// Ends of the names of files that calls and loops do without.
const BEYOND: [&str; 4] = ["structs", "callbacks", "conventions", "repro"];

/// Lines that are neither blank nor a comment, in the language of the file; in one that is not known here all that are not
/// blank, and nothing of what is no program.
fn code(path: &str, text: &str) -> usize {
    let name = path.rsplit('/').next().unwrap_or(path);
    let comments: &[&str] = match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("py" | "rb" | "pl" | "raku" | "l") => &["#", "\"\"\""],
        Some("lisp" | "scm" | "ss" | "rkt") => &[";"],
        Some("lua") => &["--"],
        Some("ml") => &["(*"],
        Some("c" | "h") => &["/*", "* ", "*/"],
        Some("java" | "js" | "mjs" | "php" | "rs") => &["//", "/**", "* ", "*/"],
        None | Some("gitignore" | "json" | "md" | "yaml") => return 0,
        Some(_) => &[],
    };
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !comments.iter().any(|sign| line.starts_with(sign))
    };
    text.lines().filter(is_code).count()
}

/// Whether a file is written for a library, so that it makes calls and loops: `JnaStructs.java` is not.
fn is_for_a_library(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name).to_lowercase();
    !PROTOCOL.iter().chain(&BEYOND).any(|end| stem.ends_with(end))
}

/// The page says of each file that is written by `new-binder` how many lines it has, in a row of a table; and what is
/// written for a library is short, there and in each folder of an adapter.
pub(crate) fn adapters_are_as_long_as_the_page_says(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    let text = |path: &str| tree.files.get(path).map_or("", String::as_str);
    let count = |path: &str| code(path, text(path));
    for (folder, files) in WRITTEN {
        for (file, name) in files {
            let begins = format!("| {name} | {} |", count(&format!("{folder}{file}")));
            if !text(PAGE).lines().any(|line| line.starts_with(&begins)) {
                complaints
                    .push(format!("{PAGE}:1: has no row that begins `{begins}`, as it is counted"));
            }
        }
    }
    let written = FOR_A_LIBRARY.map(|files| (files[0], files.iter().map(|path| count(path)).sum()));
    let judged = tree.files.iter().filter(|(path, text)| {
        path.starts_with("adapters/")
            && path.ends_with("/adapter.yaml")
            && text.contains(AT_WIRE_LEVEL)
    });
    let judged = judged.map(|(manifest, _)| {
        let folder = manifest.trim_end_matches("adapter.yaml");
        let files = tree.files.keys().filter(|path| path.starts_with(folder));
        let lines = files.filter(|path| is_for_a_library(path)).map(|path| count(path)).sum();
        (folder, lines)
    });
    for (path, lines) in written.into_iter().chain(judged) {
        let lines: usize = lines;
        if lines >= SHORT {
            complaints.push(format!(
                "{path}:1: has {lines} lines of code for calls and loops, and is to have fewer than {SHORT}"
            ));
        }
    }
    complaints
}

#[test]
fn adapters_are_as_long_as_is_said() {
    super::is_clean(adapters_are_as_long_as_the_page_says(&Tree::of_the_workspace()));
}

#[test]
fn an_adapter_that_has_grown() {
    let all =
        || WRITTEN.iter().flat_map(|(folder, files)| files.iter().map(move |file| (folder, file)));
    let page: String = all().map(|(_, (_, name))| format!("| {name} | 1 |\n")).collect();
    let with = |path: &str, text: &str| {
        let mut tree =
            Tree::planted(&[(PAGE, &page), ("adapters/sbcl/adapter.yaml", AT_WIRE_LEVEL)]);
        tree.files.insert("adapters/ctypes/adapter.yaml".to_owned(), AT_WIRE_LEVEL.to_owned());
        for (folder, (file, _)) in all() {
            tree.files.insert(format!("{folder}{file}"), "call();\n\n".to_owned());
        }
        tree.files.insert(path.to_owned(), text.to_owned());
        adapters_are_as_long_as_the_page_says(&tree).len()
    };
    let long = "call();\n".repeat(SHORT);
    assert_eq!(with("adapters/sbcl/README.md", &long), 0, "no program");
    for files in FOR_A_LIBRARY.into_iter().chain([&["adapters/ctypes/adapter.py"][..]]) {
        for file in files {
            assert_eq!(with(file, &long), 2, "{file}: another row, and too long");
        }
    }
    assert_eq!(with("harness/templates/c/wire.h", &long), 1, "the protocol is only counted");
    assert_eq!(with("harness/templates/c/wire.h", "/* a comment\n * of C */\ncall();\n"), 0);
    for (file, complaints) in [
        ("adapter.lisp", 1),
        ("adapter.jl", 1),
        ("install", 0),
        ("wire.lisp", 0),
        ("SbclCallbacks.java", 0),
        ("repro.lisp", 0),
    ] {
        assert_eq!(with(&format!("adapters/sbcl/{file}"), &long), complaints, "{file}");
    }
    assert_eq!(with("adapters/sbcl/adapter.lisp", &"; a comment\n".repeat(SHORT)), 0);
    assert_eq!(with("adapters/other/adapter.lisp", &long), 0, "not at wire level");
}
