/* The C functions of variadic fixtures (W-1), compiled by the C compiler that Zig brings: each takes its variable
 * arguments as any C function does, and hands them on to the fixture's own code in Zig (lower.zig). */
#include <stdarg.h>

#include "registers.h"

/* Calls that said another number of vector registers than may be (W-3), for the evidence page (evidence.zig). */
__attribute__((visibility("hidden"))) uint64_t bc_vector_counts;

/* On System V x86-64 the caller says in %al how many vector registers it has put arguments into: what C code makes of it
 * is that none are saved where it is 0. So the symbol looks at it first: no fewer than are in use, and no more than eight. */
#if WITNESS && defined(__x86_64__) && defined(__ELF__)
#define ENTRY(R, name, vectors) \
    __asm__(".pushsection .text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n" \
            "    cmpb $" #vectors ", %al\n    jb 1f\n    cmpb $8, %al\n    ja 1f\n    jmp " #name "__counted\n" \
            "1:  lock incq bc_vector_counts(%rip)\n    jmp " #name "__counted\n" \
            ".size " #name ", . - " #name "\n.popsection\n"); \
    __attribute__((visibility("hidden"))) R name##__counted
#else
#define ENTRY(R, name, vectors) EXPORT R name
#endif

/* `vectors` are the vector registers of a call, `given` the parameters that are named, of which `last` is the last, `next`
 * takes the others, `types` are those of the Zig code's parameters, and `handed` is what it is given. */
#define FUNCTION(R, name, vectors, given, last, next, types, handed) \
    R name##__fixed types; \
    ENTRY(R, name, vectors) given { \
        va_list all; \
        va_start(all, last); \
        next va_end(all); \
        return name##__fixed handed; \
    }
#define NEXT(T, x) T x = va_arg(all, T);
#define POINTER(x) uintptr_t x = (uintptr_t)va_arg(all, void *);

FUNCTION(W, variadic_none, 0, L(W a, ...), a, , L(W), L(a))
FUNCTION(D, variadic_none_f64, 1, L(D a, ...), a, , L(D), L(a))

#define ONE(name, T, R, vectors) FUNCTION(R, variadic_##name, vectors, L(W a, ...), a, NEXT(T, b), L(W, R), L(a, b))
ONE(i32, int32_t, I32, 0)
ONE(u32, uint32_t, U32, 0)
ONE(i64, int64_t, int64_t, 0)
ONE(u64, uint64_t, uint64_t, 0)
ONE(isize, intptr_t, intptr_t, 0)
ONE(usize, uintptr_t, uintptr_t, 0)
ONE(f64, double, double, 1)

FUNCTION(W, variadic_words, 0, L(W a, ...), a,
         NEXT(W, b) NEXT(W, c) NEXT(W, d) NEXT(W, e) NEXT(W, f) NEXT(W, g) NEXT(W, h) NEXT(W, i) NEXT(W, j),
         L(W, W, W, W, W, W, W, W, W, W), L(a, b, c, d, e, f, g, h, i, j))
FUNCTION(D, variadic_doubles, 8, L(W a, ...), a,
         NEXT(D, b) NEXT(D, c) NEXT(D, d) NEXT(D, e) NEXT(D, f) NEXT(D, g) NEXT(D, h) NEXT(D, i) NEXT(D, j),
         L(W, D, D, D, D, D, D, D, D, D), L(a, b, c, d, e, f, g, h, i, j))
FUNCTION(W, variadic_ints, 0, L(W a, ...), a,
         NEXT(int32_t, b) NEXT(uint32_t, c) NEXT(int32_t, d) NEXT(uint32_t, e) NEXT(int32_t, f) NEXT(uint32_t, g)
             NEXT(int32_t, h) NEXT(W, i) NEXT(uint32_t, j),
         L(W, I32, U32, I32, U32, I32, U32, I32, W, U32), L(a, b, c, d, e, f, g, h, i, j))
FUNCTION(D, variadic_mixed, 8, L(W a, ...), a,
         NEXT(D, b) NEXT(int32_t, c) NEXT(D, d) NEXT(uint64_t, e) NEXT(D, f) NEXT(D, g) NEXT(W, h) NEXT(D, i) NEXT(D, j)
             NEXT(uint32_t, k) NEXT(D, l) NEXT(D, m) NEXT(D, n),
         L(W, D, I32, D, uint64_t, D, D, W, D, D, U32, D, D, D), L(a, b, c, d, e, f, g, h, i, j, k, l, m, n))
FUNCTION(D, variadic_both, 8, L(W a, D b, ...), b,
         NEXT(W, c) NEXT(D, d) NEXT(W, e) NEXT(D, f) NEXT(W, g) NEXT(D, h) NEXT(W, i) NEXT(D, j) NEXT(W, k) NEXT(D, l)
             NEXT(W, m) NEXT(D, n) NEXT(int32_t, o) NEXT(D, p) NEXT(W, q) NEXT(D, r) NEXT(W, s) NEXT(D, t),
         L(W, D, W, D, W, D, W, D, W, D, W, D, W, D, I32, D, W, D, W, D),
         L(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t))
FUNCTION(D, variadic_after_6_words, 2, L(W a, W b, W c, W d, W e, W f, ...), f,
         NEXT(D, g) NEXT(W, h) NEXT(D, i) NEXT(uint32_t, j), L(W, W, W, W, W, W, D, W, D, U32),
         L(a, b, c, d, e, f, g, h, i, j))
FUNCTION(D, variadic_after_8_words, 1, L(W a, W b, W c, W d, W e, W f, W g, W h, ...), h, NEXT(int32_t, i) NEXT(D, j),
         L(W, W, W, W, W, W, W, W, I32, D), L(a, b, c, d, e, f, g, h, i, j))
FUNCTION(D, variadic_after_8_doubles, 8, L(D a, D b, D c, D d, D e, D f, D g, D h, ...), h,
         NEXT(D, i) NEXT(W, j) NEXT(D, k), L(D, D, D, D, D, D, D, D, D, W, D), L(a, b, c, d, e, f, g, h, i, j, k))
FUNCTION(D, variadic_after_both, 8, L(W a, D b, W c, D d, W e, D f, W g, D h, W i, D j, W k, D l, D m, D n, ...), n,
         NEXT(int32_t, o) NEXT(D, p) NEXT(W, q), L(W, D, W, D, W, D, W, D, W, D, W, D, D, D, I32, D, W),
         L(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q))
/* The names that a float before the `...` and narrow integers have are theirs: nothing there is promoted. */
FUNCTION(D, variadic_after_narrow, 2, L(I8 a, U16 b, BOOL c, float d, W e, ...), e,
         NEXT(D, f) NEXT(int32_t, g) NEXT(uint64_t, h), L(I8, U16, BOOL, float, W, D, I32, uint64_t),
         L(a, b, c, d, e, f, g, h))
FUNCTION(D, variadic_pointers, 0, L(W a, ...), a, POINTER(b) POINTER(c) POINTER(d) POINTER(e),
         L(W, uintptr_t, uintptr_t, uintptr_t, uintptr_t), L(a, b, c, d, e))
FUNCTION(W, variadic_text, 1, L(uintptr_t a, uintptr_t b, ...), b, NEXT(int32_t, c) NEXT(D, d),
         L(uintptr_t, uintptr_t, I32, D), L(a, b, c, d))
FUNCTION(W, variadic_box, 0, L(W a, ...), a, POINTER(b), L(W, uintptr_t), L(a, b))
FUNCTION(void, variadic_void, 1, L(W a, ...), a, NEXT(D, b), L(W, D), L(a, b))
FUNCTION(I8, variadic_i8, 0, L(W a, ...), a, NEXT(int32_t, b), L(W, I32), L(a, b))
FUNCTION(float, variadic_f32, 1, L(W a, ...), a, NEXT(D, b), L(W, D), L(a, b))
