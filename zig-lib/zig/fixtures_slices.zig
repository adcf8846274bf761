//! Slices of carrier scalars as arguments (L-7, C-8, C-9).

const std = @import("std");
const series = @import("series.zig");

pub const sums = series.of(series.scalars, .{ .@"sum_*s" = sum });
pub const lasts = series.of(&.{ f16, f32, f64 }, .{ .@"last_of_*s" = last });
pub const reverses = series.of(series.scalars, .{ .@"reverse_*s" = reverse });

/// In 64 bits, or in the element's own type where that is wider. Wrapping; `true` is 1; floats from
/// left to right.
fn sum(comptime T: type) fn ([]const T) Sum(T) {
    return struct {
        fn call(xs: []const T) Sum(T) {
            var total: Sum(T) = 0;
            for (xs) |x| switch (@typeInfo(T)) {
                .float => total += x,
                else => total +%= if (T == bool) @intFromBool(x) else x,
            };
            return total;
        }
    }.call;
}

fn Sum(comptime T: type) type {
    return switch (@typeInfo(T)) {
        .float => |float| if (float.bits > 64) T else f64,
        .bool => u64,
        .int => |int| if (int.bits > 64) T else if (int.signedness == .signed) i64 else u64,
        else => comptime unreachable,
    };
}

/// In place.
fn reverse(comptime T: type) fn ([]T) void {
    return struct {
        fn call(xs: []T) void {
            std.mem.reverse(T, xs);
        }
    }.call;
}

pub fn fill_i64s(xs: []i64, v: i64) void {
    @memset(xs, v);
}

pub fn scale_f64s(xs: []f64, k: f64) void {
    for (xs) |*x| x.* *= k;
}

pub fn len_u8s(xs: []const u8) usize {
    return xs.len;
}

/// Adds `src` to `dst` pairwise over the shorter, wrapping; returns how many elements that was.
pub fn add_into_i64s(dst: []i64, src: []const i64) i64 {
    const count = @min(dst.len, src.len);
    for (dst[0..count], src[0..count]) |*to, from| to.* +%= from;
    return @intCast(count);
}

/// The sum of `xs`, each times its place from 1, plus 1000 times that of `ys`, wrapping.
pub fn weigh_i64s(xs: []const i64, ys: []const i64) i64 {
    return weighed(i64, xs) +% weighed(i64, ys) *% 1000;
}

pub const stamps = series.of(&.{ u8, i64 }, .{ .@"stamp_*s" = stamp, .@"stamp_after_*s" = stampAfter });

/// Writes what `src` weighs (as `weigh_i64s`, in the element's type) plus its index to each of `dst`; returns
/// what `src` weighs. All of `src` is read before anything is written.
fn stamp(comptime T: type) fn ([]T, []const T) T {
    return struct {
        fn call(dst: []T, src: []const T) T {
            const weight = weighed(T, src);
            for (dst, 0..) |*to, at| to.* = weight +% low(T, at);
            return weight;
        }
    }.call;
}

/// As `stamp`, the other way round.
fn stampAfter(comptime T: type) fn ([]const T, []T) T {
    return struct {
        fn call(src: []const T, dst: []T) T {
            return stamp(T)(dst, src);
        }
    }.call;
}

/// Writes what both weigh plus its index to each of `xs`, or of `ys`; returns what both weigh.
pub fn stamp_either_i64s(xs: []i64, ys: []i64, second: bool) i64 {
    const weight = weigh_i64s(xs, ys);
    for (if (second) ys else xs, 0..) |*to, at| to.* = weight +% low(i64, at);
    return weight;
}

/// As `stamp_either_i64s`, to each of both.
pub fn stamp_both_i64s(xs: []i64, ys: []i64) i64 {
    const weight = weigh_i64s(xs, ys);
    for ([_][]i64{ xs, ys }) |dst| {
        for (dst, 0..) |*to, at| to.* = weight +% low(i64, at);
    }
    return weight;
}

/// The low bits.
fn low(comptime T: type, number: usize) T {
    return @bitCast(@as(@Int(.unsigned, @bitSizeOf(T)), @truncate(number)));
}

fn weighed(comptime T: type, xs: []const T) T {
    var sum_of: T = 0;
    for (xs, 1..) |x, place| sum_of +%= x *% low(T, place);
    return sum_of;
}

/// 1000000a + 1000 times the sum of `xs` + b, wrapping: a slice between scalars.
pub fn slice_between(a: i32, xs: []const i64, b: i32) i64 {
    return @as(i64, a) *% 1_000_000 +% sum(i64)(xs) *% 1000 +% b;
}

/// The last element, 0 where there is none.
fn last(comptime T: type) fn ([]const T) T {
    return struct {
        fn call(xs: []const T) T {
            return if (xs.len == 0) 0 else xs[xs.len - 1];
        }
    }.call;
}
