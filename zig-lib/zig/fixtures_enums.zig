//! Enums as arguments and returns, at every backing (L-5, R-5).

const std = @import("std");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const types = @import("types.zig");
const Color = types.Color;
const Level = types.Level;

pub const echo_color = echo(types.Color);
pub const color_from = from(types.Color);
pub const color_number = number(types.Color);
pub const echo_level = echo(types.Level);
pub const level_from = from(types.Level);
pub const level_number = number(types.Level);
pub const echo_port = echo(types.Port);
pub const port_from = from(types.Port);
pub const port_number = number(types.Port);
pub const echo_offset = echo(types.Offset);
pub const offset_from = from(types.Offset);
pub const offset_number = number(types.Offset);
pub const echo_status = echo(types.Status);
pub const status_from = from(types.Status);
pub const status_number = number(types.Status);
pub const echo_code = echo(types.Code);
pub const code_from = from(types.Code);
pub const code_number = number(types.Code);
pub const echo_tick = echo(types.Tick);
pub const tick_from = from(types.Tick);
pub const tick_number = number(types.Tick);
pub const echo_mask = echo(types.Mask);
pub const mask_from = from(types.Mask);
pub const mask_number = number(types.Mask);

pub const sum_colors = sum(types.Color);
pub const owned_colors = owned(types.Color);
pub const borrowed_colors = borrowed(types.Color);
pub const sum_levels = sum(types.Level);
pub const owned_levels = owned(types.Level);
pub const borrowed_levels = borrowed(types.Level);
pub const sum_ports = sum(types.Port);
pub const owned_ports = owned(types.Port);
pub const borrowed_ports = borrowed(types.Port);
pub const sum_offsets = sum(types.Offset);
pub const owned_offsets = owned(types.Offset);
pub const borrowed_offsets = borrowed(types.Offset);
pub const sum_statuses = sum(types.Status);
pub const owned_statuses = owned(types.Status);
pub const borrowed_statuses = borrowed(types.Status);
pub const sum_codes = sum(types.Code);
pub const owned_codes = owned(types.Code);
pub const borrowed_codes = borrowed(types.Code);
pub const sum_ticks = sum(types.Tick);
pub const owned_ticks = owned(types.Tick);
pub const borrowed_ticks = borrowed(types.Tick);
pub const sum_masks = sum(types.Mask);
pub const owned_masks = owned(types.Mask);
pub const borrowed_masks = borrowed(types.Mask);

/// The next colour after `c` where `l` is high, otherwise `c`. Blue and what has no member go to
/// red.
pub fn pick(c: Color, l: Level) Color {
    if (l != .high) return c;
    return switch (c) {
        .red => .green,
        .green => .blue,
        .blue, _ => .red,
    };
}

fn echo(comptime E: type) fn (E) E {
    return struct {
        fn call(e: E) E {
            return e;
        }
    }.call;
}

/// Any raw value, with or without a member.
fn from(comptime E: type) fn (@typeInfo(E).@"enum".tag_type) E {
    return struct {
        fn call(n: @typeInfo(E).@"enum".tag_type) E {
            return @enumFromInt(n);
        }
    }.call;
}

fn number(comptime E: type) fn (E) @typeInfo(E).@"enum".tag_type {
    return struct {
        fn call(e: E) @typeInfo(E).@"enum".tag_type {
            return @intFromEnum(e);
        }
    }.call;
}

/// The sum of the numbers in 64 bits, wrapping.
fn sum(comptime E: type) fn ([]const E) Sum(E) {
    return struct {
        fn call(es: []const E) Sum(E) {
            var total: Sum(E) = 0;
            for (es) |e| total +%= @intFromEnum(e);
            return total;
        }
    }.call;
}

fn Sum(comptime E: type) type {
    const signed = @typeInfo(@typeInfo(E).@"enum".tag_type).int.signedness == .signed;
    return if (signed) i64 else u64;
}

/// Every member in order, then a value without a member: 255 for `Color`, 7 for the others.
fn table(comptime E: type) []const E {
    const raw: E = @enumFromInt(if (E == Color) 255 else 7);
    return comptime std.enums.values(E) ++ .{raw};
}

/// A copy of the table.
fn owned(comptime E: type) fn () forms.Owned([]E) {
    return struct {
        fn call() forms.Owned([]E) {
            return forms.Owned([]E).copyOf(table(E)) catch .empty;
        }
    }.call;
}

/// The table itself.
fn borrowed(comptime E: type) fn () forms.Borrowed([]const E) {
    return struct {
        fn call() forms.Borrowed([]const E) {
            return .lend(table(E));
        }
    }.call;
}
