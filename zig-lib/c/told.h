/* Bodies of what C libraries' signatures look like (Z), and the function objects that are kept (K-7): what fixtures.h
 * calls where an expression is not enough. */
#ifndef TOLD_H
#define TOLD_H

/* FNV-1a, 64 bits: depends on every byte before the NUL. */
static uint64_t text_hash(const char *text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text; text++) hash = (hash ^ (uint8_t)*text) * 0x100000001b3;
    return hash;
}

static int32_t text_order(const char *one, const char *other) {
    int order = strcmp(one, other);
    return (order > 0) - (order < 0);
}

/* Null for a NUL, too, which is behind the text. */
static const char *text_from(const char *text, uint8_t c) {
    return c ? strchr(text, c) : NULL;
}

static const char *text_named(uint8_t n) {
    static const char *const all[] = {
        "plain", "", "größe π 😀", "a\xff\xe2\x82" "b", "before\0behind", " \r\n\xef\xbb\xbfspaced ",
    };
    return n < sizeof all / sizeof *all ? all[n] : NULL;
}

static const char *text_lent(uint8_t n) {
    static _Thread_local char place[8];
    memset(place, 0, sizeof place);
    memset(place, 'a' + n % 26, n < 7 ? n : 7);
    return place;
}

static const char *text_bounded(uint8_t n) {
    static const char *const all[] = {
        "0123456789abcdefg", "0123456789abcde", "short", "", "0123456789abcdefghij", "0123456789abcde\xc3\xa9",
    };
    return n < sizeof all / sizeof *all ? all[n] : NULL;
}

static double dot(const double *xs, const double *ys, uint32_t length) {
    double sum = length;
    for (uint32_t at = 0; at < length; at++) sum += xs[at] * ys[at];
    return sum;
}

static void doubled(int64_t *xs, size_t length) {
    for (size_t at = 0; at < length; at++) xs[at] = (int64_t)(U(xs[at]) * 2);
}

static int32_t *behind(int32_t *xs, size_t length, size_t *skip) {
    size_t from = *skip < length ? *skip : length;
    *skip = length - from;
    return xs + from;
}

static double *table_of(uint32_t length) {
    static double all[] = {1.5, -2.25, 1e300, 0.0, -0.0};
    return length > sizeof all / sizeof *all ? NULL : all;
}

static uint64_t *table_of_one(void) {
    static uint64_t all[] = {7};
    return all;
}

static uint8_t *backwards(const uint8_t *xs, size_t length) {
    static _Thread_local uint8_t place[16];
    for (size_t at = 0; at < length && at < sizeof place; at++) place[at] = xs[length - 1 - at];
    return place;
}

static int64_t added(int64_t *x, int64_t by) {
    int64_t before = *x;
    *x = (int64_t)(U(before) + U(by));
    return before;
}

static void swapped(int32_t *one, int32_t *other) {
    int32_t kept = *one;
    *one = *other;
    *other = kept;
}

static uint8_t changed_all(int8_t *a, uint16_t *b, float *c, double *d, uint8_t *e, uint64_t *f) {
    *a = (int8_t)(0 - *a);
    *b = (uint16_t)(*b + 1);
    *c *= 0.5f;
    *d += 1;
    *e = !*e;
    *f = ~*f;
    return 6;
}

static double moved(Point *point, double dx, double dy) {
    point->x += dx;
    point->y += dy;
    return point->x * point->y;
}

static void changed_fields(Padded *padded) {
    padded->a += 1;
    padded->b = (int64_t)(0 - U(padded->b));
    padded->c ^= 0xffff;
    padded->d = -padded->d;
    padded->e = !padded->e;
}

/* A quotient in place of `x`, and the rest; by 0 an error (L-14). */
static int64_t divided(int64_t *x, int64_t by, uint8_t *err, size_t *errlen) {
    static const char name[] = "DivideByZero";
    int64_t before = *x;
    *errlen = by ? 0 : sizeof name - 1;
    if (!by) memcpy(err, name, *errlen);
    *x = by ? before / by : -1;
    return by ? before % by : 0;
}

static Buffer text_copied(const char *text, uint64_t *length) {
    Buffer made = copied(text, strlen(text), 1);
    if (made.address) *length = made.length;
    return made;
}

/* What is kept of the host's when a call has returned. */
static void *kept_i64_code, *kept_f64_code, *kept_u32_code, *kept_table[1024];
/* The fixture that the first of them was given to. */
static uint32_t kept_i64_by;

static void keep(uint32_t by, void *code) {
    kept_i64_by = by;
    kept_i64_code = code;
}

static int64_t kept(int64_t x) {
    return kept_i64_code ? called_i64(kept_i64_by, 0, kept_i64_code, x) : 0;
}

static int64_t kept_times(uint32_t times, int64_t x) {
    uint64_t sum = 0;
    for (uint32_t at = 0; at < times; at++) sum += U(kept(x));
    return (int64_t)sum;
}

static void *kept_on_a_thread(void *x) {
    *(int64_t *)x = kept(*(int64_t *)x);
    return NULL;
}

static int64_t kept_elsewhere(int64_t x) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, kept_on_a_thread, &x)) return kept(x);
    pthread_join(thread, NULL);
    return x;
}

static uint8_t kept_f64_of(double x, int8_t y) {
    if (!kept_f64_code) return false;
    Event event;
    if (event_begin(&event, ID_keep_f64, EVENT_CALLBACK, 3)) {
        event_int(&event, 0);
        event_float(&event, &x, sizeof x);
        event_int(&event, U(y));
        event_end(&event);
    }
    uint8_t back = ((uint8_t (*)(double, int8_t))kept_f64_code)(x, y);
    if (event_begin(&event, ID_keep_f64, EVENT_BACK, 2)) {
        event_int(&event, 0);
        event_int(&event, back);
        event_end(&event);
    }
    return back;
}

static uint32_t kept_u32_times(uint32_t times) {
    if (!kept_u32_code) return 0;
    for (uint32_t at = 0; at < times; at++) {
        Event event;
        if (event_begin(&event, ID_keep_u32, EVENT_CALLBACK, 2)) {
            event_int(&event, 0);
            event_int(&event, at);
            event_end(&event);
        }
        ((void (*)(uint32_t))kept_u32_code)(at);
        if (event_begin(&event, ID_keep_u32, EVENT_BACK, 1)) {
            event_int(&event, 0);
            event_end(&event);
        }
    }
    return times;
}

#define PLACES (sizeof kept_table / sizeof *kept_table)

static uint8_t kept_in(uint32_t place, void *code) {
    if (place < PLACES) kept_table[place] = code;
    return place < PLACES;
}

static int64_t kept_of(uint32_t place, int64_t x) {
    return place < PLACES && kept_table[place] ? called_i64(ID_keep_at, 1, kept_table[place], x) : 0;
}

static int64_t kept_by_all(uint32_t places, int64_t x) {
    uint64_t sum = 0;
    for (uint32_t at = 0; at < places && at < PLACES; at++) sum += U(kept_of(at, x));
    return (int64_t)sum;
}

static void unkept(void) {
    kept_i64_code = kept_f64_code = kept_u32_code = NULL;
    memset(kept_table, 0, sizeof kept_table);
}

#endif
