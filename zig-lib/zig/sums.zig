//! What functions of many arguments return: a sum that shows where each went.

const forms = @import("forms.zig");
const types = @import("types.zig");

/// 1 times the first plus 2 times the second and so on, wrapping for integers, from left to right for floats. Of an enum
/// its value counts, of a box what it holds, and of a point x and twice y; an integer in a sum of floats is one of them.
pub fn weighted(comptime T: type, values: anytype) T {
    const is_float = @typeInfo(T) == .float;
    var sum: T = 0;
    inline for (values, 1..) |value, weight| {
        const term: T = switch (@TypeOf(value)) {
            bool => @intFromBool(value),
            types.Color => @intFromEnum(value),
            types.Point => value.x + 2 * value.y,
            forms.Handle(types.Box) => value.target().value,
            else => |V| if (is_float and @typeInfo(V) == .int) @floatFromInt(value) else value,
        };
        sum = if (is_float) sum + term * weight else sum +% term *% weight;
    }
    return sum;
}
