//! Unions, packed structs, complex numbers and what has 128 bits, as themselves (G-4 to G-8). As those of
//! `fixtures_by_value.zig` they are called by C functions, of aggregates.c.

const aggregates = @import("aggregates.zig");
const forms = @import("forms.zig");
const placed_functions = @import("placed.zig");
const series = @import("series.zig");
const ByValue = forms.ByValue;

pub const alone = series.of(series.aggregates ++ series.wide_by_value, .{ .@"pass_*" = placed_functions.pass });
pub const placed = series.of(&.{
    aggregates.Number,
    aggregates.Trio,
    aggregates.Split,
    aggregates.FloatWord,
    aggregates.PackedPair,
    aggregates.PackedEven,
    aggregates.PackedTail,
    aggregates.ComplexSingle,
    aggregates.ComplexDouble,
    aggregates.ComplexInt,
    aggregates.Extended1,
    aggregates.Int128,
    f80,
    i128,
}, .{
    .@"*_after_5_words" = placed_functions.afterFiveWords,
    .@"*_after_6_words" = placed_functions.afterSixWords,
    .@"*_after_7_words" = placed_functions.afterSevenWords,
    .@"*_after_7_doubles" = placed_functions.afterSevenDoubles,
    .@"*_after_8_doubles" = placed_functions.afterEightDoubles,
    .@"*_after_both" = placed_functions.afterBoth,
    .@"*_after_a_double_and_5_words" = placed_functions.afterDoubleAndFiveWords,
});

/// A union of each kind of register, a float and an integer between.
pub fn mixed_unions(
    _: ByValue(aggregates.Reals),
    _: i64,
    _: ByValue(aggregates.FloatWord),
    _: f64,
    last: ByValue(aggregates.Number),
) ByValue(aggregates.Number) {
    return last;
}

/// Packed structs in registers and in memory in turn.
pub fn mixed_packed(
    _: ByValue(aggregates.PackedPair),
    _: i64,
    _: ByValue(aggregates.PackedEven),
    _: f64,
    last: ByValue(aggregates.PackedTail),
) ByValue(aggregates.PackedTail) {
    return last;
}
