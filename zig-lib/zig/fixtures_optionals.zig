//! Optional pointers, scalars and structs (L-10, L-20, R-6).

const forms = @import("forms.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const Point = types.Point;

pub const defaults = series.of(series.carriers, .{ .@"or_*" = orDefault });
pub const presents = series.of(series.carriers, .{ .@"some_*" = some });
pub const pointees = series.of(series.scalars, .{ .@"ptr_or_*" = ptrOr });
pub const cells = series.of(series.scalars, .{ .@"maybe_ptr_*" = maybePtr });

/// `x`, or `default` where there is none.
fn orDefault(comptime T: type) fn (?T, T) T {
    return struct {
        fn call(x: ?T, default: T) T {
            return x orelse default;
        }
    }.call;
}

/// `x` where `present`.
fn some(comptime T: type) fn (T, bool) ?T {
    return struct {
        fn call(x: T, present: bool) ?T {
            return if (present) x else null;
        }
    }.call;
}

/// The pointee, or `default` where there is no pointer.
fn ptrOr(comptime T: type) fn (?*const T, T) T {
    return struct {
        fn call(p: ?*const T, default: T) T {
            return if (p) |there| there.* else default;
        }
    }.call;
}

/// A pointer to `x` where `present`, good until the thread's next call.
fn maybePtr(comptime T: type) fn (T, bool) ?*T {
    return struct {
        threadlocal var cell: T = undefined;

        fn call(x: T, present: bool) ?*T {
            if (!present) return null;
            cell = x;
            return &cell;
        }
    }.call;
}

/// As `maybe_ptr_i64`, to a constant.
pub fn maybe_const_ptr_i64(present: bool) ?*const i64 {
    const constant = struct {
        const value: i64 = -42;
    };
    return if (present) &constant.value else null;
}

/// Adds one through the pointer, wrapping; whether there was one.
pub fn opt_bump_i64(p: ?*i64) bool {
    const there = p orelse return false;
    there.* +%= 1;
    return true;
}

/// The sum of `n` elements, wrapping; -1 where there is no pointer.
pub fn opt_many_sum_i64s(xs: ?[*]const i64, n: usize) i64 {
    const there = xs orelse return -1;
    var total: i64 = 0;
    for (there[0..n]) |x| total +%= x;
    return total;
}

/// Fills `n` elements; whether there was a pointer.
pub fn opt_many_fill_f64s(xs: ?[*]f64, n: usize, v: f64) bool {
    const there = xs orelse return false;
    @memset(there[0..n], v);
    return true;
}

pub fn or_point(p: ?Point, default: Point) Point {
    return p orelse default;
}

pub fn or_painted(p: ?types.Painted, default: types.Painted) types.Painted {
    return p orelse default;
}

pub fn or_vec3(v: ?types.Vec3, default: types.Vec3) types.Vec3 {
    return v orelse default;
}

pub fn or_deep(d: ?types.Deep, default: types.Deep) types.Deep {
    return d orelse default;
}

/// The number of arguments that are there, each at its own power of ten: scalar 1, pointer 10,
/// struct 100, many-pointer 1000.
pub fn opt_present(a: ?i8, b: ?*const f64, c: ?Point, d: ?[*]const u8) u32 {
    return @as(u32, @intFromBool(a != null)) + @as(u32, @intFromBool(b != null)) * 10 +
        @as(u32, @intFromBool(c != null)) * 100 + @as(u32, @intFromBool(d != null)) * 1000;
}

/// Null also where memory is short, as of every optional struct below.
pub fn maybe_point(x: f64, y: f64, present: bool) ?Point {
    return if (present) .{ .x = x, .y = y } else null;
}

pub fn maybe_vec3(v: types.Vec3, present: bool) ?types.Vec3 {
    return if (present) v else null;
}

pub fn maybe_deep(d: types.Deep, present: bool) ?types.Deep {
    return if (present) d else null;
}

/// A struct with a buffer: two allocations.
pub fn maybe_person(name: forms.String, age: u16, present: bool) ?types.Person {
    if (!present) return null;
    const copied = forms.String.copyOf(name.items()) catch return null;
    return .{ .name = copied, .age = age };
}
