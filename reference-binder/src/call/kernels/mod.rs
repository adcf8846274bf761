//! Kernels of the register engine for common signatures: on the scalar and the enum-and-handle path without
//! scope or memory (P-1, P-2).
//!
//! A kernel is monomorphised for the exact classes of a signature's arguments and of its return, and takes
//! only values that need no conversion beyond what its classes say. Whatever else it is given it hands on, to
//! what converts or refuses any value of its signature: so a kernel keeps nothing across a call of anything
//! but the native function, and is as short as that allows. Which kernel serves a function is chosen once,
//! when it is bound.
//!
//! Arrays that are lent need no memory either, and signatures with them have kernels here, too: their one
//! scope is a number (P-3). Those of structs of carrier scalars are in `records`.

#![expect(unsafe_code, reason = "calls native code with the carriers it made")]

mod choose;
mod records;

use std::hint::unreachable_unchecked;

use super::foreign::{self, Carried, Reach};
use super::plan::{ArgumentPlan, Load, Memory, Passes, ReturnPlan};
use super::{Caller, Function, give, load};
use crate::float;
use crate::handle::{Handle, HandleType};
use crate::heap::Object;
use crate::keyword::Keyword;
use crate::value::{Tag, Value};

pub(super) use choose::choose;

/// The class of an argument a kernel is monomorphised for.
trait Argument {
    type Register: Carried;
    /// Whether its signatures are on the general path.
    const IS_GENERAL: bool = false;

    /// The carrier, where the value is one of those the kernel takes.
    ///
    /// # Safety
    /// The function has a carrier of this class at this position.
    unsafe fn load(
        function: &Function,
        position: usize,
        value: Value,
        caller: &Caller,
    ) -> Option<Self::Register>;
}

/// A signed integer of 64 bits.
struct Word;
/// An integer whose bounds are less than a long's.
struct Integer;
/// An unsigned integer of 64 bits.
struct UnsignedWord;
/// A bool.
struct Boolean;
/// An f64.
struct Double;
/// An f32.
struct Single;
/// An enum by its keyword.
struct Member;
/// A handle.
struct Resource;
/// A slice of scalars.
struct Lent;

impl Argument for Word {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value, _: &Caller) -> Option<u64> {
        Passes::LONGS.word(value)
    }
}

impl Argument for Integer {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(function: &Function, position: usize, value: Value, _: &Caller) -> Option<u64> {
        Passes::within(function.bounds[position]).word(value)
    }
}

impl Argument for UnsignedWord {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value, _: &Caller) -> Option<u64> {
        load::unsigned(value)
    }
}

impl Argument for Boolean {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value, _: &Caller) -> Option<u64> {
        Passes::BOOLEANS.word(value)
    }
}

impl Argument for Double {
    type Register = f64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value, _: &Caller) -> Option<f64> {
        Passes::DOUBLES.word(value).map(f64::from_bits)
    }
}

impl Argument for Single {
    type Register = f64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value, _: &Caller) -> Option<f64> {
        let bits = Passes::DOUBLES.word(value)?;
        Some(f64::from_bits(u64::from(float::narrow_f32(bits))))
    }
}

impl Argument for Member {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(function: &Function, position: usize, value: Value, _: &Caller) -> Option<u64> {
        // SAFETY: by this function's contract.
        let Load::Enum(table) = (unsafe { carrier(function, position) }) else {
            // SAFETY: as above.
            unsafe { unreachable_unchecked() }
        };
        if !value.is(Tag::Keyword) {
            return None;
        }
        table.first_number(Keyword::from_id(value.bits() as u32))
    }
}

impl Argument for Resource {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(function: &Function, position: usize, value: Value, _: &Caller) -> Option<u64> {
        // SAFETY: by this function's contract.
        let kind = unsafe { handle_type(function, position) };
        if !value.is(Tag::Handle) {
            return None;
        }
        Handle::from_bits(value.bits()).address(kind).ok()
    }
}

impl Argument for Lent {
    type Register = Reach;
    const IS_GENERAL: bool = true;
    #[inline(always)]
    unsafe fn load(
        function: &Function,
        position: usize,
        value: Value,
        caller: &Caller,
    ) -> Option<Reach> {
        // SAFETY: by this function's contract.
        let element = match &unsafe { function.steps.get_unchecked(position) }.plan {
            ArgumentPlan::Memory { memory: Memory::Lent(element, _), .. } => *element,
            // SAFETY: as above.
            _ => unsafe { unreachable_unchecked() },
        };
        if !value.is(Tag::Object) {
            return None;
        }
        match caller.heap.get(value.object_ref())? {
            Object::Array(array) if array.element() == element => Some(Reach {
                address: array.address().expose_provenance() as u64,
                length: array.len() as u64,
            }),
            _ => None,
        }
    }
}

/// How the argument of a position is converted.
///
/// # Safety
/// The function has a carrier there.
#[inline(always)]
unsafe fn carrier(function: &Function, position: usize) -> &Load {
    // SAFETY: by this function's contract.
    match &unsafe { function.steps.get_unchecked(position) }.plan {
        ArgumentPlan::Carrier(plan) => &plan.load,
        // SAFETY: as above.
        _ => unsafe { unreachable_unchecked() },
    }
}

/// # Safety
/// The function has a handle there.
#[inline(always)]
unsafe fn handle_type(function: &Function, position: usize) -> HandleType {
    // SAFETY: by this function's contract.
    match unsafe { carrier(function, position) } {
        Load::Handle(kind) => *kind,
        // SAFETY: as above.
        _ => unsafe { unreachable_unchecked() },
    }
}

