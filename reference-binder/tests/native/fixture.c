/* The ledger, and structs with buffers: arguments, returns, who frees what. */
#include "fixture.h"

_Thread_local Ledger ledger;

int64_t ledger_calls(void) { return ledger.calls; }
int64_t ledger_frees(void) { return ledger.frees; }
int64_t ledger_live(void) { return ledger.live; }

void *block(size_t bytes) {
    ledger.live++;
    return malloc(bytes ? bytes : 1);
}

void give_back(size_t address) {
    ledger.live--;
    free((void *)address);
}

Buffer copied(const void *bytes, size_t count, size_t length) {
    void *copy = block(count);
    memcpy(copy, bytes, count);
    return (Buffer){(size_t)copy, length};
}

bool fail(uint8_t *err, size_t *errlen, const char *name) {
    *errlen = strlen(name);
    memcpy(err, name, *errlen);
    return true;
}

/* Structs without buffers. */

typedef struct {
    uint8_t tag;
    Point at;
    int16_t color;
    bool on;
    _Float16 half;
} Outer;

void point_echo(const Point *point, Point *ret) {
    ledger.calls++;
    *ret = *point;
}

/* One or two structs, beside words and doubles, and what comes back in a register or as another struct. */
void point_origin(Point *ret) {
    ledger.calls++;
    *ret = (Point){0, 0};
}
void point_from(double x, Point *ret) {
    ledger.calls++;
    *ret = (Point){x, 7};
}
void point_moved(const Point *point, int64_t by, Point *ret) {
    ledger.calls++;
    *ret = (Point){point->x, point->y + (int32_t)by};
}
void point_scaled(double by, const Point *point, Point *ret) {
    ledger.calls++;
    *ret = (Point){point->x * by, point->y};
}
void point_sum(const Point *a, const Point *b, Point *ret) {
    ledger.calls++;
    *ret = (Point){a->x + b->x, a->y + b->y};
}
double point_x(const Point *point) {
    ledger.calls++;
    return point->x;
}
uint64_t point_bits(const Point *a, const Point *b) {
    ledger.calls++;
    uint64_t words[4];
    memcpy(words, a, 16);
    memcpy(words + 2, b, 16);
    return words[1] << 32 | words[3];
}
static double kept;
void point_keep(const Point *point, double by) {
    ledger.calls++;
    kept = point->x * by;
}
double point_kept(void) {
    return kept;
}

void outer_echo(const Outer *outer, Outer *ret) {
    ledger.calls++;
    memset(ret, 0xee, sizeof *ret);
    ret->tag = outer->tag;
    ret->at.x = outer->at.x;
    ret->at.y = outer->at.y;
    ret->color = outer->color;
    ret->on = outer->on;
    ret->half = outer->half;
}

/* The argument's bytes, padding included. */
void outer_bytes(const Outer *outer, size_t *ptr, size_t *len) {
    ledger.calls++;
    Buffer copy = copied(outer, sizeof *outer, sizeof *outer);
    *ptr = copy.address;
    *len = copy.length;
}
void outer_bytes__free(size_t ptr, size_t len) {
    ledger.frees++;
    if (len == sizeof(Outer)) give_back(ptr);
}

void nothing_echo(const void *nothing, void *ret) {
    ledger.calls++;
    (void)nothing, (void)ret;
}

typedef struct {
    uint8_t tag;
    uint16_t cells[3];
    Point corners[2];
    int16_t colors[2];
} Grid;

void grid_turn(const Grid *grid, Grid *ret) {
    ledger.calls++;
    ret->tag = grid->tag;
    for (int i = 0; i < 3; i++) ret->cells[i] = grid->cells[2 - i];
    for (int i = 0; i < 2; i++) ret->corners[i] = grid->corners[1 - i];
    for (int i = 0; i < 2; i++) ret->colors[i] = grid->colors[1 - i];
}

/* Structs with buffers. */

void document_fill(Document *document, int64_t number) {
    static const uint8_t bytes[] = {0, 0xff, 7};
    const double samples[] = {number + 0.5, -0.0};
    document->name = copied("n\xc3\xa4me", 5, 5);
    document->data = copied(bytes, 3, 3);
    document->samples = copied(samples, sizeof samples, 2);
    document->note = (Buffer){(size_t)"static", 6};
    document->number = number;
}

void document_free(const Document *document) {
    give_back(document->name.address);
    give_back(document->data.address);
    give_back(document->samples.address);
}

/* What it read: lengths, ends of the buffers, number; then it writes to the mutable slice. */
int64_t document_read(const Document *document) {
    ledger.calls++;
    const uint8_t *name = (const uint8_t *)document->name.address;
    const uint8_t *data = (const uint8_t *)document->data.address;
    double *samples = (double *)document->samples.address;
    int64_t seen = document->number;
    for (size_t i = 0; i < document->name.length; i++) seen = seen * 31 + name[i];
    for (size_t i = 0; i < document->data.length; i++) seen = seen * 31 + data[i];
    for (size_t i = 0; i < document->samples.length; i++) seen += (int64_t)samples[i];
    if (document->samples.length) samples[0] = 99;
    return seen + (int64_t)document->note.length;
}

void document_owned(int64_t number, Document *ret) {
    ledger.calls++;
    document_fill(ret, number);
}
void document_owned__free(const Document *document) {
    ledger.frees++;
    document_free(document);
}

/* The last buffer's length is one that no memory could hold. */
void document_corrupt(int64_t number, Document *ret) {
    ledger.calls++;
    document_fill(ret, number);
    ret->samples.length = SIZE_MAX / 16;
}
void document_corrupt__free(const Document *document) {
    ledger.frees++;
    document_free(document);
}

/* Nothing is where the addresses say, and nothing may be looked for. */
void document_empty(Document *ret) {
    ledger.calls++;
    memset(ret, 0, sizeof *ret);
    ret->name.address = 1;
    ret->data.address = 2;
    ret->samples.address = 3;
    ret->note.address = 4;
}
void document_empty__free(const Document *document) {
    ledger.frees += document->name.address == 1 && document->note.address == 4;
}

static Document shared = {0};
void document_borrowed(int64_t number, Document *ret) {
    ledger.calls++;
    shared.name = (Buffer){(size_t)"lent", 4};
    *ret = shared;
    ret->number = number;
}

/* Slices of structs with buffers. */

int64_t documents_read(const Document *documents, size_t count) {
    ledger.calls++;
    int64_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        seen = seen * 1000 + documents[i].number + (int64_t)documents[i].name.length;
    }
    return seen;
}

void documents_owned(size_t count, size_t *ptr, size_t *len) {
    ledger.calls++;
    Document *documents = block(count * sizeof *documents);
    for (size_t i = 0; i < count; i++) document_fill(&documents[i], (int64_t)i);
    *ptr = (size_t)documents;
    *len = count;
}
void documents_owned__free(size_t ptr, size_t len) {
    ledger.frees++;
    for (size_t i = 0; i < len; i++) document_free(&((const Document *)ptr)[i]);
    give_back(ptr);
}

/* The second element's buffer is corrupt: the first was copied by then. */
void documents_corrupt(size_t *ptr, size_t *len) {
    documents_owned(2, ptr, len);
    ((Document *)*ptr)[1].name.length = (size_t)1 << 50;
}
void documents_corrupt__free(size_t ptr, size_t len) { documents_owned__free(ptr, len); }

void document_without_free(int64_t number, Document *ret) {
    (void)number, (void)ret;
    ledger.calls++;
}
