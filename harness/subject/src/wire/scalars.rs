//! Scalars as they cross and as they lie in memory, from and to host values (contract C-1, C-3, R-1 to
//!

use contract::float;
use contract::{Class, Format, HostValue, Scalar};
use num_bigint::BigInt;

use crate::protocol::carriers::{float_bits, float_text};

/// The text of a value as a carrier of a scalar's type; `None` for what the type does not take.
pub(super) fn text(of: Scalar, value: &HostValue) -> Option<String> {
    match of.class() {
        Class::Float(format @ Format::F80) => Some(format!("{:020x}", float::bits(format, value)?)),
        Class::Float(format) => Some(float_text(of, float::bits(format, value)? as u64)),
        Class::Bool => Some(u8::from(boolean(value)?).to_string()),
        Class::Integer { .. } => Some(whole(of, value)?.to_string()),
    }
}

/// A value as it lies in memory; `None` for what the type does not take. The padding of an 80-bit float
/// is zero.
pub(super) fn bytes(of: Scalar, value: &HostValue) -> Option<Vec<u8>> {
    let bits = match of.class() {
        Class::Float(format) => float::bits(format, value)?,
        Class::Bool => u128::from(boolean(value)?),
        Class::Integer { .. } => {
            let whole = whole(of, value)?;
            i128::try_from(&whole)
                .map(|signed| signed as u128)
                .or_else(|_| u128::try_from(&whole))
                .ok()?
        }
    };
    Some(bits.to_le_bytes()[..of.size()].to_vec())
}

/// The host value of a carrier that came back; `None` for a text that is none of the type's. An integer
/// beyond its type, or a bool that is neither 0 nor 1, stays what it is: it is the binder's answer.
pub(super) fn of_text(of: Scalar, text: &str) -> Option<HostValue> {
    if of == Scalar::F80 {
        let digits = text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = digits.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        return bits.map(|bits| HostValue::Extended(of, bits));
    }
    if let Class::Float(format) = of.class() {
        return float_bits(of, text).map(|bits| double(format, bits));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| text.parse::<BigInt>().ok()).flatten()?;
    match (of, text) {
        (Scalar::Bool, "0") => Some(HostValue::Boolean(false)),
        (Scalar::Bool, "1") => Some(HostValue::Boolean(true)),
        _ => Some(integer(number)),
    }
}

/// The host value of a scalar in memory. `bytes` are as many as the scalar has.
pub(super) fn of_bytes(of: Scalar, bytes: &[u8]) -> HostValue {
    let bits = word(bytes);
    match of.class() {
        Class::Bool => match bits {
            0 => HostValue::Boolean(false),
            1 => HostValue::Boolean(true),
            other => integer(BigInt::from(other)),
        },
        Class::Float(format @ (Format::F80 | Format::F128)) => {
            HostValue::Extended(of, bits & (u128::MAX >> (128 - format.bits())))
        }
        Class::Float(format) => double(format, bits as u64),
        Class::Integer { .. } => integer(number(of, bytes)),
    }
}

/// An integer in memory, by its type's sign.
pub(super) fn number(of: Scalar, bytes: &[u8]) -> BigInt {
    let unused = 128 - 8 * bytes.len() as u32;
    let bits = word(bytes);
    if of.is_signed() {
        BigInt::from((bits << unused) as i128 >> unused)
    } else {
        BigInt::from(bits)
    }
}

/// Up to 16 bytes as one number, the least significant first.
pub(super) fn word(bytes: &[u8]) -> u128 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte))
}

/// a long where 64 signed bits hold it.
pub(super) fn integer(number: BigInt) -> HostValue {
    match i64::try_from(&number) {
        Ok(long) => HostValue::Long(long),
        Err(_) => HostValue::Big(number),
    }
}

fn double(of: Format, bits: u64) -> HostValue {
    HostValue::Double(if of == Format::F64 { bits } else { float::widened(of, bits) })
}

fn boolean(value: &HostValue) -> Option<bool> {
    match value {
        HostValue::Boolean(value) => Some(*value),
        _ => None,
    }
}

/// From its bits, because `powi` promises no precision.
const TWO_TO_128: f64 = f64::from_bits((1023 + 128) << 52);

