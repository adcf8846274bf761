/* What the shapes call: as little work as a function can do, so that the call is what is counted. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct pair { double x, y; };

int64_t echo_i64(int64_t x) { return x; }
int32_t echo_i32(int32_t x) { return x; }
uint64_t echo_u64(uint64_t x) { return x; }
double sum_three(double a, double b, double c) { return a + b + c; }
double mix_four(int64_t a, double b, int32_t c, double d) { return (double)a + b + (double)c + d; }
uint8_t echo_color(uint8_t color) { return color; }

int64_t *box_new(int64_t value)
{
    int64_t *box = malloc(sizeof *box);
    if (box)
        *box = value;
    return box;
}
int64_t box_get(const int64_t *box) { return *box; }
void box_free(int64_t *box) { free(box); }

double sum_slice(const double *values, size_t count)
{
    double sum = 0;
    for (size_t at = 0; at < count; at++)
        sum += values[at];
    return sum;
}

void swap_pair(const struct pair *in, struct pair *out)
{
    out->x = in->y;
    out->y = in->x;
}

static const int64_t LENT[4] = {1, 2, 3, 4};
void lend_four(uintptr_t *at, size_t *count)
{
    *at = (uintptr_t)LENT;
    *count = 4;
}

void make_sixteen(int64_t first, uintptr_t *at, size_t *count)
{
    int64_t *made = malloc(16 * sizeof *made);
    for (int64_t n = 0; made && n < 16; n++)
        made[n] = first + n;
    *at = (uintptr_t)made;
    *count = made ? 16 : 0;
}
void make_sixteen__free(uintptr_t at, size_t count)
{
    (void)count;
    free((void *)at);
}

void echo_text(const uint8_t *text, size_t count, uintptr_t *at, size_t *out)
{
    uint8_t *made = malloc(count);
    if (made)
        memcpy(made, text, count);
    *at = (uintptr_t)made;
    *out = made ? count : 0;
}
void echo_text__free(uintptr_t at, size_t count)
{
    (void)count;
    free((void *)at);
}

int64_t checked(int64_t x, uint8_t *error, size_t *count)
{
    if (x < 0) {
        memcpy(error, "Negative", 8);
        *count = 8;
        return 0;
    }
    *count = 0;
    return x;
}

static _Thread_local int64_t last;
const int64_t *echo_optional(const int64_t *x)
{
    if (!x)
        return NULL;
    last = *x;
    return &last;
}

double mix_twelve(int64_t a, double b, int32_t c, double d, int64_t e, int64_t f, double g, int64_t h,
                  int32_t i, double j, int64_t k, int64_t l)
{
    return (double)(a + c + e + f + h + i + k + l) + b + d + g + j;
}
