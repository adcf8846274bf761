//! Wide scalars, which cross through memory (L-3, R-2, R-3).

const std = @import("std");
const series = @import("series.zig");

pub const echoes = series.of(series.wides, .{ .@"echo_*" = series.echo });
pub const adds = series.of(series.wides, .{ .@"add_*" = add });

pub const min_i128 = series.least(i128);
pub const max_i128 = series.greatest(i128);
pub const max_u128 = series.greatest(u128);
pub const neg_zero_f80 = series.constant(f80, -0.0);
pub const neg_zero_f128 = series.constant(f128, -0.0);

/// Quiet NaNs whose payload ends in 0xbeef.
pub const nan_payload_f80 = series.constant(f80, @bitCast(nan_bits_f80));
pub const nan_payload_f128 = series.constant(f128, @bitCast(nan_bits_f128));

const nan_bits_f80: u80 = 0x7fff_c000_0000_0000_beef;
const nan_bits_f128: u128 = 0x7fff_8000_0000_0000_0000_0000_0000_beef;

/// Wrapping for integers.
fn add(comptime T: type) fn (T, T) T {
    return struct {
        fn call(a: T, b: T) T {
            return if (@typeInfo(T) == .int) a +% b else a + b;
        }
    }.call;
}

pub fn i128_from(high: i64, low: u64) i128 {
    return (@as(i128, high) << 64) | low;
}

pub fn u128_from(high: u64, low: u64) u128 {
    return (@as(u128, high) << 64) | low;
}

/// From the sign and exponent and the significand with its explicit integer bit.
pub fn f80_from(sign_exponent: u16, significand: u64) f80 {
    return @bitCast((@as(u80, sign_exponent) << 64) | significand);
}

pub fn f128_from(high: u64, low: u64) f128 {
    return @bitCast((@as(u128, high) << 64) | low);
}

pub fn i128_high(x: i128) i64 {
    return @truncate(x >> 64);
}

pub fn i128_low(x: i128) u64 {
    return @truncate(@as(u128, @bitCast(x)));
}

pub fn u128_high(x: u128) u64 {
    return @truncate(x >> 64);
}

pub fn u128_low(x: u128) u64 {
    return @truncate(x);
}

pub fn f80_sign_exponent(x: f80) u16 {
    return @truncate(@as(u80, @bitCast(x)) >> 64);
}

pub fn f80_significand(x: f80) u64 {
    return @truncate(@as(u80, @bitCast(x)));
}

pub fn f128_high(x: f128) u64 {
    return @truncate(@as(u128, @bitCast(x)) >> 64);
}

pub fn f128_low(x: f128) u64 {
    return @truncate(@as(u128, @bitCast(x)));
}

/// 1a + 2b + 3c + 4d + 5e + 6f in 128 bits, wrapping, floats truncated toward zero and clamped to
/// `i64`: every wide scalar between others.
pub fn wide_between(a: i32, b: i128, c: f80, d: u128, e: f128, f: u8) i128 {
    const low: i128 = @bitCast(d);
    return a + b *% 2 +% clamped(c) * 3 +% low *% 4 +% clamped(e) * 5 +% @as(i128, f) * 6;
}

fn clamped(x: anytype) i128 {
    return std.math.lossyCast(i64, x);
}
