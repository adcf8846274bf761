/* What the two engines of the foreign call must agree on: where many carriers go, and what stands in the
 * rest of a register or stack word. */
#include <errno.h>

#include "fixture.h"

#define TEN(p) \
    int64_t p##0, int64_t p##1, int64_t p##2, int64_t p##3, int64_t p##4, int64_t p##5, int64_t p##6, \
        int64_t p##7, int64_t p##8, int64_t p##9
#define WEIGHED(p, from) \
    (p##0 * (from) + p##1 * (from + 1) + p##2 * (from + 2) + p##3 * (from + 3) + p##4 * (from + 4) \
     + p##5 * (from + 5) + p##6 * (from + 6) + p##7 * (from + 7) + p##8 * (from + 8) + p##9 * (from + 9))

/* The sum of every argument times its place, from 1. */
int64_t sixty(TEN(a), TEN(b), TEN(c), TEN(d), TEN(e), TEN(f)) {
    ledger.calls++;
    return WEIGHED(a, 1) + WEIGHED(b, 11) + WEIGHED(c, 21) + WEIGHED(d, 31) + WEIGHED(e, 41)
        + WEIGHED(f, 51);
}

/* Bound with narrow types: which of the words, the last two on the stack, are not what is expected of
 * an i8 of -1, a u8 of 255, an i16 of -2, a u32 of 2^32 - 1, and again an i8 of -1 and a u8 of 255. */
int64_t unextended(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h) {
    (void)e;
    (void)f;
    ledger.calls++;
    return (a != -1) + 2 * (b != 255) + 4 * (c != -2) + 8 * (d != 4294967295) + 16 * (g != -1)
        + 32 * (h != 255);
}

/* Returns a narrow integer with the rest of its register dirty. */
int64_t dirty(int64_t x) {
    ledger.calls++;
    return (int64_t)0xA5A5A5A5A5A5A500 | (x & 0xff);
}

/* What errno held; leaves another value there. */
int64_t errno_exchange(int64_t left) {
    ledger.calls++;
    int64_t held = errno;
    errno = (int)left;
    return held;
}

/* Floats of every size, one of each beyond the registers. */
double floats(_Float16 a, float b, double c, double d, double e, double f, double g, double h,
              _Float16 i, float j, double k) {
    ledger.calls++;
    return (double)a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + (double)i * 9 + j * 10
        + k * 11;
}

_Float16 half_of(_Float16 x) {
    ledger.calls++;
    return x / 2;
}

float third_of(float x) {
    ledger.calls++;
    return x / 3;
}
