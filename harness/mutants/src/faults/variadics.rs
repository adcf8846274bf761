//! Faults of functions that are variadic in C.

use super::{Class, Edit, Fault};

const ADAPTER: &str = "harness/src/served/reference/mod.rs";
const BIND: &str = "reference-binder/src/call/bind.rs";
const LIBFFI: &str = "reference-binder/src/call/foreign/libffi.rs";
const NATIVE: &str = "harness/src/served/native.rs";
const PLACES: &str = "reference-binder/src/call/places.rs";
/// How either describes the types of a call.
const TYPES: &str = "types.collect::<Result<Vec<_>, _>>()?";
const REFUSED: &str = "ReadReply::Refused(self.describe_refusal(refusal))";

/// A fault in one place, which a round trip sees.
const fn fault(name: &'static str, breaks: &'static str, edits: &'static [Edit]) -> Fault {
    Fault::shown(name, breaks, &["W-2"], edits)
}

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    fault(
        "variadic-floats-are-integers",
        "a float among variable arguments travels in an integer register",
        &[Edit {
            file: LIBFFI,
            replace: TYPES,
            with: "{
                let mut types = types.collect::<Result<Vec<_>, _>>()?;
                for of in types.iter_mut().skip(lowering.fixed.unwrap_or(usize::MAX)) {
                    if *of == Form::Scalar(Type::F64) {
                        *of = Form::Scalar(Type::U64);
                    }
                }
                types
            }",
        }],
    ),
    fault(
        "variadic-integers-in-32-bits",
        "an integer among variable arguments keeps the bits of a C int",
        &[Edit {
            file: LIBFFI,
            replace: TYPES,
            with: "{
                let mut types = types.collect::<Result<Vec<_>, _>>()?;
                for of in types.iter_mut().skip(lowering.fixed.unwrap_or(usize::MAX)) {
                    if *of == Form::Scalar(Type::U64) {
                        *of = Form::Scalar(Type::U32);
                    }
                }
                types
            }",
        }],
    ),
    fault(
        "variadic-floats-end-with-the-registers",
        "floats that no register is left for are passed as integers",
        &[Edit {
            file: LIBFFI,
            replace: TYPES,
            with: "{
                let mut types = types.collect::<Result<Vec<_>, _>>()?;
                let floats = types.iter_mut().filter(|of| **of == Form::Scalar(Type::F64));
                if lowering.fixed.is_some() {
                    floats.skip(8).for_each(|of| *of = Form::Scalar(Type::U64));
                }
                types
            }",
        }],
    ),
    fault(
        "variadic-in-reverse",
        "the types of variable arguments are told in reverse",
        &[Edit {
            file: LIBFFI,
            replace: TYPES,
            with: "{
                let mut types = types.collect::<Result<Vec<_>, _>>()?;
                if let Some(fixed) = lowering.fixed {
                    types[fixed..].reverse();
                }
                types
            }",
        }],
    ),
    Fault {
        name: "variadic-named-floats-are-integers",
        breaks: "a float before the ellipsis travels in an integer register",
        clauses: &["C-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit {
            file: LIBFFI,
            replace: TYPES,
            with: "{
                let mut types = types.collect::<Result<Vec<_>, _>>()?;
                for of in types.iter_mut().take(lowering.fixed.unwrap_or(0)) {
                    if *of == Form::Scalar(Type::F32) {
                        *of = Form::Scalar(Type::U32);
                    }
                }
                types
            }",
        }],
    },
    Fault {
        name: "variadic-without-a-count",
        breaks: "vector registers are filled for a variadic function and not counted",
        clauses: &["W-2", "W-3"],
        class: Class::Fail,
        arms: &["round-trip"],
        edits: &[Edit { file: PLACES, replace: "lowering.fixed.is_some()", with: "false" }],
    },
    Fault {
        name: "variadic-with-none-is-not-served",
        breaks: "a variadic function is not bound without variable arguments",
        clauses: &["S-4"],
        class: Class::Refuse,
        arms: &["round-trip"],
        edits: &[Edit {
            file: PLACES,
            replace: "count <= MOST",
            with: "count <= MOST && lowering.fixed != Some(count)",
        }],
    },
    Fault {
        name: "variadic-on-a-shorter-path",
        breaks: "a variadic function of scalars is served on the scalar path",
        clauses: &["P-4"],
        class: Class::Fail,
        arms: &["paths"],
        edits: &[Edit {
            file: BIND,
            replace: "lowering.path",
            with: "if lowering.fixed.is_some()
                && lowering.parameters.iter().all(|one| matches!(one.carrier, contract::Carrier::Scalar(_)))
            {
                Path::Scalar
            } else {
                lowering.path
            }",
        }],
    },
    Fault {
        name: "variadic-of-what-c-promotes",
        breaks: "a variable argument of a type that C promotes is accepted",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: ADAPTER,
            replace: REFUSED,
            with: "if refusal.code == contract::RefusalCode::UnsupportedVariadic { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    Fault {
        name: "variadic-ellipsis-anywhere",
        breaks: "an ellipsis is accepted wherever it stands",
        clauses: &["S-4"],
        class: Class::Fail,
        arms: &["refusal"],
        edits: &[Edit {
            file: ADAPTER,
            replace: REFUSED,
            with: "if refusal.code == contract::RefusalCode::MisplacedEllipsis { ReadReply::Accepted(None) } else { ReadReply::Refused(self.describe_refusal(refusal)) }",
        }],
    },
    fault(
        "wire-variadic-floats-are-integers",
        "a float among variable arguments travels in an integer register",
        &[Edit {
            file: NATIVE,
            replace: TYPES,
            with: "{
                let mut types = types.collect::<Result<Vec<_>, _>>()?;
                for of in types.iter_mut().skip(fixed.unwrap_or(usize::MAX)) {
                    if *of == Form::Scalar(Type::F64) {
                        *of = Form::Scalar(Type::U64);
                    }
                }
                types
            }",
        }],
    ),
    fault(
        "wire-variadic-integers-in-32-bits",
        "an integer among variable arguments keeps the bits of a C int",
        &[Edit {
            file: NATIVE,
            replace: TYPES,
            with: "{
                let mut types = types.collect::<Result<Vec<_>, _>>()?;
                for of in types.iter_mut().skip(fixed.unwrap_or(usize::MAX)) {
                    if *of == Form::Scalar(Type::U64) {
                        *of = Form::Scalar(Type::U32);
                    }
                }
                types
            }",
        }],
    ),
];
