/*
 * An example: a binder of C functions over scalars, in C, as a shared library with the interface of
 * include/boundary_binder.h, for x86-64 and AArch64. It serves integers and bools of up to 64 bits, :f32,
 * :f64 and :void, as many as the registers hold, and functions of the host's over these, kept ones, too; of
 * all other signatures it says that it does not.
 *
 *     cc -shared -fPIC -O2 -Iinclude examples/c-binder/binder.c -o libcbinder.so -lm -ldl -lpthread
 *     conform check --binder ./libcbinder.so
 */
#include "boundary_binder.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Registers for arguments that System V x86-64 has; AArch64 has no fewer. */
enum { INTEGERS = 6, FLOATS = 8, MOST = INTEGERS + FLOATS };

struct scalar {
    const char *name;
    enum { SIGNED, UNSIGNED, TRUTH, FLOAT, NOTHING, OTHER, HOST } kind;
    int bits;
};

static const struct scalar scalars[] = {
    {":i8", SIGNED, 8},    {":i16", SIGNED, 16},    {":i32", SIGNED, 32},   {":i64", SIGNED, 64},
    {":u8", UNSIGNED, 8},  {":u16", UNSIGNED, 16},  {":u32", UNSIGNED, 32}, {":u64", UNSIGNED, 64},
    {":isize", SIGNED, 64}, {":usize", UNSIGNED, 64}, {":bool", TRUTH, 1},  {":void", NOTHING, 64},
    {":f32", FLOAT, 32},   {":f64", FLOAT, 64},     {":f16", OTHER, 16},    {":f80", OTHER, 80},
    {":f128", OTHER, 128}, {":i128", OTHER, 128},   {":u128", OTHER, 128},  {":string", OTHER, 0},
    {":noreturn", OTHER, 0}, {NULL, OTHER, 0},
};

static const struct scalar host = {"[:fn", HOST, 64};

struct function {
    void *symbol;
    const struct scalar *arguments[MOST], *returns;
    size_t count;
    struct function *hosts[MOST]; /* of what type those arguments are that are the host's functions */
    bool kept;                    /* it is the type of a function object (K-7) */
    bool keeps_errno;
};

struct binder {
    char path[768];
    void *library;
    struct function *functions;
    size_t count;
};

/* Reading a signature: a flat vector of bindings and scalars (S-1, S-4). */
static bool is(bc_text word, const char *text) {
    return word.length == strlen(text) && memcmp(word.data, text, word.length) == 0;
}

static const struct scalar *scalar_of(bc_text word) {
    const struct scalar *scalar = scalars;
    while (scalar->name && !is(word, scalar->name)) scalar++;
    return scalar->name ? scalar : NULL;
}

static bc_status refuse(bc_reply *reply, const char *code, const char *text, bc_text form) {
    reply->form = form;
    reply->offset = form.data - text;
    return bc_say(reply, BC_REFUSED, code, code);
}

static bc_status unserved(bc_reply *reply, const char *what) {
    return bc_say(reply, BC_UNSUPPORTED, NULL, what);
}

static const char gaps[] = " \t\r\n,";
static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:";

/* A form in brackets with the brackets that it has within. */
static size_t bracketed(const char *at) {
    size_t length = 0, open = 0;
    do {
        if (!at[length]) return 0;
        open += (at[length] == '[') - (at[length] == ']');
        length++;
    } while (open);
    return length;
}

/* The words between the brackets, forms in brackets among them, or -1. */
static int words_of(bc_text text, bc_text *words, int most) {
    const char *at = text.data + strspn(text.data, gaps), *end = text.data + text.length;
    if (*at++ != '[') return -1;
    for (int count = 0;; count++) {
        at += strspn(at, gaps);
        if (*at == ']') return at + 1 + strspn(at + 1, gaps) >= end ? count : -1;
        size_t length = *at == '[' ? bracketed(at) : strspn(at, plain);
        if (length == 0 || count == most) return -1;
        words[count] = (bc_text){at, length};
        at += length;
    }
}

