/* The memory that fixtures hand out, and the ledger that counts it. */
#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>

/* `count` elements, or null where memory is short or the harness asked for a failure. No elements are no
 * block: their address is not null and reaches nothing. */
void *ledger_alloc(size_t size, size_t count);

/* Frees what was handed out. `count` is what the caller says it got. */
void ledger_free(size_t address, size_t count);

/* Makes `count` what the free of a block must bring. */
void ledger_expect(size_t address, size_t count);

#endif
