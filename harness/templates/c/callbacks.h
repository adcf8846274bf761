/* C functions of the library's making, which answer as they are told and note what they are called with. */

typedef struct {
    Made own;
    Type *returns, *parameters[PARAMETERS];
    unsigned count;
    Json answers; /* of the request, or for one that is kept a copy */
    Step *given;  /* to this call; null of one that is kept */
    pthread_mutex_t noting;
    uint64_t called;
    uint64_t value; /* what a plain one returns, of so many bytes */
    size_t size;
    char *text; /* its calls so far */
    size_t length;
    FILE *calls;
} Callback;

/* The word to give back where the function that it was given to is called once more. */
static uint64_t again(const Step *given, Json carriers) {
    Step step = {0};
    unsigned count = 0;
    const Function *function = functions[step.function = given->function];
    for (Json at = first(carriers); at && count < PARAMETERS; at = next(at), count++) {
        step.words[count] = *at == '{' ? given->words[number(member(at, "argument"))]
                                       : word_of(function->parameters[count], at);
        step.places[count] = &step.words[count];
    }
    call_of(&step);
    return bits_of(function->returns, step.result);
}

static void answer(void *of, void *result, void **arguments) {
    Callback *callback = of;
    pthread_mutex_lock(&callback->noting);
    fprintf(callback->calls, callback->called ? ",[" : "[");
    for (unsigned at = 0; at < callback->count; at++) {
        uint64_t word = 0;
        const Type *type = callback->parameters[at];
        memcpy(&word, arguments[at], type->bits ? (size_t)abs(type->bits) / 8 : is(type, "f32") ? 4 : 8);
        if (at)
            putc(',', callback->calls);
        say_word(callback->calls, type, word);
    }
    putc(']', callback->calls);
    Json told = first(callback->answers);
    for (uint64_t at = 0; at < callback->called && next(told); at++)
        told = next(told);
    callback->called++;
    pthread_mutex_unlock(&callback->noting);
    if (*told == 'n')
        return;
    uint64_t word = *told == '{' ? again(callback->given, member(told, "again"))
                                 : word_of(callback->returns, told);
    memcpy(result, &word, is(callback->returns, "f32") ? 4 : 8); /* an integer as a whole word */
}

/* A plain one, which returns its first answer. */
static void answer_plainly(void *of, void *result, void **arguments) {
    const Callback *callback = of;
    (void)arguments;
    memcpy(result, &callback->value, callback->size);
}

static void end_callback(Callback *callback) {
    unmake(&callback->own);
    fclose(callback->calls);
    free(callback->text);
    free(callback);
}

/* What a request asks for; null where that is said to be unsupported. */
static Callback *make_callback(Json asked, Step *given) {
    Callback *callback = calloc(1, sizeof *callback);
    callback->answers = member(asked, "answers");
    callback->given = given;
    bool right = (callback->returns = type_of(member(asked, "returns")));
    for (Json at = first(member(asked, "parameters")); right && at; at = next(at), callback->count++)
        right = callback->count < PARAMETERS && (callback->parameters[callback->count] = type_of(at));
    if (!right) {
        free(callback);
        return NULL;
    }
    pthread_mutex_init(&callback->noting, NULL);
    callback->calls = open_memstream(&callback->text, &callback->length);
    bool plain = *member(asked, "plain") == 't';
    if (plain && *first(callback->answers) != 'n') {
        callback->value = word_of(callback->returns, first(callback->answers));
        callback->size = is(callback->returns, "f32") ? 4 : 8;
    }
    callback->own.of = callback;
    callback->own.answers = plain ? answer_plainly : answer;
    make(&callback->own, callback->returns, callback->parameters, callback->count);
    return callback;
}

static void say_calls(Callback *callback) {
    pthread_mutex_lock(&callback->noting);
    fflush(callback->calls);
    printf("[%s]", callback->text);
    pthread_mutex_unlock(&callback->noting);
}

static Callback **objects; /* those that are kept, by number */
static uint64_t made;

static void make_address(Json request) {
    Callback *callback = make_callback(request, NULL);
    if (!callback)
        return;
    callback->answers = strndup(callback->answers, (size_t)(skip(callback->answers) - callback->answers));
    objects = realloc(objects, (made + 1) * sizeof *objects);
    objects[made] = callback;
    begin("made");
    printf(",\"kept\":\"%" PRIu64 "\",\"address\":\"%" PRIuPTR "\"", made++, (uintptr_t)callback->own.code);
    end();
}

static void heard(Json request) {
    begin("heard");
    printf(",\"calls\":");
    say_calls(objects[number(member(request, "kept"))]);
    end();
}

static void release(Json request) {
    Callback *callback = objects[number(member(request, "kept"))];
    free((char *)callback->answers);
    end_callback(callback);
    begin("done");
    end();
}
