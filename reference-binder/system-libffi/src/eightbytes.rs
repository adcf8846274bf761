//! How System V x86-64 passes a type (psABI 3.2.3), where libffi cannot be asked or is wrong.
//!
//! libffi has no unions, packed structs and integers of 128 bits. It is told of a struct of the same size and alignment
//! whose members are in the same registers: an integer or a float for each eightbyte, or one that is in memory.
//!
//! And for a struct of an integer's and a float's eightbyte it copies both to the integer's register (3.4.4: `ffi_call_int`
//! in x86/ffi64.c). Where that is the last one, the second goes over the first float register, which an argument before may
//! have. Passed as two scalars the eightbytes travel in the very same registers.

use super::form::{Form, Type};

/// Integer and float registers of the calling convention.
const INTEGERS: usize = 6;
const FLOATS: usize = 8;
/// Of an eightbyte.
pub(super) const BYTES: usize = 8;
/// What is larger is passed in memory.
const MOST: usize = 2 * BYTES;
/// The alignment of what has 128 bits.
pub(super) const WIDE: usize = 16;

/// How a type is passed, and how returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Travels {
    /// In memory both ways.
    Memory,
    /// An extended float, alone: in memory, and back on top of the x87 stack.
    Extended,
    /// In a register for each eightbyte: whether it is one of floats.
    Registers(Vec<bool>),
}

/// The classes that are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Nothing,
    Integer,
    Float,
    Extended,
    ExtendedUpper,
    Memory,
}

impl Class {
    /// That of an eightbyte that has both (psABI 3.2.3, step 4).
    fn and(self, other: Class) -> Class {
        use Class::{Extended, ExtendedUpper, Float, Integer, Memory, Nothing};
        match (self, other) {
            (one, other) if one == other => one,
            (Nothing, one) | (one, Nothing) => one,
            (Memory, _) | (_, Memory) => Memory,
            (Integer, _) | (_, Integer) => Integer,
            (Extended | ExtendedUpper, _) | (_, Extended | ExtendedUpper) => Memory,
            (Float, Float) => Float,
        }
    }
}

/// How a type is passed.
pub(super) fn travels(of: &Form) -> Travels {
    let (size, _) = layout(of);
    let mut classes = vec![Class::Nothing; size.div_ceil(BYTES)];
    mark(of, 0, &mut classes);
    match &*classes {
        // Step 5: what holds one of memory, more than two eightbytes without a vector, and an upper half alone.
        all if all.contains(&Class::Memory) || size > MOST => Travels::Memory,
        [Class::Extended, Class::ExtendedUpper] => Travels::Extended,
        all if all.iter().any(|one| matches!(one, Class::Extended | Class::ExtendedUpper)) => {
            Travels::Memory
        }
        all => Travels::Registers(all.iter().map(|one| *one == Class::Float).collect()),
    }
}

/// Adds what lies at so many bytes to the eightbytes that it is in.
fn mark(of: &Form, at: usize, classes: &mut [Class]) {
    let mut one = |at: usize, class: Class| {
        let place = &mut classes[at / BYTES];
        *place = place.and(class);
    };
    match of {
        // Step 1: what has an unaligned field is in memory.
        Form::Scalar(_) | Form::Int128 | Form::LongDouble if !at.is_multiple_of(layout(of).1) => {
            one(at, Class::Memory);
        }
        Form::Scalar(of) => one(at, if is_float(*of) { Class::Float } else { Class::Integer }),
        Form::Int128 => [at, at + BYTES].into_iter().for_each(|at| one(at, Class::Integer)),
        Form::LongDouble => {
            one(at, Class::Extended);
            one(at + BYTES, Class::ExtendedUpper);
        }
        Form::Union(members) => members.iter().for_each(|member| mark(member, at, classes)),
        Form::Struct(members) | Form::Packed(members) => {
            let is_packed = matches!(of, Form::Packed(_));
            let mut end = 0_usize;
            for member in members {
                let (size, alignment) = layout(member);
                end = end.next_multiple_of(if is_packed { 1 } else { alignment });
                mark(member, at + end, classes);
                end += size;
            }
        }
    }
}

/// The type of an eightbyte of floats, of which the type that it ends has so many bytes in all.
pub(super) fn float_of(size: usize, eightbyte: usize) -> Type {
    if size - eightbyte * BYTES > BYTES / 2 { Type::F64 } else { Type::F32 }
}

/// The arguments that are such structs, each with the type of its second eightbyte.
pub(super) fn splits(arguments: &[Form], returns: &Form) -> Vec<(usize, Type)> {
    if !cfg!(all(target_arch = "x86_64", unix)) {
        return Vec::new();
    }
    let returns_in_memory =
        !matches!(returns, Form::Scalar(_)) && travels(returns) == Travels::Memory;
    let (mut integers, mut floats) = (usize::from(returns_in_memory), 0);
    let mut found = Vec::new();
    for (index, of) in arguments.iter().enumerate() {
        let parts = match (of, travels(of)) {
            (Form::Scalar(of), _) => vec![is_float(*of)],
            (_, Travels::Registers(parts)) => parts,
            (_, Travels::Memory | Travels::Extended) => continue,
        };
        let of_floats = parts.iter().filter(|is_float| **is_float).count();
        let of_integers = parts.len() - of_floats;
        let fits = integers + of_integers <= INTEGERS && floats + of_floats <= FLOATS;
        if !fits && parts.len() > 1 {
            continue;
        }
        if fits && parts == [false, true] && integers + 1 == INTEGERS {
            found.push((index, float_of(layout(of).0, 1)));
        }
        (integers, floats) = (integers + of_integers, floats + of_floats);
    }
    found
}

