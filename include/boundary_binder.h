/*
 * The C interface of Boundary Conformance, version 1: how a binder that is a shared library is judged.
 *
 *     conform smoke --binder ./mybinder.so
 *     conform check --binder ./mybinder.so
 *
 * The library exports the functions declared below; the suite calls them. This text is normative.
 * docs/c-interface.md tells the same at more length, docs/contract.md what a binder owes.
 *
 * THREADS   One call at a time, always from the same thread, unless the binder declares `threads`:
 *           then bc_call, bc_next and bc_close are also called from several threads at once, and
 *           bc_collect beside them where `collect` is declared, too.
 * MEMORY    What the suite hands over belongs to the suite and is readable until the function returns.
 *           Copy what is needed later. Nothing of it is freed by the binder.
 *           What a reply points to must be readable until the binder's next function is called on the
 *           same thread; the suite copies it and frees nothing but what reply->alloc gave.
 * ERRORS    A function answers by its status. Nothing may unwind or jump out of it: no exception, no
 *           longjmp. A NULL, a kind or a status that is none of these is an error of the adapter, which
 *           spoils the trial. A crash is the binder's failure in that trial; the run goes on.
 *
 * Little-endian machines with pointers of 64 bits.
 */
#ifndef BOUNDARY_BINDER_H
#define BOUNDARY_BINDER_H

#include <stddef.h>
#include <stdint.h>

#define BC_ABI_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* What came of a request. */
typedef uint32_t bc_status;
enum {
    BC_OK = 0,           /* done, bound, accepted, returned                                         */
    BC_REFUSED = 1,      /* a signature or call was refused: reply->code, and no native call (C-13) */
    BC_FAILED = 2,       /* the call was made, its result cannot be had: reply->code         */
    BC_UNLINKED = 3,     /* bc_bind: no such library or symbol: reply->message names both (B-1)     */
    BC_UNSUPPORTED = 4,  /* bc_read, bc_bind: this binder does not serve the signature: the message */
    BC_END = 5,          /* bc_next: the stream has no more items                                   */
    BC_ADAPTER_ERROR = 6 /* this code cannot do it: the message. Spoils the trial                   */
};

/* Kinds of values (contract V), and the member of `as` that holds each. */
enum {
    BC_NIL = 0,
    BC_BOOLEAN = 1,   /* boolean: 0 or 1                                                            */
    BC_LONG = 2,      /* integer                                                                    */
    BC_BIG = 3,       /* big: any integer; as a result only what 64 signed bits cannot hold   */
    BC_DOUBLE = 4,    /* bits, or number where a NaN's payload does not matter                      */
    BC_EXTENDED = 5,  /* extended: the bits, low word first; `scalar` is BC_F80 or BC_F128          */
    BC_KEYWORD = 6,   /* text, without a colon                                                      */
    BC_ERROR = 7,     /* text: the name of an error of an error union. Only a result          */
    BC_STRING = 8,    /* text                                                                       */
    BC_BYTES = 9,     /* bytes                                                                      */
    BC_ARRAY = 10,    /* array: elements of type `scalar`                                           */
    BC_VECTOR = 11,   /* vector                                                                     */
    BC_MAP = 12,      /* map: entries in any order                                                  */
    BC_RECORD = 13,   /* map, with the type's name                                                  */
    BC_HANDLE = 14,   /* token: what this binder called the handle when it gave it                  */
    BC_STREAM = 15,   /* token: what this binder calls the stream. Only a result                    */
    BC_UTF16 = 16,    /* units: text in which a surrogate may stand alone (C-11). Only an argument,  */
                      /* and only of a binder that declares what it does with such                  */
    BC_FUNCTION = 17, /* function: one of the host's (K-1). Only an argument, and only of a binder   */
                      /* that declares `callbacks`                                                  */
    BC_KEPT = 18      /* token: the function object (K-7) that bc_make named so. Only an argument    */
};

/* Scalars (T-1 to T-3), of arrays and extended floats. */
enum {
    BC_I8 = 1, BC_I16, BC_I32, BC_I64, BC_I128,
    BC_U8, BC_U16, BC_U32, BC_U64, BC_U128,
    BC_ISIZE, BC_USIZE,
    BC_F16, BC_F32, BC_F64, BC_F80, BC_F128,
    BC_BOOL
};

/* UTF-8 of so many bytes, not ended by a NUL. */
typedef struct bc_text {
    const char *data;
    size_t length;
} bc_text;

typedef struct bc_value bc_value;
typedef struct bc_entry bc_entry;

