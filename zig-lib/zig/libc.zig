//! The C library: the target's own, or, on a target that has none (wasm alone), the little of one that the
//! package takes, over a module's linear memory. Such a module has one thread, no files and no clock.

const std = @import("std");
const builtin = @import("builtin");

/// Whether there is no system below the library.
pub const alone = builtin.os.tag == .freestanding;

pub const c = if (alone) stand_in else std.c;

const stand_in = struct {
    pub const max_align_t = std.c.max_align_t;

    pub const pthread_mutex_t = struct {};

    pub fn pthread_mutex_lock(_: *pthread_mutex_t) c_int {
        return 0;
    }

    pub fn pthread_mutex_unlock(_: *pthread_mutex_t) c_int {
        return 0;
    }

    pub const E = enum { SUCCESS, AGAIN };
    pub const pthread_t = usize;

    pub fn pthread_create(_: *pthread_t, _: ?*const anyopaque, _: anytype, _: ?*anyopaque) E {
        return .AGAIN;
    }

    pub fn pthread_join(_: pthread_t, _: ?*?*anyopaque) E {
        return .SUCCESS;
    }

    const allocator = std.heap.wasm_allocator;
    /// A block's length stands before it, and leaves it aligned for every type.
    const before = 16;
    const Memory = []align(before) u8;

    pub fn malloc(bytes: usize) ?*anyopaque {
        // No object is larger than the largest distance between two addresses.
        if (bytes > std.math.maxInt(isize) - before) return null;
        const all = allocator.alignedAlloc(u8, .fromByteUnits(before), bytes + before) catch return null;
        @as(*usize, @ptrCast(all.ptr)).* = all.len;
        return all.ptr + before;
    }

    pub fn calloc(count: usize, size: usize) ?*anyopaque {
        const bytes = std.math.mul(usize, count, size) catch return null;
        const place = malloc(bytes) orelse return null;
        @memset(@as([*]u8, @ptrCast(place))[0..bytes], 0);
        return place;
    }

    pub fn free(place: ?*anyopaque) void {
        const address = @intFromPtr(place orelse return) - before;
        const all: [*]align(before) u8 = @ptrFromInt(address);
        allocator.free(@as(Memory, all[0..@as(*usize, @ptrCast(all)).*]));
    }
};
