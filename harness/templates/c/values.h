/* Values as carriers: words, and structs in memory. */

static bool is(const Type *type, const char *name) { return !strcmp(type->name, name); }

/* Whether values of it are no word. */
static bool is_wide(const Type *type) { return type->members || is(type, "f80"); }

/* The word of a carrier, an integer extended by its type's sign. */
static uint64_t word_of(const Type *type, Json carrier) {
    if (!type->bits)
        return strtoull(carrier + 1, NULL, 16);
    return type->bits < 0 ? (uint64_t)strtoll(carrier + 1, NULL, 10) : number(carrier);
}

/* The bits of a word that mean anything, an integer extended by its type's sign. */
static uint64_t bits_of(const Type *type, uint64_t word) {
    int bits = type->bits;
    if (is(type, "f32"))
        return (uint32_t)word;
    if (bits < 0)
        return (uint64_t)((int64_t)(word << (64 + bits)) >> (64 + bits));
    return bits ? word << (64 - bits) >> (64 - bits) : word;
}

static void say_word(FILE *to, const Type *type, uint64_t word) {
    word = bits_of(type, word);
    if (is(type, "void"))
        fprintf(to, "null");
    else if (is(type, "f32"))
        fprintf(to, "\"%08" PRIx64 "\"", word);
    else if (is(type, "f64"))
        fprintf(to, "\"%016" PRIx64 "\"", word);
    else if (type->bits < 0)
        fprintf(to, "\"%" PRId64 "\"", (int64_t)word);
    else
        fprintf(to, "\"%" PRIu64 "\"", word);
}

#ifdef STRUCTS_BY_VALUE
/* Where a member lies that follows what ends at an offset. */
static size_t aligned(const Type *type, size_t offset) {
    return (offset + alignment_of(type) - 1) / alignment_of(type) * alignment_of(type);
}

/* Writes a value where it lies. */
static void write_value(const Type *type, Json value, unsigned char *place) {
    size_t offset = 0;
    uint64_t word = type->members ? 0 : word_of(type, value);
    if (type->members) {
        Json one = first(value);
        for (unsigned at = 0; at < type->count && one; at++, one = next(one)) {
            offset = aligned(type->members[at], offset);
            write_value(type->members[at], one, place + offset);
            offset += size_of(type->members[at]);
        }
    } else if (is_wide(type)) {
        for (unsigned at = 0; at < 10; at++) {
            unsigned byte = 0;
            sscanf(value + 1 + 2 * (9 - at), "%2x", &byte);
            place[at] = (unsigned char)byte;
        }
    } else {
        memcpy(place, &word, size_of(type));
    }
}

/* Says the value that lies there. */
static void say_value(FILE *to, const Type *type, const unsigned char *place) {
    size_t offset = 0;
    uint64_t word = 0;
    if (type->members) {
        putc('[', to);
        for (unsigned at = 0; at < type->count; at++) {
            offset = aligned(type->members[at], offset);
            if (at)
                putc(',', to);
            say_value(to, type->members[at], place + offset);
            offset += size_of(type->members[at]);
        }
        putc(']', to);
    } else if (is_wide(type)) {
        putc('"', to);
        for (unsigned at = 10; at > 0; at--)
            fprintf(to, "%02x", place[at - 1]);
        putc('"', to);
    } else {
        memcpy(&word, place, size_of(type));
        say_word(to, type, word);
    }
}
#endif
