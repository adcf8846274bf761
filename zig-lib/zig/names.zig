//! The contract's names for Zig types: the names they are declared under in `types.zig` and `aggregates.zig`.

const std = @import("std");
const aggregates = @import("aggregates.zig");
const types = @import("types.zig");

/// Where every named type stands, and so in the manifest.
pub const modules = .{ types, aggregates };

/// The name that `T` is declared under.
pub fn of(comptime T: type) []const u8 {
    if (T == anyerror) return "anyerror";
    @setEvalBranchQuota(100_000);
    for (modules) |module| {
        for (@typeInfo(module).@"struct".decls) |declaration| {
            const value = @field(module, declaration.name);
            if (@TypeOf(value) == type and value == T) return declaration.name;
        }
    }
    @compileError(@typeName(T) ++ " is declared neither in types.zig nor in aggregates.zig");
}

/// The names of an error set, sorted.
pub fn ofErrors(comptime Set: type) []const []const u8 {
    const set = @typeInfo(Set).error_set orelse return &.{};
    var all: [set.len][]const u8 = undefined;
    for (set, &all) |member, *name| name.* = member.name;
    std.mem.sortUnstable([]const u8, &all, {}, before);
    const sorted = all;
    return &sorted;
}

fn before(_: void, left: []const u8, right: []const u8) bool {
    return std.mem.order(u8, left, right) == .lt;
}
