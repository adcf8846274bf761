//! Dialects (contract D): declared deviations, asked for when a function is bound.
//!
//! What they change is decided here, when a plan is made: a scalar that a dialect touches gets plans of
//! its own, so that a function bound without dialects is served by the same code as if there were none.
//! `raw-refusals` (D-5) is not here: a refusal of this binder always has a code.

use contract::{Class, Format, Scalar, Width};
use num_bigint::BigInt;

use super::give;
use super::load;
use crate::heap::{Heap, Object};
use crate::refusal::{CallCode, CallRefusal};
use crate::value::{Tag, Value, View};

/// The dialects a function is bound with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dialects {
    /// D-1: an out-of-range integer argument crosses as its two's-complement low bits. A double is no
    /// integer, unless [`Dialects::truncates`] makes one of it.
    pub wraps: bool,
    /// D-2: a finite double that is not integral is truncated toward zero. One that is then out of range
    /// stays what C-4 calls it, another double.
    pub truncates: bool,
    /// D-3: a bool parameter takes any value but nil: everything but `false` is true.
    pub truthy: bool,
    /// D-4: a 128-bit integer comes back as a big integer, whatever its value.
    pub big128: bool,
    /// D-6: every NaN crosses, and comes back, as the quiet NaN without sign or payload.
    pub canonical_nan: bool,
    /// D-7: an error comes back as the keyword of its name.
    pub error_as_keyword: bool,
}

impl Dialects {
    /// The plain contract.
    pub const NONE: Dialects = Dialects {
        wraps: false,
        truncates: false,
        truthy: false,
        big128: false,
        canonical_nan: false,
        error_as_keyword: false,
    };

    /// Whether a scalar that is given to the callee is converted otherwise than the contract says.
    pub(super) fn touch_argument(self, scalar: Scalar) -> bool {
        match scalar.class() {
            Class::Bool => self.truthy,
            Class::Float(_) => self.canonical_nan,
            Class::Integer { .. } => self.wraps || self.truncates,
        }
    }

    /// Whether a scalar that comes back is.
    pub(super) fn touch_return(self, scalar: Scalar) -> bool {
        match scalar.class() {
            Class::Integer { .. } => scalar.is_wide() && self.big128,
            Class::Float(_) => self.canonical_nan,
            Class::Bool => false,
        }
    }
}

/// A scalar under dialects, both ways.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialected {
    pub(super) scalar: Scalar,
    pub(super) dialects: Dialects,
}

impl Dialected {
    /// The bits of an argument, an integer extended by its type's sign.
    pub(super) fn load(self, index: u8, value: Value, heap: &Heap) -> Result<u128, CallRefusal> {
        let Dialected { scalar, dialects } = self;
        match scalar.class() {
            Class::Bool if dialects.truthy => match value.tag() {
                Tag::Nil => Err(CallRefusal::at(CallCode::NilArgument, index)),
                Tag::Boolean => Ok(u128::from(value.bits())),
                _ => Ok(1),
            },
            Class::Bool => load::scalar(scalar, index, value, heap),
            Class::Integer { .. } => {
                whole(scalar, dialects, value, heap).map_err(|code| CallRefusal::at(code, index))
            }
            Class::Float(format) => {
                let bits = load::scalar(scalar, index, value, heap)?;
                Ok(if dialects.canonical_nan { canonical(format, bits) } else { bits })
            }
        }
    }

    /// The host value of what came back.
    pub(super) fn give(self, bits: u128, heap: &mut Heap) -> Value {
        let Dialected { scalar, dialects } = self;
        match scalar.class() {
            Class::Integer { signed, width: Width::Bits128 } if dialects.big128 => {
                let number = if signed { BigInt::from(bits as i128) } else { BigInt::from(bits) };
                heap.keep(Object::Big(number))
            }
            Class::Float(format) if dialects.canonical_nan => {
                give::scalar_bits(scalar, canonical(format, bits), heap)
            }
            Class::Integer { .. } | Class::Float(_) | Class::Bool => {
                give::scalar_bits(scalar, bits, heap)
            }
        }
    }

