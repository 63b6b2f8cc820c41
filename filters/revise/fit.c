/* fit: see fit.h. */
#include "filters/revise/fit.h"

#include "filters/base/charset.h"
#include "filters/base/utf8.h"
#include "filters/decode/text.h"
#include "filters/revise/hunk.h"

#define LINES_MAX          1000 /* changed ones, each for itself: converters cost much to open */
#define REPLACEMENT_OCTETS 3    /* of U+FFFD */
#define PROBE_BYTES        4096 /* what converters ask for, and more */

static const struct slice MARK = SLICE_INIT("\xEF\xBB\xBF"); /* of UTF-8 */

/* A part without a charset, or with one that nobody knows, has room for ASCII. */
static int charset_of(const struct content_part *part)
{
    int charset = charset_find(part->charset);

    return charset != CHARSET_NONE ? charset : charset_find(SLICE("us-ascii"));
}

static enum fit_result fit_of(int written)
{
    return written == 0 ? FIT_DONE : written > 0 ? FIT_UNFIT : FIT_MEMORY;
}

enum fit_result fit_ascii(const struct content_part *part, struct slice octets)
{
    int charsets[TEXT_CHARSETS_MAX];
    struct bytes probe;
    enum fit_result result;

    bytes_init(&probe, PROBE_BYTES);
    (void)text_charsets(octets, part->charset, part->html, charsets);
    result = fit_of(charset_from_utf8(charsets[0], SLICE("a"), &probe));
    bytes_fini(&probe);
    return result;
}

static enum fit_result write_references(struct slice text, struct bytes *out)
{
    while (text.len > 0) {
        size_t length = utf8_length(text);

        if (length == 0)
            return FIT_UNFIT;
        if (length == 1)
            bytes_append_char(out, *text.ptr);
        else
            bytes_format(out, "&#%u;", (unsigned)utf8_code(slice_first(text, length)));
        text = slice_from(text, length);
    }
    return fit_of(bytes_end(out));
}

enum fit_result fit_text(const struct content_part *part, bool seven_bit, struct slice text,
                         struct bytes *out)
{
    size_t start = out->len;
    enum fit_result result = fit_of(charset_from_utf8(charset_of(part), text, out));

    if (result == FIT_DONE && seven_bit && utf8_beyond_ascii(slice_from(bytes_slice(out), start)))
        result = FIT_UNFIT;
    if (result != FIT_UNFIT)
        return result;
    bytes_cut(out, start);
    if (!part->html)
        return FIT_UNFIT;
    result = fit_of(charset_from_utf8(charset_of(part), SLICE("a"), out)); /* it has ASCII */
    if (result != FIT_DONE)
        return result;
    bytes_cut(out, start);
    return write_references(text, out);
}

/* --- a change --------------------------------------------------------------------------------- */

