/* Integers under 64 bits and bools as the Zig code takes and returns them (register.zig): whole registers where the judge
 * looks for what a caller leaves above them, and their natural types elsewhere. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#if WITNESS && (defined(__x86_64__) || (defined(__aarch64__) && !defined(__APPLE__)) || defined(__riscv))
typedef uint64_t I8, I16, I32, U8, U16, U32, BOOL;
#else
typedef int8_t I8;
typedef int16_t I16;
typedef int32_t I32;
typedef uint8_t U8;
typedef uint16_t U16;
typedef uint32_t U32;
typedef bool BOOL;
#endif
typedef int64_t I64;
typedef uint64_t U64;
typedef intptr_t ISIZE;
typedef uintptr_t USIZE;

typedef int64_t W;
typedef double D;

#define EXPORT __attribute__((visibility("default")))
/* A list that is one argument of a macro. */
#define L(...) (__VA_ARGS__)

#endif
