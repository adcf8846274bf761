//! The C function that carries a fixture, in its natural types: pointers where addresses cross, the
//! backing integer where an enum does. Registers of the wrapper and words of the manifest are both
//! made of these.

const std = @import("std");
const builtin = @import("builtin");
const profile = @import("profile");
const names = @import("names.zig");
const register = @import("register.zig");
const Callback = @import("form.zig").Callback;

/// The calling convention of every exported function: C's, and where a caller's mistake is to be counted
/// (L-24), without relying on the stack it left.
pub const convention: std.builtin.CallingConvention =
    if (profile.witness and builtin.cpu.arch == .x86_64 and builtin.os.tag != .windows)
        .{ .x86_64_sysv = .{ .incoming_stack_alignment = 8 } }
    else
        .c;

/// Where a call leaves a part of its return.
pub const Out = struct {
    role: []const u8,
    of: type,

    /// The bytes that it has: of an error's name all that it may ever take (L-14).
    pub fn room(comptime out: Out) usize {
        if (std.mem.eql(u8, out.role, "err")) return 256;
        return @sizeOf(@typeInfo(out.of).pointer.child);
    }
};

/// The memory that an address of a call leads to.
pub const Reach = struct {
    address: usize,
    bytes: usize,

    /// Whether two have a byte in common.
    pub fn meets(one: Reach, other: Reach) bool {
        return one.bytes != 0 and other.bytes != 0 and
            one.address < other.address +| other.bytes and other.address < one.address +| one.bytes;
    }
};

/// The invoker paths, from the shortest to the one that serves everything (P-1 to P-3).
pub const Path = enum { scalar, @"enum-and-handle", general };

pub fn Address(comptime T: type, comptime constant: bool) type {
    return if (constant) *const T else *T;
}

/// The code of the C function that a function of the host's is called by, which takes and gives natural types. Never
/// called: it stands for its address, and tells what is there.
pub fn Code(comptime callback: Callback) type {
    return opaque {
        pub const of = callback;
    };
}

/// The type the wrapper takes or returns a natural one as.
pub fn Wire(comptime C: type) type {
    return switch (@typeInfo(C)) {
        .void => C,
        // What crosses as itself is handed on as its address (by_value.c, aggregates.c).
        .float => |float| if (float.bits > 64) usize else C,
        .int => |int| if (int.bits > 64) usize else register.Register(C),
        .bool => register.Register(C),
        .pointer, .optional, .@"struct", .@"union" => usize,
        else => @compileError("no type of a C function: " ++ @typeName(C)),
    };
}

/// A natural type in the words of docs/evidence.md.
pub fn spell(comptime C: type) []const u8 {
    return switch (@typeInfo(C)) {
        .void, .bool, .int, .float => @typeName(C),
        .@"struct", .@"union" => names.of(C),
        .optional => |optional| "?" ++ spell(optional.child),
        .pointer => |pointer| (if (pointer.is_const) "*const " else "*") ++ pointee(pointer.child),
        else => @compileError("no type of a C function: " ++ @typeName(C)),
    };
}

fn pointee(comptime T: type) []const u8 {
    return switch (@typeInfo(T)) {
        .bool, .int, .float => @typeName(T),
        .@"enum" => |info| names.of(T) ++ ":" ++ @typeName(info.tag_type),
        .@"struct", .@"union" => names.of(T),
        .array => |array| "[" ++ decimal(array.len) ++ "]" ++ pointee(array.child),
        .@"opaque" => blk: {
            var arguments: []const u8 = "";
            for (T.of.arguments, 0..) |A, i| arguments = arguments ++ (if (i == 0) "" else ",") ++ spell(A);
            break :blk "fn(" ++ arguments ++ ") " ++ spell(T.of.result);
        },
        else => @compileError("no address of a C function leads to " ++ @typeName(T)),
    };
}

pub fn decimal(comptime n: usize) []const u8 {
    const digit = "0123456789"[n % 10 ..][0..1];
    return if (n < 10) digit else decimal(n / 10) ++ digit;
}
