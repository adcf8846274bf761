//! The contract types that Zig has no type for: a fixture writes `Handle(Box)` or `Owned([]f64)` in
//! its signature, and `form.zig` reads the `form` declared here.
//!
//! Each form is one type in every position: `Owned([]T)` is the return of an owning call and, with
//! the same two words, an owning field of a struct (L-11, L-17).

const std = @import("std");
const profile = @import("profile");
const evidence = @import("evidence.zig");
const formOf = @import("form.zig").formOf;
const register = @import("register.zig");
const ledger = @import("ledger.zig");
const machine = @import("machine.zig");
const argument = @import("argument.zig");
const prototype = @import("prototype.zig");
const sliceAt = argument.sliceAt;
const Form = @import("form.zig").Form;
const Slice = @import("form.zig").Slice;

/// A handle argument or return: the pointer, null included (L-15).
pub fn Handle(comptime T: type) type {
    return struct {
        pub const form: Form = .{ .handle = T };
        const Self = @This();

        pointer: ?*T,

        pub fn of(pointer: ?*T) Self {
            return .{ .pointer = pointer };
        }

        /// The target. A null handle never reaches a fixture that has one (C-7), so it stops here.
        pub fn target(self: Self) *T {
            return self.pointer orelse @panic("a null handle was passed to a fixture");
        }
    };
}

/// A handle argument that the call consumes (C-14).
pub fn Consumed(comptime T: type) type {
    return struct {
        pub const form: Form = .{ .consumed = T };
        const Self = @This();

        pointer: ?*T,

        pub fn target(self: Self) *T {
            return self.pointer orelse @panic("a null handle was passed to a fixture");
        }
    };
}

/// `Owned([]T)`: memory the caller copies and frees (L-11). `Owned(S)`: a struct whose buffers the
/// caller copies and frees (L-13).
pub fn Owned(comptime T: type) type {
    return switch (@typeInfo(T)) {
        .pointer => |pointer| Buffer(pointer.child, .{ .owned = sliceOf(T) }),
        .@"struct" => Carried(T, .{ .owned_struct = T }),
        else => @compileError("Owned takes a slice or a struct, not " ++ @typeName(T)),
    };
}

/// `Borrowed([]const T)`: memory the caller copies and never frees (L-12). `Borrowed(S)`: the same
/// for a struct and its buffers (L-13).
pub fn Borrowed(comptime T: type) type {
    return switch (@typeInfo(T)) {
        .pointer => |pointer| Buffer(pointer.child, .{ .borrowed = sliceOf(T) }),
        .@"struct" => Carried(T, .{ .borrowed_struct = T }),
        else => @compileError("Borrowed takes a slice or a struct, not " ++ @typeName(T)),
    };
}

/// A struct that crosses as itself (G-1), through a function in C that by_value.c has for the fixture.
pub fn ByValue(comptime S: type) type {
    return Carried(S, .{ .by_value = S });
}

/// `View([]T)`, `View([]const T)`: a slice as a struct field (L-17).
pub fn View(comptime T: type) type {
    return Buffer(sliceOf(T).child, .{ .slice = sliceOf(T) });
}

/// UTF-8 bytes: an argument, an owning return or a field (L-7, L-11, L-17).
pub const String = Buffer(u8, .string);

/// Bytes: an owning return or a field (L-11, L-17).
pub const Bytes = Buffer(u8, .bytes);

/// A stream of `T` pulled from an `Iterator`, which declares `next(*Iterator) ?T` (L-16).
pub fn Stream(comptime T: type, comptime Iterator: type) type {
    return struct {
        pub const form: Form = .{ .stream = .{ .item = T, .iterator = Iterator } };

        iterator: ?*Iterator,
    };
}

/// A string that ends before a NUL: an argument, or a return (Z-1, Z-2).
pub const CString = Ended(null);

/// The same as a return of which no more than so many bytes are looked at (Z-2).
pub fn Bounded(comptime most: comptime_int) type {
    return Ended(most);
}

