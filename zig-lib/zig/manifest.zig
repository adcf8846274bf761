//! The manifest of docs/evidence.md, as one comptime string.

const std = @import("std");
const builtin = @import("builtin");
const profile = @import("profile");
const form = @import("form.zig");
const names = @import("names.zig");
const decimal = @import("prototype.zig").decimal;
const evidence = @import("evidence.zig");

/// One line for the library, for each type, each function, each shape.
pub fn text(comptime exports: []const type, comptime shapes: anytype) []const u8 {
    @setEvalBranchQuota(10_000_000);
    var lines: []const []const u8 = &.{libraryLine()};
    for (names.modules) |module| {
        for (@typeInfo(module).@"struct".decls) |declaration| {
            const value = @field(module, declaration.name);
            if (@TypeOf(value) != type) continue;
            lines = lines ++ typeLine(declaration.name, value);
        }
    }
    for (exports) |Exported| lines = lines ++ .{functionLine(Exported)};
    for (shapes, 0..) |shape, id| lines = lines ++ .{std.fmt.comptimePrint(
        \\{{"kind":"shape","id":{d},"name":"{s}","symbol":"{s}"}}
    , .{ id, shape.name, shape.symbol })};
    return joined(lines);
}

/// By halves, because a comptime string is copied whole at every step.
fn joined(comptime lines: []const []const u8) []const u8 {
    if (lines.len == 1) return lines[0] ++ "\n";
    const half = lines.len / 2;
    return joined(lines[0..half]) ++ joined(lines[half..]);
}

fn libraryLine() []const u8 {
    return std.fmt.comptimePrint(
        \\{{"kind":"library","manifest":2,"zig":"{s}","build":"{s}","evidence":{}}}
    , .{ builtin.zig_version_string, profile.name, evidence.present });
}

/// No line for a type that needs no declaration: a handle's target, an error set.
fn typeLine(comptime name: []const u8, comptime T: type) []const []const u8 {
    return switch (@typeInfo(T)) {
        .@"enum" => &.{enumLine(name, T)},
        .@"struct" => |info| if (@hasDecl(T, "next"))
            &.{std.fmt.comptimePrint(
                \\{{"kind":"iterator","name":"{s}"}}
            , .{name})}
        else if (info.layout == .@"extern")
            &.{structLine(name, T)}
        else
            &.{},
        .@"union" => &.{structLine(name, T)},
        .error_set => &.{},
        else => @compileError("types.zig declares " ++ name ++ ", which is no named type"),
    };
}

fn enumLine(comptime name: []const u8, comptime T: type) []const u8 {
    const info = @typeInfo(T).@"enum";
    var members: []const u8 = "";
    for (info.fields, 0..) |field, i| {
        if (i != 0) members = members ++ ",";
        members = members ++ std.fmt.comptimePrint(
            \\["{s}","{d}"]
        , .{ field.name, field.value });
    }
    return std.fmt.comptimePrint(
        \\{{"kind":"enum","name":"{s}","backing":"{s}","members":[{s}]}}
    , .{ name, form.spell(info.tag_type), members });
}

fn structLine(comptime name: []const u8, comptime T: type) []const u8 {
    var fields: []const u8 = "";
    for (form.fieldsOf(T), 0..) |field, i| {
        form.requireField(T, field.type);
        if (i != 0) fields = fields ++ ",";
        fields = fields ++ std.fmt.comptimePrint(
            \\{{"name":"{s}","type":"{s}","offset":{d}}}
        , .{ field.name, form.spell(field.type), if (@typeInfo(T) == .@"union") 0 else @offsetOf(T, field.name) });
    }
    const layout = if (@hasDecl(T, "layout")) ",\"layout\":\"" ++ T.layout ++ "\"" else "";
    return std.fmt.comptimePrint(
        \\{{"kind":"struct","name":"{s}","record":{}{s},"size":{d},"align":{d},"fields":[{s}]}}
    , .{ name, @hasDecl(T, "record"), layout, @sizeOf(T), @alignOf(T), fields });
}

// Concatenated, as are all lines of which there are hundreds: formatting at comptime would be most
// of the build.
fn functionLine(comptime F: type) []const u8 {
    return "{\"kind\":\"function\",\"id\":" ++ decimal(F.id) ++
        ",\"symbol\":\"" ++ F.name ++
        "\",\"params\":" ++ list(&F.params) ++
        ",\"returns\":\"" ++ F.returns ++
        "\"" ++ (if (F.fixed) |fixed| ",\"fixed\":" ++ decimal(fixed) else "") ++
        ",\"consumes\":" ++ (if (F.consumes) |index| decimal(index) else "null") ++
        ",\"errors\":" ++ list(F.errors) ++
        ",\"free\":" ++ (if (F.frees) "\"" ++ F.name ++ "__free\"" else "null") ++
        ",\"next\":" ++ (if (F.streams) "\"" ++ F.name ++ "__next\"" else "null") ++
        ",\"lowering\":{\"path\":\"" ++ @tagName(F.path) ++
        "\",\"wire\":" ++ list(&F.wire) ++
        ",\"register\":\"" ++ F.register ++
        "\",\"release\":" ++ (if (F.released) |what| "\"" ++ what ++ "\"" else "null") ++
        "}}";
}

fn list(comptime texts: []const []const u8) []const u8 {
    var all: []const u8 = "[";
    for (texts, 0..) |each, i| {
        if (i != 0) all = all ++ ",";
        all = all ++ "\"" ++ escaped(each) ++ "\"";
    }
    return all ++ "]";
}

fn escaped(comptime raw: []const u8) []const u8 {
    for (raw) |byte| switch (byte) {
        '"', '\\', 0...0x1F => @compileError("a name that JSON would have to escape: " ++ raw),
        else => {},
    };
    return raw;
}
