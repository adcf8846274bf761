//! Slices as returns: owned, to be copied and freed (L-11, R-8), and borrowed (L-12).
//!
//! Where memory is short an owned return is empty, with a null address.

const std = @import("std");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const patterns = @import("patterns.zig");
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
pub const owned_i128s = owned(i128);
pub const owned_u128s = owned(u128);
pub const owned_f80s = owned(f80);
pub const owned_f128s = owned(f128);

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
pub const borrowed_i128s = borrowed(i128);
pub const borrowed_u128s = borrowed(u128);
pub const borrowed_f80s = borrowed(f80);
pub const borrowed_f128s = borrowed(f128);

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

pub const owned_copy_i64s = ownedCopy(i64);
pub const owned_copy_u8s = ownedCopy(u8);

fn ownedCopy(comptime T: type) fn ([]const T) Owned([]T) {
    return struct {
        fn call(xs: []const T) Owned([]T) {
            return Owned([]T).copyOf(xs) catch .empty;
        }
    }.call;
}

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
