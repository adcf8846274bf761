//! Contract L at comptime: what a fixture's Zig signature is at the boundary, the C functions that carry
//! it, and its line of the manifest, from one reading of the function's type.
//!
//! A type that contract L does not carry is a compile error that names it.

const std = @import("std");
const builtin = @import("builtin");
const profile = @import("profile");
const evidence = @import("evidence.zig");
const ledger = @import("ledger.zig");
const names = @import("names.zig");
const wrap = @import("wrap.zig");
const Event = evidence.Event;

pub const Slice = struct { child: type, constant: bool };
pub const Pointer = struct { child: type, constant: bool, many: bool };
pub const Array = struct { child: type, len: comptime_int };
pub const ErrorUnion = struct { set: type, payload: type };
pub const Streamed = struct { item: type, iterator: type };

/// What a Zig type is at the boundary.
pub const Form = union(enum) {
    void,
    /// An integer of at most 64 bits.
    integer: std.builtin.Type.Int,
    boolean,
    /// A float of at most 64 bits.
    float: u16,
    /// A scalar that crosses through memory (L-3).
    wide,
    /// With its backing integer.
    enumeration: type,
    structure,
    pointer: Pointer,
    array: Array,
    slice: Slice,
    string,
    bytes,
    optional: type,
    error_union: ErrorUnion,
    handle: type,
    consumed: type,
    owned: Slice,
    borrowed: Slice,
    owned_struct: type,
    borrowed_struct: type,
    stream: Streamed,
};

pub fn formOf(comptime T: type) Form {
    return switch (@typeInfo(T)) {
        .void => .void,
        .bool => .boolean,
        .int => |int| switch (int.bits) {
            8, 16, 32, 64 => .{ .integer = int },
            128 => .wide,
            else => unlowerable(T, "an integer of no C width"),
        },
        .float => |float| switch (float.bits) {
            16, 32, 64 => .{ .float = float.bits },
            80, 128 => .wide,
            else => unlowerable(T, "a float of no C width"),
        },
        // An exhaustive enum would make every other raw value undefined before the fixture sees it.
        .@"enum" => |info| if (info.is_exhaustive)
            unlowerable(T, "an exhaustive enum: end it with `_`")
        else
            .{ .enumeration = info.tag_type },
        .@"struct" => |info| if (@hasDecl(T, "form"))
            T.form
        else if (info.layout == .@"extern")
            .structure
        else
            unlowerable(T, "a struct that is not extern"),
        .pointer => |info| pointerForm(T, info),
        .optional => |info| .{ .optional = info.child },
        .error_union => |info| .{ .error_union = .{
            .set = info.error_set,
            .payload = info.payload,
        } },
        .array => |info| .{ .array = .{ .child = info.child, .len = info.len } },
        .type, .noreturn, .comptime_float, .comptime_int, .undefined, .null => unlowerable(T, "no run-time type"),
        .error_set, .@"union", .@"fn", .@"opaque", .frame, .@"anyframe", .vector, .enum_literal => unlowerable(T, "no type of the contract"),
    };
}

fn pointerForm(comptime T: type, comptime info: std.builtin.Type.Pointer) Form {
    if (info.sentinel_ptr != null) unlowerable(T, "a pointer with a sentinel");
    return switch (info.size) {
        .slice => .{ .slice = .{ .child = info.child, .constant = info.is_const } },
        .one => switch (@typeInfo(info.child)) {
            .array => |array| if (info.is_const)
                .{ .array = .{ .child = array.child, .len = array.len } }
            else
                unlowerable(T, "an array that is not const"),
            else => .{ .pointer = .{
                .child = info.child,
                .constant = info.is_const,
                .many = false,
            } },
        },
        .many => .{ .pointer = .{ .child = info.child, .constant = info.is_const, .many = true } },
        .c => unlowerable(T, "a C pointer"),
    };
}

fn unlowerable(comptime T: type, comptime why: []const u8) noreturn {
    @compileError("contract L does not carry " ++ @typeName(T) ++ " here: " ++ why);
}

