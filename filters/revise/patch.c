/* patch: see patch.h. */
#include "filters/revise/patch.h"

#include "filters/base/utf8.h"
#include "filters/revise/encode.h"
#include "filters/revise/hunk.h"

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

static enum patch_result write_plain(bool eight_bit, struct slice raw, struct slice after,
                                     struct bytes *out)
{
    struct hunks hunks;
    struct hunk hunk;
    size_t done = 0;

    hunks_begin(&hunks, raw, after);
    while (hunks_next(&hunks, &hunk)) {
        if (!eight_bit && utf8_beyond_ascii(hunk.text))
            return PATCH_UNFIT;
        bytes_append(out, slice_part(raw, done, hunk.from));
        put_lines(hunk.text, column_of(slice_first(raw, hunk.from)),
                  line_length(slice_from(raw, hunk.to)), out);
        done = hunk.to;
    }
    bytes_append(out, slice_from(raw, done));
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

/* How far a quoted-printable text is written: what stood at octet ${octets} begins at ${raw}. */
struct mark {
    size_t octets, raw;
};

/* To ${octets}, which is not behind what ${raw} says. */
static void go_to(struct mark *mark, struct slice raw, size_t octets)
{
    size_t more = 0;

    if (octets > mark->octets &&
        encode_quoted_place(slice_from(raw, mark->raw), octets - mark->octets, &more))
        *mark = (struct mark){octets, mark->raw + more};
}

/* Whether ${text} can stand between the two in one line, and is read so: a blank may come to be at
 * the line's end, and a "=" that is no escape become one. */
static bool joins(struct slice head, struct slice text, struct slice rest)
{
    struct slice last = slice_from(head, head.len > 2 ? head.len - 2 : 0);
    struct slice seam = text.len > 0 ? text : head;
    size_t size = encode_quoted_size(text), column = column_of(head) + line_length(rest);

    return size != SLICE_NOT_FOUND && column + size <= ENCODE_LINE_MAX &&
           slice_find(last, '=') == SLICE_NOT_FOUND && seam.len > 0 &&
           !ascii_is_blank(seam.ptr[seam.len - 1]);
}

static void write_hunk(struct slice raw, size_t end, const struct hunk *hunk, struct mark *mark,
                       struct bytes *out)
{
    struct slice head, rest;
    size_t done = mark->raw;
    bool joined;

    go_to(mark, raw, hunk->from);
    head = slice_first(raw, mark->raw);
    go_to(mark, raw, hunk->to);
    if (hunk->to == end)
        mark->raw = raw.len;
    rest = slice_from(raw, mark->raw);
    joined = joins(head, hunk->text, rest);
    bytes_append(out, slice_from(head, done));
    if (hunk->text.len > 0 && !joined)
        end_softly(head, out);
    encode_quoted(hunk->text, hunk->to == end, out);
    if (hunk->to < end && !joined)
        end_softly(hunk->text.len > 0 ? hunk->text : head, out);
}

static void write_quoted(struct slice raw, struct slice before, struct slice after,
                         struct bytes *out)
{
    struct mark mark = {0, 0};
    struct hunks hunks;
    struct hunk hunk;

    if (!is_placed(raw, before)) {
        encode_quoted(after, true, out);
        return;
    }
    hunks_begin(&hunks, before, after);
    while (hunks_next(&hunks, &hunk))
        write_hunk(raw, before.len, &hunk, &mark, out);
    bytes_append(out, slice_from(raw, mark.raw));
}

static void write_base64(struct slice raw, struct slice before, struct slice after,
                         struct bytes *out)
{
    size_t octets = hunk_common(before, after), place = encode_base64_place(raw, &octets);
    bool ended = raw.len > 0 && raw.ptr[raw.len - 1] == '\n';

    bytes_append(out, slice_first(raw, place));
    encode_base64(slice_from(after, octets), out);
    bytes_append(out, ended && octets < after.len ? SLICE("\r\n") : SLICE_NONE);
}

enum patch_result patch_write(enum content_encoding encoding, bool eight_bit, struct slice raw,
                              struct slice before, struct slice after, struct bytes *out)
{
    switch (encoding) {
    case CONTENT_7BIT: return write_plain(eight_bit, raw, after, out);
    case CONTENT_BASE64: write_base64(raw, before, after, out); break;
    case CONTENT_QUOTED: write_quoted(raw, before, after, out); break;
    case CONTENT_UNKNOWN: return PATCH_UNFIT;
    }
    return bytes_end(out) == 0 ? PATCH_DONE : PATCH_MEMORY;
}
