//! The fixture library of the boundary contract: every public function of the families in
//! exports.zig is exported with what it obliges, and described in the manifest. The profile module
//! says which build this is.

const std = @import("std");
const builtin = @import("builtin");
const bench = @import("bench.zig");
const ledger = @import("ledger.zig");
const exports = @import("exports.zig");
const manifest = @import("manifest.zig");

const manifest_text = manifest.text(exports.all, bench.shapes);

fn bc_manifest(length: *usize) callconv(.c) [*]const u8 {
    length.* = manifest_text.len;
    return manifest_text.ptr;
}

comptime {
    if (!std.mem.eql(u8, builtin.zig_version_string, "0.16.0")) {
        @compileError("this package is written for Zig 0.16.0, not " ++ builtin.zig_version_string);
    }
    switch (builtin.os.tag) {
        .linux, .macos => {},
        else => |os| @compileError("page and guard are not written for " ++ @tagName(os)),
    }
    @setEvalBranchQuota(100_000);
    for (exports.all) |Exported| Exported.symbols();
    ledger.exportUnload();
    @export(&bc_manifest, .{ .name = "bc_manifest" });
    @export(&bench.bc_bench_floor, .{ .name = "bc_bench_floor" });
}

pub const panic = @import("panic.zig");
