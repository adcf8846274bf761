//! Faults of binding.

use super::{Class, Edit, Fault};

const PLANNER: &str = "reference-binder/src/call/planner.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "missing-free-symbol-ignored",
        breaks: "a function whose free symbol is missing is bound",
        clauses: &["B-1"],
        class: Class::Fail,
        arms: &["binding"],
        edits: &[Edit {
            file: PLANNER,
            replace: r#"release.map(|_| obliged("free", "frees")).transpose()?"#,
            with: r#"release.and_then(|_| obliged("free", "frees").ok())"#,
        }],
    },
    Fault {
        name: "missing-next-symbol-ignored",
        breaks: "a function whose next symbol is missing is bound",
        clauses: &["B-1"],
        class: Class::Fail,
        arms: &["binding"],
        edits: &[Edit {
            file: PLANNER,
            replace: r#"obliged("next", "fetches from")?"#,
            with: r#"obliged("next", "fetches from").or_else(|_| obliged("free", "frees"))?"#,
        }],
    },
];
