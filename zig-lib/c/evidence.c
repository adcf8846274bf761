/* Attaching the evidence page, and its witness ring. Deliberately absent: allocation (ledger.c). */
#define _GNU_SOURCE

#include "evidence.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

enum { ENTRIES = 1024 };

typedef struct {
    Header header;
    Entry ring[ENTRIES];
} Page;

_Static_assert(sizeof(Page) == 4096 + 1024 * 1024, "docs/evidence.md, Evidence page");

enum { TAG_INT = 1, TAG_FLOAT, TAG_ADDRESS, TAG_NULL, TAG_MEMORY };

static const uint64_t MAGIC = 0x31454741505F4342;

/* Of an entry that a thread is writing. */
static const uint64_t BEING_WRITTEN = UINT64_MAX;

/* Used where no file is named, so that recording has one path. */
static Page private_page;
static Page *page;
static pthread_once_t attaching = PTHREAD_ONCE_INIT;

/* Says so and goes on without: the harness sees that `magic` was never written. */
static Page *unusable(const char *name) {
    fprintf(stderr, "boundary: cannot map the evidence page %s\n", name);
    return &private_page;
}

static Page *map_named_file(void) {
    const char *name = getenv("BOUNDARY_EVIDENCE");
    if (!name) return &private_page;
    int file = open(name, O_RDWR | O_CLOEXEC);
    if (file < 0) return unusable(name);
    struct stat found;
    /* A shorter file would map, and kill the process at the first event past its end. */
    bool whole = fstat(file, &found) == 0 && found.st_size == (off_t)sizeof(Page);
    void *place = MAP_FAILED;
    if (whole) place = mmap(NULL, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return place == MAP_FAILED ? unusable(name) : place;
}

static void attach(void) {
    page = map_named_file();
    page->header.version = 1;
    page->header.entry_size = sizeof(Entry);
    page->header.entry_count = ENTRIES;
    page->header.header_size = sizeof(Header);
    atomic_store_explicit((_Atomic uint64_t *)&page->header.magic, MAGIC, memory_order_release);
}

static Page *attached(void) {
    pthread_once(&attaching, attach);
    return page;
}

Header *evidence_header(void) {
    return &attached()->header;
}

static uint64_t thread_id(void) {
    static _Thread_local uint64_t known;
    if (known) return known;
#if defined(__linux__)
    known = (uint64_t)syscall(SYS_gettid);
#elif defined(__APPLE__)
    pthread_threadid_np(NULL, &known);
#else
#error "no thread id on this system"
#endif
    return known;
}

bool event_begin(Event *event, uint32_t function, uint16_t kind, uint16_t items) {
    Page *there = attached();
    if (atomic_load_explicit(&there->header.witness_off, memory_order_relaxed)) return false;
    uint64_t sequence =
        atomic_fetch_add_explicit(&there->header.witness_next, 1, memory_order_relaxed);
    Entry *entry = &there->ring[sequence % ENTRIES];
    /* An exchange, not a store: nothing of the entry may be written before its stamp is gone, and
     * whoever finds it taken was lapped while another thread slept inside an event. */
    uint64_t previous =
        atomic_exchange_explicit(&entry->stamp, BEING_WRITTEN, memory_order_acq_rel);
    if (previous == BEING_WRITTEN) return false;
    entry->thread = thread_id();
    entry->function = function;
    entry->event = kind;
    entry->items = items;
    entry->used = 0;
    *event = (Event){entry, sequence + 1};
    return true;
}

static void put(Event *event, uint8_t tag, const void *bytes, size_t stored, size_t full) {
    Entry *entry = event->entry;
    uint8_t *header = entry->room + entry->used;
    uint16_t kept = (uint16_t)stored;
    uint32_t all = full > UINT32_MAX ? UINT32_MAX : (uint32_t)full;
    header[0] = tag;
    header[1] = stored < full;
    memcpy(header + 2, &kept, sizeof kept);
    memcpy(header + 4, &all, sizeof all);
    if (stored) memcpy(header + 8, bytes, stored);
    entry->used += 8 + (uint32_t)((stored + 7) / 8 * 8);
}

void event_int(Event *event, uint64_t widened) {
    put(event, TAG_INT, &widened, sizeof widened, sizeof widened);
}

void event_float(Event *event, const void *value, uint16_t size) {
    put(event, TAG_FLOAT, value, size, size);
}

void event_address(Event *event, uint64_t value) {
    if (value) put(event, TAG_ADDRESS, &value, sizeof value, sizeof value);
    else put(event, TAG_NULL, NULL, 0, 0);
}

void event_memory(Event *event, const void *from, size_t full, size_t later) {
    size_t room = sizeof event->entry->room - event->entry->used - 8 - 16 * later;
    put(event, TAG_MEMORY, from, full < room ? full : room, full);
}

void event_end(Event *event) {
    atomic_store_explicit(&event->entry->stamp, event->stamp, memory_order_release);
}
