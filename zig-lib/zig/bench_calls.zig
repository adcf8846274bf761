//! What the floors of docs/evidence.md call, typed, shape by shape. A call goes through a pointer that the optimiser cannot
//! see, as any caller's would.

const std = @import("std");
const exports = @import("exports.zig");
const keeping = @import("keeping.zig");
const types = @import("types.zig");
const c = @import("libc.zig").c;

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
pub fn Rows(
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

        pub fn init() Self {
            return .{ .function = hidden(Prototype, name) };
        }

        pub inline fn call(self: *Self, k: usize) u64 {
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

pub fn scalarI64(k: u8) struct { i64 } {
    return .{@as(i64, k) * 3 + 1};
}

pub fn scalarU64(k: u8) struct { u64 } {
    return .{0xFFFF_FFFF_FFFF_FF00 + @as(u64, k)};
}

pub fn scalarF64x3(k: u8) struct { f64, f64, f64 } {
    const x: f64 = @floatFromInt(k);
    return .{ x, x + 0.5, x + 0.25 };
}

pub fn scalarMixed(k: u8) struct { i64, f64, i32, f64 } {
    const x: f64 = @floatFromInt(k);
    return .{ k, x + 0.5, k, x + 0.25 };
}

pub fn scalarVoid(k: u8) struct { i64 } {
    return .{k};
}

/// Arguments k, k + 1, … of whatever numbers a function takes.
pub fn counting(comptime Prototype: type) fn (u8) std.meta.ArgsTuple(Prototype) {
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

pub fn color(k: u8) struct { u8 } {
    return .{k % 3};
}

const Make = fn (i64) callconv(.c) ?*anyopaque;
const Destroy = fn (?*anyopaque) callconv(.c) void;

pub const HandleGet = struct {
    const Get = fn (?*anyopaque) callconv(.c) i64;

    function: *const Get,
    box: ?*anyopaque,

    pub fn init() HandleGet {
        return .{ .function = hidden(Get, "box_get"), .box = hidden(Make, "box")(7) };
    }

    pub fn deinit(self: *HandleGet) void {
        hidden(Destroy, "free_box")(self.box);
    }

    pub inline fn call(self: *HandleGet, _: usize) u64 {
        return bits(self.function(self.box));
    }
};

pub const HandleCycle = struct {
    make: *const Make,
    destroy: *const Destroy,

    pub fn init() HandleCycle {
        return .{ .make = hidden(Make, "box"), .destroy = hidden(Destroy, "free_box") };
    }

    pub inline fn call(self: *HandleCycle, k: usize) u64 {
        const box = self.make(@intCast(k));
        self.destroy(box);
        return @intFromBool(box != null);
    }
};

/// `length` elements from row `k mod rows` on: k, k + 1, …
pub fn SliceSum(comptime length: usize, comptime rows: usize) type {
    return struct {
        const Self = @This();
        const Sum = fn (usize, usize) callconv(.c) f64;

        function: *const Sum,
        elements: [rows + length]f64,

        pub fn init() Self {
            var self: Self = .{ .function = hidden(Sum, "sum_f64s"), .elements = undefined };
            for (&self.elements, 0..) |*x, i| x.* = @floatFromInt(i);
            return self;
        }

        pub inline fn call(self: *Self, k: usize) u64 {
            return bits(self.function(@intFromPtr(&self.elements[k % rows]), length));
        }
    };
}

/// `elements` of them, 0, 1, …: as many as no stack has room for.
pub fn LongSum(comptime elements: usize) type {
    return struct {
        const Self = @This();
        const Sum = fn (usize, usize) callconv(.c) f64;
        pub const rows = 1;

        function: *const Sum,
        memory: [*]f64,

        pub fn init() Self {
            const bytes = c.malloc((elements + 1) * @sizeOf(f64)) orelse @panic("no memory");
            const memory: [*]f64 = @ptrCast(@alignCast(bytes));
            for (memory[0..elements], 0..) |*x, i| x.* = @floatFromInt(i);
            return .{ .function = hidden(Sum, "sum_f64s"), .memory = memory };
        }

        pub fn deinit(self: *Self) void {
            c.free(self.memory);
        }

        pub inline fn call(self: *Self, _: usize) u64 {
            return bits(self.function(@intFromPtr(self.memory), elements));
        }
    };
}

pub const SliceEdit = struct {
    const Reverse = fn (usize, usize) callconv(.c) void;

    function: *const Reverse,
    elements: [8]i64,

    pub fn init() SliceEdit {
        return .{
            .function = hidden(Reverse, "reverse_i64s"),
            .elements = .{ 0, 1, 2, 3, 4, 5, 6, 7 },
        };
    }

    pub inline fn call(self: *SliceEdit, _: usize) u64 {
        return bits(self.function(@intFromPtr(&self.elements), self.elements.len));
    }
};

pub const Owned16 = struct {
    const Make16 = fn (usize, *usize, *usize) callconv(.c) void;

    function: *const Make16,
    free: *const FreeSlice,

    pub fn init() Owned16 {
        return .{
            .function = hidden(Make16, "owned_i64s"),
            .free = hiddenDuty(FreeSlice, "owned_i64s", "free"),
        };
    }

    pub inline fn call(self: *Owned16, _: usize) u64 {
        var address: usize = undefined;
        var length: usize = undefined;
        self.function(16, &address, &length);
        const result = sliceBits(address, length);
        self.free(address, length);
        return result;
    }
};

pub const Borrowed4 = struct {
    const Lend = fn (*usize, *usize) callconv(.c) void;

    function: *const Lend,

    pub fn init() Borrowed4 {
        return .{ .function = hidden(Lend, "borrowed_i64s") };
    }

    pub inline fn call(self: *Borrowed4, _: usize) u64 {
        var address: usize = undefined;
        var length: usize = undefined;
        self.function(&address, &length);
        return sliceBits(address, length);
    }
};

pub const StructEcho = struct {
    const Echo = fn (*const types.Point, *types.Point) callconv(.c) void;

    function: *const Echo,
    rows: [16]types.Point,

    pub fn init() StructEcho {
        var self: StructEcho = .{ .function = hidden(Echo, "echo_point"), .rows = undefined };
        for (&self.rows, 0..) |*row, k| {
            const x: f64 = @floatFromInt(k);
            row.* = .{ .x = x, .y = x + 0.5 };
        }
        return self;
    }

    pub inline fn call(self: *StructEcho, k: usize) u64 {
        var result: types.Point = undefined;
        self.function(&self.rows[k], &result);
        return bits(result.x) +% bits(result.y);
    }
};

/// Hidden like the functions, so that its length is not known either.
var text: []const u8 = "boundary";

pub const StringLength = struct {
    const Length = fn (usize, usize) callconv(.c) usize;

    function: *const Length,
    string: []const u8,

    pub fn init() StringLength {
        return .{ .function = hidden(Length, "string_len"), .string = text };
    }

    pub inline fn call(self: *StringLength, _: usize) u64 {
        return self.function(@intFromPtr(self.string.ptr), self.string.len);
    }
};

pub const StringEcho = struct {
    const Echo = fn (usize, usize, *usize, *usize) callconv(.c) void;

    function: *const Echo,
    free: *const FreeSlice,
    string: []const u8,

    pub fn init() StringEcho {
        return .{
            .function = hidden(Echo, "string_echo"),
            .free = hiddenDuty(FreeSlice, "string_echo", "free"),
            .string = text,
        };
    }

    pub inline fn call(self: *StringEcho, _: usize) u64 {
        var address: usize = undefined;
        var length: usize = undefined;
        self.function(@intFromPtr(self.string.ptr), self.string.len, &address, &length);
        const first: *const u8 = @ptrFromInt(address);
        const result = length +% first.*;
        self.free(address, length);
        return result;
    }
};

pub const OptionalSome = struct {
    const Some = fn (i64, bool) callconv(.c) ?*const i64;

    function: *const Some,

    pub fn init() OptionalSome {
        return .{ .function = hidden(Some, "some_i64") };
    }

    pub inline fn call(self: *OptionalSome, k: usize) u64 {
        const there = self.function(@intCast(k), true) orelse return 0;
        return bits(there.*);
    }
};

pub fn Divide(comptime divisor: i64) type {
    return struct {
        const Self = @This();
        const Function = fn (i64, i64, *[256]u8, *usize) callconv(.c) i64;

        function: *const Function,

        pub fn init() Self {
            return .{ .function = hidden(Function, "divide_i64") };
        }

        pub inline fn call(self: *Self, k: usize) u64 {
            var name: [256]u8 = undefined;
            var length: usize = undefined;
            const result = self.function(@intCast(k), divisor, &name, &length);
            return if (length == 0) bits(result) else length +% name[0];
        }
    };
}

pub const Stream8 = struct {
    const Start = fn (i64) callconv(.c) usize;
    const Next = fn (usize, *i64) callconv(.c) bool;
    const Free = fn (usize) callconv(.c) void;

    function: *const Start,
    next: *const Next,
    free: *const Free,

    pub fn init() Stream8 {
        return .{
            .function = hidden(Start, "countdown"),
            .next = hiddenDuty(Next, "countdown", "next"),
            .free = hiddenDuty(Free, "countdown", "free"),
        };
    }

    pub inline fn call(self: *Stream8, _: usize) u64 {
        const iterator = self.function(8);
        var sum: u64 = 0;
        var item: i64 = undefined;
        while (self.next(iterator, &item)) sum +%= bits(item);
        self.free(iterator);
        return sum;
    }
};

/// A call of a fixture that makes so many calls of the function it keeps: here one of the library's own, in place of the one
/// that the host has there.
pub fn Callbacks(comptime times: u32) type {
    return struct {
        const Self = @This();
        const Call = fn (u32, i64) callconv(.c) i64;

        function: *const Call,
        before: @TypeOf(keeping.integer),

        pub fn init() Self {
            var place: *const fn (i64) callconv(.c) i64 = &seven;
            const address = @intFromPtr(@as(*volatile @TypeOf(place), &place).*);
            defer keeping.integer = .{ .address = address };
            return .{ .function = hidden(Call, "kept_times_i64"), .before = keeping.integer };
        }

        pub fn deinit(self: *Self) void {
            keeping.integer = self.before;
        }

        pub inline fn call(self: *Self, k: usize) u64 {
            return bits(self.function(times, @intCast(k)));
        }

        noinline fn seven(_: i64) callconv(.c) i64 {
            return 7;
        }
    };
}

/// The length plus the first element, wrapping; 0 where there is none.
inline fn sliceBits(address: usize, length: usize) u64 {
    if (length == 0) return 0;
    return length +% bits(@as(*const i64, @ptrFromInt(address)).*);
}
