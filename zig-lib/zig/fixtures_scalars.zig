//! Carrier scalars by value (L-1, L-2, L-4, L-21, L-22).
//!
//! Integer arithmetic wraps. An `i64` of a function that takes narrower integers is the exact sum.

const std = @import("std");
const libc = @import("libc.zig");
const series = @import("series.zig");

pub const echoes = series.of(series.carriers, .{ .@"echo_*" = series.echo });

pub const minima = series.of(series.signed, .{ .@"min_*" = series.least });
pub const maxima = series.of(series.signed ++ series.unsigned, .{ .@"max_*" = series.greatest });

/// The same as `max_u8` and `max_u64`, under the names the first cases use.
pub const u8_max = series.greatest(u8);
pub const u64_max = series.greatest(u64);

pub fn nothing() void {}

/// Returns its argument after as many milliseconds: long enough for something else to happen meanwhile.
pub fn linger(ms: u32) u32 {
    // Where there is no clock, nothing else can happen either.
    if (libc.alone) return ms;
    const whole: libc.c.timespec = .{ .sec = ms / 1000, .nsec = @as(isize, ms % 1000) * 1_000_000 };
    if (ms > 0) _ = libc.c.nanosleep(&whole, null);
    return ms;
}

pub fn void_i64(x: i64) void {
    std.mem.doNotOptimizeAway(x);
}

pub fn answer() i64 {
    return 42;
}

pub fn add_i64(a: i64, b: i64) i64 {
    return a +% b;
}

pub fn add_f64x3(a: f64, b: f64, c: f64) f64 {
    return a + b + c;
}

/// a + 2b + 3c + 4d, from left to right.
pub fn mix(a: i64, b: f64, c: i32, d: f64) f64 {
    return @as(f64, @floatFromInt(a)) + b * 2 + @as(f64, @floatFromInt(c)) * 3 + d * 4;
}

/// 1000a + b: a narrow signed and a narrow unsigned argument side by side (L-21).
pub fn first_i8(a: i8, b: u8) i64 {
    return @as(i64, a) * 1000 + b;
}

pub fn is_negative_i64(x: i64) bool {
    return x < 0;
}

pub fn not(x: bool) bool {
    return !x;
}

pub fn neg_zero() f64 {
    return -0.0;
}

/// A quiet NaN with a payload (R-3).
pub fn nan_payload() f64 {
    return @bitCast(@as(u64, 0x7ff800000000beef));
}
