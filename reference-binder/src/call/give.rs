//! Native returns to host values (contract R).

use contract::{Class, Format, Scalar, Width};

use super::plan::{ReturnPlan, Returned};
use crate::float;
use crate::handle::{Handle, HandleType};
use crate::heap::{Heap, Object};
use crate::value::Value;

/// Makes the host value of the words of either register, by a plan of one class.
pub(super) type Give = fn(&ReturnPlan, u64, u64) -> Value;

/// What does so for plans of the class of this one, or of its payload.
pub(super) fn by_class(plan: &ReturnPlan) -> Give {
    match plan {
        ReturnPlan::Void => |_, _, _| Value::NIL,
        ReturnPlan::Signed(0) => |_, integer, _| signed(0, integer),
        ReturnPlan::Signed(32) => |_, integer, _| signed(32, integer),
        ReturnPlan::Unsigned(0) => |_, integer, _| unsigned(0, integer),
        ReturnPlan::F64 => |_, _, float| Value::double_bits(float),
        ReturnPlan::Memory(returned) => match &**returned {
            Returned::Fallible { payload, .. } => by_class(payload),
            _ => resolved,
        },
        _ => resolved,
    }
}

/// The host value of the words of either register. A kernel of a class gives the word that its plans read.
pub(super) fn resolved(plan: &ReturnPlan, integer: u64, float: u64) -> Value {
    match plan {
        ReturnPlan::Void => Value::NIL,
        ReturnPlan::Signed(spare) => signed(*spare, integer),
        ReturnPlan::Unsigned(spare) => unsigned(*spare, integer),
        ReturnPlan::F64 => Value::double_bits(float),
        ReturnPlan::Boolean => boolean(integer),
        ReturnPlan::Dialected(dialected) => dialected.give_word(float),
        ReturnPlan::F32 => single(float),
        ReturnPlan::F16 => Value::double_bits(float::widen_f16(float as u16)),
        ReturnPlan::Enum(table) => table.value(integer),
        ReturnPlan::Handle(kind) => handle(*kind, integer),
        ReturnPlan::Memory(_) => unreachable!("what is in memory is taken on the general path"),
    }
}

/// the low bits, extended by their sign.
#[inline(always)]
pub(super) fn signed(spare: u32, register: u64) -> Value {
    Value::long(extend(true, spare, register) as i64)
}

/// the low bits, never negative.
#[inline(always)]
pub(super) fn unsigned(spare: u32, register: u64) -> Value {
    Value::unsigned(extend(false, spare, register))
}

/// The ABI says 0 or 1 in the low 8 bits and nothing about the rest (L-21).
#[inline(always)]
pub(super) fn boolean(integer: u64) -> Value {
    Value::boolean(integer as u8 != 0)
}

/// the float in the low half.
#[inline(always)]
pub(super) fn single(float: u64) -> Value {
    Value::double_bits(float::widen_f32(float as u32))
}

/// null is nil.
#[inline]
pub(super) fn handle(kind: HandleType, address: u64) -> Value {
    if address == 0 { Value::NIL } else { Value::handle(Handle::of(kind, address)) }
}

/// The host value of a scalar that lay in memory, an integer extended by its type's sign.
pub(super) fn scalar_bits(scalar: Scalar, bits: u128, heap: &mut Heap) -> Value {
    match scalar.class() {
        Class::Integer { signed, width: Width::Bits128 } => heap.integer_128(bits, signed),
        Class::Float(Format::F80 | Format::F128) => heap.keep(Object::Extended(scalar, bits)),
        Class::Integer { .. } | Class::Float(_) | Class::Bool => scalar_word(scalar, bits as u64),
    }
}

/// The same for a carrier scalar, which a word holds.
pub(super) fn scalar_word(scalar: Scalar, word: u64) -> Value {
    match scalar.class() {
        Class::Bool => Value::boolean(word != 0),
        Class::Float(Format::F16) => Value::double_bits(float::widen_f16(word as u16)),
        Class::Float(Format::F32) => Value::double_bits(float::widen_f32(word as u32)),
        Class::Float(Format::F64) => Value::double_bits(word),
        Class::Integer { width: Width::Bits128, .. } | Class::Float(Format::F80 | Format::F128) => {
            unreachable!("a wide scalar crosses through memory (L-3)")
        }
        Class::Integer { signed: true, .. } => Value::long(word as i64),
        Class::Integer { signed: false, .. } => Value::unsigned(word),
    }
}

/// The low bits of a register, extended by their sign or by zeros.
#[inline(always)]
pub(super) fn extend(sign: bool, spare: u32, register: u64) -> u64 {
    let top = register.wrapping_shl(spare);
    if sign { (top as i64).wrapping_shr(spare) as u64 } else { top.wrapping_shr(spare) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_in_a_register_has_a_value() {
        for (plan, value) in [
            (ReturnPlan::Void, Value::NIL),
            (ReturnPlan::Signed(56), Value::long(-1)),
            (ReturnPlan::Unsigned(56), Value::long(255)),
            (ReturnPlan::Boolean, Value::boolean(true)),
            (ReturnPlan::F64, Value::double(0.5)),
        ] {
            let given = resolved(&plan, 0xff, 0.5_f64.to_bits());
            assert!(given.same(value), "{plan:?}: {given:?}");
        }
    }
}