struct bc_value {
    uint32_t kind;
    uint32_t scalar; /* BC_ARRAY and BC_EXTENDED; else 0 */
    union {
        uint8_t boolean;
        int64_t integer;
        uint64_t bits;
        double number;
        uint64_t extended[2];
        uint64_t token;
        bc_text text;
        struct { const uint8_t *data; size_t length; } bytes;
        struct { const uint16_t *data; size_t count; } units;
        /* The magnitude's bytes, least significant first. */
        struct { const uint8_t *magnitude; size_t length; uint64_t negative; } big;
        /* An argument is the caller's own array, aligned for its elements: what is written to it is
         * what the caller sees after the call (C-9). Elements stand at C's stride: 16 for an :f80. */
        struct { void *elements; size_t count; } array;
        struct { const bc_value *items; size_t count; } vector;
        struct { const bc_entry *entries; size_t count; bc_text name; } map;
        /* Calls the host's function with its context, on whichever thread, while the call that it was
         * given to runs, or one that bc_make was given until it is released. Arguments are what returns are (K-2), read before it returns. BC_OK: `result`
         * is what the function returned, to be checked (K-2, C-1). BC_FAILED: it raised what the text in
         * `result` says (K-4), and is not called again; the call ends with BC_FAILED, the code
         * `callback-raised` and that text as its message. What `result` points to is readable until the
         * call has ended, or the object is released. */
        struct {
            bc_status (*call)(void *context, const bc_value *arguments, size_t count, bc_value *result);
            void *context;
        } function;
    } as;
};

struct bc_entry {
    bc_text key;
    bc_value value;
};

/* What a binder says of itself. Texts are ended by NUL and live as long as the library. */
typedef struct bc_ready {
    void *binder;             /* what the other functions get first; may be NULL                     */
    const char *name;         /* of the binder                                                       */
    const char *version;      /* its version                                                         */
    const char *language;     /* that it is used from                                                */
    const char *capabilities; /* words of docs/protocol.md, space between; NULL for none             */
    const char *dialects;     /* words of contract D, space between; NULL for none                   */
    char message[1024];       /* why it does not start, where it does not                            */
} bc_ready;

/* Paths of contract P, for binders that declare `paths`. */
enum { BC_NO_PATH = 0, BC_SCALAR_PATH = 1, BC_ENUM_AND_HANDLE_PATH = 2, BC_GENERAL_PATH = 3 };

/* Where a function says more than its status. Zeroed by the suite beforehand, `offset` set to -1. */
typedef struct bc_reply {
    /* Memory of the suite for what the reply points to: reply->alloc(reply->arena, bytes). Zeroed,
     * aligned to 16, NULL if there is none. It lives until the suite has copied the reply. */
    void *(*alloc)(void *arena, size_t size);
    void *arena;
    bc_value value;      /* BC_OK of bc_call: what it returned; of bc_next: the item                 */
    uint64_t function;   /* BC_OK of bc_bind: names the function in bc_call; of bc_make the object,  */
                         /* and no number twice; below 2^53                                          */
    uint32_t path;       /* BC_OK of bc_bind: the path that serves it                                */
    uint32_t type_count; /* BC_OK of bc_read, if it gives normal forms: how many `types`             */
    bc_text normal;      /* BC_OK of bc_read, may be left out: the signature's normal form (S-1)     */
    const bc_text *types; /* that of each argument's type and of the return's (T-9)                  */
    const char *code;    /* BC_REFUSED, BC_FAILED: the contract's code, ended by NUL; NULL with D-5  */
    int64_t offset;      /* BC_REFUSED of a signature: byte at which the offending form begins;      */
                         /* of a call: index of the argument at fault, for `argument-places`         */
    bc_text form;        /* BC_REFUSED of a signature: the form; it may point into the signature     */
    char message[1024];  /* for people, ended by NUL                                                 */
} bc_reply;

/* What is to be bound. Texts are ended by NUL. */
typedef struct bc_request {
    const char *symbol;
    const char *signature;    /* EDN                                                                 */
    const char *library;      /* another library than that of bc_start, or NULL; only `libraries`    */
    int64_t consumes;         /* index of the argument the function consumes (C-14), or -1           */
    uint32_t force_general;   /* 1: serve it on the general path (P-5); only `force-path`            */
    uint32_t other_engine;    /* 1: call by the binder's other engine; only `engines`                */
    uint32_t keep_errno;      /* 1: keep what its calls leave in errno (M-4), and have it hold when  */
                              /* they are entered what was set (M-5); only `errno`                   */
} bc_request;

/* What a binder counts, for those that declare `counters`. */
typedef struct bc_counts {
    uint64_t scopes;      /* call scopes opened so far (P-1 to P-3)                                  */
    uint64_t scope_bytes; /* bytes of native memory taken for calls so far                           */
    uint64_t open_scopes; /* scopes open now                                                         */
} bc_counts;

#if defined(_WIN32)
#define BC_EXPORT __declspec(dllexport)
#else
#define BC_EXPORT __attribute__((visibility("default")))
#endif

/* What a binder exports. The first six are needed; the others where what is said beside them applies. */

/* BC_ABI_VERSION of the header it was compiled with. Called first. */
BC_EXPORT uint32_t bc_abi_version(void);

/* Opens the fixture library at a path, and reads the declarations of every named type (T-8, EDN), which
 * later signatures refer to. BC_OK or BC_ADAPTER_ERROR. Called once. */
BC_EXPORT bc_status bc_start(const char *library, const char *declarations, bc_ready *ready);

