//! The fixture library of the boundary contract: every public function of the families below is exported
//! with what it obliges, and described in the manifest. The profile module says which build this is.

const std = @import("std");
const builtin = @import("builtin");
const bench = @import("bench.zig");
const lower = @import("lower.zig");
const manifest = @import("manifest.zig");

/// Ids in the manifest follow this order.
const families = .{
    @import("fixtures_scalars.zig"),
    @import("fixtures_agreement.zig"),
    @import("fixtures_enums.zig"),
    @import("fixtures_handles.zig"),
    @import("fixtures_slices.zig"),
    @import("fixtures_owned.zig"),
};

const exports: []const type = collect();

fn collect() []const type {
    @setEvalBranchQuota(100_000);
    var all: []const type = &.{};
    for (families) |Family| {
        for (@typeInfo(Family).@"struct".decls) |declaration| {
            const function = @field(Family, declaration.name);
            if (@typeInfo(@TypeOf(function)) != .@"fn") {
                @compileError(declaration.name ++ " is public in a family of fixtures and no function");
            }
            all = all ++ .{lower.Export(all.len, declaration.name, function)};
        }
    }
    return all;
}

const manifest_text = manifest.text(exports);

fn bc_manifest(length: *usize) callconv(.c) [*]const u8 {
    length.* = manifest_text.len;
    return manifest_text.ptr;
}

comptime {
    if (!std.mem.eql(u8, builtin.zig_version_string, "0.16.0")) {
        @compileError("this package is written for Zig 0.16.0, not " ++ builtin.zig_version_string);
    }
    for (exports) |Exported| Exported.symbols();
    @export(&bc_manifest, .{ .name = "bc_manifest" });
    @export(&bench.bc_bench_floor, .{ .name = "bc_bench_floor" });
}

pub const panic = @import("panic.zig");