/// The class of a return a kernel is monomorphised for. What the class says is not asked of the plan.
trait Return {
    type Register: Carried;

    /// # Safety
    /// The function's return is of this class.
    unsafe fn give(returns: &ReturnPlan, register: Self::Register) -> Value;
}

struct Void;
/// With so many bits above the type's own.
struct Signed<const SPARE: u32>;
struct Unsigned<const SPARE: u32>;
/// What is rarer, by its plan.
struct OtherWord;
struct OtherFloat;

impl Return for Void {
    type Register = u64;
    #[inline(always)]
    unsafe fn give(_: &ReturnPlan, _: u64) -> Value {
        Value::NIL
    }
}

impl<const SPARE: u32> Return for Signed<SPARE> {
    type Register = u64;
    #[inline(always)]
    unsafe fn give(_: &ReturnPlan, register: u64) -> Value {
        give::signed(SPARE, register)
    }
}

impl<const SPARE: u32> Return for Unsigned<SPARE> {
    type Register = u64;
    #[inline(always)]
    unsafe fn give(_: &ReturnPlan, register: u64) -> Value {
        give::unsigned(SPARE, register)
    }
}

impl Return for Boolean {
    type Register = u64;
    #[inline(always)]
    unsafe fn give(_: &ReturnPlan, register: u64) -> Value {
        give::boolean(register)
    }
}

impl Return for Double {
    type Register = f64;
    #[inline(always)]
    unsafe fn give(_: &ReturnPlan, register: f64) -> Value {
        Value::double_bits(register.to_bits())
    }
}

impl Return for Single {
    type Register = f64;
    #[inline(always)]
    unsafe fn give(_: &ReturnPlan, register: f64) -> Value {
        give::single(register.to_bits())
    }
}

impl Return for Member {
    type Register = u64;
    #[inline(always)]
    unsafe fn give(returns: &ReturnPlan, register: u64) -> Value {
        match returns {
            ReturnPlan::Enum(table) => table.value(register),
            // SAFETY: by this function's contract.
            _ => unsafe { unreachable_unchecked() },
        }
    }
}

impl Return for Resource {
    type Register = u64;
    #[inline(always)]
    unsafe fn give(returns: &ReturnPlan, register: u64) -> Value {
        match returns {
            ReturnPlan::Handle(kind) => give::handle(*kind, register),
            // SAFETY: by this function's contract.
            _ => unsafe { unreachable_unchecked() },
        }
    }
}

impl Return for OtherWord {
    type Register = u64;
    #[inline(always)]
    unsafe fn give(returns: &ReturnPlan, register: u64) -> Value {
        give::resolved(returns, register, 0)
    }
}

impl Return for OtherFloat {
    type Register = f64;
    #[inline(always)]
    unsafe fn give(returns: &ReturnPlan, register: f64) -> Value {
        give::resolved(returns, 0, register.to_bits())
    }
}

macro_rules! kernel {
    ($name:ident, $call:ident, $($argument:ident: $class:ident = $position:literal),*) => {
        fn $name<$($class: Argument,)* R: Return>(
            arguments: &[Value],
            function: &Function,
            caller: &mut Caller,
        ) -> Value {
            let &[$($argument),*] = arguments else { return (function.otherwise)(arguments, function, caller) };
            $(
                // SAFETY: `choose` took this kernel for the classes of exactly these arguments.
                let loaded = unsafe { $class::load(function, $position, $argument, caller) };
                let Some($argument) = loaded else { return (function.otherwise)(arguments, function, caller) };
            )*
            if (false $(|| $class::IS_GENERAL)*) && !caller.scopes.pass() {
                return (function.otherwise)(arguments, function, caller);
            }
            // SAFETY: binding vouched for the symbol's prototype, and `choose` took this kernel for
            // the register files of exactly its carriers.
            let register: R::Register = unsafe { foreign::$call(function.callee.symbol, $($argument),*) };
            // SAFETY: `choose` took this kernel for the class of the return.
            unsafe { R::give(&function.returns, register) }
        }
    };
}

kernel!(kernel0, call0,);
kernel!(kernel1, call1, a: A = 0);
kernel!(kernel2, call2, a: A = 0, b: B = 1);
kernel!(kernel3, call3, a: A = 0, b: B = 1, c: C = 2);
kernel!(kernel4, call4, a: A = 0, b: B = 1, c: C = 2, d: D = 3);

/// One consumed handle and nothing else: how a resource is given back.
fn consume<R: Return<Register = u64>>(
    arguments: &[Value],
    function: &Function,
    caller: &mut Caller,
) -> Value {
    let &[value] = arguments else { return (function.otherwise)(arguments, function, caller) };
    // SAFETY: `choose` takes this kernel for one handle argument.
    let kind = unsafe { handle_type(function, 0) };
    if !value.is(Tag::Handle) {
        return (function.otherwise)(arguments, function, caller);
    }
    let Ok(address) = Handle::from_bits(value.bits()).close(kind) else {
        return (function.otherwise)(arguments, function, caller);
    };
    // SAFETY: as in `kernel!`: one word in, a word or nothing out.
    let register: u64 = unsafe { foreign::call1(function.callee.symbol, address) };
    // SAFETY: as in `kernel!`.
    unsafe { R::give(&function.returns, register) }
}
