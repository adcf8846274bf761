//! The C function over a body that takes its wire parameters as one tuple. A parameter list cannot
//! be computed, so there is one arm per arity; contract L needs no more than a signature of cases
//! writes.

const convention = @import("prototype.zig").convention;

/// A struct whose `call` has the C prototype `R call(P[0], P[1], …)`.
pub fn Entry(comptime P: []const type, comptime R: type, comptime body: fn (@Tuple(P)) callconv(.@"inline") R) type {
    return switch (P.len) {
        0 => struct {
            pub fn call() callconv(convention) R {
                return body(.{});
            }
        },
        1 => struct {
            pub fn call(a0: P[0]) callconv(convention) R {
                return body(.{a0});
            }
        },
        2 => struct {
            pub fn call(a0: P[0], a1: P[1]) callconv(convention) R {
                return body(.{ a0, a1 });
            }
        },
        3 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2]) callconv(convention) R {
                return body(.{ a0, a1, a2 });
            }
        },
        4 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3 });
            }
        },
        5 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4 });
            }
        },
        6 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5 });
            }
        },
        7 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6 });
            }
        },
        8 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7 });
            }
        },
        9 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8 });
            }
        },
        10 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9 });
            }
        },
        11 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10 });
            }
        },
        12 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 });
            }
        },
        13 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12 });
            }
        },
        14 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13 });
            }
        },
        15 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14 });
            }
        },
        16 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15 });
            }
        },
        17 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16 });
            }
        },
        18 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17 });
            }
        },
        19 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18 });
            }
        },
        20 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19 });
            }
        },
        21 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20 });
            }
        },
        22 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21 });
            }
        },
        23 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22 });
            }
        },
        24 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23 });
            }
        },
        25 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24 });
            }
        },
        26 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25 });
            }
        },
        27 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26 });
            }
        },
        28 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27 });
            }
        },
        29 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28 });
            }
        },
        30 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29 });
            }
        },
        31 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30 });
            }
        },
        32 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31 });
            }
        },
        33 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32 });
            }
        },
        34 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33 });
            }
        },
        35 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34 });
            }
        },
        36 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35 });
            }
        },
        37 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36 });
            }
        },
        38 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37 });
            }
        },
        39 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38 });
            }
        },
        40 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39 });
            }
        },
        41 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40 });
            }
        },
        42 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41 });
            }
        },
        43 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42 });
            }
        },
        44 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43 });
            }
        },
        45 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44 });
            }
        },
        46 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45 });
            }
        },
        47 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46 });
            }
        },
        48 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47 });
            }
        },
        49 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48 });
            }
        },
        50 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49 });
            }
        },
        51 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50 });
            }
        },
        52 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51 });
            }
        },
        53 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52 });
            }
        },
        54 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53 });
            }
        },
        55 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54 });
            }
        },
        56 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55 });
            }
        },
        57 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56 });
            }
        },
        58 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57 });
            }
        },
        59 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58 });
            }
        },
        60 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59 });
            }
        },
        61 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59], a60: P[60]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60 });
            }
        },
        62 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59], a60: P[60], a61: P[61]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61 });
            }
        },
        63 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59], a60: P[60], a61: P[61], a62: P[62]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62 });
            }
        },
        64 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59], a60: P[60], a61: P[61], a62: P[62], a63: P[63]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63 });
            }
        },
        65 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59], a60: P[60], a61: P[61], a62: P[62], a63: P[63], a64: P[64]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64 });
            }
        },
        66 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59], a60: P[60], a61: P[61], a62: P[62], a63: P[63], a64: P[64], a65: P[65]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, a65 });
            }
        },
        67 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59], a60: P[60], a61: P[61], a62: P[62], a63: P[63], a64: P[64], a65: P[65], a66: P[66]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, a65, a66 });
            }
        },
        68 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27], a28: P[28], a29: P[29], a30: P[30], a31: P[31], a32: P[32], a33: P[33], a34: P[34], a35: P[35], a36: P[36], a37: P[37], a38: P[38], a39: P[39], a40: P[40], a41: P[41], a42: P[42], a43: P[43], a44: P[44], a45: P[45], a46: P[46], a47: P[47], a48: P[48], a49: P[49], a50: P[50], a51: P[51], a52: P[52], a53: P[53], a54: P[54], a55: P[55], a56: P[56], a57: P[57], a58: P[58], a59: P[59], a60: P[60], a61: P[61], a62: P[62], a63: P[63], a64: P[64], a65: P[65], a66: P[66], a67: P[67]) callconv(convention) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, a65, a66, a67 });
            }
        },
        else => @compileError("a fixture with more than 68 wire parameters: add an arm to wrap.zig"),
    };
}
