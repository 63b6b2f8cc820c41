/* dot_reference: what dot.c must do, said in another way, for its tests and its fuzz target.
 *
 * It looks at the whole message at once and knows no state: the data end at the first match of a
 * pattern, then line ends are replaced, then lines lose their dots. Slow and plain.
 */
#ifndef TESTS_UNIT_DOT_REFERENCE_H
#define TESTS_UNIT_DOT_REFERENCE_H

#include "filters/base/bytes.h"
#include "filters/base/newline.h"

/* The length of the line end at ${at}, counting LF as one if ${lf_counts}; 0: none. */
static inline size_t reference_end_at(struct slice s, size_t at, bool lf_counts)
{
    struct slice rest = slice_from(s, at);

    if (slice_starts(rest, SLICE("\r\n")))
        return 2;
    return lf_counts && slice_starts(rest, SLICE("\n")) ? 1 : 0;
}

static inline bool reference_line_begins(struct slice s, size_t at, bool after_lf)
{
    if (at == 0)
        return true;
    return s.ptr[at - 1] == '\n' && (after_lf || (at > 1 && s.ptr[at - 2] == '\r'));
}

/* Where the data in ${s} end: *${content} bytes of it are content and the end is at the returned
 * offset; SLICE_NOT_FOUND when they do not end. */
static inline size_t reference_end(struct slice s, enum newline_mode mode, size_t *content)
{
    bool allow = mode == NEWLINE_ALLOW;

    for (size_t i = 0; i < s.len; i++) {
        size_t end = reference_end_at(s, i + 1, allow);

        if (s.ptr[i] == '.' && reference_line_begins(s, i, allow) && end > 0) {
            *content = i;
            return i + 1 + end;
        }
    }
    *content = s.len;
    return SLICE_NOT_FOUND;
}

/* Appends ${s} with every line ended by CRLF and no stray CR and no NUL. */
static inline void reference_normalize(struct slice s, struct bytes *out)
{
    for (size_t i = 0; i < s.len; i++) {
        size_t end = reference_end_at(s, i, true);

        if (end > 0) {
            bytes_append(out, SLICE("\r\n"));
            i += end - 1;
        } else {
            bytes_append_char(out, s.ptr[i] == '\r' || s.ptr[i] == '\0' ? ' ' : s.ptr[i]);
        }
    }
}

/* Appends ${s}, which is normalised, without the first dot of each line that holds more. */
static inline void reference_unstuff(struct slice s, struct bytes *out)
{
    for (size_t i = 0; i < s.len; i++) {
        bool stuffed = s.ptr[i] == '.' && reference_line_begins(s, i, true) &&
                       reference_end_at(s, i + 1, true) == 0;

        if (!stuffed)
            bytes_append_char(out, s.ptr[i]);
    }
}

static inline void reference_stuff(struct slice s, struct bytes *out)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' && reference_line_begins(s, i, true))
            bytes_append_char(out, '.');
        bytes_append_char(out, s.ptr[i]);
    }
}

/* The oracle on what the upstream gets: nothing bare, no NUL, and one "." line, at the very end. */
static inline bool reference_clean_wire(struct slice s)
{
    size_t start = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\0' || (s.ptr[i] == '\r' && (i + 1 == s.len || s.ptr[i + 1] != '\n')))
            return false;
        if (s.ptr[i] != '\n')
            continue;
        if (i == 0 || s.ptr[i - 1] != '\r')
            return false;
        if (slice_equal(slice_from(slice_first(s, i + 1), start), SLICE(".\r\n")))
            return i + 1 == s.len;
        if (s.ptr[start] == '.' && s.ptr[start + 1] != '.')
            return false;
        start = i + 1;
    }
    return false;
}

#endif
