//! What the functions made from a seed are written with.

const std = @import("std");

/// A value of a struct or a union, or of a scalar wider than 64 bits, of these bytes.
pub fn of(comptime T: type, comptime bytes: anytype) T {
    const all: [bytes.len]u8 = bytes;
    return switch (@typeInfo(T)) {
        .@"struct", .@"union" => std.mem.bytesToValue(T, &all),
        .float => |float| @bitCast(std.mem.readInt(@Int(.unsigned, float.bits), &all, .little)),
        else => @bitCast(all),
    };
}

/// An address that nothing is looked for at: the bits it is given.
pub fn at(comptime Handle: type, bits: u64) Handle {
    return .of(@ptrFromInt(@as(usize, @intCast(bits))));
}

/// The edit a caller must see (C-9): every bit of the elements, of a bool the one it has.
pub fn flip(elements: anytype) void {
    const slice = if (@typeInfo(@TypeOf(elements)).pointer.size == .slice) elements else elements[0..1];
    const mask: u8 = if (@TypeOf(slice[0]) == bool) 1 else 0xFF;
    flipBytes(std.mem.sliceAsBytes(slice), mask);
}

noinline fn flipBytes(bytes: []u8, mask: u8) void {
    for (bytes) |*byte| byte.* ^= mask;
}