fn Ended(comptime most: ?comptime_int) type {
    return struct {
        pub const form: Form = .{ .cstring = most };
        const Self = @This();

        address: usize,

        pub const none: Self = .{ .address = 0 };

        pub fn text(self: Self) []const u8 {
            return std.mem.span(@as([*:0]const u8, @ptrFromInt(self.address)));
        }

        /// Static bytes, behind a fence in guard builds.
        pub fn lend(comptime bytes: []const u8) Self {
            return of(ledger.fenced(u8, bytes).ptr);
        }

        pub fn of(first: [*]const u8) Self {
            return .{ .address = @intFromPtr(first) };
        }
    };
}

/// What the caller counts arrays by (Z-3).
pub fn Length(comptime By: type) type {
    return struct {
        pub const form: Form = .{ .length = By };

        value: By,
    };
}

/// An array that a parameter of type `By` counts, whose carrier is so many behind its own (Z-3, Z-4).
pub fn Counted(comptime T: type, comptime By: type, comptime at: comptime_int) type {
    const slice = sliceOf(T);
    return struct {
        pub const form: Form = .{ .counted = .{ .child = slice.child, .constant = slice.constant, .by = By, .at = at } };
        const Self = @This();

        address: usize,
        count: usize = 0,

        pub const none: Self = .{ .address = 0 };

        pub fn of(elements: []const slice.child) Self {
            return .{ .address = @intFromPtr(elements.ptr), .count = elements.len };
        }

        pub fn items(self: Self) []slice.child {
            return sliceAt(slice.child, self.address, self.count);
        }
    };
}

/// What goes in and comes out (Z-5).
pub fn InOut(comptime T: type) type {
    return struct {
        pub const form: Form = .{ .in_out = T };

        pointer: *T,
    };
}

/// A function of the host's (K-1): `Callback(fn (i64, f64) bool)`. What it is given and what comes back of it are
/// in the witness.
pub fn Callback(comptime F: type) type {
    return Function(F, false);
}

/// A function object of the host's that the library may keep (K-7): `Kept(fn (i64) i64)`. Calls of it are witnessed as of the
/// fixture that it was given to, whichever makes them.
pub fn Kept(comptime F: type) type {
    return Function(F, true);
}

fn Function(comptime F: type, comptime kept: bool) type {
    const info = @typeInfo(F).@"fn";
    const count = info.params.len;
    const given: [count]type = blk: {
        var all: [count]type = undefined;
        for (info.params, &all) |param, *one| one.* = param.type.?;
        break :blk all;
    };
    // Where the words of each begin.
    const starts: [count]usize, const wires: []const type = blk: {
        var at: [count]usize = undefined;
        var all: []const type = &.{};
        for (given, &at) |T, *start| {
            start.* = all.len;
            for (argument.carriers(T)) |C| all = all ++ &[_]type{prototype.Wire(C)};
        }
        break :blk .{ at, all };
    };
    const R = info.return_type.?;

    return struct {
        pub const form: Form = .{ .callback = .{ .arguments = &given, .result = R, .kept = kept } };
        const Self = @This();
        const Native = @Fn(wires, &@splat(.{}), Word(R), .{ .@"callconv" = .c });

        address: usize,
        /// The id of the fixture it was given to, and as which argument.
        function: u32 = 0,
        place: u16 = 0,

        /// Calls it.
        pub fn call(self: Self, arguments: @Tuple(&given)) R {
            var words: @Tuple(wires) = undefined;
            inline for (given, starts, 0..) |T, at, i| pass(T, arguments[i], &words, at);
            if (profile.witness) {
                if (evidence.Event.begin(self.function, .callback, count + 1)) |begun| {
                    var event = begun;
                    event.int(self.place);
                    inline for (given, starts, 0..) |T, at, i| switch (formOf(T)) {
                        .pointer, .slice, .string => argument.witness(T, &event, words, at, count - 1 - i),
                        else => witness(T, &event, arguments[i]),
                    };
                    event.end();
                }
            }
            const word = machine.guarded(Native, self.address, words);
            if (profile.witness) {
                if (evidence.Event.begin(self.function, .back, if (R == void) 1 else 2)) |begun| {
                    var event = begun;
                    event.int(self.place);
                    if (R != void) witness(R, &event, returned(R, word));
                    event.end();
                }
            }
            return returned(R, word);
        }
    };
}

