//! Faults of enums, structs, records and destructured arguments.

use super::{Class, Edit, Fault};

const ENUMS: &str = "reference-binder/src/call/enums.rs";
const FLAT: &str = "reference-binder/src/call/flat.rs";
const LOAD: &str = "reference-binder/src/call/load.rs";
const MEMORY: &str = "reference-binder/src/call/memory.rs";
const READ: &str = "reference-binder/src/call/read.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "enum-without-member-is-nil",
        breaks: "an enum value without a member comes back as nil",
        clauses: &["R-5"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: ENUMS, replace: "Value::unsigned(number)", with: "Value::NIL" }],
    },
    Fault {
        name: "signed-enum-without-member-unsigned",
        breaks: "a negative enum value without a member comes back as unsigned",
        clauses: &["R-5"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: ENUMS,
            replace: "Value::long(number as i64)",
            with: "Value::unsigned(number)",
        }],
    },
    Fault {
        name: "enum-by-ordinal",
        breaks: "an enum return is looked up by position, not by value",
        clauses: &["R-5"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: ENUMS, replace: "register.wrapping_sub(first)", with: "register" }],
    },
    Fault {
        name: "enum-number-off",
        breaks: "an enum argument crosses as the number after its own",
        clauses: &["L-5"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: ENUMS,
            replace: "(member.id == id).then_some(member.number)",
            with: "(member.id == id).then_some(member.number.wrapping_add(1))",
        }],
    },
    Fault {
        name: "record-is-a-map",
        breaks: "a record comes back without its type's name",
        clauses: &["R-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: READ,
                replace: "Object::Map { record: plan.record, entries }",
                with: "Object::Map { record: None, entries }",
            },
            Edit {
                file: FLAT,
                replace: "heap.keep_map(flat.record, entries)",
                with: "heap.keep_map(flat.record.filter(|_| false), entries)",
            },
        ],
    },
    Fault {
        name: "last-field-dropped",
        breaks: "a returned struct lacks its last field",
        clauses: &["R-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: READ,
                replace: "Object::Map { record: plan.record, entries }",
                with: "{ let mut entries = entries; entries.pop(); Object::Map { record: plan.record, entries } }",
            },
            Edit {
                file: FLAT,
                replace: "heap.keep_map(flat.record, entries)",
                with: "{ let count = flat.fields.len().saturating_sub(1); heap.keep_map(flat.record, entries.take(count)) }",
            },
        ],
    },
    Fault {
        name: "missing-field-is-zero",
        breaks: "an absent field crosses as 0",
        clauses: &["C-10"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: MEMORY,
            replace: "value.ok_or(refuse(CallCode::MissingField))?",
            with: "value.unwrap_or(Value::long(0))",
        }],
    },
    Fault {
        name: "missing-binding-is-zero",
        breaks: "an absent destructured binding crosses as 0",
        clauses: &["S-2"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: LOAD,
            replace: "field(entries, place, *key).ok_or(refuse(CallCode::MissingField))?",
            with: "field(entries, place, *key).unwrap_or(Value::long(0))",
        }],
    },
    Fault {
        name: "fields-by-position",
        breaks: "fields of a map are taken in the order they are given in",
        clauses: &["C-10", "S-2", "C-1", "C-3", "L-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: "entries.iter().find(|(there, _)| *there == key).map(|(_, value)| *value)",
            with: "entries.get(place).map(|(_, value)| *value)",
        }],
    },
    Fault {
        name: "scalars-by-position",
        breaks: "fields of a struct of scalars are taken in the order they are given in",
        clauses: &["C-10", "C-1", "C-3", "L-9"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: FLAT, replace: "*key != field.key", with: "false" }],
    },
    Fault {
        name: "field-at-a-word",
        breaks: "fields of a returned struct are read at whole words",
        clauses: &["R-9", "R-1", "R-2", "R-3", "R-4", "R-5"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[
            Edit {
                file: READ,
                replace: "at.wrapping_add(field.offset)",
                with: "at.wrapping_add(field.offset / 8 * 8)",
            },
            Edit {
                file: FLAT,
                replace: "at.wrapping_add(field.offset as usize)",
                with: "at.wrapping_add(field.offset as usize / 8 * 8)",
            },
        ],
    },
];
