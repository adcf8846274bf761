/* The types of a prototype as libffi has them, and values of them: words, and structs in memory. */

#include <ffi.h>

/* What a libffi for this machine has beyond scalars, as capabilities; that of dyncall's adapter has none. */
#ifdef FFI_TYPE_STRUCT
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

/* Whether values of it are no word. */
static bool is_wide(const Type *type) { return type->members || !strcmp(type->name, "f80"); }

/* The word of a carrier, an integer extended by its type's sign. */
static uint64_t word_of(const Type *type, Json carrier) {
    if (!type->bits)
        return strtoull(carrier + 1, NULL, 16);
    return type->bits < 0 ? (uint64_t)strtoll(carrier + 1, NULL, 10) : number(carrier);
}

/* The bits of a word that mean anything, an integer extended by its type's sign. */
static uint64_t bits_of(const Type *type, uint64_t word) {
    int bits = type->bits;
    if (type->own == &ffi_type_float)
        return (uint32_t)word;
    if (bits < 0)
        return (uint64_t)((int64_t)(word << (64 + bits)) >> (64 + bits));
    return bits ? word << (64 - bits) >> (64 - bits) : word;
}

static void say_word(FILE *to, const Type *type, uint64_t word) {
    word = bits_of(type, word);
    if (type->own == &ffi_type_void)
        fprintf(to, "null");
    else if (type->own == &ffi_type_float)
        fprintf(to, "\"%08" PRIx64 "\"", word);
    else if (type->own == &ffi_type_double)
        fprintf(to, "\"%016" PRIx64 "\"", word);
    else if (type->bits < 0)
        fprintf(to, "\"%" PRId64 "\"", (int64_t)word);
    else
        fprintf(to, "\"%" PRIu64 "\"", word);
}

#ifdef FFI_TYPE_STRUCT
/* Where a member lies that follows what ends at an offset. */
static size_t aligned(const Type *type, size_t offset) {
    return (offset + type->own->alignment - 1) / type->own->alignment * type->own->alignment;
}

/* Writes a value where it lies. The type was laid out by `ffi_prep_cif`. */
static void write_value(const Type *type, Json value, unsigned char *place) {
    size_t offset = 0;
    uint64_t word = type->members ? 0 : word_of(type, value);
    if (type->members) {
        Json one = first(value);
        for (unsigned at = 0; at < type->count && one; at++, one = next(one)) {
            offset = aligned(type->members[at], offset);
            write_value(type->members[at], one, place + offset);
            offset += type->members[at]->own->size;
        }
    } else if (is_wide(type)) {
        for (unsigned at = 0; at < 10; at++) {
            unsigned byte = 0;
            sscanf(value + 1 + 2 * (9 - at), "%2x", &byte);
            place[at] = (unsigned char)byte;
        }
    } else {
        memcpy(place, &word, type->own->size);
    }
}

/* Says the value that lies there. */
static void say_value(FILE *to, const Type *type, const unsigned char *place) {
    size_t offset = 0;
    uint64_t word = 0;
    if (type->members) {
        putc('[', to);
        for (unsigned at = 0; at < type->count; at++) {
            offset = aligned(type->members[at], offset);
            if (at)
                putc(',', to);
            say_value(to, type->members[at], place + offset);
            offset += type->members[at]->own->size;
        }
        putc(']', to);
    } else if (is_wide(type)) {
        putc('"', to);
        for (unsigned at = 10; at > 0; at--)
            fprintf(to, "%02x", place[at - 1]);
        putc('"', to);
    } else {
        memcpy(&word, place, type->own->size);
        say_word(to, type, word);
    }
}
#endif
