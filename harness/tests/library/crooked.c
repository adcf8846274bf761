/*
 * The example of a binder in C with one thing wrong, which CROOKED says. What it does not say is as the
 * example has it.
 */
#define bc_abi_version honest_abi_version
#define bc_start honest_start
#define bc_read honest_read
#define bc_bind honest_bind
#define bc_call honest_call
#define bc_stop honest_stop
#define bc_make honest_make
#define bc_release honest_release
#define bc_errno honest_errno
#include "../../../examples/c-binder/binder.c"
#undef bc_abi_version
#undef bc_start
#undef bc_read
#undef bc_bind
#undef bc_call
#undef bc_stop
#undef bc_make
#undef bc_release
#undef bc_errno

#include <unistd.h>

#define OTHER_VERSION 1
#define LACKS_READ 2
#define NAMELESS 3
#define TELEPATHIC 4
#define UNCOUNTED 5
#define FAILS_TO_START 6
#define CRASHES 7
#define NULL_TEXT 8
#define BAD_KIND 9
#define BAD_STATUS 10
#define WRONG_STATUS 11
#define HANGS 12
#define EXITS 13
#define PRINTS 14
#define STREAMS 15
#define GREEDY 16
#define LOST_SIGN 17
#define LACKS_MAKE 18
#define DIES_WITH_THE_CALL 19
#define OUTLIVES_RELEASE 20
#define LEAKS_OBJECTS 21
#define LOSES_ERRNO 22
#define UNLOADS 23

#if CROOKED == OTHER_VERSION
BC_EXPORT uint32_t bc_abi_version(void) { return 7; }
#else
BC_EXPORT uint32_t bc_abi_version(void) { return honest_abi_version(); }
#endif

BC_EXPORT bc_status bc_start(const char *library, const char *declarations, bc_ready *ready) {
    bc_status status = honest_start(library, declarations, ready);
    if (CROOKED == NAMELESS) ready->name = NULL;
    if (CROOKED == TELEPATHIC) ready->capabilities = "threads telepathy";
    if (CROOKED == UNCOUNTED) ready->capabilities = "threads counters";
    if (CROOKED == UNLOADS) ready->capabilities = "threads unload";
    if (CROOKED == FAILS_TO_START) {
        snprintf(ready->message, sizeof ready->message, "the runtime has no licence");
        return BC_ADAPTER_ERROR;
    }
    return status;
}

#if CROOKED != LACKS_READ
BC_EXPORT bc_status bc_read(void *binder, const char *signature, const char *declarations,
                            bc_reply *reply) {
    return honest_read(binder, signature, declarations, reply);
}
#endif

BC_EXPORT bc_status bc_bind(void *binder, const bc_request *request, bc_reply *reply) {
    return honest_bind(binder, request, reply);
}

static void *volatile lost;

#if CROOKED != LACKS_MAKE
BC_EXPORT bc_status bc_make(void *binder, const char *form, const bc_value *function, bc_reply *reply) {
    if (CROOKED == LEAKS_OBJECTS) lost = memset(malloc(4096), 1, 4096);
    return honest_make(binder, form, function, reply);
}
#endif

BC_EXPORT bc_status bc_release(void *binder, uint64_t kept, bc_reply *reply) {
    if (CROOKED == OUTLIVES_RELEASE) return BC_OK;
    return honest_release(binder, kept, reply);
}

BC_EXPORT int32_t bc_errno(void *binder, const int32_t *set) {
    int32_t kept = honest_errno(binder, set);
    return CROOKED == LOSES_ERRNO ? (int16_t)kept : kept;
}

/* What is wrong happens where an :i16 is given. */
BC_EXPORT bc_status bc_call(void *to, uint64_t number, const bc_value *arguments, size_t count,
                            bc_reply *reply) {
    struct binder *binder = to;
    struct function *function = &binder->functions[number];
    bc_status status = honest_call(to, number, arguments, count, reply);
    if (CROOKED == DIES_WITH_THE_CALL && count == 1 && arguments[0].kind == BC_KEPT) {
        struct host_function *function = living(arguments[0].as.token);
        if (function) function->failed = "gone";
    }
    if (count != 1 || strcmp(function->arguments[0]->name, ":i16") != 0) return status;
    if (status != BC_OK) return status;
    switch (CROOKED) {
    case CRASHES: *(volatile int *)NULL = 1; break;
    case NULL_TEXT: reply->value = bc_words(BC_STRING, NULL, 3); break;
    case BAD_KIND: reply->value = bc_of(99, 0); break;
    case BAD_STATUS: return 99;
    case WRONG_STATUS: return BC_END;
    case HANGS: for (;;) sleep(60); break;
    case EXITS: exit(3);
    case PRINTS: printf("calling\n"), fflush(stdout); break;
    case STREAMS: reply->value = bc_of(BC_STREAM, 0); break;
    case GREEDY: reply->value = bc_words(BC_STRING, reply->alloc(reply->arena, SIZE_MAX), 1); break;
    case LOST_SIGN: reply->value.as.integer &= 0xffff; break;
    default: break;
    }
    return BC_OK;
}

BC_EXPORT void bc_stop(void *binder) { honest_stop(binder); }
