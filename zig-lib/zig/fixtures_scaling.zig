//! The same function of more and more arguments, for what one more costs (docs/evidence.md, *Series*).

const std = @import("std");
const wrap = @import("wrap.zig");

/// What the arguments of a kind are in turn, and what comes back.
const Kind = struct { name: []const u8, of: []const type, Returns: type };
const kinds = [_]Kind{
    .{ .name = "int", .of = &.{i64}, .Returns = i64 },
    .{ .name = "float", .of = &.{f64}, .Returns = f64 },
    .{ .name = "mixed", .of = &.{ i64, f64 }, .Returns = f64 },
};
const arities = [_]usize{ 0, 1, 2, 4, 6, 8, 12, 16, 24, 32 };

/// `weigh_KIND_ARITY`: the sum of the first, twice the second and so on. It is made in four parts, so that of many
/// floats none waits for the addition before it.
pub const weighing: []const type = blk: {
    @setEvalBranchQuota(100_000);
    var collected: []const type = &.{};
    for (kinds) |kind| {
        for (arities) |arity| collected = collected ++ .{Weigh(kind, arity)};
    }
    break :blk collected;
};

fn Weigh(comptime kind: Kind, comptime arity: usize) type {
    const R = kind.Returns;
    const parameters: []const type = blk: {
        var all: []const type = &.{};
        for (0..arity) |at| all = all ++ .{kind.of[at % kind.of.len]};
        break :blk all;
    };
    return struct {
        pub const name = std.fmt.comptimePrint("weigh_{s}_{d}", .{ kind.name, arity });
        pub const function = wrap.Entry(parameters, R, weigh).call;

        inline fn weigh(values: @Tuple(parameters)) R {
            var parts: [4]R = @splat(0);
            inline for (0..arity) |at| {
                const part = &parts[at % 4];
                part.* = plus(part.*, times(values[at], at + 1));
            }
            return plus(plus(parts[0], parts[1]), plus(parts[2], parts[3]));
        }

        inline fn plus(a: R, b: R) R {
            return if (R == i64) a +% b else a + b;
        }

        inline fn times(value: anytype, comptime weight: i64) R {
            if (R == i64) return value *% weight;
            return weight * @as(f64, if (@TypeOf(value) == i64) @floatFromInt(value) else value);
        }
    };
}