static bool crosses(const struct function *function) {
    int floats = 0, integers = 0;
    for (size_t n = 0; n < function->count; n++)
        *(function->arguments[n]->kind == FLOAT ? &floats : &integers) += 1;
    return floats <= FLOATS && integers <= INTEGERS;
}

/* `[:fn [A …] R]` or `[:fn :kept [A …] R]` over scalars (K-1, K-7), or NULL. */
static struct function *host_type(bc_text form) {
    bc_text words[4], types[MOST];
    int parts = words_of(form, words, 4);
    bool kept = parts == 4 && is(words[1], ":kept");
    if (parts != 3 + kept || !is(words[0], ":fn") || *words[1 + kept].data != '[') return NULL;
    int count = words_of(words[1 + kept], types, MOST);
    struct function type = {.returns = scalar_of(words[2 + kept]), .count = (size_t)count, .kept = kept};
    if (count < 0 || !type.returns || type.returns->kind == OTHER) return NULL;
    for (int n = 0; n < count; n++) {
        const struct scalar *of = type.arguments[n] = scalar_of(types[n]);
        if (!of || of->kind == OTHER || of->kind == NOTHING) return NULL;
    }
    struct function *made = crosses(&type) ? malloc(sizeof type) : NULL;
    return made ? memcpy(made, &type, sizeof type) : NULL;
}

static bool alike(const struct function *one, const struct function *other) {
    return one->kept == other->kept && one->returns == other->returns && one->count == other->count &&
        memcmp(one->arguments, other->arguments, one->count * sizeof one->arguments[0]) == 0;
}

static void forget(struct function *function) {
    for (size_t n = 0; n < MOST; n++) free(function->hosts[n]);
}

static bc_status read_signature(const char *text, struct function *out, bc_reply *reply) {
    bc_text words[2 * MOST + 4], whole = {text, strlen(text)};
    int count = words_of(whole, words, 2 * MOST + 4), ret = -1;
    *out = (struct function){.count = 0};
    if (count < 0) return unserved(reply, "only vectors of bindings, scalars and functions of them are read");
    for (int i = 0; i < count; i++) {
        if (*words[i].data != '[') continue;
        if (i % 2 && i / 2 < MOST) out->hosts[i / 2] = host_type(words[i]);
        if (i / 2 >= MOST || !out->hosts[i / 2])
            return unserved(reply, "no forms in brackets are read but functions of scalars");
    }
    for (int i = 0; i < count; i++) {
        if (!is(words[i], ":ret")) continue;
        if (ret >= 0) return refuse(reply, "extra-ret", text, words[i]);
        ret = i;
    }
    const char *open = strchr(text, '['), *close = strrchr(text, ']');
    if (ret < 0) return refuse(reply, "missing-ret", text, (bc_text){open, (size_t)(close - open) + 1});
    if (ret + 1 == count) return refuse(reply, "empty-ret", text, words[ret]);
    if (ret + 2 < count) return refuse(reply, "misplaced-ret", text, words[ret]);
    if (ret % 2 == 1) return refuse(reply, "uneven-signature", text, words[ret - 1]);
    for (int i = 0; i < ret; i += 2) {
        bc_text name = words[i];
        bool constant = is(name, "nil") || is(name, "true") || is(name, "false");
        if (constant || strchr(":-0123456789", *name.data))
            return refuse(reply, "invalid-binding", text, name);
        if (name.length > 1 && memcmp(name.data, "__", 2) == 0)
            return refuse(reply, "reserved-binding", text, name);
        for (int j = 0; j < i; j += 2)
            if (words[j].length == name.length && !memcmp(words[j].data, name.data, name.length))
                return refuse(reply, "duplicate-binding", text, name);
    }
    words[ret] = words[count - 1]; /* the return's type, where the next argument's would be */
    for (int i = 1; i <= ret + 1; i += 2) {
        bc_text type = words[i <= ret ? i : ret];
        if (*type.data == '[' && i < ret) continue;
        if (*type.data != ':') return unserved(reply, "declared types are not read");
        if (type.length > 1 && type.data[1] == ':') /* no keyword of EDN */
            return refuse(reply, "invalid-signature", text, type);
        if (!scalar_of(type)) return refuse(reply, "unknown-scalar", text, type);
    }
    for (size_t n = 0; n <= (size_t)ret / 2; n++) {
        bool is_return = n == (size_t)ret / 2;
        bc_text word = words[is_return ? ret : (int)(2 * n + 1)];
        const struct scalar *type = scalar_of(word);
        if (n < MOST && *word.data == '[') {
            out->count = n + 1;
            out->arguments[n] = &host;
            continue;
        }
        if (is(word, ":noreturn")) return refuse(reply, "noreturn-position", text, word);
        if (type->kind == NOTHING && !is_return) return refuse(reply, "void-argument", text, word);
        if (type->kind == OTHER) return unserved(reply, "wide scalars, halves and strings");
        *(is_return ? &out->returns : &out->arguments[n]) = type;
        if (!is_return) out->count = n + 1;
    }
    return crosses(out) ? BC_OK : unserved(reply, "more arguments than registers");
}