/// The integer a value is (C-4: a double may be one, too), where the type holds it.
fn whole(of: Scalar, value: &HostValue) -> Option<BigInt> {
    let number = match value {
        HostValue::Double(bits) => {
            let double = f64::from_bits(*bits);
            // Below 2^127 a cast is exact, and a larger double's bits end in zeros.
            let integral = double.fract() == 0.0 && double.abs() < TWO_TO_128;
            let magnitude = integral.then(|| BigInt::from(double.abs() as u128))?;
            if double < 0.0 { -magnitude } else { magnitude }
        }
        value => value.as_integer()?,
    };
    let bits = 8 * of.size() as u32;
    let (least, beyond) = if of.is_signed() {
        (-(BigInt::from(1) << (bits - 1)), BigInt::from(1) << (bits - 1))
    } else {
        (BigInt::ZERO, BigInt::from(1) << bits)
    };
    (least <= number && number < beyond).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_cross_by_value_where_their_type_holds_them() {
        let long = HostValue::Long;
        assert_eq!(text(Scalar::I8, &long(-128)).as_deref(), Some("-128"));
        assert_eq!(text(Scalar::I8, &long(128)), None);
        assert_eq!(text(Scalar::U64, &HostValue::Big(u64::MAX.into())), Some(u64::MAX.to_string()));
        assert_eq!(text(Scalar::U8, &HostValue::double(255.0)).as_deref(), Some("255"));
        assert_eq!(text(Scalar::U8, &HostValue::double(1.5)), None);
        assert_eq!(bytes(Scalar::I16, &long(-2)), Some(vec![0xfe, 0xff]));
        let least = HostValue::Big(BigInt::from(i128::MIN));
        assert_eq!(bytes(Scalar::I128, &least), Some(i128::MIN.to_le_bytes().to_vec()));
        let most = HostValue::Big(BigInt::from(u128::MAX));
        assert_eq!(bytes(Scalar::U128, &most), Some(vec![0xff; 16]));
        // The greatest double below 2^128, and the next.
        let greatest = TWO_TO_128.next_down();
        let due = (u128::MAX << (128 - 53)).to_le_bytes().to_vec();
        assert_eq!(bytes(Scalar::U128, &HostValue::double(greatest)), Some(due));
        assert_eq!(bytes(Scalar::U128, &HostValue::double(TWO_TO_128)), None);
    }

    #[test]
    fn what_is_in_memory_comes_back_as_it_went() {
        for (of, value) in [
            (Scalar::I8, HostValue::Long(-1)),
            (Scalar::U64, HostValue::Big(u64::MAX.into())),
            (Scalar::I128, HostValue::Big(BigInt::from(i128::MIN))),
            (Scalar::Bool, HostValue::Boolean(true)),
            (Scalar::F16, HostValue::double(-0.0)),
            (Scalar::F32, HostValue::double(0.5)),
            (Scalar::F64, HostValue::Double(0x7ff0_0000_0000_0001)),
            (Scalar::F80, HostValue::Extended(Scalar::F80, 0x3fff_8000_0000_0000_0001)),
            (Scalar::F128, HostValue::Extended(Scalar::F128, u128::MAX)),
        ] {
            let there = bytes(of, &value).expect("the type takes it");
            assert_eq!((there.len(), of_bytes(of, &there)), (of.size(), value), "{of}");
        }
    }

    #[test]
    fn a_wrong_answer_stays_what_it_is_and_no_answer_is_none() {
        assert_eq!(of_text(Scalar::U64, "-1"), Some(HostValue::Long(-1)));
        assert_eq!(of_text(Scalar::I8, "255"), Some(HostValue::Long(255)));
        assert_eq!(of_text(Scalar::Bool, "2"), Some(HostValue::Long(2)));
        assert_eq!(of_text(Scalar::F32, "3f000000"), Some(HostValue::double(0.5)));
        for nothing in ["", "-", "+1", "1.0", "0x1", "true", "--1"] {
            assert_eq!(of_text(Scalar::I64, nothing), None, "{nothing}");
        }
        assert_eq!(of_text(Scalar::F64, "3f000000"), None);
    }
}
