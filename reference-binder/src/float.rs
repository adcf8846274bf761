//! Roundings and widenings between host doubles and the narrow floats (C-3, R-3): the short ways, which
//! need no [`crate::exact`] number in between.
//!
//! Written out because the usual routes round twice or quiet NaNs: `f64 -> f32 -> f16` rounds twice,
//! and a hardware conversion sets the quiet bit of a signalling NaN.

/// Widens the bits of an f32 to the bits of the same double, NaN payloads included.
pub(crate) fn widen_f32(bits: u32) -> u64 {
    if f32::from_bits(bits).is_nan() {
        let sign = ((bits >> 31) as u64) << 63;
        return sign | 0x7ff << 52 | ((bits & 0x007f_ffff) as u64) << 29;
    }
    f64::from(f32::from_bits(bits)).to_bits()
}

/// Widens the bits of an f16 to the bits of the same double, NaN payloads included.
pub(crate) fn widen_f16(bits: u16) -> u64 {
    let sign = ((bits >> 15) as u64) << 63;
    let exponent = (bits >> 10 & 0x1f) as u64;
    let fraction = (bits & 0x3ff) as u64;
    match exponent {
        0x1f => sign | 0x7ff << 52 | fraction << 42,
        // A subnormal is `fraction` times 2^-24, exact in a double.
        0 => sign | (fraction as f64 / 16_777_216.0).to_bits(),
        _ => sign | (exponent + 1023 - 15) << 52 | fraction << 42,
    }
}

/// Rounds a double to the nearest f32, ties to even; overflow is infinity, a NaN keeps its sign.
pub(crate) fn narrow_f32(bits: u64) -> u32 {
    let value = f64::from_bits(bits);
    if value.is_nan() {
        // The quiet bit is set so that a payload of low bits alone does not become an infinity.
        return (bits >> 63 << 31) as u32 | 0x7fc0_0000 | (bits >> 29) as u32 & 0x003f_ffff;
    }
    (value as f32).to_bits()
}

/// Rounds a double to the nearest f16, ties to even; overflow is infinity, a NaN keeps its sign.
pub(crate) fn narrow_f16(bits: u64) -> u16 {
    let sign = (bits >> 63 << 15) as u16;
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1023;
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 1024 {
        let nan = if fraction == 0 { 0 } else { 0x200 | (fraction >> 42) as u16 };
        return sign | 0x7c00 | nan;
    }
    if exponent > 15 {
        return sign | 0x7c00;
    }
    if exponent < -25 {
        return sign;
    }
    // Below 2^-14 an f16 is subnormal: a step of 2^-24, however small the number.
    let significand = fraction | 1 << 52;
    let (dropped, base) = if exponent < -14 {
        (42 + (-14 - exponent) as u32, 0)
    } else {
        (42, ((exponent + 15 - 1) as u16) << 10)
    };
    let kept = (significand >> dropped) as u16;
    let rest = significand & ((1 << dropped) - 1);
    let half = 1_u64 << (dropped - 1);
    let up = rest > half || (rest == half && kept & 1 == 1);
    // A carry out of the fraction goes into the exponent, which is where it belongs, up to infinity.
    sign | (base + kept + u16::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_float_survives_widening_and_narrowing() {
        for bits in (0..=u16::MAX).step_by(if cfg!(miri) { 257 } else { 1 }) {
            let back = narrow_f16(widen_f16(bits));
            let nan = bits & 0x7c00 == 0x7c00 && bits & 0x3ff != 0;
            assert_eq!(back, if nan { bits | 0x200 } else { bits }, "{bits:#06x}");
            if !nan {
                assert_eq!(widen_f16(bits), half::f16::from_bits(bits).to_f64().to_bits());
            }
        }
    }

    /// Between each two neighbours: the tie goes to the even one, and the smallest step off the tie to
    /// the nearer one. This is where a truncated or doubly rounded conversion fails.
    #[test]
    fn halves_round_once_to_nearest_even() {
        for low in (0..0x7c00_u16).step_by(if cfg!(miri) { 64 } else { 1 }) {
            let (below, above) = (f64::from_bits(widen_f16(low)), neighbour(low));
            let tie = below + (above - below) / 2.0;
            let even = if low & 1 == 0 { low } else { low + 1 };
            assert_eq!(narrow_f16(tie.to_bits()), even, "tie above {low:#06x}");
            assert_eq!(narrow_f16(tie.to_bits() + 1), low + 1, "just above the tie");
            assert_eq!(narrow_f16(tie.to_bits() - 1), low, "just below the tie");
        }
        assert_eq!(narrow_f16(65_519.999_f64.to_bits()), 0x7bff);
        assert_eq!(narrow_f16(65_520.0_f64.to_bits()), 0x7c00);
        assert_eq!(narrow_f16((-1e-300_f64).to_bits()), 0x8000);
    }

    fn neighbour(low: u16) -> f64 {
        if low == 0x7bff { 65_536.0 } else { f64::from_bits(widen_f16(low + 1)) }
    }

    #[test]
    fn nans_keep_sign_and_stay_nans() {
        for bits in [0x7ff0_0000_0000_0001, 0xfff0_0000_0000_0001, 0x7ff8_0000_2000_0000_u64] {
            let narrow = f32::from_bits(narrow_f32(bits));
            assert!(narrow.is_nan());
            assert_eq!(narrow.is_sign_negative(), bits >> 63 == 1);
            assert_eq!(narrow_f16(bits) >> 15, (bits >> 63) as u16);
            assert!(narrow_f16(bits) & 0x3ff != 0);
        }
        assert_eq!(widen_f32(0x7f80_0001), 0x7ff0_0000_2000_0000, "a signalling NaN stays one");
    }
}
