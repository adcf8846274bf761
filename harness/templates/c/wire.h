/* The protocol (docs/protocol.md) over what the adapter says of its library: `Type`, `type_of`, `Prototype`, `prepare`, `call`,
 * `Made`, `make` and `unmake`. */

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "values.h"

enum { FUNCTIONS = 65536, THREADS = 64, OUTCOMES = 16 };

typedef struct {
    void (*symbol)(void);
    Prototype prototype;
    Type *parameters[PARAMETERS], *returns;
    unsigned count;
    bool keeps; /* what its calls leave in errno */
} Function;

static Function *functions[FUNCTIONS];
static int linked;

typedef struct {
    unsigned char *bytes, *filled; /* aligned to 16, and what it holds before a run */
    size_t length;
} Block;

/* A call that was made ready. */
typedef struct {
    uint64_t function, words[PARAMETERS], result;
    const void *late[PARAMETERS]; /* where an earlier step leaves the word, or null */
    void *places[PARAMETERS];
    void *rooms[PARAMETERS + 1]; /* of arguments that are no words, and behind them of such a result */
} Step;

typedef struct {
    Block *blocks;
    Step *steps;
    uint64_t block_count, step_count;
} Script;

static Script kept; /* the memory of the last call */

static char *library; /* the path of `hello` */

static _Thread_local int left; /* by the last call that keeps errno, or what was set since */

static void call_of(Step *step) {
    Function *function = functions[step->function];
    step->result = 0;
    if (function->keeps)
        errno = left;
    void *room = step->rooms[PARAMETERS];
    call(&function->prototype, function->symbol, room ? room : &step->result, step->places);
    if (function->keeps)
        left = errno;
}

#include "callbacks.h"

static Callback *lent[PARAMETERS]; /* of the call that is made */
static unsigned lent_count;

static void link_symbol(Json request) {
    if (linked == FUNCTIONS) {
        tell("adapter-error", "it has room for %d functions", FUNCTIONS);
        return;
    }
    Function *function = functions[linked] = calloc(1, sizeof *function);
    for (Json at = first(member(request, "parameters")); at && function->count < PARAMETERS; at = next(at))
        if (!(function->parameters[function->count++] = type_of(at)))
            return;
    if (!(function->returns = type_of(member(request, "returns"))))
        return;
    function->keeps = *member(request, "errno") == 't';
    Json other = member(request, "library");
    char *path = *other == '"' ? text_of(other) : strdup(library);
    char *symbol = text_of(member(request, "symbol"));
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *address = opened ? dlsym(opened, symbol) : NULL;
    if (!address) {
        tell("unlinked", "%s: %s: %s", path, symbol, dlerror());
    } else {
        memcpy(&function->symbol, &address, sizeof address);
        Json fixed = member(request, "fixed");
        prepare(&function->prototype, function->returns, function->parameters, function->count,
                *fixed == 'n' ? -1 : (int)number(fixed));
        begin("bound");
        printf(",\"function\":%d", linked++);
        end();
    }
    free(path);
    free(symbol);
}

static void say_hex(FILE *to, const unsigned char *bytes, size_t length) {
    putc('"', to);
    while (length--)
        fprintf(to, "%02x", *bytes++);
    putc('"', to);
}

static unsigned char digit(char hex) {
    return (unsigned char)(hex <= '9' ? hex - '0' : (hex | 32) - 'a' + 10);
}

static void let_go(Script *script) {
    for (uint64_t block = 0; block < script->block_count; block++) {
        free(script->blocks[block].bytes);
        free(script->blocks[block].filled);
    }
    free(script->blocks);
    free(script->steps);
    memset(script, 0, sizeof *script);
}

/* Lays out the blocks of a call or a script; whether all pointers are within. */
static bool lay_out(Script *script, Json list) {
    let_go(script);
    script->block_count = length_of(list);
    script->blocks = calloc(script->block_count + 1, sizeof(Block));
    Block *block = script->blocks;
    for (Json at = first(list); at; at = next(at), block++) {
        char *hex = text_of(member(at, "bytes"));
        block->length = strlen(hex) / 2;
        block->bytes = malloc(block->length); /* aligned to 16 */
        block->filled = malloc(block->length);
        for (size_t place = 0; place < block->length; place++)
            block->bytes[place] =
                (unsigned char)(digit(hex[2 * place]) << 4 | digit(hex[2 * place + 1]));
        free(hex);
    }
    block = script->blocks;
    for (Json at = first(list); at; at = next(at), block++) {
        for (Json pair = first(member(at, "pointers")); pair; pair = next(pair)) {
            uint64_t to = number(next(first(pair))), place = number(first(pair));
            if (to >= script->block_count || place + sizeof(void *) > block->length)
                return false;
            memcpy(block->bytes + place, &script->blocks[to].bytes, sizeof(void *));
        }
        memcpy(block->filled, block->bytes, block->length);
    }
    return true;
}

