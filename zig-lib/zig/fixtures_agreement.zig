//! Fixtures with a redundant argument: one that disagrees is counted in the page, so a call that
//! saw another thread's carriers is caught whatever it returned (N-1).

const std = @import("std");
const evidence = @import("evidence.zig");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const types = @import("types.zig");

/// Returns `x`; `not_x` must be its complement.
pub fn check_pair_i64(x: i64, not_x: i64) i64 {
    return agreed(x, not_x == ~x);
}

/// Returns `x`; `not_x` must be its complement.
pub fn check_pair_u64(x: u64, not_x: u64) u64 {
    return agreed(x, not_x == ~x);
}

/// Returns `x`; `bits` must be its bits.
pub fn check_pair_f64(x: f64, bits: u64) f64 {
    // Which NaN it is hosts may not know (D-6), and is for the case to say.
    const nans = std.math.isNan(x) and std.math.isNan(@as(f64, @bitCast(bits)));
    return agreed(x, nans or bits == @as(u64, @bitCast(x)));
}

/// Returns `c`; `n` must be its number.
pub fn check_pair_color(c: types.Color, n: u8) types.Color {
    return agreed(c, n == @intFromEnum(c));
}

/// Returns the length; `sum` must be the wrapping sum.
pub fn check_slice_i64s(xs: []const i64, sum: i64) usize {
    var total: i64 = 0;
    for (xs) |x| total +%= x;
    return agreed(xs.len, total == sum);
}

/// Negates every element, wrapping; returns the length; `sum` must be the wrapping sum before.
pub fn check_edit_i64s(xs: []i64, sum: i64) usize {
    var total: i64 = 0;
    for (xs) |*x| {
        total +%= x.*;
        x.* = -%x.*;
    }
    return agreed(xs.len, total == sum);
}

/// Returns a copy; `hash` must be `string_hash` of it.
pub fn check_string(s: forms.String, hash: u64) forms.String {
    const same = hash == std.hash.Fnv1a_64.hash(s.items());
    const copy: forms.String = forms.String.copyOf(s.items()) catch .empty;
    return agreed(copy, same);
}

/// Returns `p`; `x` and `y` must be its bits.
pub fn check_point(p: types.Point, x: u64, y: u64) types.Point {
    return agreed(p, x == @as(u64, @bitCast(p.x)) and y == @as(u64, @bitCast(p.y)));
}

/// Returns `x`; `low` must be its low half.
pub fn check_i128(x: i128, low: u64) i128 {
    return agreed(x, low == @as(u64, @truncate(@as(u128, @bitCast(x)))));
}

/// Returns the value; `value` must be it.
pub fn check_box(b: forms.Handle(types.Box), value: i64) i64 {
    return agreed(b.target().value, value == b.target().value);
}

/// Returns `n` times `n`; `not_n` must be its complement.
pub fn check_owned(n: u8, not_n: u8) forms.Owned([]u8) {
    const block = ledger.alloc(u8, n) catch return .empty;
    @memset(block, n);
    return agreed(forms.Owned([]u8).of(block), not_n == ~n);
}

/// Returns `x` where `present`, good until the thread's next call; `not_x` must be its complement.
pub fn check_optional(x: i64, not_x: i64, present: bool) ?i64 {
    return agreed(if (present) @as(?i64, x) else null, not_x == ~x);
}

/// Returns `x` where it is even and fails with `Overflow` where it is a multiple of 3 and odd,
/// otherwise with `DivideByZero`; `not_x` must be its complement.
pub fn check_error(x: i64, not_x: i64) types.MathError!i64 {
    const outcome: types.MathError!i64 = if (@mod(x, 2) == 0)
        x
    else if (@mod(x, 3) == 0)
        error.Overflow
    else
        error.DivideByZero;
    return agreed(outcome, not_x == ~x);
}

fn agreed(value: anytype, same: bool) @TypeOf(value) {
    if (!same) evidence.mismatch();
    return value;
}
