//! Functions that are variadic in C (W-1 to W-3). Zig's own take no variable arguments, so the symbols are compiled as C
//! (variadics.c), and call these.

const std = @import("std");
const forms = @import("forms.zig");
const series = @import("series.zig");
const weighted = @import("sums.zig").weighted;
const types = @import("types.zig");
const Handle = forms.Handle;
const String = forms.String;

pub const variadics: []const type = of(1, &.{
    .{ "variadic_none", series.echo(i64) },
    .{ "variadic_none_f64", series.echo(f64) },
    .{ "variadic_i32", one(i32) },
    .{ "variadic_u32", one(u32) },
    .{ "variadic_i64", one(i64) },
    .{ "variadic_u64", one(u64) },
    .{ "variadic_isize", one(isize) },
    .{ "variadic_usize", one(usize) },
    .{ "variadic_f64", one(f64) },
    .{ "variadic_words", words },
    .{ "variadic_doubles", doubles },
    .{ "variadic_ints", ints },
    .{ "variadic_mixed", mixed },
    .{ "variadic_pointers", pointers },
    .{ "variadic_text", text },
    .{ "variadic_box", box },
    .{ "variadic_void", nothing },
    .{ "variadic_i8", narrow },
    .{ "variadic_f32", single },
}) ++ of(2, &.{
    .{ "variadic_both", both },
}) ++ of(5, &.{
    .{ "variadic_after_narrow", afterNarrow },
}) ++ of(6, &.{
    .{ "variadic_after_6_words", afterSixWords },
}) ++ of(8, &.{
    .{ "variadic_after_8_words", afterEightWords },
    .{ "variadic_after_8_doubles", afterEightDoubles },
}) ++ of(14, &.{
    .{ "variadic_after_both", afterBoth },
});

/// Fixtures whose prototype names so many parameters before the `...`.
fn of(comptime named: usize, comptime all: anytype) []const type {
    var collected: []const type = &.{};
    for (all) |each| {
        collected = collected ++ .{struct {
            pub const name = each[0];
            pub const fixed = named;
            pub const function = each[1];
        }};
    }
    return collected;
}

/// The variable argument.
fn one(comptime T: type) fn (i64, T) T {
    return struct {
        fn call(_: i64, x: T) T {
            return x;
        }
    }.call;
}

/// Weighed, wrapping.
fn words(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: i64, j: i64) i64 {
    return weighted(i64, .{ a, b, c, d, e, f, g, h, i, j });
}

fn doubles(a: i64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64, i: f64, j: f64) f64 {
    return weighted(f64, .{ a, b, c, d, e, f, g, h, i, j });
}

/// Integers of both signs of 32 bits, more than there are registers, and one of 64 among those behind.
fn ints(a: i64, b: i32, c: u32, d: i32, e: u32, f: i32, g: u32, h: i32, i: i64, j: u32) i64 {
    return weighted(i64, .{ a, b, c, d, e, f, g, h, i, j });
}

/// One float more than there are registers, and integers between.
fn mixed(
    a: i64,
    b: f64,
    c: i32,
    d: f64,
    e: u64,
    f: f64,
    g: f64,
    h: i64,
    i: f64,
    j: f64,
    k: u32,
    l: f64,
    m: f64,
    n: f64,
) f64 {
    return weighted(f64, .{ a, b, c, d, e, f, g, h, i, j, k, l, m, n });
}

/// Both files full, and both kinds behind.
fn both(
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
    o: i32,
    p: f64,
    q: i64,
    r: f64,
    s: i64,
    t: f64,
) f64 {
    return weighted(f64, .{ a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t });
}

fn afterSixWords(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: f64, h: i64, i: f64, j: u32) f64 {
    return weighted(f64, .{ a, b, c, d, e, f, g, h, i, j });
}

fn afterEightWords(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: i32, j: f64) f64 {
    return weighted(f64, .{ a, b, c, d, e, f, g, h, i, j });
}

fn afterEightDoubles(a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64, i: f64, j: i64, k: f64) f64 {
    return weighted(f64, .{ a, b, c, d, e, f, g, h, i, j, k });
}

fn afterBoth(
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
    m: f64,
    n: f64,
    o: i32,
    p: f64,
    q: i64,
) f64 {
    return weighted(f64, .{ a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q });
}

/// What C would promote behind the `...` stands before it, each in its own type.
fn afterNarrow(a: i8, b: u16, c: bool, d: f32, e: i64, f: f64, g: i32, h: u64) f64 {
    return weighted(f64, .{ a, b, @intFromBool(c), d, e, f, g, h });
}

/// What the first three lead to and `a`, weighed; null is 0. It is left behind the last, rounded to an integer.
fn pointers(a: i64, b: *const i32, c: ?*const f64, d: ?*const f64, last: *i64) f64 {
    const sum = weighted(f64, .{ a, b.*, if (c) |there| there.* else 0, if (d) |there| there.* else 0 });
    last.* = if (std.math.isFinite(sum) and @abs(sum) < 1 << 62) @intFromFloat(@round(sum)) else 0;
    return sum;
}

/// The text's bytes and the others, weighed and truncated.
fn text(s: String, x: i32, y: f64) i64 {
    const sum = weighted(f64, .{ s.items().len, x, y });
    return if (std.math.isFinite(sum) and @abs(sum) < 1 << 62) @intFromFloat(sum) else 0;
}

/// The box's value and `k`, wrapping.
fn box(k: i64, b: Handle(types.Box)) i64 {
    return k +% b.target().value;
}

fn nothing(_: i64, _: f64) void {}

/// The low eight bits.
fn narrow(_: i64, x: i32) i8 {
    return @truncate(x);
}

/// Rounded.
fn single(_: i64, x: f64) f32 {
    return @floatCast(x);
}
