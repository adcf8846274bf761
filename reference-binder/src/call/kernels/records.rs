//! Kernels for signatures of structs of carrier scalars: one or two arguments of which one is such a struct, or a
//! return that is one.
//!
//! They are on the general path (P-3): each call has one scope, which is entered and left in passing. It holds each
//! struct that goes in and the one that comes out. A kernel takes maps that have a struct's fields in their order and
//! values that need no conversion; `otherwise` takes, or refuses, the rest.

#![expect(unsafe_code, reason = "calls native code with the structs it made")]

use std::hint::unreachable_unchecked;

use super::super::flat::{self, FLAT_BYTES, Flat};
use super::super::foreign;
use super::super::item::Item;
use super::super::plan::{ArgumentPlan, Memory, ReturnPlan, Returned};
use super::super::{Caller, Function, Kernel};
use super::choose::Class;
use super::{Argument, Double, OtherFloat, OtherWord, Return, Void, Word};
use crate::scope::{ROOM_BYTES, Room};
use crate::value::Value;

/// Structs that a kernel here makes or has made at the most: two arguments and a return.
const MOST_STRUCTS: usize = 3;
const _: () = assert!(MOST_STRUCTS * FLAT_BYTES <= ROOM_BYTES);

/// A class of argument, beside those that need no room.
trait Roomy {
    type Register: foreign::Carried;

    /// The carrier, where the value is one of those the kernel takes.
    ///
    /// # Safety
    /// The function has an argument of this class at this position; and of the room fewer than [`MOST_STRUCTS`]
    /// structs were taken, its places are the caller's alone, and they may be read.
    unsafe fn load(
        function: &Function,
        position: usize,
        value: Value,
        caller: &Caller,
        room: &mut Room,
    ) -> Option<Self::Register>;
}

impl<A: Argument> Roomy for A {
    type Register = A::Register;
    #[inline(always)]
    unsafe fn load(
        function: &Function,
        position: usize,
        value: Value,
        caller: &Caller,
        _: &mut Room,
    ) -> Option<A::Register> {
        // SAFETY: by this function's contract.
        unsafe { A::load(function, position, value, caller) }
    }
}

/// A struct of carrier scalars.
struct Record;

impl Roomy for Record {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(
        function: &Function,
        position: usize,
        value: Value,
        caller: &Caller,
        room: &mut Room,
    ) -> Option<u64> {
        // SAFETY: by this function's contract.
        let flat = match &unsafe { function.steps.get_unchecked(position) }.plan {
            // SAFETY: as above.
            ArgumentPlan::Memory { memory: Memory::Item(item), .. } => unsafe { flat_of(item) },
            // SAFETY: as above.
            _ => unsafe { unreachable_unchecked() },
        };
        let entries = flat::entries(&caller.heap, value)?;
        let place = room.take(flat.place as usize);
        // SAFETY: a struct that is flat has no more than `FLAT_BYTES`, and the room has as many for each of
        // `MOST_STRUCTS`, of which this is one.
        let is_written = unsafe { flat::write(flat, entries, place) };
        is_written.then(|| place.expose_provenance() as u64)
    }
}

/// # Safety
/// It is a struct of carrier scalars.
#[inline(always)]
unsafe fn flat_of(item: &Item) -> &Flat {
    match item {
        Item::Struct(plan) => match &plan.flat {
            Some(flat) => flat,
            // SAFETY: by this function's contract.
            None => unsafe { unreachable_unchecked() },
        },
        // SAFETY: as above.
        _ => unsafe { unreachable_unchecked() },
    }
}

/// The return of a function that returns such a struct, which nobody frees.
///
/// # Safety
/// It does.
#[inline(always)]
unsafe fn returned(function: &Function) -> &Flat {
    let ReturnPlan::Memory(returned) = &function.returns else {
        // SAFETY: by this function's contract.
        unsafe { unreachable_unchecked() }
    };
    match &**returned {
        // SAFETY: as above.
        Returned::Item { item, .. } => unsafe { flat_of(item) },
        // SAFETY: as above.
        _ => unsafe { unreachable_unchecked() },
    }
}

