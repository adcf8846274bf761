//! Pointers, many-pointers and arrays as arguments (L-6, L-8, L-19, C-8, C-9).

const types = @import("types.zig");

pub const deref_i8 = deref(i8);
pub const deref_i16 = deref(i16);
pub const deref_i32 = deref(i32);
pub const deref_i64 = deref(i64);
pub const deref_isize = deref(isize);
pub const deref_u8 = deref(u8);
pub const deref_u16 = deref(u16);
pub const deref_u32 = deref(u32);
pub const deref_u64 = deref(u64);
pub const deref_usize = deref(usize);
pub const deref_f16 = deref(f16);
pub const deref_f32 = deref(f32);
pub const deref_f64 = deref(f64);
pub const deref_bool = deref(bool);
pub const deref_i128 = deref(i128);
pub const deref_u128 = deref(u128);
pub const deref_f80 = deref(f80);
pub const deref_f128 = deref(f128);

pub const store_i8 = store(i8);
pub const store_i16 = store(i16);
pub const store_i32 = store(i32);
pub const store_i64 = store(i64);
pub const store_isize = store(isize);
pub const store_u8 = store(u8);
pub const store_u16 = store(u16);
pub const store_u32 = store(u32);
pub const store_u64 = store(u64);
pub const store_usize = store(usize);
pub const store_f16 = store(f16);
pub const store_f32 = store(f32);
pub const store_f64 = store(f64);
pub const store_bool = store(bool);
pub const store_i128 = store(i128);
pub const store_u128 = store(u128);
pub const store_f80 = store(f80);
pub const store_f128 = store(f128);

pub const many_at_i8 = manyAt(i8);
pub const many_at_i16 = manyAt(i16);
pub const many_at_i32 = manyAt(i32);
pub const many_at_i64 = manyAt(i64);
pub const many_at_isize = manyAt(isize);
pub const many_at_u8 = manyAt(u8);
pub const many_at_u16 = manyAt(u16);
pub const many_at_u32 = manyAt(u32);
pub const many_at_u64 = manyAt(u64);
pub const many_at_usize = manyAt(usize);
pub const many_at_f16 = manyAt(f16);
pub const many_at_f32 = manyAt(f32);
pub const many_at_f64 = manyAt(f64);
pub const many_at_bool = manyAt(bool);
pub const many_at_i128 = manyAt(i128);
pub const many_at_u128 = manyAt(u128);
pub const many_at_f80 = manyAt(f80);
pub const many_at_f128 = manyAt(f128);

pub const many_put_i8 = manyPut(i8);
pub const many_put_i16 = manyPut(i16);
pub const many_put_i32 = manyPut(i32);
pub const many_put_i64 = manyPut(i64);
pub const many_put_isize = manyPut(isize);
pub const many_put_u8 = manyPut(u8);
pub const many_put_u16 = manyPut(u16);
pub const many_put_u32 = manyPut(u32);
pub const many_put_u64 = manyPut(u64);
pub const many_put_usize = manyPut(usize);
pub const many_put_f16 = manyPut(f16);
pub const many_put_f32 = manyPut(f32);
pub const many_put_f64 = manyPut(f64);
pub const many_put_bool = manyPut(bool);
pub const many_put_i128 = manyPut(i128);
pub const many_put_u128 = manyPut(u128);
pub const many_put_f80 = manyPut(f80);
pub const many_put_f128 = manyPut(f128);

pub const array_at_i8x4 = arrayAt(i8);
pub const array_at_i16x4 = arrayAt(i16);
pub const array_at_i32x4 = arrayAt(i32);
pub const array_at_i64x4 = arrayAt(i64);
pub const array_at_isizex4 = arrayAt(isize);
pub const array_at_u8x4 = arrayAt(u8);
pub const array_at_u16x4 = arrayAt(u16);
pub const array_at_u32x4 = arrayAt(u32);
pub const array_at_u64x4 = arrayAt(u64);
pub const array_at_usizex4 = arrayAt(usize);
pub const array_at_f16x4 = arrayAt(f16);
pub const array_at_f32x4 = arrayAt(f32);
pub const array_at_f64x4 = arrayAt(f64);
pub const array_at_boolx4 = arrayAt(bool);
pub const array_at_i128x4 = arrayAt(i128);
pub const array_at_u128x4 = arrayAt(u128);
pub const array_at_f80x4 = arrayAt(f80);
pub const array_at_f128x4 = arrayAt(f128);

fn deref(comptime T: type) fn (*const T) T {
    return struct {
        fn call(p: *const T) T {
            return p.*;
        }
    }.call;
}

/// Writes `x` through the pointer.
fn store(comptime T: type) fn (*T, T) void {
    return struct {
        fn call(p: *T, x: T) void {
            p.* = x;
        }
    }.call;
}

fn manyAt(comptime T: type) fn ([*]const T, usize) T {
    return struct {
        fn call(p: [*]const T, i: usize) T {
            return p[i];
        }
    }.call;
}

/// Writes `x` at index `i`.
fn manyPut(comptime T: type) fn ([*]T, usize, T) void {
    return struct {
        fn call(p: [*]T, i: usize, x: T) void {
            p[i] = x;
        }
    }.call;
}

/// Element `i` modulo 4.
fn arrayAt(comptime T: type) fn (*const [4]T, usize) T {
    return struct {
        fn call(xs: *const [4]T, i: usize) T {
            return xs[i % 4];
        }
    }.call;
}

/// Adds one, wrapping; returns what was there before.
pub fn bump_i64(p: *i64) i64 {
    defer p.* +%= 1;
    return p.*;
}

pub fn swap_i64s(a: *i64, b: *i64) void {
    const before = a.*;
    a.* = b.*;
    b.* = before;
}

/// The sum of `n` elements, wrapping.
pub fn many_sum_i64s(xs: [*]const i64, n: usize) i64 {
    var total: i64 = 0;
    for (xs[0..n]) |x| total +%= x;
    return total;
}

/// An array without elements: 0.
pub fn array_len_i64x0(xs: *const [0]i64) usize {
    return xs.len;
}

/// An array larger than any buffer on a call path: the sum.
pub fn array_sum_u8x300(xs: *const [300]u8) u64 {
    var total: u64 = 0;
    for (xs) |x| total += x;
    return total;
}

/// x + 2y of the first, plus 10 times that of the second, plus 100 times that of the third.
pub fn array_points(ps: *const [3]types.Point) f64 {
    return (ps[0].x + 2 * ps[0].y) + 10 * (ps[1].x + 2 * ps[1].y) + 100 * (ps[2].x + 2 * ps[2].y);
}

/// The first number, plus 1000 times the second, plus 1000000 times the third.
pub fn array_colors(cs: *const [3]types.Color) u64 {
    return @as(u64, @intFromEnum(cs[0])) + @as(u64, @intFromEnum(cs[1])) * 1000 +
        @as(u64, @intFromEnum(cs[2])) * 1_000_000;
}

/// Age plus 1000 times the bytes of the name, of both (an array of structs with buffers).
pub fn array_people(ps: *const [2]types.Person) u64 {
    return ps[0].age + @as(u64, ps[1].age) + 1000 * (ps[0].name.length + ps[1].name.length);
}

/// 1a + 10b + 100c, wrapping: arrays and pointers between scalars.
pub fn array_between(a: i32, b: *const [1]i64, c: u8, d: *i64) i64 {
    d.* = @as(i64, a) +% b[0] *% 10 +% @as(i64, c) * 100;
    return d.*;
}
