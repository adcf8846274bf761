//! Integers under 64 bits, bool and enums in registers (L-21): taken whole, so that what a caller
//! leaves above their bits is seen, and returned whole, so that what a callee may leave there is
//! left.

const std = @import("std");
const builtin = @import("builtin");
const profile = @import("profile");
const formOf = @import("form.zig").formOf;

/// Whether registers are taken and returned whole. Elsewhere they have their natural C types.
pub const whole = profile.witness and switch (builtin.cpu.arch) {
    .x86_64, .riscv64, .wasm32, .wasm64 => true,
    // Apple packs stack arguments to their own size.
    .aarch64 => !builtin.os.tag.isDarwin(),
    else => false,
};

/// Fills what no caller may read.
pub const dirt: u64 = 0xA5A5A5A5A5A5A5A5;

/// Whether a whole register is of 32 bits for what is not wider, and whoever returns extends, too (Basic C ABI
/// of the WebAssembly tool conventions, *Function arguments and return values*).
const is_wasm = builtin.cpu.arch.isWasm();

/// The wire type of an integer, bool or enum.
pub fn Register(comptime T: type) type {
    if (!whole) return Bits(T);
    return if (is_wasm and @bitSizeOf(Bits(T)) <= 32) u32 else u64;
}

/// The natural C type of an integer, bool or enum.
pub fn Bits(comptime T: type) type {
    return switch (formOf(T)) {
        .integer, .boolean => T,
        .enumeration => |Backing| Backing,
        else => comptime unreachable,
    };
}

pub inline fn fromRegister(comptime T: type, register: Register(T)) T {
    return switch (formOf(T)) {
        .integer => |int| if (whole)
            @bitCast(@as(@Int(.unsigned, int.bits), @truncate(register)))
        else
            register,
        .boolean => if (whole) @as(u8, @truncate(register)) != 0 else register,
        .enumeration => |Backing| @enumFromInt(fromRegister(Backing, register)),
        else => comptime unreachable,
    };
}

pub inline fn toRegister(comptime T: type, value: T) Register(T) {
    return switch (formOf(T)) {
        .integer => |int| if (whole) blk: {
            if (is_wasm) break :blk @bitCast(@as(@Int(int.signedness, @bitSizeOf(Register(T))), value));
            const U = @Int(.unsigned, int.bits);
            const mask: u64 = std.math.maxInt(U);
            break :blk @as(U, @bitCast(value)) | (dirt & ~mask);
        } else value,
        .boolean => if (whole) toRegister(u8, @intFromBool(value)) else value,
        .enumeration => |Backing| toRegister(Backing, @intFromEnum(value)),
        else => comptime unreachable,
    };
}

/// The register of an argument that a function of the host's is given. It is extended to 32 bits by the type's
/// sign, as compilers do, and above those there is what no callee may read; where the ABI owes more, all of it is
/// (L-21).
pub inline fn toArgument(comptime T: type, value: T) Register(T) {
    return switch (formOf(T)) {
        .integer => |int| if (!whole) value else if (is_wasm)
            toRegister(T, value)
        else blk: {
            const word: u64 = @bitCast(@as(@Int(int.signedness, 64), value));
            if (int.bits == 64 or builtin.cpu.arch == .riscv64) break :blk word;
            break :blk @as(u32, @truncate(word)) | (dirt & ~@as(u64, std.math.maxInt(u32)));
        },
        .boolean => if (whole) toArgument(u8, @intFromBool(value)) else value,
        else => comptime unreachable,
    };
}

/// The register of a result that no caller may read.
pub inline fn unread(comptime T: type) Register(T) {
    if (!whole) return std.mem.zeroes(Bits(T));
    if (!is_wasm) return dirt;
    const own: @Int(.unsigned, @bitSizeOf(Bits(T))) = @truncate(dirt);
    return toRegister(Bits(T), @bitCast(own));
}

/// The register as docs/evidence.md records it: extended from its low 32 bits by the type's sign.
pub inline fn widened(comptime T: type, register: Register(T)) u64 {
    return switch (formOf(T)) {
        .integer => |int| switch (int.signedness) {
            .signed => blk: {
                const all: i64 = @as(@Int(.signed, @bitSizeOf(@TypeOf(register))), @bitCast(register));
                const extended: i64 = if (int.bits == 64) all else @as(i32, @truncate(all));
                break :blk @bitCast(extended);
            },
            .unsigned => if (int.bits == 64) register else @as(u32, @truncate(register)),
        },
        .boolean => if (whole) @as(u32, @truncate(register)) else @intFromBool(register),
        .enumeration => |Backing| widened(Backing, register),
        else => comptime unreachable,
    };
}
