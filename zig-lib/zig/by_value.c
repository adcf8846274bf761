/* The C functions of fixtures that take and return structs themselves (G-1), compiled by the C compiler that Zig brings.
 * Each hands on where its structs lie to the fixture's own code in Zig (lower.zig). */
#include "by_value.h"
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
PASSED(PASS)

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
PLACED(AFTER)

FUNCTION(single9_before, Single2, L(Single9 a, Single2 b, D c), L(const Single9 *, const Single2 *, D, Single2 *),
         L(&a, &b, c, &ret))
FUNCTION(mixed_structs, SinglesInt,
         L(I8 a, WordDouble b, float c, Octets15 d, U16 e, Single3 f, Seventeen g, BOOL h, DoubleWord i, D j, SinglesInt k,
           I32 l),
         L(I8, const WordDouble *, float, const Octets15 *, U16, const Single3 *, const Seventeen *, BOOL,
           const DoubleWord *, D, const SinglesInt *, I32, SinglesInt *),
         L(a, &b, c, &d, e, &f, &g, h, &i, j, &k, l, &ret))
FUNCTION(make_worddouble, WordDouble, L(W a, D b), L(W, D, WordDouble *), L(a, b, &ret))

W sum_doubleword__by_address(const DoubleWord *, W);
EXPORT W sum_doubleword(DoubleWord a, W b) {
    return sum_doubleword__by_address(&a, b);
}
