/* slice: a borrowed run of bytes, and the few questions asked of one.
 *
 * Everything that comes from the wire is a slice: a pointer and a length, never a C string. A NUL
 * byte is data. A slice owns nothing; it lives as long as the buffer it points into, and every
 * header that returns one says how long that is. The empty slice may have a NULL pointer; no
 * function here dereferences it. Letter case is ASCII's only, as SMTP's is (RFC 5321, section 2.4).
 */
#ifndef FILTERS_BASE_SLICE_H
#define FILTERS_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "filters/base/ascii.h"

struct slice {
    const char *ptr;
    size_t len;
};

/* SLICE("literal"): a slice of a string literal, without its NUL. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
/* The same for static tables, where a compound literal is no constant expression. */
/* clang-format off */
#define SLICE_INIT(literal) {(literal), sizeof(literal) - 1}
/* clang-format on */
#define SLICE_NONE ((struct slice){NULL, 0})
/* Arguments for a "%.*s" in a message to a person. Never for bytes from the wire: those go
 * through an escaping printer (filters/base/json.h, log). */
#define SLICE_ARG(s) (int)(s).len, (s).len > 0 ? (s).ptr : ""

/* Returned by the find functions when there is no such byte. */
#define SLICE_NOT_FOUND ((size_t)-1)

/* slice_make(ptr, len): the slice of ${len} bytes at ${ptr}. */
static inline struct slice slice_make(const char *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

/* slice_str(text): the slice of a NUL-terminated string of our own, without the NUL. */
static inline struct slice slice_str(const char *text)
{
    return (struct slice){text, text != NULL ? strlen(text) : 0};
}

/* slice_from(s, start): what follows the first ${start} bytes; empty when there are fewer. */
static inline struct slice slice_from(struct slice s, size_t start)
{
    if (start >= s.len)
        return SLICE_NONE;
    return (struct slice){s.ptr + start, s.len - start};
}

/* slice_first(s, count): the first ${count} bytes, or all of them when there are fewer. */
static inline struct slice slice_first(struct slice s, size_t count)
{
    return (struct slice){s.ptr, count < s.len ? count : s.len};
}

/* slice_part(s, start, end): the bytes from ${start} up to ${end}. */
static inline struct slice slice_part(struct slice s, size_t start, size_t end)
{
    return slice_from(slice_first(s, end), start);
}

/* slice_equal(a, b): whether both hold the same bytes. */
static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* slice_equal_case(a, b): the same, ASCII letters compared without case. */
static inline bool slice_equal_case(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
            return false;
    return true;
}

/* slice_starts(s, prefix), slice_starts_case(s, prefix): whether ${s} begins with ${prefix}. */
static inline bool slice_starts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_equal(slice_first(s, prefix.len), prefix);
}

static inline bool slice_starts_case(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_equal_case(slice_first(s, prefix.len), prefix);
}

/* slice_find(s, c): the offset of the first ${c}, or SLICE_NOT_FOUND. */
static inline size_t slice_find(struct slice s, char c)
{
    const char *at = s.len > 0 ? (const char *)memchr(s.ptr, (unsigned char)c, s.len) : NULL;
    return at != NULL ? (size_t)(at - s.ptr) : SLICE_NOT_FOUND;
}

/* slice_find_last(s, c): the offset of the last ${c}, or SLICE_NOT_FOUND. */
static inline size_t slice_find_last(struct slice s, char c)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == c)
            return i - 1;
    return SLICE_NOT_FOUND;
}

/* slice_trim_start(s), slice_trim(s): without leading (and trailing) spaces and tabs. */
static inline struct slice slice_trim_start(struct slice s)
{
    while (s.len > 0 && ascii_is_blank(*s.ptr)) {
        s.ptr++;
        s.len--;
    }
    return s;
}

static inline struct slice slice_trim(struct slice s)
{
    s = slice_trim_start(s);
    while (s.len > 0 && ascii_is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

#endif
