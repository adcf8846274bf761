//! Host values to carriers (contract C).

use num_bigint::BigInt;

use super::plan::{ArgumentPlan, Bounds, Load};
use crate::contract::Scalar;
use crate::float::{self, F16, F32, F64};
use crate::handle::Handle;
use crate::heap::{Heap, Object};
use crate::keyword::Keyword;
use crate::refusal::{CallCode, CallRefusal};
use crate::value::{Tag, Value, View};

/// A carrier's word, as its register holds it.
pub(super) type Word = Result<u64, CallRefusal>;

/// The bits of an argument that crosses by value: everything but arrays and vectors.
#[inline]
pub(super) fn by_value(plan: &ArgumentPlan, value: Value, heap: &Heap) -> Word {
    match &plan.load {
        Load::Integer(scalar, bounds) => integer(*scalar, *bounds, plan.index, value, heap),
        Load::Boolean => boolean(plan.index, value),
        Load::F64 => double(plan.index, value, heap),
        Load::F32 => single(plan.index, value, heap),
        Load::F16 => half(plan.index, value, heap),
        Load::Enum(table) => match value.tag() {
            Tag::Keyword => table
                .number(Keyword::from_id(value.bits() as u32))
                .ok_or(CallRefusal::at(CallCode::UnknownEnumMember, plan.index)),
            _ => Err(CallRefusal::at(CallCode::UnknownEnumMember, plan.index)),
        },
        Load::Handle(kind) => match value.tag() {
            Tag::Handle => Handle::from_bits(value.bits())
                .address(*kind)
                .map_err(|code| CallRefusal::at(code, plan.index)),
            _ => Err(CallRefusal::at(CallCode::HandleTypeMismatch, plan.index)),
        },
        Load::Array(_) | Load::Members(_) => unreachable!("memory is loaded on the general path"),
    }
}

/// C-1, C-2, C-4 to an integer parameter; the word is extended by the type's sign (L-21).
#[inline(always)]
pub(super) fn integer(
    scalar: Scalar,
    bounds: Bounds,
    index: u8,
    value: Value,
    heap: &Heap,
) -> Word {
    if value.tag() == Tag::Long && bounds.hold(value.bits()) {
        Ok(value.bits())
    } else {
        integer_otherwise(scalar, index, value, heap)
    }
}

/// What is not a long within the bounds.
#[inline(never)]
pub(super) fn integer_otherwise(scalar: Scalar, index: u8, value: Value, heap: &Heap) -> Word {
    let refuse = |code| Err(CallRefusal::at(code, index));
    // Only these types have values that are no longs.
    let full = !scalar.is_signed() && scalar.size() == 8;
    match value.view() {
        View::Nil => refuse(CallCode::NilArgument),
        View::Long(_) => refuse(CallCode::OutOfRange),
        View::Unsigned(word) if full => Ok(word),
        View::Unsigned(_) => refuse(CallCode::OutOfRange),
        // Only an integral value in range is taken; any other double is of the wrong kind (C-4). Every
        // double that could be in range is below 2^65 and so exact as an i128.
        View::Double(double) if double.fract() == 0.0 && double.abs() < 2_f64.powi(65) => {
            fitting(scalar, double as i128).ok_or(CallRefusal::at(CallCode::TypeMismatch, index))
        }
        View::Object(object) => match heap.get(object) {
            Some(Object::Big(integer)) => i128::try_from(integer)
                .ok()
                .and_then(|integer| fitting(scalar, integer))
                .ok_or(CallRefusal::at(CallCode::OutOfRange, index)),
            _ => refuse(CallCode::TypeMismatch),
        },
        _ => refuse(CallCode::TypeMismatch),
    }
}

/// An integer's register word, where its type holds it.
fn fitting(scalar: Scalar, integer: i128) -> Option<u64> {
    let bounds = Bounds::of(scalar);
    match i64::try_from(integer) {
        Ok(long) => bounds.hold(long as u64).then_some(long as u64),
        Err(_) => u64::try_from(integer).ok().filter(|_| scalar.size() == 8 && !scalar.is_signed()),
    }
}

/// C-4 to a bool parameter.
#[inline(always)]
pub(super) fn boolean(index: u8, value: Value) -> Word {
    match value.tag() {
        Tag::Boolean => Ok(value.bits()),
        Tag::Nil => Err(CallRefusal::at(CallCode::NilArgument, index)),
        _ => Err(CallRefusal::at(CallCode::TypeMismatch, index)),
    }
}

/// C-3 to an f64 parameter.
#[inline(always)]
pub(super) fn double(index: u8, value: Value, heap: &Heap) -> Word {
    if value.tag() == Tag::Double { Ok(value.bits()) } else { number(index, value, heap, F64) }
}

/// C-3 to an f32 parameter: the bits in the low half.
#[inline]
pub(super) fn single(index: u8, value: Value, heap: &Heap) -> Word {
    let exact =
        if value.tag() == Tag::Double { value.bits() } else { number(index, value, heap, F32)? };
    Ok(u64::from(float::narrow_f32(exact)))
}

/// C-3, L-2 to an f16 parameter: the bits in the low 16.
#[inline]
pub(super) fn half(index: u8, value: Value, heap: &Heap) -> Word {
    let exact =
        if value.tag() == Tag::Double { value.bits() } else { number(index, value, heap, F16)? };
    Ok(u64::from(float::narrow_f16(exact)))
}

/// An integer given to a float parameter, rounded once to its format: the bits of the double that
/// holds the result.
#[inline(never)]
fn number(index: u8, value: Value, heap: &Heap, format: float::Format) -> Word {
    let refuse = |code| Err(CallRefusal::at(code, index));
    let integer = match value.view() {
        View::Nil => return refuse(CallCode::NilArgument),
        View::Long(long) => BigInt::from(long),
        View::Unsigned(word) => BigInt::from(word),
        View::Object(object) => match heap.get(object) {
            Some(Object::Big(integer)) => integer.clone(),
            _ => return refuse(CallCode::TypeMismatch),
        },
        _ => return refuse(CallCode::TypeMismatch),
    };
    Ok(float::round_integer(&integer, format).to_bits())
}
