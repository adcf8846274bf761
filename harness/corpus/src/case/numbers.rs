//! Numbers as case files write them: exact until the declared type rounds them, once.
//!
//! Knows the spellings and the float formats; nothing of YAML, types or errors. Deliberately absent:
//! any use of a host double on the way to another format.

use contract::{Format, bounds};
use num_bigint::{BigInt, BigUint, Sign};

use super::Octets;

/// Decimal exponents and digits beyond these are no float anyone means to write.
const EXPONENT_LIMIT: i64 = 20_000;
const DIGITS_LIMIT: usize = 20_000;

/// A number as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// `42`, `-1`, `0xff`, `-0x80`
    Integer(BigInt),
    /// `1.5`, `-0.0`, `1e300`
    Decimal(Decimal),
    /// `.inf`, `-.inf`
    Infinity {
        /// Whether it is `-.inf`.
        negative: bool,
    },
}

/// `±digits × 10^exponent`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    digits: BigUint,
    exponent: i64,
}

/// Reads a number; `None` where the text is none.
pub(super) fn number(text: &str) -> Option<Number> {
    match text {
        ".inf" => return Some(Number::Infinity { negative: false }),
        "-.inf" => return Some(Number::Infinity { negative: true }),
        _ => {}
    }
    integer(text).map(Number::Integer).or_else(|| decimal(text).map(Number::Decimal))
}

/// Reads `42`, `-1`, `0xff` or `-0x80`. Neither `+1`, `-0`, `007` nor `1_000`: each of them means
/// different things to different readers.
pub(super) fn integer(text: &str) -> Option<BigInt> {
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (digits, radix) = match magnitude.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (magnitude, 10),
    };
    let canonical = radix == 16 || digits == "0" || !digits.starts_with('0');
    if !canonical || digits.starts_with('-') {
        return None;
    }
    let magnitude = bounds::integer(digits, radix)?;
    match (negative, magnitude == BigInt::ZERO) {
        (true, true) => None,
        (true, false) => Some(-magnitude),
        (false, _) => Some(magnitude),
    }
}

/// Reads bits in hex, `0x7ff8000000000001`, of at most `width` bits.
pub(super) fn bits(text: &str, width: u32) -> Option<u128> {
    let digits = text.strip_prefix("0x")?;
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let bits = u128::from_str_radix(digits, 16).ok()?;
    (width >= 128 || bits >> width == 0).then_some(bits)
}

/// Reads bytes in hex, `61 ff 62`: two digits each, one space between.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(' ')
        .map(|pair| {
            let hex = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            if hex { u8::from_str_radix(pair, 16).ok() } else { None }
        })
        .collect()
}

/// Reads bytes as [`bytes`] does, where `..` stands for one that nobody can know.
pub(super) fn octets(text: &str) -> Option<Octets> {
    if text.is_empty() {
        return Some(Octets::new());
    }
    let octet =
        |pair: &str| if pair == ".." { Some(None) } else { Some(Some(*bytes(pair)?.first()?)) };
    text.split(' ').map(octet).collect()
}