/// What comes back of a function of the host's.
fn Word(comptime R: type) type {
    return switch (formOf(R)) {
        .void => void,
        .handle => usize,
        .integer, .boolean, .float, .enumeration => prototype.Wire(argument.carriers(R)[0]),
        else => @compileError("a callback gives no " ++ @typeName(R)),
    };
}

/// Writes the words of an argument, the first of which is `at`.
inline fn pass(comptime T: type, value: T, words: anytype, comptime at: usize) void {
    switch (formOf(T)) {
        .float => words[at] = value,
        .integer, .boolean => words[at] = register.toArgument(T, value),
        .enumeration => |Backing| words[at] = register.toArgument(Backing, @intFromEnum(value)),
        .handle => words[at] = @intFromPtr(value.pointer),
        .pointer => words[at] = @intFromPtr(value),
        .slice => {
            words[at] = @intFromPtr(value.ptr);
            words[at + 1] = value.len;
        },
        .string => {
            words[at] = value.address;
            words[at + 1] = value.length;
        },
        else => @compileError("a callback carries no " ++ @typeName(T)),
    }
}

inline fn returned(comptime T: type, word: Word(T)) T {
    return switch (formOf(T)) {
        .void, .float => word,
        // What is no address of one is none, so that it can be witnessed.
        .handle => |Target| .of(if (std.mem.isAligned(word, @alignOf(Target))) @ptrFromInt(word) else null),
        else => register.fromRegister(T, word),
    };
}

inline fn witness(comptime T: type, event: *evidence.Event, value: T) void {
    switch (formOf(T)) {
        .float => |bits| event.float(bits / 8, @as(@Int(.unsigned, bits), @bitCast(value))),
        .boolean => event.int(@intFromBool(value)),
        .integer => |int| event.int(@bitCast(@as(@Int(int.signedness, 64), value))),
        .enumeration => |Backing| witness(Backing, event, @intFromEnum(value)),
        .handle => event.address(@intFromPtr(value.pointer)),
        else => comptime unreachable,
    }
}

fn sliceOf(comptime T: type) Slice {
    const pointer = @typeInfo(T).pointer;
    if (pointer.size != .slice) @compileError("not a slice: " ++ @typeName(T));
    return .{ .child = pointer.child, .constant = pointer.is_const };
}

/// An address and a length in elements: two `usize` on the wire, wherever they stand.
fn Buffer(comptime T: type, comptime what: Form) type {
    return extern struct {
        pub const form: Form = what;
        const Self = @This();

        address: usize,
        length: usize,

        pub const empty: Self = .{ .address = 0, .length = 0 };

        pub fn of(elements: []const T) Self {
            return .{ .address = @intFromPtr(elements.ptr), .length = elements.len };
        }

        /// Static elements, behind a fence in guard builds.
        pub fn lend(comptime elements: []const T) Self {
            return of(ledger.fenced(T, elements));
        }

        /// A new block holding a copy.
        pub fn copyOf(elements: []const T) ledger.Error!Self {
            const block = try ledger.alloc(T, elements.len);
            @memcpy(block, elements);
            return of(block);
        }

        pub fn items(self: Self) []T {
            return sliceAt(T, self.address, self.length);
        }

        comptime {
            std.debug.assert(@sizeOf(Self) == 2 * @sizeOf(usize));
            std.debug.assert(@alignOf(Self) == @alignOf(usize));
        }
    };
}

fn Carried(comptime S: type, comptime what: Form) type {
    return struct {
        pub const form: Form = what;

        value: S,
    };
}