fn is_float(of: Type) -> bool {
    matches!(of, Type::F32 | Type::F64)
}

/// Size and alignment, as C has them.
pub(super) fn layout(of: &Form) -> (usize, usize) {
    match of {
        Form::Scalar(of) => {
            let size = match of {
                Type::Void => 0,
                Type::U8 | Type::I8 => 1,
                Type::U16 | Type::I16 => 2,
                Type::U32 | Type::I32 | Type::F32 => 4,
                Type::U64 | Type::I64 | Type::F64 => 8,
                Type::Pointer => size_of::<usize>(),
            };
            (size, size.max(1))
        }
        Form::Int128 | Form::LongDouble => (WIDE, WIDE),
        Form::Packed(members) => (members.iter().map(|of| layout(of).0).sum(), 1),
        Form::Union(members) => {
            let size = members.iter().map(|of| layout(of).0).max().unwrap_or(0);
            let alignment = members.iter().map(|of| layout(of).1).max().unwrap_or(1);
            (size.next_multiple_of(alignment), alignment)
        }
        Form::Struct(members) => {
            let (mut size, mut alignment) = (0_usize, 1);
            for (inner, own) in members.iter().map(layout) {
                size = size.next_multiple_of(own) + inner;
                alignment = alignment.max(own);
            }
            (size.next_multiple_of(alignment), alignment)
        }
    }
}

#[cfg(all(test, target_arch = "x86_64", unix))]
mod tests {
    use super::*;

    fn of(members: &[Type]) -> Form {
        Form::Struct(members.iter().copied().map(Form::Scalar).collect())
    }

    #[test]
    fn a_struct_whose_integer_takes_the_last_register_is_two_arguments() {
        let word = Form::Scalar(Type::I64);
        let mixed = of(&[Type::I64, Type::F64]);
        let large = of(&[Type::I64, Type::I64, Type::I64]);
        let behind = |count: usize, last: &Form| {
            let mut all = vec![word.clone(); count];
            all.push(last.clone());
            all
        };
        let void = Form::Scalar(Type::Void);
        assert_eq!(splits(&behind(5, &mixed), &void), [(5, Type::F64)]);
        assert_eq!(splits(&behind(4, &mixed), &large), [(4, Type::F64)]);
        assert_eq!(
            splits(&behind(5, &of(&[Type::I32, Type::F32, Type::F32])), &void),
            [(5, Type::F32)]
        );
        for count in [0, 4, 6] {
            assert_eq!(splits(&behind(count, &mixed), &void), [], "{count}");
        }
        for other in [of(&[Type::F64, Type::I64]), of(&[Type::I64, Type::I64]), large] {
            assert_eq!(splits(&behind(5, &other), &void), [], "{other:?}");
        }
    }

    #[test]
    fn a_type_is_in_the_registers_that_all_of_its_members_are() {
        let scalar = Form::Scalar;
        let registers = |parts: &[bool]| Travels::Registers(parts.to_vec());
        let doubles = of(&[Type::F64, Type::F64]);
        for (form, due) in [
            (Form::Union(vec![scalar(Type::F64), scalar(Type::I64)]), registers(&[false])),
            (Form::Union(vec![scalar(Type::F64), of(&[Type::F32, Type::F32])]), registers(&[true])),
            (
                Form::Union(vec![doubles.clone(), of(&[Type::F64, Type::I64])]),
                registers(&[true, false]),
            ),
            (Form::Union(vec![of(&[Type::U8; 17]), scalar(Type::I64)]), Travels::Memory),
            (Form::Packed(vec![scalar(Type::U8), scalar(Type::I64)]), Travels::Memory),
            (Form::Packed(vec![scalar(Type::I64), scalar(Type::U8)]), registers(&[false, false])),
            (Form::Packed(vec![scalar(Type::F64), scalar(Type::I64)]), registers(&[true, false])),
            (Form::Int128, registers(&[false, false])),
            (Form::LongDouble, Travels::Extended),
            (Form::Struct(vec![Form::LongDouble]), Travels::Extended),
            (Form::Struct(vec![Form::LongDouble, scalar(Type::I32)]), Travels::Memory),
            // The lower half is an integer's, and the upper is then without one.
            (Form::Union(vec![Form::LongDouble, scalar(Type::I64)]), Travels::Memory),
            (Form::Struct(vec![scalar(Type::I64), Form::Int128]), Travels::Memory),
        ] {
            assert_eq!(travels(&form), due, "{form:?}");
        }
        assert_eq!(layout(&Form::Struct(vec![scalar(Type::I64), Form::Int128])), (32, 16));
    }
}
