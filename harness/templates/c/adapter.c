/* libffi from C, judged at wire level (docs/protocol.md): it does as it is told.
 *
 *     cc -O1 -pthread -o adapter adapter.c -lffi -ldl
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <ffi.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lines.h"

enum { FUNCTIONS = 65536, PARAMETERS = 256, THREADS = 64, OUTCOMES = 16 };

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

typedef struct {
    unsigned char *bytes, *filled; /* aligned to 16, and what it holds before a run */
    size_t length;
} Block;

/* A call that was made ready. */
typedef struct {
    uint64_t function, words[PARAMETERS], result;
    const void *late[PARAMETERS]; /* where an earlier step leaves the word, or null */
    void *places[PARAMETERS];
} Step;

typedef struct {
    Block *blocks;
    Step *steps;
    uint64_t block_count, step_count;
} Script;

static Script kept; /* the memory of the last call */

static char *library; /* the path of `hello` */

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
        tell("unsupported", "libffi has no type for %.*s", (int)(skip(returns) - returns) - 2, returns + 1);
        return;
    }
    functions[linked]->returns = type;
    Json other = member(request, "library");
    char *path = *other == '"' ? text_of(other) : strdup(library);
    char *symbol = text_of(member(request, "symbol"));
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *address = opened ? dlsym(opened, symbol) : NULL;
    if (!address) tell("unlinked", "%s: %s: %s", path, symbol, dlerror());
    else {
        memcpy(&functions[linked]->symbol, &address, sizeof address);
        Json fixed = member(request, "fixed");
        ffi_type *result = TYPES[type].type, **types = functions[linked]->types;
        unsigned all = (unsigned)count, named = *fixed == 'n' ? all : (unsigned)number(fixed);
        if (named == all)
            ffi_prep_cif(&functions[linked]->cif, FFI_DEFAULT_ABI, all, result, types);
        else
            ffi_prep_cif_var(&functions[linked]->cif, FFI_DEFAULT_ABI, named, all, result, types);
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

/* The bits of a result that mean anything, an integer extended by its type's sign. */
static uint64_t bits_of(int type, uint64_t result) {
    int bits = TYPES[type].bits;
    if (TYPES[type].type == &ffi_type_float)
        return (uint32_t)result;
    if (bits < 0)
        return (uint64_t)((int64_t)(result << (64 + bits)) >> (64 + bits));
    return bits ? result << (64 - bits) >> (64 - bits) : result;
}

static void say_value(FILE *to, int type, uint64_t result) {
    result = bits_of(type, result);
    if (TYPES[type].type == &ffi_type_void)
        fprintf(to, "null");
    else if (TYPES[type].type == &ffi_type_float)
        fprintf(to, "\"%08" PRIx64 "\"", result);
    else if (TYPES[type].type == &ffi_type_double)
        fprintf(to, "\"%016" PRIx64 "\"", result);
    else if (TYPES[type].bits < 0)
        fprintf(to, "\"%" PRId64 "\"", (int64_t)result);
    else
        fprintf(to, "\"%" PRIu64 "\"", result);
}

static unsigned char digit(char hex) {
    return (unsigned char)(hex <= '9' ? hex - '0' : (hex | 32) - 'a' + 10);
}

static uint64_t length_of(Json list) {
    uint64_t count = 0;
    for (Json at = first(list); at; at = next(at))
        count++;
    return count;
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
static bool make_ready(Script *script, Step *step, Json call) {
    unsigned count = 0;
    step->function = number(member(call, "function"));
    if (step->function >= (uint64_t)linked)
        return false;
    for (Json at = first(member(call, "arguments")); at && count < PARAMETERS; at = next(at)) {
        int type = functions[step->function]->parameters[count];
        uint64_t *word = &step->words[count];
        if (*member(at, "block")) {
            uint64_t block = number(member(at, "block"));
            if (block >= script->block_count)
                return false;
            memcpy(word, &script->blocks[block].bytes, sizeof(void *));
        } else if (*at == '{') {
            if (!(step->late[count] = left_at(script, at, step)))
                return false;
        } else if (!TYPES[type].bits) {
            *word = strtoull(at + 1, NULL, 16);
        } else if (TYPES[type].bits < 0) {
            *word = (uint64_t)strtoll(at + 1, NULL, 10);
        } else {
            *word = number(at);
        }
        step->places[count++] = word;
    }
    return count == functions[step->function]->cif.nargs;
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
        ffi_cif *cif = &functions[step->function]->cif;
        for (unsigned word = 0; word < cif->nargs; word++)
            if (step->late[word])
                memcpy(&step->words[word], step->late[word], sizeof(uint64_t));
        step->result = 0;
        ffi_call(cif, functions[step->function]->symbol, &step->result, step->places);
    }
}

static void invoke(Json request) {
    Step step = {0};
    if (!lay_out(&kept, member(request, "blocks")) || !make_ready(&kept, &step, request)) {
        tell("adapter-error", "it linked no such function, or the arguments are not its own");
        return;
    }
    kept.steps = &step;
    kept.step_count = 1;
    run(&kept);
    kept.steps = NULL;
    begin("returned");
    printf(",\"value\":");
    say_value(stdout, functions[step.function]->returns, step.result);
    printf(",\"blocks\":[");
    for (uint64_t block = 0; block < kept.block_count; block++) {
        if (block)
            putchar(',');
        say_hex(stdout, kept.blocks[block].bytes, kept.blocks[block].length);
    }
    putchar(']');
    end();
}

/* What runs of a script came to, as the reply says it. */
typedef struct {
    char *outcomes[OUTCOMES];
    uint64_t times[OUTCOMES];
} Tally;

static struct {
    Json scripts;
    uint64_t count, rounds;
    pthread_barrier_t begun;
    bool wrong;
} job;

static void count_in(Tally *tally, char *outcome, uint64_t times) {
    int at = 0;
    while (at < OUTCOMES - 1 && tally->outcomes[at] && strcmp(tally->outcomes[at], outcome))
        at++;
    if (tally->outcomes[at])
        free(outcome);
    else
        tally->outcomes[at] = outcome;
    tally->times[at] += times;
}

/* What a run came to. */
static char *outcome_of(Script *script, Json show) {
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    fprintf(to, "{\"values\":[");
    for (Step *step = script->steps; step < script->steps + script->step_count; step++) {
        int type = functions[step->function]->returns;
        bool is_pointer = TYPES[type].type == &ffi_type_pointer;
        say_value(to, type, is_pointer ? step->result != 0 : step->result);
        putc(step + 1 < script->steps + script->step_count ? ',' : ']', to);
    }
    fprintf(to, script->step_count ? ",\"shown\":[" : "],\"shown\":[");
    for (Json piece = first(show); piece; piece = next(piece)) {
        Json offset = next(first(piece));
        Block *block = &script->blocks[number(first(piece))];
        say_hex(to, block->bytes + number(offset), number(next(offset)));
        if (next(piece))
            putc(',', to);
    }
    putc(']', to);
    fclose(to);
    return text;
}

/* The rounds of one thread; its tallies. */
static void *on_a_thread(void *number_of_it) {
    Script *scripts = calloc(job.count, sizeof *scripts);
    Tally *tallies = calloc(job.count, sizeof *tallies);
    Json *shows = calloc(job.count, sizeof *shows);
    uint64_t number = 0, thread = (uint64_t)(uintptr_t)number_of_it;
    bool right = true;
    for (Json at = first(job.scripts); at; at = next(at), number++) {
        shows[number] = member(at, "show");
        right &= script_of(&scripts[number], member(at, "blocks"), member(at, "steps"));
    }
    pthread_barrier_wait(&job.begun);
    for (uint64_t turn = thread; right && turn < thread + job.rounds; turn++) {
        Script *script = &scripts[turn % job.count];
        for (uint64_t block = 0; block < script->block_count; block++)
            memcpy(script->blocks[block].bytes, script->blocks[block].filled,
                   script->blocks[block].length);
        run(script);
        count_in(&tallies[turn % job.count], outcome_of(script, shows[turn % job.count]), 1);
    }
    for (number = 0; number < job.count; number++)
        let_go(&scripts[number]);
    free(scripts);
    free(shows);
    if (!right)
        job.wrong = true;
    return tallies;
}

static void loop(Json request) {
    uint64_t threads = number(member(request, "threads"));
    pthread_t all[THREADS];
    job.scripts = member(request, "scripts");
    job.count = length_of(job.scripts);
    job.rounds = number(member(request, "rounds"));
    job.wrong = false;
    if (!job.count || !threads || threads > THREADS || *member(request, "collect") == 't') {
        tell("adapter-error", "it has no scripts, no such threads, or no collector");
        return;
    }
    pthread_barrier_init(&job.begun, NULL, (unsigned)threads);
    for (uint64_t thread = 1; thread < threads; thread++)
        pthread_create(&all[thread], NULL, on_a_thread, (void *)(uintptr_t)thread);
    Tally *tallies = on_a_thread(NULL);
    for (uint64_t thread = 1; thread < threads; thread++) {
        void *more;
        pthread_join(all[thread], &more);
        for (uint64_t script = 0; script < job.count; script++)
            for (int at = 0; at < OUTCOMES && ((Tally *)more)[script].outcomes[at]; at++)
                count_in(&tallies[script], ((Tally *)more)[script].outcomes[at],
                         ((Tally *)more)[script].times[at]);
        free(more);
    }
    pthread_barrier_destroy(&job.begun);
    if (job.wrong) {
        tell("adapter-error", "it cannot make a script ready");
    } else {
        begin("looped");
        printf(",\"scripts\":[");
        for (uint64_t script = 0; script < job.count; script++) {
            printf(script ? ",[" : "[");
            for (int at = 0; at < OUTCOMES && tallies[script].outcomes[at]; at++)
                printf("%s%s,\"times\":%" PRIu64 "}", at ? "," : "", tallies[script].outcomes[at],
                       tallies[script].times[at]);
            putchar(']');
        }
        putchar(']');
        end();
    }
    for (uint64_t script = 0; script < job.count; script++)
        for (int at = 0; at < OUTCOMES; at++)
            free(tallies[script].outcomes[at]);
    free(tallies);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void time_rows(Json request) {
    Json list = member(request, "rows");
    uint64_t count = length_of(list), times = number(member(request, "count")), at = 0;
    Script *rows = calloc(count + 1, sizeof *rows);
    bool right = count > 0;
    for (Json row = first(list); row; row = next(row), at++)
        right &= script_of(&rows[at], member(row, "blocks"), member(row, "steps"));
    uint64_t checksum = 0, begun = now();
    at = 0;
    for (uint64_t time = 0; right && time < times; time++) {
        run(&rows[at]);
        at = at + 1 == count ? 0 : at + 1;
    }
    uint64_t elapsed = now() - begun;
    at = 0;
    for (Json row = first(list); right && row && at < times; row = next(row), at++) {
        uint64_t sum = 0, word = 0;
        for (Json one = first(member(row, "bits")); one; one = next(one)) {
            const void *left = left_at(&rows[at], one, rows[at].steps + rows[at].step_count);
            if (left)
                memcpy(&word, left, sizeof word);
            if (*member(one, "result")) {
                int type = functions[rows[at].steps[number(member(one, "result"))].function]->returns;
                bool is_pointer = TYPES[type].type == &ffi_type_pointer;
                word = is_pointer ? word != 0 : bits_of(type, word);
            }
            sum += word;
        }
        checksum = checksum * 31 + sum;
    }
    if (right) {
        begin("benched");
        printf(",\"elapsed_ns\":%" PRIu64 ",\"checksum\":\"%" PRIu64 "\"", elapsed, checksum);
        end();
    } else {
        tell("adapter-error", "it cannot make a row ready");
    }
    for (at = 0; at < count; at++)
        let_go(&rows[at]);
    free(rows);
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
                   "\"level\":\"wire\",\"capabilities\":[\"loops\",\"threads\",\"libraries\","
                   "\"no-collector\",\"variadics\"],\"lacks\":[\"f16\"]");
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
