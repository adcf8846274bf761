//! Every named type of the fixtures (T-8), under the name the contract uses for it.

const std = @import("std");

const assert = @import("std").debug.assert;
const forms = @import("forms.zig");
const patterns = @import("patterns.zig");

/// `:u8`
pub const Color = enum(u8) { red = 0, green = 1, blue = 2, _ };

/// `:i8`, with both ends.
pub const Level = enum(i8) { low = -128, mid = 0, high = 127, _ };

/// `:u16`
pub const Port = enum(u16) { http = 80, https = 443, top = 65535, _ };

/// `:i16`
pub const Offset = enum(i16) { back = -32768, here = 0, ahead = 32767, _ };

/// Declared without a backing in the contract, which makes it `:i32` (T-8).
pub const Status = enum(i32) { ok = 0, missing = 404, failed = -1, _ };

/// `:u32`, with a member above the signed range.
pub const Code = enum(u32) { none = 0, big = 4294967295, _ };

/// `:i64`
pub const Tick = enum(i64) { never = -9223372036854775808, now = 0, ever = 9223372036854775807, _ };

/// `:u64`, with members above the signed range (R-5).
pub const Mask = enum(u64) { empty = 0, top = 9223372036854775808, full = 18446744073709551615, _ };

/// `:u8`, with the members of `Color` at other values, one after another and not from 0.
pub const Shade = enum(u8) { blue = 7, red = 8, green = 9, _ };

/// `:u8`, with a member whose name is no identifier.
pub const Finding = enum(u8) { found = 0, @"not-found" = 1, _ };

/// `:u16`, with 300 members: more than a byte counts.
pub const Note = notes: {
    @setEvalBranchQuota(200_000);
    const count = 300;
    var members: [count][]const u8 = undefined;
    var values: [count]u16 = undefined;
    for (&members, &values, 0..) |*member, *value, at| {
        member.* = std.fmt.comptimePrint("n{d}", .{at});
        value.* = 1000 + 3 * at;
    }
    break :notes @Enum(u16, .nonexhaustive, &members, &values);
};

/// The target of a handle.
pub const Box = struct { value: i64 };

/// The target of another handle.
pub const Counter = struct { count: i64 };

/// Two doubles.
pub const Point = extern struct {
    x: f64,
    y: f64,

    comptime {
        assert(@sizeOf(Point) == 16 and @alignOf(Point) == 8);
    }
};

/// Smaller than a register, of no power-of-two size.
pub const Pixel = extern struct {
    r: u8,
    g: u8,
    b: u8,

    comptime {
        assert(@sizeOf(Pixel) == 3 and @alignOf(Pixel) == 1);
    }
};

/// Padding after the first field, between others and at the end.
pub const Padded = extern struct {
    a: u8,
    b: i64,
    c: u16,
    d: f32,
    e: bool,

    comptime {
        assert(@offsetOf(Padded, "b") == @alignOf(i64));
        assert(@sizeOf(Padded) % @alignOf(i64) == 0);
    }
};

/// Every carrier scalar but `f16`, which many languages have no type for.
pub const Every = extern struct {
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    isize: isize,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    usize: usize,
    f32: f32,
    f64: f64,
    bool: bool,
};

/// `f16` before what pushes it apart, and behind a byte.
pub const Halves = extern struct {
    first: f16,
    single: f32,
    tag: u8,
    last: f16,

    comptime {
        assert(@sizeOf(Halves) == 12 and @offsetOf(Halves, "last") == 10);
    }
};

/// Both integers of 128 bits, behind a byte that pushes them to their alignment.
pub const Wides = extern struct {
    tag: u8,
    a: i128,
    b: u128,
};

/// The same of `f80`, whose own padding is not the struct's.
pub const Extended = extern struct {
    tag: u8,
    value: f80,
    behind: u8,
};

/// The same of `f128`.
pub const Quads = extern struct {
    tag: u8,
    value: f128,
    behind: u8,
};

/// Enums of one byte, of a signed byte, and of the whole unsigned range.
pub const Painted = extern struct {
    color: Color,
    level: Level,
    mask: Mask,
};

/// A struct in a struct (L-18).
pub const Segment = extern struct {
    from: Point,
    to: Point,

    comptime {
        assert(@sizeOf(Segment) == 32);
    }
};

