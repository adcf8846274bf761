//! Fixtures with a redundant argument: one that disagrees is counted in the page, so a call that saw
//! another thread's carriers is caught whatever it returned (N-1).

const evidence = @import("evidence.zig");
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
    return agreed(x, bits == @as(u64, @bitCast(x)));
}

/// Returns `c`; `n` must be its number.
pub fn check_pair_color(c: types.Color, n: u8) types.Color {
    return agreed(c, n == @intFromEnum(c));
}

fn agreed(value: anytype, same: bool) @TypeOf(value) {
    if (!same) evidence.mismatch();
    return value;
}
