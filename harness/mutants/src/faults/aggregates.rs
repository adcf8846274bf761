//! Faults of unions, packed structs, complex numbers and what has 128 bits, as themselves.

use super::{Class, Edit, Fault};

const LIBFFI: &str = "reference-binder/src/call/foreign/libffi.rs";
const MEMORY: &str = "reference-binder/src/call/memory.rs";
const READ: &str = "reference-binder/src/call/read.rs";
const MEMBERS: &str = "harness/src/served/members.rs";

/// Faults of this family.
pub(super) const FAULTS: &[Fault] = &[
    Fault::shown(
        "union-is-its-first-member",
        "a union is in the registers of its first member",
        &["G-4"],
        &[Edit {
            file: LIBFFI,
            replace: "Form::Union(members)",
            with: "Form::Struct(members.into_iter().take(1).collect())",
        }],
    ),
    Fault::shown(
        "union-is-a-struct",
        "the members of a union are described one after another",
        &["G-4"],
        &[Edit { file: LIBFFI, replace: "Form::Union(members)", with: "Form::Struct(members)" }],
    ),
    Fault {
        arms: &["refusal"],
        ..Fault::shown(
            "union-takes-several",
            "a map with two fields of a union is taken, the first for both",
            &["C-10", "G-4"],
            &[Edit { file: MEMORY, replace: "given.next().is_some()", with: "false" }],
        )
    },
    Fault::shown(
        "union-gives-one",
        "of a union that comes back the first field alone is given",
        &["G-4"],
        &[Edit {
            file: READ,
            replace: "&plan.fields",
            with: "&plan.fields[..if plan.union { 1 } else { plan.fields.len() }]",
        }],
    ),
    Fault::shown(
        "packed-is-padded",
        "a packed struct is described with padding",
        &["G-5"],
        &[Edit { file: LIBFFI, replace: "Form::Packed(members)", with: "Form::Struct(members)" }],
    ),
    Fault::shown(
        "packed-in-registers",
        "a packed struct with an unaligned member is passed in registers, as so many bytes",
        &["G-5"],
        &[Edit {
            file: LIBFFI,
            replace: "Form::Packed(members)",
            with: "Form::Struct(vec![
                Form::Scalar(Type::U8);
                declarations.struct_layout(name).map_or(0, |layout| layout.layout.size)
            ])",
        }],
    ),
    Fault::shown(
        "complex-in-integer-registers",
        "a complex number travels in integer registers",
        &["G-6"],
        &[Edit {
            file: LIBFFI,
            replace: "Form::Struct(parts)",
            with: "Form::Struct(
                parts
                    .into_iter()
                    .map(|part| {
                        let single = part == Form::Scalar(Type::F32);
                        Form::Scalar(if single { Type::U32 } else { Type::U64 })
                    })
                    .collect(),
            )",
        }],
    ),
    Fault::shown(
        "complex-is-its-real-part",
        "of a complex number the real part alone is passed and read",
        &["G-6"],
        &[Edit {
            file: LIBFFI,
            replace: "Form::Struct(parts)",
            with: "Form::Struct(parts.into_iter().take(1).collect())",
        }],
    ),
    Fault::shown(
        "long-double-is-a-double",
        "an extended float is passed in a float register, and read from one",
        &["G-7"],
        &[Edit {
            file: LIBFFI,
            replace: "Form::LongDouble",
            with: "Form::Struct(vec![Form::Scalar(Type::F64)])",
        }],
    ),
    Fault::shown(
        "long-double-in-integer-registers",
        "an extended float is passed and read as 16 bytes of integers",
        &["G-7"],
        &[Edit { file: LIBFFI, replace: "Form::LongDouble", with: "Form::Int128" }],
    ),
    Fault::shown(
        "int128-is-aligned-to-8",
        "an integer of 128 bits is in memory where the one before ends",
        &["G-8"],
        &[Edit {
            file: LIBFFI,
            replace: "Form::Int128",
            with: "Form::Struct(vec![Form::Scalar(Type::U64); 2])",
        }],
    ),
    Fault::shown(
        "int128-is-in-memory",
        "an integer of 128 bits is in memory though two registers are left",
        &["G-8"],
        &[Edit {
            file: LIBFFI,
            replace: "Form::Int128",
            with: "Form::Packed(vec![Form::Scalar(Type::U8), Form::Scalar(Type::U64)])",
        }],
    ),
    Fault::shown(
        "wire-union-is-a-struct",
        "the members of a union lie one after another",
        &["G-4"],
        &[Edit {
            file: MEMBERS,
            replace: "Form::Union(members()?)",
            with: "Form::Struct(members()?)",
        }],
    ),
    Fault::shown(
        "wire-int128-loses-its-upper-half",
        "of an integer of 128 bits the lower 64 are said",
        &["G-8"],
        &[Edit {
            file: MEMBERS,
            replace: "bits.cast_signed().to_string()",
            with: "(bits as i64).to_string()",
        }],
    ),
    of_a_place(
        "union-of-the-fourth-place-is-its-first-member",
        "a union that is the fourth argument is in the registers of its first member",
        &["G-4"],
        &[Edit {
            file: LIBFFI,
            replace: ARGUMENT,
            with: "match argument_type(carrier, declarations) {
                Ok(Form::Union(members))
                    if lowering.parameters.get(3).is_some_and(|at| std::ptr::eq(&at.carrier, carrier)) =>
                {
                    Ok(Form::Struct(members.into_iter().take(1).collect()))
                }
                of => of,
            }",
        }],
    ),
    of_a_place(
        "packed-in-a-crowd-is-padded",
        "a packed struct is described with padding among from 12 to 16 arguments",
        &["G-5"],
        &[Edit {
            file: LIBFFI,
            replace: ARGUMENT,
            with: "match argument_type(carrier, declarations) {
                Ok(Form::Packed(members)) if (12..=16).contains(&lowering.parameters.len()) => {
                    Ok(Form::Struct(members))
                }
                of => of,
            }",
        }],
    ),
    of_a_place(
        "complex-returned-as-an-integer",
        "a complex number of singles is looked for in an integer register where it comes back of from 12 to 16 arguments",
        &["G-6"],
        &[Edit {
            file: LIBFFI,
            replace: "(struct_type(name, declarations)?, Returns::Struct)",
            with: "(
                match struct_type(name, declarations)? {
                    Form::Struct(parts)
                        if parts == [Form::Scalar(Type::F32), Form::Scalar(Type::F32)]
                            && (12..=16).contains(&lowering.parameters.len()) =>
                    {
                        Form::Struct(vec![Form::Scalar(Type::U32); 2])
                    }
                    of => of,
                },
                Returns::Struct,
            )",
        }],
    ),
    of_a_place(
        "int128-in-a-crowd-is-in-memory",
        "an integer of 128 bits among from 2 to 6 arguments is in memory though registers are left",
        &["G-8"],
        &[Edit {
            file: LIBFFI,
            replace: ARGUMENT,
            with: "match argument_type(carrier, declarations) {
                Ok(Form::Int128) if (2..=6).contains(&lowering.parameters.len()) => {
                    Ok(Form::Packed(vec![Form::Scalar(Type::U8), Form::Scalar(Type::U64)]))
                }
                of => of,
            }",
        }],
    ),
];

const ARGUMENT: &str = "argument_type(carrier, declarations)";

/// One that hangs on what is passed beside, in ways that drawn signatures have and no written case.
const fn of_a_place(
    name: &'static str,
    breaks: &'static str,
    clauses: &'static [&'static str],
    edits: &'static [Edit],
) -> Fault {
    Fault { name, breaks, clauses, class: Class::Fail, arms: &["generated"], edits }
}
