//! Floats by the rules of IEEE 754-2019, from exact values only: what an argument of each format must
//! be (C-3), and the double that a narrow one is.

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::{Format, HostValue};

/// What is known of a float that must arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// These bits.
    Bits(u128),
    /// Any NaN of this sign: narrowing need not keep a payload (C-3).
    Nan {
        /// Whether the sign bit is set.
        negative: bool,
    },
}

/// C-3: the value as it is in its own format, otherwise the nearest of the format, ties to even;
/// `None` for what is no number.
pub fn expected(format: Format, value: &HostValue) -> Option<Expected> {
    let number = match own(value) {
        Some((of, bits)) if of == format => return Some(Expected::Bits(bits)),
        Some((of, bits)) => match Real::of(of, bits) {
            Ok(number) => number,
            Err(negative) => return Some(Expected::Nan { negative }),
        },
        None => Real::Finite(value.as_integer()?, 0),
    };
    Some(Expected::Bits(nearest(format, &number)))
}

/// Whether a value is a float that is no number.
pub fn is_nan(value: &HostValue) -> bool {
    own(value).is_some_and(|(of, bits)| Real::of(of, bits).is_err())
}

/// A float in the format it has.
fn own(value: &HostValue) -> Option<(Format, u128)> {
    match value {
        HostValue::Double(bits) => Some((Format::F64, u128::from(*bits))),
        HostValue::Extended(of, bits) => Some((of.format()?, *bits)),
        _ => None,
    }
}

/// Whether a float is what was expected.
pub fn matches(format: Format, expected: Expected, observed: u128) -> bool {
    match expected {
        Expected::Bits(bits) => bits == observed,
        Expected::Nan { negative } => {
            matches!(Real::of(format, observed), Err(sign) if sign == negative)
        }
    }
}

/// The bits that a value crosses as, where somebody has to choose: a NaN that is narrowed is quiet and
/// keeps of its payload what there is room for. `None` for what is no number.
pub fn bits(format: Format, value: &HostValue) -> Option<u128> {
    let negative = match expected(format, value)? {
        Expected::Bits(bits) => return Some(bits),
        Expected::Nan { negative } => negative,
    };
    let (own, bits) = own(value)?;
    let payload = bits << (128 - own.fraction_bits());
    let kept = payload >> (128 - format.fraction_bits());
    Some(quiet(format, negative) | kept)
}

/// The bits of the double that an `:f16`, `:f32` or `:f64` is, a NaN's payload at the top of the
/// double's.
pub fn widened(format: Format, bits: u64) -> u64 {
    match Real::of(format, u128::from(bits)) {
        Ok(number) => nearest(Format::F64, &number) as u64,
        Err(negative) => {
            let payload = bits & ((1 << format.fraction_bits()) - 1);
            let sign = u64::from(negative) << 63;
            sign | 0x7ff << 52 | payload << (52 - format.fraction_bits())
        }
    }
}

/// The bits that `Expected::Nan` is written as: the quiet NaN without a payload.
pub fn quiet(format: Format, negative: bool) -> u128 {
    let quiet = format.infinity() | 1 << (format.fraction_bits() - 1);
    format.stored(quiet, negative)
}

/// A real number that is compared exactly: an integer times a power of two, or an infinity.
enum Real {
    Finite(BigInt, i32),
    NegativeZero,
    Infinite { negative: bool },
}

impl Real {
    /// The number that bits of a format are; the sign of a NaN.
    fn of(format: Format, bits: u128) -> Result<Real, bool> {
        let negative = bits >> (format.bits() - 1) & 1 == 1;
        let exponent = (bits >> (format.bits() - 1 - format.exponent_bits())) as i32
            & ((1 << format.exponent_bits()) - 1);
        let fraction = bits & ((1 << format.fraction_bits()) - 1);
        if exponent == (1 << format.exponent_bits()) - 1 {
            return if fraction == 0 { Ok(Real::Infinite { negative }) } else { Err(negative) };
        }
        let leads = if format.stores_leading_bit() {
            bits >> format.fraction_bits() & 1 == 1
        } else {
            exponent != 0
        };
        let significand = fraction | u128::from(leads) << format.fraction_bits();
        if significand == 0 && negative {
            return Ok(Real::NegativeZero);
        }
        let power = exponent.max(1) - format.bias() - format.fraction_bits() as i32;
        let significand = BigInt::from(significand);
        Ok(Real::Finite(if negative { -significand } else { significand }, power))
    }
}