/* Arguments: each becomes the word its register or stack slot holds, or a code (contract C). */

/* The number that the bits of a magnitude stand for, which are shifted left by so many: its highest 64
 * bits, the lowest of them set where anything is below it, so that rounding once stays right (C-3). */
static long double exact(const uint8_t *magnitude, size_t length, int shift) {
    uint64_t top = 0;
    bool below = false;
    for (size_t bit = length * 8; bit-- > 0;) {
        bool set = magnitude[bit / 8] >> bit % 8 & 1;
        if (top >> 63) { below |= set; shift++; } else top = top << 1 | set;
    }
    return ldexpl((long double)(top | below), shift);
}

static long double extended(const bc_value *value) {
    bool quad = value->scalar == BC_F128;
    uint64_t low = value->as.extended[0], high = value->as.extended[1];
    int exponent = (int)((quad ? high >> 48 : high) & 0x7fff);
    bool negative = high >> (quad ? 63 : 15) & 1;
    uint64_t parts[2] = {low, 0};
    if (quad) parts[1] = (high & 0xffffffffffff) | (uint64_t)(exponent != 0) << 48;
    bool fraction = quad ? low || high << 16 : low << 1;
    long double size = exponent == 0x7fff ? (fraction ? (long double)NAN : HUGE_VALL)
        : exact((uint8_t *)parts, 16, (exponent ? exponent : 1) - 16383 - (quad ? 112 : 63));
    return copysignl(size, negative ? -1.0L : 1.0L);
}

static const char *float_word(const struct scalar *type, const bc_value *value, uint64_t *out) {
    long double number;
    if (value->kind == BC_LONG) number = value->as.integer;
    else if (value->kind == BC_DOUBLE) number = value->as.number;
    else if (value->kind == BC_EXTENDED) number = extended(value);
    else if (value->kind != BC_BIG) return "type-mismatch";
    else number = exact(value->as.big.magnitude, value->as.big.length, 0);
    if (value->kind == BC_BIG && value->as.big.negative) number = -number;
    double wide = value->kind == BC_DOUBLE ? value->as.number : (double)number;
    float narrow = (float)number;
    *out = 0;
    return memcpy(out, type->bits == 64 ? (void *)&wide : &narrow, type->bits / 8), NULL;
}

static const char *integer_word(const struct scalar *type, const bc_value *value, uint64_t *out) {
    const char *refused = value->kind == BC_DOUBLE ? "type-mismatch" : "out-of-range";
    bool negative = false;
    uint64_t size = 0;
    if (value->kind == BC_LONG) {
        negative = value->as.integer < 0;
        size = negative ? 0 - (uint64_t)value->as.integer : (uint64_t)value->as.integer;
    } else if (value->kind == BC_BIG) {
        negative = value->as.big.negative;
        for (size_t i = value->as.big.length; i-- > 0; size = size << 8 | value->as.big.magnitude[i])
            if (size >> 56) return refused;
    } else if (value->kind == BC_DOUBLE && trunc(value->as.number) == value->as.number) {
        negative = value->as.number < 0;
        if (fabs(value->as.number) >= 0x1p64) return refused;
        size = (uint64_t)fabs(value->as.number);
    } else {
        return "type-mismatch";
    }
    uint64_t most = UINT64_MAX >> (64 - type->bits + (type->kind == SIGNED));
    if (negative) most = type->kind == SIGNED ? most + 1 : 0;
    *out = negative ? 0 - size : size;
    return size > most ? refused : NULL;
}

