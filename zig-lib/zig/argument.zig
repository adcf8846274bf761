//! Arguments: their carriers, reading them, and their items in the witness.

const std = @import("std");
const profile = @import("profile");
const Event = @import("evidence.zig").Event;
const form = @import("form.zig");
const prototype = @import("prototype.zig");
const Address = prototype.Address;
const Reach = prototype.Reach;
const register = @import("register.zig");
const wary = @import("wary.zig");
const formOf = form.formOf;
const unlowerable = form.unlowerable;

/// What of an argument of type `T` crosses, in the natural types of the C function.
pub fn carriers(comptime T: type) []const type {
    return switch (formOf(T)) {
        .integer, .boolean, .float => &.{T},
        .enumeration => |Backing| &.{Backing},
        .wide, .structure => &.{*const T},
        .handle, .consumed => |Target| &.{*Target},
        .array => |a| blk: {
            if (@typeInfo(T) != .pointer) unlowerable(T, "an array by value");
            form.requireElement(T, a.child);
            break :blk &.{T};
        },
        .pointer => |p| if (form.isScalar(p.child))
            &.{Address(p.child, p.constant)}
        else
            unlowerable(T, "it points to no scalar"),
        .slice => |s| blk: {
            form.requireElement(T, s.child);
            if (!s.constant and !form.isScalar(s.child)) {
                unlowerable(T, "a slice of structs or enums that is not const");
            }
            break :blk &.{ Address(s.child, s.constant), usize };
        },
        .string => &.{ *const u8, usize },
        .callback => |c| &.{*const prototype.Code(code(c))},
        .by_value => |S| &.{S},
        .cstring => |most| if (most == null) &.{*const u8} else unlowerable(T, "a bound as an argument"),
        .length => |By| &.{By},
        .counted => |c| if (form.isScalar(c.child))
            &.{Address(c.child, c.constant)}
        else
            unlowerable(T, "it counts no scalars"),
        .in_out => |Child| &.{*Child},
        .optional => |Child| switch (formOf(Child)) {
            .cstring => &.{?*const u8},
            .pointer => &.{?carriers(Child)[0]},
            .integer, .boolean, .float => &.{?*const Child},
            .structure => if (form.hasBuffers(Child))
                unlowerable(T, "an optional struct with buffers")
            else
                &.{?*const Child},
            else => unlowerable(T, "an optional argument of this type"),
        },
        .void,
        .bytes,
        .error_union,
        .owned,
        .borrowed,
        .owned_struct,
        .borrowed_struct,
        .stream,
        => unlowerable(T, "as an argument"),
    };
}

/// The C function of a function of the host's, by what it takes and gives in natural types (K-1, K-9).
fn code(comptime callback: form.Callback) form.Callback {
    var arguments: []const type = &.{};
    for (callback.arguments) |A| arguments = arguments ++ carriers(A);
    const result = switch (formOf(callback.result)) {
        .void => void,
        .handle => |Target| ?*Target,
        else => carriers(callback.result)[0],
    };
    return .{ .arguments = arguments, .result = result, .kept = callback.kept };
}

/// Reads an argument from its carriers, which start at `at`.
pub inline fn read(comptime T: type, wires: anytype, comptime at: usize) T {
    return switch (formOf(T)) {
        .integer, .boolean, .enumeration => register.fromRegister(T, wires[at]),
        .float => wires[at],
        .wide, .structure => @as(*const T, @ptrFromInt(wires[at])).*,
        .handle, .consumed => .{ .pointer = @ptrFromInt(wires[at]) },
        .pointer, .array => @ptrFromInt(wires[at]),
        .slice => |s| sliceAt(s.child, wires[at], wires[at + 1]),
        .string => .{ .address = wires[at], .length = wires[at + 1] },
        .callback => .{ .address = wires[at] },
        .by_value => |S| .{ .value = @as(*const S, @ptrFromInt(wires[at])).* },
        .cstring => .{ .address = wires[at] },
        .length => |By| .{ .value = register.fromRegister(By, wires[at]) },
        .counted => |c| .{ .address = wires[at], .count = countOf(c, wires, at) },
        .in_out => .{ .pointer = @ptrFromInt(wires[at]) },
        .optional => |Child| switch (formOf(Child)) {
            .cstring => if (wires[at] == 0) null else .{ .address = wires[at] },
            .pointer => @ptrFromInt(wires[at]),
            else => if (wires[at] == 0) null else @as(*const Child, @ptrFromInt(wires[at])).*,
        },
        else => comptime unreachable,
    };
}

/// The elements at an address the caller gave; an empty slice's address is not looked at (C-8,
/// R-11).
pub inline fn sliceAt(comptime T: type, address: usize, length: usize) []T {
    if (length == 0) return &.{};
    const first: [*]T = @ptrFromInt(address);
    return first[0..length];
}

