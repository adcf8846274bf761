//! Kernels of the scalar and the enum-and-handle path on the register engine: no scope, no memory (P-1,
//! P-2).
//!
//! A kernel is monomorphised for the exact classes of a signature's arguments and of its return, and takes
//! only values that need no conversion beyond what its classes say. Whatever else it is given it hands to
//! `gather`, which converts or refuses any value of any signature: so a kernel keeps nothing across a call
//! of anything but the native function, and is as short as that allows. Which kernel serves a function is
//! chosen once, when it is bound.

#![expect(unsafe_code, reason = "calls native code with the carriers it made")]

use std::hint::unreachable_unchecked;

use super::Kernel;
use super::foreign::{self, Carried};
use super::gather::gather;
use super::plan::{ArgumentPlan, CarrierPlan, Load, Passes, ReturnPlan};
use super::{Caller, Function, give, load};
use crate::float;
use crate::handle::{Handle, HandleType};
use crate::keyword::Keyword;
use crate::value::{Tag, Value};

/// The class of an argument a kernel is monomorphised for.
trait Argument {
    type Register: Carried;

    /// The carrier, where the value is one of those the kernel takes.
    ///
    /// # Safety
    /// The function has a carrier of this class at this position.
    unsafe fn load(function: &Function, position: usize, value: Value) -> Option<Self::Register>;
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

impl Argument for Word {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value) -> Option<u64> {
        Passes::LONGS.word(value)
    }
}

impl Argument for Integer {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(function: &Function, position: usize, value: Value) -> Option<u64> {
        Passes::within(function.bounds[position]).word(value)
    }
}

impl Argument for UnsignedWord {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value) -> Option<u64> {
        load::unsigned(value)
    }
}

impl Argument for Boolean {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value) -> Option<u64> {
        Passes::BOOLEANS.word(value)
    }
}

impl Argument for Double {
    type Register = f64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value) -> Option<f64> {
        Passes::DOUBLES.word(value).map(f64::from_bits)
    }
}

impl Argument for Single {
    type Register = f64;
    #[inline(always)]
    unsafe fn load(_: &Function, _: usize, value: Value) -> Option<f64> {
        let bits = Passes::DOUBLES.word(value)?;
        Some(f64::from_bits(u64::from(float::narrow_f32(bits))))
    }
}

impl Argument for Member {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(function: &Function, position: usize, value: Value) -> Option<u64> {
        // SAFETY: by this function's contract.
        let Load::Enum(table) = (unsafe { carrier(function, position) }) else {
            // SAFETY: as above.
            unsafe { unreachable_unchecked() }
        };
        if !value.is(Tag::Keyword) {
            return None;
        }
        table.number(Keyword::from_id(value.bits() as u32))
    }
}

impl Argument for Resource {
    type Register = u64;
    #[inline(always)]
    unsafe fn load(function: &Function, position: usize, value: Value) -> Option<u64> {
        // SAFETY: by this function's contract.
        let kind = unsafe { handle_type(function, position) };
        if !value.is(Tag::Handle) {
            return None;
        }
        Handle::from_bits(value.bits()).address(kind).ok()
    }
}

