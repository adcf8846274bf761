//! The C function over a body that takes its wire parameters as one tuple. A parameter list cannot
//! be computed, so there is one arm per arity; contract L needs no more than a signature of cases
//! writes.

/// A struct whose `call` has the C prototype `R call(P[0], P[1], …)`.
pub fn Entry(comptime P: []const type, comptime R: type, comptime body: fn (@Tuple(P)) callconv(.@"inline") R) type {
    return switch (P.len) {
        0 => struct {
            pub fn call() callconv(.c) R {
                return body(.{});
            }
        },
        1 => struct {
            pub fn call(a0: P[0]) callconv(.c) R {
                return body(.{a0});
            }
        },
        2 => struct {
            pub fn call(a0: P[0], a1: P[1]) callconv(.c) R {
                return body(.{ a0, a1 });
            }
        },
        3 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2]) callconv(.c) R {
                return body(.{ a0, a1, a2 });
            }
        },
        4 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3 });
            }
        },
        5 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4 });
            }
        },
        6 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5 });
            }
        },
        7 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6 });
            }
        },
        8 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7 });
            }
        },
        9 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8 });
            }
        },
        10 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9 });
            }
        },
        11 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10 });
            }
        },
        12 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11 });
            }
        },
        13 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12 });
            }
        },
        14 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13 });
            }
        },
        15 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14 });
            }
        },
        16 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15 });
            }
        },
        17 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16 });
            }
        },
        18 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17 });
            }
        },
        19 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18 });
            }
        },
        20 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19 });
            }
        },
        21 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20 });
            }
        },
        22 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21 });
            }
        },
        23 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22 });
            }
        },
        24 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23 });
            }
        },
        25 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24 });
            }
        },
        26 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25 });
            }
        },
        27 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26 });
            }
        },
        28 => struct {
            pub fn call(a0: P[0], a1: P[1], a2: P[2], a3: P[3], a4: P[4], a5: P[5], a6: P[6], a7: P[7], a8: P[8], a9: P[9], a10: P[10], a11: P[11], a12: P[12], a13: P[13], a14: P[14], a15: P[15], a16: P[16], a17: P[17], a18: P[18], a19: P[19], a20: P[20], a21: P[21], a22: P[22], a23: P[23], a24: P[24], a25: P[25], a26: P[26], a27: P[27]) callconv(.c) R {
                return body(.{ a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27 });
            }
        },
        else => @compileError("a fixture with more than 28 wire parameters: add an arm to wrap.zig"),
    };
}
