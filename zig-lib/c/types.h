/* The types of the fixtures as the twin has them: how a value crosses, its C type, its EDN form. */
#ifndef TYPES_H
#define TYPES_H

#include <stdint.h>

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

#define I8 (INT, int8_t, ":i8")
#define I16 (INT, int16_t, ":i16")
#define I32 (INT, int32_t, ":i32")
#define I64 (INT, int64_t, ":i64")
#define ISIZE (INT, intptr_t, ":isize")
#define U8 (INT, uint8_t, ":u8")
#define U16 (INT, uint16_t, ":u16")
#define U32 (INT, uint32_t, ":u32")
#define U64 (INT, uint64_t, ":u64")
#define USIZE (INT, uintptr_t, ":usize")
#define BOOL (TRUTH, uint8_t, ":bool")
#define F16 (FLOAT, _Float16, ":f16")
#define F32 (FLOAT, float, ":f32")
#define F64 (FLOAT, double, ":f64")
#define VOID (NOTHING, void, ":void")
#define COLOR (INT, uint8_t, "Color")
#define LEVEL (INT, int8_t, "Level")
#define PORT (INT, uint16_t, "Port")
#define OFFSET (INT, int16_t, "Offset")
#define STATUS (INT, int32_t, "Status")
#define CODE (INT, uint32_t, "Code")
#define TICK (INT, int64_t, "Tick")
#define MASK (INT, uint64_t, "Mask")
#define BOX (HANDLE, Box, "[:handle Box]")
#define BOX_TAKEN (TAKEN, Box, "[:handle Box]")
#define COUNTER (HANDLE, Counter, "[:handle Counter]")
#define COUNTER_TAKEN (TAKEN, Counter, "[:handle Counter]")
#define CONST_SLICE(T) (SLICE, CTYPE(T), "[:slice :const " FORM(T) "]")
#define SLICE_OF(T) (SLICE, CTYPE(T), "[:slice " FORM(T) "]")
/* A function of the host's, of one argument and a result of that type. */
#define FUNCTION_OF(T) (CALLABLE, void, "[:fn [" FORM(T) "] " FORM(T) "]")
/* The same as a function object of the host's, which is kept. */
#define KEPT_OF(T) (CALLABLE, void, "[:fn :kept [" FORM(T) "] " FORM(T) "]")
#define KEPT_PREDICATE (CALLABLE, void, "[:fn :kept [:f64 :i8] :bool]")
#define KEPT_COUNTER (CALLABLE, void, "[:fn :kept [:u32] :void]")
/* A struct that crosses as itself. */
#define ITSELF(S) (STRUCT, S, "[:by-value " #S "]")
/* A wide scalar that does, of which so many bytes are its own. */
#define WIDE_I128 (WIDE, S128, "[:by-value :i128]")
#define WIDE_U128 (WIDE, U128, "[:by-value :u128]")
#define WIDE_F80 (EXTENDED, F80, "[:by-value :f80]")
/* A string that ends before a NUL, or as a return before so many bytes. */
#define CSTRING (TEXT, const char, "[:cstring]")
#define CSTRING_WITHIN(most) (TEXT, const char, "[:cstring " #most "]")
#define MAYBE_CSTRING (MAYBE, const char, "[:optional [:cstring]]")
#define RETURNED_MAYBE_CSTRING (TEXT, const char, "[:optional [:cstring]]")
/* What counts an array, which says which argument that is; the manifest has it called n. */
#define LENGTH_OF(T) (LENGTH, CTYPE(T), FORM(T))
#define COUNTED_OF(T, by) (COUNTED, CTYPE(T), "[:counted n " FORM(T) "]", by)
#define CONST_COUNTED(T, by) (COUNTED, CTYPE(T), "[:counted n :const " FORM(T) "]", by)
#define IN_OUT_OF(T) (IN_OUT, CTYPE(T), "[:in-out " FORM(T) "]")
#define POINT (STRUCT, Point, "Point")
#define PADDED (STRUCT, Padded, "Padded")
#define MATH_ERROR_OR(T) (FALLIBLE, CTYPE(T), "[:error-union MathError " FORM(T) "]")
#define STRING (OWNED, uint8_t, ":string")
#define OWNED_OF(T) (OWNED, CTYPE(T), "[:owned [:slice " FORM(T) "]]")
#define LENT_OF(T) (LENT, CTYPE(T), "[:borrowed [:slice :const " FORM(T) "]]")

#define CLASS_(class, ...) class
#define CTYPE_(class, type, ...) type
#define FORM_(class, type, ...) FIRST(__VA_ARGS__, )
#define FIRST(first, ...) first
#define COUNTED_BY_(class, type, form, by) by
#define CLASS(T) CLASS_ T
#define CTYPE(T) CTYPE_ T
#define FORM(T) FORM_ T
#define COUNTED_BY(T) COUNTED_BY_ T
#define FOR(prefix, T) CAT(prefix, CLASS(T))

typedef struct {
    int64_t value;
} Box;

typedef struct {
    int64_t count;
} Counter;

#endif
