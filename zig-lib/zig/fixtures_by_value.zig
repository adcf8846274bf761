//! Structs that cross as themselves (G-1 to G-3). What the C ABI of them comes to is a C compiler's: Zig 0.16 returns
//! structs with arrays in wrong registers, and loses arguments behind a struct that returns through memory. So the
//! symbols are compiled as C (by_value.c), and call these.

const forms = @import("forms.zig");
const placed_functions = @import("placed.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const ByValue = forms.ByValue;

/// Of types that are there for other families, too.
const shared: []const type = &.{
    types.Point,
    types.Pixel,
    types.Padded,
    types.Every,
    types.Painted,
    types.Segment,
    types.Deep,
    types.Frame,
    types.Behind,
    types.Large,
    types.Vec3,
};

pub const alone = series.of(shared ++ series.by_value, .{ .@"pass_*" = placed_functions.pass });
pub const placed = series.of(&.{
    types.Point,
    types.Vec3,
    types.Octets13,
    types.Single2,
    types.WordDouble,
    types.DoubleWord,
    types.TwoWords,
    types.SinglesInt,
    types.Narrow,
    types.Seventeen,
}, .{
    .@"*_after_5_words" = placed_functions.afterFiveWords,
    .@"*_after_6_words" = placed_functions.afterSixWords,
    .@"*_after_7_doubles" = placed_functions.afterSevenDoubles,
    .@"*_after_8_doubles" = placed_functions.afterEightDoubles,
    .@"*_after_both" = placed_functions.afterBoth,
    .@"*_after_a_double_and_5_words" = placed_functions.afterDoubleAndFiveWords,
});

/// Nine floats, which are in memory, before two, which are in a register.
pub fn single9_before(_: ByValue(types.Single9), two: ByValue(types.Single2), _: f64) ByValue(types.Single2) {
    return two;
}

/// Structs of every class, narrow integers and floats in turn.
pub fn mixed_structs(
    _: i8,
    _: ByValue(types.WordDouble),
    _: f32,
    _: ByValue(types.Octets15),
    _: u16,
    _: ByValue(types.Single3),
    _: ByValue(types.Seventeen),
    _: bool,
    _: ByValue(types.DoubleWord),
    _: f64,
    last: ByValue(types.SinglesInt),
    _: i32,
) ByValue(types.SinglesInt) {
    return last;
}

/// A struct made of scalars, from one register of each file.
pub fn make_worddouble(a: i64, b: f64) ByValue(types.WordDouble) {
    return .{ .value = .{ .a = a, .b = b } };
}

/// A scalar made of a struct: `a`, and what its `b` is as an integer.
pub fn sum_doubleword(s: ByValue(types.DoubleWord), k: i64) i64 {
    return s.value.b +% k;
}
