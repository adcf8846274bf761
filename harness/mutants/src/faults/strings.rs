//! Faults of text and bytes.

use super::{Class, Edit, Fault};

const MEMORY: &str = "reference-binder/src/call/memory.rs";
const READ: &str = "reference-binder/src/call/read.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "malformed-utf8-is-a-question-mark",
        breaks: "a malformed sequence comes back as a question mark",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: "String::from_utf8_lossy(malformed.as_bytes()).into_owned()",
            with: r#"String::from_utf8_lossy(malformed.as_bytes()).replace('\u{fffd}', "?")"#,
        }],
    },
    Fault {
        name: "malformed-utf8-is-latin-1",
        breaks: "malformed UTF-8 is read as Latin-1",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: "String::from_utf8_lossy(malformed.as_bytes()).into_owned()",
            with: "malformed.as_bytes().iter().map(|byte| char::from(*byte)).collect()",
        }],
    },
    Fault {
        name: "returned-string-ends-at-nul",
        breaks: "a returned string ends at its first NUL",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: "unsafe { bytes(address, length) }.map(text)?",
            with: "unsafe { bytes(address, length) }.map(|all| text(all.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()))?",
        }],
    },
    Fault {
        name: "given-string-ends-at-nul",
        breaks: "a string argument ends at its first NUL",
        clauses: &["C-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.copy(text.as_bytes())",
            with: r"self.copy(text.split('\0').next().unwrap_or_default().as_bytes())",
        }],
    },
    Fault {
        name: "given-string-is-latin-1",
        breaks: "a string argument crosses as Latin-1",
        clauses: &["C-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: "self.copy(text.as_bytes())",
            with: "self.copy(&text.chars().map(|character| character as u8).collect::<Vec<u8>>())",
        }],
    },
    Fault {
        name: "returned-bytes-are-text",
        breaks: "returned bytes come back as text",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: "Object::Bytes(unsafe { bytes(address, length) }?)",
            with: "text(unsafe { bytes(address, length) }?)",
        }],
    },
];
