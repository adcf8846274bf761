//! Words that several threads use. On a target of one thread they are plain, because some of those (wasm32) have no
//! atomic access to 64 bits.

const builtin = @import("builtin");
const Order = @import("std").builtin.AtomicOrder;

const plain = builtin.single_threaded;

pub inline fn load(comptime T: type, place: *const T, comptime order: Order) T {
    return if (plain) place.* else @atomicLoad(T, place, order);
}

pub inline fn store(comptime T: type, place: *T, value: T, comptime order: Order) void {
    if (plain) place.* = value else @atomicStore(T, place, value, order);
}

/// What stood there before `amount` was added, wrapping.
pub inline fn add(comptime T: type, place: *T, amount: T, comptime order: Order) T {
    if (!plain) return @atomicRmw(T, place, .Add, amount, order);
    defer place.* +%= amount;
    return place.*;
}

/// What stood there before `value`.
pub inline fn exchange(comptime T: type, place: *T, value: T, comptime order: Order) T {
    if (!plain) return @atomicRmw(T, place, .Xchg, value, order);
    defer place.* = value;
    return place.*;
}
