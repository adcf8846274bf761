//! More arguments than there are registers, of every kind and in every position (L-22). Weighted sums are those of
//! sums.zig.

const std = @import("std");
const forms = @import("forms.zig");
const series = @import("series.zig");
const weighted = @import("sums.zig").weighted;
const types = @import("types.zig");
const Box = types.Box;
const Color = types.Color;
const Handle = forms.Handle;
const Owned = forms.Owned;
const Point = types.Point;

pub const tens = series.of(
    &.{ i8, u8, i16, u16, i32, u32, i64, bool, Color, f16, f32, f64 },
    .{ .@"spill_*x10" = ten },
);

/// The weighted sum of ten. On SysV x86-64 four integers or two floats of them are on the stack,
/// and what stands above an integer's bits there is the caller's to extend too (L-21).
fn ten(comptime T: type) fn (T, T, T, T, T, T, T, T, T, T) Sum(T) {
    return struct {
        fn call(a: T, b: T, c: T, d: T, e: T, f: T, g: T, h: T, i: T, j: T) Sum(T) {
            return weighted(Sum(T), .{ a, b, c, d, e, f, g, h, i, j });
        }
    }.call;
}

fn Sum(comptime T: type) type {
    return if (@typeInfo(T) == .float) f64 else i64;
}

pub const tenths = series.of(&.{ f16, f32, f64 }, .{ .@"tenth_*" = tenth });

/// The last of ten, which is on the stack where there are eight float registers.
fn tenth(comptime T: type) fn (T, T, T, T, T, T, T, T, T, T) T {
    return struct {
        fn call(a: T, b: T, c: T, d: T, e: T, f: T, g: T, h: T, i: T, j: T) T {
            _ = .{ a, b, c, d, e, f, g, h, i };
            return j;
        }
    }.call;
}

/// The weighted sum of eight kinds of integer.
pub fn eight_kinds(a: i8, b: u16, c: i32, d: bool, e: u8, f: i64, g: i16, h: u32) i64 {
    return weighted(i64, .{ a, b, c, d, e, f, g, h });
}

/// The weighted sum of every kind of scalar as an `i64`: floats truncated toward zero and clamped
/// to `i64` (NaN is 0), `u64` reinterpreted, `true` is 1 (L-22).
pub fn spill_mixed(
    a: u8,
    b: f32,
    c: i16,
    d: f64,
    e: i32,
    f: i64,
    g: u64,
    h: f32,
    i: i8,
    j: f64,
    k: u16,
    l: i64,
    m: bool,
    n: u32,
) i64 {
    return weighted(i64, .{
        a,
        clamped(b),
        c,
        clamped(d),
        e,
        f,
        @as(i64, @bitCast(g)),
        clamped(h),
        i,
        clamped(j),
        k,
        l,
        @as(i64, @intFromBool(m)),
        n,
    });
}

fn clamped(x: anytype) i64 {
    return std.math.lossyCast(i64, x);
}

/// The weighted sum of eight boxes' values.
pub fn spill_boxx8(
    a: Handle(Box),
    b: Handle(Box),
    c: Handle(Box),
    d: Handle(Box),
    e: Handle(Box),
    f: Handle(Box),
    g: Handle(Box),
    h: Handle(Box),
) i64 {
    return weighted(i64, .{ a, b, c, d, e, f, g, h });
}

/// The weighted sum of x + 2y of eight points.
pub fn spill_pointx8(
    a: Point,
    b: Point,
    c: Point,
    d: Point,
    e: Point,
    f: Point,
    g: Point,
    h: Point,
) f64 {
    return weighted(f64, .{ a, b, c, d, e, f, g, h });
}

