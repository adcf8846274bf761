//! Faults of the foreign call: registers, stack, extension, null.

use super::{Class, Edit, Fault};

const ENUMS: &str = "reference-binder/src/call/enums.rs";
const KERNELS: &str = "reference-binder/src/call/kernels/mod.rs";
const LIBFFI: &str = "reference-binder/src/call/foreign/libffi.rs";
const MEMORY: &str = "reference-binder/src/call/memory.rs";
const PLACES: &str = "reference-binder/src/call/places.rs";

const VALUES: &str = "harness/src/served/reference/values.rs";
/// The argument that a refusal names.
const AT_FAULT: &str = "result.err().and_then(CallRefusal::argument)";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "argument-counted-from-one",
        breaks: "a refusal counts the argument at fault from 1",
        clauses: &["C-13"],
        class: Class::Fail,
        arms: &["refusal", "positions"],
        edits: &[Edit {
            file: VALUES,
            replace: AT_FAULT,
            with: "result.err().and_then(CallRefusal::argument).map(|argument| argument + 1)",
        }],
    },
    Fault {
        name: "argument-always-the-first",
        breaks: "a refusal names the first argument, whichever is at fault",
        clauses: &["C-13"],
        class: Class::Fail,
        arms: &["refusal", "positions"],
        edits: &[Edit {
            file: VALUES,
            replace: AT_FAULT,
            with: "result.err().and_then(CallRefusal::argument).map(|_| 0)",
        }],
    },
    Fault {
        name: "argument-unsaid-behind-the-sixth",
        breaks: "a refusal names no argument behind the sixth",
        clauses: &["C-13"],
        class: Class::Fail,
        arms: &["refusal", "positions"],
        edits: &[Edit {
            file: VALUES,
            replace: AT_FAULT,
            with: "result.err().and_then(CallRefusal::argument).filter(|argument| *argument < 6)",
        }],
    },
    Fault {
        name: "registers-swapped",
        breaks: "the third and the fourth integer register are swapped",
        clauses: &["C-1", "C-7", "L-1", "L-5", "L-7", "C-8", "S-2", "L-22"],
        class: Class::Fail,
        arms: &["round-trip", "generated"],
        edits: &[Edit {
            file: PLACES,
            replace: "first + *used - 1",
            with: "match first + *used - 1 { 2 => 3, 3 => 2, other => other }",
        }],
    },
    Fault {
        name: "stack-reversed",
        breaks: "words on the stack are in reverse",
        clauses: &["L-22"],
        class: Class::Fail,
        arms: &["round-trip", "generated"],
        edits: &[Edit {
            file: PLACES,
            replace: "REGISTERS + stack - 1",
            with: "REGISTERS + 4_usize.saturating_sub(stack)",
        }],
    },
    Fault {
        name: "floats-take-integer-registers",
        breaks: "a float argument uses up an integer register, too",
        clauses: &["C-1", "L-22", "L-1", "C-3", "C-8", "L-7"],
        class: Class::Fail,
        arms: &["round-trip", "generated"],
        edits: &[Edit {
            file: PLACES,
            replace: "take(&mut floats, FLOATS, INTEGERS)",
            with: "{ integers += 1; take(&mut floats, FLOATS, INTEGERS) }",
        }],
    },
    Fault {
        name: "i8-zero-extended",
        breaks: "a negative i8 argument is not extended",
        clauses: &["L-21"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: KERNELS,
            replace: "Passes::within(function.bounds[position]).word(value)",
            with: "Passes::within(function.bounds[position]).word(value).map(|word| if function.bounds[position].span == 0xff && function.bounds[position].low != 0 { word & 0xff } else { word })",
        }],
    },
    Fault {
        name: "u8-sign-extended",
        breaks: "a u8 argument is extended by the sign of an i8",
        clauses: &["L-21"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: KERNELS,
            replace: "Passes::within(function.bounds[position]).word(value)",
            with: "Passes::within(function.bounds[position]).word(value).map(|word| if function.bounds[position].span == 0xff && function.bounds[position].low == 0 { word as i8 as u64 } else { word })",
        }],
    },
    Fault {
        name: "enum-register-dirty",
        breaks: "the register of an enum argument has garbage above its backing",
        clauses: &["L-21", "L-5"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: ENUMS,
            replace: "member.value as u64",
            with: "member.value as u64 | 0x7f00_0000",
        }],
    },
    Fault {
        name: "libffi-returns-the-wrong-register",
        breaks: "the other engine reads a float return from the integer register",
        clauses: &["R-3"],
        class: Class::Fail,
        arms: &["compare"],
        edits: &[Edit {
            file: LIBFFI,
            replace: "Answer { integer: 0, float: f64::from_bits(place) }",
            with: "Answer { integer: place, float: 0.0 }",
        }],
    },
    Fault {
        name: "optional-nil-points-somewhere",
        breaks: "nil for an optional crosses as a pointer",
        clauses: &["L-10", "L-20"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: MEMORY,
            replace: "Ok((0, 0))",
            with: "Ok((exposed(self.room(Layout::of_scalar(Scalar::U64), 2)?), 0))",
        }],
    },
    Fault {
        name: "refused-call-is-made",
        breaks: "a refused call is made all the same, with zeros",
        clauses: &["C-13"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: "harness/src/served/reference/mod.rs",
            replace: "played::call(function, caller, &values)",
            with: "{
    let came = played::call(function, caller, &values);
    if came.is_err() {
        let _ = function.call(caller, &vec![Value::long(0); values.len()]);
    }
    came
}",
        }],
    },
];