/// The bits of the format's value nearest to a number: found by bisection over all of the format's
/// values, which are in order, and by comparing exact distances.
fn nearest(format: Format, number: &Real) -> u128 {
    let (number, power) = match number {
        Real::Infinite { negative } => return format.stored(format.infinity(), *negative),
        Real::NegativeZero => return format.stored(0, true),
        Real::Finite(number, power) => (number, *power),
    };
    let negative = number < &BigInt::ZERO;
    let magnitude = BigInt::from(number.magnitude().clone());
    let (mut low, mut high) = (0_u128, format.infinity());
    // Invariant: value(low) <= magnitude < value(high), with infinity standing for the first value
    // beyond the format's largest.
    if compare(&magnitude, power, format, high) != Ordering::Less {
        return format.stored(format.infinity(), negative);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if compare(&magnitude, power, format, middle) == Ordering::Less {
            high = middle;
        } else {
            low = middle;
        }
    }
    // Twice the number against the sum of its neighbours.
    let (below, below_power) = format.parts(low);
    let (above, above_power) = format.parts(high);
    let base = power.min(below_power).min(above_power);
    let at = |number: &BigInt, power: i32| -> BigInt { number << (power - base) as usize };
    let twice: BigInt = at(&magnitude, power) * 2;
    let sum: BigInt = at(&below, below_power) + at(&above, above_power);
    let chosen = match twice.cmp(&sum) {
        Ordering::Less => low,
        Ordering::Greater => high,
        Ordering::Equal => low + (low & 1),
    };
    format.stored(chosen, negative)
}

fn compare(magnitude: &BigInt, power: i32, format: Format, ordinal: u128) -> Ordering {
    let (other, other_power) = format.parts(ordinal);
    let base = power.min(other_power);
    (magnitude << (power - base) as usize).cmp(&(other << (other_power - base) as usize))
}

impl Format {
    fn bias(self) -> i32 {
        (1 << (self.exponent_bits() - 1)) - 1
    }

    /// The ordinal of infinity. A value's ordinal is its exponent and fraction, so that the format's
    /// non-negative values are numbered in order.
    fn infinity(self) -> u128 {
        ((1 << self.exponent_bits()) - 1) << self.fraction_bits()
    }

    /// A non-negative value as an integer times a power of two (IEEE 754-2019, 3.4).
    fn parts(self, ordinal: u128) -> (BigInt, i32) {
        let exponent = (ordinal >> self.fraction_bits()) as i32;
        let fraction = ordinal & ((1 << self.fraction_bits()) - 1);
        let leading = u128::from(exponent != 0) << self.fraction_bits();
        let power = exponent.max(1) - self.bias() - self.fraction_bits() as i32;
        (BigInt::from(fraction | leading), power)
    }

    /// The bits of the value of an ordinal.
    fn stored(self, ordinal: u128, negative: bool) -> u128 {
        let fraction = ordinal & ((1 << self.fraction_bits()) - 1);
        let exponent = ordinal >> self.fraction_bits();
        let leading = u128::from(self.stores_leading_bit() && exponent != 0);
        let wide = self.fraction_bits() + u32::from(self.stores_leading_bit());
        fraction
            | leading << self.fraction_bits()
            | exponent << wide
            | u128::from(negative) << (self.bits() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    fn number(value: f64) -> Real {
        Real::of(Format::F64, u128::from(value.to_bits())).unwrap_or(Real::NegativeZero)
    }

    fn narrow(format: Format, value: f64) -> u64 {
        nearest(format, &number(value)) as u64
    }

    #[test]
    fn every_value_of_a_format_is_nearest_to_itself() {
        for bits in 0..0x7c00_u16 {
            let value = half::f16::from_bits(bits).to_f64();
            assert_eq!(narrow(Format::F16, value), u64::from(bits));
            assert_eq!(narrow(Format::F16, -value), u64::from(bits | 0x8000));
        }
    }

    #[test]
    fn f32_agrees_with_the_processor() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..2000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(state);
            if value.is_nan() {
                continue;
            }
            assert_eq!(
                narrow(Format::F32, value),
                u64::from((value as f32).to_bits()),
                "{value:e}"
            );
        }
    }

