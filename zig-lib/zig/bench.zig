//! The floors of docs/evidence.md: `n` direct typed calls of a shape's symbol, on the library's own
//! clock.

const std = @import("std");
const builtin = @import("builtin");
const floors = @import("bench_calls.zig");
const scaling = @import("fixtures_scaling.zig");
const c = @import("libc.zig").c;

/// One of the table below: `Calls.call(k)` makes the calls of row `k` and returns the bits of what
/// came back.
const Shape = struct { name: []const u8, symbol: []const u8, Calls: type };

/// Ids in the manifest follow this order.
pub const shapes = [_]Shape{
    byValue("scalar-i64", "echo_i64", fn (i64) callconv(.c) i64, floors.scalarI64),
    byValue("scalar-u64", "echo_u64", fn (u64) callconv(.c) u64, floors.scalarU64),
    byValue("scalar-f64x3", "add_f64x3", fn (f64, f64, f64) callconv(.c) f64, floors.scalarF64x3),
    byValue("scalar-mixed", "mix", fn (i64, f64, i32, f64) callconv(.c) f64, floors.scalarMixed),
    byValue("scalar-void", "void_i64", fn (i64) callconv(.c) void, floors.scalarVoid),
    byValue("enum-echo", "echo_color", fn (u8) callconv(.c) u8, floors.color),
    byValue("enum-to-int", "color_number", fn (u8) callconv(.c) u8, floors.color),
    .{ .name = "handle-get", .symbol = "box_get", .Calls = floors.HandleGet },
    .{ .name = "handle-cycle", .symbol = "box", .Calls = floors.HandleCycle },
    .{ .name = "slice-3", .symbol = "sum_f64s", .Calls = floors.SliceSum(3, 16) },
    .{ .name = "slice-1000", .symbol = "sum_f64s", .Calls = floors.SliceSum(1000, 1) },
    .{ .name = "slice-edit", .symbol = "reverse_i64s", .Calls = floors.SliceEdit },
    .{ .name = "owned-16", .symbol = "owned_i64s", .Calls = floors.Owned16 },
    .{ .name = "borrowed-4", .symbol = "borrowed_i64s", .Calls = floors.Borrowed4 },
    .{ .name = "struct-echo", .symbol = "echo_point", .Calls = floors.StructEcho },
    .{ .name = "string-len", .symbol = "string_len", .Calls = floors.StringLength },
    .{ .name = "string-echo", .symbol = "string_echo", .Calls = floors.StringEcho },
    .{ .name = "optional-some", .symbol = "some_i64", .Calls = floors.OptionalSome },
    .{ .name = "error-ok", .symbol = "divide_i64", .Calls = floors.Divide(1) },
    .{ .name = "error-name", .symbol = "divide_i64", .Calls = floors.Divide(0) },
    .{ .name = "stream-8", .symbol = "countdown", .Calls = floors.Stream8 },
    .{ .name = "callback-8", .symbol = "kept_times_i64", .Calls = floors.Callbacks(8) },
} ++ by_arity ++ by_length ++ by_callbacks;

/// `arity-KIND-ARITY`, a shape of each function of fixtures_scaling.zig.
const by_arity: [scaling.weighing.len]Shape = blk: {
    @setEvalBranchQuota(100_000);
    var all: [scaling.weighing.len]Shape = undefined;
    for (scaling.weighing, &all) |Fixture, *shape| {
        var name = Fixture.name["weigh".len..].*;
        std.mem.replaceScalar(u8, &name, '_', '-');
        const final = "arity" ++ name;
        shape.* = byValue(final, Fixture.name, @TypeOf(Fixture.function), floors.counting(@TypeOf(Fixture.function)));
    }
    break :blk all;
};

/// `length-N`: a slice of so many elements.
const by_length: [8]Shape = blk: {
    var all: [8]Shape = undefined;
    for (&all, .{ 0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000 }) |*shape, elements| {
        const name = std.fmt.comptimePrint("length-{d}", .{elements});
        shape.* = .{ .name = name, .symbol = "sum_f64s", .Calls = floors.LongSum(elements) };
    }
    break :blk all;
};

/// `callbacks-N`: a call that makes so many of a function that is kept.
const by_callbacks: [5]Shape = blk: {
    var all: [5]Shape = undefined;
    for (&all, .{ 0, 1, 10, 100, 1_000 }) |*shape, times| {
        const name = std.fmt.comptimePrint("callbacks-{d}", .{times});
        shape.* = .{ .name = name, .symbol = "kept_times_i64", .Calls = floors.Callbacks(times) };
    }
    break :blk all;
};

fn byValue(
    comptime name: []const u8,
    comptime symbol: []const u8,
    comptime Prototype: type,
    comptime row: fn (u8) std.meta.ArgsTuple(Prototype),
) Shape {
    return .{ .name = name, .symbol = symbol, .Calls = floors.Rows(Prototype, symbol, row) };
}

/// Places that a loop is compiled at: where it lies decides how fast a processor runs it.
const placements = 3;

/// Nanoseconds for `n` calls of a shape at a placement; for an unknown one 0, and the checksum is 0.
pub fn bc_bench_floor(shape: u32, placement: u32, n: u64, checksum: *u64) callconv(.c) u64 {
    checksum.* = 0;
    inline for (shapes, 0..) |each, id| {
        inline for (0..placements) |place| {
            if (shape == id and placement == place) return timed(each.Calls, place, n, checksum);
        }
    }
    return 0;
}

noinline fn timed(comptime Calls: type, comptime placement: u32, n: u64, checksum: *u64) u64 {
    const count = if (@hasDecl(Calls, "rows")) Calls.rows else 16;
    var calls: Calls = .init();
    defer if (@hasDecl(Calls, "deinit")) calls.deinit();
    moved(placement);
    const start = now();
    for (0..n) |i| std.mem.doNotOptimizeAway(calls.call(i % count));
    const end = now();
    var rows: [count]u64 = undefined;
    for (&rows, 0..) |*row, k| row.* = if (n > k) calls.call(k) else 0;
    var sum: u64 = 0;
    for (0..n) |i| sum = sum *% 31 +% rows[i % count];
    checksum.* = sum;
    return end - start;
}

/// Moves what follows by 16 bytes a step, which is what compilers align loops to.
inline fn moved(comptime steps: u32) void {
    if (builtin.cpu.arch.isWasm()) return;
    const instruction = if (builtin.cpu.arch.isX86()) "nop\n" ** 16 else "nop\n" ** 4;
    if (steps > 0) asm volatile (instruction ** steps);
}

fn now() u64 {
    var time: c.timespec = undefined;
    _ = c.clock_gettime(.MONOTONIC, &time);
    return @as(u64, @intCast(time.sec)) * std.time.ns_per_s + @as(u64, @intCast(time.nsec));
}