/// How many elements the caller says that a counted array has.
inline fn countOf(comptime counted: form.Counted, wires: anytype, comptime at: usize) usize {
    const count = register.fromRegister(counted.by, wires[@as(comptime_int, at) + counted.at]);
    return std.math.cast(usize, count) orelse 0;
}

/// The bytes before the NUL.
inline fn ended(address: usize) usize {
    if (profile.wary and !wary.readable(address, 1)) return 0;
    return std.mem.len(@as([*:0]const u8, @ptrFromInt(address)));
}

/// Whether an argument has an item in the witness: a length is in that of what it counts.
pub fn witnessed(comptime T: type) bool {
    return formOf(T) != .length;
}

/// Writes an argument's item. `later` is the number of items that follow.
pub inline fn witness(
    comptime T: type,
    event: *Event,
    wires: anytype,
    comptime at: usize,
    comptime later: usize,
) void {
    switch (formOf(T)) {
        .integer, .boolean, .enumeration => event.int(register.widened(T, wires[at])),
        .float => |bits| event.float(bits / 8, @as(@Int(.unsigned, bits), @bitCast(wires[at]))),
        .wide, .structure => event.memory(wires[at], significant(T), later),
        .array => |a| event.memory(wires[at], a.len * @sizeOf(a.child), later),
        .handle, .consumed, .callback => event.address(wires[at]),
        .by_value => |S| event.memory(wires[at], significant(S), later),
        .pointer => |p| if (p.many)
            event.address(wires[at])
        else
            event.memory(wires[at], significant(p.child), later),
        .slice => |s| event.memory(wires[at], wires[at + 1] *| @sizeOf(s.child), later),
        .string => event.memory(wires[at], wires[at + 1], later),
        .cstring => event.memory(wires[at], ended(wires[at]), later),
        .length => {},
        .counted => |c| event.memory(wires[at], countOf(c, wires, at) *| @sizeOf(c.child), later),
        .in_out => |Child| event.memory(wires[at], @sizeOf(Child), later),
        .optional => |Child| if (wires[at] == 0) event.nothing() else switch (formOf(Child)) {
            .pointer, .cstring => witness(Child, event, wires, at, later),
            else => event.memory(wires[at], significant(Child), later),
        },
        else => comptime unreachable,
    }
}

/// What an argument's address leads to; nothing where it has none, or nobody says how far it goes.
pub inline fn reach(comptime T: type, wires: anytype, comptime at: usize) Reach {
    const bytes: usize = switch (formOf(T)) {
        .wide, .structure => @sizeOf(T),
        .array => |a| a.len * @sizeOf(a.child),
        .pointer => |p| if (p.many) 0 else @sizeOf(p.child),
        .slice => |s| wires[at + 1] *| @sizeOf(s.child),
        .string => wires[at + 1],
        .by_value => |S| @sizeOf(S),
        .cstring => ended(wires[at]) + 1,
        .counted => |c| countOf(c, wires, at) *| @sizeOf(c.child),
        .in_out => |Child| @sizeOf(Child),
        .optional => |Child| if (wires[at] == 0) 0 else switch (formOf(Child)) {
            .cstring => ended(wires[at]) + 1,
            .pointer => |p| if (p.many) 0 else @sizeOf(p.child),
            else => @sizeOf(Child),
        },
        else => return .{ .address = 0, .bytes = 0 },
    };
    return .{ .address = wires[at], .bytes = bytes };
}

/// Whether an argument's addresses lead to memory of its type (wary builds).
pub fn usable(comptime T: type, wires: anytype, comptime at: usize) bool {
    return switch (formOf(T)) {
        .wide, .structure => reaches(T, wires[at], 1, false),
        .pointer => |p| reaches(p.child, wires[at], if (p.many) 0 else 1, !p.constant),
        .array => |a| reaches(a.child, wires[at], a.len, false),
        .slice => |s| reaches(s.child, wires[at], wires[at + 1], !s.constant),
        .string => reaches(u8, wires[at], wires[at + 1], false),
        .by_value => |S| reaches(S, wires[at], 1, false),
        .cstring => wary.readable(wires[at], 1),
        .counted => |c| reaches(c.child, wires[at], countOf(c, wires, at), !c.constant),
        .in_out => |Child| reaches(Child, wires[at], 1, true),
        .handle, .consumed => |Target| wary.aligned(Target, wires[at]),
        .optional => |Child| wires[at] == 0 or switch (formOf(Child)) {
            .pointer, .cstring => usable(Child, wires, at),
            else => reaches(Child, wires[at], 1, false),
        },
        else => true,
    };
}

fn reaches(comptime T: type, address: usize, count: usize, write: bool) bool {
    // An empty slice's address means nothing (C-8).
    if (count == 0) return true;
    if (!wary.aligned(T, address)) return false;
    const bytes = count *| @sizeOf(T);
    return if (write) wary.writable(address, bytes) else wary.readable(address, bytes);
}

/// The bytes of a value that mean something: an 80-bit float ends in padding.
fn significant(comptime T: type) usize {
    return if (T == f80) 10 else @sizeOf(T);
}
