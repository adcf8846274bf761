//! Scalars as they lie in memory: one, or a row of them (contract ).
//!
//! One of the modules that may use `unsafe`: it reads where its callers say that a scalar lies.

#![expect(unsafe_code, reason = "reads scalars at addresses")]

use contract::{Class, Format, Scalar, Width};

use super::give;
use crate::float;
use crate::value::Value;

/// A carrier scalar, each type by itself: most fields are of these.
///
/// # Safety
/// A scalar of this type lies at the address.
#[inline(always)]
pub(super) unsafe fn carrier(scalar: Scalar, at: *const u8) -> Value {
    macro_rules! read {
        ($kind:ty) => {
            // SAFETY: by this function's contract; as in `bits`, alignment is not relied on.
            unsafe { at.cast::<$kind>().read_unaligned() }
        };
    }
    match scalar {
        Scalar::I8 => Value::long(i64::from(read!(i8))),
        Scalar::I16 => Value::long(i64::from(read!(i16))),
        Scalar::I32 => Value::long(i64::from(read!(i32))),
        Scalar::I64 => Value::long(read!(i64)),
        Scalar::U8 => Value::long(i64::from(read!(u8))),
        Scalar::U16 => Value::long(i64::from(read!(u16))),
        Scalar::U32 => Value::long(i64::from(read!(u32))),
        Scalar::U64 => Value::unsigned(read!(u64)),
        Scalar::F32 => Value::double_bits(float::widen_f32(read!(u32))),
        Scalar::F64 => Value::double_bits(read!(u64)),
        Scalar::Bool => Value::boolean(read!(u8) != 0),
        scalar => {
            // SAFETY: by this function's contract.
            let bits = unsafe { bits(at, scalar) };
            give::scalar_word(scalar, bits as u64)
        }
    }
}

/// The same where it is rather called than repeated.
///
/// # Safety
/// As [`carrier`].
#[inline(never)]
pub(super) unsafe fn carrier_by_call(scalar: Scalar, at: *const u8) -> Value {
    // SAFETY: by this function's contract.
    unsafe { carrier(scalar, at) }
}

/// A row of carrier scalars, each type in a loop of its own: most slices are of these. `false` for wide
/// ones, of which nothing is read.
///
/// # Safety
/// `length` of these scalars lie one after another at the address.
pub(super) unsafe fn row(
    scalar: Scalar,
    first: *const u8,
    length: usize,
    values: &mut Vec<Value>,
) -> bool {
    macro_rules! each {
        ($kind:ty, $value:expr) => {{
            let value = |index: usize| {
                let at = first.cast::<$kind>().wrapping_add(index);
                // SAFETY: `index` is below the length; as in `bits`, alignment is not relied on.
                let read: $kind = unsafe { at.read_unaligned() };
                $value(read)
            };
            values.extend((0..length).map(value));
        }};
    }
    let word = if size_of::<usize>() == 8 {
        [Scalar::I64, Scalar::U64]
    } else {
        [Scalar::I32, Scalar::U32]
    };
    match scalar {
        Scalar::Bool => each!(u8, |byte| Value::boolean(byte != 0)),
        Scalar::I8 => each!(i8, |read| Value::long(i64::from(read))),
        Scalar::I16 => each!(i16, |read| Value::long(i64::from(read))),
        Scalar::I32 => each!(i32, |read| Value::long(i64::from(read))),
        Scalar::I64 => each!(i64, Value::long),
        Scalar::U8 => each!(u8, |read| Value::long(i64::from(read))),
        Scalar::U16 => each!(u16, |read| Value::long(i64::from(read))),
        Scalar::U32 => each!(u32, |read| Value::long(i64::from(read))),
        Scalar::U64 => each!(u64, Value::unsigned),
        // SAFETY: by this function's contract; it is the same integer.
        Scalar::Isize => return unsafe { row(word[0], first, length, values) },
        // SAFETY: as above.
        Scalar::Usize => return unsafe { row(word[1], first, length, values) },
        Scalar::F16 => each!(u16, |read| Value::double_bits(float::widen_f16(read))),
        Scalar::F32 => each!(u32, |read| Value::double_bits(float::widen_f32(read))),
        Scalar::F64 => each!(u64, Value::double_bits),
        Scalar::I128 | Scalar::U128 | Scalar::F80 | Scalar::F128 => return false,
    }
    true
}

/// A scalar's bits, an integer extended by its type's sign.
///
/// # Safety
/// A scalar of this type lies at the address.
#[inline]
pub(super) unsafe fn bits(at: *const u8, scalar: Scalar) -> u128 {
    macro_rules! read {
        ($kind:ty) => {{
            // SAFETY: by this function's contract; elements may be unaligned only if the callee is
            // wrong about L-11, and even then the read is whole.
            unsafe { at.cast::<$kind>().read_unaligned() }
        }};
    }
    match scalar.class() {
        Class::Integer { signed: true, width } => match width {
            Width::Bits8 => read!(i8) as u128,
            Width::Bits16 => read!(i16) as u128,
            Width::Bits32 => read!(i32) as u128,
            Width::Bits64 => read!(i64) as u128,
            Width::Bits128 => read!(u128),
        },
        Class::Integer { signed: false, width } => match width {
            Width::Bits8 => u128::from(read!(u8)),
            Width::Bits16 => u128::from(read!(u16)),
            Width::Bits32 => u128::from(read!(u32)),
            Width::Bits64 => u128::from(read!(u64)),
            Width::Bits128 => read!(u128),
        },
        Class::Bool => u128::from(read!(u8)),
        Class::Float(Format::F16) => u128::from(read!(u16)),
        Class::Float(Format::F32) => u128::from(read!(u32)),
        Class::Float(Format::F64) => u128::from(read!(u64)),
        // The upper six bytes are padding: the callee need not have written them.
        Class::Float(Format::F80) => {
            let significand = u128::from(read!(u64));
            // SAFETY: as above; sign and exponent follow the significand.
            let upper = unsafe { at.wrapping_add(8).cast::<u16>().read_unaligned() };
            u128::from(upper) << 64 | significand
        }
        Class::Float(Format::F128) => read!(u128),
    }
}
