//! Faults of invoker paths and call scopes.

use super::{Class, Edit, Fault};

const BINDS: &str = "harness/src/served/reference/binds.rs";
const GATHER: &str = "reference-binder/src/call/gather.rs";
const GENERAL: &str = "reference-binder/src/call/general.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "every-path-is-general",
        breaks: "every function is said to be on the general path",
        clauses: &["P-4"],
        class: Class::Fail,
        arms: &["paths"],
        edits: &[Edit {
            file: BINDS,
            replace: "Some(function.path())",
            with: "Some(contract::Path::General)",
        }],
    },
    Fault {
        name: "general-path-not-forced",
        breaks: "a function that is to be on the general path stays on its own",
        clauses: &["P-5"],
        class: Class::Fail,
        arms: &["paths"],
        edits: &[Edit {
            file: BINDS,
            replace: "if request.force_general { PathChoice::General } else { PathChoice::BySignature }",
            with: "PathChoice::BySignature",
        }],
    },
    Fault {
        name: "scope-on-a-hot-path",
        breaks: "calls that need none open a scope",
        clauses: &["P-1", "P-2"],
        class: Class::Fail,
        arms: &["paths"],
        edits: &[Edit {
            file: GATHER,
            replace: "Image::empty()",
            with: "{ let scope = caller.scopes.begin(); let _ = caller.scopes.end(scope); Image::empty() }",
        }],
    },
    Fault {
        name: "two-scopes-a-call",
        breaks: "a call on the general path opens two scopes",
        clauses: &["P-3"],
        class: Class::Fail,
        arms: &["paths"],
        edits: &[Edit {
            file: GENERAL,
            replace: "scopes.enter()",
            with: "{ let scope = scopes.begin(); let _ = scopes.end(scope); scopes.enter() }",
        }],
    },
    Fault {
        name: "structs-without-a-scope",
        breaks: "a call of structs of scalars alone opens no scope",
        clauses: &["P-3"],
        class: Class::Fail,
        arms: &["paths"],
        edits: &[Edit {
            file: "reference-binder/src/scope/passing.rs",
            replace: "self.id += 1;",
            with: "let _ = self.id;",
        }],
    },
    Fault {
        name: "general-path-differs",
        breaks: "on the general path -1 becomes 0",
        clauses: &["P-5"],
        class: Class::Fail,
        arms: &["paths"],
        edits: &[Edit {
            file: GENERAL,
            replace: "image.put(step.slot, word);",
            with: "image.put(step.slot, word.wrapping_add(u64::from(word == u64::MAX)));",
        }],
    },
];