/* Reads a signature and loads nothing (S-4). `declarations` are read before it and after those of
 * bc_start, for this signature alone. BC_OK, BC_REFUSED, BC_UNSUPPORTED. */
BC_EXPORT bc_status bc_read(void *binder, const char *signature, const char *declarations,
                            bc_reply *reply);

/* Binds a function: BC_OK, BC_REFUSED, BC_UNLINKED, BC_UNSUPPORTED. */
BC_EXPORT bc_status bc_bind(void *binder, const bc_request *request, bc_reply *reply);

/* Calls a bound function once: BC_OK, BC_REFUSED, BC_FAILED. */
BC_EXPORT bc_status bc_call(void *binder, uint64_t function, const bc_value *arguments, size_t count,
                            bc_reply *reply);

/* Ends the binder. Nothing is called after it. */
BC_EXPORT void bc_stop(void *binder);

/* Declarations that not every binder reads (G-4 to G-6), after those of bc_start and once, if the capabilities
 * it answered with need them: `unions`, `packed`, `complex`. BC_OK or BC_ADAPTER_ERROR. Needed by who declares
 * one of these. */
BC_EXPORT bc_status bc_declare(void *binder, const char *declarations, bc_reply *reply);

/* Forgets every token given so far. What is behind handles is not freed. For who keeps anything for them. */
BC_EXPORT void bc_forget(void *binder);

/* The next item of a stream: BC_OK, BC_END, BC_REFUSED. Needed by who returns streams. */
BC_EXPORT bc_status bc_next(void *binder, uint64_t stream, bc_reply *reply);

/* Stops a stream early; one that has ended, or was stopped, stays as it is. BC_OK. Needed as bc_next. */
BC_EXPORT bc_status bc_close(void *binder, uint64_t stream, bc_reply *reply);

/* What the binder counted. Needed by who declares `counters`. */
BC_EXPORT void bc_counters(void *binder, bc_counts *counts);

/* Runs the host's collector until it finds nothing more. Needed by who declares `collect`. */
BC_EXPORT void bc_collect(void *binder);

/* Makes a function object (K-7) of a BC_FUNCTION, of the type `[:fn :kept [A ...] R]` that the form says. The
 * object lives until bc_release; bc_forget does not concern it. BC_OK; BC_UNSUPPORTED, which fails the
 * trial, where there is no room for more. Needed, like bc_release, by who declares `kept-callbacks`. */
BC_EXPORT bc_status bc_make(void *binder, const char *form, const bc_value *function, bc_reply *reply);

/* Releases a function object (K-8): BC_OK, or BC_REFUSED where it was released before. */
BC_EXPORT bc_status bc_release(void *binder, uint64_t kept, bc_reply *reply);

/* What errno held when the calling thread's last call returned of a function bound with `keep_errno` (M-4).
 * Where `set` is not NULL, what it holds when the next is entered (M-5): only `set-errno`. Needed by who
 * declares `errno`. */
BC_EXPORT int32_t bc_errno(void *binder, const int32_t *set);

/* Values, made. */

static inline bc_value bc_of(uint32_t kind, uint64_t word) {
    bc_value value = {kind, 0, {0}};
    value.as.bits = word;
    return value;
}

static inline bc_value bc_nil(void) { return bc_of(BC_NIL, 0); }
static inline bc_value bc_long(int64_t integer) { return bc_of(BC_LONG, (uint64_t)integer); }
static inline bc_value bc_double(uint64_t bits) { return bc_of(BC_DOUBLE, bits); }
static inline bc_value bc_handle(uint64_t token) { return bc_of(BC_HANDLE, token); }

static inline bc_value bc_boolean(int truth) {
    bc_value value = bc_nil();
    value.kind = BC_BOOLEAN;
    value.as.boolean = truth != 0;
    return value;
}

/* BC_KEYWORD, BC_ERROR or BC_STRING. */
static inline bc_value bc_words(uint32_t kind, const char *data, size_t length) {
    bc_value value = bc_of(kind, 0);
    value.as.text.data = data;
    value.as.text.length = length;
    return value;
}

/* A long, or what no long holds. */
static inline bc_value bc_unsigned(bc_reply *reply, uint64_t integer) {
    uint64_t *magnitude;
    bc_value value = bc_long((int64_t)integer);
    if (integer <= INT64_MAX) return value;
    magnitude = (uint64_t *)reply->alloc(reply->arena, sizeof integer);
    if (magnitude) *magnitude = integer;
    value = bc_of(BC_BIG, 0);
    value.as.big.magnitude = (const uint8_t *)magnitude;
    value.as.big.length = sizeof integer;
    return value;
}

/* What a function answers when it refuses, cannot do or does not serve something, with a message. */
static inline bc_status bc_say(bc_reply *reply, bc_status status, const char *code,
                               const char *message) {
    size_t at = 0;
    for (; message[at] && at + 1 < sizeof reply->message; at++) reply->message[at] = message[at];
    reply->message[at] = 0;
    reply->code = code;
    return status;
}

#ifdef __cplusplus
}
#endif

#endif