macro_rules! kernels {
    ($name:ident, $call:ident, $out:ident, $call_out:ident, $($argument:ident: $class:ident = $position:literal),*) => {
        /// With a return in a register.
        fn $name<$($class: Roomy,)* R: Return>(
            arguments: &[Value],
            function: &Function,
            caller: &mut Caller,
        ) -> Value {
            kernels!(load arguments, function, caller, room, $($argument: $class = $position),*);
            caller.scopes.pass_with(room);
            // SAFETY: binding vouched for the symbol's prototype, and `choose` took this kernel for the register
            // files of exactly its carriers. What they point to stays until the caller's scopes are used again.
            let register: R::Register = unsafe { foreign::$call(function.callee.symbol, $($argument),*) };
            // SAFETY: `choose` took this kernel for the class of the return.
            unsafe { R::give(&function.returns, register) }
        }
        kernels!(out $out, $call_out, $($argument: $class = $position),*);
    };
    (out $name:ident, $call:ident, $($argument:ident: $class:ident = $position:literal),*) => {
        /// With a struct that comes back through an out-parameter, the last.
        fn $name<$($class: Roomy),*>(
            arguments: &[Value],
            function: &Function,
            caller: &mut Caller,
        ) -> Value {
            kernels!(load arguments, function, caller, room, $($argument: $class = $position),*);
            // SAFETY: `choose` took this kernel for such a return.
            let flat = unsafe { returned(function) };
            let place = room.take(flat.place as usize);
            caller.scopes.pass_with(room);
            let out = place.expose_provenance() as u64;
            // SAFETY: as above; the room has the return's size and alignment, too.
            let _: u64 = unsafe { foreign::$call(function.callee.symbol, $($argument,)* out) };
            // SAFETY: the callee wrote the struct there (L-9), and nobody has used the caller's scopes since.
            unsafe { flat::read(flat, place, &mut caller.heap) }
        }
    };
    (load $arguments:ident, $function:ident, $caller:ident, $room:ident,
        $($argument:ident: $class:ident = $position:literal),*) => {
        let &[$($argument),*] = $arguments else {
            return ($function.otherwise)($arguments, $function, $caller);
        };
        #[allow(unused_mut, reason = "of no argument nothing is taken")]
        let Some(mut $room) = $caller.scopes.room() else {
            return ($function.otherwise)($arguments, $function, $caller);
        };
        $(
            // SAFETY: `choose` took this kernel for the classes of exactly these arguments, which are fewer than
            // `MOST_STRUCTS`; the room is of a page's bytes that no open scope has, and every byte of a page is
            // initialised.
            let loaded = unsafe { $class::load($function, $position, $argument, $caller, &mut $room) };
            let Some($argument) = loaded else {
                return ($function.otherwise)($arguments, $function, $caller);
            };
        )*
    };
}

kernels!(out make, call1,);
kernels!(record1, call1, record1_out, call2, a: A = 0);
kernels!(record2, call2, record2_out, call3, a: A = 0, b: B = 1);

/// The kernel of a function with structs of carrier scalars whose carriers are all in registers; none where another
/// class is among its arguments, or there are too many of them.
pub(super) fn choose(classes: &[Class], returns: &ReturnPlan) -> Option<Kernel> {
    match returns {
        ReturnPlan::Memory(returned) if returned.is_flat() => {
            let integers = classes.iter().filter(|class| !matches!(class, Class::Double)).count();
            let Returned::Item { slot, .. } = **returned else { return None };
            // Behind the arguments, as `kernels!` calls.
            if usize::from(slot) != integers { None } else { with_out(classes) }
        }
        ReturnPlan::Memory(_) => None,
        ReturnPlan::Void => in_register::<Void>(classes),
        ReturnPlan::F64 | ReturnPlan::F32 | ReturnPlan::F16 | ReturnPlan::Dialected(_) => {
            in_register::<OtherFloat>(classes)
        }
        ReturnPlan::Signed(_)
        | ReturnPlan::Unsigned(_)
        | ReturnPlan::Boolean
        | ReturnPlan::Enum(_)
        | ReturnPlan::Handle(_) => in_register::<OtherWord>(classes),
    }
}

macro_rules! with_class {
    ($argument:expr, $class:ident => $kernel:expr) => {
        match $argument {
            Class::Record => {
                type $class = Record;
                $kernel
            }
            Class::Double => {
                type $class = Double;
                $kernel
            }
            Class::Word => {
                type $class = Word;
                $kernel
            }
            _ => return None,
        }
    };
}

fn with_out(classes: &[Class]) -> Option<Kernel> {
    Some(match classes {
        [] => make,
        [a] => with_class!(a, A => record1_out::<A>),
        [a, b] => with_class!(a, A => with_class!(b, B => record2_out::<A, B>)),
        _ => return None,
    })
}

/// One argument at least is a struct.
fn in_register<R: Return>(classes: &[Class]) -> Option<Kernel> {
    Some(match classes {
        [Class::Record] => record1::<Record, R>,
        [Class::Record, b] => with_class!(b, B => record2::<Record, B, R>),
        [a, Class::Record] => with_class!(a, A => record2::<A, Record, R>),
        _ => return None,
    })
}
