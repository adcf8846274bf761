//! Faults of floats: rounding, NaNs, signs.

use super::{Class, Edit, Fault};

const EXACT: &str = "reference-binder/src/exact.rs";
const FLOAT: &str = "reference-binder/src/float.rs";
const LOAD: &str = "reference-binder/src/call/load.rs";
const PLAN: &str = "reference-binder/src/call/plan.rs";
const SCALARS: &str = "reference-binder/src/call/scalars.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "f32-cut",
        breaks: "a double given to an f32 is cut, not rounded",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: FLOAT,
            replace: "(value as f32).to_bits()",
            with: "{ let near = value as f32; near.to_bits() - u32::from(near.is_finite() && f64::from(near).abs() > value.abs()) }",
        }],
    },
    Fault {
        name: "f32-saturates",
        breaks: "a double too large for an f32 becomes its largest number",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: FLOAT,
            replace: "(value as f32).to_bits()",
            with: "{ let near = value as f32; if near.is_infinite() && value.is_finite() { f32::MAX.copysign(near).to_bits() } else { near.to_bits() } }",
        }],
    },
    Fault {
        name: "f16-ties-up",
        breaks: "a tie given to an f16 goes up, not to even",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip", "property"],
        edits: &[Edit {
            file: FLOAT,
            replace: "rest > half || (rest == half && kept & 1 == 1)",
            with: "rest >= half",
        }],
    },
    Fault {
        name: "nan-sign-lost",
        breaks: "a NaN given to an f32 loses its sign",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: FLOAT,
            replace: "(bits >> 63 << 31) as u32 | 0x7fc0_0000",
            with: "0x7fc0_0000",
        }],
    },
    Fault {
        name: "minus-zero-lost",
        breaks: "-0.0 given to an f64 becomes 0.0",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: PLAN,
            replace: "(value.is(self.tag) && self.bounds.hold(value.bits())).then_some(value.bits())",
            with: "(value.is(self.tag) && self.bounds.hold(value.bits())).then_some(if value.is(Tag::Double) && value.bits() == 1 << 63 { 0 } else { value.bits() })",
        }],
    },
    Fault {
        name: "f64-nan-quieted",
        breaks: "a signalling NaN given to an f64 is quieted",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: PLAN,
            replace: "(value.is(self.tag) && self.bounds.hold(value.bits())).then_some(value.bits())",
            with: "(value.is(self.tag) && self.bounds.hold(value.bits())).then_some(if value.is(Tag::Double) && f64::from_bits(value.bits()).is_nan() { value.bits() | 1 << 51 } else { value.bits() })",
        }],
    },
    Fault {
        name: "long-rounded-twice",
        breaks: "a long given to an f32 goes by way of a double",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LOAD,
            replace: "Exact::of_magnitude(long < 0, u128::from(long.unsigned_abs()))",
            with: "Exact::of_bits(u128::from((long as f64).to_bits()), F64)",
        }],
    },
    Fault {
        name: "f32-returned-by-its-text",
        breaks: "an f32 return becomes the double its shortest text means",
        clauses: &["R-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: FLOAT,
            replace: "f64::from(f32::from_bits(bits)).to_bits()",
            with: "f32::from_bits(bits).to_string().parse::<f64>().unwrap_or(0.0).to_bits()",
        }],
    },
    Fault {
        name: "f16-subnormals-flushed",
        breaks: "a subnormal f16 return becomes zero",
        clauses: &["R-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: FLOAT,
            replace: "sign | (fraction as f64 / 16_777_216.0).to_bits()",
            with: "sign",
        }],
    },
    Fault {
        name: "f80-sign-lost",
        breaks: "an f80 return loses its sign",
        clauses: &["R-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: SCALARS,
            replace: "u128::from(upper) << 64 | significand",
            with: "u128::from(upper & 0x7fff) << 64 | significand",
        }],
    },
    Fault {
        name: "big-integer-rounded-twice",
        breaks: "a big integer given to a float is cut to 64 bits first",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: EXACT,
            replace: "magnitude.trailing_zeros().is_some_and(|zeros| zeros < dropped)",
            with: "false",
        }],
    },
];
