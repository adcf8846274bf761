//! The values that slices, streams and structs come back with: the ends of every type first. The suite
//! writes them as `{pattern: …}` (docs/case-format.md).

const std = @import("std");

/// Element `i`: the type's maximum, its minimum, then the spread index, truncated; floats: -0.0, infinity,
/// then the index + 0.5; bools: true at even spread indices.
pub fn element(comptime T: type, i: usize) T {
    return switch (@typeInfo(T)) {
        .bool => spread(8, i) % 2 == 0,
        .int => |int| switch (i) {
            0 => std.math.maxInt(T),
            1 => std.math.minInt(T),
            else => if (int.bits > @bitSizeOf(usize))
                i
            else
                @bitCast(@as(@Int(.unsigned, int.bits), @truncate(spread(int.bits, i)))),
        },
        .float => switch (i) {
            0 => -0.0,
            1 => std.math.inf(T),
            else => @floatCast(@as(f64, @floatFromInt(i)) + 0.5),
        },
        else => comptime unreachable,
    };
}

/// The index, with what a narrow type cannot hold added in: where it goes round with a power of two, a
/// piece of it would be like the piece a page further.
fn spread(comptime bits: u16, i: usize) usize {
    return switch (bits) {
        8 => i +% (i >> 8) +% (i >> 16),
        16 => i +% (i >> 16),
        else => i,
    };
}

/// Signed: max, min, -1, 1. Unsigned: max, 0, 1, the top bit alone. Floats: -0.0, infinity, a quiet
/// NaN whose payload is 1, the smallest subnormal. Bools: true, false, false, true.
pub fn extremes(comptime T: type) [4]T {
    return switch (@typeInfo(T)) {
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
        else => comptime unreachable,
    };
}
