//! The fixture library of the boundary contract: every public function of the families in
//! exports.zig is exported with what it obliges, and described in the manifest. The profile module
//! says which build this is.

const std = @import("std");
const builtin = @import("builtin");
const bench = @import("bench.zig");
const errno = @import("errno.zig");
const evidence = @import("evidence.zig");
const libc = @import("libc.zig");
const ledger = @import("ledger.zig");
const exports = @import("exports.zig");

comptime {
    if (!std.mem.eql(u8, builtin.zig_version_string, "0.16.0")) {
        @compileError("this package is written for Zig 0.16.0, not " ++ builtin.zig_version_string);
    }
    switch (builtin.os.tag) {
        .linux, .macos, .freestanding => {},
        else => |os| @compileError("page and guard are not written for " ++ @tagName(os)),
    }
    exports.symbols(exports.all, bench.shapes);
    ledger.exportUnload();
    evidence.exportPage();
    if (!libc.alone) @export(&bench.bc_bench_floor, .{ .name = "bc_bench_floor" });
    @export(&bc_copy, .{ .name = "bc_copy" });
}

/// Has a loop at wire level see what an address leads to, without evidence of it.
fn bc_copy(to: [*]u8, from: usize, length: usize) callconv(.c) void {
    @memcpy(to[0..length], @as([*]const u8, @ptrFromInt(from)));
    errno.leaveAnother();
}

pub const panic = @import("panic.zig");
