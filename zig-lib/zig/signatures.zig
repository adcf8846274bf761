//! The root of a library of functions made from a seed: its functions come from a file that is
//! written beside this one when the library is built. What exports and describes them is the same
//! code as for the fixtures (root.zig).

const exports = @import("exports.zig");
const manifest = @import("manifest.zig");

const all = exports.of(.{@import("generated.zig")});
const manifest_text = manifest.text(all, &.{});

fn bc_manifest(length: *usize) callconv(.c) [*]const u8 {
    length.* = manifest_text.len;
    return manifest_text.ptr;
}

comptime {
    @setEvalBranchQuota(1_000_000);
    for (all) |Exported| Exported.symbols();
    @export(&bc_manifest, .{ .name = "bc_manifest" });
}

pub const panic = @import("panic.zig");
