/*
 * Functions of the host's as C functions, for binder.c: it has what a type is, and how a value becomes a word
 * and a word a value.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

/* Functions of the host's (K-1 to K-8). The callee is given the address of a few bytes of code, which pass
 * on the argument registers and, as a seventh integer, which function it is. There are two such pieces for
 * each, for results in either register; they are made by the hundred, and used again. */
struct host_function {
    const struct function *type;
    bc_value value;
    _Atomic(const char *) failed;
    char message[sizeof((bc_reply *)NULL)->message];
    uint64_t number; /* that bc_make gave, 0 for one of a call */
    void *integer, *real;
    struct host_function *next; /* that is free, or of an object that lives */
};

enum { PIECE = 32, MADE_AT_ONCE = 1024 };

static pthread_mutex_t functions_lock = PTHREAD_MUTEX_INITIALIZER;
static struct host_function *unused, *objects;
static uint64_t numbers;

static uint64_t enter(struct host_function *function, const uint64_t *integers, const double *floats) {
    const struct function *type = function->type;
    bc_value values[MOST], result = bc_nil();
    uint64_t word = 0, magnitudes[MOST];
    const char *failed = NULL, *none = NULL;
    if (function->failed) return 0;
    for (size_t n = 0; n < type->count; n++) {
        if (type->arguments[n]->kind == FLOAT) memcpy(&word, floats++, 8);
        else word = *integers++;
        values[n] = returned(type->arguments[n], word, &magnitudes[n]);
    }
    word = 0;
    void *context = function->value.as.function.context;
    bool raised = function->value.as.function.call(context, values, type->count, &result) != BC_OK;
    if (raised) failed = "callback-raised";
    else if (type->returns->kind != NOTHING && word_for(type->returns, &result, &word))
        failed = "callback-result";
    if (!failed) return word;
    /* The first of several threads says why; no call ends in what a kept one raises. */
    if (!type->kept && atomic_compare_exchange_strong(&function->failed, &none, failed) && raised)
        snprintf(function->message, sizeof function->message, "%.*s", (int)result.as.text.length,
                 result.as.text.data);
    return 0;
}

#define TAKES W a, W b, W c, W d, W e, W f, D g, D h, D i, D j, D k, D l, D m, D n, struct host_function *it
#define ENTER enter(it, (W[]){a, b, c, d, e, f}, (D[]){g, h, i, j, k, l, m, n})
static uint64_t enter_integer(TAKES) { return ENTER; }
static double enter_float(TAKES) {
    uint64_t word = ENTER;
    double real;
    return memcpy(&real, &word, 8), real;
}

static void *piece(uint8_t *at, const struct host_function *function, const void *entry) {
#if defined(__x86_64__)
    static const uint8_t code[PIECE] = {
        0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, /* mov r11, function */
        0x41, 0x53,                         /* push r11: the seventh, and 16 bytes are aligned again */
        0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, /* mov r11, entry */
        0x41, 0xff, 0xd3,                   /* call r11 */
        0x59, 0xc3};                        /* pop rcx; ret */
    enum { FUNCTION_AT = 2, ENTRY_AT = 14 };
#elif defined(__aarch64__)
    static const uint8_t code[PIECE] = {
        0x86, 0x00, 0x00, 0x58,  /* ldr x6, 16 bytes on */
        0xb0, 0x00, 0x00, 0x58,  /* ldr x16, 20 bytes on */
        0x00, 0x02, 0x1f, 0xd6}; /* br x16 */
    enum { FUNCTION_AT = 16, ENTRY_AT = 24 };
#else
#error "the code that calls a function of the host's is written for x86-64 and AArch64"
#endif
    memcpy(at, code, PIECE);
    memcpy(at + FUNCTION_AT, &function, 8);
    memcpy(at + ENTRY_AT, &entry, 8);
    return at;
}

static bool make_more(void) {
    size_t size = MADE_AT_ONCE * 2 * PIECE;
    struct host_function *made = calloc(MADE_AT_ONCE, sizeof *made);
    uint8_t *code = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!made || code == MAP_FAILED) return free(made), false;
    for (size_t n = 0; n < MADE_AT_ONCE; n++) {
        made[n].integer = piece(code + 2 * n * PIECE, &made[n], (void *)enter_integer);
        made[n].real = piece(code + (2 * n + 1) * PIECE, &made[n], (void *)enter_float);
        made[n].next = n + 1 < MADE_AT_ONCE ? &made[n + 1] : unused;
    }
    unused = made;
    __builtin___clear_cache((char *)code, (char *)code + size);
    return mprotect(code, size, PROT_READ | PROT_EXEC) == 0;
}

static struct host_function *make(const struct function *type, const bc_value *value) {
    pthread_mutex_lock(&functions_lock);
    struct host_function *made = unused || make_more() ? unused : NULL;
    if (made) {
        unused = made->next;
        made->type = type;
        made->value = *value;
        made->failed = NULL;
        made->message[0] = 0;
        made->number = type->kept ? ++numbers : 0;
        if (type->kept) made->next = objects, objects = made;
    }
    pthread_mutex_unlock(&functions_lock);
    return made;
}

/* The object of a number, and where it hangs; NULL for one that is released. */
static struct host_function **object(uint64_t number) {
    struct host_function **at = &objects;
    while (*at && (*at)->number != number) at = &(*at)->next;
    return *at ? at : NULL;
}

static void give_back(struct host_function *function) {
    pthread_mutex_lock(&functions_lock);
    if (function->number) *object(function->number) = function->next;
    function->next = unused;
    unused = function;
    pthread_mutex_unlock(&functions_lock);
}

static uint64_t address(const struct host_function *function) {
    return (uintptr_t)(function->type->returns->kind == FLOAT ? function->real : function->integer);
}

static struct host_function *living(uint64_t number) {
    pthread_mutex_lock(&functions_lock);
    struct host_function **at = object(number), *found = at ? *at : NULL;
    pthread_mutex_unlock(&functions_lock);
    return found;
}

/* Why a value is no function of a type; of an object the address, too. */
static const char *host_word(const struct function *type, const bc_value *value, uint64_t *out) {
    if (value->kind == BC_NIL) return "nil-argument";
    if (value->kind != (type->kept ? BC_KEPT : BC_FUNCTION)) return "type-mismatch";
    if (!type->kept) return NULL;
    const struct host_function *function = living(value->as.token);
    if (!function) return "handle-closed";
    *out = address(function);
    return alike(function->type, type) ? NULL : "type-mismatch";
}
