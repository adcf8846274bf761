/* What every fixture of these tests shares: a ledger of calls and blocks, one for each thread, so that
 * tests that run at once do not see each other. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t calls;
    int64_t frees;
    int64_t live;
} Ledger;

extern _Thread_local Ledger ledger;

/* Two words: what a buffer is in memory (L-17). */
typedef struct {
    size_t address;
    size_t length;
} Buffer;

typedef struct {
    double x;
    int32_t y;
} Point;

typedef struct {
    Buffer name;
    Buffer data;
    Buffer samples;
    Buffer note; /* borrowed: never freed */
    int64_t number;
} Document;

void *block(size_t bytes);
void give_back(size_t address);
Buffer copied(const void *bytes, size_t count, size_t length);
void document_fill(Document *document, int64_t number);
void document_free(const Document *document);

/* Whether the error named was written, as contract L-14 says. */
bool fail(uint8_t *err, size_t *errlen, const char *name);

#endif
