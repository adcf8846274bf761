//! Function objects of the host's that the library keeps when the call has returned, and calls in later ones (K-7, K-8).

const elsewhere = @import("elsewhere.zig").elsewhere;
const forms = @import("forms.zig");
const keeping = @import("keeping.zig");
const Kept = forms.Kept;

const OfInteger = Kept(fn (i64) i64);
const OfFloat = Kept(fn (f64, i8) bool);
const OfCount = Kept(fn (u32) void);

/// What is kept, where something is.
var float: ?OfFloat = null;
var count: ?OfCount = null;
var table: [1024]?OfInteger = @splat(null);

/// Keeps `f`, in place of what was kept before.
pub fn keep_i64(f: OfInteger) void {
    keeping.integer = f;
}

/// The sum of `n` calls `f(x)` of the function kept; 0 where there is none.
pub fn kept_times_i64(n: u32, x: i64) i64 {
    const f = keeping.integer orelse return 0;
    var sum: i64 = 0;
    for (0..n) |_| sum +%= f.call(.{x});
    return sum;
}

/// `f(x)` of the function kept; 0 where there is none.
pub fn kept_i64(x: i64) i64 {
    const f = keeping.integer orelse return 0;
    return f.call(.{x});
}

/// `f(f(x))`.
pub fn kept_twice_i64(x: i64) i64 {
    const f = keeping.integer orelse return 0;
    return f.call(.{f.call(.{x})});
}

/// Keeps `f` and calls it at once; `f(x)`.
pub fn keep_and_call_i64(f: OfInteger, x: i64) i64 {
    keeping.integer = f;
    return f.call(.{x});
}

/// `f(x)` on another thread.
pub fn kept_elsewhere_i64(x: i64) i64 {
    const f = keeping.integer orelse return 0;
    return elsewhere(f, .{x});
}

/// Keeps `f`.
pub fn keep_f64(f: OfFloat) void {
    float = f;
}

/// Whether `f(x, y)`; false where none is kept.
pub fn kept_f64(x: f64, y: i8) bool {
    const f = float orelse return false;
    return f.call(.{ x, y });
}

/// Keeps `f`.
pub fn keep_u32(f: OfCount) void {
    count = f;
}

/// `f(0)` to `f(n - 1)`; how many calls were made.
pub fn kept_u32(n: u32) u32 {
    const f = count orelse return 0;
    for (0..n) |i| f.call(.{@intCast(i)});
    return n;
}

/// Keeps `f` in a place of the table; whether there is such a place.
pub fn keep_at(place: u32, f: OfInteger) bool {
    if (place >= table.len) return false;
    table[place] = f;
    return true;
}

/// `f(x)` of the function in a place of the table; 0 where there is none.
pub fn kept_at(place: u32, x: i64) i64 {
    if (place >= table.len) return 0;
    const f = table[place] orelse return 0;
    return f.call(.{x});
}

/// The sum of `f(x)` over the first `n` places.
pub fn kept_sum(n: u32, x: i64) i64 {
    var sum: i64 = 0;
    for (table[0..@min(n, table.len)]) |place| {
        if (place) |f| sum +%= f.call(.{x});
    }
    return sum;
}

/// Lets go of all that is kept.
pub fn unkeep() void {
    keeping.integer = null;
    float = null;
    count = null;
    table = @splat(null);
}
