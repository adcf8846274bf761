/* The C functions of fixtures that take and return structs themselves (G-1), compiled by the C compiler that Zig brings.
 * Each hands on where its structs lie to the fixture's own code in Zig (lower.zig). */
#include "by_value.h"
#include "placed.h"

PASSED(PASS)

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