/// How the argument of a position is converted.
///
/// # Safety
/// The function has a carrier there.
#[inline(always)]
unsafe fn carrier(function: &Function, position: usize) -> &Load {
    // SAFETY: by this function's contract.
    match unsafe { function.arguments.get_unchecked(position) } {
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
            function: &Function,
            caller: &mut Caller,
            arguments: &[Value],
        ) -> Value {
            let &[$($argument),*] = arguments else { return gather(function, caller, arguments) };
            $(
                // SAFETY: `choose` took this kernel for the classes of exactly these arguments.
                let loaded = unsafe { $class::load(function, $position, $argument) };
                let Some($argument) = loaded else { return gather(function, caller, arguments) };
            )*
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
    function: &Function,
    caller: &mut Caller,
    arguments: &[Value],
) -> Value {
    let &[value] = arguments else { return gather(function, caller, arguments) };
    // SAFETY: `choose` takes this kernel for one handle argument.
    let kind = unsafe { handle_type(function, 0) };
    if !value.is(Tag::Handle) {
        return gather(function, caller, arguments);
    }
    let Ok(address) = Handle::from_bits(value.bits()).close(kind) else {
        return gather(function, caller, arguments);
    };
    // SAFETY: as in `kernel!`: one word in, a word or nothing out.
    let register: u64 = unsafe { foreign::call1(function.callee.symbol, address) };
    // SAFETY: as in `kernel!`.
    unsafe { R::give(&function.returns, register) }
}

/// The kernel of a function whose carriers all cross by value, in registers alone.
pub(super) fn choose(
    arguments: &[ArgumentPlan],
    returns: &ReturnPlan,
    consumes: bool,
) -> Option<Kernel> {
    let mut loads = Vec::with_capacity(arguments.len());
    for argument in arguments {
        match argument {
            ArgumentPlan::Carrier(CarrierPlan { load, .. }) => loads.push(load),
            _ => return None,
        }
    }
    if consumes {
        return match (returns, loads.as_slice()) {
            (ReturnPlan::Void, [_]) => Some(consume::<Void>),
            (ReturnPlan::Signed(0), [_]) => Some(consume::<Signed<0>>),
            (ReturnPlan::Signed(32), [_]) => Some(consume::<Signed<32>>),
            _ => None,
        };
    }
    macro_rules! by_class {
        ($choose:ident, $($pattern:pat => $class:ty,)*) => {
            match returns { $($pattern => $choose::<$class>(&loads),)* }
        };
    }
    if loads.len() < 2 {
        return by_class! { up_to_one,
            ReturnPlan::Void => Void,
            ReturnPlan::Signed(0) => Signed<0>,
            ReturnPlan::Signed(32) => Signed<32>,
            ReturnPlan::Signed(48) => Signed<48>,
            ReturnPlan::Signed(_) => Signed<56>,
            ReturnPlan::Unsigned(0) => Unsigned<0>,
            ReturnPlan::Unsigned(32) => Unsigned<32>,
            ReturnPlan::Unsigned(48) => Unsigned<48>,
            ReturnPlan::Unsigned(_) => Unsigned<56>,
            ReturnPlan::Boolean => Boolean,
            ReturnPlan::F64 => Double,
            ReturnPlan::F32 => Single,
            ReturnPlan::Enum(_) => Member,
            ReturnPlan::Handle(_) => Resource,
            ReturnPlan::F16 | ReturnPlan::Dialected(_) | ReturnPlan::Memory(_) => OtherFloat,
        };
    }
    by_class! { of_more,
        ReturnPlan::Void => Void,
        ReturnPlan::Signed(0) => Signed<0>,
        ReturnPlan::Signed(32) => Signed<32>,
        ReturnPlan::F64 => Double,
        ReturnPlan::F32 | ReturnPlan::F16 | ReturnPlan::Dialected(_) | ReturnPlan::Memory(_) => OtherFloat,
        ReturnPlan::Signed(_) | ReturnPlan::Unsigned(_) | ReturnPlan::Boolean
            | ReturnPlan::Enum(_) | ReturnPlan::Handle(_) => OtherWord,
    }
}

/// A kernel with the class of one argument, of those classes that are listed.
macro_rules! with_class {
    ($load:expr, $class:ident in [$($of:ident),*] => $kernel:expr) => {
        match Classes::of($load) {
            $(
                Classes::$of => {
                    type $class = $of;
                    $kernel
                }
            )*
            #[allow(unreachable_patterns, reason = "some lists are of all classes")]
            _ => return None,
        }
    };
}

/// Names of the classes of arguments.
enum Classes {
    Word,
    Integer,
    UnsignedWord,
    Boolean,
    Double,
    Single,
    Member,
    Resource,
    Other,
}

impl Classes {
    fn of(load: &Load) -> Classes {
        match load {
            Load::Integer(scalar) if scalar.size() < 8 => Classes::Integer,
            Load::Integer(scalar) if scalar.is_signed() => Classes::Word,
            Load::Integer(_) => Classes::UnsignedWord,
            Load::Boolean => Classes::Boolean,
            Load::F64 => Classes::Double,
            Load::F32 => Classes::Single,
            Load::Enum(_) => Classes::Member,
            Load::Handle(_) => Classes::Resource,
            Load::F16 | Load::Dialected(_) => Classes::Other,
        }
    }
}

fn up_to_one<R: Return>(loads: &[&Load]) -> Option<Kernel> {
    Some(match loads {
        [] => kernel0::<R>,
        [a] => with_class!(a, A in
            [Word, Integer, UnsignedWord, Boolean, Double, Single, Member, Resource]
            => kernel1::<A, R>),
        _ => return None,
    })
}

/// With more arguments, those classes that are common there.
fn of_more<R: Return>(loads: &[&Load]) -> Option<Kernel> {
    Some(match loads {
        [a, b] => with_class!(a, A in [Word, Integer, Double, Member, Resource] =>
            with_class!(b, B in [Word, Integer, Double, Member, Resource] => kernel2::<A, B, R>)),
        [a, b, c] => with_class!(a, A in [Word, Integer, Double, Resource] =>
            with_class!(b, B in [Word, Integer, Double] =>
            with_class!(c, C in [Word, Integer, Double] => kernel3::<A, B, C, R>))),
        [a, b, c, d] => with_class!(a, A in [Word, Integer, Double] =>
            with_class!(b, B in [Word, Integer, Double] =>
            with_class!(c, C in [Word, Integer, Double] =>
            with_class!(d, D in [Word, Integer, Double] => kernel4::<A, B, C, D, R>)))),
        _ => return None,
    })
}
