/* Calls over and over: `loop` and `clock`. */

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
        Type *type = functions[step->function]->returns;
        say_word(to, type, is(type, "pointer") ? step->result != 0 : step->result);
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
    /* Several on none that answers requests: what is left in errno there is a thread's own. */
    for (uint64_t thread = 0; threads > 1 && thread < threads; thread++)
        pthread_create(&all[thread], NULL, on_a_thread, (void *)(uintptr_t)thread);
    Tally *tallies = NULL;
    if (threads == 1)
        tallies = on_a_thread(NULL);
    else
        pthread_join(all[0], (void **)&tallies);
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
                Type *type = functions[rows[at].steps[number(member(one, "result"))].function]->returns;
                word = is(type, "pointer") ? word != 0 : bits_of(type, word);
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
