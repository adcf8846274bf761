//! Structs that libffi passes wrongly on System V x86-64, as the two arguments that they are to the callee.
//!
//! For a struct of an integer's and a float's eightbyte it copies both to the integer's register (3.4.4: `ffi_call_int` in
//! x86/ffi64.c). Where that is the last one, the second goes over the first float register, which an argument before may
//! have. Passed as two scalars the eightbytes travel in the very same registers (psABI 3.2.3).

use super::{Form, Type};

/// Integer and float registers of the calling convention.
const INTEGERS: usize = 6;
const FLOATS: usize = 8;
/// Of an eightbyte.
pub(super) const BYTES: usize = 8;
/// What is larger is passed in memory.
const MOST: usize = 2 * BYTES;

/// The arguments that are such structs, each with the type of its second eightbyte.
pub(super) fn splits(arguments: &[Form], returns: &Form) -> Vec<(usize, Type)> {
    if !cfg!(all(target_arch = "x86_64", unix)) {
        return Vec::new();
    }
    let returns_in_memory = matches!(returns, Form::Struct(_)) && layout(returns).0 > MOST;
    let (mut integers, mut floats) = (usize::from(returns_in_memory), 0);
    let mut found = Vec::new();
    for (index, of) in arguments.iter().enumerate() {
        let parts = match of {
            Form::Scalar(of) => vec![is_float(*of)],
            Form::Struct(_) if layout(of).0 > MOST => continue,
            Form::Struct(_) => classes(of),
        };
        let of_floats = parts.iter().filter(|is_float| **is_float).count();
        let of_integers = parts.len() - of_floats;
        let fits = integers + of_integers <= INTEGERS && floats + of_floats <= FLOATS;
        if !fits && parts.len() > 1 {
            continue;
        }
        if fits && parts == [false, true] && integers + 1 == INTEGERS {
            let second = if layout(of).0 > 12 { Type::F64 } else { Type::F32 };
            found.push((index, second));
        }
        (integers, floats) = (integers + of_integers, floats + of_floats);
    }
    found
}

fn is_float(of: Type) -> bool {
    matches!(of, Type::F32 | Type::F64)
}

/// Of each eightbyte whether it has floats alone.
fn classes(of: &Form) -> Vec<bool> {
    let mut classes = vec![true; layout(of).0.div_ceil(BYTES)];
    mark(of, 0, &mut classes);
    classes
}

fn mark(of: &Form, at: usize, classes: &mut [bool]) {
    match of {
        Form::Scalar(of) => classes[at / BYTES] &= is_float(*of),
        Form::Struct(members) => {
            let mut end = at;
            for member in members {
                let (size, alignment) = layout(member);
                end = end.next_multiple_of(alignment);
                mark(member, end, classes);
                end += size;
            }
        }
    }
}

/// Size and alignment, as C has them.
fn layout(of: &Form) -> (usize, usize) {
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

    #[test]
    fn a_struct_whose_integer_takes_the_last_register_is_two_arguments() {
        let word = Form::Scalar(Type::I64);
        let of =
            |members: &[Type]| Form::Struct(members.iter().copied().map(Form::Scalar).collect());
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
}
