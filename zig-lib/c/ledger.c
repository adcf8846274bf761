/* Every block by address, behind one lock: calls allocate at most a few times. Freed blocks are
 * overwritten and kept back for a while, so that neither a repeated free nor a late read can hit a block
 * that has been handed out again. */
#include "ledger.h"
#include "evidence.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t address;
    size_t bytes;
    size_t count; /* what the free must bring */
    bool live;
} Block;

enum { KEPT = 512 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Block *blocks;
static size_t used, room;
/* Addresses freed and not yet given back, the oldest at `frees % KEPT`. */
static size_t late[KEPT];
static size_t frees;

static Block *find(size_t address) {
    for (size_t at = used; at-- > 0;)
        if (blocks[at].address == address) return &blocks[at];
    return NULL;
}

static void forget(size_t address) {
    Block *block = find(address);
    if (!block) return;
    *block = blocks[--used];
    free((void *)address);
}

/* Counts `fail_nth` down; true for the allocation it names. */
static bool fails_now(Header *header) {
    if (atomic_load_explicit(&header->fail_nth, memory_order_relaxed) == 0) return false;
    return atomic_fetch_sub_explicit(&header->fail_nth, 1, memory_order_relaxed) == 1;
}

static bool make_room(void) {
    if (used < room) return true;
    size_t more = room ? room * 2 : 1024;
    Block *grown = realloc(blocks, more * sizeof *blocks);
    if (!grown) return false;
    blocks = grown;
    room = more;
    return true;
}

void *ledger_alloc(size_t size, size_t count) {
    if (count == 0) return (void *)sizeof(max_align_t);
    Header *header = evidence_header();
    pthread_mutex_lock(&lock);
    void *taken = NULL;
    if (!fails_now(header) && count <= SIZE_MAX / size && make_room()) taken = malloc(size * count);
    if (taken) {
        blocks[used++] = (Block){(size_t)taken, size * count, count, true};
        atomic_fetch_add(&header->allocations, 1);
        atomic_fetch_add(&header->live_blocks, 1);
        atomic_fetch_add(&header->live_bytes, (int64_t)(size * count));
    } else {
        atomic_fetch_add(&header->failed_allocations, 1);
    }
    pthread_mutex_unlock(&lock);
    return taken;
}

void ledger_free(size_t address, size_t count) {
    Header *header = evidence_header();
    pthread_mutex_lock(&lock);
    Block *block = find(address);
    if (!block) {
        /* What was empty has no block: any address is right. */
        if (count) atomic_fetch_add(&header->unknown_frees, 1);
    } else if (!block->live) {
        atomic_fetch_add(&header->repeated_frees, 1);
    } else {
        atomic_fetch_add(block->count == count ? &header->frees : &header->length_mismatches, 1);
        atomic_fetch_sub(&header->live_blocks, 1);
        atomic_fetch_sub(&header->live_bytes, (int64_t)block->bytes);
        block->live = false;
        memset((void *)address, 0xDD, block->bytes);
        if (frees >= KEPT) forget(late[frees % KEPT]);
        late[frees++ % KEPT] = address;
    }
    pthread_mutex_unlock(&lock);
}

void ledger_expect(size_t address, size_t count) {
    pthread_mutex_lock(&lock);
    Block *block = find(address);
    if (block) block->count = count;
    pthread_mutex_unlock(&lock);
}

/* What the ledger itself holds is nobody's leak. */
__attribute__((destructor)) static void unload(void) {
    pthread_mutex_lock(&lock);
    for (size_t at = 0; at < used; at++)
        if (!blocks[at].live) free((void *)blocks[at].address);
    free(blocks);
    blocks = NULL;
    used = room = frees = 0;
    pthread_mutex_unlock(&lock);
}
