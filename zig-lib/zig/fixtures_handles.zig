//! Handles: made, used, consumed (L-15, C-7, C-14).

const atomic = @import("atomic.zig");
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

/// `x` plus the box's value, wrapping; the box is freed. The consumed argument is not the first.
pub fn add_take_box(x: i64, b: Consumed(Box)) i64 {
    return x +% take_box(b);
}

/// The box's value times the bytes of `s`, wrapping; the box is freed. Not a call of scalars alone.
pub fn take_box_times(s: forms.String, b: Consumed(Box)) i64 {
    return take_box(b) *% @as(i64, @intCast(s.items().len));
}

/// One box, the same in every call, with a new value: the same address again, also after
/// `end_static_box` (C-14). Its value is every thread's.
pub fn static_box(v: i64) Handle(Box) {
    atomic.store(i64, &one_box.value, v, .monotonic);
    return .of(&one_box);
}

var one_box: Box = .{ .value = 0 };

/// Consumes what `static_box` returned; nothing is freed. Its value.
pub fn end_static_box(b: Consumed(Box)) i64 {
    return atomic.load(i64, &b.target().value, .monotonic);
}

/// The same address under another type's name: another resource (C-7, C-14).
pub fn box_as_counter(b: Handle(Box)) Handle(Counter) {
    return .of(@ptrCast(b.pointer));
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
