//! Host values to scalars (contract C-1 to C-7).

use contract::{Class, Scalar, Width};
use num_bigint::Sign;

use super::foreign::Image;
use super::plan::{CarrierPlan, Load};
use crate::exact::{Exact, F16, F32, F64, F80, F128, Format};
use crate::float;
use crate::handle::Handle;
use crate::heap::{Heap, Object};
use crate::keyword::Keyword;
use crate::refusal::{CallCode, CallRefusal};
use crate::value::{Tag, Value, View};

/// A carrier's word, as its register holds it.
pub(super) type Word = Result<u64, CallRefusal>;

/// The bits of an argument that crosses by value, in one word.
#[inline(always)]
pub(super) fn by_value(plan: &CarrierPlan, value: Value, heap: &Heap) -> Word {
    plan.passes.word(value).map_or_else(|| converted(plan, value, heap), Ok)
}

/// What does not cross as it is.
#[inline(never)]
fn converted(plan: &CarrierPlan, value: Value, heap: &Heap) -> Word {
    let index = plan.index;
    match &plan.load {
        Load::Integer(scalar) => integer(*scalar, index, value, heap),
        Load::Boolean => boolean(index, value),
        Load::F64 => double(index, value, heap),
        Load::F32 => single(index, value, heap),
        Load::F16 => half(index, value, heap),
        Load::Dialected(dialected) => dialected.load(index, value, heap).map(|bits| bits as u64),
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
    }
}

/// Puts the carriers of a destructured argument into their places (S-2).
pub(super) fn fields(
    index: u8,
    fields: &[(Keyword, CarrierPlan)],
    value: Value,
    heap: &Heap,
    image: &mut Image,
) -> Result<(), CallRefusal> {
    let refuse = |code| CallRefusal::at(code, index);
    let entries = entries(value, heap).map_err(refuse)?;
    for (place, (key, plan)) in fields.iter().enumerate() {
        let value = field(entries, place, *key).ok_or(refuse(CallCode::MissingField))?;
        image.put(plan.slot, by_value(plan, value, heap)?);
    }
    Ok(())
}

/// The entries of a map or record.
pub(super) fn entries(value: Value, heap: &Heap) -> Result<&[(Keyword, Value)], CallCode> {
    match value.view() {
        View::Nil => Err(CallCode::NilArgument),
        View::Object(object) => match heap.get(object) {
            Some(Object::Map { entries, .. }) => Ok(entries),
            _ => Err(CallCode::TypeMismatch),
        },
        _ => Err(CallCode::TypeMismatch),
    }
}

/// The value under a key; `None` where it is missing or nil (C-10). `place` is where it stands in a map
/// written in the declared order.
pub(super) fn field(entries: &[(Keyword, Value)], place: usize, key: Keyword) -> Option<Value> {
    let found = match entries.get(place) {
        Some((there, value)) if *there == key => Some(*value),
        _ => entries.iter().find(|(there, _)| *there == key).map(|(_, value)| *value),
    };
    found.filter(|value| !value.is(Tag::Nil))
}

/// A scalar of any width as it lies in memory, in the low bits.
pub(super) fn scalar(
    scalar: Scalar,
    index: u8,
    value: Value,
    heap: &Heap,
) -> Result<u128, CallRefusal> {
    let refuse = |code| CallRefusal::at(code, index);
    match scalar.class() {
        Class::Bool => boolean(index, value).map(u128::from),
        Class::Float(contract::Format::F16) => half(index, value, heap).map(u128::from),
        Class::Float(contract::Format::F32) => single(index, value, heap).map(u128::from),
        Class::Float(contract::Format::F64) => double(index, value, heap).map(u128::from),
        Class::Float(contract::Format::F80) => extended(scalar, F80, value, heap).map_err(refuse),
        Class::Float(contract::Format::F128) => extended(scalar, F128, value, heap).map_err(refuse),
        Class::Integer { .. } => whole(scalar, value, heap).map_err(refuse),
    }
}

/// C-1, C-2, C-4 to an integer parameter; the word is extended by the type's sign (L-21).
fn integer(scalar: Scalar, index: u8, value: Value, heap: &Heap) -> Word {
    if let Some(word) = unsigned(value)
        && scalar.class() == (Class::Integer { signed: false, width: Width::Bits64 })
    {
        return Ok(word);
    }
    match whole(scalar, value, heap) {
        Ok(bits) => Ok(bits as u64),
        Err(code) => Err(CallRefusal::at(code, index)),
    }
}

/// The word of a value that is an integer of 64 bits without a sign.
#[inline(always)]
pub(super) fn unsigned(value: Value) -> Option<u64> {
    Value::unsigned(value.bits()).same(value).then_some(value.bits())
}

/// From its bits, because `powi` promises no precision.
pub(super) const TWO_TO_128: f64 = f64::from_bits((1023 + 128) << 52);

