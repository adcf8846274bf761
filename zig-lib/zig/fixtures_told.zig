//! What C libraries' signatures look like: strings that end before a NUL, arrays that another argument counts, and what
//! goes in and comes out (Z-1 to Z-6).

const std = @import("std");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const types = @import("types.zig");
const CString = forms.CString;
const Bounded = forms.Bounded;
const Length = forms.Length;
const Counted = forms.Counted;
const InOut = forms.InOut;
const Point = types.Point;
const Padded = types.Padded;

pub fn cstring_len(s: CString) usize {
    return s.text().len;
}

/// FNV-1a, 64 bits: depends on every byte before the NUL.
pub fn cstring_hash(s: CString) u64 {
    return std.hash.Fnv1a_64.hash(s.text());
}

/// As `strcmp`: -1, 0 or 1.
pub fn cstring_compare(a: CString, b: CString) i32 {
    return switch (std.mem.order(u8, a.text(), b.text())) {
        .lt => -1,
        .eq => 0,
        .gt => 1,
    };
}

/// a + 1000 times the bytes of `s` + 2b: a string between scalars.
pub fn cstring_between(a: i64, s: CString, b: f64) f64 {
    return @as(f64, @floatFromInt(a)) + 1000 * @as(f64, @floatFromInt(s.text().len)) + 2 * b;
}

/// The bytes of `s`, or -1 where there is none.
pub fn cstring_len_or(s: ?CString) i64 {
    return if (s) |there| @intCast(there.text().len) else -1;
}

/// Where `c` is in `s`, as `strchr`: in the caller's own memory; null where it is not.
pub fn cstring_from(s: CString, c: u8) CString {
    const at = std.mem.indexOfScalar(u8, s.text(), c) orelse return .none;
    return .of(s.text().ptr + at);
}

/// The same as an optional.
pub fn cstring_maybe_from(s: CString, c: u8) ?CString {
    const at = std.mem.indexOfScalar(u8, s.text(), c) orelse return null;
    return .of(s.text().ptr + at);
}

/// A text of its own, by number: plain, empty, of many bytes, and malformed. Null beyond.
pub fn cstring_named(n: u8) CString {
    return switch (n) {
        0 => .lend("plain\x00"),
        1 => .lend("\x00"),
        2 => .lend("größe π 😀\x00"),
        3 => .lend("a\xff\xe2\x82b\x00"),
        4 => .lend("before\x00behind\x00"),
        5 => .lend(" \r\n\xef\xbb\xbfspaced \x00"),
        else => .none,
    };
}

/// A text that stands until the thread's next call: `n` and a letter of it.
pub fn cstring_lent(n: u8) CString {
    const place = struct {
        threadlocal var bytes: [8]u8 = undefined;
    };
    place.bytes = @splat(0);
    for (place.bytes[0..@min(n, 7)]) |*byte| byte.* = 'a' + n % 26;
    return .of(&place.bytes);
}

/// Sixteen letters with a NUL behind them or none, read to at most sixteen: in guard builds nothing is behind either.
pub fn cstring_bounded(n: u8) Bounded(16) {
    return switch (n) {
        0 => .lend("0123456789abcdef"),
        1 => .lend("0123456789abcde\x00"),
        2 => .lend("short\x00"),
        3 => .lend("\x00"),
        4 => .lend("0123456789abcdefghij\x00"),
        5 => .lend("0123456789abcde\xc3\xa9\x00"),
        else => .none,
    };
}

/// One byte at most, with no NUL in sight.
pub fn cstring_letter() Bounded(1) {
    return .lend("x");
}

/// The sum, wrapping, and how many: `size_t` before the array.
pub fn counted_sum(n: Length(usize), xs: Counted([]const i64, usize, -1)) i64 {
    return summed(xs.items()) +% 1000 * @as(i64, @intCast(n.value));
}

/// The same, an `int32_t` behind it.
pub fn counted_sum_i32(xs: Counted([]const i32, i32, 1), n: Length(i32)) i64 {
    var total: i64 = 1000 * @as(i64, n.value);
    for (xs.items()) |x| total +%= x;
    return total;
}

/// A byte counts, among other arguments.
pub fn counted_bytes(a: i64, n: Length(u8), b: f64, xs: Counted([]const u8, u8, -2)) f64 {
    var total: u64 = 0;
    for (xs.items()) |x| total += x;
    return @as(f64, @floatFromInt(a)) + b + @as(f64, @floatFromInt(total)) + 1000 * @as(f64, @floatFromInt(n.value));
}

/// A signed byte counts.
pub fn counted_i8(xs: Counted([]const u16, i8, 1), n: Length(i8)) i64 {
    var total: i64 = 1_000_000 * @as(i64, n.value);
    for (xs.items()) |x| total += x;
    return total;
}

/// The product of two arrays that one argument counts.
pub fn counted_dot(n: Length(u32), xs: Counted([]const f64, u32, -1), ys: Counted([]const f64, u32, -2)) f64 {
    var total: f64 = @floatFromInt(n.value);
    for (xs.items(), ys.items()) |x, y| total += x * y;
    return total;
}