/// A struct in a struct in a struct, at an offset that needs padding.
pub const Deep = extern struct {
    tag: u8,
    segment: Segment,
    color: Color,
};

/// The same elements as in `Grid`, and two lengths of one of them.
pub const Frame = extern struct {
    few: [3]i32,
    many: [5]i32,
    corner: [1]Point,
    colors: [2]Color,
};

/// Padding at its end alone, which C keeps where the struct is a field.
pub const Tailed = extern struct {
    wide: i64,
    narrow: u8,

    comptime {
        assert(@sizeOf(Tailed) == 16);
    }
};

/// Fields that would fit into the tail of the struct before them, and do not begin there.
pub const Behind = extern struct {
    first: Tailed,
    small: u8,
    second: Tailed,
    middle: u16,
    pair: [2]Tailed,
    last: u32,

    comptime {
        assert(@offsetOf(Behind, "small") == 16 and @offsetOf(Behind, "middle") == 40);
        assert(@offsetOf(Behind, "last") == 80);
    }
};

/// Arrays of scalars, structs and enums.
pub const Grid = extern struct {
    cells: [4]i32,
    corners: [2]Point,
    colors: [3]Color,
};

/// Larger than what is held in place: arrays, the last of which ends behind the first KiB.
pub const Large = extern struct {
    tag: u8,
    cells: [300]u16,
    corners: [40]Point,
    last: i32,

    comptime {
        assert(@sizeOf(Large) > 1024 and @sizeOf(Large) % @alignOf(Large) == 0);
    }
};

/// A record without buffers.
pub const Vec3 = extern struct {
    pub const record = true;

    x: f32,
    y: f32,
    z: f32,

    comptime {
        assert(@sizeOf(Vec3) == 12 and @alignOf(Vec3) == 4);
    }
};

/// A record with a string.
pub const Person = extern struct {
    pub const record = true;

    name: forms.String,
    age: u16,
};

/// Every kind of buffer field (L-17). As a return, all but `lent` are freed.
pub const Packet = extern struct {
    id: u32,
    title: forms.String,
    payload: forms.Bytes,
    samples: forms.View([]const f64),
    counts: forms.View([]i64),
    grown: forms.Owned([]i16),
    lent: forms.Borrowed([]const u8),
    colors: forms.View([]const Color),
};

/// Buffers at every depth: of its own, of a nested struct, of an array's elements, and of a
/// buffer's elements (L-19).
pub const Team = extern struct {
    title: forms.String,
    lead: Person,
    pair: [2]Person,
    members: forms.View([]const Person),
};

/// Buffers of structs as fields: owned, owned with buffers of their own, and borrowed.
pub const Sheet = extern struct {
    tag: u8,
    points: forms.Owned([]Point),
    people: forms.Owned([]Person),
    path: forms.Borrowed([]const Point),
};

/// Bytes alone, of one eightbyte, of two and of more: sizes that no register has.
pub const Octets1 = Octets(1);
pub const Octets5 = Octets(5);
pub const Octets7 = Octets(7);
pub const Octets9 = Octets(9);
pub const Octets11 = Octets(11);
pub const Octets13 = Octets(13);
pub const Octets15 = Octets(15);
pub const Octets17 = Octets(17);
pub const Octets31 = Octets(31);
pub const Octets33 = Octets(33);
pub const Octets63 = Octets(63);
pub const Octets64 = Octets(64);

fn Octets(comptime count: usize) type {
    return extern struct {
        pub const by_value = true;

        all: [count]u8,
    };
}

/// One to four floats of a kind, which AAPCS64 passes each in a register.
pub const Single1 = extern struct {
    pub const by_value = true;
    a: f32,
};
pub const Single2 = extern struct {
    pub const by_value = true;
    a: f32,
    b: f32,
};
pub const Single3 = extern struct {
    pub const by_value = true;
    all: [3]f32,
};
pub const Single4 = extern struct {
    pub const by_value = true;
    a: f32,
    b: f32,
    c: f32,
    d: f32,
};
pub const Double1 = extern struct {
    pub const by_value = true;
    a: f64,
};
pub const Double2 = extern struct {
    pub const by_value = true;
    all: [2]f64,
};
pub const Double3 = extern struct {
    pub const by_value = true;
    a: f64,
    b: f64,
    c: f64,
};
pub const Double4 = extern struct {
    pub const by_value = true;
    a: f64,
    b: f64,
    c: f64,
    d: f64,
};
/// More of them than that.
pub const Single9 = extern struct {
    pub const by_value = true;
    all: [9]f32,
};

