/* Contract L in the twin: how each class of argument is taken and recorded, and each class of return delivered. */
#ifndef CLASSES_H
#define CLASSES_H

#if WHOLE
#define REGISTER(T) uint64_t
#define WIDENED(T, x) \
    (sizeof(CTYPE(T)) == 8 ? (x) : IS_SIGNED(CTYPE(T)) ? (uint64_t)(int32_t)(x) : (uint32_t)(x))
/* What stands above the bits of a return is nobody's business: a pattern. */
#define DIRTY(T, x) \
    ((U(x) & UINT64_MAX >> (64 - BITS(CTYPE(T)))) \
     | (BITS(CTYPE(T)) < 64 ? U(0xA5A5A5A5A5A5A5A5) << (BITS(CTYPE(T)) % 64) : 0))
#else
#define REGISTER(T) CTYPE(T)
#define WIDENED(T, x) U(x)
#define DIRTY(T, x) (x)
#endif

#define PARAM_INT(n, T) REGISTER(T) n##_wire
#define PARAM_TRUTH PARAM_INT
#define PARAM_FLOAT(n, T) CTYPE(T) n
#define PARAM_HANDLE(n, T) CTYPE(T) *n
#define PARAM_TAKEN PARAM_HANDLE
#define PARAM_SLICE(n, T) CTYPE(T) *n, size_t n##_len
#define PARAM_CALLABLE PARAM_HANDLE
#define PARAM_TEXT PARAM_HANDLE
#define PARAM_MAYBE PARAM_HANDLE
#define PARAM_LENGTH PARAM_INT
#define PARAM_COUNTED PARAM_HANDLE
#define PARAM_IN_OUT PARAM_HANDLE
#define PARAM_STRUCT PARAM_FLOAT
#define PARAM_WIDE PARAM_FLOAT
#define PARAM_EXTENDED PARAM_FLOAT
#define PARAM(n, T) FOR(PARAM_, T)(n, T)

#define SEE_INT(n, T, later) event_int(&event, WIDENED(T, n##_wire));
#define SEE_TRUTH SEE_INT
#define SEE_FLOAT(n, T, later) event_float(&event, &n, sizeof n);
/* A caller that counts less than nothing counts nothing. */
#define LENGTH_IN(n) ((n) < 0 ? 0 : (size_t)(n))
#define SEE_HANDLE(n, T, later) event_address(&event, (size_t)n);
#define SEE_TAKEN SEE_HANDLE
#define SEE_CALLABLE SEE_HANDLE
#define SEE_STRUCT(n, T, later) event_memory(&event, &n, sizeof n, later);
#define SEE_WIDE SEE_STRUCT
#define SEE_EXTENDED(n, T, later) event_memory(&event, &n, 10, later);
#define SEE_SLICE(n, T, later) event_memory(&event, n, n##_len * sizeof *n, later);
#define SEE_TEXT(n, T, later) event_memory(&event, n, strlen(n), later);
#define SEE_MAYBE(n, T, later) \
    if (n) event_memory(&event, n, strlen(n), later); \
    else event_address(&event, 0);
#define SEE_LENGTH(n, T, later)
#define SEE_COUNTED(n, T, later) event_memory(&event, n, LENGTH_IN(COUNTED_BY(T)) * sizeof *n, later);
#define SEE_IN_OUT(n, T, later) event_memory(&event, n, sizeof *n, later);
#define SEE(n, T, later) FOR(SEE_, T)(n, T, later)

/* A variable argument, in the place of a parameter; and what a named one is called. */
#define TAKE_INT(n, T) REGISTER(T) n##_wire = (REGISTER(T))va_arg(all, CTYPE(T));
#define TAKE_FLOAT(n, T) CTYPE(T) n = va_arg(all, CTYPE(T));
#define TAKE(n, T) FOR(TAKE_, T)(n, T)
#define NAMED_INT(n) n##_wire
#define NAMED_FLOAT(n) n

#define READ_INT(n, T) CTYPE(T) n = (CTYPE(T))n##_wire;
#define READ_TRUTH(n, T) uint8_t n = (uint8_t)n##_wire != 0;
#define READ_FLOAT(n, T)
#define READ_HANDLE(n, T)
#define READ_TAKEN(n, T)
#define READ_SLICE(n, T)
#define READ_CALLABLE(n, T)
#define READ_TEXT(n, T)
#define READ_MAYBE(n, T)
#define READ_LENGTH READ_INT
#define READ_COUNTED(n, T)
#define READ_IN_OUT(n, T)
#define READ_STRUCT(n, T)
#define READ_WIDE(n, T)
#define READ_EXTENDED(n, T)
#define READ(n, T) FOR(READ_, T)(n, T)

