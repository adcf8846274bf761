//! The floors of docs/evidence.md: `n` direct typed calls of a shape's symbol, on the library's own
//! clock. A call goes through a pointer that the optimiser cannot see, as any caller's would.

const std = @import("std");
const builtin = @import("builtin");
const exports = @import("exports.zig");
const scaling = @import("fixtures_scaling.zig");
const types = @import("types.zig");
const c = @import("libc.zig").c;

/// One of the table below: `Calls.call(k)` makes the calls of row `k` and returns the bits of what
/// came back.
const Shape = struct { name: []const u8, symbol: []const u8, Calls: type };

/// Ids in the manifest follow this order.
pub const shapes = [_]Shape{
    byValue("scalar-i64", "echo_i64", fn (i64) callconv(.c) i64, scalarI64),
    byValue("scalar-u64", "echo_u64", fn (u64) callconv(.c) u64, scalarU64),
    byValue("scalar-f64x3", "add_f64x3", fn (f64, f64, f64) callconv(.c) f64, scalarF64x3),
    byValue("scalar-mixed", "mix", fn (i64, f64, i32, f64) callconv(.c) f64, scalarMixed),
    byValue("scalar-void", "void_i64", fn (i64) callconv(.c) void, scalarVoid),
    byValue("enum-echo", "echo_color", fn (u8) callconv(.c) u8, color),
    byValue("enum-to-int", "color_number", fn (u8) callconv(.c) u8, color),
    .{ .name = "handle-get", .symbol = "box_get", .Calls = HandleGet },
    .{ .name = "handle-cycle", .symbol = "box", .Calls = HandleCycle },
    .{ .name = "slice-3", .symbol = "sum_f64s", .Calls = SliceSum(3, 16) },
    .{ .name = "slice-1000", .symbol = "sum_f64s", .Calls = SliceSum(1000, 1) },
    .{ .name = "slice-edit", .symbol = "reverse_i64s", .Calls = SliceEdit },
    .{ .name = "owned-16", .symbol = "owned_i64s", .Calls = Owned16 },
    .{ .name = "borrowed-4", .symbol = "borrowed_i64s", .Calls = Borrowed4 },
    .{ .name = "struct-echo", .symbol = "echo_point", .Calls = StructEcho },
    .{ .name = "string-len", .symbol = "string_len", .Calls = StringLength },
    .{ .name = "string-echo", .symbol = "string_echo", .Calls = StringEcho },
    .{ .name = "optional-some", .symbol = "some_i64", .Calls = OptionalSome },
    .{ .name = "error-ok", .symbol = "divide_i64", .Calls = Divide(1) },
    .{ .name = "error-name", .symbol = "divide_i64", .Calls = Divide(0) },
    .{ .name = "stream-8", .symbol = "countdown", .Calls = Stream8 },
} ++ by_arity ++ by_length;

/// `arity-KIND-ARITY`, a shape of each function of fixtures_scaling.zig.
const by_arity: [scaling.weighing.len]Shape = blk: {
    @setEvalBranchQuota(100_000);
    var all: [scaling.weighing.len]Shape = undefined;
    for (scaling.weighing, &all) |Fixture, *shape| {
        var name = Fixture.name["weigh".len..].*;
        std.mem.replaceScalar(u8, &name, '_', '-');
        const final = "arity" ++ name;
        shape.* = byValue(final, Fixture.name, @TypeOf(Fixture.function), counting(@TypeOf(Fixture.function)));
    }
    break :blk all;
};

/// `length-N`: a slice of so many elements.
const by_length: [8]Shape = blk: {
    var all: [8]Shape = undefined;
    for (&all, .{ 0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000 }) |*shape, elements| {
        const name = std.fmt.comptimePrint("length-{d}", .{elements});
        shape.* = .{ .name = name, .symbol = "sum_f64s", .Calls = LongSum(elements) };
    }
    break :blk all;
};

