//! Enums as arguments and returns, at every backing (L-5, R-5).

const std = @import("std");
const forms = @import("forms.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const Color = types.Color;
const Level = types.Level;

pub const numbers = series.of(series.enums, .{
    .@"echo_*" = series.echo,
    .@"*_from" = from,
    .@"*_number" = number,
});

pub const tables = series.of(series.enums, .{
    .@"sum_*s" = sum,
    .@"owned_*s" = owned,
    .@"borrowed_*s" = borrowed,
});

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

/// Every member in order, then a value without a member: 255 for a byte, 7 for the others.
fn table(comptime E: type) []const E {
    const raw: E = @enumFromInt(if (@typeInfo(E).@"enum".tag_type == u8) 255 else 7);
    @setEvalBranchQuota(10_000);
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