    /// The same for a carrier, which a word holds.
    pub(super) fn give_word(self, word: u64) -> Value {
        let word = match self.scalar.format() {
            Some(format) if self.dialects.canonical_nan => {
                canonical(format, u128::from(word)) as u64
            }
            _ => word,
        };
        give::scalar_word(self.scalar, word)
    }
}

/// An integer for a parameter of any width, under D-1 and D-2.
fn whole(scalar: Scalar, dialects: Dialects, value: Value, heap: &Heap) -> Result<u128, CallCode> {
    let (mut beyond, mut wraps) = (CallCode::OutOfRange, dialects.wraps);
    // The magnitude's low 128 bits, and whether there are more.
    let (negative, magnitude, more) = match value.view() {
        View::Nil => return Err(CallCode::NilArgument),
        View::Long(long) => (long < 0, u128::from(long.unsigned_abs()), false),
        View::Unsigned(word) => (false, u128::from(word), false),
        View::Double(double) => {
            let integral = double.is_finite() && double.fract() == 0.0;
            if !double.is_finite() || !integral && !dialects.truncates {
                return Err(CallCode::TypeMismatch);
            }
            (beyond, wraps) = (CallCode::TypeMismatch, dialects.wraps && dialects.truncates);
            let (magnitude, more) = low_bits(double);
            (double < 0.0, magnitude, more)
        }
        View::Object(object) => match heap.get(object) {
            Some(Object::Big(integer)) => {
                let mut digits = integer.magnitude().iter_u64_digits();
                let mut digit = || u128::from(digits.next().unwrap_or(0));
                let magnitude = digit() | digit() << 64;
                let negative = integer.sign() == num_bigint::Sign::Minus;
                (negative, magnitude, integer.magnitude().bits() > 128)
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
    if (more || magnitude > most) && !wraps {
        return Err(beyond);
    }
    let number = if negative { magnitude.wrapping_neg() } else { magnitude };
    let top = number << (128 - bits);
    let signed = || (top as i128 >> (128 - bits)) as u128;
    Ok(if scalar.is_signed() { signed() } else { top >> (128 - bits) })
}

/// A finite double truncated toward zero: its magnitude's low 128 bits, and whether there are more.
fn low_bits(double: f64) -> (u128, bool) {
    let magnitude = double.abs().trunc();
    if magnitude < super::load::TWO_TO_128 {
        return (magnitude as u128, false);
    }
    // IEEE 754-2019, 3.4: at this size the fraction with its integer bit is shifted to the left.
    let bits = magnitude.to_bits();
    let significand = u128::from(bits & ((1 << 52) - 1) | 1 << 52);
    let shift = (bits >> 52) as u32 - 1075;
    (significand.checked_shl(shift).unwrap_or(0), true)
}

/// D-6: the bits of a float, a NaN replaced by the quiet one without sign or payload.
fn canonical(format: Format, bits: u128) -> u128 {
    let (infinity, quiet, mask) = match format {
        Format::F16 => (0x7c00, 0x7e00, 0x7fff),
        Format::F32 => (0x7f80_0000, 0x7fc0_0000, 0x7fff_ffff),
        Format::F64 => (0x7ff0 << 48, 0x7ff8 << 48, (1 << 63) - 1),
        // The integer bit is stored, and what has an exponent without it is no number either (Intel
        // manual, table 8-3).
        Format::F80 => {
            let exponent = bits >> 64 & 0x7fff;
            let integer_bit = bits >> 63 & 1 == 1;
            let invalid = exponent != 0 && !integer_bit;
            let nan = exponent == 0x7fff && bits << 65 != 0;
            return if nan || invalid { 0x7fff_c000 << 48 } else { bits };
        }
        Format::F128 => (0x7fff << 112, 0xffff << 111, (1 << 127) - 1),
    };
    if bits & mask > infinity { quiet } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::CallCode::{NilArgument, OutOfRange, TypeMismatch};

    const WRAPS: Dialects = Dialects { wraps: true, ..Dialects::NONE };
    const TRUNCATES: Dialects = Dialects { truncates: true, ..Dialects::NONE };
    const BOTH: Dialects = Dialects { truncates: true, ..WRAPS };

    fn big(heap: &mut Heap, decimal: &str) -> Value {
        heap.keep(Object::Big(decimal.parse().expect("a number")))
    }

    #[test]
    fn integers_wrap_to_their_low_bits_and_doubles_do_not() {
        let mut heap = Heap::default();
        let beyond_u128 = big(&mut heap, "340282366920938463463374607431768211457");
        let below = big(&mut heap, "-340282366920938463463374607431768211457");
        for (scalar, value, expected) in [
            (Scalar::U8, Value::long(256), Ok(0)),
            (Scalar::U8, Value::long(-1), Ok(255)),
            (Scalar::I8, Value::long(200), Ok(-56_i128 as u128)),
            (Scalar::I8, Value::long(127), Ok(127)),
            (Scalar::U64, Value::long(-1), Ok(u128::from(u64::MAX))),
            (Scalar::I64, Value::unsigned(u64::MAX), Ok(u128::MAX)),
            (Scalar::U16, beyond_u128, Ok(1)),
            (Scalar::I128, beyond_u128, Ok(1)),
            (Scalar::I16, below, Ok(u128::MAX)),
            (Scalar::U128, Value::long(-2), Ok(u128::MAX - 1)),
            (Scalar::U8, Value::double(256.0), Err(TypeMismatch)),
            (Scalar::U8, Value::double(0.5), Err(TypeMismatch)),
            (Scalar::U8, Value::NIL, Err(NilArgument)),
            (Scalar::U8, Value::boolean(true), Err(TypeMismatch)),
        ] {
            assert_eq!(whole(scalar, WRAPS, value, &heap), expected, "{value:?} to {scalar}");
        }
    }

    #[test]
    fn doubles_are_truncated_and_stay_in_range_unless_they_wrap_too() {
        let heap = Heap::default();
        for (scalar, double, truncated, both) in [
            (Scalar::I8, 127.9, Ok(127), Ok(127)),
            (Scalar::I8, -128.9, Ok(-128_i128 as u128), Ok(-128_i128 as u128)),
            (Scalar::I8, 128.5, Err(TypeMismatch), Ok(-128_i128 as u128)),
            (Scalar::U8, -0.9, Ok(0), Ok(0)),
            (Scalar::U8, -1.5, Err(TypeMismatch), Ok(255)),
            (Scalar::U64, 1.5e300, Err(TypeMismatch), Ok(0)),
            (
                Scalar::U128,
                340282366920938463463374607431768211456.0 * 1.5,
                Err(TypeMismatch),
                Ok(1 << 127),
            ),
            (Scalar::I64, f64::NAN, Err(TypeMismatch), Err(TypeMismatch)),
            (Scalar::I64, f64::INFINITY, Err(TypeMismatch), Err(TypeMismatch)),
        ] {
            let value = Value::double(double);
            assert_eq!(whole(scalar, TRUNCATES, value, &heap), truncated, "{double} to {scalar}");
            assert_eq!(whole(scalar, BOTH, value, &heap), both, "{double} to {scalar}");
        }
        assert_eq!(whole(Scalar::U8, TRUNCATES, Value::long(256), &heap), Err(OutOfRange));
    }

    #[test]
    fn only_what_is_no_number_becomes_the_quiet_nan() {
        for (format, bits, expected) in [
            (Format::F16, 0xfc01, 0x7e00),
            (Format::F16, 0xfc00, 0xfc00),
            (Format::F32, 0x7f80_0001, 0x7fc0_0000),
            (Format::F32, 0x8000_0000, 0x8000_0000),
            (Format::F64, 0xfff8_0000_0000_0001, 0x7ff8 << 48),
            (Format::F64, 0x7ff0 << 48, 0x7ff0 << 48),
            (Format::F80, 0xffff_8000_0000_0000_0001, 0x7fff_c000 << 48),
            (Format::F80, 0x7fff_8000 << 48, 0x7fff_8000 << 48),
            (Format::F80, 1 << 64, 0x7fff_c000 << 48),
            (Format::F80, 0x3fff_8000 << 48, 0x3fff_8000 << 48),
            (Format::F128, u128::MAX, 0xffff << 111),
            (Format::F128, 0xffff << 112, 0xffff << 112),
        ] {
            assert_eq!(canonical(format, bits), expected, "{bits:#x} of {format:?}");
        }
    }
}
