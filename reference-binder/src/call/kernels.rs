//! Kernels of the scalar and the enum-and-handle path on the register engine: no scope, no memory (P-1,
//! P-2).
//!
//! A kernel is monomorphised for the classes of a signature's arguments and of its return; what is
//! rarer goes through `gather`, which fills an image in a loop. Which kernel serves a function is chosen
//! once, when it is bound.

#![expect(unsafe_code, reason = "calls native code with the carriers it made")]

use super::Kernel;
use super::foreign::{self, Carried, REGISTERS, Registers, STACK};
use super::gather::gather;
use super::plan::{ArgumentPlan, CarrierPlan, Load, ReturnPlan};
use super::{Caller, Function, give, load};
use crate::handle::Handle;
use crate::refusal::{CallCode, CallRefusal};
use crate::value::{Tag, Value};

/// The class of an argument a kernel is monomorphised for.
trait Argument {
    type Register: Carried;
    fn load(
        function: &Function,
        position: usize,
        value: Value,
        caller: &Caller,
    ) -> Result<Self::Register, CallRefusal>;
}

/// An integer of at most 64 bits.
struct Integer;
/// An f64.
struct Double;
/// A bool, enum or handle: a word that the plan resolves.
struct Resolved;
/// An f32 or f16: a float register that the plan fills.
struct Narrow;

impl Argument for Integer {
    type Register = u64;
    #[inline(always)]
    fn load(function: &Function, position: usize, value: Value, caller: &Caller) -> load::Word {
        if value.is(Tag::Long) && function.bounds[position].hold(value.bits()) {
            return Ok(value.bits());
        }
        load::by_value(function.arguments[position].carrier(), value, &caller.heap)
    }
}

impl Argument for Double {
    type Register = f64;
    #[inline(always)]
    fn load(
        _: &Function,
        position: usize,
        value: Value,
        caller: &Caller,
    ) -> Result<f64, CallRefusal> {
        load::double(position as u8, value, &caller.heap).map(f64::from_bits)
    }
}

impl Argument for Resolved {
    type Register = u64;
    #[inline(always)]
    fn load(function: &Function, position: usize, value: Value, caller: &Caller) -> load::Word {
        load::by_value(function.arguments[position].carrier(), value, &caller.heap)
    }
}

impl Argument for Narrow {
    type Register = f64;
    #[inline(always)]
    fn load(
        function: &Function,
        position: usize,
        value: Value,
        caller: &Caller,
    ) -> Result<f64, CallRefusal> {
        load::by_value(function.arguments[position].carrier(), value, &caller.heap)
            .map(f64::from_bits)
    }
}

/// The class of a return a kernel is monomorphised for.
trait Return {
    type Register: Carried;
    fn give(plan: &ReturnPlan, register: Self::Register) -> Value;
}

struct Void;
struct Signed;
struct Unsigned;
struct Float;
struct ResolvedWord;
struct NarrowFloat;

impl Return for Void {
    type Register = u64;
    #[inline(always)]
    fn give(_: &ReturnPlan, _: u64) -> Value {
        Value::NIL
    }
}

impl Return for Signed {
    type Register = u64;
    #[inline(always)]
    fn give(plan: &ReturnPlan, register: u64) -> Value {
        let ReturnPlan::Signed(spare) = plan else {
            unreachable!("`choose` takes this class for its plan alone");
        };
        give::signed(*spare, register)
    }
}

impl Return for Unsigned {
    type Register = u64;
    #[inline(always)]
    fn give(plan: &ReturnPlan, register: u64) -> Value {
        let ReturnPlan::Unsigned(spare) = plan else {
            unreachable!("`choose` takes this class for its plan alone");
        };
        give::unsigned(*spare, register)
    }
}

impl Return for Float {
    type Register = f64;
    #[inline(always)]
    fn give(_: &ReturnPlan, register: f64) -> Value {
        Value::double_bits(register.to_bits())
    }
}

impl Return for ResolvedWord {
    type Register = u64;
    #[inline(always)]
    fn give(plan: &ReturnPlan, register: u64) -> Value {
        give::resolved(plan, register, 0)
    }
}

impl Return for NarrowFloat {
    type Register = f64;
    #[inline(always)]
    fn give(plan: &ReturnPlan, register: f64) -> Value {
        give::resolved(plan, 0, register.to_bits())
    }
}

