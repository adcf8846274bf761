/* The evidence page of docs/evidence.md, from the side that writes it. */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t magic;
    uint32_t version;
    uint32_t entry_size;
    uint32_t entry_count;
    uint32_t header_size;
    uint8_t reserved_24[40];
    _Atomic int64_t live_blocks;
    _Atomic int64_t live_bytes;
    _Atomic uint64_t allocations;
    _Atomic uint64_t frees;
    _Atomic uint64_t unknown_frees;
    _Atomic uint64_t repeated_frees;
    _Atomic uint64_t length_mismatches;
    _Atomic uint64_t failed_allocations;
    _Atomic uint64_t fail_nth;
    _Atomic uint64_t mismatches;
    uint8_t reserved_144[48];
    _Atomic uint64_t witness_next;
    uint8_t reserved_200[56];
    _Atomic uint64_t witness_off;
    uint8_t reserved_264[4096 - 264];
} Header;

_Static_assert(sizeof(Header) == 4096, "docs/evidence.md, Evidence page");
_Static_assert(offsetof(Header, live_blocks) == 64, "docs/evidence.md, Evidence page");
_Static_assert(offsetof(Header, fail_nth) == 128, "docs/evidence.md, Evidence page");
_Static_assert(offsetof(Header, witness_next) == 192, "docs/evidence.md, Evidence page");
_Static_assert(offsetof(Header, witness_off) == 256, "docs/evidence.md, Evidence page");

typedef struct {
    _Atomic uint64_t stamp;
    uint64_t thread;
    uint32_t function;
    uint16_t event;
    uint16_t items;
    uint32_t used;
    uint32_t reserved_28;
    uint8_t room[1024 - 32];
} Entry;

_Static_assert(sizeof(Entry) == 1024, "docs/evidence.md, Evidence page");
_Static_assert(offsetof(Entry, room) == 32, "docs/evidence.md, Evidence page");

enum { EVENT_CALL = 0, EVENT_FREE = 1 };

/* One event being written: as many items as it began with, then its end. */
typedef struct {
    Entry *entry;
    uint64_t stamp;
} Event;

/* The header's counters; the page is attached by the first who asks. */
Header *evidence_header(void);

/* Whether the ring takes the event. */
bool event_begin(Event *event, uint32_t function, uint16_t kind, uint16_t items);
void event_int(Event *event, uint64_t widened);
void event_float(Event *event, const void *value, uint16_t size);
/* A handle or a pointer that is not looked into; null is an item of its own. */
void event_address(Event *event, uint64_t value);
/* What an address reaches, cut so that each of the `later` items still finds 16 bytes. */
void event_memory(Event *event, const void *from, size_t full, size_t later);
void event_end(Event *event);

#endif