    #[test]
    fn integers_are_rounded_from_their_exact_value() {
        let long = |value: i64| nearest(Format::F32, &Real::Finite(BigInt::from(value), 0));
        for value in [0, 1, -1, 16_777_217, -16_777_219, i64::MAX, i64::MIN, 9_007_199_791_611_905]
        {
            assert_eq!(long(value), u128::from((value as f32).to_bits()), "{value}");
        }
        let huge = Real::Finite(BigInt::from(1) << 1024, 0);
        assert_eq!(nearest(Format::F64, &huge), u128::from(f64::INFINITY.to_bits()));
        assert_eq!(nearest(Format::F16, &Real::Finite(BigInt::from(65_519), 0)), 0x7bff);
        assert_eq!(nearest(Format::F16, &Real::Finite(BigInt::from(65_520), 0)), 0x7c00);
    }

    #[test]
    fn wider_formats_hold_every_double_and_round_integers_once() {
        let wide = |format, value: f64| nearest(format, &number(value));
        assert_eq!(wide(Format::F80, 1.0), 0x3fff_8000_0000_0000_0000);
        assert_eq!(wide(Format::F80, -0.0), 1 << 79);
        assert_eq!(wide(Format::F80, f64::INFINITY), 0x7fff_8000_0000_0000_0000);
        assert_eq!(wide(Format::F80, 5e-324), 0x3bcd_8000_0000_0000_0000);
        assert_eq!(wide(Format::F128, -1.5), 0xbfff_8000_0000_0000_0000_0000_0000_0000);
        assert_eq!(wide(Format::F128, 5e-324), 0x3bcd_0000_0000_0000_0000_0000_0000_0000);
        let long = |format, value: i128| nearest(format, &Real::Finite(BigInt::from(value), 0));
        assert_eq!(long(Format::F80, i128::from(i64::MIN)), 0xc03e_8000_0000_0000_0000);
        // 2^64 + 1 is half-way: to even.
        assert_eq!(long(Format::F80, (1 << 64) + 1), 0x403f_8000_0000_0000_0000);
        assert_eq!(long(Format::F80, (1 << 64) + 3), 0x403f_8000_0000_0000_0002);
        assert_eq!(long(Format::F128, i128::MAX), 0x407e_0000_0000_0000_0000_0000_0000_0000);
    }

    #[test]
    fn widening_is_exact_and_keeps_payloads() {
        for bits in 0..=u16::MAX {
            let value = half::f16::from_bits(bits);
            let wide = widened(Format::F16, u64::from(bits));
            if value.is_nan() {
                assert!(f64::from_bits(wide).is_nan(), "{bits:#06x}");
            } else {
                assert_eq!(wide, value.to_f64().to_bits(), "{bits:#06x}");
            }
        }
        assert_eq!(widened(Format::F32, 0x7f80_0001), 0x7ff0_0000_2000_0000, "a signalling NaN");
        assert_eq!(widened(Format::F32, 0x8000_0000), 1 << 63);
        assert_eq!(widened(Format::F32, 1), f64::from(f32::from_bits(1)).to_bits());
    }

    #[test]
    fn a_nan_crosses_quiet_with_what_there_is_room_for() {
        let given = HostValue::Double(0xfff0_0000_2000_0001);
        assert_eq!(bits(Format::F32, &given), Some(0xffc0_0001));
        assert_eq!(bits(Format::F16, &given), Some(0xfe00));
        assert_eq!(bits(Format::F64, &given), Some(0xfff0_0000_2000_0001));
        assert_eq!(bits(Format::F80, &given), Some(0xffff_c000_0100_0000_0800));
        assert_eq!(bits(Format::F32, &HostValue::Nil), None);
    }

    #[test]
    fn a_nan_keeps_its_sign_and_in_its_own_format_every_bit() {
        let given = HostValue::Double(0xfff8_0000_0000_beef);
        assert_eq!(expected(Format::F64, &given), Some(Expected::Bits(0xfff8_0000_0000_beef)));
        let narrowed = expected(Format::F16, &given);
        assert_eq!(narrowed, Some(Expected::Nan { negative: true }));
        let narrowed = Expected::Nan { negative: true };
        assert!(matches(Format::F16, narrowed, 0xfe00) && matches(Format::F16, narrowed, 0xfc01));
        assert!(!matches(Format::F16, narrowed, 0x7e00) && !matches(Format::F16, narrowed, 0xfc00));
        assert_eq!(quiet(Format::F32, true), 0xffc0_0000);
        assert_eq!(quiet(Format::F80, false), 0x7fff_c000_0000_0000_0000);
        let own = HostValue::Extended(Scalar::F80, 0x7fff_8000_0000_0000_0001);
        assert_eq!(expected(Format::F80, &own), Some(Expected::Bits(0x7fff_8000_0000_0000_0001)));
    }
}
