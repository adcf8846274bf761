//! What a Zig type is at the boundary: its form, its spelling in the contract's EDN, and whether
//! the contract allows it where it stands. A type without a form is a compile error that names it.

const std = @import("std");
const names = @import("names.zig");

pub const Slice = struct { child: type, constant: bool };
pub const Pointer = struct { child: type, constant: bool, many: bool };
pub const Array = struct { child: type, len: comptime_int };
pub const ErrorUnion = struct { set: type, payload: type };
pub const Streamed = struct { item: type, iterator: type };
/// `at` is where the carrier that counts is, from the array's own.
pub const Counted = struct { child: type, constant: bool, by: type, at: comptime_int };
pub const Callback = struct { arguments: []const type, result: type, kept: bool };

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
    /// A struct that crosses as itself (G-1).
    by_value: type,
    stream: Streamed,
    callback: Callback,
    /// A C string; of one with a bound, how many bytes are looked at (Z-1, Z-2).
    cstring: ?comptime_int,
    /// What the caller counts arrays by (Z-3).
    length: type,
    counted: Counted,
    /// What goes in and comes out (Z-5).
    in_out: type,
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
        .type,
        .noreturn,
        .comptime_float,
        .comptime_int,
        .undefined,
        .null,
        .enum_literal,
        => unlowerable(T, "it has no values at run time"),
        .@"union" => |info| if (info.layout == .@"extern")
            .structure
        else
            unlowerable(T, "a union that is not extern"),
        .error_set,
        .@"fn",
        .@"opaque",
        .frame,
        .@"anyframe",
        .vector,
        => unlowerable(T, "it is no type of the contract"),
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

pub fn unlowerable(comptime T: type, comptime why: []const u8) noreturn {
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
        .by_value => |S| "[:by-value " ++ spell(S) ++ "]",
        .stream => |s| "[:stream " ++ spell(s.item) ++ " of " ++ names.of(s.iterator) ++ "]",
        .callback => |c| blk: {
            var arguments: []const u8 = "";
            for (c.arguments, 0..) |A, i| arguments = arguments ++ (if (i == 0) "" else " ") ++ spell(A);
            break :blk "[:fn " ++ (if (c.kept) ":kept " else "") ++ "[" ++ arguments ++ "] " ++ spell(c.result) ++ "]";
        },
        .cstring => |most| if (most) |n| std.fmt.comptimePrint("[:cstring {d}]", .{n}) else "[:cstring]",
        .length => |By| spell(By),
        // A Zig parameter has no name.
        .counted => |c| "[:counted n" ++ constness(c.constant) ++ " " ++ spell(c.child) ++ "]",
        .in_out => |Child| "[:in-out " ++ spell(Child) ++ "]",
    };
}

fn spellSlice(comptime slice: Slice) []const u8 {
    return "[:slice" ++ constness(slice.constant) ++ " " ++ spell(slice.child) ++ "]";
}

fn constness(comptime constant: bool) []const u8 {
    return if (constant) " :const" else "";
}

pub fn isScalar(comptime T: type) bool {
    return switch (formOf(T)) {
        .integer, .boolean, .float, .wide => true,
        else => false,
    };
}

pub fn requireElement(comptime Outer: type, comptime T: type) void {
    if (isScalar(T)) return;
    switch (formOf(T)) {
        .enumeration, .structure => {},
        else => unlowerable(Outer, "its elements are neither scalars, enums nor structs"),
    }
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

/// The fields of a struct or union, each with its name and type.
pub fn fieldsOf(comptime T: type) switch (@typeInfo(T)) {
    .@"union" => []const std.builtin.Type.UnionField,
    else => []const std.builtin.Type.StructField,
} {
    return switch (@typeInfo(T)) {
        .@"union" => |info| info.fields,
        else => @typeInfo(T).@"struct".fields,
    };
}

/// Whether `Wire(T)` holds buffers of its own, at any depth.
pub fn hasBuffers(comptime T: type) bool {
    return switch (formOf(T)) {
        .structure => for (fieldsOf(T)) |field| {
            if (hasBuffers(field.type)) break true;
        } else false,
        .array => |a| hasBuffers(a.child),
        .string, .bytes, .slice, .owned, .borrowed => true,
        else => false,
    };
}