/* Where an earlier step leaves a word; null where none does. */
static const void *left_at(Script *script, Json carrier, Step *before) {
    Json result = member(carrier, "result"), word = member(carrier, "word");
    if (*result)
        return number(result) < (uint64_t)(before - script->steps)
                   ? &script->steps[number(result)].result
                   : NULL;
    if (*word != '[' || number(first(word)) >= script->block_count)
        return NULL;
    Block *block = &script->blocks[number(first(word))];
    uint64_t offset = number(next(first(word)));
    return offset + 8 <= block->length ? block->bytes + offset : NULL;
}

/* Makes a call ready; whether there is an argument for each parameter. */
static bool make_ready(Script *script, Step *step, Json asked) {
    unsigned count = 0;
    step->function = number(member(asked, "function"));
    if (step->function >= (uint64_t)linked)
        return false;
    for (Json at = first(member(asked, "arguments")); at && count < PARAMETERS; at = next(at)) {
        Type *type = functions[step->function]->parameters[count];
        uint64_t *word = &step->words[count];
        step->places[count] = word;
        if (*member(at, "block")) {
            uint64_t block = number(member(at, "block"));
            if (block >= script->block_count)
                return false;
            memcpy(word, &script->blocks[block].bytes, sizeof(void *));
        } else if (*member(at, "callback")) {
            if (!(lent[lent_count] = make_callback(member(at, "callback"), step)))
                return false;
            *word = (uintptr_t)lent[lent_count++]->own.code;
        } else if (*at == '{') {
            if (!(step->late[count] = left_at(script, at, step)))
                return false;
#ifdef STRUCTS_BY_VALUE
        } else if (is_wide(type)) {
            write_value(type, at, step->places[count] = step->rooms[count] = calloc(1, size_of(type)));
#endif
        } else {
            *word = word_of(type, at);
        }
        count++;
    }
    return count == functions[step->function]->count;
}

/* Makes a script ready: its blocks and its steps. */
static bool script_of(Script *script, Json blocks, Json steps) {
    if (!lay_out(script, blocks))
        return false;
    script->steps = calloc(length_of(steps) + 1, sizeof(Step));
    for (Json at = first(steps); at; at = next(at))
        if (!make_ready(script, &script->steps[script->step_count++], at))
            return false;
    return true;
}

static void run(Script *script) {
    for (Step *step = script->steps; step < script->steps + script->step_count; step++) {
        for (unsigned word = 0; word < functions[step->function]->count; word++)
            if (step->late[word])
                memcpy(&step->words[word], step->late[word], sizeof(uint64_t));
        call_of(step);
    }
}

static void invoke(Json request) {
    Step step = {0};
    lent_count = 0;
    if (!lay_out(&kept, member(request, "blocks")) || !make_ready(&kept, &step, request)) {
        if (answered != id)
            tell("adapter-error", "it linked no such function, or the arguments are not its own");
        return;
    }
    Function *function = functions[step.function];
#ifdef STRUCTS_BY_VALUE
    if (is_wide(function->returns))
        step.rooms[PARAMETERS] = calloc(1, size_of(function->returns) + 16);
#endif
    call_of(&step);
    begin("returned");
    printf(",\"value\":");
#ifdef STRUCTS_BY_VALUE
    if (is_wide(function->returns))
        say_value(stdout, function->returns, step.rooms[PARAMETERS]);
    else
#endif
        say_word(stdout, function->returns, step.result);
    printf(",\"blocks\":[");
    for (uint64_t block = 0; block < kept.block_count; block++) {
        if (block)
            putchar(',');
        say_hex(stdout, kept.blocks[block].bytes, kept.blocks[block].length);
    }
    printf("],\"calls\":[");
    for (unsigned at = 0; at < lent_count; at++) {
        if (at)
            putchar(',');
        say_calls(lent[at]);
        end_callback(lent[at]);
    }
    putchar(']');
    end();
    for (unsigned at = 0; at <= PARAMETERS; at++)
        free(step.rooms[at]);
}

static void tell_errno(Json request) {
    Json set = member(request, "set");
    begin("errno");
    printf(",\"value\":%u", (unsigned)left);
    end();
    if (*set != 'n')
        left = (int)number(set);
}

#include "loops.h"

/* Answers requests until it is told to stop. `about` is what its `hello` says of the library. */
static int serve(const char *about) {
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
            printf(",\"protocol\":1,%s", about);
            end();
        } else if (!strcmp(what, "link")) {
            link_symbol(request);
        } else if (!strcmp(what, "invoke")) {
            invoke(request);
        } else if (!strcmp(what, "peek")) {
            uint64_t address = number(member(request, "address"));
            begin("memory");
            printf(",\"bytes\":");
            say_hex(stdout, (const unsigned char *)(uintptr_t)address, number(member(request, "length")));
            end();
        } else if (!strcmp(what, "errno")) {
            tell_errno(request);
        } else if (!strcmp(what, "make-address")) {
            make_address(request);
        } else if (!strcmp(what, "heard")) {
            heard(request);
        } else if (!strcmp(what, "release")) {
            release(request);
        } else if (!strcmp(what, "loop")) {
            loop(request);
        } else if (!strcmp(what, "clock")) {
            time_rows(request);
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
