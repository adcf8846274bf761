//! Carrier scalars by value (L-1, L-2, L-4, L-21, L-22).
//!
//! Integer arithmetic wraps. An `i64` of a function that takes narrower integers is the exact sum.

const std = @import("std");

pub const echo_i8 = echo(i8);
pub const echo_i16 = echo(i16);
pub const echo_i32 = echo(i32);
pub const echo_i64 = echo(i64);
pub const echo_isize = echo(isize);
pub const echo_u8 = echo(u8);
pub const echo_u16 = echo(u16);
pub const echo_u32 = echo(u32);
pub const echo_u64 = echo(u64);
pub const echo_usize = echo(usize);
pub const echo_f16 = echo(f16);
pub const echo_f32 = echo(f32);
pub const echo_f64 = echo(f64);
pub const echo_bool = echo(bool);

pub const min_i8 = constant(i8, std.math.minInt(i8));
pub const min_i16 = constant(i16, std.math.minInt(i16));
pub const min_i32 = constant(i32, std.math.minInt(i32));
pub const min_i64 = constant(i64, std.math.minInt(i64));
pub const min_isize = constant(isize, std.math.minInt(isize));
pub const max_i8 = constant(i8, std.math.maxInt(i8));
pub const max_i16 = constant(i16, std.math.maxInt(i16));
pub const max_i32 = constant(i32, std.math.maxInt(i32));
pub const max_i64 = constant(i64, std.math.maxInt(i64));
pub const max_isize = constant(isize, std.math.maxInt(isize));
pub const max_u8 = constant(u8, std.math.maxInt(u8));
pub const max_u16 = constant(u16, std.math.maxInt(u16));
pub const max_u32 = constant(u32, std.math.maxInt(u32));
pub const max_u64 = constant(u64, std.math.maxInt(u64));
pub const max_usize = constant(usize, std.math.maxInt(usize));

/// The same as `max_u8` and `max_u64`, under the names the first cases use.
pub const u8_max = constant(u8, std.math.maxInt(u8));
pub const u64_max = constant(u64, std.math.maxInt(u64));

fn echo(comptime T: type) fn (T) T {
    return struct {
        fn call(x: T) T {
            return x;
        }
    }.call;
}

fn constant(comptime T: type, comptime value: T) fn () T {
    return struct {
        fn call() T {
            return value;
        }
    }.call;
}

pub fn nothing() void {}

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
