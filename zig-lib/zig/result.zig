//! Returns: the register and the out-parameters a return type uses, and delivering a value through
//! them.

const std = @import("std");
const profile = @import("profile");
const evidence = @import("evidence.zig");
const form = @import("form.zig");
const ledger = @import("ledger.zig");
const prototype = @import("prototype.zig");
const register = @import("register.zig");
const release = @import("release.zig");
const wary = @import("wary.zig");
const formOf = form.formOf;
const unlowerable = form.unlowerable;

/// The register a return of type `T` uses.
pub fn Register(comptime T: type) type {
    if (formOf(T) == .by_value) return void;
    return prototype.Wire(Returned(T));
}

/// What a return of type `T` leaves in the register, in the natural type of the C function.
pub fn Returned(comptime T: type) type {
    return switch (formOf(T)) {
        .integer, .boolean, .float => T,
        .enumeration => |Backing| Backing,
        .handle => |Target| ?*Target,
        .by_value => |S| S,
        .stream => usize,
        .cstring => ?*const u8,
        .counted => |c| ?prototype.Address(c.child, c.constant),
        .optional => |Child| switch (formOf(Child)) {
            .cstring => ?*const u8,
            .pointer => |p| ?prototype.Address(p.child, p.constant),
            else => ?*const Child,
        },
        .error_union => |e| switch (formOf(e.payload)) {
            .integer, .boolean, .enumeration, .float => Returned(e.payload),
            .void, .wide, .structure => void,
            else => unlowerable(T, "an error union over this type"),
        },
        .void,
        .wide,
        .structure,
        .string,
        .bytes,
        .owned,
        .borrowed,
        .owned_struct,
        .borrowed_struct,
        => void,
        .pointer, .array, .slice => unlowerable(T, "a return that nobody owns"),
        .consumed, .callback, .length, .in_out => unlowerable(T, "as a return"),
    };
}

/// The out-parameters of a return of type `T`, in order.
pub fn outs(comptime T: type) []const prototype.Out {
    return switch (formOf(T)) {
        .wide => &.{.{ .role = "ret", .of = *T }},
        .owned_struct, .borrowed_struct, .by_value => |S| &.{.{ .role = "ret", .of = *S }},
        .structure => if (form.hasBuffers(T))
            unlowerable(T, "a bare struct with buffers, which nobody would free")
        else
            &.{.{ .role = "ret", .of = *T }},
        .string, .bytes, .owned, .borrowed => &.{
            .{ .role = "ptr", .of = *usize },
            .{ .role = "len", .of = *usize },
        },
        .error_union => |e| @as([]const prototype.Out, &.{
            .{ .role = "err", .of = *u8 },
            .{ .role = "errlen", .of = *usize },
        }) ++ switch (formOf(e.payload)) {
            .wide, .structure => &[_]prototype.Out{.{ .role = "ret", .of = *e.payload }},
            else => &[_]prototype.Out{},
        },
        else => &.{},
    };
}

/// Whether the out-parameters of a return lead to memory that can be written (wary builds).
pub fn usable(comptime T: type, wires: anytype, comptime at: usize) bool {
    return switch (formOf(T)) {
        .wide, .structure => writable(T, wires[at]),
        .owned_struct, .borrowed_struct, .by_value => |S| writable(S, wires[at]),
        .string, .bytes, .owned, .borrowed => writable(usize, wires[at]) and writable(usize, wires[at + 1]),
        .error_union => |e| writable([256]u8, wires[at]) and writable(usize, wires[at + 1]) and
            usable(e.payload, wires, at + 2),
        else => true,
    };
}

fn writable(comptime T: type, address: usize) bool {
    return wary.aligned(T, address) and wary.writable(address, @sizeOf(T));
}

