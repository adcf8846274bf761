//! Functions of the host's that are called with more than scalars (K-9).
//!
//! What addresses lead to lies where it stays, so that who looks when the call has returned finds what was there.

const forms = @import("forms.zig");
const patterns = @import("patterns.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const Box = types.Box;
const Callback = forms.Callback;
const Color = types.Color;
const Counter = types.Counter;
const Handle = forms.Handle;
const Level = types.Level;
const Point = types.Point;
const String = forms.String;

pub const applications = series.of(series.enums, .{ .@"apply_*" = series.apply });

pub const pieces = series.of(series.carriers, .{ .@"point_*" = point, .@"show_*s" = show });

/// `f` of the address of the extreme at `i`.
fn point(comptime T: type) fn (Callback(fn (*const T) u32), u8) u32 {
    return struct {
        const table = patterns.extremes(T);

        fn call(f: Callback(fn (*const T) u32), i: u8) u32 {
            return f.call(.{&table[i % 4]});
        }
    }.call;
}

/// `f` of the `n` extremes from `first` on, or of as many as there are.
fn show(comptime T: type) fn (Callback(fn ([]const T) u32), u8, u8) u32 {
    return struct {
        const table = patterns.extremes(T);

        fn call(f: Callback(fn ([]const T) u32), first: u8, n: u8) u32 {
            return f.call(.{piece(T, &table, first, n)});
        }
    }.call;
}

fn piece(comptime T: type, table: []const T, first: u8, n: u8) []const T {
    const from = @min(first, table.len);
    return table[from..@min(@as(usize, from) + n, table.len)];
}

const colors = [_]Color{ .red, .blue, .green, @enumFromInt(200) };

/// `f` of the `n` colours from `first` on, the last of which has no name.
pub fn show_colors(f: Callback(fn ([]const Color) Color), first: u8, n: u8) Color {
    return f.call(.{piece(Color, &colors, first, n)});
}

const points = [_]Point{ .{ .x = -0.0, .y = 1.5 }, .{ .x = 2.5, .y = -3.5 }, .{ .x = 4.5, .y = 5.5 } };

/// `f` of the first `n` of three points.
pub fn show_points(f: Callback(fn ([]const Point) f64), n: u8) f64 {
    return f.call(.{piece(Point, &points, 0, n)});
}

const texts = [_][]const u8{ "", "plain", "gr\u{fc}n \u{1f600}", "a\x00b" };

/// `f` of one of four texts.
pub fn show_text(f: Callback(fn (String) u32), which: u8) u32 {
    return f.call(.{textAt(which)});
}

fn textAt(which: u8) String {
    const text = texts[which % texts.len];
    return .{ .address = @intFromPtr(text.ptr), .length = text.len };
}

/// `f` of the addresses of two of the extremes of an i64, which may be one.
pub fn compare_at(f: Callback(fn (*const i64, *const i64) i32), i: u8, j: u8) i32 {
    const table = &struct {
        const table = patterns.extremes(i64);
    }.table;
    return f.call(.{ &table[i % 4], &table[j % 4] });
}

/// `f(b)`.
pub fn show_box(f: Callback(fn (Handle(Box)) i64), b: Handle(Box)) i64 {
    return f.call(.{b});
}

/// What the box holds that `f(b, c)` gives; -1 where it gives none.
pub fn choose_box(f: Callback(fn (Handle(Box), Handle(Counter)) Handle(Box)), b: Handle(Box), c: Handle(Counter)) i64 {
    const chosen = f.call(.{ b, c });
    return if (chosen.pointer) |box| box.value else -1;
}

/// `f` of the one, then of the other; the difference of what comes back.
pub fn show_both(f: Callback(fn (Handle(Box)) i64), a: Handle(Box), b: Handle(Box)) i64 {
    const first = f.call(.{a});
    return first -% f.call(.{b});
}

/// More words than there are registers for, with a length on either side of their end.
const Mixed = fn (Color, []const i32, f64, Handle(Box), *const u8, String, i8, Level, f32, []const f64, u64) Level;

/// `f` of one of each, and of the box.
pub fn mixed_pieces(f: Callback(Mixed), b: Handle(Box)) Level {
    const here = struct {
        const i32s = patterns.extremes(i32);
        const u8s = patterns.extremes(u8);
        const f64s = patterns.extremes(f64);
    };
    return f.call(.{
        .blue,        here.i32s[1..4],
        -0.0,         b,
        &here.u8s[3], textAt(2),
        -5,           .low,
        2.5,          here.f64s[0..2],
        1 << 63,
    });
}
