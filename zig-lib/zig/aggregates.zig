//! Types that cross as themselves beside plain structs (G-4 to G-8): unions, packed structs and complex numbers, each
//! with its `layout`, and structs with members of 128 bits. As `types.zig`, each under the contract's name.

const types = @import("types.zig");

/// An integer and a float in one eightbyte, which is an integer's.
pub const Number = extern union {
    pub const by_value = true;
    pub const layout = "union";
    d: f64,
    i: i64,
};
/// Floats whatever is set.
pub const Reals = extern union {
    pub const by_value = true;
    pub const layout = "union";
    d: f64,
    s: [2]f32,
};
/// Three floats of one kind and one of another: two eightbytes of floats, and no homogeneous aggregate.
pub const Trio = extern union {
    pub const by_value = true;
    pub const layout = "union";
    a: [3]f32,
    b: f64,
};
/// Two eightbytes of floats to its first member, of integers to its second.
pub const Split = extern union {
    pub const by_value = true;
    pub const layout = "union";
    singles: [4]f32,
    words: [2]i64,
};
/// The second eightbyte alone is an integer's, by one of the two.
pub const FloatWord = extern union {
    pub const by_value = true;
    pub const layout = "union";
    both: [2]f64,
    pair: types.DoubleWord,
};
/// More than two eightbytes, padding behind its longest member.
pub const Larger = extern union {
    pub const by_value = true;
    pub const layout = "union";
    all: [17]u8,
    word: i64,
};
/// One byte.
pub const Small = extern union {
    pub const by_value = true;
    pub const layout = "union";
    a: i8,
    b: u8,
};
/// A union in a struct.
pub const NumberBeside = extern struct {
    pub const by_value = true;
    tag: i32,
    of: Number,
};

/// Nine bytes, the word among them unaligned: in memory.
pub const PackedPair = extern struct {
    pub const by_value = true;
    pub const layout = "packed";
    a: u8,
    b: i64 align(1),
};
/// Less than an eightbyte, and unaligned.
pub const PackedSingle = extern struct {
    pub const by_value = true;
    pub const layout = "packed";
    a: u8,
    b: f32 align(1),
};
/// Packed, and every member where it would be otherwise: in registers.
pub const PackedEven = extern struct {
    pub const by_value = true;
    pub const layout = "packed";
    a: f64 align(1),
    b: i64 align(1),
};
/// Aligned, and without the padding at its end.
pub const PackedTail = extern struct {
    pub const by_value = true;
    pub const layout = "packed";
    a: i64 align(1),
    b: u8,
};
pub const PackedBytes = extern struct {
    pub const by_value = true;
    pub const layout = "packed";
    a: u8,
    b: [2]u8,
    c: u8,
};
/// More than two eightbytes.
pub const PackedLarge = extern struct {
    pub const by_value = true;
    pub const layout = "packed";
    a: u8,
    b: [3]f64 align(1),
};
/// A packed struct in one that is not.
pub const PackedWithin = extern struct {
    pub const by_value = true;
    a: PackedPair,
    b: i16,
};

/// Both parts in one eightbyte.
pub const ComplexSingle = extern struct {
    pub const by_value = true;
    pub const layout = "complex";
    re: f32,
    im: f32,
};
/// Each part in one.
pub const ComplexDouble = extern struct {
    pub const by_value = true;
    pub const layout = "complex";
    re: f64,
    im: f64,
};
/// A complex number in a struct.
pub const ComplexInt = extern struct {
    pub const by_value = true;
    z: ComplexSingle,
    n: i32,
};

/// The extended float alone in a struct, and beside another member.
pub const Extended1 = extern struct {
    pub const by_value = true;
    a: f80,
};
pub const ExtendedInt = extern struct {
    pub const by_value = true;
    a: f80,
    b: i32,
};

/// 128 bits alone in a struct, and behind another member.
pub const Int128 = extern struct {
    pub const by_value = true;
    a: i128,
};
pub const WordInt128 = extern struct {
    pub const by_value = true;
    a: i64,
    b: u128,
};
