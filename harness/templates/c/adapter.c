/* libffi from C, judged at wire level (docs/protocol.md): it does as it is told. What is libffi's is in this
 * file; what is the protocol's is in the headers beside it, and the same for every library.
 *
 *     cc -O1 -pthread -o adapter adapter.c -lffi -ldl
 */

#define _GNU_SOURCE

#include <ffi.h>

#include "lines.h"

enum { PARAMETERS = 256 };

/* What a libffi for this machine has beyond scalars, as capabilities; that of dyncall's adapter has none. */
#ifdef FFI_TYPE_STRUCT
#define STRUCTS_BY_VALUE
#define STRUCTS "\"by-value\","
#else
#define STRUCTS
#endif
#ifdef FFI_TARGET_HAS_COMPLEX_TYPE
#define COMPLEX "\"complex\","
#else
#define COMPLEX
#endif
#if defined __x86_64__ && defined FFI_TYPE_STRUCT
#define LONG_DOUBLE "\"long-double\"," /* of 80 bits */
#else
#define LONG_DOUBLE
#endif
#define FORMS STRUCTS COMPLEX LONG_DOUBLE

static const char ABOUT[] =
    "\"name\":\"libffi\",\"version\":\"3\",\"language\":\"C\",\"level\":\"wire\",\"lacks\":[\"f16\"],\"capabilities\":["
    "\"loops\",\"threads\",\"libraries\",\"no-collector\",\"callbacks\",\"callback-types\",\"foreign-threads\","
    "\"kept-callbacks\"," FORMS "\"variadics\",\"errno\",\"set-errno\"]";

typedef struct Type Type;
struct Type {
    const char *name;
    ffi_type *own;
    int bits; /* of an integer, negative where it has a sign; of all else 0 */
    unsigned count; /* members of a struct, elements of an array, parts of a complex number */
    Type **members;
};

static Type TYPES[] = {
    {"i8", &ffi_type_sint8, -8, 0, NULL},    {"i16", &ffi_type_sint16, -16, 0, NULL},
    {"i32", &ffi_type_sint32, -32, 0, NULL}, {"i64", &ffi_type_sint64, -64, 0, NULL},
    {"u8", &ffi_type_uint8, 8, 0, NULL},     {"u16", &ffi_type_uint16, 16, 0, NULL},
    {"u32", &ffi_type_uint32, 32, 0, NULL},  {"u64", &ffi_type_uint64, 64, 0, NULL},
    {"f32", &ffi_type_float, 0, 0, NULL},    {"f64", &ffi_type_double, 0, 0, NULL},
    {"bool", &ffi_type_uint8, 8, 0, NULL},   {"pointer", &ffi_type_pointer, 64, 0, NULL},
    {"void", &ffi_type_void, 0, 0, NULL},
#if defined __x86_64__ && defined FFI_TYPE_STRUCT
    {"f80", &ffi_type_longdouble, 0, 0, NULL},
#endif
};

static Type *of_members(ffi_type *own, unsigned count) {
    Type *type = calloc(1, sizeof *type);
    *type = (Type){"", own, 0, count, calloc(count + 1, sizeof *type->members)};
    return type;
}

/* A type of the line; null of one that libffi has not, which is then said. */
static Type *type_of(Json at) {
    for (Type *type = TYPES; type < TYPES + sizeof TYPES / sizeof *TYPES; type++)
        if (*at == '"' && (size_t)(skip(at) - at) == strlen(type->name) + 2 &&
            !strncmp(at + 1, type->name, strlen(type->name)))
            return type;
    Json list = member(at, "struct"), array = member(at, "array"), complex = member(at, "complex");
    (void)list, (void)array, (void)complex;
#ifdef FFI_TARGET_HAS_COMPLEX_TYPE
    if (*complex) {
        bool is_float = type_of(complex)->own == &ffi_type_float;
        Type *type = of_members(is_float ? &ffi_type_complex_float : &ffi_type_complex_double, 2);
        type->members[0] = type->members[1] = type_of(complex);
        return type;
    }
#endif
#ifdef FFI_TYPE_STRUCT
    if (*list || *array) {
        unsigned count = (unsigned)(*array ? number(first(array)) : length_of(list)), at_member = 0;
        ffi_type *own = calloc(1, sizeof *own);
        Type *type = of_members(own, count);
        own->type = FFI_TYPE_STRUCT;
        own->elements = calloc(count + 1, sizeof *own->elements);
        for (Json one = *array ? next(first(array)) : first(list); at_member < count; at_member++) {
            if (!(type->members[at_member] = type_of(one)))
                return NULL;
            own->elements[at_member] = type->members[at_member]->own;
            one = *array ? one : next(one);
        }
        return type;
    }
#endif
    tell("unsupported", "libffi has no type for %.*s", (int)(skip(at) - at) - 2, at + 1);
    return NULL;
}

#ifdef STRUCTS_BY_VALUE
/* What `ffi_prep_cif` laid out. */
static size_t size_of(const Type *type) { return type->own->size; }
static size_t alignment_of(const Type *type) { return type->own->alignment; }
#endif

/* What libffi has to know of a function to call it. */
typedef struct {
    ffi_cif cif;
    ffi_type *types[PARAMETERS];
} Prototype;

/* `fixed` is how many parameters a variadic function names; of another it is negative. */
static void prepare(Prototype *prototype, Type *returns, Type **parameters, unsigned count, int fixed) {
    for (unsigned at = 0; at < count; at++)
        prototype->types[at] = parameters[at]->own;
    if (fixed < 0)
        ffi_prep_cif(&prototype->cif, FFI_DEFAULT_ABI, count, returns->own, prototype->types);
    else
        ffi_prep_cif_var(&prototype->cif, FFI_DEFAULT_ABI, (unsigned)fixed, count, returns->own, prototype->types);
}

/* Makes a call of arguments that lie at `places`, in words of 8 bytes or as structs; what it returns is left likewise. */
static void call(Prototype *prototype, void (*symbol)(void), void *result, void **places) {
    ffi_call(&prototype->cif, symbol, result, places);
}

/* A C function of libffi's making, at `code`, that `answers` as the protocol has it. */
typedef struct {
    ffi_closure *closure;
    void *code, *of;
    void (*answers)(void *of, void *result, void **arguments);
    Prototype prototype;
} Made;

static void entered(ffi_cif *cif, void *result, void **arguments, void *made) {
    const Made *is = made;
    (void)cif;
    is->answers(is->of, result, arguments);
}

static void make(Made *made, Type *returns, Type **parameters, unsigned count) {
    prepare(&made->prototype, returns, parameters, count, -1);
    made->closure = ffi_closure_alloc(sizeof(ffi_closure), &made->code);
    ffi_prep_closure_loc(made->closure, &made->prototype.cif, entered, made, made->code);
}

static void unmake(Made *made) { ffi_closure_free(made->closure); }

#include "wire.h"

int main(void) { return serve(ABOUT); }
