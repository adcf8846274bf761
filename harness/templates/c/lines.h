/* The lines of the protocol: JSON values where they stand in a request, and what a reply is made of. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A place in the line that holds a JSON value. */
typedef const char *Json;

static uint64_t id, answered; /* of the request, and of the last that was answered */

/* Ends a reply that began with its id. */
static void end(void) {
    puts("}");
    fflush(stdout);
}

static void begin(const char *is) {
    answered = id;
    printf("{\"id\":%" PRIu64 ",\"is\":\"%s\"", id, is);
}

static void say_text(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

/* A reply that is a message. */
static void tell(const char *is, const char *format, ...) {
    char message[4096];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof message, format, values);
    va_end(values);
    begin(is);
    printf(",\"message\":");
    say_text(message);
    end();
}

static Json blank(Json at) {
    while (*at && strchr(" \t\r\n,:", *at))
        at++;
    return at;
}

/* What follows a value. */
static Json skip(Json at) {
    at = blank(at);
    if (*at == '"') {
        for (at++; *at && *at != '"'; at++)
            if (*at == '\\' && at[1])
                at++;
        return *at ? at + 1 : at;
    }
    if (*at == '{' || *at == '[') {
        char close = *at == '{' ? '}' : ']';
        for (at = blank(at + 1); *at && *at != close; at = blank(at))
            at = skip(at);
        return *at ? at + 1 : at;
    }
    return at + strcspn(at, ",]} \t\r\n");
}

/* The value under a key of an object; an empty text where there is none. */
static Json member(Json object, const char *key) {
    size_t length = strlen(key);
    if (*object != '{')
        return "";
    for (object = blank(object + 1); *object == '"';) {
        bool same = !strncmp(object + 1, key, length) && object[length + 1] == '"';
        object = blank(skip(object));
        if (same)
            return object;
        object = blank(skip(object));
    }
    return "";
}

/* The first element of a list, and the one after an element; null at the end. */
static Json first(Json list) {
    Json at = *list == '[' ? blank(list + 1) : "]";
    return *at == ']' || !*at ? NULL : at;
}

static Json next(Json element) {
    Json at = blank(skip(element));
    return *at == ']' || !*at ? NULL : at;
}

static uint64_t length_of(Json list) {
    uint64_t count = 0;
    for (Json at = first(list); at; at = next(at))
        count++;
    return count;
}

/* A string of the line, in memory of its own. */
static char *text_of(Json at) {
    const char *escapes = "b\bf\fn\nr\rt\t";
    size_t length = (size_t)(skip(at) - at);
    char *text = calloc(length + 1, 1), *to = text;
    if (*at != '"')
        return text;
    for (at++; *at && *at != '"'; at++) {
        const char *escape;
        if (*at != '\\') {
            *to++ = *at;
        } else if (*++at == 'u') {
            char digits[5] = {0};
            strncpy(digits, at + 1, 4);
            *to++ = (char)strtol(digits, NULL, 16);
            at += strlen(digits);
        } else {
            escape = strchr(escapes, *at);
            *to++ = escape ? escape[1] : *at;
        }
    }
    return text;
}

static uint64_t number(Json at) { return strtoull(*at == '"' ? at + 1 : at, NULL, 10); }
