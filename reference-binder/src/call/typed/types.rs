//! The types that typed views have: scalars, structs by reference, slices, and tuples of these.

use std::ffi::c_void;
use std::mem::transmute;
use std::ptr::NonNull;

use contract::{ArgumentKind, Scalar, Type};

use super::super::Function;
use super::super::item::Item;
use super::super::plan::{self, Load, Memory};
use super::{Argument, ArgumentPlan, Arguments, Native, Return, ReturnPlan, Shape, TypedError};

macro_rules! scalars {
    ($($kind:ty: $scalar:ident, $integers:literal, $load:pat, $returns:pat,)*) => { $(
        // SAFETY: the scalar of C is laid out the same, and each of its bits is a value.
        unsafe impl Native for $kind {
            const SHAPE: Shape = Shape::Scalar(Scalar::$scalar);
        }

        // SAFETY: it crosses by value (L-1).
        unsafe impl Argument for $kind {
            type Of<'a> = $kind;
            type Carrier = $kind;
            const INTEGERS: usize = $integers;

            fn is(argument: ArgumentPlan<'_>) -> bool {
                *argument.1 == Type::Scalar(Scalar::$scalar) && matches!(argument.load(), Some($load))
            }

            #[inline(always)]
            fn carrier(given: $kind) -> $kind {
                given
            }
        }

        // SAFETY: it comes back by value (L-1).
        unsafe impl Return for $kind {
            fn is(returns: ReturnPlan<'_>) -> bool {
                *returns.1 == Type::Scalar(Scalar::$scalar) && matches!(returns.0, $returns)
            }

            #[inline(always)]
            unsafe fn call<A: Arguments>(symbol: NonNull<c_void>, arguments: A::Of<'_>) -> $kind {
                // SAFETY: by this function's contract.
                unsafe { A::call::<$kind>(symbol, arguments) }
            }
        }
    )* };
}

scalars! {
    i8: I8, 1, Load::Integer(_), plan::ReturnPlan::Signed(56),
    i16: I16, 1, Load::Integer(_), plan::ReturnPlan::Signed(48),
    i32: I32, 1, Load::Integer(_), plan::ReturnPlan::Signed(32),
    i64: I64, 1, Load::Integer(_), plan::ReturnPlan::Signed(0),
    u8: U8, 1, Load::Integer(_), plan::ReturnPlan::Unsigned(56),
    u16: U16, 1, Load::Integer(_), plan::ReturnPlan::Unsigned(48),
    u32: U32, 1, Load::Integer(_), plan::ReturnPlan::Unsigned(32),
    u64: U64, 1, Load::Integer(_), plan::ReturnPlan::Unsigned(0),
    f32: F32, 0, Load::F32, plan::ReturnPlan::F32,
    f64: F64, 0, Load::F64, plan::ReturnPlan::F64,
}

// SAFETY: it crosses by value (L-1), and a bool of Rust is 0 or 1.
unsafe impl Argument for bool {
    type Of<'a> = bool;
    type Carrier = bool;
    const INTEGERS: usize = 1;

    fn is(argument: ArgumentPlan<'_>) -> bool {
        matches!(argument.load(), Some(Load::Boolean))
    }

    #[inline(always)]
    fn carrier(given: bool) -> bool {
        given
    }
}

// SAFETY: it comes back by value (L-1).
unsafe impl Return for bool {
    fn is(returns: ReturnPlan<'_>) -> bool {
        matches!(returns.0, plan::ReturnPlan::Boolean)
    }

    #[inline(always)]
    unsafe fn call<A: Arguments>(symbol: NonNull<c_void>, arguments: A::Of<'_>) -> bool {
        // A byte, because a callee that is wrong may return 2.
        // SAFETY: by this function's contract.
        unsafe { A::call::<u8>(symbol, arguments) != 0 }
    }
}

// SAFETY: nothing comes back (L-4).
unsafe impl Return for () {
    fn is(returns: ReturnPlan<'_>) -> bool {
        matches!(returns.0, plan::ReturnPlan::Void)
    }

    #[inline(always)]
    unsafe fn call<A: Arguments>(symbol: NonNull<c_void>, arguments: A::Of<'_>) {
        // SAFETY: by this function's contract.
        unsafe { A::call::<()>(symbol, arguments) }
    }
}

// SAFETY: a struct crosses by its address (L-9).
unsafe impl<T: Native> Argument for &T {
    type Of<'a> = &'a T;
    type Carrier = *const T;
    const INTEGERS: usize = 1;

