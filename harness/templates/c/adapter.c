/* libffi from C, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.
 *
 *     cc -O1 -o adapter adapter.c -lffi -ldl
 */

#include <dlfcn.h>
#include <ffi.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTIONS = 65536, PARAMETERS = 256, BLOCKS = 1024 };

/* A place in the line that holds a JSON value. */
typedef const char *Json;

static const struct {
    const char *name;
    ffi_type *type;
    int bits; /* of an integer, negative where it has a sign; of a float 0 */
} TYPES[] = {
    {"i8", &ffi_type_sint8, -8},    {"i16", &ffi_type_sint16, -16}, {"i32", &ffi_type_sint32, -32},
    {"i64", &ffi_type_sint64, -64}, {"u8", &ffi_type_uint8, 8},     {"u16", &ffi_type_uint16, 16},
    {"u32", &ffi_type_uint32, 32},  {"u64", &ffi_type_uint64, 64},  {"f32", &ffi_type_float, 0},
    {"f64", &ffi_type_double, 0},   {"bool", &ffi_type_uint8, 8},   {"pointer", &ffi_type_pointer, 64},
    {"void", &ffi_type_void, 0},
};

static struct {
    void (*symbol)(void);
    ffi_cif cif;
    int parameters[PARAMETERS], returns;
    ffi_type *types[PARAMETERS];
} *functions[FUNCTIONS];
static int linked;

static struct {
    unsigned char *bytes;
    size_t length;
} blocks[BLOCKS]; /* of the last call */
static int kept;

static char *library; /* the path of `hello` */
static uint64_t id;   /* of the request */

/* Ends a reply that began with its id. */
static void end(void) {
    puts("}");
    fflush(stdout);
}

static void begin(const char *is) { printf("{\"id\":%" PRIu64 ",\"is\":\"%s\"", id, is); }

static void say_text(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

/* A reply that is a message. */
static void tell(const char *is, const char *format, ...) {
    char message[4096];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof message, format, values);
    va_end(values);
    begin(is);
    printf(",\"message\":");
    say_text(message);
    end();
}

static Json blank(Json at) {
    while (*at && strchr(" \t\r\n,:", *at))
        at++;
    return at;
}

/* What follows a value. */
static Json skip(Json at) {
    at = blank(at);
    if (*at == '"') {
        for (at++; *at && *at != '"'; at++)
            if (*at == '\\' && at[1])
                at++;
        return *at ? at + 1 : at;
    }
    if (*at == '{' || *at == '[') {
        char close = *at == '{' ? '}' : ']';
        for (at = blank(at + 1); *at && *at != close; at = blank(at))
            at = skip(at);
        return *at ? at + 1 : at;
    }
    return at + strcspn(at, ",]} \t\r\n");
}

/* The value under a key of an object; an empty text where there is none. */
static Json member(Json object, const char *key) {
    size_t length = strlen(key);
    if (*object != '{')
        return "";
    for (object = blank(object + 1); *object == '"';) {
        bool same = !strncmp(object + 1, key, length) && object[length + 1] == '"';
        object = blank(skip(object));
        if (same)
            return object;
        object = blank(skip(object));
    }
    return "";
}

/* The first element of a list, and the one after an element; null at the end. */
static Json first(Json list) {
    Json at = *list == '[' ? blank(list + 1) : "]";
    return *at == ']' || !*at ? NULL : at;
}

static Json next(Json element) {
    Json at = blank(skip(element));
    return *at == ']' || !*at ? NULL : at;
}

/* A string of the line, in memory of its own. */
static char *text_of(Json at) {
    const char *escapes = "b\bf\fn\nr\rt\t";
    size_t length = (size_t)(skip(at) - at);
    char *text = calloc(length + 1, 1), *to = text;
    if (*at != '"')
        return text;
    for (at++; *at && *at != '"'; at++) {
        const char *escape;
        if (*at != '\\') {
            *to++ = *at;
        } else if (*++at == 'u') {
            char digits[5] = {0};
            strncpy(digits, at + 1, 4);
            *to++ = (char)strtol(digits, NULL, 16);
            at += strlen(digits);
        } else {
            escape = strchr(escapes, *at);
            *to++ = escape ? escape[1] : *at;
        }
    }
    return text;
}

static uint64_t number(Json at) { return strtoull(*at == '"' ? at + 1 : at, NULL, 10); }

/* A type by its name; -1 for one that libffi has not. */
static int type_of(Json at) {
    char *name = text_of(at);
    int found = -1;
    for (int type = 0; type < (int)(sizeof TYPES / sizeof *TYPES); type++)
        if (!strcmp(TYPES[type].name, name))
            found = type;
    free(name);
    return found;
}

static void link_symbol(Json request) {
    int count = 0, type;
    if (linked == FUNCTIONS) {
        tell("adapter-error", "it has room for %d functions", FUNCTIONS);
        return;
    }
    functions[linked] = calloc(1, sizeof *functions[linked]);
    for (Json at = first(member(request, "parameters")); at; at = next(at)) {
        if ((type = type_of(at)) < 0 || count == PARAMETERS) {
            tell("unsupported", "libffi has no type for %.*s", (int)(skip(at) - at) - 2, at + 1);
            return;
        }
        functions[linked]->types[count] = TYPES[type].type;
        functions[linked]->parameters[count++] = type;
    }
    Json returns = member(request, "returns");
    if ((type = type_of(returns)) < 0) {
        tell("unsupported", "libffi has no type for %.*s", (int)(skip(returns) - returns) - 2,
             returns + 1);
        return;
    }
    functions[linked]->returns = type;
    Json other = member(request, "library");
    char *path = *other == '"' ? text_of(other) : strdup(library);
    char *symbol = text_of(member(request, "symbol"));
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *address = opened ? dlsym(opened, symbol) : NULL;
    if (!address) {
        tell("unlinked", "%s: %s: %s", path, symbol, dlerror());
    } else {
        memcpy(&functions[linked]->symbol, &address, sizeof address);
        ffi_prep_cif(&functions[linked]->cif, FFI_DEFAULT_ABI, (unsigned)count,
                     TYPES[type].type, functions[linked]->types);
        begin("bound");
        printf(",\"function\":%d", linked++);
        end();
    }
    free(path);
    free(symbol);
}

