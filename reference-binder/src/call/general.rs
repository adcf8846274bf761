//! The general path: one call scope for each call, closed on every way out (P-3).
//!
//! One of the modules that may use `unsafe`: it reads what the callee left in memory. Arrays are lent
//! where they stand in the caller's heap, and shared with nobody during the call; the scope holds what
//! has to be made for it (ADR 2).

#![expect(unsafe_code, reason = "calls native code and reads what it left in memory")]

use std::ffi::c_void;
use std::ptr::NonNull;

use super::foreign::{self, Image, Registers};
use super::kernels::close_consumed;
use super::plan::{BufferPlan, Element, Load, ReturnPlan};
use super::{Caller, Function, give, load};
use crate::contract::Scalar;
use crate::float;
use crate::heap::{Heap, Object};
use crate::refusal::{CallCode, CallRefusal};
use crate::scope::Scope;
use crate::value::{Value, View};

/// A call in one scope, with an image of `WORDS` places.
pub(super) fn general<const WORDS: usize>(
    function: &Function,
    caller: &mut Caller,
    arguments: &[Value],
) -> Value
where
    Registers<WORDS>: Image,
{
    if arguments.len() != function.arguments.len() {
        return Value::refused(CallRefusal::new(CallCode::Arity));
    }
    let Caller { heap, scopes } = caller;
    let scope = scopes.enter();
    let mut registers = Registers([0; WORDS]);
    if let Err(refusal) = fill(function, heap, &scope, arguments, &mut registers) {
        return Value::refused(refusal);
    }
    let ReturnPlan::Buffer(buffer) = &function.returns else {
        // SAFETY: binding vouched for the symbol's prototype; `fill` wrote the places of its carriers,
        // and what they point to lives until the scope is left or longer.
        let answer = unsafe { registers.call(function.symbol) };
        return give::scalar(&function.returns, answer);
    };
    let out: *mut [u64; 2] = scope.place([0; 2]);
    registers.0[buffer.slots[0] as usize] = out.expose_provenance() as u64;
    registers.0[buffer.slots[1] as usize] = out.cast::<u64>().wrapping_add(1).addr() as u64;
    // SAFETY: as above; the two out-parameters are a scope's place.
    unsafe { registers.call(function.symbol) };
    // SAFETY: the place was initialised, the scope is still open, and the callee wrote `usize`s (L-11).
    let [address, length] = unsafe { out.read() };
    take_buffer(buffer, address, length, heap)
}

fn fill<const WORDS: usize>(
    function: &Function,
    heap: &mut Heap,
    scope: &Scope<'_>,
    arguments: &[Value],
    registers: &mut Registers<WORDS>,
) -> Result<(), CallRefusal> {
    for (plan, &value) in function.arguments.iter().zip(arguments) {
        let [first, second] = plan.slots.map(usize::from);
        let memory = match &plan.load {
            Load::Array(element) => Some(array(*element, value, heap)),
            Load::Members(table) => {
                let numbers = members(value, heap, |keyword| table.number(keyword));
                numbers.map(|numbers| words(scope, table.backing(), numbers)).into()
            }
            _ => None,
        };
        match memory {
            Some(memory) => {
                let (address, length) = memory.map_err(|code| CallRefusal::at(code, plan.index))?;
                registers.0[first] = address;
                registers.0[second] = length;
            }
            None => registers.0[first] = load::by_value(plan, value, heap)?,
        }
    }
    close_consumed(function, arguments)
}

/// An address and a number of elements.
type Memory = (u64, u64);

/// C-8 for a slice of scalars: the array's own memory.
fn array(element: Scalar, value: Value, heap: &mut Heap) -> Result<Memory, CallCode> {
    let object = match value.view() {
        View::Object(object) => heap.get_mut(object),
        View::Nil => return Err(CallCode::NilCollectionArgument),
        _ => None,
    };
    match object {
        Some(Object::Array(array)) if array.element() == element => {
            Ok((array.address().expose_provenance() as u64, array.len() as u64))
        }
        _ => Err(CallCode::TypeMismatch),
    }
}

