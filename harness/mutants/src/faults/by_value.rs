//! Faults of structs that cross as themselves.

use super::{Edit, Fault};

const LIBFFI: &str = "reference-binder/src/call/foreign/libffi.rs";
const MEMBERS: &str = "harness/src/served/members.rs";
const WIRE: &str = "harness/src/served/wire.rs";
/// Of a struct there and back: what arrives, and what comes back, is blamed.
const BOTH: &[&str] = &["G-2", "G-3"];

/// A fault in one place, which a round trip sees.
const fn fault(name: &'static str, breaks: &'static str, edits: &'static [Edit]) -> Fault {
    Fault::shown(name, breaks, BOTH, edits)
}

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    fault(
        "members-are-integers",
        "floats of a struct travel in integer registers",
        &[Edit {
            file: LIBFFI,
            replace: "members.push(Form::Scalar(scalar_type(*scalar)?))",
            with: "members.push(Form::Scalar(match scalar_type(*scalar)? {
                Type::F32 => Type::U32,
                Type::F64 => Type::U64,
                other => other,
            }))",
        }],
    ),
    fault(
        "array-within-is-its-first-element",
        "of an array in a struct one element is described",
        &[Edit { file: LIBFFI, replace: "0..*length", with: "0..1.min(*length)" }],
    ),
    fault(
        "enum-within-is-an-int",
        "an enum in a struct takes 32 bits whatever its backing",
        &[Edit {
            file: LIBFFI,
            replace: "members.push(Form::Scalar(scalar_type(backing)?))",
            with: "members.push(Form::Scalar(Type::I32))",
        }],
    ),
    fault(
        "members-in-reverse",
        "the last member of a struct is described first",
        &[Edit {
            file: LIBFFI,
            replace: "Form::Struct(members)",
            with: "Form::Struct(members.into_iter().rev().collect())",
        }],
    ),
    fault(
        "struct-is-its-address",
        "what is copied for a struct is its address and what lies behind that",
        &[Edit { file: LIBFFI, replace: "!by_value(carrier)", with: "true" }],
    ),
    fault(
        "struct-is-a-word",
        "the first eight bytes of a struct cross, in an integer register",
        &[Edit {
            file: LIBFFI,
            replace: "return struct_type(name, declarations)",
            with: "return Ok(Form::Scalar(Type::Pointer))",
        }],
    ),
    fault(
        "first-struct-for-all",
        "of several structs the first crosses for each",
        &[Edit {
            file: LIBFFI,
            replace: "reached(place)",
            with: "reached(&image.0[prepared.in_place.iter().position(|one| !one).unwrap_or(0)])",
        }],
    ),
    fault(
        "returned-struct-goes-elsewhere",
        "a struct that is returned is not written where it is read",
        &[Edit {
            file: LIBFFI,
            replace: "reached(&image.0[RETURNED as usize])",
            with: "Box::leak(vec![0_u64; 512].into_boxed_slice()).as_mut_ptr().cast()",
        }],
    ),
    fault(
        "wire-array-within-is-bytes",
        "an array in a struct is described as so many bytes",
        &[Edit {
            file: MEMBERS,
            replace: "Form::Struct(vec![form(of)?; length.index()])",
            with: "Form::Struct(vec![
                Form::Scalar(system_libffi::Type::U8);
                layout(of).map_or(0, |layout| layout.size) * length.index()
            ])",
        }],
    ),
    fault(
        "wire-members-without-padding",
        "members lie one after another, whatever their alignment",
        &[Edit {
            file: MEMBERS,
            replace: "StructLayout::arranged(of.arrangement(), layouts.iter().copied())",
            with: "StructLayout::arranged(
                of.arrangement(),
                layouts.iter().map(|one| one.map(|one| Layout { alignment: 1, ..one })),
            )",
        }],
    ),
    fault(
        "wire-members-lose-their-sign",
        "what comes back in a narrow signed member is said without its sign",
        &[Edit {
            file: MEMBERS,
            replace: "text(*of, word).unwrap_or_default()",
            with: "if of.scalar().is_some_and(|of| of.is_float()) {
                text(*of, word).unwrap_or_default()
            } else {
                word.to_string()
            }",
        }],
    ),
    fault(
        "wire-returned-struct-is-zeros",
        "what a struct was returned with is lost",
        &[Edit {
            file: WIRE,
            replace: "members::read(returns, &place.bytes()[..size])",
            with: "members::read(returns, &vec![0; size])",
        }],
    ),
];
