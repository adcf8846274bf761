/* What the twin keeps evidence with (docs/evidence.md): the page and the ledger of the Zig library, which
 * are linked in (zig/instruments.zig). */
#ifndef INSTRUMENTS_H
#define INSTRUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVENT_CALL = 0, EVENT_FREE = 1, EVENT_CALLBACK = 3, EVENT_BACK = 4 };

/* One event being written: as many items as it began with, then its end. */
typedef struct {
    void *entry;
    uint64_t stamp;
    uint32_t used;
} Event;

/* Whether the ring takes the event. */
bool event_begin(Event *event, uint32_t function, uint16_t kind, uint16_t items);
void event_int(Event *event, uint64_t widened);
void event_float(Event *event, const void *value, uint16_t size);
/* A handle or a pointer that is not looked into; null is an item of its own. */
void event_address(Event *event, uint64_t value);
/* What an address reaches, cut so that each of the `later` items still finds 16 bytes. */
void event_memory(Event *event, const void *from, size_t full, size_t later);
void event_end(Event *event);

/* A fixture found its redundant argument wrong. */
void evidence_mismatch(void);

/* `count` elements, or null where memory is short or the harness asked for a failure. No elements are no
 * block: their address is not null and reaches nothing. */
void *ledger_alloc(size_t size, size_t count);

/* Frees what was handed out. `count` is what the caller says it got. */
void ledger_free(size_t address, size_t count);

/* A length that no memory could hold, for the block of `count` elements at `address`: what its free must
 * bring. */
size_t ledger_corrupt_length(size_t address, size_t count);

#endif
