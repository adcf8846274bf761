//! The suite's own reading of contract C and L: what must arrive for given arguments, and what a
//! call obliges. Written apart from the reference binder, so that the two can disagree.

use std::cmp::Ordering;

use num_bigint::BigInt;
use reference_binder::contract::{ArgumentKind, Declarations, Scalar, Signature, Type};

use crate::case::Arrival;
use crate::evidence::Item;
use crate::value::HostValue;

/// What must arrive for one argument, one item a carrier; `None` where the model does not say, and the
/// case must.
pub fn arrivals(
    kind: &ArgumentKind,
    value: &HostValue,
    declarations: &Declarations,
) -> Option<Vec<Arrival>> {
    let ArgumentKind::Plain(of) = kind else { return None };
    Some(vec![match (of, value) {
        (Type::Scalar(Scalar::Bool), HostValue::Boolean(value)) => {
            Arrival::Integer(Scalar::Bool, i128::from(*value))
        }
        (Type::Scalar(scalar), value) if scalar.is_integer() && !scalar.is_carrier() => {
            let mut bytes = value.as_integer()?.to_signed_bytes_le();
            let sign = if bytes.last().is_some_and(|byte| *byte > 127) { 0xff } else { 0 };
            bytes.resize(bytes.len().max(16), sign);
            bytes.truncate(16);
            Arrival::Memory(bytes)
        }
        (Type::Scalar(scalar), _) if !scalar.is_carrier() => return None,
        (Type::Scalar(scalar), value) if scalar.is_float() => float(*scalar, value)?,
        (Type::Scalar(scalar), value) => Arrival::Integer(*scalar, integer(value)?),
        (Type::Named(name), HostValue::Keyword(member)) => {
            let (backing, number) = enum_number(name, member, declarations)?;
            Arrival::Integer(backing, number)
        }
        (Type::Handle(_), HostValue::Handle(_)) => Arrival::Address,
        (Type::Slice { .. }, HostValue::Array(_, bytes)) => Arrival::Memory(bytes.clone()),
        (Type::Slice { of, .. }, HostValue::Vector(values)) => {
            Arrival::Memory(enum_bytes(of, values, declarations)?)
        }
        _ => return None,
    }])
}

/// An integral value, whatever its host representation (C-1, C-4).
fn integer(value: &HostValue) -> Option<i128> {
    match value {
        HostValue::Double(bits) => {
            let double = f64::from_bits(*bits);
            (double.fract() == 0.0).then_some(double as i128)
        }
        other => i128::try_from(other.as_integer()?).ok(),
    }
}

/// C-3: the nearest value of the format, ties to even.
fn float(scalar: Scalar, value: &HostValue) -> Option<Arrival> {
    let bits = match (scalar, value) {
        (Scalar::F64, HostValue::Double(bits)) => *bits,
        (_, HostValue::Double(bits)) if f64::from_bits(*bits).is_nan() => {
            let quiet = if scalar == Scalar::F16 { 0x7e00 } else { 0x7fc0_0000 };
            let sign_at = scalar.size() as u32 * 8 - 1;
            quiet | (bits >> 63) << sign_at
        }
        (_, HostValue::Double(bits)) => nearest(scalar, &Real::of(f64::from_bits(*bits))),
        (_, other) => nearest(scalar, &Real::Finite(other.as_integer()?, 0)),
    };
    Some(Arrival::Float(scalar, bits))
}

/// A real number that is compared exactly: an integer times a power of two, or an infinity.
enum Real {
    Finite(BigInt, i32),
    NegativeZero,
    Infinite { negative: bool },
}

impl Real {
    fn of(value: f64) -> Real {
        if value.is_infinite() {
            return Real::Infinite { negative: value < 0.0 };
        }
        if value == 0.0 && value.is_sign_negative() {
            return Real::NegativeZero;
        }
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (significand, power) =
            if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
        let significand = BigInt::from(significand);
        Real::Finite(if value < 0.0 { -significand } else { significand }, power)
    }
}

