/* header_generous: a value as the most generous readers decode it.
 *
 * Readers agree about the encoded-words that RFC 2047 allows, and about most others. Of those left
 * some are shown decoded by one reader and as they stand by another: a charset nobody knows, a "?"
 * in the text, no end. Or one takes the texts of two words together before he decodes them, and
 * another each by itself. header_decode is the one reading, this the other.
 */
#include "filters/base/charset.h"
#include "filters/base/utf8.h"
#include "filters/message/encoded_word.h"
#include "filters/message/header.h"

#define GROWTH 3 /* as in header_decode.c */
#define SLACK  1024

/* Words with nothing but blanks between them, of one charset and one encoding. */
struct run {
    bool open; /* there is one */
    int charset;
    bool base64;
    struct bytes text; /* still encoded */
};

struct reader {
    struct slice value;
    struct charset_set charsets;
    struct run run;
    struct bytes plain, out; /* of a run, in its charset; of all */
};

/* --- whether there is another reading ----------------------------------------------------------
 */

static size_t next_mark(struct slice s, size_t at)
{
    const char *mark = at < s.len ? memmem(s.ptr + at, s.len - at, "=?", 2) : NULL;

    return mark != NULL ? (size_t)(mark - s.ptr) : SLICE_NOT_FOUND;
}

/* Some readers take a control character for a blank. */
static bool only_space(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] > ' ')
            return false;
    return true;
}

static bool is_plain_gap(struct slice gap)
{
    return slice_trim_start(gap).len == 0 || !only_space(gap);
}

/* Which byte comes first in UTF-16 and UTF-32 is one reader's guess or the other's. */
static int turned(int charset)
{
    if (charset == charset_find(SLICE("utf-16")))
        return charset_find(SLICE("utf-16be"));
    return charset == charset_find(SLICE("utf-32")) ? charset_find(SLICE("utf-32be")) : charset;
}

static bool is_doubtful(struct slice value)
{
    size_t done = 0, mark;

    for (size_t at = 0; (mark = next_mark(value, at)) != SLICE_NOT_FOUND; at = done) {
        struct encoded_word word;

        if (!encoded_word_parse(slice_from(value, mark), &word) || encoded_word_is_odd(&word) ||
            turned(word.charset) != word.charset ||
            !is_plain_gap(slice_first(slice_from(value, done), mark - done)))
            return true;
        done = mark + word.length;
    }
    return false;
}

/* --- the other reading -------------------------------------------------------------------------
 */

/* What has no charset that is known is UTF-8 where it can be, else what most readers fall back to.
 */
static int append_guessed(struct reader *r, struct slice plain)
{
    int fallback = charset_find(SLICE("windows-1252"));

    while (plain.len > 0) {
        size_t length = utf8_length(plain);

        if (length > 0)
            bytes_append(&r->out, slice_first(plain, length)); /* a failure sticks */
        else if (charset_to_utf8(&r->charsets, fallback, slice_first(plain, 1), &r->out) != 0)
            return -1;
        plain = slice_from(plain, length > 0 ? length : 1);
    }
    return 0;
}

static int append_converted(struct reader *r, struct slice plain)
{
    if (r->run.charset == CHARSET_NONE)
        return append_guessed(r, plain);
    return charset_to_utf8(&r->charsets, turned(r->run.charset), plain, &r->out);
}

static void end_run(struct reader *r)
{
    struct encoded_word word = {
        .base64 = r->run.base64, .standard = true, .text = bytes_slice(&r->run.text)};
    size_t start = r->out.len;
    struct slice plain;

    if (!r->run.open)
        return;
    bytes_clear(&r->plain);
    if (bytes_end(&r->run.text) != 0 || encoded_word_decode(&word, &r->plain) != 0)
        bytes_fail(&r->out);
    plain = bytes_slice(&r->plain);
    if (append_converted(r, plain) != 0)
        utf8_append_clean(plain, &r->out); /* this machine has no converter */
    for (size_t i = start; i < r->out.len; i++)
        if (r->out.data[i] == '\r' || r->out.data[i] == '\n' || r->out.data[i] == '\0')
            r->out.data[i] = ' ';
    bytes_clear(&r->run.text);
    r->run.open = false;
}

static void take_word(struct reader *r, const struct encoded_word *word, struct slice gap)
{
    bool adjacent = r->run.open && only_space(gap);

    if (!adjacent || r->run.charset != word->charset || r->run.base64 != word->base64)
        end_run(r);
    if (!adjacent)
        bytes_append(&r->out, gap); /* a failure sticks */
    r->run.open = true;
    r->run.charset = word->charset;
    r->run.base64 = word->base64;
    bytes_append(&r->run.text, word->text);
    if (!word->closed)
        end_run(r);
}

static void read_words(struct reader *r)
{
    size_t done = 0, at = 0, mark;

    while ((mark = next_mark(r->value, at)) != SLICE_NOT_FOUND) {
        struct encoded_word word;

        at = mark + 2;
        if (!encoded_word_guess(slice_from(r->value, mark), &word))
            continue;
        take_word(r, &word, slice_first(slice_from(r->value, done), mark - done));
        done = at = mark + word.length;
    }
    end_run(r);
    bytes_append(&r->out, slice_from(r->value, done));
}

struct slice header_decode_generously(struct slice value, struct arena *arena)
{
    struct reader r;
    struct slice decoded = SLICE_NONE, whole;

    if (next_mark(value, 0) == SLICE_NOT_FOUND)
        return slice_first(value, 0);
    r = (struct reader){.value = header_unfold(value, arena)};
    if (r.value.ptr == NULL || !is_doubtful(r.value))
        return slice_first(r.value, 0);
    bytes_init(&r.out, GROWTH * r.value.len + SLACK);
    bytes_init(&r.plain, r.value.len);
    bytes_init(&r.run.text, r.value.len);
    read_words(&r);
    if (bytes_take(&r.out, &whole) == 0)
        decoded = arena_copy(arena, whole);
    else
        arena_fail(arena);
    bytes_fini(&r.run.text);
    bytes_fini(&r.plain);
    bytes_fini(&r.out);
    charset_set_fini(&r.charsets);
    return decoded;
}
