//! Structs and records without buffers: arguments, returns, slices (L-9, L-13, L-18, L-19, R-9).

const std = @import("std");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const patterns = @import("patterns.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const Borrowed = forms.Borrowed;
const Owned = forms.Owned;
const Point = types.Point;

pub const echoes = series.of(series.structs, .{ .@"echo_*" = series.echo });
pub const owns = series.of(series.structs, .{ .@"owned_*" = ownedOne });
pub const lasts = series.of(series.structs, .{ .@"last_*" = last });
pub const extremes = series.of(
    &.{ types.Every, types.Halves, types.Wides, types.Extended, types.Quads },
    .{ .@"*_extreme" = extreme },
);
pub const copies = series.of(series.structs, .{ .@"owned_*_copy" = series.ownedCopy });

/// As `echo`, with a free symbol that is owed although it has nothing to free.
fn ownedOne(comptime S: type) fn (S) Owned(S) {
    return struct {
        fn call(s: S) Owned(S) {
            return .{ .value = s };
        }
    }.call;
}

/// The last element of a slice, all bits zero where it is empty: depends on the stride.
fn last(comptime S: type) fn ([]const S) S {
    return struct {
        fn call(all: []const S) S {
            return if (all.len == 0) std.mem.zeroes(S) else all[all.len - 1];
        }
    }.call;
}

pub fn make_point(x: f64, y: f64) Point {
    return .{ .x = x, .y = y };
}

pub fn make_vec3(x: f32, y: f32, z: f32) types.Vec3 {
    return .{ .x = x, .y = y, .z = z };
}

pub fn scale_point(p: Point, k: f64) Point {
    return .{ .x = p.x * k, .y = p.y * k };
}

/// a + 2x + 3y + 4b: a struct between scalars.
pub fn point_between(a: i32, p: Point, b: f64) f64 {
    return @as(f64, @floatFromInt(a)) + 2 * p.x + 3 * p.y + 4 * b;
}

/// x + 2y of `a`, plus 10 times that of `b`.
pub fn two_points(a: Point, b: Point) f64 {
    return a.x + 2 * a.y + 10 * (b.x + 2 * b.y);
}

/// With its ends exchanged.
pub fn flip_segment(s: types.Segment) types.Segment {
    return .{ .from = s.to, .to = s.from };
}

/// The `which`-th extreme of patterns.zig in every field, `which` modulo 4.
fn extreme(comptime S: type) fn (u8) S {
    return struct {
        fn call(which: u8) S {
            var s: S = undefined;
            inline for (@typeInfo(S).@"struct".fields) |field| {
                const table = comptime patterns.extremes(field.type);
                @field(s, field.name) = table[which % 4];
            }
            return s;
        }
    }.call;
}

/// Any raw values, with or without members (R-5).
pub fn painted_from(color: u8, level: i8, mask: u64) types.Painted {
    return .{
        .color = @enumFromInt(color),
        .level = @enumFromInt(level),
        .mask = @enumFromInt(mask),
    };
}

/// x + 2y of each point times its place, counted from 1.
pub fn sum_points(ps: []const Point) f64 {
    var total: f64 = 0;
    for (ps, 1..) |p, place| total += (p.x + 2 * p.y) * @as(f64, @floatFromInt(place));
    return total;
}

/// r + 256g + 65536b of each pixel times its place, counted from 1, wrapping.
pub fn sum_pixels(ps: []const types.Pixel) u64 {
    var total: u64 = 0;
    for (ps, 1..) |p, place| {
        total +%= (@as(u64, p.r) + @as(u64, p.g) * 256 + @as(u64, p.b) * 65536) *% place;
    }
    return total;
}

/// Point `i` is (i, -i).
pub fn owned_points(n: usize) Owned([]Point) {
    const block = ledger.alloc(Point, n) catch return .empty;
    for (block, 0..) |*p, i| {
        const x: f64 = @floatFromInt(i);
        p.* = .{ .x = x, .y = -x };
    }
    return .of(block);
}

/// Pixel `i` is (i, 2i, 3i), truncated.
pub fn owned_pixels(n: usize) Owned([]types.Pixel) {
    const block = ledger.alloc(types.Pixel, n) catch return .empty;
    for (block, 0..) |*p, i| {
        p.* = .{ .r = @truncate(i), .g = @truncate(i *% 2), .b = @truncate(i *% 3) };
    }
    return .of(block);
}

/// (1, 2), (-0.0, inf).
pub fn borrowed_points() Borrowed([]const Point) {
    return .lend(&.{ .{ .x = 1, .y = 2 }, .{ .x = -0.0, .y = std.math.inf(f64) } });
}

/// (1, 2), which nobody frees.
pub fn borrowed_point() Borrowed(Point) {
    return .{ .value = .{ .x = 1, .y = 2 } };
}

/// (1, 2, 3), which nobody frees.
pub fn borrowed_vec3() Borrowed(types.Vec3) {
    return .{ .value = .{ .x = 1, .y = 2, .z = 3 } };
}