/// The bits of the format's value nearest to a number: found by bisection over all of the format's
/// values, which are in order, and by comparing exact distances.
fn nearest(scalar: Scalar, number: &Real) -> u64 {
    let width = scalar.size() as u32 * 8;
    let sign = 1_u64 << (width - 1);
    let infinity = match scalar {
        Scalar::F16 => 0x7c00,
        Scalar::F32 => 0x7f80_0000,
        _ => 0x7ff0_0000_0000_0000,
    };
    let (number, power) = match number {
        Real::Infinite { negative } => return infinity | if *negative { sign } else { 0 },
        Real::NegativeZero => return sign,
        Real::Finite(number, power) => (number, *power),
    };
    let negative = number < &BigInt::ZERO;
    let magnitude = BigInt::from(number.magnitude().clone());
    let (mut low, mut high) = (0_u64, infinity);
    // Invariant: value(low) <= magnitude < value(high), with infinity standing for the first value
    // beyond the format's largest.
    if compare(&magnitude, power, scalar, high) != Ordering::Less {
        return infinity | if negative { sign } else { 0 };
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if compare(&magnitude, power, scalar, middle) == Ordering::Less {
            high = middle;
        } else {
            low = middle;
        }
    }
    // Twice the number against the sum of its neighbours.
    let (below, below_power) = parts(scalar, low);
    let (above, above_power) = parts(scalar, high);
    let base = power.min(below_power).min(above_power);
    let at = |number: &BigInt, power: i32| -> BigInt { number << (power - base) as usize };
    let twice: BigInt = at(&magnitude, power) * 2;
    let sum: BigInt = at(&below, below_power) + at(&above, above_power);
    let chosen = match twice.cmp(&sum) {
        Ordering::Less => low,
        Ordering::Greater => high,
        Ordering::Equal => low + (low & 1),
    };
    chosen | if negative { sign } else { 0 }
}

fn compare(magnitude: &BigInt, power: i32, scalar: Scalar, bits: u64) -> Ordering {
    let (other, other_power) = parts(scalar, bits);
    let base = power.min(other_power);
    (magnitude << (power - base) as usize).cmp(&(other << (other_power - base) as usize))
}

/// A non-negative value of a format as an integer times a power of two (IEEE 754-2019, 3.4).
fn parts(scalar: Scalar, bits: u64) -> (BigInt, i32) {
    let (fraction_bits, bias) = match scalar {
        Scalar::F16 => (10, 15),
        Scalar::F32 => (23, 127),
        _ => (52, 1023),
    };
    let exponent = (bits >> fraction_bits) as i32;
    let fraction = bits & ((1 << fraction_bits) - 1);
    let (significand, exponent) =
        if exponent == 0 { (fraction, 1) } else { (fraction | 1 << fraction_bits, exponent) };
    (BigInt::from(significand), exponent - bias - fraction_bits)
}

fn enum_number(name: &str, member: &str, declarations: &Declarations) -> Option<(Scalar, i128)> {
    let (backing, members) = declarations.enumeration(name)?;
    let found = members.iter().find(|candidate| candidate.name == member)?;
    Some((backing, found.value))
}

fn enum_bytes(of: &Type, values: &[HostValue], declarations: &Declarations) -> Option<Vec<u8>> {
    let Type::Named(name) = of else { return None };
    let mut bytes = Vec::new();
    for value in values {
        let HostValue::Keyword(member) = value else { return None };
        let (backing, number) = enum_number(name, member, declarations)?;
        bytes.extend_from_slice(&number.to_le_bytes()[..backing.size()]);
    }
    Some(bytes)
}

/// Whether a carrier arrived as it must.
pub fn arrived(expected: &Arrival, item: &Item) -> bool {
    match (expected, item) {
        // The register is widened by the type's sign (L-21): the low 64 bits of the number itself.
        (Arrival::Integer(_, number), Item::Integer(word)) => *number as u64 == *word,
        (Arrival::Float(scalar, bits), Item::Float(observed, size)) => {
            *size == scalar.size() && same_float(*scalar, *bits, *observed)
        }
        (Arrival::Address, Item::Address(_)) | (Arrival::Null, Item::Null) => true,
        // A page keeps the first bytes of a long one, and how many there were.
        (Arrival::Memory(bytes), Item::Memory(kept, full)) => {
            bytes.len() == *full && bytes.starts_with(kept)
        }
        _ => false,
    }
}

