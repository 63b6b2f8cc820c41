/* json_check: whether a text is one JSON value (RFC 8259), and nothing but printable ASCII and
 * UTF-8. Only for tests: it judges, it does not read.
 */
#ifndef TESTS_UNIT_PROXY_RECORD_JSON_CHECK_H
#define TESTS_UNIT_PROXY_RECORD_JSON_CHECK_H

#include "filters/base/utf8.h"

static inline bool json_check_value(struct slice *s);

static inline bool json_check_take(struct slice *s, char c)
{
    if (s->len == 0 || *s->ptr != c)
        return false;
    *s = slice_from(*s, 1);
    return true;
}

static inline bool json_check_escape(struct slice *s)
{
    if (!json_check_take(s, 'u')) {
        bool known = s->len > 0 && slice_find(SLICE("\"\\/bfnrt"), *s->ptr) != SLICE_NOT_FOUND;
        *s = slice_from(*s, 1);
        return known;
    }
    for (int i = 0; i < 4; i++) {
        if (s->len == 0 || slice_find(SLICE("0123456789abcdefABCDEF"), *s->ptr) == SLICE_NOT_FOUND)
            return false;
        *s = slice_from(*s, 1);
    }
    return true;
}

static inline bool json_check_string(struct slice *s)
{
    if (!json_check_take(s, '"'))
        return false;
    while (s->len > 0) {
        if (json_check_take(s, '"'))
            return true;
        if (json_check_take(s, '\\')) {
            if (!json_check_escape(s))
                return false;
            continue;
        }
        size_t length = utf8_length(*s);
        if (length == 0 || (unsigned char)*s->ptr < ' ' || *s->ptr == 0x7f)
            return false;
        *s = slice_from(*s, length);
    }
    return false;
}

static inline bool json_check_number(struct slice *s)
{
    size_t len = 0;
    while (len < s->len && slice_find(SLICE("+-.0123456789eE"), s->ptr[len]) != SLICE_NOT_FOUND)
        len++;
    *s = slice_from(*s, len);
    return len > 0;
}

static inline bool json_check_members(struct slice *s, char end, bool named)
{
    if (json_check_take(s, end))
        return true;
    do {
        if (named && (!json_check_string(s) || !json_check_take(s, ':')))
            return false;
        if (!json_check_value(s))
            return false;
    } while (json_check_take(s, ','));
    return json_check_take(s, end);
}

static inline bool json_check_word(struct slice *s, struct slice word)
{
    if (!slice_starts(*s, word))
        return false;
    *s = slice_from(*s, word.len);
    return true;
}

static inline bool json_check_value(struct slice *s)
{
    if (s->len == 0)
        return false;
    if (json_check_take(s, '{'))
        return json_check_members(s, '}', true);
    if (json_check_take(s, '['))
        return json_check_members(s, ']', false);
    if (*s->ptr == '"')
        return json_check_string(s);
    return json_check_word(s, SLICE("true")) || json_check_word(s, SLICE("false")) ||
           json_check_word(s, SLICE("null")) || json_check_number(s);
}

/* json_check(text): whether all of it is one value. */
static inline bool json_check(struct slice text)
{
    return json_check_value(&text) && text.len == 0;
}

#endif
