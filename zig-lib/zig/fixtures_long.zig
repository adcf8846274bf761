//! Signatures with dozens of arguments (L-22): wherever a caller's room for them ends, one more is as good.
//! Weighted sums are those of sums.zig.

const forms = @import("forms.zig");
const weighted = @import("sums.zig").weighted;
const Owned = forms.Owned;

/// The weighted sum of 54.
// zig fmt: off
pub fn spill_i64x54(
    a0: i64, a1: i64, a2: i64, a3: i64, a4: i64, a5: i64,
    a6: i64, a7: i64, a8: i64, a9: i64, a10: i64, a11: i64,
    a12: i64, a13: i64, a14: i64, a15: i64, a16: i64, a17: i64,
    a18: i64, a19: i64, a20: i64, a21: i64, a22: i64, a23: i64,
    a24: i64, a25: i64, a26: i64, a27: i64, a28: i64, a29: i64,
    a30: i64, a31: i64, a32: i64, a33: i64, a34: i64, a35: i64,
    a36: i64, a37: i64, a38: i64, a39: i64, a40: i64, a41: i64,
    a42: i64, a43: i64, a44: i64, a45: i64, a46: i64, a47: i64,
    a48: i64, a49: i64, a50: i64, a51: i64, a52: i64, a53: i64,
) i64 {
    // zig fmt: on
    return weighted(i64, .{
        a0,  a1,  a2,  a3,  a4,  a5,  a6,  a7,  a8,  a9,  a10, a11,
        a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35,
        a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47,
        a48, a49, a50, a51, a52, a53,
    });
}

/// The weighted sum of 55.
// zig fmt: off
pub fn spill_i64x55(
    a0: i64, a1: i64, a2: i64, a3: i64, a4: i64, a5: i64,
    a6: i64, a7: i64, a8: i64, a9: i64, a10: i64, a11: i64,
    a12: i64, a13: i64, a14: i64, a15: i64, a16: i64, a17: i64,
    a18: i64, a19: i64, a20: i64, a21: i64, a22: i64, a23: i64,
    a24: i64, a25: i64, a26: i64, a27: i64, a28: i64, a29: i64,
    a30: i64, a31: i64, a32: i64, a33: i64, a34: i64, a35: i64,
    a36: i64, a37: i64, a38: i64, a39: i64, a40: i64, a41: i64,
    a42: i64, a43: i64, a44: i64, a45: i64, a46: i64, a47: i64,
    a48: i64, a49: i64, a50: i64, a51: i64, a52: i64, a53: i64,
    a54: i64,
) i64 {
    // zig fmt: on
    return weighted(i64, .{
        a0,  a1,  a2,  a3,  a4,  a5,  a6,  a7,  a8,  a9,  a10, a11,
        a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35,
        a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47,
        a48, a49, a50, a51, a52, a53, a54,
    });
}

/// The weighted sum of 56.
// zig fmt: off
pub fn spill_f64x56(
    a0: f64, a1: f64, a2: f64, a3: f64, a4: f64, a5: f64,
    a6: f64, a7: f64, a8: f64, a9: f64, a10: f64, a11: f64,
    a12: f64, a13: f64, a14: f64, a15: f64, a16: f64, a17: f64,
    a18: f64, a19: f64, a20: f64, a21: f64, a22: f64, a23: f64,
    a24: f64, a25: f64, a26: f64, a27: f64, a28: f64, a29: f64,
    a30: f64, a31: f64, a32: f64, a33: f64, a34: f64, a35: f64,
    a36: f64, a37: f64, a38: f64, a39: f64, a40: f64, a41: f64,
    a42: f64, a43: f64, a44: f64, a45: f64, a46: f64, a47: f64,
    a48: f64, a49: f64, a50: f64, a51: f64, a52: f64, a53: f64,
    a54: f64, a55: f64,
) f64 {
    // zig fmt: on
    return weighted(f64, .{
        a0,  a1,  a2,  a3,  a4,  a5,  a6,  a7,  a8,  a9,  a10, a11,
        a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35,
        a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47,
        a48, a49, a50, a51, a52, a53, a54, a55,
    });
}

/// 62 arguments of every register class, and 64 carriers with what is returned: each as a double, `true` as 1.
// zig fmt: off
pub fn spill_62(
    a0: i64, a1: f64, a2: u8, a3: f32, a4: i16, a5: bool,
    a6: f64, a7: u32, a8: i8, a9: f32, a10: i64, a11: f64,
    a12: u8, a13: f32, a14: i16, a15: bool, a16: f64, a17: u32,
    a18: i8, a19: f32, a20: i64, a21: f64, a22: u8, a23: f32,
    a24: i16, a25: bool, a26: f64, a27: u32, a28: i8, a29: f32,
    a30: i64, a31: f64, a32: u8, a33: f32, a34: i16, a35: bool,
    a36: f64, a37: u32, a38: i8, a39: f32, a40: i64, a41: f64,
    a42: u8, a43: f32, a44: i16, a45: bool, a46: f64, a47: u32,
    a48: i8, a49: f32, a50: i64, a51: f64, a52: u8, a53: f32,
    a54: i16, a55: bool, a56: f64, a57: u32, a58: i8, a59: f32,
    a60: i64, a61: f64,
) Owned([]f64) {
    // zig fmt: on
    const given = .{
        a0,  a1,  a2,  a3,  a4,  a5,  a6,  a7,  a8,  a9,  a10, a11,
        a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35,
        a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47,
        a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59,
        a60, a61,
    };
    var all: [given.len]f64 = undefined;
    inline for (given, &all) |value, *double| double.* = switch (@typeInfo(@TypeOf(value))) {
        .bool => @floatFromInt(@intFromBool(value)),
        .int => @floatFromInt(value),
        else => value,
    };
    return Owned([]f64).copyOf(&all) catch .empty;
}