/// Delivers a return value through the register and the out-parameters, which start at `at`.
pub inline fn deliver(comptime T: type, value: T, wires: anytype, comptime at: usize) Register(T) {
    switch (formOf(T)) {
        .void => {},
        .integer, .boolean, .enumeration => return register.toRegister(T, value),
        .float => return value,
        .wide, .structure => fill(T, wires[at], value),
        .owned_struct, .borrowed_struct, .by_value => |S| fill(S, wires[at], value.value),
        .string, .bytes, .owned, .borrowed => {
            store(usize, wires[at + 1], value.length);
            store(usize, wires[at], value.address);
        },
        .handle => return @intFromPtr(value.pointer),
        .stream => return @intFromPtr(value.iterator),
        .cstring, .counted => return value.address,
        .optional => |Child| return deliverOptional(Child, value),
        .error_union => |e| return deliverError(e.payload, value, wires, at),
        .pointer, .array, .slice, .consumed, .callback, .length, .in_out => comptime unreachable,
    }
}

inline fn deliverOptional(comptime Child: type, value: ?Child) usize {
    const present = value orelse return 0;
    switch (formOf(Child)) {
        // A copy, so that a caller who reads it after the thread's next call is seen (L-10).
        .pointer => |p| {
            if (comptime p.many or !form.isScalar(p.child)) unlowerable(?Child, "as a return");
            return evidence.lend(p.child, present.*);
        },
        .integer, .boolean, .float => return evidence.lend(Child, present),
        .cstring => return present.address,
        .structure => {
            const place = ledger.create(Child) catch {
                release.buffersOf(Child, &present);
                return 0;
            };
            place.* = present;
            return @intFromPtr(place);
        },
        else => unlowerable(?Child, "as a return"),
    }
}

inline fn deliverError(
    comptime T: type,
    outcome: anytype,
    wires: anytype,
    comptime at: usize,
) Register(@TypeOf(outcome)) {
    if (outcome) |value| {
        // The other way round than of a failure, so that whichever room is too short is seen.
        defer name(wires[at], wires[at + 1], "");
        return deliver(T, value, wires, at + 2);
    } else |failure| {
        name(wires[at], wires[at + 1], @errorName(failure));
        return unread(T, wires, at + 2);
    }
}

/// Writes an error's name, none for a success: at most 255 bytes, and no character in half (L-14).
fn name(room: usize, length: usize, text: []const u8) void {
    const place: *[256]u8 = @ptrFromInt(room);
    var end = @min(text.len, 255);
    const continuation = 0b10;
    while (end < text.len and text[end] >> 6 == continuation) end -= 1;
    store(usize, length, end);
    // All of the room, because it is owed. Not zeros: a caller that looks for an end instead of the
    // length must not find one.
    if (profile.witness) place.* = @splat('!');
    @memcpy(place[0..end], text[0..end]);
}

/// What stands in the register and the out-parameter of a failed call, which nobody may read
/// (L-14).
inline fn unread(comptime T: type, wires: anytype, comptime at: usize) Register(T) {
    switch (formOf(T)) {
        .void => {},
        // A `_Bool` has bits 1 to 7 zero wherever it is returned (psABI 3.2.3): who reads it may rely on that.
        .boolean => return register.toRegister(bool, false),
        .integer, .enumeration => return register.unread(T),
        .float => |bits| return @bitCast(@as(@Int(.unsigned, bits), @truncate(register.dirt))),
        .wide, .structure => if (profile.witness) {
            const place: *[@sizeOf(T)]u8 = @ptrFromInt(wires[at]);
            place.* = @splat(0xA5);
        },
        else => comptime unreachable,
    }
}

/// Stores a value and, because the whole room is owed, something in its padding (L-23).
inline fn fill(comptime T: type, address: usize, value: T) void {
    if (profile.witness) {
        const place: *[@sizeOf(T)]u8 = @ptrFromInt(address);
        place.* = @splat(0xA5);
    }
    store(T, address, value);
}

inline fn store(comptime T: type, address: usize, value: T) void {
    @as(*T, @ptrFromInt(address)).* = value;
}