/// An eightbyte of each register file, in either order.
pub const WordDouble = extern struct {
    pub const by_value = true;
    a: i64,
    b: f64,
};
pub const DoubleWord = extern struct {
    pub const by_value = true;
    a: f64,
    b: i64,
};
pub const TwoWords = extern struct {
    pub const by_value = true;
    a: i64,
    b: u64,
};
/// A float and an integer in one eightbyte, which is an integer's.
pub const Shared = extern struct {
    pub const by_value = true;
    a: f32,
    b: i32,
};
/// Two floats in an eightbyte, and an integer behind them, or before.
pub const SinglesInt = extern struct {
    pub const by_value = true;
    a: f32,
    b: f32,
    c: i32,
};
pub const IntsDouble = extern struct {
    pub const by_value = true;
    a: i8,
    b: i16,
    c: u8,
    d: f64,
};
/// A float alone in the second eightbyte, padding behind it.
pub const DoubleSingle = extern struct {
    pub const by_value = true;
    a: f64,
    b: f32,
};
/// One narrow member.
pub const Narrow = extern struct {
    pub const by_value = true;
    a: i8,
};
pub const Flag = extern struct {
    pub const by_value = true;
    a: bool,
};
/// Structs and arrays within, whose members share eightbytes with what is around them.
pub const Nested = extern struct {
    pub const by_value = true;
    tag: u8,
    within: Single2,
    last: i32,
};
pub const Arrays = extern struct {
    pub const by_value = true;
    a: [2]i16,
    b: [2]Single1,
    c: f32,
};
pub const Marked = extern struct {
    pub const by_value = true;
    color: Color,
    level: Level,
    at: f64,
};
/// Of two words and a byte: in memory.
pub const Seventeen = extern struct {
    pub const by_value = true;
    a: u64,
    b: f64,
    c: u8,
};

/// Any call may be refused.
pub const Refusal = error{Refused};

pub const MathError = error{ DivideByZero, Overflow };

pub const MemoryError = error{OutOfMemory};

/// `red` is also a member of `Color` (D-7).
pub const ColorError = error{ red, Faded };

/// A refusal, or memory that ran out half-way.
pub const BuildError = error{ OutOfMemory, Refused };

/// Names at and beyond the room an error's name has (L-14): cut at 255 bytes, and before a
/// character that would not fit whole.
pub const NameError = error{
    A,
    @"not found",
    @"größe-π-😀",
    bytes_255_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk,
    bytes_256_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl,
    bytes_300_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcd,
    @"bytes_254_split_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdétail",
};

/// Counts down to 1.
pub const Countdown = struct {
    left: i64,

    pub fn next(self: *Countdown) ?i64 {
        if (self.left <= 0) return null;
        defer self.left -= 1;
        return self.left;
    }
};

pub const PatternI8 = Pattern(i8);
pub const PatternI16 = Pattern(i16);
pub const PatternI32 = Pattern(i32);
pub const PatternI64 = Pattern(i64);
pub const PatternIsize = Pattern(isize);
pub const PatternU8 = Pattern(u8);
pub const PatternU16 = Pattern(u16);
pub const PatternU32 = Pattern(u32);
pub const PatternU64 = Pattern(u64);
pub const PatternUsize = Pattern(usize);
pub const PatternF16 = Pattern(f16);
pub const PatternF32 = Pattern(f32);
pub const PatternF64 = Pattern(f64);
pub const PatternBool = Pattern(bool);

/// The first `length` elements of the pattern of patterns.zig.
pub fn Pattern(comptime T: type) type {
    return struct {
        const Self = @This();

        length: usize,
        at: usize = 0,

        pub fn next(self: *Self) ?T {
            if (self.at == self.length) return null;
            defer self.at += 1;
            return patterns.element(T, self.at);
        }
    };
}
