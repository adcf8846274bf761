/* Structs that cross as themselves, as C has them (types.zig): for the Zig package's own C (by_value.c), and for the
 * twin. `PASSED` is every one, by the name that symbols have of it and by its own; `PLACED` those that are also put
 * behind other arguments. */
#ifndef BY_VALUE_H
#define BY_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { double x, y; } Point;
typedef struct { uint8_t r, g, b; } Pixel;
typedef struct { uint8_t a; int64_t b; uint16_t c; float d; bool e; } Padded;
typedef struct {
    int8_t i8; int16_t i16; int32_t i32; int64_t i64; intptr_t isize;
    uint8_t u8; uint16_t u16; uint32_t u32; uint64_t u64; uintptr_t usize;
    float f32; double f64; bool boolean;
} Every;
typedef struct { uint8_t color; int8_t level; uint64_t mask; } Painted;
typedef struct { Point from, to; } Segment;
typedef struct { uint8_t tag; Segment segment; uint8_t color; } Deep;
typedef struct { int32_t few[3], many[5]; Point corner[1]; uint8_t colors[2]; } Frame;
typedef struct { int64_t wide; uint8_t narrow; } Tailed;
typedef struct {
    Tailed first; uint8_t small; Tailed second; uint16_t middle; Tailed pair[2]; uint32_t last;
} Behind;
typedef struct { uint8_t tag; uint16_t cells[300]; Point corners[40]; int32_t last; } Large;
typedef struct { float x, y, z; } Vec3;
typedef struct { uint8_t all[1]; } Octets1;
typedef struct { uint8_t all[5]; } Octets5;
typedef struct { uint8_t all[7]; } Octets7;
typedef struct { uint8_t all[9]; } Octets9;
typedef struct { uint8_t all[11]; } Octets11;
typedef struct { uint8_t all[13]; } Octets13;
typedef struct { uint8_t all[15]; } Octets15;
typedef struct { uint8_t all[17]; } Octets17;
typedef struct { uint8_t all[31]; } Octets31;
typedef struct { uint8_t all[33]; } Octets33;
typedef struct { uint8_t all[63]; } Octets63;
typedef struct { uint8_t all[64]; } Octets64;
typedef struct { float a; } Single1;
typedef struct { float a, b; } Single2;
typedef struct { float all[3]; } Single3;
typedef struct { float a, b, c, d; } Single4;
typedef struct { double a; } Double1;
typedef struct { double all[2]; } Double2;
typedef struct { double a, b, c; } Double3;
typedef struct { double a, b, c, d; } Double4;
typedef struct { float all[9]; } Single9;
typedef struct { int64_t a; double b; } WordDouble;
typedef struct { double a; int64_t b; } DoubleWord;
typedef struct { int64_t a; uint64_t b; } TwoWords;
typedef struct { float a; int32_t b; } Shared;
typedef struct { float a, b; int32_t c; } SinglesInt;
typedef struct { int8_t a; int16_t b; uint8_t c; double d; } IntsDouble;
typedef struct { double a; float b; } DoubleSingle;
typedef struct { int8_t a; } Narrow;
typedef struct { bool a; } Flag;
typedef struct { uint8_t tag; Single2 within; int32_t last; } Nested;
typedef struct { int16_t a[2]; Single1 b[2]; float c; } Arrays;
typedef struct { uint8_t color; int8_t level; double at; } Marked;
typedef struct { uint64_t a; double b; uint8_t c; } Seventeen;

#define PASSED(X) \
    X(pixel, Pixel) X(padded, Padded) X(every, Every) X(painted, Painted) X(segment, Segment) X(deep, Deep) \
    X(frame, Frame) X(behind, Behind) X(large, Large) \
    X(octets1, Octets1) X(octets5, Octets5) X(octets7, Octets7) X(octets9, Octets9) X(octets11, Octets11) \
    X(octets15, Octets15) X(octets17, Octets17) X(octets31, Octets31) X(octets33, Octets33) \
    X(octets63, Octets63) X(octets64, Octets64) X(single1, Single1) X(single3, Single3) X(single4, Single4) \
    X(single9, Single9) X(double1, Double1) X(double2, Double2) X(double3, Double3) X(double4, Double4) \
    X(shared, Shared) X(intsdouble, IntsDouble) X(doublesingle, DoubleSingle) X(flag, Flag) X(nested, Nested) \
    X(arrays, Arrays) X(marked, Marked) PLACED(X)
#define PLACED(X) \
    X(point, Point) X(vec3, Vec3) X(octets13, Octets13) X(single2, Single2) X(worddouble, WordDouble) \
    X(doubleword, DoubleWord) X(twowords, TwoWords) X(singlesint, SinglesInt) X(narrow, Narrow) \
    X(seventeen, Seventeen)

#endif
