//! Host values as the words a call is made with, and back (contract C and R).

use contract::Scalar as Extended;
use contract::host::{BigInt, HostValue};

use crate::signature::Scalar;

/// The words of a call's arguments, each extended to the whole of its register (L-21).
///
/// # Errors
/// The contract's code of the first argument that is refused; none was converted where their number is
/// wrong (C-5).
pub(crate) fn arguments(types: &[Scalar], values: &[HostValue]) -> Result<Vec<u64>, &'static str> {
    if types.len() != values.len() {
        return Err("arity");
    }
    types.iter().zip(values).map(|(of, value)| argument(*of, value)).collect()
}

fn argument(of: Scalar, value: &HostValue) -> Result<u64, &'static str> {
    match (of, value) {
        (_, HostValue::Nil) => Err("nil-argument"),
        (Scalar::Bool, HostValue::Boolean(value)) => Ok(u64::from(*value)),
        (Scalar::Integer(bits, is_signed), value) => integer(bits, is_signed, value),
        (Scalar::F64, HostValue::Double(bits)) => Ok(*bits),
        (Scalar::F32, HostValue::Double(bits)) => single(f64::from_bits(*bits) as f32),
        (Scalar::F64, HostValue::Long(value)) => Ok((*value as f64).to_bits()),
        (Scalar::F32, HostValue::Long(value)) => single(*value as f32),
        // A decimal text is rounded once, from the exact value it says (C-3).
        (Scalar::F64, HostValue::Big(value)) => Ok(parsed::<f64>(value)?.to_bits()),
        (Scalar::F32, HostValue::Big(value)) => single(parsed::<f32>(value)?),
        (Scalar::F64, HostValue::Extended(format, bits)) => {
            Ok(rounded(*format, *bits, 53, -1074).to_bits())
        }
        (Scalar::F32, HostValue::Extended(format, bits)) => {
            single(rounded(*format, *bits, 24, -149) as f32)
        }
        _ => Err("type-mismatch"),
    }
}

fn single(value: f32) -> Result<u64, &'static str> {
    Ok(u64::from(value.to_bits()))
}

fn parsed<T: std::str::FromStr>(value: &BigInt) -> Result<T, &'static str> {
    value.to_string().parse().map_err(|_| "type-mismatch")
}

fn integer(bits: u32, is_signed: bool, value: &HostValue) -> Result<u64, &'static str> {
    let refused =
        if matches!(value, HostValue::Double(_)) { "type-mismatch" } else { "out-of-range" };
    let value = match value {
        HostValue::Long(value) => i128::from(*value),
        HostValue::Big(value) => i128::try_from(value).map_err(|_| "out-of-range")?,
        HostValue::Double(bits) => {
            let value = f64::from_bits(*bits);
            // Every integer of 64 bits or fewer is within these bounds.
            if value.fract() != 0.0 || value.abs() >= (1_u128 << 65) as f64 {
                return Err("type-mismatch");
            }
            value as i128
        }
        _ => return Err("type-mismatch"),
    };
    let (least, most) = match is_signed {
        true => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        false => (0, (1_i128 << bits) - 1),
    };
    if (least..=most).contains(&value) { Ok(value as u64) } else { Err(refused) }
}

/// An `:f80` or `:f128` rounded once, to nearest with ties to even, to a format of `digits` binary
/// digits whose least value is 2 to the `least`.
fn rounded(format: Extended, bits: u128, digits: i32, least: i32) -> f64 {
    let (is_negative, biased, significand) = match format {
        Extended::F80 => {
            (bits >> 79 & 1 == 1, (bits >> 64 & 0x7fff) as i32, bits & u128::from(u64::MAX))
        }
        _ => {
            let (biased, fraction) = ((bits >> 112 & 0x7fff) as i32, bits & ((1 << 112) - 1));
            (bits >> 127 == 1, biased, fraction | u128::from(biased != 0) << 112)
        }
    };
    let fraction_bits = if format == Extended::F80 { 63 } else { 112 };
    let sign = if is_negative { -1.0 } else { 1.0 };
    if biased == 0x7fff {
        let is_nan = significand << (128 - fraction_bits) != 0;
        return if is_nan { f64::NAN.copysign(sign) } else { f64::INFINITY * sign };
    }
    let exponent = biased.max(1) - 16383 - fraction_bits;
    let highest = exponent + 128 - significand.leading_zeros() as i32;
    let last = (highest - digits).max(least);
    let shift = last - exponent;
    let kept = match shift {
        ..=0 => significand << -shift,
        1..=127 => {
            let (kept, half) = (significand >> shift, 1 << (shift - 1));
            let rest = significand & ((1 << shift) - 1);
            kept + u128::from(rest > half || (rest == half && kept & 1 == 1))
        }
        // Less than half of the least value.
        _ => 0,
    };
    if significand == 0 || kept == 0 {
        return 0.0 * sign;
    }
    // Exact: no more digits than the format has. In two steps, because 2 to the `last` may be too small
    // for a normal double.
    if last > 1023 {
        f64::INFINITY * sign
    } else {
        kept as f64 * power(last / 2) * power(last - last / 2) * sign
    }
}

/// 2 to the `exponent`, which a normal double holds.
fn power(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// The host value of a returned word, of which the low bits alone have meaning (L-21).
pub(crate) fn returned(of: Scalar, word: u64) -> HostValue {
    match of {
        Scalar::Void => HostValue::Nil,
        Scalar::Bool => HostValue::Boolean(word & 1 == 1),
        Scalar::F64 => HostValue::Double(word),
        Scalar::F32 => HostValue::double(f64::from(f32::from_bits(word as u32))),
        Scalar::Integer(bits, true) => HostValue::Long((word << (64 - bits)) as i64 >> (64 - bits)),
        Scalar::Integer(bits, false) => {
            let value = word << (64 - bits) >> (64 - bits);
            i64::try_from(value).map_or(HostValue::Big(value.into()), HostValue::Long)
        }
    }
}
