//! Faults of error unions.

use super::{Class, Edit, Fault};

const PLANNER: &str = "reference-binder/src/call/planner.rs";
const TAKE: &str = "reference-binder/src/call/take.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "error-is-a-keyword",
        breaks: "an error comes back as the keyword of its name",
        clauses: &["R-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: PLANNER, replace: "self.dialects.error_as_keyword", with: "true" }],
    },
    Fault {
        name: "error-name-cut",
        breaks: "an error's name keeps 16 bytes",
        clauses: &["R-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: TAKE,
            replace: "text::decode(name, text)",
            with: "text::decode(&name[..name.len().min(16)], text)",
        }],
    },
    Fault {
        name: "error-ignored",
        breaks: "the payload is read whether there was an error or not",
        clauses: &["R-7"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: TAKE, replace: "length != 0", with: "false" }],
    },
    Fault {
        name: "out-of-memory-is-no-error",
        breaks: "an error with a name as long as OutOfMemory is read as success",
        clauses: &["N-4"],
        class: Class::Fail,
        arms: &["fail-nth"],
        edits: &[Edit { file: TAKE, replace: "length != 0", with: "length != 0 && length != 11" }],
    },
    Fault {
        name: "payload-freed-after-an-error",
        breaks: "after an error the payload is read and freed all the same",
        clauses: &["L-14", "R-8"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: TAKE,
            replace: "return error;",
            with: "if let ReturnPlan::Memory(returned) = payload { let _ = unsafe { payload_of(returned, answer, outs, heap) }; } return error;",
        }],
    },
];
