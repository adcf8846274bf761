/* Pointers, arrays, rows of structs and enums, strings, bytes, optionals. */
#include "fixture.h"

int64_t pointer_bump(int64_t *number) {
    ledger.calls++;
    return (*number)++;
}

int64_t many_total(const int64_t *numbers, size_t count) {
    ledger.calls++;
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) total += numbers[i];
    return total;
}

uint16_t array_swap(uint16_t (*numbers)[3]) {
    ledger.calls++;
    uint16_t first = (*numbers)[0];
    (*numbers)[0] = (*numbers)[2];
    (*numbers)[2] = first;
    return (*numbers)[1];
}

double array_points(const Point (*points)[2]) {
    ledger.calls++;
    return (*points)[0].x * 100 + (*points)[0].y + (*points)[1].x * 10 + (*points)[1].y;
}

double points_total(const Point *points, size_t count) {
    ledger.calls++;
    double total = 0;
    for (size_t i = 0; i < count; i++) total = total * 10 + points[i].x + points[i].y;
    return total;
}

int64_t colors_total(const int16_t *colors, size_t count) {
    ledger.calls++;
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) total = total * 10 + colors[i];
    return total;
}

static const int16_t palette[] = {-1, 300, 7};
int64_t colors_first(const int16_t (*colors)[2]) {
    ledger.calls++;
    return (*colors)[0];
}
void colors_borrowed(size_t *ptr, size_t *len) {
    ledger.calls++;
    *ptr = (size_t)palette;
    *len = 3;
}

void points_owned(size_t count, size_t *ptr, size_t *len) {
    ledger.calls++;
    Point *points = block(count * sizeof *points);
    for (size_t i = 0; i < count; i++) points[i] = (Point){i + 0.5, -(int32_t)i};
    *ptr = (size_t)points;
    *len = count;
}
void points_owned__free(size_t ptr, size_t len) {
    (void)len;
    ledger.frees++;
    give_back(ptr);
}

static const Point lent[] = {{1, 2}, {3, 4}};
void points_borrowed(size_t *ptr, size_t *len) {
    ledger.calls++;
    *ptr = (size_t)lent;
    *len = 2;
}

/* No memory holds so many. */
void points_corrupt(size_t *ptr, size_t *len) {
    ledger.calls++;
    *ptr = (size_t)block(1);
    *len = (size_t)1 << 60;
}
void points_corrupt__free(size_t ptr, size_t len) {
    ledger.frees += len == (size_t)1 << 60;
    give_back(ptr);
}

/* Strings and bytes. */

int64_t text_hash(const uint8_t *text, size_t length) {
    ledger.calls++;
    int64_t hash = (int64_t)length;
    for (size_t i = 0; i < length; i++) hash = hash * 31 + text[i];
    return hash;
}

static void echo(const uint8_t *text, size_t length, size_t *ptr, size_t *len) {
    ledger.calls++;
    Buffer copy = copied(text, length, length);
    *ptr = copy.address;
    *len = copy.length;
}
static void forget(size_t ptr) {
    ledger.frees++;
    give_back(ptr);
}
void text_echo(const uint8_t *t, size_t n, size_t *ptr, size_t *len) { echo(t, n, ptr, len); }
void text_echo__free(size_t ptr, size_t len) { (void)len, forget(ptr); }
void bytes_echo(const uint8_t *t, size_t n, size_t *ptr, size_t *len) { echo(t, n, ptr, len); }
void bytes_echo__free(size_t ptr, size_t len) { (void)len, forget(ptr); }

/* Of no length, at an address that cannot be read. */
void text_nowhere(size_t *ptr, size_t *len) {
    ledger.calls++;
    *ptr = 1;
    *len = 0;
}
void text_nowhere__free(size_t ptr, size_t len) { ledger.frees += ptr == 1 && len == 0; }

void text_null(size_t *ptr, size_t *len) {
    ledger.calls++;
    *ptr = 0;
    *len = 5;
}
void text_null__free(size_t ptr, size_t len) { ledger.frees += ptr == 0 && len == 5; }

/* Optionals. */

double optional_double(const double *number) {
    ledger.calls++;
    return number ? *number : -1;
}
double optional_point(const Point *point) {
    ledger.calls++;
    return point ? point->x + point->y : -1;
}
int64_t optional_pointer(int64_t *number) {
    ledger.calls++;
    return number ? (*number)++ : -1;
}

static _Thread_local int8_t small;
const int8_t *maybe_small(int8_t number) {
    ledger.calls++;
    small = number;
    return number ? &small : NULL;
}
static _Thread_local __int128 wide;
__int128 *maybe_wide(int64_t number) {
    ledger.calls++;
    wide = (__int128)number << 64;
    return number ? &wide : NULL;
}

const Point *maybe_point(int32_t number) {
    ledger.calls++;
    if (!number) return NULL;
    Point *point = block(sizeof *point);
    *point = (Point){0.25, number};
    return point;
}
void maybe_point__free(size_t point) {
    ledger.frees++;
    if (point) give_back(point);
}

const Document *maybe_document(int64_t number) {
    ledger.calls++;
    if (!number) return NULL;
    Document *document = block(sizeof *document);
    document_fill(document, number);
    if (number < 0) document->data.length = SIZE_MAX;
    return document;
}
void maybe_document__free(size_t address) {
    ledger.frees++;
    if (!address) return;
    document_free((const Document *)address);
    give_back(address);
}
