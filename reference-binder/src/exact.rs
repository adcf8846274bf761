//! Exact binary numbers, and their one rounding to a float format (C-3).
//!
//! Every format of the contract is read into the same form and written from it, so a number given to a
//! float parameter is rounded once, whatever it was. The short ways between doubles and the narrow
//! floats are in [`crate::float`].

use num_bigint::{BigInt, Sign};

/// A binary float format (IEEE 754-2019, 3.4; for `:f80` the x87 format of the Intel manual, 4.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// Significant bits, the integer bit included.
    precision: u32,
    exponent_bits: u32,
    /// Whether the integer bit is stored.
    explicit: bool,
}

pub(crate) const F16: Format = Format { precision: 11, exponent_bits: 5, explicit: false };
pub(crate) const F32: Format = Format { precision: 24, exponent_bits: 8, explicit: false };
pub(crate) const F64: Format = Format { precision: 53, exponent_bits: 11, explicit: false };
pub(crate) const F80: Format = Format { precision: 64, exponent_bits: 15, explicit: true };
pub(crate) const F128: Format = Format { precision: 113, exponent_bits: 15, explicit: false };

impl Format {
    /// How a format of the contract is made up.
    pub(crate) fn of(format: contract::Format) -> Format {
        match format {
            contract::Format::F16 => F16,
            contract::Format::F32 => F32,
            contract::Format::F64 => F64,
            contract::Format::F80 => F80,
            contract::Format::F128 => F128,
        }
    }

    /// Exponent of the smallest normal number is `1 - bias`, of the largest `bias`.
    const fn bias(self) -> i32 {
        (1 << (self.exponent_bits - 1)) - 1
    }

    /// Bits below the integer bit.
    const fn fraction_bits(self) -> u32 {
        self.precision - 1
    }

    /// Where the exponent field begins.
    const fn exponent_at(self) -> u32 {
        self.fraction_bits() + self.explicit as u32
    }

    const fn exponent_mask(self) -> u128 {
        (1 << self.exponent_bits) - 1
    }

    fn pack(self, negative: bool, exponent: u128, significand: u128) -> u128 {
        let stored =
            if self.explicit { significand } else { significand & !(1 << self.fraction_bits()) };
        let at = self.exponent_at();
        u128::from(negative) << (at + self.exponent_bits) | exponent << at | stored
    }
}

/// A number as it is, before any rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exact {
    /// `significand * 2^exponent`; where `more` is set, less than one unit of the significand above
    /// that.
    Finite {
        negative: bool,
        significand: u128,
        exponent: i32,
        more: bool,
    },
    Infinite {
        negative: bool,
    },
    /// Not a number; its payload from the top bit down, of which the first says that it is quiet.
    Nan {
        negative: bool,
        payload: u128,
    },
}

impl Exact {
    /// Reads the bits of a format.
    pub(crate) fn of_bits(bits: u128, format: Format) -> Exact {
        let at = format.exponent_at();
        let field = bits >> at & format.exponent_mask();
        let negative = bits >> (at + format.exponent_bits) & 1 == 1;
        let stored = bits & ((1 << at) - 1);
        let integer_bit = 1 << format.fraction_bits();
        let fraction = stored & (integer_bit - 1);
        let lowest = 1 - format.bias() - format.fraction_bits() as i32;
        // Intel manual, table 8-3: with an exponent but no integer bit it is an invalid operand.
        let invalid = format.explicit && field != 0 && stored & integer_bit == 0;
        if field == format.exponent_mask() || invalid {
            if fraction == 0 && !invalid {
                return Exact::Infinite { negative };
            }
            return Exact::Nan { negative, payload: fraction << (128 - format.fraction_bits()) };
        }
        if field == 0 {
            return Exact::Finite { negative, significand: stored, exponent: lowest, more: false };
        }
        let exponent = lowest + field as i32 - 1;
        Exact::Finite { negative, significand: fraction | integer_bit, exponent, more: false }
    }

