/* Error unions, wide scalars, streams, rest and destructured arguments. */
#include "fixture.h"

/* Error unions: a number of 0 or above succeeds. What an error leaves unread is poison. */

static bool failed(int64_t number, const char *name, uint8_t *err, size_t *errlen) {
    ledger.calls++;
    *errlen = 0;
    return number < 0 && fail(err, errlen, name);
}

int64_t try_long(int64_t number, uint8_t *err, size_t *errlen) {
    return failed(number, "Negative", err, errlen) ? 0x5a5a5a5a : number;
}
void try_nothing(int64_t number, uint8_t *err, size_t *errlen) {
    failed(number, "Negative", err, errlen);
}
uint64_t try_flag(int64_t number, uint8_t *err, size_t *errlen) {
    failed(number, "Negative", err, errlen);
    return 0xabcdef00 | (number > 0);
}
float try_single(int64_t number, uint8_t *err, size_t *errlen) {
    failed(number, "Negative", err, errlen);
    return number / 2.0f;
}
int16_t try_color(int64_t number, uint8_t *err, size_t *errlen) {
    failed(number, "green", err, errlen);
    return (int16_t)number;
}
void try_wide(int64_t number, uint8_t *err, size_t *errlen, __int128 *ret) {
    if (!failed(number, "Negative", err, errlen)) *ret = -((__int128)number << 100);
}
void try_point(int64_t number, uint8_t *err, size_t *errlen, Point *ret) {
    memset(ret, 0x77, sizeof *ret);
    if (!failed(number, "Negative", err, errlen)) *ret = (Point){number, 1};
}
void try_point__free(const Point *point) {
    (void)point;
}
void try_document(int64_t number, uint8_t *err, size_t *errlen, Document *ret) {
    memset(ret, 0x77, sizeof *ret);
    if (failed(number, "Negative", err, errlen)) return;
    document_fill(ret, number);
    if (number == 13) ret->data.length = SIZE_MAX;
}
void try_document__free(const Document *document) {
    ledger.frees++;
    document_free(document);
}

/* A name of so many bytes. */
void try_name(size_t length, uint8_t *err, size_t *errlen) {
    ledger.calls++;
    memset(err, 'n', length < 255 ? length : 255);
    if (length == 3) memcpy(err, "a\xff" "b", 3);
    *errlen = length;
}

/* Edits before it fails. */
void try_fill(int64_t *numbers, size_t count, bool fails, uint8_t *err, size_t *errlen) {
    ledger.calls++;
    for (size_t i = 0; i < count; i++) numbers[i] = 7;
    *errlen = 0;
    if (fails) fail(err, errlen, "Full");
}

/* Wide scalars. */

typedef struct {
    uint8_t tag;
    unsigned __int128 whole;
    long double extended;
    uint8_t between;
    __float128 quad;
} Wides;

void echo_i128(const __int128 *number, __int128 *ret) { ledger.calls++, *ret = *number; }
void echo_u128(const unsigned __int128 *number, unsigned __int128 *ret) {
    ledger.calls++;
    *ret = *number;
}
void echo_f80(const long double *number, long double *ret) {
    ledger.calls++;
    memset(ret, 0xcc, sizeof *ret);
    memcpy(ret, number, 10);
}
void echo_f128(const __float128 *number, __float128 *ret) { ledger.calls++, *ret = *number; }

/* By the processor's own arithmetic, so that the bits are those of a number. */
double f80_double(const long double *number) { return ledger.calls++, (double)*number; }
double f128_double(const __float128 *number) { return ledger.calls++, (double)*number; }

void wides_echo(const Wides *wides, Wides *ret) {
    ledger.calls++;
    *ret = *wides;
}

void i128_total(const __int128 *numbers, size_t count, __int128 *ret) {
    ledger.calls++;
    *ret = 0;
    for (size_t i = 0; i < count; i++) *ret += numbers[i];
}

void f80_owned(size_t count, size_t *ptr, size_t *len) {
    ledger.calls++;
    long double *numbers = block(count * sizeof *numbers);
    for (size_t i = 0; i < count; i++) numbers[i] = i;
    *ptr = (size_t)numbers;
    *len = count;
}
void f80_owned__free(size_t ptr, size_t len) {
    (void)len;
    ledger.frees++;
    give_back(ptr);
}

/* Streams: from a number down to 1. A negative number has no iterator, which is named 0. */

static size_t countdown(int64_t from) {
    ledger.calls++;
    if (from < 0) return 0;
    int64_t *iterator = block(sizeof *iterator);
    *iterator = from;
    return (size_t)iterator;
}
static uint64_t step(size_t iterator, int16_t *out) {
    ledger.calls++;
    int64_t *left = (int64_t *)iterator;
    if (!left || *left == 0) return 0xffffff00;
    *out = (int16_t)-(*left)--;
    return 0xffffff01;
}
size_t down(int64_t from) { return countdown(from); }
uint64_t down__next(size_t iterator, int16_t *out) { return step(iterator, out); }
void down__free(size_t iterator) {
    ledger.frees++;
    if (iterator) give_back(iterator);
}

size_t down_without_next(int64_t from) { return countdown(from); }
void down_without_next__free(size_t iterator) { ledger.frees++, give_back(iterator); }
size_t down_without_free(int64_t from) { return countdown(from); }
uint64_t down_without_free__next(size_t iterator, int16_t *out) { return step(iterator, out); }

/* Rest and destructured arguments. */

double rest_total(int8_t scale, const float *numbers, size_t count) {
    ledger.calls++;
    double total = 0;
    for (size_t i = 0; i < count; i++) total += numbers[i];
    return total * scale;
}

double area(double height, int32_t width, uint8_t scale, double offset) {
    ledger.calls++;
    return height * 1000 + width * 10 + scale + offset;
}

/* Handles, and what consumes one. */

void *open_box(int64_t number) {
    ledger.calls++;
    int64_t *box = block(sizeof *box);
    *box = number;
    return box;
}
int64_t close_box(void *box, const uint8_t *text, size_t length) {
    ledger.calls++;
    (void)text;
    int64_t number = *(int64_t *)box + (int64_t)length;
    give_back((size_t)box);
    return number;
}

/* More carriers than registers, of both kinds, with memory among them. */
double spilled(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, const uint8_t *text,
               size_t length, const Point *point, float f, int8_t last) {
    ledger.calls++;
    return (double)(a + b + c + d + e) + text[0] + (double)length + point->x + point->y + f + last;
}
