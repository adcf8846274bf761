//! Functions of the host's that fixtures call (K-1 to K-6).

const std = @import("std");
const elsewhere = @import("elsewhere.zig").elsewhere;
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const Callback = forms.Callback;
const MathError = types.MathError;
const Owned = forms.Owned;

pub const applications = series.of(series.carriers, .{ .@"apply_*" = series.apply });

/// `f()`.
pub fn ask_i64(f: Callback(fn () i64)) i64 {
    return f.call(.{});
}

/// `f(0)`, `f(1)` and so on, `n` calls in all; `n`.
pub fn each_u32(f: Callback(fn (u32) void), n: u32) u32 {
    for (0..n) |i| f.call(.{@intCast(i)});
    return n;
}

/// `f(… f(f(first, 0), 1) …, n - 1)`.
pub fn fold_i64(f: Callback(fn (i64, i64) i64), n: u32, first: i64) i64 {
    var all = first;
    for (0..n) |i| all = f.call(.{ all, @intCast(i) });
    return all;
}

/// `f(g(x))`.
pub fn compose_i64(f: Callback(fn (i64) i64), g: Callback(fn (i64) i64), x: i64) i64 {
    return f.call(.{g.call(.{x})});
}

/// Whether `f(x)` and `f(y)`, which is called only where the first is true.
pub fn both_f64(f: Callback(fn (f64) bool), x: f64, y: f64) bool {
    return f.call(.{x}) and f.call(.{y});
}

/// More integers and floats than there are registers for, narrow ones among them, each another number.
const Mixed = fn (i64, f64, i32, f32, i16, f64, i8, f32, u64, f64, u32, f32, u16, f64, u8, f32, bool, f64, i8, f32) f64;

/// `f` of `x` and of what else its types hold that is easily lost, and what it returns and `x`.
pub fn mixed_callback(f: Callback(Mixed), x: i64) f64 {
    return @as(f64, @floatFromInt(x)) + f.call(.{
        x,                    1.5,
        -3,                   2.5,
        -5,                   -0.0,
        -7,                   4.5,
        std.math.maxInt(u64), 5.5,
        std.math.maxInt(u32), 6.5,
        std.math.maxInt(u16), 7.5,
        std.math.maxInt(u8),  8.5,
        true,                 9.5,
        std.math.minInt(i8),  -10.5,
    });
}

/// `f` of the sum of the others, where `f` itself comes after the registers are full.
pub fn last_callback(
    a: i64,
    b: i64,
    c: i64,
    d: i64,
    e: i64,
    g: i64,
    h: i64,
    i: i64,
    j: i64,
    f: Callback(fn (i64) i64),
) i64 {
    return f.call(.{a +% b +% c +% d +% e +% g +% h +% i +% j});
}

/// Each element becomes `f` of it.
pub fn map_i64s(f: Callback(fn (i64) i64), xs: []i64) void {
    for (xs) |*x| x.* = f.call(.{x.*});
}

/// `f(0)` to `f(n - 1)`; nothing where there is no memory.
pub fn owned_of(f: Callback(fn (u64) i64), n: u64) Owned([]i64) {
    const count = std.math.cast(usize, n) orelse return .empty;
    const block = ledger.alloc(i64, count) catch return .empty;
    for (block, 0..) |*x, i| x.* = f.call(.{i});
    return .of(block);
}

/// `x / f(x)`, toward zero.
pub fn divide_by(f: Callback(fn (i64) i64), x: i64) MathError!i64 {
    const by = f.call(.{x});
    if (by == 0) return error.DivideByZero;
    if (by == -1 and x == std.math.minInt(i64)) return error.Overflow;
    return @divTrunc(x, by);
}

/// `f(x)` on another thread.
pub fn elsewhere_i64(f: Callback(fn (i64) i64), x: i64) i64 {
    return elsewhere(f, .{x});
}

/// Whether `f(x)` on another thread.
pub fn elsewhere_f64(f: Callback(fn (f64) bool), x: f64) bool {
    return elsewhere(f, .{x});
}

/// `f(0)`, `f(1)` and so on, `n` calls in all, each on a thread of its own; `n`.
pub fn each_elsewhere(f: Callback(fn (u32) void), n: u32) u32 {
    for (0..n) |i| elsewhere(f, .{@as(u32, @intCast(i))});
    return n;
}

/// `f(x)` here, `g(x)` on another thread and `f` here again, of what that gave; the sum of all three.
pub fn relay_i64(f: Callback(fn (i64) i64), g: Callback(fn (i64) i64), x: i64) i64 {
    const here = f.call(.{x});
    const there = elsewhere(g, .{x});
    return here +% there +% f.call(.{there});
}