static const char *word_for(const struct scalar *type, const bc_value *value, uint64_t *out) {
    if (value->kind == BC_NIL) return "nil-argument";
    if (type->kind == FLOAT) return float_word(type, value, out);
    if (type->kind != TRUTH) return integer_word(type, value, out);
    *out = value->as.boolean;
    return value->kind == BC_BOOLEAN ? NULL : "type-mismatch";
}

/* What errno is for this thread's calls of functions that keep it (M-4, M-5). */
static _Thread_local int kept_errno;

/* The foreign call. Integers fill the integer registers in order, floats the float registers: one
 * prototype with all of them serves every signature. */

#define ALL(i, f) i[0], i[1], i[2], i[3], i[4], i[5], f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]
#define W uint64_t
#define D double
typedef uint64_t integer_function(W, W, W, W, W, W, D, D, D, D, D, D, D, D);
typedef double float_function(W, W, W, W, W, W, D, D, D, D, D, D, D, D);

static uint64_t call(const struct function *function, const uint64_t *words) {
    uint64_t integers[INTEGERS] = {0}, word = 0;
    double floats[FLOATS] = {0}, real = 0;
    bool is_float = function->returns->kind == FLOAT;
    for (size_t n = 0, i = 0, f = 0; n < function->count; n++) {
        if (function->arguments[n]->kind == FLOAT) memcpy(&floats[f++], &words[n], 8);
        else integers[i++] = words[n];
    }
    if (function->keeps_errno) errno = kept_errno;
    if (is_float) real = ((float_function *)function->symbol)(ALL(integers, floats));
    else word = ((integer_function *)function->symbol)(ALL(integers, floats));
    if (function->keeps_errno) kept_errno = errno;
    if (is_float) memcpy(&word, &real, 8);
    return word;
}

/* Of a returned word only the low bits have meaning (L-21, R-1 to R-4). `magnitude` is room for what is no long. */
static bc_value returned(const struct scalar *type, uint64_t word, uint64_t *magnitude) {
    int unused = 64 - type->bits;
    float narrow;
    memcpy(&narrow, &word, 4);
    double wide = narrow;
    if (type->kind == FLOAT && type->bits == 32) memcpy(&word, &wide, 8);
    if (type->kind == FLOAT) return bc_double(word);
    if (type->kind == TRUTH) return bc_boolean(word & 1);
    if (type->kind == NOTHING) return bc_nil();
    if (type->kind == SIGNED) return bc_long((int64_t)(word << unused) >> unused);
    word = word << unused >> unused;
    if (word <= INT64_MAX) return bc_long((int64_t)word);
    *magnitude = word;
    bc_value big = bc_of(BC_BIG, 0);
    big.as.big.magnitude = (const uint8_t *)magnitude;
    big.as.big.length = sizeof word;
    return big;
}

/* What a value is that stands for a function of the host's. */
#include "hosts.h"

/* The interface. */
uint32_t bc_abi_version(void) { return BC_ABI_VERSION; }

bc_status bc_start(const char *library, const char *declarations, bc_ready *ready) {
    (void)declarations; /* of types, none of which this binder serves */
    struct binder *binder = calloc(1, sizeof *binder);
    if (!binder) return BC_ADAPTER_ERROR;
    snprintf(binder->path, sizeof binder->path, "%s", library);
    binder->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!binder->library) {
        snprintf(ready->message, sizeof ready->message, "%s", dlerror());
        return free(binder), BC_ADAPTER_ERROR;
    }
    *ready = (bc_ready){binder, "c-binder", "0.1.0", "C", "threads no-collector callbacks raising-callbacks foreign-threads "
                         "kept-callbacks errno set-errno", NULL, ""};
    return BC_OK;
}

