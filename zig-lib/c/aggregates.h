/* What crosses as itself beside plain structs, as C has it (aggregates.zig): for the Zig package's own C
 * (aggregates.c), and for the twin. */
#ifndef AGGREGATES_H
#define AGGREGATES_H

#include "by_value.h"

#define PACK __attribute__((packed))

typedef union { double d; int64_t i; } Number;
typedef union { double d; float s[2]; } Reals;
typedef union { float a[3]; double b; } Trio;
typedef union { float singles[4]; int64_t words[2]; } Split;
typedef union { double both[2]; DoubleWord pair; } FloatWord;
typedef union { uint8_t all[17]; int64_t word; } Larger;
typedef union { int8_t a; uint8_t b; } Small;
typedef struct { int32_t tag; Number of; } NumberBeside;

typedef struct PACK { uint8_t a; int64_t b; } PackedPair;
typedef struct PACK { uint8_t a; float b; } PackedSingle;
typedef struct PACK { double a; int64_t b; } PackedEven;
typedef struct PACK { int64_t a; uint8_t b; } PackedTail;
typedef struct PACK { uint8_t a; uint8_t b[2]; uint8_t c; } PackedBytes;
typedef struct PACK { uint8_t a; double b[3]; } PackedLarge;
typedef struct { PackedPair a; int16_t b; } PackedWithin;

typedef float _Complex ComplexSingle;
typedef double _Complex ComplexDouble;
typedef struct { ComplexSingle z; int32_t n; } ComplexInt;

/* `long double` is the x87's on x86-64 alone. Elsewhere nothing is called by it: that the symbols are there is enough. */
#if defined(__x86_64__) && !defined(_WIN32)
typedef long double F80;
#else
typedef struct { _Alignas(16) uint8_t bytes[16]; } F80;
#endif
typedef struct { F80 a; } Extended1;
typedef struct { F80 a; int32_t b; } ExtendedInt;

typedef __int128 S128;
typedef unsigned __int128 U128;
typedef struct { S128 a; } Int128;
typedef struct { int64_t a; U128 b; } WordInt128;

#define UNIONS(X) \
    X(number, Number) X(reals, Reals) X(trio, Trio) X(split, Split) X(floatword, FloatWord) X(larger, Larger) \
    X(small, Small) X(numberbeside, NumberBeside)
#define PACKED(X) \
    X(packedpair, PackedPair) X(packedsingle, PackedSingle) X(packedeven, PackedEven) X(packedtail, PackedTail) \
    X(packedbytes, PackedBytes) X(packedlarge, PackedLarge) X(packedwithin, PackedWithin)
#define COMPLEX(X) X(complexsingle, ComplexSingle) X(complexdouble, ComplexDouble) X(complexint, ComplexInt)
#define EXTENDED_STRUCTS(X) X(extended1, Extended1) X(extendedint, ExtendedInt)
#define EXTENDED(X) X(f80, F80) EXTENDED_STRUCTS(X)
#define STRUCTS128(X) X(int128, Int128) X(wordint128, WordInt128)
#define INTS128(X) X(i128, S128) X(u128, U128) STRUCTS128(X)
/* Those of them that every target has. */
#define PLACED_TWICE(X) \
    X(number, Number) X(trio, Trio) X(split, Split) X(floatword, FloatWord) X(packedpair, PackedPair) \
    X(packedeven, PackedEven) X(packedtail, PackedTail) X(complexsingle, ComplexSingle) \
    X(complexdouble, ComplexDouble) X(complexint, ComplexInt) X(int128, Int128)
#define PLACED_AGGREGATES(X) PLACED_TWICE(X) X(extended1, Extended1) X(f80, F80) X(i128, S128)

#endif