/// C-8, C-6 for a slice of an enum: the members' numbers.
fn members(
    value: Value,
    heap: &Heap,
    number: impl Fn(crate::keyword::Keyword) -> Option<u64>,
) -> Result<Vec<u64>, CallCode> {
    let object = match value.view() {
        View::Object(object) => heap.get(object),
        View::Nil => return Err(CallCode::NilCollectionArgument),
        _ => None,
    };
    let Some(Object::Vector(values)) = object else { return Err(CallCode::TypeMismatch) };
    values
        .iter()
        .map(|value| match value.view() {
            View::Keyword(keyword) => number(keyword).ok_or(CallCode::UnknownEnumMember),
            _ => Err(CallCode::UnknownEnumMember),
        })
        .collect()
}

/// Numbers as elements of an integer type, in the scope.
fn words(scope: &Scope<'_>, element: Scalar, numbers: Vec<u64>) -> Memory {
    let size = element.size();
    // Rows of u64 so that every backing is aligned.
    let row = scope.row((numbers.len() * size).div_ceil(8), 0_u64);
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes().into_iter().take(size));
    for (at, byte) in bytes.enumerate() {
        row[at / 8] |= u64::from(byte) << (at % 8 * 8);
    }
    (row.as_mut_ptr().expose_provenance() as u64, numbers.len() as u64)
}

/// Copies a returned buffer and frees it, exactly once and on every way, also where the length
/// is one that no memory could hold.
fn take_buffer(plan: &BufferPlan, address: u64, length: u64, heap: &mut Heap) -> Value {
    let copied = copy(&plan.element, address, length);
    if let Some(free) = plan.free {
        release(free, address, length);
    }
    match copied {
        Ok(values) => heap.keep(Object::Vector(values)),
        Err(code) => Value::refused(CallRefusal::new(code)),
    }
}

fn release(free: NonNull<c_void>, address: u64, length: u64) {
    // SAFETY: binding found the symbol under the name L-11 gives it; it takes two `usize`s, and this
    // is the one call of it for what was returned.
    let _: u64 = unsafe { foreign::call2(free, address, length) };
}

/// Above this no user address space goes, so no buffer does.
const ADDRESS_SPACE_BYTES: u64 = 1 << 47;

fn copy(element: &Element, address: u64, length: u64) -> Result<Vec<Value>, CallCode> {
    if length == 0 {
        return Ok(Vec::new());
    }
    let scalar = element.scalar();
    let bytes = length.checked_mul(scalar.size() as u64);
    if address == 0 || bytes.is_none_or(|bytes| bytes > ADDRESS_SPACE_BYTES) {
        return Err(CallCode::CorruptNativeLength);
    }
    let mut values = Vec::new();
    values.try_reserve_exact(length as usize).map_err(|_| CallCode::CorruptNativeLength)?;
    let first = std::ptr::with_exposed_provenance::<u8>(address as usize);
    for index in 0..length as usize {
        // SAFETY: the callee says that `length` elements of this type stand at the address, and they
        // have not been freed yet.
        let word = unsafe { read_word(first.wrapping_add(index * scalar.size()), scalar) };
        values.push(match element {
            Element::Scalar(scalar) => scalar_value(*scalar, word),
            Element::Enum(table) => table.value(word),
        });
    }
    Ok(values)
}

/// An element's word, extended by its type's sign; a float's bits.
///
/// # Safety
/// An element of the scalar stands at the address.
unsafe fn read_word(at: *const u8, scalar: Scalar) -> u64 {
    macro_rules! read {
        ($kind:ty) => {{
            // SAFETY: by this function's contract; elements may be unaligned only if the callee is
            // wrong about L-11, and even then the read is whole.
            unsafe { at.cast::<$kind>().read_unaligned() }
        }};
    }
    match scalar {
        Scalar::I8 => read!(i8) as u64,
        Scalar::I16 => read!(i16) as u64,
        Scalar::I32 => read!(i32) as u64,
        Scalar::U8 | Scalar::Bool => u64::from(read!(u8)),
        Scalar::U16 | Scalar::F16 => u64::from(read!(u16)),
        Scalar::U32 | Scalar::F32 => u64::from(read!(u32)),
        _ => read!(u64),
    }
}

/// A scalar's word as a host value.
fn scalar_value(scalar: Scalar, word: u64) -> Value {
    match scalar {
        Scalar::Bool => Value::boolean(word != 0),
        Scalar::F16 => Value::double_bits(float::widen_f16(word as u16)),
        Scalar::F32 => Value::double_bits(float::widen_f32(word as u32)),
        Scalar::F64 => Value::double_bits(word),
        signed if signed.is_signed() => Value::long(word as i64),
        _ => Value::unsigned(word),
    }
}