/// The contract's spelling of a type, as EDN.
pub fn spell(comptime T: type) []const u8 {
    return switch (formOf(T)) {
        .void => ":void",
        .integer, .float, .wide => ":" ++ @typeName(T),
        .boolean => ":bool",
        .enumeration, .structure => names.of(T),
        .pointer => |p| "[" ++ (if (p.many) ":manyptr" else ":ptr") ++ constness(p.constant) ++
            " " ++ spell(p.child) ++ "]",
        .array => |a| std.fmt.comptimePrint("[:array {d} {s}]", .{ a.len, spell(a.child) }),
        .slice => |s| spellSlice(s),
        .string => ":string",
        .bytes => "[:bytes [:slice :u8]]",
        .optional => |Child| "[:optional " ++ spell(Child) ++ "]",
        .error_union => |e| "[:error-union " ++ names.of(e.set) ++ " " ++ spell(e.payload) ++ "]",
        .handle, .consumed => |Target| "[:handle " ++ names.of(Target) ++ "]",
        .owned => |s| "[:owned " ++ spellSlice(s) ++ "]",
        .borrowed => |s| "[:borrowed " ++ spellSlice(s) ++ "]",
        .owned_struct => |S| "[:owned " ++ spell(S) ++ "]",
        .borrowed_struct => |S| "[:borrowed " ++ spell(S) ++ "]",
        .stream => |s| "[:stream " ++ spell(s.item) ++ " of " ++ names.of(s.iterator) ++ "]",
    };
}

fn spellSlice(comptime slice: Slice) []const u8 {
    return "[:slice" ++ constness(slice.constant) ++ " " ++ spell(slice.child) ++ "]";
}

fn constness(comptime constant: bool) []const u8 {
    return if (constant) " :const" else "";
}

/// Whether integers under 64 bits are taken and returned as whole registers, so that what a caller
/// leaves above their bits is seen, and what a callee may leave there is left (L-21).
const whole_registers = profile.witness and switch (builtin.cpu.arch) {
    .x86_64, .riscv64 => true,
    // Apple packs stack arguments to their own size.
    .aarch64 => !builtin.os.tag.isDarwin(),
    else => false,
};

/// Fills what no caller may read.
const dirt: u64 = 0xA5A5A5A5A5A5A5A5;

/// The wire type of an integer, bool or enum.
fn Register(comptime T: type) type {
    return if (whole_registers) u64 else Bits(T);
}

/// The natural C type of an integer, bool or enum.
fn Bits(comptime T: type) type {
    return switch (formOf(T)) {
        .integer, .boolean => T,
        .enumeration => |Backing| Backing,
        else => comptime unreachable,
    };
}

inline fn fromRegister(comptime T: type, register: Register(T)) T {
    return switch (formOf(T)) {
        .integer => |int| if (whole_registers)
            @bitCast(@as(@Int(.unsigned, int.bits), @truncate(register)))
        else
            register,
        .boolean => if (whole_registers) @as(u8, @truncate(register)) != 0 else register,
        .enumeration => |Backing| @enumFromInt(fromRegister(Backing, register)),
        else => comptime unreachable,
    };
}

inline fn toRegister(comptime T: type, value: T) Register(T) {
    return switch (formOf(T)) {
        .integer => |int| if (whole_registers) blk: {
            const U = @Int(.unsigned, int.bits);
            const mask: u64 = std.math.maxInt(U);
            break :blk @as(U, @bitCast(value)) | (dirt & ~mask);
        } else value,
        .boolean => if (whole_registers) toRegister(u8, @intFromBool(value)) else value,
        .enumeration => |Backing| toRegister(Backing, @intFromEnum(value)),
        else => comptime unreachable,
    };
}

/// The register as docs/evidence.md records it: extended from its low 32 bits by the type's sign.
inline fn widened(comptime T: type, register: Register(T)) u64 {
    return switch (formOf(T)) {
        .integer => |int| switch (int.signedness) {
            .signed => blk: {
                const whole: i64 = if (whole_registers) @bitCast(register) else register;
                const extended = if (int.bits == 64) whole else @as(i32, @truncate(whole));
                break :blk @bitCast(@as(i64, extended));
            },
            .unsigned => if (int.bits == 64) register else @as(u32, @truncate(register)),
        },
        .boolean => if (whole_registers) @as(u32, @truncate(register)) else @intFromBool(register),
        .enumeration => |Backing| widened(Backing, register),
        else => comptime unreachable,
    };
}

