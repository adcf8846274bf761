//! Pointers, many-pointers and arrays as arguments (L-6, L-8, L-19, C-8, C-9).

const series = @import("series.zig");
const types = @import("types.zig");

pub const derefs = series.of(series.scalars, .{ .@"deref_*" = deref });
pub const stores = series.of(series.scalars, .{ .@"store_*" = store });
pub const many_ats = series.of(series.scalars, .{ .@"many_at_*" = manyAt });
pub const many_puts = series.of(series.scalars, .{ .@"many_put_*" = manyPut });
pub const array_ats = series.of(series.scalars, .{ .@"array_at_*x4" = arrayAt });

fn deref(comptime T: type) fn (*const T) T {
    return struct {
        fn call(p: *const T) T {
            return p.*;
        }
    }.call;
}

/// Writes `x` through the pointer.
fn store(comptime T: type) fn (*T, T) void {
    return struct {
        fn call(p: *T, x: T) void {
            p.* = x;
        }
    }.call;
}

fn manyAt(comptime T: type) fn ([*]const T, usize) T {
    return struct {
        fn call(p: [*]const T, i: usize) T {
            return p[i];
        }
    }.call;
}

/// Writes `x` at index `i`.
fn manyPut(comptime T: type) fn ([*]T, usize, T) void {
    return struct {
        fn call(p: [*]T, i: usize, x: T) void {
            p[i] = x;
        }
    }.call;
}

/// Element `i` modulo 4.
fn arrayAt(comptime T: type) fn (*const [4]T, usize) T {
    return struct {
        fn call(xs: *const [4]T, i: usize) T {
            return xs[i % 4];
        }
    }.call;
}

/// Writes one more than the sum of `xs`, wrapping, through the pointer; returns the sum.
pub fn sum_through_i64(xs: []const i64, p: *i64) i64 {
    var sum: i64 = 0;
    for (xs) |x| sum +%= x;
    p.* = sum +% 1;
    return sum;
}

/// Writes twice what the pointer reaches, wrapping, to each of `xs`; returns it.
pub fn spread_i64(p: *const i64, xs: []i64) i64 {
    const twice = p.* *% 2;
    @memset(xs, twice);
    return twice;
}

/// Adds one, wrapping; returns what was there before.
pub fn bump_i64(p: *i64) i64 {
    defer p.* +%= 1;
    return p.*;
}

pub fn swap_i64s(a: *i64, b: *i64) void {
    const before = a.*;
    a.* = b.*;
    b.* = before;
}

/// The sum of `n` elements, wrapping.
pub fn many_sum_i64s(xs: [*]const i64, n: usize) i64 {
    var total: i64 = 0;
    for (xs[0..n]) |x| total +%= x;
    return total;
}

/// An array without elements: 0.
pub fn array_len_i64x0(xs: *const [0]i64) usize {
    return xs.len;
}

/// The first, plus 3 times the middle one and 5 times the last, wrapping.
pub fn array_ends_i32x4097(xs: *const [4097]i32) i32 {
    return xs[0] +% 3 *% xs[2048] +% 5 *% xs[4096];
}

/// An array larger than any buffer on a call path: the sum.
pub fn array_sum_u8x300(xs: *const [300]u8) u64 {
    var total: u64 = 0;
    for (xs) |x| total += x;
    return total;
}

/// x + 2y of the first, plus 10 times that of the second, plus 100 times that of the third.
pub fn array_points(ps: *const [3]types.Point) f64 {
    return (ps[0].x + 2 * ps[0].y) + 10 * (ps[1].x + 2 * ps[1].y) + 100 * (ps[2].x + 2 * ps[2].y);
}

/// The first number, plus 1000 times the second, plus 1000000 times the third.
pub fn array_colors(cs: *const [3]types.Color) u64 {
    return @as(u64, @intFromEnum(cs[0])) + @as(u64, @intFromEnum(cs[1])) * 1000 +
        @as(u64, @intFromEnum(cs[2])) * 1_000_000;
}

/// Age plus 1000 times the bytes of the name, of both (an array of structs with buffers).
pub fn array_people(ps: *const [2]types.Person) u64 {
    return ps[0].age + @as(u64, ps[1].age) + 1000 * (ps[0].name.length + ps[1].name.length);
}

/// 1a + 10b + 100c, wrapping: arrays and pointers between scalars.
pub fn array_between(a: i32, b: *const [1]i64, c: u8, d: *i64) i64 {
    d.* = @as(i64, a) +% b[0] *% 10 +% @as(i64, c) * 100;
    return d.*;
}
