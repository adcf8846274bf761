//! The families of fixtures, and what each of their functions exports.

const builtin = @import("builtin");
const std = @import("std");
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
    @import("fixtures_wides.zig"),
    @import("fixtures_pointers.zig"),
    @import("fixtures_optionals.zig"),
    @import("fixtures_structs.zig"),
    @import("fixtures_strings.zig"),
    @import("fixtures_buffers.zig"),
    @import("fixtures_errors.zig"),
    @import("fixtures_streams.zig"),
    @import("fixtures_spills.zig"),
    @import("fixtures_long.zig"),
    @import("fixtures_callbacks.zig"),
    @import("fixtures_called_with.zig"),
    @import("fixtures_kept.zig"),
    @import("fixtures_by_value.zig"),
    @import("fixtures_variadics.zig"),
    @import("fixtures_told.zig"),
    @import("fixtures_scaling.zig"),
    @import("fixtures_aggregates.zig"),
};

/// One `lower.Export` for each public function of each family.
pub const all: []const type = of(families);

/// One `lower.Export` for each public function of each family, in order.
pub fn of(comptime collections: anytype) []const type {
    @setEvalBranchQuota(1_000_000);
    var collected: []const type = &.{};
    for (collections) |Family| {
        for (@typeInfo(Family).@"struct".decls) |declaration| {
            const value = @field(Family, declaration.name);
            if (@TypeOf(value) == []const type) {
                for (value) |Fixture| {
                    const fixed = if (@hasDecl(Fixture, "fixed")) Fixture.fixed else null;
                    collected = collected ++ .{lower.Export(collected.len, Fixture.name, Fixture.function, fixed)};
                }
            } else if (@typeInfo(@TypeOf(value)) == .@"fn") {
                collected = collected ++ .{lower.Export(collected.len, declaration.name, value, null)};
            } else {
                @compileError(declaration.name ++ " is public among fixtures, no function and no series");
            }
        }
    }
    return collected;
}

/// Exports the symbols of all, and the manifest that describes them and the shapes.
pub fn symbols(comptime exported: []const type, comptime shapes: anytype) void {
    @setEvalBranchQuota(1_000_000);
    for (exported) |Exported| Exported.symbols();
    const described = struct {
        const said = manifest.text(exported, shapes);

        /// In a section of its own, where whoever cannot load the library finds it, too.
        const section = if (builtin.object_format == .macho) "__TEXT,bc_manifest" else ".bc_manifest";
        const text: [said.len]u8 linksection(section) = said[0..].*;

        fn bc_manifest(length: *usize) callconv(.c) [*]const u8 {
            length.* = text.len;
            return &text;
        }
    };
    @export(&described.bc_manifest, .{ .name = "bc_manifest" });
}

/// The export of the fixture called `name`.
pub fn named(comptime name: []const u8) type {
    @setEvalBranchQuota(100_000);
    for (all) |Exported| {
        if (std.mem.eql(u8, Exported.name, name)) return Exported;
    }
    @compileError("no fixture is called " ++ name);
}
