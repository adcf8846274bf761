//! Trying memory before it is used, in wary builds: the kernel is asked to read it, and to write
//! back what it read. Slow, and the only way that an address which leads nowhere is an answer and
//! not the end of the process. Without a kernel, all of linear memory can be read and written.

const std = @import("std");
const libc = @import("libc.zig");
const c = libc.c;

/// More than any fixture is given.
const longest = 1 << 16;
/// What a pipe takes in one piece.
const piece = 4096;

var mutex: c.pthread_mutex_t = .{};
var pipe: ?[2]c.fd_t = null;

/// Whether `length` bytes at `address` can be read.
pub fn readable(address: usize, length: usize) bool {
    return tried(address, length, false);
}

/// Whether `length` bytes at `address` can be read and written.
pub fn writable(address: usize, length: usize) bool {
    return tried(address, length, true);
}

/// Whether an address is one a `T` may stand at.
pub fn aligned(comptime T: type, address: usize) bool {
    return address % @alignOf(T) == 0;
}

fn tried(address: usize, length: usize, write: bool) bool {
    if (length > longest) return false;
    if (address == 0 or address > std.math.maxInt(usize) - longest) return length == 0;
    _ = c.pthread_mutex_lock(&mutex);
    defer _ = c.pthread_mutex_unlock(&mutex);
    if (libc.alone) return address + length <= @wasmMemorySize(0) * std.wasm.page_size;
    const ends = opened() orelse return false;
    var at: usize = 0;
    while (at < length) {
        const size = @min(length - at, piece);
        const there: [*]u8 = @ptrFromInt(address + at);
        const sent = c.write(ends[1], there, size);
        if (sent <= 0) return false;
        var spare: [piece]u8 = undefined;
        // What does not fit back is taken out of the pipe all the same.
        const back: [*]u8 = if (write) there else &spare;
        if (c.read(ends[0], back, @intCast(sent)) != sent) {
            _ = c.read(ends[0], &spare, @intCast(sent));
            return false;
        }
        at += @intCast(sent);
    }
    return true;
}

fn opened() ?[2]c.fd_t {
    if (pipe) |ends| return ends;
    var ends: [2]c.fd_t = undefined;
    if (c.pipe(&ends) != 0) return null;
    pipe = ends;
    return ends;
}
