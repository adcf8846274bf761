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
/// Adapters whose parts are files.
const IN_FILES: [(&str, &str); 8] = [
    ("harness/templates/node/adapter.mjs", "calls and loops, in JavaScript"),
    ("harness/templates/node/callbacks.mjs", "functions of the host's, in JavaScript"),
    ("harness/templates/node/structs.mjs", "structs by value, in JavaScript"),
    (LUA, "calls and loops, in Lua"),
    ("harness/templates/lua/json.lua", "JSON, in Lua"),
    ("harness/templates/lua/c.lua", "carriers and memory, in Lua"),
    ("harness/templates/lua/callbacks.lua", "functions of the host's, in Lua"),
    ("harness/templates/lua/structs.lua", "types and structs by value, in Lua"),
];
const LUA: &str = "harness/templates/lua/adapter.lua";
/// What is written anew for calls and loops alone stays below so many lines: of the one its first two parts, of the others
/// their first files.
const SHORT: usize = 150;

/// Lines that are neither blank nor a comment.
fn code(text: &str) -> usize {
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty()
            && !["#", "//", "/**", "--", "\"\"\""].iter().any(|sign| line.starts_with(sign))
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
        counted[at] += code(line);
    }
    counted
}

/// The page says of each part how many lines it has, in a row of a table.
pub(crate) fn adapters_are_as_long_as_the_page_says(tree: &Tree) -> Complaints {
    let mut complaints = Complaints::new();
    let text = |path: &str| tree.files.get(path).map_or("", String::as_str);
    let parts = parts(text(IN_PARTS));
    let rows = PARTS.iter().zip(parts).map(|((_, name), lines)| (*name, lines));
    let files = IN_FILES.iter().map(|(path, name)| (*name, code(text(path))));
    for (name, lines) in rows.chain(files) {
        let begins = format!("| {name} | {lines} |");
        if !text(PAGE).lines().any(|line| line.starts_with(&begins)) {
            complaints
                .push(format!("{PAGE}:1: has no row that begins `{begins}`, as it is counted"));
        }
    }
    let first = [IN_FILES[0].0, LUA].map(|path| (path, code(text(path))));
    for (path, lines) in [(IN_PARTS, parts[0] + parts[1])].into_iter().chain(first) {
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
    let page = "| calls | 2 | x |\n| loops | 2 | x |\n| threads | 0 |\n| functions of the host's | 0 |\n| structs by value | 0 |\n\
                | `errno` | 0 |\n| calls and loops, in JavaScript | 1 |\n\
                | functions of the host's, in JavaScript | 0 |\n| structs by value, in JavaScript | 0 |\n\
                | calls and loops, in Lua | 1 |\n| JSON, in Lua | 0 |\n| carriers and memory, in Lua | 0 |\n\
                | functions of the host's, in Lua | 0 |\n| types and structs by value, in Lua | 0 |\n";
    let all = |adapter: &str, short: &str, lua: &str| {
        let files = [(PAGE, page), (IN_PARTS, adapter), (IN_FILES[0].0, short), (LUA, lua)];
        adapters_are_as_long_as_the_page_says(&Tree::planted(&files)).len()
    };
    let with = |adapter: &str, short: &str| all(adapter, short, "-- LuaJIT\ncall()\n");
    assert_eq!(all(calls, "call();", &"call()\n".repeat(150)), 2, "Lua's, likewise");
    assert_eq!(with(calls, "// koffi\ncall();\n"), 0);
    assert_eq!(with(&format!("{calls}\n# Messages\n\nmain()\n"), "call();"), 1, "one more");
    assert_eq!(with(calls, &"call();\n".repeat(150)), 2, "another number, and too large");
    assert_eq!(with(&format!("{calls}{}", "again()\n".repeat(150)), "call();"), 2, "likewise");
}