/// The elements at an address the caller gave; an empty slice's address is not looked at (C-8, R-11).
pub inline fn sliceAt(comptime T: type, address: usize, length: usize) []T {
    if (length == 0) return &.{};
    const first: [*]T = @ptrFromInt(address);
    return first[0..length];
}

/// The wire types of an argument of type `T`.
fn argumentCarriers(comptime T: type) []const type {
    return switch (formOf(T)) {
        .integer, .boolean, .enumeration => &.{Register(T)},
        .float => &.{T},
        .wide, .structure, .handle, .consumed, .array => &.{usize},
        .pointer => |p| if (isScalar(p.child)) &.{usize} else unlowerable(T, "it points to no scalar"),
        .slice => |s| blk: {
            requireElement(T, s.child);
            if (!s.constant and !isScalar(s.child)) unlowerable(T, "a slice of structs or enums that is not const");
            break :blk &.{ usize, usize };
        },
        .string => &.{ usize, usize },
        .optional => |Child| switch (formOf(Child)) {
            .pointer => argumentCarriers(Child),
            .integer, .boolean, .float => &.{usize},
            .structure => if (hasBuffers(Child)) unlowerable(T, "an optional struct with buffers") else &.{usize},
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

fn isScalar(comptime T: type) bool {
    return switch (formOf(T)) {
        .integer, .boolean, .float, .wide => true,
        else => false,
    };
}

fn requireElement(comptime Outer: type, comptime T: type) void {
    if (isScalar(T)) return;
    switch (formOf(T)) {
        .enumeration, .structure => {},
        else => unlowerable(Outer, "its elements are neither scalars, enums nor structs"),
    }
}

/// Whether `Wire(T)` holds buffers of its own, at any depth.
fn hasBuffers(comptime T: type) bool {
    return switch (formOf(T)) {
        .structure => for (@typeInfo(T).@"struct".fields) |field| {
            if (hasBuffers(field.type)) break true;
        } else false,
        .array => |a| hasBuffers(a.child),
        .string, .bytes, .slice, .owned, .borrowed => true,
        else => false,
    };
}

/// Reads an argument from its carriers, which start at `at`.
inline fn argument(comptime T: type, wires: anytype, comptime at: usize) T {
    return switch (formOf(T)) {
        .integer, .boolean, .enumeration => fromRegister(T, wires[at]),
        .float => wires[at],
        .wide, .structure => @as(*const T, @ptrFromInt(wires[at])).*,
        .handle, .consumed => .{ .pointer = @ptrFromInt(wires[at]) },
        .pointer, .array => @ptrFromInt(wires[at]),
        .slice => |s| sliceAt(s.child, wires[at], wires[at + 1]),
        .string => .{ .address = wires[at], .length = wires[at + 1] },
        .optional => |Child| switch (formOf(Child)) {
            .pointer => @ptrFromInt(wires[at]),
            else => if (wires[at] == 0) null else @as(*const Child, @ptrFromInt(wires[at])).*,
        },
        else => comptime unreachable,
    };
}

/// Writes an argument's item. `later` is the number of items that follow.
inline fn witness(comptime T: type, event: *Event, wires: anytype, comptime at: usize, comptime later: usize) void {
    switch (formOf(T)) {
        .integer, .boolean, .enumeration => event.int(widened(T, wires[at])),
        .float => |bits| event.float(bits / 8, @as(@Int(.unsigned, bits), @bitCast(wires[at]))),
        .wide, .structure => event.memory(wires[at], significant(T), later),
        .array => |a| event.memory(wires[at], a.len * @sizeOf(a.child), later),
        .handle, .consumed => event.address(wires[at]),
        .pointer => |p| if (p.many)
            event.address(wires[at])
        else
            event.memory(wires[at], significant(p.child), later),
        .slice => |s| event.memory(wires[at], wires[at + 1] *| @sizeOf(s.child), later),
        .string => event.memory(wires[at], wires[at + 1], later),
        .optional => |Child| if (wires[at] == 0) event.nothing() else switch (formOf(Child)) {
            .pointer => witness(Child, event, wires, at, later),
            else => event.memory(wires[at], significant(Child), later),
        },
        else => comptime unreachable,
    }
}

/// The bytes of a value that mean something: an 80-bit float ends in padding.
fn significant(comptime T: type) usize {
    return if (T == f80) 10 else @sizeOf(T);
}

/// The register a return of type `T` uses.
fn ReturnRegister(comptime T: type) type {
    return switch (formOf(T)) {
        .integer, .boolean, .enumeration => Register(T),
        .float => T,
        .handle, .stream => usize,
        .optional => usize,
        .error_union => |e| switch (formOf(e.payload)) {
            .integer, .boolean, .enumeration, .float => ReturnRegister(e.payload),
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
        .consumed => unlowerable(T, "as a return"),
    };
}

/// The number of out-parameters of a return of type `T`; each is an address.
fn outCount(comptime T: type) usize {
    return switch (formOf(T)) {
        .wide, .owned_struct, .borrowed_struct => 1,
        .structure => if (hasBuffers(T)) unlowerable(T, "a bare struct with buffers, which nobody would free") else 1,
        .string, .bytes, .owned, .borrowed => 2,
        .error_union => |e| 2 + switch (formOf(e.payload)) {
            .wide, .structure => 1,
            else => 0,
        },
        else => 0,
    };
}

inline fn store(comptime T: type, address: usize, value: T) void {
    @as(*T, @ptrFromInt(address)).* = value;
}

/// Delivers a return value through the register and the out-parameters, which start at `at`.
inline fn deliver(comptime T: type, value: T, wires: anytype, comptime at: usize) ReturnRegister(T) {
    switch (formOf(T)) {
        .void => {},
        .integer, .boolean, .enumeration => return toRegister(T, value),
        .float => return value,
        .wide, .structure => store(T, wires[at], value),
        .owned_struct, .borrowed_struct => |S| store(S, wires[at], value.value),
        .string, .bytes, .owned, .borrowed => {
            store(usize, wires[at], value.address);
            store(usize, wires[at + 1], value.length);
        },
        .handle => return @intFromPtr(value.pointer),
        .stream => return @intFromPtr(value.iterator),
        .optional => |Child| return deliverOptional(Child, value),
        .error_union => |e| return deliverError(e.payload, value, wires, at),
        .pointer, .array, .slice, .consumed => comptime unreachable,
    }
}

inline fn deliverOptional(comptime Child: type, value: ?Child) usize {
    const present = value orelse return 0;
    switch (formOf(Child)) {
        // A copy, so that a caller who reads it after the thread's next call is seen (L-10).
        .pointer => |p| {
            if (p.many or !isScalar(p.child)) unlowerable(?Child, "as a return");
            return evidence.lend(p.child, present.*);
        },
        .integer, .boolean, .float => return evidence.lend(Child, present),
        .structure => {
            const place = ledger.create(Child) orelse {
                releaseBuffers(Child, &present);
                return 0;
            };
            place.* = present;
            return @intFromPtr(place);
        },
        else => unlowerable(?Child, "as a return"),
    }
}

inline fn deliverError(comptime T: type, outcome: anytype, wires: anytype, comptime at: usize) ReturnRegister(@TypeOf(outcome)) {
    const room: *[256]u8 = @ptrFromInt(wires[at]);
    // Not zeros: a caller that looks for an end instead of the length must not find one.
    if (profile.witness) room.* = @splat('!');
    if (outcome) |value| {
        store(usize, wires[at + 1], 0);
        return deliver(T, value, wires, at + 2);
    } else |failure| {
        const name = @errorName(failure);
        const length = @min(name.len, 255);
        @memcpy(room[0..length], name[0..length]);
        store(usize, wires[at + 1], length);
        return unread(T, wires, at + 2);
    }
}

/// What stands in the register and the out-parameter of a failed call, which nobody may read (L-14).
inline fn unread(comptime T: type, wires: anytype, comptime at: usize) ReturnRegister(T) {
    switch (formOf(T)) {
        .void => {},
        .integer, .boolean, .enumeration => return if (whole_registers) dirt else std.mem.zeroes(Bits(T)),
        .float => |bits| return @bitCast(@as(@Int(.unsigned, bits), @truncate(dirt))),
        .wide, .structure => if (profile.witness) {
            const place: *[@sizeOf(T)]u8 = @ptrFromInt(wires[at]);
            place.* = @splat(0xA5);
        },
        else => comptime unreachable,
    }
}

/// What `<symbol>__free` takes.
const Release = enum { none, buffer, structure, optional, stream };

fn releaseOf(comptime T: type) Release {
    return switch (formOf(T)) {
        .string, .bytes, .owned => .buffer,
        .owned_struct => .structure,
        .optional => |Child| if (formOf(Child) == .structure) .optional else .none,
        .error_union => |e| if (hasBuffers(e.payload)) .structure else .none,
        .stream => .stream,
        else => .none,
    };
}

/// The struct that a `structure` or `optional` release frees.
fn Released(comptime T: type) type {
    return switch (formOf(T)) {
        .owned_struct => |S| S,
        .optional => |Child| Child,
        .error_union => |e| e.payload,
        else => comptime unreachable,
    };
}

/// Frees every buffer of a value but those marked borrowed (L-13).
fn releaseBuffers(comptime T: type, value: *const T) void {
    switch (formOf(T)) {
        .structure => inline for (@typeInfo(T).@"struct".fields) |field| {
            if (comptime hasBuffers(field.type)) releaseBuffers(field.type, &@field(value, field.name));
        },
        .array => |a| if (comptime hasBuffers(a.child)) {
            for (value) |*element| releaseBuffers(a.child, element);
        },
        .string, .bytes => releaseBuffer(u8, value.address, value.length),
        .slice, .owned => |s| releaseBuffer(s.child, value.address, value.length),
        .borrowed => {},
        else => comptime unreachable,
    }
}

/// Frees a buffer, and before it what its elements hold (L-19).
fn releaseBuffer(comptime T: type, address: usize, length: usize) void {
    if (comptime hasBuffers(T)) {
        // The block's own count, because the caller's may be wrong and is counted as such.
        const count = if (length == 0) 0 else ledger.elements(T, address, length);
        for (sliceAt(T, address, count)) |*element| releaseBuffers(T, element);
    }
    ledger.free(T, address, length);
}

/// Everything one fixture exports.
pub fn Export(comptime function_id: u32, comptime function_name: []const u8, comptime function: anytype) type {
    const info = @typeInfo(@TypeOf(function)).@"fn";
    const Return = info.return_type.?;
    const Arguments = std.meta.ArgsTuple(@TypeOf(function));

    return struct {
        pub const id = function_id;
        pub const name = function_name;
        pub const release = releaseOf(Return);

        const starts: [info.params.len]usize = blk: {
            var all: [info.params.len]usize = undefined;
            var at: usize = 0;
            for (info.params, &all) |param, *start| {
                start.* = at;
                at += argumentCarriers(param.type.?).len;
            }
            break :blk all;
        };

        const wires: []const type = blk: {
            var all: []const type = &.{};
            for (info.params) |param| all = all ++ argumentCarriers(param.type.?);
            break :blk all ++ @as([outCount(Return)]type, @splat(usize));
        };

        const outs = wires.len - outCount(Return);

        /// Its `call` is the C function of the fixture's own symbol.
        pub const Entry = wrap.Entry(wires, ReturnRegister(Return), body);

        inline fn body(values: @Tuple(wires)) ReturnRegister(Return) {
            if (profile.witness) {
                evidence.recall();
                if (Event.begin(id, .call, info.params.len)) |begun| {
                    var event = begun;
                    inline for (info.params, starts, 1..) |param, at, count| {
                        witness(param.type.?, &event, values, at, info.params.len - count);
                    }
                    event.end();
                }
            }
            var arguments: Arguments = undefined;
            inline for (info.params, starts, 0..) |param, at, i| {
                arguments[i] = argument(param.type.?, values, at);
            }
            return deliver(Return, @call(.auto, function, arguments), values, outs);
        }

        /// The C functions of `<symbol>__free`, by what they take.
        pub const free = switch (release) {
            .none => {},
            .buffer => struct {
                pub fn call(address: usize, length: usize) callconv(.c) void {
                    if (profile.witness) {
                        if (Event.begin(id, .free, 2)) |begun| {
                            var event = begun;
                            event.address(address);
                            event.int(length);
                            event.end();
                        }
                    }
                    const Child = switch (formOf(Return)) {
                        .string, .bytes => u8,
                        .owned => |s| s.child,
                        else => comptime unreachable,
                    };
                    releaseBuffer(Child, address, length);
                }
            },
            .structure => struct {
                fn call(value: *const Released(Return)) callconv(.c) void {
                    if (profile.witness) {
                        if (Event.begin(id, .free, 1)) |begun| {
                            var event = begun;
                            event.memory(@intFromPtr(value), @sizeOf(Released(Return)), 0);
                            event.end();
                        }
                    }
                    if (comptime hasBuffers(Released(Return))) releaseBuffers(Released(Return), value);
                }
            },
            .optional => struct {
                fn call(address: usize) callconv(.c) void {
                    witnessAddress(.free, address);
                    if (address == 0) return;
                    const S = Released(Return);
                    // Only a live block is looked into; the ledger counts the others.
                    if (comptime hasBuffers(S)) {
                        if (ledger.elements(S, address, 1) == 1) releaseBuffers(S, @ptrFromInt(address));
                    }
                    ledger.free(S, address, 1);
                }
            },
            .stream => struct {
                fn call(address: usize) callconv(.c) void {
                    witnessAddress(.free, address);
                    if (address == 0) return;
                    ledger.free(formOf(Return).stream.iterator, address, 1);
                }
            },
        };

        const next = if (release != .stream) {} else struct {
            const streamed = formOf(Return).stream;

            fn call(address: usize, out: *streamed.item) callconv(.c) Register(bool) {
                witnessAddress(.next, address);
                const iterator: *streamed.iterator = @ptrFromInt(address);
                const item = iterator.next() orelse return toRegister(bool, false);
                out.* = item;
                return toRegister(bool, true);
            }
        };

        fn witnessAddress(comptime kind: evidence.EventKind, address: usize) void {
            if (!profile.witness) return;
            var event = Event.begin(id, kind, 1) orelse return;
            event.address(address);
            event.end();
        }

        /// Exports the fixture's symbols.
        pub fn symbols() void {
            @export(&Entry.call, .{ .name = name });
            if (release != .none) @export(&free.call, .{ .name = name ++ "__free" });
            if (release == .stream) @export(&next.call, .{ .name = name ++ "__next" });
        }

        /// The index of the argument that the fixture consumes.
        pub const consumes: ?usize = blk: {
            var found: ?usize = null;
            for (info.params, 0..) |param, i| {
                if (formOf(param.type.?) != .consumed) continue;
                if (found != null) @compileError(name ++ " consumes two arguments; the manifest has room for one");
                found = i;
            }
            break :blk found;
        };

        pub const params: [info.params.len][]const u8 = blk: {
            var all: [info.params.len][]const u8 = undefined;
            for (info.params, &all) |param, *spelled| spelled.* = spell(param.type.?);
            break :blk all;
        };

        pub const returns = spell(Return);

        /// The names of the error set, sorted; none for `anyerror`, which may hold any.
        pub const errors: []const []const u8 = switch (formOf(Return)) {
            .error_union => |e| names.ofErrors(e.set),
            else => &.{},
        };
    };
}

/// One field of `Wire(S)`.
pub fn requireField(comptime S: type, comptime T: type) void {
    switch (formOf(T)) {
        .integer, .boolean, .float, .wide, .enumeration, .structure => {},
        .array => |a| requireElement(T, a.child),
        .string, .bytes => {},
        .slice, .owned, .borrowed => |s| {
            if (@typeInfo(T) == .pointer) unlowerable(S, "a Zig slice as a field: write View");
            requireElement(T, s.child);
        },
        else => unlowerable(S, "a field of type " ++ @typeName(T)),
    }
}
