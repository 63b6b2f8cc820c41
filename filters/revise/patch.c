/* patch: see patch.h. */
#include "filters/revise/patch.h"

#include "filters/base/utf8.h"
#include "filters/revise/encode.h"

/* What differs between two texts. */
struct difference {
    size_t prefix, suffix; /* octets that both have */
    struct slice middle;   /* of the new one */
};

size_t patch_common(struct slice a, struct slice b)
{
    size_t most = a.len < b.len ? a.len : b.len, at = 0;

    while (at < most && a.ptr[at] == b.ptr[at])
        at++;
    return at;
}

/* What is put in at the begin of a line where what follows begins alike ("<p>" before "</body>") is
 * not the octets behind that, but whole lines. */
static void align(struct difference *d, struct slice after)
{
    size_t back = 0, at = d->prefix;

    while (at > 0 && after.ptr[at - 1] != '\n' &&
           after.ptr[at - 1] == after.ptr[at - 1 + d->middle.len])
        at--;
    if (at == 0 || after.ptr[at - 1] == '\n')
        back = d->prefix - at;
    d->prefix -= back;
    d->suffix += back;
    d->middle.ptr -= back;
}

static struct difference compare(struct slice before, struct slice after)
{
    struct difference d = {.prefix = patch_common(before, after)};
    size_t most = (before.len < after.len ? before.len : after.len) - d.prefix;

    while (d.suffix < most &&
           before.ptr[before.len - d.suffix - 1] == after.ptr[after.len - d.suffix - 1])
        d.suffix++;
    d.middle = slice_from(slice_first(after, after.len - d.suffix), d.prefix);
    if (d.prefix + d.suffix == before.len && d.middle.len > 0)
        align(&d, after);
    return d;
}

/* --- as it stands ----------------------------------------------------------------------------- */

/* The octets of ${s} up to its first line end, or all. */
static size_t line_length(struct slice s)
{
    size_t end = slice_find(s, '\n');

    return end == SLICE_NOT_FOUND ? s.len : end - (end > 0 && s.ptr[end - 1] == '\r');
}

/* Where a line is broken of which ${room} octets may stay: behind a blank, else between two
 * characters. */
static size_t break_at(struct slice line, size_t room)
{
    struct slice head = slice_first(line, room);

    for (size_t i = head.len; i > 1; i--)
        if (ascii_is_blank(head.ptr[i - 1]))
            return i;
    head = utf8_cut(line, room);
    return head.len > 0 ? head.len : room;
}

/* How many octets of ${text} go into the line that has ${column} already; *${broken}: it is to be
 * broken behind them. ${tail} octets follow ${text} in its last line. */
static size_t next_piece(struct slice text, size_t column, size_t tail, bool *broken)
{
    size_t line = line_length(text), room = column < PATCH_LINE_MAX ? PATCH_LINE_MAX - column : 0;
    bool last = line == text.len;

    *broken = line > room || (last && line + tail > room);
    if (line > room)
        return room > 0 ? break_at(slice_first(text, line), room) : 0;
    return last ? line : line + (text.ptr[line] == '\r' ? 2U : 1U);
}

/* Appends ${text} behind ${column} octets of its first line, before ${tail} of its last. */
static void put_lines(struct slice text, size_t column, size_t tail, struct bytes *out)
{
    while (text.len > 0) {
        bool broken;
        size_t size = next_piece(text, column, tail, &broken);

        bytes_append(out, slice_first(text, size));
        bytes_append(out, broken ? SLICE("\r\n") : SLICE_NONE);
        text = slice_from(text, size);
        column = 0;
    }
}

static size_t column_of(struct slice s)
{
    size_t end = slice_find_last(s, '\n');

    return end == SLICE_NOT_FOUND ? s.len : s.len - end - 1;
}

static enum patch_result write_plain(bool eight_bit, struct slice raw, const struct difference *d,
                                     struct bytes *out)
{
    struct slice head = slice_first(raw, d->prefix), rest = slice_from(raw, raw.len - d->suffix);

    if (!eight_bit && utf8_beyond_ascii(d->middle))
        return PATCH_UNFIT;
    bytes_append(out, head);
    put_lines(d->middle, column_of(head), line_length(rest), out);
    bytes_append(out, rest);
    return bytes_end(out) == 0 ? PATCH_DONE : PATCH_MEMORY;
}

/* --- encoded ---------------------------------------------------------------------------------- */

static void end_softly(struct slice written, struct bytes *out)
{
    if (written.len > 0 && written.ptr[written.len - 1] != '\n')
        bytes_append(out, SLICE("=\r\n"));
}

/* Whether it is known which octet of ${raw} says which of ${before}. */
static bool is_placed(struct slice raw, struct slice before)
{
    size_t end;

    return encode_quoted_place(raw, before.len, &end) &&
           !encode_quoted_place(slice_from(raw, end), 1, &end);
}

static void write_quoted(struct slice raw, struct slice before, struct slice after,
                         const struct difference *d, struct bytes *out)
{
    size_t from, to;

    if (!is_placed(raw, before) || !encode_quoted_place(raw, d->prefix, &from) ||
        !encode_quoted_place(raw, before.len - d->suffix, &to)) {
        encode_quoted(after, true, out);
        return;
    }
    bytes_append(out, slice_first(raw, from));
    if (d->middle.len > 0)
        end_softly(slice_first(raw, from), out);
    encode_quoted(d->middle, d->suffix == 0, out);
    if (d->suffix > 0) {
        end_softly(d->middle.len > 0 ? d->middle : slice_first(raw, from), out);
        bytes_append(out, slice_from(raw, to));
    }
}

static void write_base64(struct slice raw, struct slice after, const struct difference *d,
                         struct bytes *out)
{
    size_t octets = d->prefix, place = encode_base64_place(raw, &octets);
    bool ended = raw.len > 0 && raw.ptr[raw.len - 1] == '\n';

    bytes_append(out, slice_first(raw, place));
    encode_base64(slice_from(after, octets), out);
    bytes_append(out, ended && octets < after.len ? SLICE("\r\n") : SLICE_NONE);
}

enum patch_result patch_write(enum content_encoding encoding, bool eight_bit, struct slice raw,
                              struct slice before, struct slice after, struct bytes *out)
{
    struct difference d = compare(before, after);

    switch (encoding) {
    case CONTENT_7BIT: return write_plain(eight_bit, raw, &d, out);
    case CONTENT_BASE64: write_base64(raw, after, &d, out); break;
    case CONTENT_QUOTED: write_quoted(raw, before, after, &d, out); break;
    case CONTENT_UNKNOWN: return PATCH_UNFIT;
    }
    return bytes_end(out) == 0 ? PATCH_DONE : PATCH_MEMORY;
}
