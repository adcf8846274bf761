/* The C twin of the fixtures: the same symbols, written a second time by hand in another language and
 * compiled by another compiler, so that a disagreement tells a wrong contract from a wrong library.
 *
 * What crosses by value, slices, slices returned through out-parameters, and what C libraries' signatures look like. What
 * is not here is not in the manifest either. */
#include "aggregates.h"
#include "instruments.h"
#include "types.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Halves by value need the compiler's own type, which not every compiler has. */
#ifdef __FLT16_MAX__
#define HAS_HALF 1
#else
#define HAS_HALF 0
#endif

/* `long double` is the extended float of the contract on x86-64 alone. */
#if defined(__x86_64__) && !defined(_WIN32)
#define HAS_EXTENDED 1
#else
#define HAS_EXTENDED 0
#endif

/* Whether integers under 64 bits are taken and returned as whole registers (docs/evidence.md, Widening).
 * Elsewhere they have their natural types. */
#if defined(__x86_64__) || (defined(__aarch64__) && !defined(__APPLE__)) \
    || (defined(__riscv) && __riscv_xlen == 64)
#define WHOLE 1
#else
#define WHOLE 0
#endif

#define EXPORT __attribute__((visibility("default")))

/* What goes through two out-parameters (L-11). */
typedef struct {
    size_t address;
    size_t length;
} Buffer;

/* Bodies. */

#define U(x) ((uint64_t)(x))
#define BITS(type) (8 * sizeof(type))
#define IS_SIGNED(type) ((type)-1 < (type)1)
#define MOST(type) ((type)(UINT64_MAX >> (64 - BITS(type) + IS_SIGNED(type))))
#define LEAST(type) ((type)~U(MOST(type)))
#define LEND(table) ((Buffer){(size_t)(table), sizeof(table) / sizeof *(table)})

static void agreed(bool same) {
    if (!same) evidence_mismatch();
}

static uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double of_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Truncated toward zero, and clamped; a NaN is 0. */
static int64_t clamped(double x) {
    if (isnan(x)) return 0;
    if (x >= 0x1p63) return INT64_MAX;
    return x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static Box *box_new(int64_t value) {
    Box *made = ledger_alloc(sizeof(Box), 1);
    if (made) made->value = value;
    return made;
}

static Counter *counter_new(int64_t start) {
    Counter *made = ledger_alloc(sizeof(Counter), 1);
    if (made) made->count = start;
    return made;
}

static int64_t counter_up(Counter *counter) {
    return counter->count = (int64_t)(U(counter->count) + 1);
}

/* A null handle is freed as nothing. */
static void given_back(const void *target) {
    if (target) ledger_free((size_t)target, 1);
}

static int64_t box_taken(Box *box) {
    int64_t value = box->value;
    given_back(box);
    return value;
}

static Box *box_static(int64_t value) {
    static Box one;
    one.value = value;
    return &one;
}

static void reverse(void *first, size_t length, size_t size) {
    unsigned char *bytes = first;
    for (size_t low = 0; low + 1 < length - low; low++) {
        size_t high = length - 1 - low;
        for (size_t at = 0; at < size; at++) {
            unsigned char kept = bytes[low * size + at];
            bytes[low * size + at] = bytes[high * size + at];
            bytes[high * size + at] = kept;
        }
    }
}

static void fill(int64_t *xs, size_t length, int64_t x) {
    for (size_t at = 0; at < length; at++) xs[at] = x;
}

static void scale(double *xs, size_t length, double by) {
    for (size_t at = 0; at < length; at++) xs[at] *= by;
}

static int64_t add_into(int64_t *to, size_t to_length, const int64_t *from, size_t from_length) {
    size_t count = to_length < from_length ? to_length : from_length;
    for (size_t at = 0; at < count; at++) to[at] = (int64_t)(U(to[at]) + U(from[at]));
    return (int64_t)count;
}

static int64_t weighed(const int64_t *xs, size_t length) {
    uint64_t sum = 0;
    for (size_t at = 0; at < length; at++) sum += U(xs[at]) * (at + 1);
    return (int64_t)sum;
}

static int64_t weigh(const int64_t *xs, size_t xs_length, const int64_t *ys, size_t ys_length) {
    return (int64_t)(U(weighed(xs, xs_length)) + U(weighed(ys, ys_length)) * 1000);
}

static int64_t stamp(int64_t *xs, size_t length, int64_t weight) {
    for (size_t at = 0; at < length; at++) xs[at] = (int64_t)(U(weight) + at);
    return weight;
}

static Buffer copied(const void *from, size_t length, size_t size) {
    void *block = ledger_alloc(size, length);
    if (!block) return (Buffer){0, 0};
    if (length) memcpy(block, from, length * size);
    return (Buffer){(size_t)block, length};
}

static Buffer color_path(size_t length) {
    uint8_t *block = ledger_alloc(1, length);
    if (!block) return (Buffer){0, 0};
    for (size_t at = 0; at < length; at++) block[at] = (uint8_t)(at % 3);
    return (Buffer){(size_t)block, length};
}

/* A real block of three with a length that no memory could hold. */
static Buffer corrupt(void) {
    int64_t *block = ledger_alloc(sizeof *block, 3);
    if (!block) return (Buffer){0, 0};
    for (int at = 0; at < 3; at++) block[at] = 7 + at;
    return (Buffer){(size_t)block, ledger_corrupt_length((size_t)block, 3)};
}

static const uint8_t colors[] = {0, 1, 2, 255};

/* Sums in 64 bits, and the values that slices come back with: the ends of the type first. */
#define ELEMENTS(name, type, wide, total, element) \
    static wide sum_##name(const type *xs, size_t length) { \
        total sum = 0; \
        for (size_t at = 0; at < length; at++) sum += (total)xs[at]; \
        return (wide)sum; \
    } \
    static Buffer owned_##name(size_t length) { \
        type *block = ledger_alloc(sizeof *block, length); \
        if (!block) return (Buffer){0, 0}; \
        for (size_t at = 0; at < length; at++) block[at] = (element); \
        return (Buffer){(size_t)block, length}; \
    }