bc_status bc_read(void *binder, const char *signature, const char *declarations, bc_reply *reply) {
    (void)binder;
    if (*declarations) return unserved(reply, "declarations are not read");
    struct function read;
    bc_status status = read_signature(signature, &read, reply);
    return forget(&read), status;
}

bc_status bc_bind(void *to, const bc_request *request, bc_reply *reply) {
    struct binder *binder = to;
    struct function function;
    bc_status status = read_signature(request->signature, &function, reply);
    if (status != BC_OK) return forget(&function), status;
    const char *symbol = request->symbol;
    function.symbol = dlsym(binder->library, symbol);
    function.keeps_errno = request->keep_errno;
    if (!function.symbol) {
        snprintf(reply->message, sizeof reply->message, "%s lacks `%s`", binder->path, symbol);
        return forget(&function), BC_UNLINKED;
    }
    void *functions = realloc(binder->functions, (binder->count + 1) * sizeof function);
    if (!functions) return forget(&function), BC_ADAPTER_ERROR;
    binder->functions = functions;
    binder->functions[binder->count] = function;
    reply->function = binder->count++;
    return BC_OK;
}

bc_status bc_call(void *to, uint64_t number, const bc_value *arguments, size_t count, bc_reply *reply) {
    struct binder *binder = to;
    if (number >= binder->count) return BC_ADAPTER_ERROR;
    const struct function *function = &binder->functions[number];
    static _Thread_local uint64_t magnitude;
    struct host_function *made[MOST];
    uint64_t words[MOST];
    size_t hosts = 0;
    reply->code = count == function->count ? NULL : "arity";
    for (size_t n = 0; n < count && !reply->code; n++) {
        const struct function *type = function->hosts[n];
        reply->code = type ? host_word(type, &arguments[n], &words[n])
                           : word_for(function->arguments[n], &arguments[n], &words[n]);
    }
    if (reply->code) return BC_REFUSED;
    bool room = true;
    for (size_t n = 0; n < count && room; n++) {
        if (!function->hosts[n] || function->hosts[n]->kept) continue;
        room = (made[hosts] = make(function->hosts[n], &arguments[n]));
        if (room) words[n] = address(made[hosts++]);
    }
    if (room) reply->value = returned(function->returns, call(function, words), &magnitude);
    while (hosts-- > 0) {
        if (made[hosts]->failed) bc_say(reply, BC_FAILED, made[hosts]->failed, made[hosts]->message);
        give_back(made[hosts]);
    }
    if (!room) return BC_ADAPTER_ERROR;
    return reply->code ? BC_FAILED : BC_OK;
}

bc_status bc_make(void *binder, const char *form, const bc_value *function, bc_reply *reply) {
    (void)binder;
    struct function *type = host_type((bc_text){form, strlen(form)});
    struct host_function *made = type && type->kept ? make(type, function) : NULL;
    if (!made) return free(type), unserved(reply, "no function object of that type, or no memory for it");
    reply->function = made->number;
    return BC_OK;
}

bc_status bc_release(void *binder, uint64_t kept, bc_reply *reply) {
    (void)binder;
    struct host_function *function = living(kept);
    if (!function) return bc_say(reply, BC_REFUSED, "handle-closed", "it was released before");
    struct function *type = (struct function *)function->type;
    return give_back(function), free(type), BC_OK;
}

int32_t bc_errno(void *binder, const int32_t *set) {
    (void)binder;
    int kept = kept_errno;
    if (set) kept_errno = *set;
    return kept;
}

void bc_stop(void *to) {
    struct binder *binder = to;
    dlclose(binder->library);
    for (size_t n = 0; n < binder->count; n++) forget(&binder->functions[n]);
    free(binder->functions);
    free(binder);
}