    /// An integer of at most 128 bits, by its magnitude.
    pub(crate) fn of_magnitude(negative: bool, magnitude: u128) -> Exact {
        Exact::Finite { negative, significand: magnitude, exponent: 0, more: false }
    }

    /// An integer of any size.
    pub(crate) fn of_integer(integer: &BigInt) -> Exact {
        let negative = integer.sign() == Sign::Minus;
        let magnitude = integer.magnitude();
        let dropped = magnitude.bits().saturating_sub(128);
        let kept = magnitude >> dropped;
        let significand = u128::try_from(&kept).expect("at most 128 bits are kept");
        let more = magnitude.trailing_zeros().is_some_and(|zeros| zeros < dropped);
        // More bits than an i32 counts is far above every format's range.
        let exponent = i32::try_from(dropped).unwrap_or(i32::MAX / 2);
        Exact::Finite { negative, significand, exponent, more }
    }

    /// Rounds once to a format, to nearest with ties to even: its bits. What is too large is infinity;
    /// a NaN keeps its sign and as much of its payload as there is room for, and is quieted where some
    /// is lost.
    pub(crate) fn to_bits(self, format: Format) -> u128 {
        let integer_bit = 1 << format.fraction_bits();
        match self {
            Exact::Infinite { negative } => {
                format.pack(negative, format.exponent_mask(), integer_bit)
            }
            Exact::Nan { negative, payload } => {
                let kept = payload >> (128 - format.fraction_bits());
                let lost = payload << format.fraction_bits() != 0;
                let quiet = if lost || kept == 0 { integer_bit >> 1 } else { 0 };
                format.pack(negative, format.exponent_mask(), integer_bit | kept | quiet)
            }
            Exact::Finite { negative, significand: 0, .. } => format.pack(negative, 0, 0),
            Exact::Finite { negative, significand, exponent, more } => {
                round(format, negative, significand, exponent, more)
            }
        }
    }
}

fn round(format: Format, negative: bool, significand: u128, exponent: i32, more: bool) -> u128 {
    let top = exponent.saturating_add(significand.ilog2() as i32);
    if top > format.bias() {
        return Exact::Infinite { negative }.to_bits(format);
    }
    // The exponent of the last place: a subnormal has the smallest normal's.
    let normal = top.max(1 - format.bias());
    let dropped = normal - format.fraction_bits() as i32 - exponent;
    let rounded = match u32::try_from(dropped) {
        Ok(dropped) => shift_right(significand, dropped, more),
        // `more` needs 128 bits of significand, and no format keeps as many.
        Err(_) => significand << dropped.unsigned_abs(),
    };
    let integer_bit = 1_u128 << format.fraction_bits();
    if rounded < integer_bit {
        return format.pack(negative, 0, rounded);
    }
    let carried = u32::from(rounded >> format.precision == 1);
    let field = normal + format.bias() + carried as i32;
    if field as u128 == format.exponent_mask() {
        return Exact::Infinite { negative }.to_bits(format);
    }
    format.pack(negative, field as u128, rounded >> carried)
}

