/* header_decode: encoded-words of a value turned into UTF-8 (RFC 2047).
 *
 * Words decode wherever they stand, also where RFC 2047 would have none (next to other text, longer
 * than 75 octets, in a quoted string), because mail readers show them decoded and rules are to see
 * what people see. Only in what is forwarded a quoted string in a list of addresses stays as it is
 * (RFC 2047, 5, rule 3).
 */
#include "filters/base/charset.h"
#include "filters/message/encoded_word.h"
#include "filters/message/header.h"

#define GROWTH 3    /* a byte of input becomes three of UTF-8 at most */
#define SLACK  1024 /* what one call of a converter wants to have free */

/* Words of one charset with nothing but blanks between are converted together, so that a character
 * cut in two by words is whole again. */
struct decoder {
    struct slice value;
    bool quotes;       /* quoted strings are not looked into */
    bool quotes_close; /* no quote was found open so far */
    unsigned comments; /* parentheses open, where quotes count */
    struct charset_set charsets;
    struct bytes out;
    struct bytes run;          /* bytes of the words under way, in their charset */
    int charset;               /* of the run, CHARSET_NONE without one */
    size_t run_start, run_end; /* where its words stand in the value */
    struct bytes *notes;       /* of each run a struct header_run; NULL: not wanted */
};

/* Past the quoted string that begins at ${at}; past the quote alone when none ends it. */
static size_t skip_quoted(struct decoder *d, size_t at)
{
    for (size_t i = at + 1; d->quotes_close && i < d->value.len; i++) {
        if (d->value.ptr[i] == '"')
            return i + 1;
        if (d->value.ptr[i] == '\\')
            i++;
    }
    d->quotes_close = false; /* so that a value full of quotes is not searched from each of them */
    return at + 1;
}

/* next_mark where quoted strings are passed over. */
static size_t next_mark_outside(struct decoder *d, size_t at)
{
    while (at + 1 < d->value.len) {
        char c = d->value.ptr[at];

        if (c == '=' && d->value.ptr[at + 1] == '?')
            return at;
        if (c == '"' && d->comments == 0) {
            at = skip_quoted(d, at);
            continue;
        }
        if (c == '(')
            d->comments++;
        else if (c == ')' && d->comments > 0)
            d->comments--;
        at += c == '\\' ? 2 : 1;
    }
    return SLICE_NOT_FOUND;
}

static size_t find_mark(struct slice s)
{
    const char *at = s.len > 0 ? (const char *)memmem(s.ptr, s.len, "=?", 2) : NULL;

    return at != NULL ? (size_t)(at - s.ptr) : SLICE_NOT_FOUND;
}

/* The place of the next "=?" at or after ${at}, or SLICE_NOT_FOUND. */
static size_t next_mark(struct decoder *d, size_t at)
{
    size_t found;

    if (d->quotes)
        return next_mark_outside(d, at);
    found = find_mark(slice_from(d->value, at));
    return found != SLICE_NOT_FOUND ? at + found : SLICE_NOT_FOUND;
}

/* Notes where the text of the run that ends stands, from ${start} on. */
static void note_run(struct decoder *d, size_t start)
{
    struct header_run run = {start, d->out.len, d->run_start, d->run_end};

    if (d->notes != NULL)
        bytes_append(d->notes, slice_make((const char *)&run, sizeof(run))); /* a failure sticks */
}

/* Ends the run: its text is put out; or its words as they are, when this machine cannot convert
 * them. */
static void end_run(struct decoder *d)
{
    size_t start = d->out.len;
    struct slice run;

    if (d->charset == CHARSET_NONE || bytes_take(&d->run, &run) != 0)
        return;
    if (charset_to_utf8(&d->charsets, d->charset, run, &d->out) != 0) {
        bytes_cut(&d->out, start);
        bytes_append(&d->out,
                     slice_first(slice_from(d->value, d->run_start), d->run_end - d->run_start));
    }
    for (size_t i = start; i < d->out.len; i++)
        if (d->out.data[i] == '\r' || d->out.data[i] == '\n' || d->out.data[i] == '\0')
            d->out.data[i] = ' ';
    note_run(d, start);
    bytes_clear(&d->run);
    d->charset = CHARSET_NONE;
}

static bool only_blanks(struct slice s)
{
    return slice_trim_start(s).len == 0;
}

/* Takes in a word at ${at}, before which ${gap} stands. */
static void take_word(struct decoder *d, const struct encoded_word *word, struct slice gap,
                      size_t at)
{
    bool adjacent = only_blanks(gap); /* the value is trimmed: so a word stood before */

    if (!adjacent || d->charset != word->charset)
        end_run(d);
    if (!adjacent)
        bytes_append(&d->out, gap); /* a failure sticks */
    if (d->charset == CHARSET_NONE)
        d->run_start = at;
    d->charset = word->charset;
    d->run_end = at + word->length;
    if (encoded_word_decode(word, &d->run) != 0)
        bytes_fail(&d->out);
}

static void decode_words(struct decoder *d)
{
    size_t done = 0, at = 0, mark;

    while ((mark = next_mark(d, at)) != SLICE_NOT_FOUND) {
        struct encoded_word word;
        struct slice gap = slice_first(slice_from(d->value, done), mark - done);

        at = mark + 2;
        if (!encoded_word_parse(slice_from(d->value, mark), &word))
            continue;
        take_word(d, &word, gap, mark);
        done = at = mark + word.length;
    }
    end_run(d);
    bytes_append(&d->out, slice_from(d->value, done));
}

static struct slice decode(struct slice value, bool quotes, struct bytes *notes,
                           struct arena *arena)
{
    struct decoder d = {
        .quotes = quotes, .quotes_close = true, .charset = CHARSET_NONE, .notes = notes};
    struct slice decoded = SLICE_NONE, whole;

    d.value = header_unfold(value, arena);
    if (find_mark(d.value) == SLICE_NOT_FOUND)
        return d.value;
    bytes_init(&d.out, GROWTH * d.value.len + SLACK);
    bytes_init(&d.run, d.value.len);
    decode_words(&d);
    if (bytes_take(&d.out, &whole) == 0)
        decoded = arena_copy(arena, whole);
    else
        arena_fail(arena);
    bytes_fini(&d.run);
    bytes_fini(&d.out);
    charset_set_fini(&d.charsets);
    return decoded;
}

struct slice header_decode(struct slice value, struct arena *arena)
{
    return decode(value, false, NULL, arena);
}

struct slice header_decode_field(const struct field *field, struct arena *arena)
{
    return decode(field->value, false, NULL, arena);
}

static int keep_runs(struct header_runs *runs, const struct bytes *notes, struct arena *arena)
{
    struct slice all;

    if (bytes_take(notes, &all) != 0)
        return -1;
    runs->count = all.len / sizeof(*runs->items);
    runs->items = arena_alloc(arena, all.len);
    if (runs->items == NULL)
        return -1;
    if (all.len > 0)
        memcpy(runs->items, all.ptr, all.len);
    return 0;
}

struct slice header_decode_runs(const struct field *field, bool edited, struct header_runs *runs,
                                struct arena *arena)
{
    struct slice decoded;
    struct bytes notes;

    bytes_init(&notes, (field->value.len + 1) * sizeof(*runs->items));
    decoded = decode(field->value, edited && header_holds_addresses(field->name), &notes, arena);
    if (decoded.ptr != NULL && keep_runs(runs, &notes, arena) != 0) {
        arena_fail(arena);
        decoded = SLICE_NONE;
    }
    bytes_fini(&notes);
    return decoded;
}
