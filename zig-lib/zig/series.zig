//! Series: fixtures that differ in one type only. A family declares a series once, with the types it
//! goes through and what makes its functions.

const std = @import("std");
const form = @import("form.zig");
const forms = @import("forms.zig");
const names = @import("names.zig");
const aggregate_types = @import("aggregates.zig");
const types = @import("types.zig");

pub const signed: []const type = &.{ i8, i16, i32, i64, isize };
pub const unsigned: []const type = &.{ u8, u16, u32, u64, usize };
pub const carriers = signed ++ unsigned ++ &[_]type{ f16, f32, f64, bool };
pub const wides: []const type = &.{ i128, u128, f80, f128 };
pub const scalars = carriers ++ wides;
pub const enums = declared(types, isEnum);
pub const structs = declared(types, isStructWithoutBuffers);
/// Those that are there to cross as themselves.
pub const by_value = declared(types, isByValue);
/// Those that no C struct of plain members is, and structs of them.
pub const aggregates = declared(aggregate_types, isByValue);
/// The scalars that do (G-7, G-8).
pub const wide_by_value: []const type = &.{ i128, u128, f80 };

/// Of a module, in its order.
fn declared(comptime module: type, comptime wanted: fn (comptime type) bool) []const type {
    var found: []const type = &.{};
    for (@typeInfo(module).@"struct".decls) |declaration| {
        const value = @field(module, declaration.name);
        if (@TypeOf(value) == type and wanted(value)) found = found ++ .{value};
    }
    return found;
}

fn isEnum(comptime T: type) bool {
    return @typeInfo(T) == .@"enum";
}

fn isStructWithoutBuffers(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .@"struct" => |info| info.layout == .@"extern" and !form.hasBuffers(T) and !@hasDecl(T, "by_value"),
        else => false,
    };
}

fn isByValue(comptime T: type) bool {
    return switch (@typeInfo(T)) {
        .@"struct", .@"union" => @hasDecl(T, "by_value"),
        else => false,
    };
}

/// The fixtures of all types in turn. `makers` has a field for each function of a type: its value makes
/// the function of the type, its name is the symbol, with the type's name in place of `*`.
pub fn of(comptime all: []const type, comptime makers: anytype) []const type {
    @setEvalBranchQuota(100_000);
    var collected: []const type = &.{};
    for (all) |T| {
        for (@typeInfo(@TypeOf(makers)).@"struct".fields) |maker| {
            collected = collected ++ .{Fixture(symbol(maker.name, T), @field(makers, maker.name)(T))};
        }
    }
    return collected;
}

fn Fixture(comptime fixture_name: []const u8, comptime fixture: anytype) type {
    return struct {
        pub const name = fixture_name;
        pub const function = fixture;
    };
}

fn symbol(comptime pattern: []const u8, comptime T: type) []const u8 {
    const star = std.mem.indexOfScalar(u8, pattern, '*').?;
    const name = switch (@typeInfo(T)) {
        .@"enum", .@"struct", .@"union" => small(names.of(T)),
        else => @typeName(T),
    };
    const ending = pattern[star + 1 ..];
    const plural = if (name[name.len - 1] == 's' and std.mem.eql(u8, ending, "s")) "es" else ending;
    return pattern[0..star] ++ name ++ plural;
}

fn small(comptime name: []const u8) []const u8 {
    var letters: [name.len]u8 = undefined;
    const lower = std.ascii.lowerString(&letters, name)[0..name.len].*;
    return &lower;
}

/// The argument itself.
pub fn echo(comptime T: type) fn (T) T {
    return struct {
        fn call(x: T) T {
            return x;
        }
    }.call;
}

pub fn constant(comptime T: type, comptime value: T) fn () T {
    return struct {
        fn call() T {
            return value;
        }
    }.call;
}

/// The least of an integer type.
pub fn least(comptime T: type) fn () T {
    return constant(T, std.math.minInt(T));
}

/// The greatest of an integer type.
pub fn greatest(comptime T: type) fn () T {
    return constant(T, std.math.maxInt(T));
}

/// `f(x)`.
pub fn apply(comptime T: type) fn (forms.Callback(fn (T) T), T) T {
    return struct {
        fn call(f: forms.Callback(fn (T) T), x: T) T {
            return f.call(.{x});
        }
    }.call;
}

/// A copy of a slice.
pub fn ownedCopy(comptime T: type) fn ([]const T) forms.Owned([]T) {
    return struct {
        fn call(all: []const T) forms.Owned([]T) {
            return forms.Owned([]T).copyOf(all) catch .empty;
        }
    }.call;
}
