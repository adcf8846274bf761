//! Handles: made, used, consumed (L-15, C-7, C-14).

const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const types = @import("types.zig");
const Box = types.Box;
const Counter = types.Counter;
const Consumed = forms.Consumed;
const Handle = forms.Handle;

/// A new box, or a null handle where memory is short.
pub fn box(v: i64) Handle(Box) {
    const made = ledger.create(Box) catch return .of(null);
    made.* = .{ .value = v };
    return .of(made);
}

pub fn box_get(b: Handle(Box)) i64 {
    return b.target().value;
}

pub fn box_set(b: Handle(Box), v: i64) void {
    b.target().value = v;
}

/// A null handle is freed as nothing, like C's `free`.
pub fn free_box(b: Consumed(Box)) void {
    if (b.pointer != null) ledger.destroy(Box, b.pointer);
}

/// The box's value; the box is freed.
pub fn take_box(b: Consumed(Box)) i64 {
    const value = b.target().value;
    ledger.destroy(Box, b.pointer);
    return value;
}

pub fn null_box() Handle(Box) {
    return .of(null);
}

/// The pointer it was given.
pub fn same_box(b: Handle(Box)) Handle(Box) {
    return b;
}

/// a + b, wrapping.
pub fn box_sum(a: Handle(Box), b: Handle(Box)) i64 {
    return a.target().value +% b.target().value;
}

/// The colour whose number is the value modulo 3, never negative.
pub fn box_color(b: Handle(Box)) types.Color {
    return @enumFromInt(@mod(b.target().value, 3));
}

/// A new counter at `start`, or a null handle where memory is short.
pub fn counter(start: i64) Handle(Counter) {
    const made = ledger.create(Counter) catch return .of(null);
    made.* = .{ .count = start };
    return .of(made);
}

/// Adds one, wrapping, and returns the new count.
pub fn counter_next(c: Handle(Counter)) i64 {
    c.target().count +%= 1;
    return c.target().count;
}

pub fn counter_get(c: Handle(Counter)) i64 {
    return c.target().count;
}

/// A null handle is freed as nothing.
pub fn free_counter(c: Consumed(Counter)) void {
    if (c.pointer != null) ledger.destroy(Counter, c.pointer);
}

/// 1000 times the box's value plus the count, wrapping, so that swapped handles show.
pub fn box_and_counter(b: Handle(Box), c: Handle(Counter)) i64 {
    return b.target().value *% 1000 +% c.target().count;
}