/// A NaN that was narrowed keeps its sign and need not keep its payload (C-3).
fn same_float(scalar: Scalar, expected: u64, observed: u64) -> bool {
    let (infinity, sign) = match scalar {
        Scalar::F16 => (0x7c00, 0x8000),
        Scalar::F32 => (0x7f80_0000, 0x8000_0000),
        _ => return expected == observed,
    };
    let nan = |bits: u64| bits & (sign - 1) > infinity;
    if nan(expected) {
        nan(observed) && expected & sign == observed & sign
    } else {
        expected == observed
    }
}

/// Whether a call of this signature obliges a call of its free symbol (L-11, R-8).
pub fn obliges_free(signature: &Signature) -> bool {
    matches!(signature.returns, Type::Owned(_) | Type::Bytes | Type::String)
}

/// Whether the native side's memory is touched at all: what the leak arm looks at.
pub fn touches_memory(signature: &Signature) -> bool {
    let plain = |kind: &Type| matches!(kind, Type::Scalar(_) | Type::Void | Type::Named(_));
    let arguments = signature.arguments.iter().all(|argument| match &argument.kind {
        ArgumentKind::Plain(kind) => plain(kind),
        ArgumentKind::Rest(_) => false,
        ArgumentKind::Destructured(_) => true,
    });
    !arguments || !plain(&signature.returns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrow(scalar: Scalar, value: f64) -> u64 {
        nearest(scalar, &Real::of(value))
    }

    #[test]
    fn every_value_of_a_format_is_nearest_to_itself() {
        for bits in 0..0x7c00_u16 {
            let value = half::f16::from_bits(bits).to_f64();
            assert_eq!(narrow(Scalar::F16, value), u64::from(bits));
            assert_eq!(narrow(Scalar::F16, -value), u64::from(bits | 0x8000));
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
                narrow(Scalar::F32, value),
                u64::from((value as f32).to_bits()),
                "{value:e}"
            );
        }
    }

    #[test]
    fn integers_are_rounded_from_their_exact_value() {
        let long = |value: i64| nearest(Scalar::F32, &Real::Finite(BigInt::from(value), 0));
        for value in [0, 1, -1, 16_777_217, -16_777_219, i64::MAX, i64::MIN, 9_007_199_791_611_905]
        {
            assert_eq!(long(value), u64::from((value as f32).to_bits()), "{value}");
        }
        let huge = Real::Finite(BigInt::from(1) << 1024, 0);
        assert_eq!(nearest(Scalar::F64, &huge), f64::INFINITY.to_bits());
        assert_eq!(nearest(Scalar::F16, &Real::Finite(BigInt::from(65_519), 0)), 0x7bff);
        assert_eq!(nearest(Scalar::F16, &Real::Finite(BigInt::from(65_520), 0)), 0x7c00);
    }

    #[test]
    fn an_integer_arrives_only_with_its_whole_register() {
        let minus_one = Arrival::Integer(Scalar::I8, -1);
        assert!(arrived(&minus_one, &Item::Integer(u64::MAX)));
        assert!(!arrived(&minus_one, &Item::Integer(0xff)));
        assert!(!arrived(&minus_one, &Item::Address(u64::MAX)));
        assert!(arrived(
            &Arrival::Integer(Scalar::U64, u64::MAX as i128),
            &Item::Integer(u64::MAX)
        ));
    }

    #[test]
    fn memory_arrives_whole_even_where_the_page_cuts_it() {
        let long = Arrival::Memory(vec![7; 2000]);
        assert!(arrived(&long, &Item::Memory(vec![7; 900], 2000)));
        assert!(!arrived(&long, &Item::Memory(vec![7; 900], 1999)));
        assert!(!arrived(&long, &Item::Memory(vec![8; 900], 2000)));
    }
}