/// Two arrays, each with a length of its own, the lengths before them both and in the other order.
pub fn counted_each(
    m: Length(u16),
    n: Length(u64),
    xs: Counted([]const i8, u64, -1),
    ys: Counted([]const i64, u16, -3),
) i64 {
    var total: i64 = 10_000 * @as(i64, m.value) + 1000 * @as(i64, @intCast(n.value));
    for (xs.items()) |x| total +%= x;
    for (ys.items()) |y| total +%= 3 * y;
    return total;
}

/// Each element, twice, in place.
pub fn counted_double(xs: Counted([]i64, usize, 1), n: Length(usize)) void {
    _ = n;
    for (xs.items()) |*x| x.* *%= 2;
}

/// The elements of `xs` behind the first `skip`, in the caller's own memory: `skip` in, how many there are out.
pub fn counted_behind(
    n: Length(usize),
    xs: Counted([]const i32, usize, -1),
    skip: InOut(usize),
) Counted([]const i32, usize, 2) {
    _ = n;
    const from = @min(skip.pointer.*, xs.items().len);
    skip.pointer.* = xs.items().len - from;
    return .{ .address = xs.address + from * @sizeOf(i32) };
}

/// The first `n` elements of a table of the library's; null where it has not as many.
pub fn counted_first(n: u32) Counted([]const f64, u32, 0) {
    const table = struct {
        const all = [_]f64{ 1.5, -2.25, 1e300, 0.0, -0.0 };
    };
    return if (n > table.all.len) .none else .of(ledger.fenced(f64, &table.all));
}

/// What `counted_first` has not, said to be `n`: a length that no memory has, or one below 0.
pub fn counted_corrupt(n: i64) Counted([]const u64, i64, 0) {
    _ = n;
    const one = struct {
        const all = [_]u64{7};
    };
    return .of(&one.all);
}

/// As many as were given, each the last: the array that was given counts what comes back.
pub fn counted_lasts(xs: Counted([]const u8, u16, 1), n: Length(u16)) Counted([]u8, u16, 1) {
    const place = struct {
        threadlocal var bytes: [16]u8 = undefined;
    };
    _ = n;
    const given = xs.items();
    const kept = @min(given.len, place.bytes.len);
    for (place.bytes[0..kept], 0..) |*byte, at| byte.* = given[given.len - 1 - at];
    return .{ .address = @intFromPtr(&place.bytes) };
}

/// Adds, wrapping, and gives what was there before.
pub fn in_out_add(x: InOut(i64), by: i64) i64 {
    defer x.pointer.* +%= by;
    return x.pointer.*;
}

/// Both change places.
pub fn in_out_swap(a: InOut(i32), b: InOut(i32)) void {
    std.mem.swap(i32, a.pointer, b.pointer);
}

/// One of each size and class, each a little other; how many.
pub fn in_out_many(
    a: InOut(i8),
    b: InOut(u16),
    c: InOut(f32),
    d: InOut(f64),
    e: InOut(bool),
    f: InOut(u64),
) u8 {
    a.pointer.* = -%a.pointer.*;
    b.pointer.* +%= 1;
    c.pointer.* *= 0.5;
    d.pointer.* += 1;
    e.pointer.* = !e.pointer.*;
    f.pointer.* = ~f.pointer.*;
    return 6;
}

/// Moves a point.
pub fn in_out_point(p: InOut(Point), dx: f64, dy: f64) f64 {
    p.pointer.x += dx;
    p.pointer.y += dy;
    return p.pointer.x * p.pointer.y;
}

/// Every field of a struct with padding, other than before.
pub fn in_out_padded(p: InOut(Padded)) void {
    p.pointer.a +%= 1;
    p.pointer.b = -%p.pointer.b;
    p.pointer.c ^= 0xffff;
    p.pointer.d = -p.pointer.d;
    p.pointer.e = !p.pointer.e;
}

/// Leaves what it was given.
pub fn in_out_kept(x: InOut(u32), p: InOut(Point)) void {
    _ = x;
    _ = p;
}

/// Divides `x` by `by` in place, the rest is what it returns; by 0 it counts the failures in `x` and fails.
pub fn in_out_divide(x: InOut(i64), by: i64) types.MathError!i64 {
    const before = x.pointer.*;
    if (by == 0) {
        x.pointer.* = -1;
        return error.DivideByZero;
    }
    x.pointer.* = @divTrunc(before, by);
    return @rem(before, by);
}

/// The text's length goes to `n`; the text comes back, owned.
pub fn in_out_owned(s: CString, n: InOut(u64)) forms.String {
    const block = ledger.alloc(u8, s.text().len) catch return .empty;
    @memcpy(block, s.text());
    n.pointer.* = s.text().len;
    return .of(block);
}

fn summed(xs: []const i64) i64 {
    var total: i64 = 0;
    for (xs) |x| total +%= x;
    return total;
}
