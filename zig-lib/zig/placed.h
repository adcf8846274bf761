/* The C functions of fixtures that return the one argument of theirs that crosses as itself (G-1), by where it stands
 * (placed.zig). */
#ifndef PLACED_H
#define PLACED_H

#include "registers.h"

/* `given` are the parameters, `taken` what stands for each in the Zig code, `handed` what is handed on. */
#define FUNCTION(name, R, given, taken, handed) \
    void name##__by_address taken; \
    EXPORT R name given { \
        R ret; \
        name##__by_address handed; \
        return ret; \
    }

#define PASS(name, S) FUNCTION(pass_##name, S, L(S s), L(const S *, S *), L(&s, &ret))

#define AFTER(name, S) \
    FUNCTION(name##_after_5_words, S, L(W a, W b, W c, W d, W e, S s, W y, D z), \
             L(W, W, W, W, W, const S *, W, D, S *), L(a, b, c, d, e, &s, y, z, &ret)) \
    FUNCTION(name##_after_6_words, S, L(W a, W b, W c, W d, W e, W f, S s, W y, D z), \
             L(W, W, W, W, W, W, const S *, W, D, S *), L(a, b, c, d, e, f, &s, y, z, &ret)) \
    FUNCTION(name##_after_7_doubles, S, L(D a, D b, D c, D d, D e, D f, D g, S s, D y, W z), \
             L(D, D, D, D, D, D, D, const S *, D, W, S *), L(a, b, c, d, e, f, g, &s, y, z, &ret)) \
    FUNCTION(name##_after_8_doubles, S, L(D a, D b, D c, D d, D e, D f, D g, D h, S s, D y, W z), \
             L(D, D, D, D, D, D, D, D, const S *, D, W, S *), L(a, b, c, d, e, f, g, h, &s, y, z, &ret)) \
    FUNCTION(name##_after_both, S, \
             L(W a, D b, W c, D d, W e, D f, W g, D h, W i, D j, W k, D l, D m, D n, S s, W y, D z), \
             L(W, D, W, D, W, D, W, D, W, D, W, D, D, D, const S *, W, D, S *), \
             L(a, b, c, d, e, f, g, h, i, j, k, l, m, n, &s, y, z, &ret)) \
    FUNCTION(name##_after_a_double_and_5_words, S, L(D a, W b, W c, W d, W e, W f, S s, D y), \
             L(D, W, W, W, W, W, const S *, D, S *), L(a, b, c, d, e, f, &s, y, &ret))
#define AFTER_7_WORDS(name, S) \
    FUNCTION(name##_after_7_words, S, L(W a, W b, W c, W d, W e, W f, W g, S s, W y, D z), \
             L(W, W, W, W, W, W, W, const S *, W, D, S *), L(a, b, c, d, e, f, g, &s, y, z, &ret))

#endif