static void say_hex(const unsigned char *bytes, size_t length) {
    putchar('"');
    while (length--)
        printf("%02x", *bytes++);
    putchar('"');
}

static unsigned char digit(char hex) {
    return (unsigned char)(hex <= '9' ? hex - '0' : (hex | 32) - 'a' + 10);
}

/* Fills the blocks of a call; whether there is room. */
static bool fill(Json request) {
    while (kept)
        free(blocks[--kept].bytes);
    Json list = member(request, "blocks");
    for (Json at = first(list); at; at = next(at), kept++) {
        if (kept == BLOCKS)
            return false;
        char *hex = text_of(member(at, "bytes"));
        size_t length = strlen(hex) / 2;
        blocks[kept].length = length;
        blocks[kept].bytes = malloc(length); /* aligned to 16 */
        for (size_t place = 0; place < length; place++)
            blocks[kept].bytes[place] =
                (unsigned char)(digit(hex[2 * place]) << 4 | digit(hex[2 * place + 1]));
        free(hex);
    }
    int block = 0;
    for (Json at = first(list); at; at = next(at), block++) {
        for (Json pair = first(member(at, "pointers")); pair; pair = next(pair)) {
            Json offset = first(pair);
            uint64_t to = number(next(offset)), place = number(offset);
            if (to >= (uint64_t)kept || place + sizeof(void *) > blocks[block].length)
                return false;
            memcpy(blocks[block].bytes + place, &blocks[to].bytes, sizeof(void *));
        }
    }
    return true;
}

static void invoke(Json request) {
    uint64_t words[PARAMETERS] = {0}, result = 0, index = number(member(request, "function"));
    void *places[PARAMETERS];
    unsigned count = 0;
    if (index >= (uint64_t)linked || !fill(request)) {
        tell("adapter-error", "it linked no such function, or has no room for the call");
        return;
    }
    for (Json at = first(member(request, "arguments")); at && count < PARAMETERS; at = next(at)) {
        int type = functions[index]->parameters[count];
        if (*at == '{') {
            uint64_t block = number(member(at, "block"));
            if (block < (uint64_t)kept)
                memcpy(&words[count], &blocks[block].bytes, sizeof(void *));
        } else if (!TYPES[type].bits) {
            words[count] = strtoull(at + 1, NULL, 16);
        } else if (TYPES[type].bits < 0) {
            words[count] = (uint64_t)strtoll(at + 1, NULL, 10);
        } else {
            words[count] = number(at);
        }
        places[count] = &words[count];
        count++;
    }
    if (count != functions[index]->cif.nargs) {
        tell("adapter-error", "%u arguments for %u parameters", count, functions[index]->cif.nargs);
        return;
    }
    ffi_call(&functions[index]->cif, functions[index]->symbol, &result, places);
    int returns = functions[index]->returns, bits = TYPES[returns].bits;
    begin("returned");
    printf(",\"value\":");
    if (TYPES[returns].type == &ffi_type_void)
        printf("null");
    else if (TYPES[returns].type == &ffi_type_float)
        printf("\"%08" PRIx32 "\"", (uint32_t)result);
    else if (TYPES[returns].type == &ffi_type_double)
        printf("\"%016" PRIx64 "\"", result);
    else if (bits < 0)
        printf("\"%" PRId64 "\"", (int64_t)(result << (64 + bits)) >> (64 + bits));
    else
        printf("\"%" PRIu64 "\"", result << (64 - bits) >> (64 - bits));
    printf(",\"blocks\":[");
    for (int block = 0; block < kept; block++) {
        if (block)
            putchar(',');
        say_hex(blocks[block].bytes, blocks[block].length);
    }
    putchar(']');
    end();
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        Json request = blank(line);
        char *what = text_of(member(request, "do"));
        bool stops = !strcmp(what, "stop");
        id = number(member(request, "id"));
        if (!strcmp(what, "hello")) {
            library = text_of(member(request, "library"));
            begin("ready");
            printf(",\"protocol\":1,\"name\":\"libffi\",\"version\":\"3\",\"language\":\"C\","
                   "\"level\":\"wire\",\"capabilities\":[\"libraries\",\"no-collector\"]");
            end();
        } else if (!strcmp(what, "link")) {
            link_symbol(request);
        } else if (!strcmp(what, "invoke")) {
            invoke(request);
        } else if (!strcmp(what, "peek")) {
            uint64_t address = number(member(request, "address"));
            begin("memory");
            printf(",\"bytes\":");
            say_hex((const unsigned char *)(uintptr_t)address, number(member(request, "length")));
            end();
        } else if (stops) {
            begin("done");
            end();
        } else {
            tell("adapter-error", "it does not serve `%s`", what);
        }
        free(what);
        if (stops)
            break;
    }
    return 0;
}
