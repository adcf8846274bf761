//! Strings and bytes (L-7, L-11, C-11, R-10, R-11).
//!
//! Where memory is short a return is empty, with a null address.

const std = @import("std");
const forms = @import("forms.zig");
const ledger = @import("ledger.zig");
const String = forms.String;
const Bytes = forms.Bytes;

pub fn string_len(s: String) usize {
    return s.items().len;
}

/// FNV-1a, 64 bits: depends on every byte.
pub fn string_hash(s: String) u64 {
    return std.hash.Fnv1a_64.hash(s.items());
}

/// The byte at `i`, or -1 beyond the end.
pub fn string_at(s: String, i: usize) i32 {
    return if (i < s.items().len) s.items()[i] else -1;
}

pub fn string_equal(a: String, b: String) bool {
    return std.mem.eql(u8, a.items(), b.items());
}

/// a + 1000 times the bytes of `s` + 2b: a string between scalars.
pub fn string_between(a: i64, s: String, b: f64) f64 {
    return @as(f64, @floatFromInt(a)) + 1000 * @as(f64, @floatFromInt(s.items().len)) + 2 * b;
}

pub fn string_echo(s: String) String {
    return copied(s.items());
}

/// `a`, then `b`.
pub fn string_concat(a: String, b: String) String {
    const block = ledger.alloc(u8, a.items().len + b.items().len) catch return .empty;
    @memcpy(block[0..a.items().len], a.items());
    @memcpy(block[a.items().len..], b.items());
    return .of(block);
}

/// All four, one after the other.
pub fn string_quilt(a: String, b: String, c: String, d: String) String {
    const all = [_][]const u8{ a.items(), b.items(), c.items(), d.items() };
    var length: usize = 0;
    for (all) |each| length += each.len;
    const block = ledger.alloc(u8, length) catch return .empty;
    var at: usize = 0;
    for (all) |each| {
        @memcpy(block[at..][0..each.len], each);
        at += each.len;
    }
    return .of(block);
}

/// `s`, `n` times.
pub fn string_repeat(s: String, n: usize) String {
    const length = std.math.mul(usize, s.items().len, n) catch return .empty;
    const block = ledger.alloc(u8, length) catch return .empty;
    for (block, 0..) |*byte, i| byte.* = s.items()[i % s.items().len];
    return .of(block);
}

/// A string of any bytes.
pub fn string_from(bytes: []const u8) String {
    return copied(bytes);
}

fn copied(bytes: []const u8) String {
    return String.copyOf(bytes) catch .empty;
}

fn constant(comptime bytes: []const u8) fn () String {
    return struct {
        fn call() String {
            return copied(bytes);
        }
    }.call;
}

/// Two bytes, three bytes, four bytes, and a combining mark.
pub const string_unicode = constant("é€😀e\u{301}");
/// With a NUL inside.
pub const string_nul = constant("a\x00b");
/// With a byte-order mark, which is text.
pub const string_bom = constant("\u{FEFF}x");
/// 61 FF 62.
pub const string_stray_byte = constant("a\xFFb");
/// C3 28: a lead byte without its continuation.
pub const string_broken_pair = constant("\xC3(");
/// ED A0 80: a surrogate.
pub const string_surrogate = constant("\xED\xA0\x80");
/// C0 AF: an overlong slash.
pub const string_overlong = constant("\xC0\xAF");
/// F4 90 80 80: beyond U+10FFFF.
pub const string_beyond = constant("\xF4\x90\x80\x80");
/// F0 9F 98: cut inside a character.
pub const string_cut = constant("x\xF0\x9F\x98");
/// 80: a continuation byte alone.
pub const string_continuation = constant("\x80");

/// Empty, at an address that reaches nothing.
pub fn string_empty() String {
    return .{ .address = std.math.maxInt(usize), .length = 0 };
}

/// Empty, at a null address.
pub fn string_null() String {
    return .empty;
}

/// "real", with a length that no memory could hold; as `corrupt_length_i64s`.
pub fn corrupt_string() String {
    var made = String.copyOf("real") catch return .empty;
    made.length = ledger.corruptLength(made.address, made.length);
    return made;
}

/// The bytes it was given.
pub fn bytes_echo(bytes: []const u8) Bytes {
    return Bytes.copyOf(bytes) catch .empty;
}

/// 0, 1, 2 … modulo 256.
pub fn bytes_up(n: usize) Bytes {
    const block = ledger.alloc(u8, n) catch return .empty;
    for (block, 0..) |*byte, i| byte.* = @truncate(i);
    return .of(block);
}

/// Empty, at an address that reaches nothing.
pub fn bytes_empty() Bytes {
    return .{ .address = std.math.maxInt(usize), .length = 0 };
}