/// Drops low bits, to nearest with ties to even.
fn shift_right(significand: u128, dropped: u32, more: bool) -> u128 {
    if dropped == 0 {
        return significand;
    }
    let Some(half) = 1_u128.checked_shl(dropped - 1) else {
        // The significand is below half of the last place.
        return 0;
    };
    let kept = significand.checked_shr(dropped).unwrap_or(0);
    let rest = significand & ((half - 1) | half);
    let up = rest > half || (rest == half && (more || kept & 1 == 1));
    kept + u128::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustc_apfloat::ieee::{Double, Half, Quad, Single, X87DoubleExtended};
    use rustc_apfloat::{Float, FloatConvert, Round};

    const FORMATS: [Format; 5] = [F16, F32, F64, F80, F128];

    fn convert(bits: u128, from: Format, to: Format) -> u128 {
        Exact::of_bits(bits, from).to_bits(to)
    }

    /// The same conversion by an implementation that is not ours; `None` for a NaN.
    fn oracle(bits: u128, from: Format, to: Format) -> Option<u128> {
        fn out<F>(from: F, to: Format) -> Option<u128>
        where
            F: Float
                + FloatConvert<Half>
                + FloatConvert<Single>
                + FloatConvert<Double>
                + FloatConvert<X87DoubleExtended>
                + FloatConvert<Quad>,
        {
            let exact = &mut false;
            if from.is_nan() {
                return None;
            }
            Some(match to.precision {
                11 => FloatConvert::<Half>::convert(from, exact).value.to_bits(),
                24 => FloatConvert::<Single>::convert(from, exact).value.to_bits(),
                53 => FloatConvert::<Double>::convert(from, exact).value.to_bits(),
                64 => FloatConvert::<X87DoubleExtended>::convert(from, exact).value.to_bits(),
                _ => FloatConvert::<Quad>::convert(from, exact).value.to_bits(),
            })
        }
        match from.precision {
            11 => out(Half::from_bits(bits), to),
            24 => out(Single::from_bits(bits), to),
            53 => out(Double::from_bits(bits), to),
            64 => out(X87DoubleExtended::from_bits(bits), to),
            _ => out(Quad::from_bits(bits), to),
        }
    }

    fn width(format: Format) -> u32 {
        format.exponent_at() + format.exponent_bits + 1
    }

    /// Bits of the format that are a number, an infinity or a NaN, and no invalid x87 operand.
    fn valid(bits: u128, format: Format) -> u128 {
        let bits = if width(format) == 128 { bits } else { bits & ((1 << width(format)) - 1) };
        let field = bits >> format.exponent_at() & format.exponent_mask();
        let integer_bit = 1 << 63;
        match format.explicit {
            true if field == 0 => bits & !integer_bit,
            true => bits | integer_bit,
            false => bits,
        }
    }

    #[test]
    fn every_format_survives_reading_and_writing() {
        for format in FORMATS {
            let top = width(format) - 1;
            let ones = u128::MAX >> (127 - top);
            for bits in [0, 1, 1 << top, ones >> 1, ones, ones << 1 & ones, 0xbeef, ones / 3] {
                let bits = valid(bits, format);
                assert_eq!(convert(bits, format, format), bits, "{bits:#x} of {format:?}");
            }
        }
    }

    #[test]
    fn known_values_convert_between_all_formats() {
        let one = [0x3c00, 0x3f80_0000, 0x3ff0 << 48, 0x3fff_8000 << 48, 0x3fff << 112];
        let infinity = [0x7c00, 0x7f80_0000, 0x7ff0 << 48, 0x7fff_8000 << 48, 0x7fff << 112];
        for row in [one, infinity] {
            for (from, bits) in FORMATS.into_iter().zip(row) {
                for (to, expected) in FORMATS.into_iter().zip(row) {
                    assert_eq!(convert(bits, from, to), expected, "{from:?} to {to:?}");
                }
            }
        }
    }

    #[test]
    fn operands_that_the_x87_calls_invalid_are_no_numbers() {
        let unnormal = 0x3fff_u128 << 64 | 1 << 62;
        let pseudo_infinity = 0x7fff_u128 << 64;
        for bits in [unnormal, pseudo_infinity, unnormal | 1 << 79] {
            let double = convert(bits, F80, F64) as u64;
            assert!(f64::from_bits(double).is_nan(), "{bits:#x}");
            assert_eq!(double >> 63, (bits >> 79) as u64);
        }
        let pseudo_denormal = 1_u128 << 63;
        assert_eq!(convert(pseudo_denormal, F80, F128), 1 << 112, "the smallest normal number");
    }

    #[test]
    fn nans_keep_their_sign_and_stay_nans() {
        let signalling = 0x7ff0_0000_0000_0001_u128;
        assert_eq!(convert(signalling, F64, F80), 0x7fff << 64 | 1 << 63 | 1 << 11);
        assert_eq!(convert(signalling | 1 << 63, F64, F32), 0xffc0_0000, "quieted, or it were inf");
        assert_eq!(convert(signalling, F64, F128), 0x7fff << 112 | 1 << 60);
    }

    #[test]
    fn integers_round_once_from_their_exact_value() {
        let round = |text: &str, format| {
            Exact::of_integer(&text.parse::<BigInt>().expect("a number")).to_bits(format) as u64
        };
        assert_eq!(round("9007199254740993", F64), 9_007_199_254_740_992_f64.to_bits());
        assert_eq!(round("9007199254740995", F64), 9_007_199_254_740_996_f64.to_bits());
        // By way of a double this would be a tie and go down.
        let single = u64::from(9_007_200_328_482_816_f32.to_bits());
        assert_eq!(round("9007199791611905", F32), single);
        assert_eq!(round("-16777217", F32), u64::from((-16_777_216_f32).to_bits()));
        assert_eq!((round("65519", F16), round("65520", F16)), (0x7bff, 0x7c00));
        assert_eq!((round("0", F64), round("-1", F16)), (0, 0xbc00));
        let power = |bits: u32| BigInt::from(1) << bits;
        // `powi` promises no precision.
        let two_to = |power: u64| f64::from_bits((1023 + power) << 52);
        let double =
            |integer: BigInt| f64::from_bits(Exact::of_integer(&integer).to_bits(F64) as u64);
        assert_eq!(double(power(1023)), two_to(1023));
        assert_eq!(double(power(1024)), f64::INFINITY);
        assert_eq!(double(-power(2000)), f64::NEG_INFINITY);
        assert_eq!(double(power(1024) - power(970) - 1), f64::MAX);
        // A tie among the first 128 bits that the last bit decides.
        assert_eq!(double(power(200) + power(147)), two_to(200));
        assert_eq!(double(power(200) + power(147) + 1), two_to(200) + two_to(148));
        for long in [1_i64, -1, i64::MAX, i64::MIN, (1 << 53) + 1, -(1 << 60) - 129] {
            assert_eq!(double(BigInt::from(long)), long as f64);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: if cfg!(miri) { 8 } else { 2000 },
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn conversions_agree_with_another_implementation(
            bits: u128, from in 0_usize..5, to in 0_usize..5,
        ) {
            let (from, to) = (FORMATS[from], FORMATS[to]);
            let bits = valid(bits, from);
            if let Some(expected) = oracle(bits, from, to) {
                prop_assert_eq!(convert(bits, from, to), expected, "{:#x}", bits);
            }
        }

        /// Near the narrower format's numbers, where ties and subnormals are.
        #[test]
        fn neighbours_of_narrow_numbers_agree(
            bits: u128, narrow in 0_usize..4, step in -2_i128..3, halved: bool,
        ) {
            let (narrow, wide) = (FORMATS[narrow], FORMATS[narrow + 1]);
            let exact = valid(bits, narrow);
            let mut near = convert(exact, narrow, wide);
            if halved {
                near |= 1 << (wide.fraction_bits() - narrow.fraction_bits() - 1);
            }
            let near = valid(near.wrapping_add_signed(step), wide);
            if let Some(expected) = oracle(near, wide, narrow) {
                prop_assert_eq!(convert(near, wide, narrow), expected, "{:#x}", near);
            }
        }

        #[test]
        fn integers_agree_with_another_implementation(value: i128, to in 0_usize..5) {
            let round = Round::NearestTiesToEven;
            let expected = match to {
                0 => Half::from_i128_r(value, round).value.to_bits(),
                1 => Single::from_i128_r(value, round).value.to_bits(),
                2 => Double::from_i128_r(value, round).value.to_bits(),
                3 => X87DoubleExtended::from_i128_r(value, round).value.to_bits(),
                _ => Quad::from_i128_r(value, round).value.to_bits(),
            };
            let (negative, magnitude) = (value < 0, value.unsigned_abs());
            let by_magnitude = Exact::of_magnitude(negative, magnitude).to_bits(FORMATS[to]);
            prop_assert_eq!(by_magnitude, expected);
            let by_integer = Exact::of_integer(&BigInt::from(value)).to_bits(FORMATS[to]);
            prop_assert_eq!(by_integer, expected);
        }
    }
}
