//! What the protocol's page says of the sizes of adapters, counted.

use super::Complaints;
use super::tree::Tree;

const PAGE: &str = "docs/protocol.md";
/// An adapter in parts, each below a comment that names it, and what those are called.
const IN_PARTS: &str = "adapters/ctypes/adapter.py";
/// What stands before the first part and behind the last is of those that are owed.
const PARTS: [(&str, &str); 6] = [
    ("# Calls", "calls"),
    ("# Loops", "loops"),
    ("# Threads", "threads"),
    ("# Functions of the host's", "functions of the host's"),
    ("# Structs by value", "structs by value"),
    ("# What calls leave in `errno`", "`errno`"),
];
/// Adapters whose parts are files: their folder, and of each file what is in it.
const IN_FILES: [(&str, &[(&str, &str)]); 4] = [
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
/// What is written for a library, so that it makes calls and loops, stays below so many lines, each a list of files.
const FOR_A_LIBRARY: [&[&str]; 4] = [
    &["harness/templates/node/adapter.mjs"],
    &["harness/templates/lua/adapter.lua", "harness/templates/lua/structs.lua"],
    &["harness/templates/rust/src/main.rs", "harness/templates/rust/src/structs.rs"],
    &["harness/templates/c/adapter.c"],
];
const SHORT: usize = 150;

/// Lines that are neither blank nor a comment, in the language of the file.
fn code(path: &str, text: &str) -> usize {
    let comments: &[&str] = match path.rsplit('.').next() {
        Some("py") => &["#", "\"\"\""],
        Some("lua") => &["--"],
        Some("c" | "h") => &["/*", "* ", "*/"],
        _ => &["//", "/**"],
    };
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !comments.iter().any(|sign| line.starts_with(sign))
    };
    text.lines().filter(is_code).count()
}

/// The lines of each part, in the order of [`PARTS`].
fn parts(text: &str) -> [usize; PARTS.len()] {
    let mut counted = [0; PARTS.len()];
    let mut at = 0;
    for line in text.lines() {
        if line == "# Messages" {
            at = 0;
        } else if let Some(part) = PARTS.iter().position(|(title, _)| line == *title) {
            at = part;
        }
        counted[at] += code(IN_PARTS, line);
    }
    counted
}

/// The page says of each part how many lines it has, in a row of a table.
pub(crate) fn adapters_are_as_long_as_the_page_says(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    let text = |path: &str| tree.files.get(path).map_or("", String::as_str);
    let parts = parts(text(IN_PARTS));
    let rows = PARTS.iter().zip(parts).map(|((_, name), lines)| (*name, lines));
    let count = |path: &str| code(path, text(path));
    let files = IN_FILES.iter().flat_map(|(folder, files)| {
        files.iter().map(move |(file, name)| (*name, count(&format!("{folder}{file}"))))
    });
    for (name, lines) in rows.chain(files) {
        let begins = format!("| {name} | {lines} |");
        if !text(PAGE).lines().any(|line| line.starts_with(&begins)) {
            complaints
                .push(format!("{PAGE}:1: has no row that begins `{begins}`, as it is counted"));
        }
    }
    let by_files =
        FOR_A_LIBRARY.map(|files| (files[0], files.iter().map(|path| count(path)).sum()));
    for (path, lines) in [(IN_PARTS, parts[0] + parts[1])].into_iter().chain(by_files) {
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
    let calls =
        "import json\n\n# Calls\n\n\"\"\"a comment\"\"\"\ncall()\n\n# Loops\n\nloop()\nagain()\n";
    let mut page = String::from("| calls | 2 | x |\n| loops | 2 | x |\n");
    let empty = PARTS[2..].iter().map(|(_, name)| *name);
    let files = IN_FILES.iter().flat_map(|(_, files)| files.iter().map(|(_, name)| *name));
    for name in empty.chain(files) {
        page += &format!("| {name} | {} |\n", usize::from(name.starts_with("the library")));
    }
    let with = |adapter: &str, file: &str, text: &str| {
        let mut tree = Tree::planted(&[(PAGE, &page), (IN_PARTS, adapter)]);
        for first in &FOR_A_LIBRARY[1..] {
            tree.files
                .insert(first[0].to_owned(), "/* a comment\n * of C */\ncall();\n".to_owned());
        }
        tree.files.insert(FOR_A_LIBRARY[1][0].to_owned(), "-- a comment\ncall()\n".to_owned());
        tree.files.insert(FOR_A_LIBRARY[2][0].to_owned(), "// a comment\ncall();\n".to_owned());
        if !file.is_empty() {
            tree.files.insert(file.to_owned(), text.to_owned());
        }
        adapters_are_as_long_as_the_page_says(&tree).len()
    };
    assert_eq!(with(calls, "", ""), 0);
    assert_eq!(with(&format!("{calls}\n# Messages\n\nmain()\n"), "", ""), 1, "one more");
    assert_eq!(with(&format!("{calls}{}", "again()\n".repeat(150)), "", ""), 2, "and too large");
    for files in FOR_A_LIBRARY {
        for file in files {
            assert_eq!(with(calls, file, &"call();\n".repeat(150)), 2, "{file}, likewise");
        }
    }
    assert_eq!(
        with(calls, "harness/templates/c/wire.h", "call();\n"),
        1,
        "the protocol is only counted"
    );
}
