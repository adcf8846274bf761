//! Every named type of the fixtures (T-8), under the name the contract uses for it.

/// `:u8`
pub const Color = enum(u8) { red = 0, green = 1, blue = 2, _ };

/// `:i8`, with both ends.
pub const Level = enum(i8) { low = -128, mid = 0, high = 127, _ };

/// `:u16`
pub const Port = enum(u16) { http = 80, https = 443, top = 65535, _ };

/// `:i16`
pub const Offset = enum(i16) { back = -32768, here = 0, ahead = 32767, _ };

/// Declared without a backing in the contract, which makes it `:i32` (T-8).
pub const Status = enum(i32) { ok = 0, @"not-found" = 404, failed = -1, _ };

/// `:u32`, with a member above the signed range.
pub const Code = enum(u32) { none = 0, big = 4294967295, _ };

/// `:i64`
pub const Tick = enum(i64) { never = -9223372036854775808, now = 0, ever = 9223372036854775807, _ };

/// `:u64`, with members above the signed range (R-5).
pub const Mask = enum(u64) { empty = 0, top = 9223372036854775808, full = 18446744073709551615, _ };

/// The target of a handle.
pub const Box = struct { value: i64 };

/// The target of another handle.
pub const Counter = struct { count: i64 };
