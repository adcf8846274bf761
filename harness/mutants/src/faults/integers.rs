//! Faults of integers and bools, in arguments, returns, fields and elements.

use super::{Class, Edit, Fault};

const GIVE: &str = "reference-binder/src/call/give.rs";
const HEAP: &str = "reference-binder/src/heap.rs";
const LOAD: &str = "reference-binder/src/call/load.rs";
const SCALARS: &str = "reference-binder/src/call/scalars.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "integer-wraps",
        breaks: "an integer out of range crosses as its low bits",
        clauses: &["C-2"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit { file: LOAD, replace: "magnitude > most", with: "false" }],
    },
    Fault {
        name: "beyond-a-long-refused",
        breaks: "an integer argument that no long holds is out of range",
        clauses: &["C-1"],
        class: Class::Refuse,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: "magnitude > most",
            with: "magnitude > most.min(1 << 63)",
        }],
    },
    Fault {
        name: "fraction-cut",
        breaks: "a double that is not integral loses its fraction",
        clauses: &["C-4"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: LOAD,
            replace: "double.fract() == 0.0 && double.abs() < TWO_TO_128",
            with: "double.abs() < TWO_TO_128",
        }],
    },
    Fault {
        name: "integral-double-refused",
        breaks: "an integer parameter takes no double",
        clauses: &["C-4"],
        class: Class::Refuse,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: "double.fract() == 0.0 && double.abs() < TWO_TO_128",
            with: "false",
        }],
    },
    Fault {
        name: "nil-is-false",
        breaks: "nil is false to a bool parameter",
        clauses: &["C-4"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: LOAD,
            replace: "Err(CallRefusal::at(CallCode::NilArgument, index))",
            with: "Ok(0)",
        }],
    },
    Fault {
        name: "u64-returned-negative",
        breaks: "an unsigned return is read as signed",
        clauses: &["R-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: GIVE,
            replace: "Value::unsigned(extend(false, spare, register))",
            with: "Value::long(extend(false, spare, register) as i64)",
        }],
    },
    Fault {
        name: "narrow-unsigned-returned-signed",
        breaks: "a u8, u16 or u32 return is sign-extended",
        clauses: &["R-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: GIVE,
            replace: "Value::unsigned(extend(false, spare, register))",
            with: "if spare == 0 { Value::unsigned(register) } else { Value::long(extend(true, spare, register) as i64) }",
        }],
    },
    Fault {
        name: "narrow-signed-returned-unsigned",
        breaks: "an i8, i16 or i32 return is not sign-extended",
        clauses: &["R-1"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: GIVE,
            replace: "Value::long(extend(true, spare, register) as i64)",
            with: "Value::long(extend(false, spare, register) as i64)",
        }],
    },
    Fault {
        name: "return-register-believed",
        breaks: "the bits above a narrow return are taken for part of it",
        clauses: &["R-1", "R-2", "R-5"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: GIVE,
            replace: "if sign { (top as i64).wrapping_shr(spare) as u64 } else { top.wrapping_shr(spare) }",
            with: "register",
        }],
    },
    Fault {
        name: "bool-register-believed",
        breaks: "a bool return is true for whatever stands above its byte",
        clauses: &["R-4"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: GIVE, replace: "integer as u8 != 0", with: "integer != 0" }],
    },
    Fault {
        name: "field-u64-negative",
        breaks: "a u64 field comes back negative",
        clauses: &["R-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: SCALARS,
            replace: "Value::unsigned(read!(u64))",
            with: "Value::long(read!(i64))",
        }],
    },
    Fault {
        name: "element-u64-negative",
        breaks: "a u64 element comes back negative",
        clauses: &["R-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: SCALARS,
            replace: "each!(u64, Value::unsigned)",
            with: "each!(u64, |word: u64| Value::long(word as i64))",
        }],
    },
    Fault {
        name: "element-u32-negative",
        breaks: "a u32 element is read as signed",
        clauses: &["R-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: SCALARS,
            replace: "each!(u32, |read| Value::long(i64::from(read)))",
            with: "each!(i32, |read| Value::long(i64::from(read)))",
        }],
    },
    Fault {
        name: "u128-negative",
        breaks: "a u128 of 2^127 or more comes back negative",
        clauses: &["R-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: HEAP,
            replace: "signed && (bits as i128) < 0",
            with: "(bits as i128) < 0",
        }],
    },
    Fault {
        name: "u128-cut",
        breaks: "a u128 return keeps 64 bits",
        clauses: &["R-2"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: HEAP,
            replace: "self.keep(Object::Big(BigInt::from(bits)))",
            with: "self.keep(Object::Big(BigInt::from(bits as u64)))",
        }],
    },
    Fault {
        name: "wide-argument-cut",
        breaks: "an i128 or u128 argument keeps 64 bits",
        clauses: &["C-1", "L-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: "whole(scalar, value, heap).map_err(refuse)",
            with: "whole(scalar, value, heap).map(|bits| bits as u64 as u128).map_err(refuse)",
        }],
    },
];
