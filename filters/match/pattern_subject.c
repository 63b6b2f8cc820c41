/* pattern_subject: see pattern_private.h. */
#include "filters/match/pattern_private.h"

#include "filters/base/utf8.h"

#define REPLACEMENT_BYTES 3 /* of U+FFFD */

int pattern_subject_make(struct pattern_subject *s, struct slice raw)
{
    struct bytes text = s->text;

    bytes_renew(&text);
    *s = (struct pattern_subject){.raw = raw, .text = text};
    utf8_append_clean(raw, &s->text);
    return bytes_end(&s->text);
}

/* One character on, or an invalid byte. */
static void step(struct pattern_subject *s)
{
    size_t length = utf8_length(slice_from(s->raw, s->raw_at));

    s->raw_at += length > 0 ? length : 1;
    s->text_at += length > 0 ? length : REPLACEMENT_BYTES;
}

size_t pattern_subject_text_at(struct pattern_subject *s, size_t raw_at)
{
    if (raw_at < s->raw_at)
        s->raw_at = s->text_at = 0;
    while (s->raw_at < raw_at && s->raw_at < s->raw.len)
        step(s);
    return s->text_at + (raw_at > s->raw.len ? raw_at - s->raw.len : 0);
}

size_t pattern_subject_raw_at(struct pattern_subject *s, size_t text_at)
{
    if (text_at < s->text_at)
        s->raw_at = s->text_at = 0;
    while (s->text_at < text_at && s->raw_at < s->raw.len)
        step(s);
    return s->raw_at + (text_at > s->text.len ? text_at - s->text.len : 0);
}

struct slice pattern_subject_raw(struct pattern_subject *s, struct slice part)
{
    size_t start, end;

    if (part.ptr == NULL)
        return part;
    start = pattern_subject_raw_at(s, (size_t)(part.ptr - s->text.data));
    end = pattern_subject_raw_at(s, (size_t)(part.ptr - s->text.data) + part.len);
    return slice_make(s->raw.ptr + start, end - start);
}