/* The index, with what a narrow type cannot hold added in. */
#define SPREAD(type, at) \
    ((at) + (BITS(type) == 8 ? (at) >> 8 : 0) + (BITS(type) <= 16 ? (at) >> 16 : 0))
#define INTEGERS(name, type, wide) \
    ELEMENTS(name, type, wide, uint64_t, at == 0 ? MOST(type) : at == 1 ? LEAST(type) : (type)SPREAD(type, at))
#define SIGNED(name, type) \
    INTEGERS(name, type, int64_t) \
    static const type extremes_##name[] = {MOST(type), LEAST(type), -1, 1};
#define UNSIGNED(name, type) \
    INTEGERS(name, type, uint64_t) \
    static const type extremes_##name[] = {MOST(type), 0, 1, MOST(type) / 2 + 1};
/* -0.0, infinity, a quiet NaN whose payload is 1, the smallest subnormal. */
#define FLOATS(name, type, bits, sign, infinity, nan) \
    ELEMENTS(name, type, double, double, \
             (type)(at == 0 ? -0.0 : at == 1 ? (double)INFINITY : (double)at + 0.5)) \
    static const bits extremes_##name[] = {sign, infinity, nan, 1};

SIGNED(i8, int8_t)
SIGNED(i16, int16_t)
SIGNED(i32, int32_t)
SIGNED(i64, int64_t)
SIGNED(isize, intptr_t)
UNSIGNED(u8, uint8_t)
UNSIGNED(u16, uint16_t)
UNSIGNED(u32, uint32_t)
UNSIGNED(u64, uint64_t)
UNSIGNED(usize, uintptr_t)
#undef bool /* a name of the list from here on, and no macro */
ELEMENTS(bool, uint8_t, uint64_t, uint64_t, SPREAD(uint8_t, at) % 2 == 0)
static const uint8_t extremes_bool[] = {1, 0, 0, 1};
FLOATS(f32, float, uint32_t, 0x80000000, 0x7f800000, 0x7fc00001)
FLOATS(f64, double, uint64_t, 0x8000000000000000, 0x7ff0000000000000, 0x7ff8000000000001)
#if HAS_HALF
FLOATS(f16, _Float16, uint16_t, 0x8000, 0x7c00, 0x7e01)
#endif

/* A call of a function of the host's, which came as this parameter of the fixture: what it is given is recorded, and
 * what comes back. An integer is recorded extended by its type. */
#define NOTE_INT(x) event_int(&event, U(x));
#define NOTE_TRUTH NOTE_INT
#define NOTE_FLOAT(x) event_float(&event, &x, sizeof x);
#define NOTED(kind, T, x) \
    if (event_begin(&event, id, kind, 2)) { \
        event_int(&event, parameter); \
        FOR(NOTE_, T)(x) event_end(&event); \
    }