#define RETURNED_INT(T) REGISTER(T)
#define RETURNED_TRUTH(T) REGISTER(T)
#define RETURNED_FLOAT(T) CTYPE(T)
#define RETURNED_STRUCT(T) CTYPE(T)
#define RETURNED_WIDE RETURNED_FLOAT
#define RETURNED_EXTENDED RETURNED_FLOAT
#define RETURNED_HANDLE(T) CTYPE(T) *
#define RETURNED_TEXT RETURNED_HANDLE
#define RETURNED_COUNTED RETURNED_HANDLE
#define RETURNED_FALLIBLE RETURNED_INT
#define RETURNED_NOTHING(T) void
#define RETURNED_OWNED(T) void
#define RETURNED_LENT(T) void
#define RETURNED(T) FOR(RETURNED_, T)(T)

#define DELIVER_INT(T, ...) return DIRTY(T, (CTYPE(T))(__VA_ARGS__));
#define DELIVER_TRUTH DELIVER_INT
#define DELIVER_FLOAT(T, ...) return __VA_ARGS__;
#define DELIVER_STRUCT DELIVER_FLOAT
#define DELIVER_WIDE DELIVER_FLOAT
#define DELIVER_EXTENDED DELIVER_FLOAT
#define DELIVER_HANDLE(T, ...) return __VA_ARGS__;
#define DELIVER_TEXT DELIVER_HANDLE
#define DELIVER_COUNTED DELIVER_HANDLE
#define DELIVER_FALLIBLE DELIVER_INT
#define DELIVER_NOTHING(T, ...) __VA_ARGS__;
#define DELIVER_OWNED(T, ...) Buffer made = __VA_ARGS__; *ptr = made.address; *len = made.length;
#define DELIVER_LENT DELIVER_OWNED
#define DELIVER(T, ...) FOR(DELIVER_, T)(T, __VA_ARGS__)

#define NO_OUTS(first, next)
#define OUTS_INT NO_OUTS
#define OUTS_TRUTH NO_OUTS
#define OUTS_FLOAT NO_OUTS
#define OUTS_STRUCT NO_OUTS
#define OUTS_WIDE NO_OUTS
#define OUTS_EXTENDED NO_OUTS
#define OUTS_HANDLE NO_OUTS
#define OUTS_TEXT NO_OUTS
#define OUTS_COUNTED NO_OUTS
#define OUTS_FALLIBLE(first, next) next uint8_t *err, size_t *errlen
#define OUTS_NOTHING NO_OUTS
#define OUTS_OWNED(first, next) next size_t *ptr, size_t *len
#define OUTS_LENT OUTS_OWNED
#define COMMA ,
#define OUTS(T) FOR(OUTS_, T)(, COMMA)
#define ONLY_OUTS(T) FOR(OUTS_, T)(, )

#define NO_FREE(name)
#define FREE_INT NO_FREE
#define FREE_TRUTH NO_FREE
#define FREE_FLOAT NO_FREE
#define FREE_STRUCT NO_FREE
#define FREE_WIDE NO_FREE
#define FREE_EXTENDED NO_FREE
#define FREE_HANDLE NO_FREE
#define FREE_TEXT NO_FREE
#define FREE_COUNTED NO_FREE
#define FREE_FALLIBLE NO_FREE
#define FREE_NOTHING NO_FREE
#define FREE_LENT NO_FREE
#define FREE_OWNED(name) \
    EXPORT void name##__free(size_t ptr, size_t len) { \
        Event event; \
        if (event_begin(&event, ID_##name, EVENT_FREE, 2)) { \
            event_address(&event, ptr); \
            event_int(&event, len); \
            event_end(&event); \
        } \
        ledger_free(ptr, len); \
    }

/* What is so of one class and of no other: `IS(TAKES_, T)` is 1 or 0. */
#define TAKES_TAKEN ~, 1
#define COUNTS_LENGTH ~, 1
#define SECOND(first, second, ...) second
#define IS_(...) SECOND(__VA_ARGS__, 0, )
#define IS(prefix, T) IS_(FOR(prefix, T))
#define COUNTS(T) IS(COUNTS_, T)

#endif
