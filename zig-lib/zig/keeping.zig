//! What fixtures keep when their call has returned, and others than they have to reach.

const Kept = @import("forms.zig").Kept;

/// The function object of the host's that `keep_i64` was given. Floors of shapes have a function of their own there for a while
/// (bench_calls.zig).
pub var integer: ?Kept(fn (i64) i64) = null;