macro_rules! kernel {
    ($name:ident, $call:ident, $($argument:ident: $class:ident = $position:literal),*) => {
        #[allow(unused_variables, reason = "a function without arguments needs no caller")]
        fn $name<$($class: Argument,)* R: Return>(
            function: &Function,
            caller: &mut Caller,
            arguments: &[Value],
        ) -> Value {
            let &[$($argument),*] = arguments else {
                return Value::refused(CallRefusal::new(CallCode::Arity));
            };
            $(
                let $argument = match $class::load(function, $position, $argument, caller) {
                    Ok(register) => register,
                    Err(refusal) => return Value::refused(refusal),
                };
            )*
            // SAFETY: binding vouched for the symbol's prototype, and `choose` took this kernel for
            // the register files of exactly its carriers.
            let register: R::Register = unsafe { foreign::$call(function.callee.symbol, $($argument),*) };
            R::give(&function.returns, register)
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
    _: &mut Caller,
    arguments: &[Value],
) -> Value {
    let &[value] = arguments else {
        return Value::refused(CallRefusal::new(CallCode::Arity));
    };
    let [ArgumentPlan::Carrier(CarrierPlan { load: Load::Handle(kind), .. })] =
        &*function.arguments
    else {
        unreachable!("`choose` takes this kernel for one handle argument");
    };
    if !value.is(Tag::Handle) {
        return Value::refused(CallRefusal::at(CallCode::HandleTypeMismatch, 0));
    }
    let handle = Handle::from_bits(value.bits());
    let address =
        match handle.address(*kind).and_then(|address| handle.close(*kind).map(|()| address)) {
            Ok(address) => address,
            Err(code) => return Value::refused(CallRefusal::at(code, 0)),
        };
    // SAFETY: as in `kernel!`: one word in, a word or nothing out.
    let register: u64 = unsafe { foreign::call1(function.callee.symbol, address) };
    R::give(&function.returns, register)
}

/// The kernel of a function whose carriers all cross by value.
pub(super) fn choose(
    arguments: &[ArgumentPlan],
    returns: &ReturnPlan,
    consumes: bool,
    spilled: bool,
) -> Kernel {
    let destructured = |plan: &ArgumentPlan| matches!(plan, ArgumentPlan::Fields { .. });
    if spilled {
        return gather::<Registers<{ REGISTERS + STACK }>>;
    }
    let kernel = match (returns, consumes) {
        (ReturnPlan::Void, true) if arguments.len() == 1 => Some(consume::<Void> as Kernel),
        (ReturnPlan::Signed(_), true) if arguments.len() == 1 => Some(consume::<Signed> as Kernel),
        (_, true) => None,
        _ if arguments.iter().any(destructured) => None,
        (ReturnPlan::Void, _) => choose_by_arity::<Void>(arguments),
        (ReturnPlan::Signed(_), _) => choose_by_arity::<Signed>(arguments),
        (ReturnPlan::Unsigned(_), _) => choose_by_arity::<Unsigned>(arguments),
        (ReturnPlan::F64, _) => choose_by_arity::<Float>(arguments),
        (ReturnPlan::F32 | ReturnPlan::F16 | ReturnPlan::Dialected(_), _) => {
            choose_by_arity::<NarrowFloat>(arguments)
        }
        (ReturnPlan::Boolean | ReturnPlan::Enum(..) | ReturnPlan::Handle(_), _) => {
            choose_by_arity::<ResolvedWord>(arguments)
        }
        (ReturnPlan::Memory(_), _) => unreachable!("memory is returned on the general path"),
    };
    kernel.unwrap_or(gather::<Registers<REGISTERS>>)
}

/// Up to two arguments every pattern has a kernel; with three and four, those of integers and doubles.
fn choose_by_arity<R: Return>(arguments: &[ArgumentPlan]) -> Option<Kernel> {
    macro_rules! each_class {
        ($plan:expr, $class:ident => $kernel:expr) => {
            match $plan.carrier().load {
                Load::Integer(..) => {
                    type $class = Integer;
                    $kernel
                }
                Load::F64 => {
                    type $class = Double;
                    $kernel
                }
                ref load if load.is_narrow_float() => {
                    type $class = Narrow;
                    $kernel
                }
                _ => {
                    type $class = Resolved;
                    $kernel
                }
            }
        };
    }
    macro_rules! each_common_class {
        ($plan:expr, $class:ident => $kernel:expr) => {
            match $plan.carrier().load {
                Load::Integer(..) => {
                    type $class = Integer;
                    $kernel
                }
                Load::F64 => {
                    type $class = Double;
                    $kernel
                }
                _ => return None,
            }
        };
    }
    Some(match arguments {
        [] => kernel0::<R>,
        [a] => each_class!(a, A => kernel1::<A, R>),
        [a, b] => each_class!(a, A => each_class!(b, B => kernel2::<A, B, R>)),
        [a, b, c] => each_common_class!(a, A => each_common_class!(b, B =>
            each_common_class!(c, C => kernel3::<A, B, C, R>))),
        [a, b, c, d] => each_common_class!(a, A => each_common_class!(b, B =>
            each_common_class!(c, C => each_common_class!(d, D => kernel4::<A, B, C, D, R>)))),
        _ => return None,
    })
}