#define CALLED(name, T) \
    static CTYPE(T) called_##name(uint32_t id, uint32_t parameter, void *code, CTYPE(T) given) { \
        Event event; \
        NOTED(EVENT_CALLBACK, T, given) \
        CTYPE(T) back = ((CTYPE(T) (*)(CTYPE(T)))code)(given); \
        NOTED(EVENT_BACK, T, back) \
        return back; \
    }
CALLED(i8, I8)
CALLED(i16, I16)
CALLED(i32, I32)
CALLED(i64, I64)
CALLED(u8, U8)
CALLED(u16, U16)
CALLED(u32, U32)
CALLED(u64, U64)
CALLED(f32, F32)
CALLED(f64, F64)
CALLED(bool, BOOL)

#include "classes.h"

/* First: their numbers. */

#define NUMBERED(name) ID_##name,
#define F0(name, ...) NUMBERED(name)
#define F1 F0
#define F2 F0
#define F3 F0
#define F4 F0
#define F5 F0
#define F6 F0
#define F10 F0
#define F14 F0
#define V1 F0
#define V2 F0
#define V10 F0
#define V14 F0
enum {
#include "fixtures.h"
};

#include "told.h"

/* Second: the functions. */

#define FUNCTION(name, R, params, arity, seen, read, ...) \
    EXPORT RETURNED(R) name(params) { \
        read Event event; \
        if (event_begin(&event, ID_##name, EVENT_CALL, arity)) { \
            seen event_end(&event); \
        } \
        DELIVER(R, __VA_ARGS__) \
    } \
    FOR(FREE_, R)(name)
#define F0(name, R, ...) \
    EXPORT RETURNED(R) name(ONLY_OUTS(R)) { \
        Event event; \
        if (event_begin(&event, ID_##name, EVENT_CALL, 0)) event_end(&event); \
        DELIVER(R, __VA_ARGS__) \
    } \
    FOR(FREE_, R)(name)
#define F1(name, R, A, ...) \
    FUNCTION(name, R, PARAM(a, A) OUTS(R), 1, SEE(a, A, 0), READ(a, A), __VA_ARGS__)
#define F2(name, R, A, B, ...) \
    FUNCTION(name, R, PARAM(a, A) COMMA PARAM(b, B) OUTS(R), 2 - COUNTS(A) - COUNTS(B), \
             SEE(a, A, 1) SEE(b, B, 0), READ(a, A) READ(b, B), __VA_ARGS__)
#define F3(name, R, A, B, C, ...) \
    FUNCTION(name, R, PARAM(a, A) COMMA PARAM(b, B) COMMA PARAM(c, C) OUTS(R), \
             3 - COUNTS(A) - COUNTS(B) - COUNTS(C), \
             SEE(a, A, 2) SEE(b, B, 1) SEE(c, C, 0), READ(a, A) READ(b, B) READ(c, C), __VA_ARGS__)
#define F4(name, R, A, B, C, D, ...) \
    FUNCTION(name, R, PARAM(a, A) COMMA PARAM(b, B) COMMA PARAM(c, C) COMMA PARAM(d, D) OUTS(R), \
             4 - COUNTS(A) - COUNTS(B) - COUNTS(C) - COUNTS(D), \
             SEE(a, A, 3) SEE(b, B, 2) SEE(c, C, 1) SEE(d, D, 0), \
             READ(a, A) READ(b, B) READ(c, C) READ(d, D), __VA_ARGS__)
#define F5(name, R, A, B, C, D, E, ...) \
    FUNCTION(name, R, PARAM(a, A) COMMA PARAM(b, B) COMMA PARAM(c, C) COMMA PARAM(d, D) COMMA PARAM(e, E) OUTS(R), 5, \
             SEE(a, A, 4) SEE(b, B, 3) SEE(c, C, 2) SEE(d, D, 1) SEE(e, E, 0), \
             READ(a, A) READ(b, B) READ(c, C) READ(d, D) READ(e, E), __VA_ARGS__)
#define F6(name, R, A, B, C, D, E, F, ...) \
    FUNCTION(name, R, \
             PARAM(a, A) COMMA PARAM(b, B) COMMA PARAM(c, C) COMMA PARAM(d, D) COMMA PARAM(e, E) COMMA PARAM(f, F) \
             OUTS(R), 6, \
             SEE(a, A, 5) SEE(b, B, 4) SEE(c, C, 3) SEE(d, D, 2) SEE(e, E, 1) SEE(f, F, 0), \
             READ(a, A) READ(b, B) READ(c, C) READ(d, D) READ(e, E) READ(f, F), __VA_ARGS__)
#define PARAMS_10(A, B, C, D, E, F, G, H, I, J) \
    PARAM(a, A) COMMA PARAM(b, B) COMMA PARAM(c, C) COMMA PARAM(d, D) COMMA PARAM(e, E) COMMA \
    PARAM(f, F) COMMA PARAM(g, G) COMMA PARAM(h, H) COMMA PARAM(i, I) COMMA PARAM(j, J)
#define SEE_10(A, B, C, D, E, F, G, H, I, J, later) \
    SEE(a, A, later + 9) SEE(b, B, later + 8) SEE(c, C, later + 7) SEE(d, D, later + 6) \
    SEE(e, E, later + 5) SEE(f, F, later + 4) SEE(g, G, later + 3) SEE(h, H, later + 2) \
    SEE(i, I, later + 1) SEE(j, J, later)
#define READ_10(A, B, C, D, E, F, G, H, I, J) \
    READ(a, A) READ(b, B) READ(c, C) READ(d, D) READ(e, E) READ(f, F) READ(g, G) READ(h, H) \
    READ(i, I) READ(j, J)
#define F10(name, R, A, B, C, D, E, F, G, H, I, J, ...) \
    FUNCTION(name, R, PARAMS_10(A, B, C, D, E, F, G, H, I, J) OUTS(R), 10, \
             SEE_10(A, B, C, D, E, F, G, H, I, J, 0), READ_10(A, B, C, D, E, F, G, H, I, J), \
             __VA_ARGS__)
#define F14(name, R, A, B, C, D, E, F, G, H, I, J, K, L, M, N, ...) \
    FUNCTION(name, R, \
             PARAMS_10(A, B, C, D, E, F, G, H, I, J) COMMA PARAM(k, K) COMMA PARAM(l, L) COMMA \
             PARAM(m, M) COMMA PARAM(n, N) OUTS(R), 14, \
             SEE_10(A, B, C, D, E, F, G, H, I, J, 4) SEE(k, K, 3) SEE(l, L, 2) SEE(m, M, 1) \
             SEE(n, N, 0), \
             READ_10(A, B, C, D, E, F, G, H, I, J) READ(k, K) READ(l, L) READ(m, M) READ(n, N), \
             __VA_ARGS__)
#define VARIADIC(name, R, A, next, arity, seen, read, ...) \
    EXPORT RETURNED(R) name(PARAM(a, A), ...) { \
        va_list all; \
        va_start(all, FOR(NAMED_, A)(a)); \
        next va_end(all); \
        Event event; \
        if (event_begin(&event, ID_##name, EVENT_CALL, arity)) { \
            seen event_end(&event); \
        } \
        read DELIVER(R, __VA_ARGS__) \
    }
#define V1(name, R, A, ...) VARIADIC(name, R, A, , 1, SEE(a, A, 0), READ(a, A), __VA_ARGS__)
#define V2(name, R, A, B, ...) \
    VARIADIC(name, R, A, TAKE(b, B), 2, SEE(a, A, 1) SEE(b, B, 0), READ(a, A) READ(b, B), __VA_ARGS__)
#define TAKE_9(B, C, D, E, F, G, H, I, J) \
    TAKE(b, B) TAKE(c, C) TAKE(d, D) TAKE(e, E) TAKE(f, F) TAKE(g, G) TAKE(h, H) TAKE(i, I) TAKE(j, J)
#define V10(name, R, A, B, C, D, E, F, G, H, I, J, ...) \
    VARIADIC(name, R, A, TAKE_9(B, C, D, E, F, G, H, I, J), 10, SEE_10(A, B, C, D, E, F, G, H, I, J, 0), \
             READ_10(A, B, C, D, E, F, G, H, I, J), __VA_ARGS__)
#define V14(name, R, A, B, C, D, E, F, G, H, I, J, K, L, M, N, ...) \
    VARIADIC(name, R, A, \
             TAKE_9(B, C, D, E, F, G, H, I, J) TAKE(k, K) TAKE(l, L) TAKE(m, M) TAKE(n, N), 14, \
             SEE_10(A, B, C, D, E, F, G, H, I, J, 4) SEE(k, K, 3) SEE(l, L, 2) SEE(m, M, 1) SEE(n, N, 0), \
             READ_10(A, B, C, D, E, F, G, H, I, J) READ(k, K) READ(l, L) READ(m, M) READ(n, N), \
             __VA_ARGS__)
#include "fixtures.h"

/* Third: the manifest, written when it is first asked for. */

static char manifest[1 << 17];
static size_t manifest_length;
static pthread_once_t manifest_written = PTHREAD_ONCE_INIT;

static void print(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof manifest - manifest_length;
    int length = vsnprintf(manifest + manifest_length, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room) abort();
    manifest_length += (size_t)length;
}

static void line(const char *name, int id, const char *params, const char *returns, int consumes,
                 int fixed) {
    print("{\"kind\":\"function\",\"id\":%d,\"symbol\":\"%s\",\"params\":[%s],\"returns\":\"%s\",", id,
          name, params, returns);
    if (fixed) print("\"fixed\":%d,", fixed);
    if (consumes < 0) print("\"consumes\":null,");
    else print("\"consumes\":%d,", consumes);
    print("\"errors\":[%s],", strncmp(returns, "[:error-union ", 14) ? "" : "\"DivideByZero\",\"Overflow\"");
    int is_freed = strncmp(returns, "[:owned ", 8) == 0 || strcmp(returns, ":string") == 0;
    if (is_freed) print("\"free\":\"%s__free\",", name);
    else print("\"free\":null,");
    print("\"next\":null,\"lowering\":null}\n");
}

#define QUOTED(T) "\"" FORM(T) "\""
#define LINE(name, R, params, consumes) line(#name, ID_##name, params, FORM(R), consumes, 0);
#define VARIADIC_LINE(name, R, params) line(#name, ID_##name, params, FORM(R), -1, 1);
#define F0(name, R, ...) LINE(name, R, "", -1)
#define F1(name, R, A, ...) LINE(name, R, QUOTED(A), IS(TAKES_, A) - 1)
#define F2(name, R, A, B, ...) \
    LINE(name, R, QUOTED(A) "," QUOTED(B), IS(TAKES_, A) ? 0 : IS(TAKES_, B) ? 1 : -1)
#define F3(name, R, A, B, C, ...) LINE(name, R, QUOTED(A) "," QUOTED(B) "," QUOTED(C), -1)
#define QUOTED_4(A, B, C, D) QUOTED(A) "," QUOTED(B) "," QUOTED(C) "," QUOTED(D)
#define F4(name, R, A, B, C, D, ...) LINE(name, R, QUOTED_4(A, B, C, D), -1)
#define F5(name, R, A, B, C, D, E, ...) LINE(name, R, QUOTED_4(A, B, C, D) "," QUOTED(E), -1)
#define QUOTED_10(A, B, C, D, E, F, G, H, I, J) \
    QUOTED_4(A, B, C, D) "," QUOTED_4(E, F, G, H) "," QUOTED(I) "," QUOTED(J)
#define F6(name, R, A, B, C, D, E, F, ...) LINE(name, R, QUOTED_4(A, B, C, D) "," QUOTED(E) "," QUOTED(F), -1)
#define F10(name, R, A, B, C, D, E, F, G, H, I, J, ...) \
    LINE(name, R, QUOTED_10(A, B, C, D, E, F, G, H, I, J), -1)
#define F14(name, R, A, B, C, D, E, F, G, H, I, J, K, L, M, N, ...) \
    LINE(name, R, QUOTED_10(A, B, C, D, E, F, G, H, I, J) "," QUOTED_4(K, L, M, N), -1)
#define V1(name, R, A, ...) VARIADIC_LINE(name, R, QUOTED(A))
#define V2(name, R, A, B, ...) VARIADIC_LINE(name, R, QUOTED(A) "," QUOTED(B))
#define V10(name, R, A, B, C, D, E, F, G, H, I, J, ...) \
    VARIADIC_LINE(name, R, QUOTED_10(A, B, C, D, E, F, G, H, I, J))
#define V14(name, R, A, B, C, D, E, F, G, H, I, J, K, L, M, N, ...) \
    VARIADIC_LINE(name, R, QUOTED_10(A, B, C, D, E, F, G, H, I, J) "," QUOTED_4(K, L, M, N))

static void write_manifest(void) {
    print("{\"kind\":\"library\",\"manifest\":2,\"zig\":\"none\",\"build\":\"twin\",\"evidence\":true}\n");
#include "fixtures.h"
}

EXPORT const char *bc_manifest(size_t *length) {
    pthread_once(&manifest_written, write_manifest);
    *length = manifest_length;
    return manifest;
}