/// An integer for a parameter of any width, in two's complement (C-1, C-2, C-4).
fn whole(scalar: Scalar, value: Value, heap: &Heap) -> Result<u128, CallCode> {
    let mut beyond = CallCode::OutOfRange;
    let (negative, magnitude) = match value.view() {
        View::Nil => return Err(CallCode::NilArgument),
        View::Long(long) => (long < 0, u128::from(long.unsigned_abs())),
        View::Unsigned(word) => (false, u128::from(word)),
        // Only an integral value in range is taken; any other double is of the wrong kind (C-4). Below
        // 2^128 its magnitude is exact in a u128.
        View::Double(double) if double.fract() == 0.0 && double.abs() < TWO_TO_128 => {
            beyond = CallCode::TypeMismatch;
            (double < 0.0, double.abs() as u128)
        }
        View::Object(object) => match heap.get(object) {
            Some(Object::Big(integer)) => {
                let magnitude = u128::try_from(integer.magnitude());
                let magnitude = magnitude.map_err(|_| CallCode::OutOfRange)?;
                (integer.sign() == Sign::Minus, magnitude)
            }
            _ => return Err(CallCode::TypeMismatch),
        },
        _ => return Err(CallCode::TypeMismatch),
    };
    let bits = scalar.size() as u32 * 8;
    let most = match (scalar.is_signed(), negative) {
        (true, true) => 1 << (bits - 1),
        (true, false) => (1 << (bits - 1)) - 1,
        (false, true) => 0,
        (false, false) => u128::MAX >> (128 - bits),
    };
    if magnitude > most {
        return Err(beyond);
    }
    Ok(if negative { magnitude.wrapping_neg() } else { magnitude })
}

/// C-4 to a bool parameter.
#[inline]
pub(super) fn boolean(index: u8, value: Value) -> Word {
    match value.tag() {
        Tag::Boolean => Ok(value.bits()),
        Tag::Nil => Err(CallRefusal::at(CallCode::NilArgument, index)),
        _ => Err(CallRefusal::at(CallCode::TypeMismatch, index)),
    }
}

/// C-3 to an f64 parameter.
#[inline]
pub(super) fn double(index: u8, value: Value, heap: &Heap) -> Word {
    if value.is(Tag::Double) { Ok(value.bits()) } else { rounded(index, value, heap, F64) }
}

/// C-3 to an f32 parameter: the bits in the low half.
#[inline]
pub(super) fn single(index: u8, value: Value, heap: &Heap) -> Word {
    if value.is(Tag::Double) {
        return Ok(u64::from(float::narrow_f32(value.bits())));
    }
    rounded(index, value, heap, F32)
}

/// C-3, L-2 to an f16 parameter: the bits in the low 16.
#[inline]
pub(super) fn half(index: u8, value: Value, heap: &Heap) -> Word {
    if value.is(Tag::Double) {
        return Ok(u64::from(float::narrow_f16(value.bits())));
    }
    rounded(index, value, heap, F16)
}

/// What is no double, for a float parameter of at most 64 bits.
#[inline(never)]
fn rounded(index: u8, value: Value, heap: &Heap, format: Format) -> Word {
    match number(value, heap) {
        Ok(exact) => Ok(exact.to_bits(format) as u64),
        Err(code) => Err(CallRefusal::at(code, index)),
    }
}

/// C-3 to an f80 or f128 parameter. One of its own format keeps every bit, those that are no number to
/// the processor included.
fn extended(scalar: Scalar, format: Format, value: Value, heap: &Heap) -> Result<u128, CallCode> {
    if let View::Object(object) = value.view()
        && let Some(Object::Extended(of, bits)) = heap.get(object)
        && *of == scalar
    {
        return Ok(*bits);
    }
    Ok(number(value, heap)?.to_bits(format))
}

/// The exact value of whatever a float parameter takes.
fn number(value: Value, heap: &Heap) -> Result<Exact, CallCode> {
    Ok(match value.view() {
        View::Nil => return Err(CallCode::NilArgument),
        View::Long(long) => Exact::of_magnitude(long < 0, u128::from(long.unsigned_abs())),
        View::Unsigned(word) => Exact::of_magnitude(false, u128::from(word)),
        // From the tag's word, because a float register may quiet a NaN.
        View::Double(_) => Exact::of_bits(u128::from(value.bits()), F64),
        View::Object(object) => match heap.get(object) {
            Some(Object::Big(integer)) => Exact::of_integer(integer),
            Some(Object::Extended(of, bits)) => {
                let format = of.format().ok_or(CallCode::TypeMismatch)?;
                Exact::of_bits(*bits, Format::of(format))
            }
            _ => return Err(CallCode::TypeMismatch),
        },
        _ => return Err(CallCode::TypeMismatch),
    })
}
