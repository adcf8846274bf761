//! Streams (L-16, R-12). Where memory is short the iterator is null: it has no items and is freed
//! all the same.

const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const series = @import("series.zig");
const types = @import("types.zig");
const Stream = forms.Stream;

/// n, n - 1, … 1; nothing where `n` is not positive.
pub fn countdown(n: i64) Stream(i64, types.Countdown) {
    const iterator = ledger.create(types.Countdown) catch return .{ .iterator = null };
    iterator.* = .{ .left = n };
    return .{ .iterator = iterator };
}

pub const patterns = series.of(series.carriers, .{ .@"stream_*s" = stream });

/// The first `n` elements of the pattern of patterns.zig.
fn stream(comptime T: type) fn (usize) Stream(T, types.Pattern(T)) {
    return struct {
        const Iterator = types.Pattern(T);

        fn call(n: usize) Stream(T, Iterator) {
            const iterator = ledger.create(Iterator) catch return .{ .iterator = null };
            iterator.* = .{ .length = n };
            return .{ .iterator = iterator };
        }
    }.call;
}
