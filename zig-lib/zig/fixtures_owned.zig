//! Slices as returns: owned, to be copied and freed (L-11, R-8), and borrowed (L-12).
//!
//! Where memory is short an owned return is empty, with a null address.

const std = @import("std");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const types = @import("types.zig");
const Borrowed = forms.Borrowed;
const Color = types.Color;
const Owned = forms.Owned;

pub const owned_i8s = owned(i8);
pub const owned_i16s = owned(i16);
pub const owned_i32s = owned(i32);
pub const owned_i64s = owned(i64);
pub const owned_isizes = owned(isize);
pub const owned_u8s = owned(u8);
pub const owned_u16s = owned(u16);
pub const owned_u32s = owned(u32);
pub const owned_u64s = owned(u64);
pub const owned_usizes = owned(usize);
pub const owned_f16s = owned(f16);
pub const owned_f32s = owned(f32);
pub const owned_f64s = owned(f64);
pub const owned_bools = owned(bool);

pub const borrowed_i8s = borrowed(i8);
pub const borrowed_i16s = borrowed(i16);
pub const borrowed_i32s = borrowed(i32);
pub const borrowed_i64s = borrowed(i64);
pub const borrowed_isizes = borrowed(isize);
pub const borrowed_u8s = borrowed(u8);
pub const borrowed_u16s = borrowed(u16);
pub const borrowed_u32s = borrowed(u32);
pub const borrowed_u64s = borrowed(u64);
pub const borrowed_usizes = borrowed(usize);
pub const borrowed_f16s = borrowed(f16);
pub const borrowed_f32s = borrowed(f32);
pub const borrowed_f64s = borrowed(f64);
pub const borrowed_bools = borrowed(bool);

/// `n` elements: the type's maximum, its minimum, then the index, truncated; floats: -0.0, infinity,
/// then the index + 0.5; bools: true at even indices.
fn owned(comptime T: type) fn (usize) Owned([]T) {
    return struct {
        fn call(n: usize) Owned([]T) {
            const block = ledger.alloc(T, n) orelse return .empty;
            for (block, 0..) |*x, i| x.* = pattern(T, i);
            return .of(block);
        }
    }.call;
}

fn pattern(comptime T: type, i: usize) T {
    return switch (@typeInfo(T)) {
        .bool => i % 2 == 0,
        .int => |int| switch (i) {
            0 => std.math.maxInt(T),
            1 => std.math.minInt(T),
            else => @bitCast(@as(@Int(.unsigned, int.bits), @truncate(i))),
        },
        .float => switch (i) {
            0 => -0.0,
            1 => std.math.inf(T),
            else => @floatCast(@as(f64, @floatFromInt(i)) + 0.5),
        },
        else => comptime unreachable,
    };
}

/// Signed: max, min, -1, 1. Unsigned: max, 0, 1, the top bit alone. Floats: -0.0, infinity, a quiet NaN
/// whose payload is 1, the smallest subnormal. Bools: true, false, false, true.
fn borrowed(comptime T: type) fn () Borrowed([]const T) {
    return struct {
        const table: [4]T = switch (@typeInfo(T)) {
            .bool => .{ true, false, false, true },
            .int => |int| switch (int.signedness) {
                .signed => .{ std.math.maxInt(T), std.math.minInt(T), -1, 1 },
                .unsigned => .{ std.math.maxInt(T), 0, 1, std.math.maxInt(T) / 2 + 1 },
            },
            .float => |float| .{
                -0.0,
                std.math.inf(T),
                @bitCast(@as(@Int(.unsigned, float.bits), @bitCast(std.math.nan(T))) | 1),
                std.math.floatTrueMin(T),
            },
            else => unreachable,
        };

        fn call() Borrowed([]const T) {
            return .of(&table);
        }
    }.call;
}

pub const owned_copy_i64s = ownedCopy(i64);
pub const owned_copy_u8s = ownedCopy(u8);

fn ownedCopy(comptime T: type) fn ([]const T) Owned([]T) {
    return struct {
        fn call(xs: []const T) Owned([]T) {
            return Owned([]T).copyOf(xs) orelse .empty;
        }
    }.call;
}

/// `n` colours: red, green, blue, red, …
pub fn owned_color_path(n: usize) Owned([]Color) {
    const block = ledger.alloc(Color, n) orelse return .empty;
    for (block, 0..) |*color, i| color.* = @enumFromInt(i % 3);
    return .of(block);
}

/// Red, green, blue, and 255, which has no member.
pub fn borrowed_colors() Borrowed([]const Color) {
    const table = struct {
        const colors: [4]Color = .{ .red, .green, .blue, @enumFromInt(255) };
    };
    return .of(&table.colors);
}

/// A real block of three elements (7, 8, 9) with a length that no memory could hold (R-11). Its free
/// must bring exactly that length back.
pub fn corrupt_length_i64s() Owned([]i64) {
    const block = ledger.alloc(i64, 3) orelse return .empty;
    block[0..3].* = .{ 7, 8, 9 };
    const length = std.math.maxInt(usize) / 2;
    ledger.misreport(@intFromPtr(block.ptr), length);
    return .{ .address = @intFromPtr(block.ptr), .length = length };
}

/// No elements, at an address that is not null and reaches nothing (R-11). It is freed all the same.
pub fn owned_empty_i64s() Owned([]i64) {
    return .{ .address = std.math.maxInt(usize) - 7, .length = 0 };
}