/* How many octets both begin, or end, with, no character cut. */
static size_t same_front(struct slice a, struct slice b)
{
    size_t most = a.len < b.len ? a.len : b.len, at = 0;

    while (at < most && a.ptr[at] == b.ptr[at])
        at++;
    return utf8_cut(a, at).len;
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t same_back(struct slice a, struct slice b)
{
    size_t most = a.len < b.len ? a.len : b.len, at = 0;

    while (at < most && a.ptr[a.len - at - 1] == b.ptr[b.len - at - 1])
        at++;
    while (at > 0 && continues(a.ptr[a.len - at]))
        at--;
    return at;
}

/* Where in ${octets} the text that they begin with, or end in, ends or begins: its length in that
 * charset, if they are these very octets. */
static enum fit_result place(int charset, struct slice octets, struct slice text, bool front,
                             size_t *length)
{
    struct bytes written;
    struct slice part = octets, want;
    enum fit_result result;

    bytes_init(&written, octets.len + 1024); /* what converters ask for beyond */
    result = fit_of(charset_from_utf8(charset, text, &written));
    if (result == FIT_DONE && bytes_take(&written, &want) != 0)
        result = FIT_MEMORY;
    if (result == FIT_DONE) {
        *length = want.len;
        part = front ? slice_first(octets, want.len)
                     : slice_from(octets,
                                  octets.len - (want.len < octets.len ? want.len : octets.len));
        result = slice_equal(part, want) ? FIT_DONE : FIT_UNFIT;
    }
    bytes_fini(&written);
    return result;
}

/* The same of UTF-8, in which each octet that is none is a U+FFFD. */
static enum fit_result place_utf8(struct slice octets, size_t text, size_t *length)
{
    size_t said = 0, at = 0;

    while (said < text && at < octets.len) {
        size_t size = utf8_length(slice_from(octets, at));

        at += size > 0 ? size : 1;
        said += size > 0 ? size : REPLACEMENT_OCTETS;
    }
    *length = at;
    return said == text ? FIT_DONE : FIT_UNFIT;
}

struct change {
    const struct content_part *part;
    bool seven_bit;
    int charset; /* in which the octets are read */
    struct slice octets, before, after;
    struct bytes *out;
};

static enum fit_result place_both(const struct change *c, size_t front, size_t back, size_t *head,
                                  size_t *foot)
{
    size_t end = c->before.len - back, tail = 0;
    enum fit_result result;

    if (c->charset == charset_find(SLICE("utf-8"))) {
        result = place_utf8(c->octets, front, head);
        if (result == FIT_DONE)
            result = place_utf8(c->octets, end, &tail);
        *foot = c->octets.len - tail;
        return result;
    }
    result = place(c->charset, c->octets, slice_first(c->before, front), true, head);
    if (result == FIT_DONE)
        result = place(c->charset, slice_from(c->octets, *head), slice_from(c->before, end), false,
                       foot);
    return result;
}

static enum fit_result write_between(const struct change *c)
{
    size_t front = same_front(c->before, c->after), head, foot;
    size_t back = same_back(slice_from(c->before, front), slice_from(c->after, front));
    struct slice middle = slice_from(slice_first(c->after, c->after.len - back), front);
    enum fit_result result = place_both(c, front, back, &head, &foot);

    if (result != FIT_DONE)
        return result;
    bytes_append(c->out, slice_first(c->octets, head));
    result = fit_text(c->part, c->seven_bit, middle, c->out);
    bytes_append(c->out, slice_from(c->octets, c->octets.len - foot));
    return result == FIT_DONE ? fit_of(bytes_end(c->out)) : result;
}

/* Of charsets whose octets depend on what stands before: all is written anew, if what was there
 * would be written as it is. */
static enum fit_result write_anew(const struct change *c)
{
    size_t length;
    enum fit_result result = place(c->charset, c->octets, c->before, true, &length);

    if (result == FIT_DONE && length != c->octets.len)
        result = FIT_UNFIT;
    return result == FIT_DONE ? fit_text(c->part, c->seven_bit, c->after, c->out) : result;
}

static enum fit_result write_change(const struct change *c)
{
    size_t start = c->out->len;
    enum fit_result result = write_between(c);

    if (result != FIT_UNFIT)
        return result;
    bytes_cut(c->out, start);
    return write_anew(c);
}

/* How many lines differ; SLICE_NOT_FOUND: not all three have as many lines. */
static size_t changed_lines(const struct change *c)
{
    struct slice before = c->before, after = c->after;
    size_t count = 0, lines = hunk_lines(before);

    if (lines != hunk_lines(after) || lines != hunk_lines(c->octets))
        return SLICE_NOT_FOUND;
    while (before.len + after.len > 0)
        count += !slice_equal(hunk_line(&before), hunk_line(&after));
    return count;
}

/* Each line that differs for itself: what is not understood of the others does not matter. */
static enum fit_result write_lines(const struct change *c)
{
    struct change rest = *c;
    enum fit_result result = FIT_DONE;

    while (rest.before.len + rest.after.len > 0 && result == FIT_DONE) {
        struct change line = *c;

        line.octets = hunk_line(&rest.octets);
        line.before = hunk_line(&rest.before);
        line.after = hunk_line(&rest.after);
        if (slice_equal(line.before, line.after))
            bytes_append(c->out, line.octets);
        else
            result = write_change(&line);
    }
    return result == FIT_DONE ? fit_of(bytes_end(c->out)) : result;
}

enum fit_result fit_change(const struct content_part *part, bool seven_bit, struct slice octets,
                           struct slice before, struct slice after, struct bytes *out)
{
    struct change c = {part, seven_bit, 0, octets, before, after, out};
    int charsets[TEXT_CHARSETS_MAX];

    (void)text_charsets(octets, part->charset, part->html, charsets);
    c.charset = charsets[0];
    if (slice_starts(octets, MARK)) {
        bytes_append(out, MARK);
        c.octets = slice_from(octets, MARK.len);
    }
    return changed_lines(&c) <= LINES_MAX ? write_lines(&c) : write_change(&c);
}
