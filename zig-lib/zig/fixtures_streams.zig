//! Streams (L-16, R-12). Where memory is short the iterator is null: it has no items and is freed
//! all the same.

const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const types = @import("types.zig");
const Stream = forms.Stream;

/// n, n - 1, … 1; nothing where `n` is not positive.
pub fn countdown(n: i64) Stream(i64, types.Countdown) {
    const iterator = ledger.create(types.Countdown) catch return .{ .iterator = null };
    iterator.* = .{ .left = n };
    return .{ .iterator = iterator };
}

pub const stream_i8s = stream(i8, types.PatternI8);
pub const stream_i16s = stream(i16, types.PatternI16);
pub const stream_i32s = stream(i32, types.PatternI32);
pub const stream_i64s = stream(i64, types.PatternI64);
pub const stream_isizes = stream(isize, types.PatternIsize);
pub const stream_u8s = stream(u8, types.PatternU8);
pub const stream_u16s = stream(u16, types.PatternU16);
pub const stream_u32s = stream(u32, types.PatternU32);
pub const stream_u64s = stream(u64, types.PatternU64);
pub const stream_usizes = stream(usize, types.PatternUsize);
pub const stream_f16s = stream(f16, types.PatternF16);
pub const stream_f32s = stream(f32, types.PatternF32);
pub const stream_f64s = stream(f64, types.PatternF64);
pub const stream_bools = stream(bool, types.PatternBool);

/// The first `n` elements of the pattern of patterns.zig.
fn stream(comptime T: type, comptime Iterator: type) fn (usize) Stream(T, Iterator) {
    return struct {
        fn call(n: usize) Stream(T, Iterator) {
            const iterator = ledger.create(Iterator) catch return .{ .iterator = null };
            iterator.* = .{ .length = n };
            return .{ .iterator = iterator };
        }
    }.call;
}
