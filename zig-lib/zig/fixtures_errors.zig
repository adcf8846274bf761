//! Error unions (L-14, R-7, C-9, C-14, N-4).

const std = @import("std");
const builders = @import("builders.zig");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const names = @import("names.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const BuildError = types.BuildError;
const Color = types.Color;
const MathError = types.MathError;
const Refusal = types.Refusal;

pub const attempts = series.of(
    series.scalars ++ series.enums ++ series.structs,
    .{ .@"try_*" = attempt },
);

/// `x`, or `Refused` where `fail`.
fn attempt(comptime T: type) fn (T, bool) Refusal!T {
    return struct {
        fn call(x: T, fail: bool) Refusal!T {
            return if (fail) error.Refused else x;
        }
    }.call;
}

pub fn try_void(fail: bool) Refusal!void {
    if (fail) return error.Refused;
}

/// a / b, toward zero.
pub fn divide_i64(a: i64, b: i64) MathError!i64 {
    if (b == 0) return error.DivideByZero;
    if (b == -1 and a == std.math.minInt(i64)) return error.Overflow;
    return @divTrunc(a, b);
}

/// The same under the error set that holds every error.
pub fn any_divide_i64(a: i64, b: i64) anyerror!i64 {
    return divide_i64(a, b);
}

/// Red as a value for 0, `red` as an error for 1, `Faded` for all else (D-7).
pub fn red_or_red(which: u8) types.ColorError!Color {
    return switch (which) {
        0 => .red,
        1 => error.red,
        else => error.Faded,
    };
}

/// Fails with the `which`-th name of `NameError`, counted from 0 in the manifest's order; succeeds
/// beyond.
pub fn named_error(which: u8) types.NameError!void {
    const all = comptime names.ofErrors(types.NameError);
    inline for (all, 0..) |name, i| {
        if (which == i) return @field(types.NameError, name);
    }
}

/// As `named_error`, with `which` as the value of a success.
pub fn named_error_u8(which: u8) types.NameError!u8 {
    try named_error(which);
    return which;
}

/// Fills the slice, then fails where `fail`: the edit shows either way (C-9).
pub fn try_fill_i64s(xs: []i64, v: i64, fail: bool) Refusal!usize {
    @memset(xs, v);
    return if (fail) error.Refused else xs.len;
}

/// Writes through the pointer, then fails where `fail`.
pub fn try_store_i64(p: *i64, v: i64, fail: bool) Refusal!void {
    p.* = v;
    if (fail) return error.Refused;
}

/// The bytes of a string, or `Refused`.
pub fn try_string_len(s: forms.String, fail: bool) Refusal!usize {
    return if (fail) error.Refused else s.items().len;
}

/// Takes the box's value and frees it; then fails where `fail` (C-14).
pub fn try_take_box(b: forms.Consumed(types.Box), fail: bool) Refusal!i64 {
    const value = b.target().value;
    ledger.destroy(types.Box, b.pointer);
    return if (fail) error.Refused else value;
}

/// 0 + 1 + … of `n` elements in a block of its own, which is freed before the end.
pub fn try_scratch(n: usize) types.MemoryError!u64 {
    const block = try ledger.alloc(u64, n);
    defer ledger.free(u64, @intFromPtr(block.ptr), block.len);
    var total: u64 = 0;
    for (block, 0..) |*x, i| {
        x.* = i;
        total +%= x.*;
    }
    return total;
}

/// Copies the name, then fails where `fail`, and frees the copy.
pub fn try_person(name: forms.String, age: u16, fail: bool) BuildError!types.Person {
    return finished(types.Person, try builders.person(name.items(), age), fail);
}

/// Six allocations, then fails where `fail`, and frees them.
pub fn try_packet(id: u32, n: usize, fail: bool) BuildError!types.Packet {
    return finished(types.Packet, try builders.patternPacket(id, n), fail);
}

/// Buffers at every depth, then fails where `fail`, and frees them.
pub fn try_team(n: usize, fail: bool) BuildError!types.Team {
    return finished(types.Team, try builders.patternTeam(n), fail);
}

fn finished(comptime S: type, made: S, fail: bool) BuildError!S {
    if (!fail) return made;
    @import("release.zig").buffersOf(S, &made);
    return error.Refused;
}
