//! Faults of pointers, arrays, slices and the number of arguments.

use super::{Class, Edit, Fault};

const GENERAL: &str = "reference-binder/src/call/general.rs";
const MEMORY: &str = "reference-binder/src/call/memory.rs";
const READ: &str = "reference-binder/src/call/read.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "pointer-arity-unchecked",
        breaks: "a pointer takes an array of any length",
        clauses: &["C-8"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit { file: MEMORY, replace: "length != 1", with: "false" }],
    },
    Fault {
        name: "array-length-at-least",
        breaks: "an array parameter takes more elements than it has",
        clauses: &["C-8"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: "length as u64 != due",
            with: "(length as u64) < due",
        }],
    },
    Fault {
        name: "edits-lost",
        breaks: "what the callee writes stays in a copy",
        clauses: &["C-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: MEMORY,
                replace: "(array.address().expose_provenance() as u64, array.len() as u64)",
                with: "(Box::leak(Box::new(array.clone())).address().expose_provenance() as u64, array.len() as u64)",
            },
            Edit {
                file: "reference-binder/src/call/kernels/mod.rs",
                replace: "array.address().expose_provenance() as u64",
                with: "Box::leak(Box::new(array.clone())).address().expose_provenance() as u64",
            },
        ],
    },
    Fault {
        name: "slice-length-in-bytes",
        breaks: "a slice's length counts bytes",
        clauses: &["L-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: MEMORY,
                replace: "(array.address().expose_provenance() as u64, array.len() as u64)",
                with: "(array.address().expose_provenance() as u64, (array.len() * element.size()) as u64)",
            },
            Edit {
                file: "reference-binder/src/call/kernels/mod.rs",
                replace: "array.len() as u64",
                with: "(array.len() * element.size()) as u64",
            },
        ],
    },
    Fault {
        name: "empty-buffer-is-looked-at",
        breaks: "the address of an empty return is looked at",
        clauses: &["R-11"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: READ,
            replace: r"if length == 0 {
        return Ok(None);
    }",
            with: "",
        }],
    },
    Fault {
        name: "vector-returned-short",
        breaks: "a returned slice lacks its last element",
        clauses: &["R-10"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: READ,
                replace: "heap.keep(Object::Vector(row))",
                with: "{ let mut row = row; row.pop(); heap.keep(Object::Vector(row)) }",
            },
            Edit {
                file: READ,
                replace: "unsafe { carriers(*scalar, address, length, values) }",
                with: "{ let read = unsafe { carriers(*scalar, address, length, values) }; values.pop(); read }",
            },
        ],
    },
    Fault {
        name: "vector-returned-reversed",
        breaks: "a returned slice comes back in reverse",
        clauses: &["R-10", "R-1", "R-2", "R-3", "R-5", "R-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: READ,
                replace: "heap.keep(Object::Vector(row))",
                with: "{ let mut row = row; row.reverse(); heap.keep(Object::Vector(row)) }",
            },
            Edit {
                file: READ,
                replace: "unsafe { carriers(*scalar, address, length, values) }",
                with: "{ let read = unsafe { carriers(*scalar, address, length, values) }; values.reverse(); read }",
            },
        ],
    },
    Fault {
        name: "too-many-arguments-ignored",
        breaks: "arguments beyond the last are ignored",
        clauses: &["C-5"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: GENERAL,
            replace: "!rest.is_empty() && function.rest.is_none()",
            with: "false",
        }],
    },
];
