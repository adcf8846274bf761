//! Faults of ownership: what is freed twice, never, too early or wrongly, and what becomes of handles.

use super::{Class, Edit, Fault};

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[Fault {
    name: "owned-buffer-freed-twice",
    breaks: "the free symbol of a returned buffer is called twice",
    clauses: &["R-8", "N-3"],
    class: Class::Fail,
    arms: &["round-trip"],
    edits: &[Edit {
        file: "reference-binder/src/call/foreign/obliged.rs",
        replace: "unsafe { free(address as usize, length as usize) }",
        with: "unsafe { free(address as usize, length as usize); free(address as usize, length as usize) }",
    }],
}];
