//! What C functions leave in `errno` (M-4), and what it held when they were entered (M-5). Where there is no C library,
//! there is none; builds without the witness leave it alone.

const evidence = @import("evidence.zig");
const atomic = @import("atomic.zig");
const libc = @import("libc.zig");
const profile = @import("profile");

const kept = profile.witness and !libc.alone;

/// Takes note of what `errno` holds as a function is entered, where that is asked for. Nothing that might change it
/// comes before.
pub inline fn entered() void {
    if (kept) enteredWith(libc.c._errno().*);
}

/// Not inline: a thousand copies would be one in each fixture.
noinline fn enteredWith(held: c_int) void {
    if (left() == 0) return;
    atomic.store(u64, &evidence.header().errno_entered, @as(c_uint, @bitCast(held)), .monotonic);
}

/// Leaves in `errno` what the harness asks of functions.
pub inline fn leave() void {
    if (kept) put(0);
}

/// Leaves another value, as functions do that give back what another made.
pub inline fn leaveAnother() void {
    if (kept) put(1);
}

fn left() u64 {
    return atomic.load(u64, &evidence.header().errno_left, .monotonic);
}

noinline fn put(more: u64) void {
    const value = left();
    if (value != 0) libc.c._errno().* = @bitCast(@as(c_uint, @truncate(value +% more)));
}