    fn is(argument: ArgumentPlan<'_>) -> bool {
        match argument.memory() {
            Some(Memory::Item(item @ Item::Struct(_))) => T::SHAPE.is(item),
            _ => false,
        }
    }

    #[inline(always)]
    fn carrier(given: &T) -> *const T {
        given
    }
}

/// An address and how many elements it reaches. A struct of two words takes two registers of the integer
/// file, as two words would, as long as there are two (System V AMD64 ABI, 3.2.3; AAPCS64, 6.8.2).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Reach(*const c_void, usize);

/// Integer registers that every target with typed slices has.
const REGISTERS: usize =
    if cfg!(any(all(target_arch = "x86_64", unix), target_arch = "aarch64")) { 6 } else { 0 };

// SAFETY: a slice crosses as its address and its length (L-7).
unsafe impl<T: Native> Argument for &[T] {
    type Of<'a> = &'a [T];
    type Carrier = Reach;
    const INTEGERS: usize = 2;

    fn is(argument: ArgumentPlan<'_>) -> bool {
        argument.is_slice(T::SHAPE, true)
    }

    #[inline(always)]
    fn carrier(given: &[T]) -> Reach {
        Reach(given.as_ptr().cast(), given.len())
    }
}

// SAFETY: as above, and whatever is written to an element is a value of it.
unsafe impl<T: Native> Argument for &mut [T] {
    type Of<'a> = &'a mut [T];
    type Carrier = Reach;
    const INTEGERS: usize = 2;

    fn is(argument: ArgumentPlan<'_>) -> bool {
        argument.is_slice(T::SHAPE, false)
    }

    #[inline(always)]
    fn carrier(given: &mut [T]) -> Reach {
        Reach(given.as_mut_ptr().cast_const().cast(), given.len())
    }
}

macro_rules! tuples {
    ($($count:literal: $($name:ident $value:ident)*;)*) => { $(
        // SAFETY: the carriers follow each other in the order of the arguments (L).
        unsafe impl<$($name: Argument),*> Arguments for ($($name,)*) {
            type Of<'a> = ($($name::Of<'a>,)*);
            const COUNT: usize = $count;

            fn check(function: &Function) -> Result<(), TypedError> {
                let check: [fn(ArgumentPlan<'_>) -> bool; $count] = [$($name::is),*];
                let arguments = function.steps.iter().zip(&function.signature.arguments);
                for (index, (is, (step, of))) in check.iter().zip(arguments).enumerate() {
                    match &of.kind {
                        ArgumentKind::Plain(kind) if is(ArgumentPlan(&step.plan, kind)) => {}
                        _ => return Err(TypedError::Argument(index)),
                    }
                }
                let taken: [usize; $count] = [$($name::INTEGERS),*];
                let slices = taken.iter().any(|taken| *taken > 1);
                if slices && taken.iter().sum::<usize>() > REGISTERS {
                    return Err(TypedError::Registers);
                }
                Ok(())
            }

            #[inline(always)]
            unsafe fn call<Returns>(symbol: NonNull<c_void>, ($($value,)*): Self::Of<'_>) -> Returns {
                type Prototype<$($name,)* Returns> = unsafe extern "C" fn($($name),*) -> Returns;
                let address = symbol.as_ptr();
                // SAFETY: a function pointer and a data pointer are one word each on every target
                // Rust's standard library has, and the caller vouches for the prototype.
                let function = unsafe {
                    transmute::<*mut c_void, Prototype<$($name::Carrier,)* Returns>>(address)
                };
                // SAFETY: by this function's contract.
                unsafe { function($($name::carrier($value)),*) }
            }

            #[inline(always)]
            unsafe fn call_out(symbol: NonNull<c_void>, ($($value,)*): Self::Of<'_>, out: *mut c_void) {
                type Prototype<$($name),*> = unsafe extern "C" fn($($name,)* *mut c_void);
                let address = symbol.as_ptr();
                // SAFETY: as in `call`.
                let function = unsafe {
                    transmute::<*mut c_void, Prototype<$($name::Carrier),*>>(address)
                };
                // SAFETY: by this function's contract.
                unsafe { function($($name::carrier($value),)* out) }
            }
        }
    )* };
}

tuples! {
    0: ;
    1: A a;
    2: A a B b;
    3: A a B b C c;
    4: A a B b C c D d;
    5: A a B b C c D d E e;
    6: A a B b C c D d E e F f;
    7: A a B b C c D d E e F f G g;
    8: A a B b C c D d E e F f G g H h;
}
