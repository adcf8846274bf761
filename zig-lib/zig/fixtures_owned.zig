//! Slices as returns: owned, to be copied and freed (L-11, R-8), and borrowed (L-12).
//!
//! Where memory is short an owned return is empty, with a null address.

const std = @import("std");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const patterns = @import("patterns.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const Borrowed = forms.Borrowed;
const Color = types.Color;
const Owned = forms.Owned;

pub const owns = series.of(series.scalars, .{ .@"owned_*s" = owned });
pub const lends = series.of(series.scalars, .{ .@"borrowed_*s" = borrowed });

/// The first `n` elements of the pattern of patterns.zig.
fn owned(comptime T: type) fn (usize) Owned([]T) {
    return struct {
        fn call(n: usize) Owned([]T) {
            const block = ledger.alloc(T, n) catch return .empty;
            for (block, 0..) |*x, i| x.* = patterns.element(T, i);
            return .of(block);
        }
    }.call;
}

/// The four extremes of patterns.zig.
fn borrowed(comptime T: type) fn () Borrowed([]const T) {
    return struct {
        const table = patterns.extremes(T);

        fn call() Borrowed([]const T) {
            return .lend(&table);
        }
    }.call;
}

/// The first 65,537 elements of the pattern.
pub fn borrowed_many_u16s() Borrowed([]const u16) {
    const table = comptime blk: {
        @setEvalBranchQuota(1_000_000);
        var all: [65_537]u16 = undefined;
        for (&all, 0..) |*x, i| x.* = patterns.element(u16, i);
        break :blk all;
    };
    return .lend(&table);
}

pub const copies = series.of(&.{ i64, u8, Color }, .{ .@"owned_copy_*s" = series.ownedCopy });

/// `n` colours: red, green, blue, red, …
pub fn owned_color_path(n: usize) Owned([]Color) {
    const block = ledger.alloc(Color, n) catch return .empty;
    for (block, 0..) |*color, i| color.* = @enumFromInt(i % 3);
    return .of(block);
}

/// A real block of three elements (7, 8, 9) with a length that no memory could hold (R-11). Its
/// free must bring exactly that length back.
pub fn corrupt_length_i64s() Owned([]i64) {
    const block = ledger.alloc(i64, 3) catch return .empty;
    block[0..3].* = .{ 7, 8, 9 };
    const address = @intFromPtr(block.ptr);
    return .{ .address = address, .length = ledger.corruptLength(address, block.len) };
}

/// No elements, at an address that is not null and reaches nothing (R-11). It is freed all the
/// same.
pub fn owned_empty_i64s() Owned([]i64) {
    return .{ .address = std.math.maxInt(usize) - 7, .length = 0 };
}

/// As `owned_empty_i64s`, and nobody frees it.
pub fn borrowed_empty_i64s() Borrowed([]const i64) {
    return .{ .address = std.math.maxInt(usize) - 7, .length = 0 };
}

/// As `corrupt_length_i64s`, from static memory, with the greatest length there is.
pub fn corrupt_borrowed_u8s() Borrowed([]const u8) {
    const table = comptime patterns.extremes(u8);
    return .{ .address = @intFromPtr(&table), .length = std.math.maxInt(usize) };
}