/// 24 arguments, `i64` and `f64` in turn: the weighted sum of the twelve integers as a float, plus
/// that of the twelve floats times 0.5.
pub fn spill_24(
    a: i64,
    b: f64,
    c: i64,
    d: f64,
    e: i64,
    f: f64,
    g: i64,
    h: f64,
    i: i64,
    j: f64,
    k: i64,
    l: f64,
    m: i64,
    n: f64,
    o: i64,
    p: f64,
    q: i64,
    r: f64,
    s: i64,
    t: f64,
    u: i64,
    v: f64,
    w: i64,
    x: f64,
) f64 {
    const whole = weighted(i64, .{ a, c, e, g, i, k, m, o, q, s, u, w });
    const fractional = weighted(f64, .{ b, d, f, h, j, l, n, p, r, t, v, x });
    return @as(f64, @floatFromInt(whole)) + 0.5 * fractional;
}

/// Five slices, so that one is split between registers and the stack: 10 times each sum plus its
/// length, weighted.
pub fn spill_slices(
    a: []const i64,
    b: []const i64,
    c: []const i64,
    d: []const i64,
    e: []const i64,
) i64 {
    var all: [5]i64 = undefined;
    for (&all, [_][]const i64{ a, b, c, d, e }) |*one, xs| {
        one.* = @intCast(xs.len);
        for (xs) |x| one.* +%= x *% 10;
    }
    return weighted(i64, .{ all[0], all[1], all[2], all[3], all[4] });
}

/// Four strings among integers: the weighted sum of the integers and of the strings' bytes, in
/// order.
pub fn spill_strings(
    a: i64,
    b: forms.String,
    c: i64,
    d: forms.String,
    e: i64,
    f: forms.String,
    g: i64,
    h: forms.String,
) i64 {
    return weighted(i64, .{ a, bytes(b), c, bytes(d), e, bytes(f), g, bytes(h) });
}

fn bytes(s: forms.String) i64 {
    return @intCast(s.items().len);
}

/// The six integers that fill the registers, so that both out-parameters are on the stack.
pub fn spill_owned(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64) Owned([]i64) {
    return Owned([]i64).copyOf(&.{ a, b, c, d, e, f }) catch .empty;
}

/// (weighted sum of the integers, weighted sum of the floats), through an out-parameter on the
/// stack.
pub fn spill_point(
    a: i64,
    b: f64,
    c: i64,
    d: f64,
    e: i64,
    f: f64,
    g: i64,
    h: f64,
    i: i64,
    j: f64,
    k: i64,
    l: f64,
) Point {
    return .{
        .x = @floatFromInt(weighted(i64, .{ a, c, e, g, i, k })),
        .y = weighted(f64, .{ b, d, f, h, j, l }),
    };
}

/// The weighted sum, or `Refused` where it is negative: the error's room and length are on the
/// stack.
pub fn spill_try_i64(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64) types.Refusal!i64 {
    const sum = weighted(i64, .{ a, b, c, d, e, f });
    return if (sum < 0) error.Refused else sum;
}

/// (the weighted sum of the integers, f), or `Refused` where that sum is negative: three
/// out-parameters, all on the stack.
pub fn spill_try_point(a: i64, b: i64, c: i64, d: i64, e: i64, f: f64) types.Refusal!Point {
    const sum = weighted(i64, .{ a, b, c, d, e });
    return if (sum < 0) error.Refused else .{ .x = @floatFromInt(sum), .y = f };
}

/// The weighted sum of six integers and a wide one.
pub fn spill_i128(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i128) i128 {
    return weighted(i128, .{ a, b, c, d, e, f, g });
}

/// The weighted sum, the absent ones counted as -1.
pub fn spill_optionals(
    a: ?i64,
    b: ?*const i64,
    c: ?i64,
    d: ?i64,
    e: ?i64,
    f: ?*const i64,
    g: ?i64,
    h: ?i64,
) i64 {
    return weighted(i64, .{
        a orelse -1,
        if (b) |p| p.* else -1,
        c orelse -1,
        d orelse -1,
        e orelse -1,
        if (f) |p| p.* else -1,
        g orelse -1,
        h orelse -1,
    });
}