/// The bits of the float of a format nearest to a number, ties to even. `None` where a finite number
/// rounds to infinity.
pub(super) fn float_bits(number: &Number, format: Format) -> Option<u128> {
    match number {
        Number::Infinity { negative } => Some(infinity(format, *negative)),
        Number::Decimal(decimal) => round(format, decimal),
        Number::Integer(value) => {
            let negative = value.sign() == Sign::Minus;
            round(format, &Decimal { negative, digits: value.magnitude().clone(), exponent: 0 })
        }
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match magnitude.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (magnitude, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    // Without point and exponent it would be an integer.
    if fraction.is_none() && exponent.is_none() {
        return None;
    }
    let digit_run = |run: &str| !run.is_empty() && run.bytes().all(|digit| digit.is_ascii_digit());
    if !digit_run(whole) || !fraction.is_none_or(digit_run) || mantissa.len() > DIGITS_LIMIT {
        return None;
    }
    let fraction = fraction.unwrap_or("");
    let digits = BigUint::parse_bytes(format!("{whole}{fraction}").as_bytes(), 10)?;
    let written = match exponent {
        None => 0,
        Some(exponent) if digit_run(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)) => {
            exponent.parse::<i64>().ok().filter(|value| value.abs() <= EXPONENT_LIMIT)?
        }
        Some(_) => return None,
    };
    Some(Decimal { negative, digits, exponent: written - fraction.len() as i64 })
}

/// The smallest exponent of a normal number.
fn minimum_exponent(format: Format) -> i64 {
    2 - (1 << (format.exponent_bits() - 1))
}

/// Rounds to nearest even; `None` on overflow.
fn round(format: Format, decimal: &Decimal) -> Option<u128> {
    if decimal.digits == BigUint::ZERO {
        return Some(assemble(format, decimal.negative, 0));
    }
    // What is far from any number of the format is not worked out: a file may have thousands of them.
    let greatest = binary_magnitude(decimal);
    if greatest > 4 - minimum_exponent(format) {
        return None;
    }
    if greatest < minimum_exponent(format) - i64::from(format.fraction_bits()) - 3 {
        return Some(assemble(format, decimal.negative, 0));
    }
    let ten = BigUint::from(10u8);
    let scale = ten.pow(u32::try_from(decimal.exponent.unsigned_abs()).ok()?);
    let (numerator, denominator) = if decimal.exponent < 0 {
        (decimal.digits.clone(), scale)
    } else {
        (&decimal.digits * scale, BigUint::from(1u8))
    };
    let exponent = binary_exponent(&numerator, &denominator);
    let place = exponent.max(minimum_exponent(format));
    let last_place = place - i64::from((format.fraction_bits() + 1) - 1);
    let (quotient, rest) = divide(&numerator, &denominator, last_place);
    let even = &quotient % 2u8 == BigUint::ZERO;
    let rounded = match rest {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Equal if even => quotient,
        _ => quotient + 1u8,
    };
    // A carry out of the significand lands in the exponent field, where it belongs.
    let field = BigUint::from((place - minimum_exponent(format)).unsigned_abs());
    let encoded = u128::try_from((field << ((format.fraction_bits() + 1) - 1)) + rounded).ok()?;
    let infinite = ((1u128 << format.exponent_bits()) - 1) << ((format.fraction_bits() + 1) - 1);
    (encoded < infinite).then(|| assemble(format, decimal.negative, encoded))
}

fn infinity(format: Format, negative: bool) -> u128 {
    assemble(
        format,
        negative,
        ((1u128 << format.exponent_bits()) - 1) << ((format.fraction_bits() + 1) - 1),
    )
}

/// Adds the sign, and the integer bit where the format stores it.
fn assemble(format: Format, negative: bool, encoded: u128) -> u128 {
    let fraction_bits = (format.fraction_bits() + 1) - 1;
    let (mut bits, mut width) = (encoded, fraction_bits + format.exponent_bits());
    if format.stores_leading_bit() {
        let field = encoded >> fraction_bits;
        let fraction = encoded & ((1 << fraction_bits) - 1);
        let integer_bit = u128::from(field != 0) << fraction_bits;
        bits = field << (format.fraction_bits() + 1) | integer_bit | fraction;
        width += 1;
    }
    bits | u128::from(negative) << width
}

/// An `e` for which the number is below `2^(e + 1)` and not below `2^(e - 3)`.
fn binary_magnitude(decimal: &Decimal) -> i64 {
    // The logarithm of ten to base two, to eight digits: right to a bit for any exponent there may be.
    decimal.digits.bits() as i64 + (decimal.exponent * 332_192_809).div_euclid(100_000_000) + 1
}

/// The largest `e` with `2^e ≤ numerator / denominator`.
fn binary_exponent(numerator: &BigUint, denominator: &BigUint) -> i64 {
    let guess = numerator.bits() as i64 - denominator.bits() as i64;
    let reached = if guess >= 0 {
        *numerator >= denominator << guess
    } else {
        numerator << -guess >= *denominator
    };
    if reached { guess } else { guess - 1 }
}

/// `numerator / denominator` in units of `2^place`, and how the rest compares with half a unit.
fn divide(numerator: &BigUint, denominator: &BigUint, place: i64) -> (BigUint, std::cmp::Ordering) {
    let (numerator, denominator) = if place < 0 {
        (numerator << -place, denominator.clone())
    } else {
        (numerator.clone(), denominator << place)
    };
    let quotient = &numerator / &denominator;
    let rest = numerator - &quotient * &denominator;
    (quotient, (rest * 2u8).cmp(&denominator))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(text: &str, format: Format) -> Option<u128> {
        float_bits(&number(text).expect("a number"), format)
    }

    #[test]
    fn what_is_far_from_a_format_rounds_as_what_is_near() {
        for (format, most, least) in [
            (Format::F16, 5, -9),
            (Format::F32, 39, -47),
            (Format::F64, 309, -325),
            (Format::F80, 4933, -4952),
            (Format::F128, 4933, -4967),
        ] {
            for beyond in [0, 1, 2, 5, 100, 10_000] {
                assert_eq!(rounded(&format!("1e{}", most + beyond), format), None, "{format:?}");
                let tiny = format!("-1.0e{}", least - beyond);
                assert_eq!(rounded(&tiny, format), Some(assemble(format, true, 0)), "{tiny}");
            }
            assert!(rounded(&format!("1e{}", most - 1), format).is_some());
            assert_ne!(rounded(&format!("1e{}", least + 2), format), Some(0), "{format:?}");
        }
    }

    #[test]
    fn integers_keep_every_digit() {
        let largest = "340282366920938463463374607431768211455";
        assert_eq!(integer(largest), Some(BigInt::from(u128::MAX)));
        assert_eq!(integer("-0x80"), Some(BigInt::from(-128)));
        assert_eq!(integer("0xffffffffffffffff"), Some(BigInt::from(u64::MAX)));
    }

    #[test]
    fn an_integer_longer_than_any_type_has_use_for_is_none() {
        let digits = bounds::INTEGER_DIGITS;
        for (before, zeros) in [("", 0), ("-", 0), ("0x", 9_999), ("-0x", 9_999)] {
            let text = |length| format!("{before}{}{}", "0".repeat(zeros), "9".repeat(length));
            assert!(integer(&text(digits)).is_some(), "{before}");
            assert_eq!(integer(&text(digits + 1)), None, "{before}");
        }
    }

    #[test]
    fn ambiguous_spellings_are_no_numbers() {
        for text in [
            "", "-", "+1", "007", "-0", "1_000", "0x", "-0x0", "1.", ".5", "1e", "1e+", "0o17",
            "--1", "1.5.5", "1e5e5", "inf", ".nan", "0X1", "1e99999", "0x1.8", "e5",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_round_as_the_standard_library_rounds() {
        let texts = [
            "0.0",
            "-0.0",
            "0.1",
            "1e300",
            "1.0",
            "1e-320",
            "5e-324",
            "2.5e-324",
            "2.4703282292062327e-324",
            "1.7976931348623157e308",
            "16777217.0",
            "0.333333333333",
            "16777216.9999999999",
            "1e-46",
            "7.0e-46",
            "3.4028235677973366e38",
            "9007199254740993.0",
            "1.00000005960464477539062500000000000000000000000000000000000001",
            "-1.5e-45",
        ];
        for text in texts {
            let double: f64 = text.parse().unwrap();
            assert_eq!(rounded(text, Format::F64), Some(double.to_bits().into()), "{text}");
            let single: f32 = text.parse().unwrap();
            let expected = single.is_finite().then(|| single.to_bits().into());
            assert_eq!(rounded(text, Format::F32), expected, "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_once() {
        // Halfway between two f16 values, and a hair above what a double can tell from halfway.
        assert_eq!(rounded("2049.0", Format::F16), Some(0x6800));
        assert_eq!(rounded("2049.00000000000000000001", Format::F16), Some(0x6801));
        assert_eq!(rounded("65519.999", Format::F16), Some(0x7bff));
        assert_eq!(rounded("65520.0", Format::F16), None);
        assert_eq!(rounded("5.9604644775390625e-8", Format::F16), Some(1));
        assert_eq!(rounded("-.inf", Format::F16), Some(0xfc00));
    }

    #[test]
    fn wide_floats_have_their_own_bits() {
        assert_eq!(rounded("1.0", Format::F80), Some(0x3fff_8000_0000_0000_0000));
        assert_eq!(rounded("-2.5", Format::F80), Some(0xc000_a000_0000_0000_0000));
        assert_eq!(rounded("1.0", Format::F128), Some(0x3fff << 112));
        assert_eq!(rounded(".inf", Format::F80), Some(0x7fff_8000_0000_0000_0000));
    }

    #[test]
    fn bits_and_bytes_are_exact_or_nothing() {
        assert_eq!(bits("0x7ff8000000000001", 64), Some(0x7ff8_0000_0000_0001));
        assert_eq!(bits("0x10000", 16), None);
        assert_eq!(bits("255", 64), None);
        assert_eq!(bytes("61 ff 62"), Some(vec![0x61, 0xff, 0x62]));
        assert_eq!(bytes(""), Some(Vec::new()));
        for text in ["6", "61ff", "61  ff", " 61", "+1", "xx"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