fn byValue(
    comptime name: []const u8,
    comptime symbol: []const u8,
    comptime Prototype: type,
    comptime row: fn (u8) std.meta.ArgsTuple(Prototype),
) Shape {
    return .{ .name = name, .symbol = symbol, .Calls = Rows(Prototype, symbol, row) };
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

/// The exported function as a pointer of unknown value. `Prototype` is its natural C type, which in
/// builds with whole registers is not the type it is written with.
fn hidden(comptime Prototype: type, comptime name: []const u8) *const Prototype {
    return hiddenDuty(Prototype, name, "Entry");
}

/// As `hidden`, for what the function obliges: `free` or `next`.
fn hiddenDuty(
    comptime Prototype: type,
    comptime name: []const u8,
    comptime duty: []const u8,
) *const Prototype {
    var place: *const Prototype = @ptrCast(&@field(exports.named(name), duty).call);
    return @as(*volatile *const Prototype, &place).*;
}

const FreeSlice = fn (usize, usize) callconv(.c) void;

/// One call by value, its arguments from a table of 16 rows.
fn Rows(
    comptime Prototype: type,
    comptime name: []const u8,
    comptime row: fn (u8) std.meta.ArgsTuple(Prototype),
) type {
    return struct {
        const Self = @This();
        const table: [16]std.meta.ArgsTuple(Prototype) = blk: {
            @setEvalBranchQuota(10_000);
            var rows: [16]std.meta.ArgsTuple(Prototype) = undefined;
            for (&rows, 0..) |*each, k| each.* = row(k);
            break :blk rows;
        };

        function: *const Prototype,

        fn init() Self {
            return .{ .function = hidden(Prototype, name) };
        }

        inline fn call(self: *Self, k: usize) u64 {
            return bits(@call(.auto, self.function, table[k]));
        }
    };
}

/// A result as it goes into the checksum.
inline fn bits(result: anytype) u64 {
    return switch (@TypeOf(result)) {
        void => 0,
        i64 => @bitCast(result),
        u64, u8 => result,
        f64 => @bitCast(result),
        else => comptime unreachable,
    };
}

fn scalarI64(k: u8) struct { i64 } {
    return .{@as(i64, k) * 3 + 1};
}

fn scalarU64(k: u8) struct { u64 } {
    return .{0xFFFF_FFFF_FFFF_FF00 + @as(u64, k)};
}

fn scalarF64x3(k: u8) struct { f64, f64, f64 } {
    const x: f64 = @floatFromInt(k);
    return .{ x, x + 0.5, x + 0.25 };
}

fn scalarMixed(k: u8) struct { i64, f64, i32, f64 } {
    const x: f64 = @floatFromInt(k);
    return .{ k, x + 0.5, k, x + 0.25 };
}

fn scalarVoid(k: u8) struct { i64 } {
    return .{k};
}

/// Arguments k, k + 1, … of whatever numbers a function takes.
fn counting(comptime Prototype: type) fn (u8) std.meta.ArgsTuple(Prototype) {
    return struct {
        fn row(k: u8) std.meta.ArgsTuple(Prototype) {
            var arguments: std.meta.ArgsTuple(Prototype) = undefined;
            inline for (&arguments, 0..) |*argument, at| {
                const number = k + at;
                argument.* = if (@TypeOf(argument.*) == f64) @floatFromInt(number) else number;
            }
            return arguments;
        }
    }.row;
}

fn color(k: u8) struct { u8 } {
    return .{k % 3};
}

const Make = fn (i64) callconv(.c) ?*anyopaque;
const Destroy = fn (?*anyopaque) callconv(.c) void;

const HandleGet = struct {
    const Get = fn (?*anyopaque) callconv(.c) i64;

    function: *const Get,
    box: ?*anyopaque,

    fn init() HandleGet {
        return .{ .function = hidden(Get, "box_get"), .box = hidden(Make, "box")(7) };
    }

    fn deinit(self: *HandleGet) void {
        hidden(Destroy, "free_box")(self.box);
    }

    inline fn call(self: *HandleGet, _: usize) u64 {
        return bits(self.function(self.box));
    }
};

const HandleCycle = struct {
    make: *const Make,
    destroy: *const Destroy,

    fn init() HandleCycle {
        return .{ .make = hidden(Make, "box"), .destroy = hidden(Destroy, "free_box") };
    }

    inline fn call(self: *HandleCycle, k: usize) u64 {
        const box = self.make(@intCast(k));
        self.destroy(box);
        return @intFromBool(box != null);
    }
};

/// `length` elements from row `k mod rows` on: k, k + 1, …
fn SliceSum(comptime length: usize, comptime rows: usize) type {
    return struct {
        const Self = @This();
        const Sum = fn (usize, usize) callconv(.c) f64;

        function: *const Sum,
        elements: [rows + length]f64,

        fn init() Self {
            var self: Self = .{ .function = hidden(Sum, "sum_f64s"), .elements = undefined };
            for (&self.elements, 0..) |*x, i| x.* = @floatFromInt(i);
            return self;
        }

        inline fn call(self: *Self, k: usize) u64 {
            return bits(self.function(@intFromPtr(&self.elements[k % rows]), length));
        }
    };
}

/// `elements` of them, 0, 1, …: as many as no stack has room for.
fn LongSum(comptime elements: usize) type {
    return struct {
        const Self = @This();
        const Sum = fn (usize, usize) callconv(.c) f64;
        const rows = 1;

        function: *const Sum,
        memory: [*]f64,

        fn init() Self {
            const bytes = c.malloc((elements + 1) * @sizeOf(f64)) orelse @panic("no memory");
            const memory: [*]f64 = @ptrCast(@alignCast(bytes));
            for (memory[0..elements], 0..) |*x, i| x.* = @floatFromInt(i);
            return .{ .function = hidden(Sum, "sum_f64s"), .memory = memory };
        }

        fn deinit(self: *Self) void {
            c.free(self.memory);
        }

        inline fn call(self: *Self, _: usize) u64 {
            return bits(self.function(@intFromPtr(self.memory), elements));
        }
    };
}

const SliceEdit = struct {
    const Reverse = fn (usize, usize) callconv(.c) void;

    function: *const Reverse,
    elements: [8]i64,

    fn init() SliceEdit {
        return .{
            .function = hidden(Reverse, "reverse_i64s"),
            .elements = .{ 0, 1, 2, 3, 4, 5, 6, 7 },
        };
    }

    inline fn call(self: *SliceEdit, _: usize) u64 {
        return bits(self.function(@intFromPtr(&self.elements), self.elements.len));
    }
};

const Owned16 = struct {
    const Make16 = fn (usize, *usize, *usize) callconv(.c) void;

    function: *const Make16,
    free: *const FreeSlice,

    fn init() Owned16 {
        return .{
            .function = hidden(Make16, "owned_i64s"),
            .free = hiddenDuty(FreeSlice, "owned_i64s", "free"),
        };
    }

    inline fn call(self: *Owned16, _: usize) u64 {
        var address: usize = undefined;
        var length: usize = undefined;
        self.function(16, &address, &length);
        const result = sliceBits(address, length);
        self.free(address, length);
        return result;
    }
};

const Borrowed4 = struct {
    const Lend = fn (*usize, *usize) callconv(.c) void;

    function: *const Lend,

    fn init() Borrowed4 {
        return .{ .function = hidden(Lend, "borrowed_i64s") };
    }

    inline fn call(self: *Borrowed4, _: usize) u64 {
        var address: usize = undefined;
        var length: usize = undefined;
        self.function(&address, &length);
        return sliceBits(address, length);
    }
};

const StructEcho = struct {
    const Echo = fn (*const types.Point, *types.Point) callconv(.c) void;

    function: *const Echo,
    rows: [16]types.Point,

    fn init() StructEcho {
        var self: StructEcho = .{ .function = hidden(Echo, "echo_point"), .rows = undefined };
        for (&self.rows, 0..) |*row, k| {
            const x: f64 = @floatFromInt(k);
            row.* = .{ .x = x, .y = x + 0.5 };
        }
        return self;
    }

    inline fn call(self: *StructEcho, k: usize) u64 {
        var result: types.Point = undefined;
        self.function(&self.rows[k], &result);
        return bits(result.x) +% bits(result.y);
    }
};

/// Hidden like the functions, so that its length is not known either.
var text: []const u8 = "boundary";

const StringLength = struct {
    const Length = fn (usize, usize) callconv(.c) usize;

    function: *const Length,
    string: []const u8,

    fn init() StringLength {
        return .{ .function = hidden(Length, "string_len"), .string = text };
    }

    inline fn call(self: *StringLength, _: usize) u64 {
        return self.function(@intFromPtr(self.string.ptr), self.string.len);
    }
};

const StringEcho = struct {
    const Echo = fn (usize, usize, *usize, *usize) callconv(.c) void;

    function: *const Echo,
    free: *const FreeSlice,
    string: []const u8,

    fn init() StringEcho {
        return .{
            .function = hidden(Echo, "string_echo"),
            .free = hiddenDuty(FreeSlice, "string_echo", "free"),
            .string = text,
        };
    }

    inline fn call(self: *StringEcho, _: usize) u64 {
        var address: usize = undefined;
        var length: usize = undefined;
        self.function(@intFromPtr(self.string.ptr), self.string.len, &address, &length);
        const first: *const u8 = @ptrFromInt(address);
        const result = length +% first.*;
        self.free(address, length);
        return result;
    }
};

const OptionalSome = struct {
    const Some = fn (i64, bool) callconv(.c) ?*const i64;

    function: *const Some,

    fn init() OptionalSome {
        return .{ .function = hidden(Some, "some_i64") };
    }

    inline fn call(self: *OptionalSome, k: usize) u64 {
        const there = self.function(@intCast(k), true) orelse return 0;
        return bits(there.*);
    }
};

fn Divide(comptime divisor: i64) type {
    return struct {
        const Self = @This();
        const Function = fn (i64, i64, *[256]u8, *usize) callconv(.c) i64;

        function: *const Function,

        fn init() Self {
            return .{ .function = hidden(Function, "divide_i64") };
        }

        inline fn call(self: *Self, k: usize) u64 {
            var name: [256]u8 = undefined;
            var length: usize = undefined;
            const result = self.function(@intCast(k), divisor, &name, &length);
            return if (length == 0) bits(result) else length +% name[0];
        }
    };
}

const Stream8 = struct {
    const Start = fn (i64) callconv(.c) usize;
    const Next = fn (usize, *i64) callconv(.c) bool;
    const Free = fn (usize) callconv(.c) void;

    function: *const Start,
    next: *const Next,
    free: *const Free,

    fn init() Stream8 {
        return .{
            .function = hidden(Start, "countdown"),
            .next = hiddenDuty(Next, "countdown", "next"),
            .free = hiddenDuty(Free, "countdown", "free"),
        };
    }

    inline fn call(self: *Stream8, _: usize) u64 {
        const iterator = self.function(8);
        var sum: u64 = 0;
        var item: i64 = undefined;
        while (self.next(iterator, &item)) sum +%= bits(item);
        self.free(iterator);
        return sum;
    }
};

/// The length plus the first element, wrapping; 0 where there is none.
inline fn sliceBits(address: usize, length: usize) u64 {
    if (length == 0) return 0;
    return length +% bits(@as(*const i64, @ptrFromInt(address)).*);
}
