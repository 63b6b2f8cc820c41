/* revision: see revision.h. */
#include "filters/revise/revision.h"

#include <stdlib.h>

#include "filters/base/charset.h"
#include "filters/base/utf8.h"
#include "filters/decode/decode.h"
#include "filters/decode/text.h"
#include "filters/revise/encode.h"
#include "filters/revise/fit.h"
#include "filters/revise/hunk.h"
#include "filters/revise/patch.h"
#include "filters/revise/place.h"
#include "filters/revise/target.h"

void revision_fini(struct revision *r)
{
    for (size_t i = 0; r->parts != NULL && i < r->content->part_count; i++) {
        bytes_fini(&r->parts[i].octets);
        bytes_fini(&r->parts[i].wire);
        bytes_fini(&r->parts[i].then.octets);
        bytes_fini(&r->parts[i].then.wire);
    }
    free(r->parts);
    r->parts = NULL;
}

/* --- parts ------------------------------------------------------------------------------------ */

static const struct content_part *part_of(const struct revision *r, size_t part)
{
    return &r->content->parts[part];
}

static struct revised *revised(struct revision *r, size_t part)
{
    if (r->parts == NULL) {
        r->parts = calloc(r->content->part_count, sizeof(*r->parts));
        for (size_t i = 0; r->parts != NULL && i < r->content->part_count; i++) {
            bytes_init(&r->parts[i].octets, r->limit_bytes);
            bytes_init(&r->parts[i].wire, r->limit_bytes);
            bytes_init(&r->parts[i].then.octets, r->limit_bytes);
            bytes_init(&r->parts[i].then.wire, r->limit_bytes);
        }
    }
    return r->parts != NULL ? &r->parts[part] : NULL;
}

static bool is_gone(const struct revision *r, size_t part)
{
    for (uint32_t at = (uint32_t)part; r->parts != NULL && at != CONTENT_NO_PART;
         at = r->content->parts[at].parent)
        if (r->parts[at].removed)
            return true;
    return false;
}

void revision_init(struct revision *r, const struct content *content, struct slice body,
                   size_t limit_bytes)
{
    *r = (struct revision){.content = content, .body = body, .limit_bytes = limit_bytes};
    r->first = target_first(content);
}

bool revision_takes_text(const struct revision *r, size_t part, bool html)
{
    return target_is(r->content, r->first, part, html) && !is_gone(r, part);
}

/* Whether its octets may be above 127: it says so, they are encoded, or are so already. */
static bool is_eight_bit(const struct content_part *part)
{
    return part->encoding != CONTENT_7BIT || part->eight_bit || utf8_beyond_ascii(part->body);
}

/* --- what a part says ------------------------------------------------------------------------- */

static enum revision_result decode(const struct content_part *part, struct revised *to)
{
    struct allowance endless = {.over = NULL};
    struct decode_look look;

    if (part->body.len > REVISION_TEXT_MAX)
        return REVISION_LONG;
    if (part->encoding == CONTENT_UNKNOWN ||
        decode_look(part->encoding, part->body, &endless, &look) != CONTENT_READ || look.padding ||
        look.stranger)
        return REVISION_UNFIT;
    to->decoded = decode_whole(part->encoding, DECODE_MOST, part->body, &endless, &to->octets) ==
                  CONTENT_READ;
    return to->decoded ? REVISION_DONE : REVISION_MEMORY;
}

/* Gets hold of a part whose text is to be changed, decoded. */
static enum revision_result begin(struct revision *r, size_t part, struct revised **to)
{
    if (part_of(r, part)->sealed)
        return REVISION_SEALED;
    if (is_gone(r, part))
        return REVISION_SAME;
    *to = revised(r, part);
    if (*to == NULL)
        return REVISION_MEMORY;
    return (*to)->decoded ? REVISION_DONE : decode(part_of(r, part), *to);
}

/* ${to} is changed from here on: how it is now is kept, once a round, for who takes that back. What
 * it then says and how it is written is put in anew. */
static void leave(const struct revision *r, struct revised *to)
{
    if (to->round == r->round && to->touched) {
        bytes_fini(&to->octets);
        bytes_fini(&to->wire);
        return;
    }
    bytes_fini(&to->then.octets);
    bytes_fini(&to->then.wire);
    to->then = (struct revised_then){to->touched, to->removed, to->round, to->octets, to->wire};
    bytes_init(&to->octets, r->limit_bytes);
    bytes_init(&to->wire, r->limit_bytes);
    to->round = r->round;
    to->touched = true;
}

/* ${wire}: the part as it must be written to say ${octets} instead of what it says now; which is
 * what it then says, but for the lines that were broken. */
static enum revision_result write_part(const struct revision *r, size_t part, struct bytes *octets,
                                       struct bytes *wire)
{
    const struct content_part *p = part_of(r, part);
    const struct revised *now = &r->parts[part];
    enum patch_result result =
        patch_write(p->encoding, is_eight_bit(p), now->touched ? bytes_slice(&now->wire) : p->body,
                    bytes_slice(&now->octets), bytes_slice(octets), wire);

    if (result != PATCH_DONE)
        return result == PATCH_UNFIT ? REVISION_UNFIT : REVISION_MEMORY;
    if (p->encoding != CONTENT_7BIT)
        return REVISION_DONE;
    return bytes_set(octets, bytes_slice(wire)) == 0 ? REVISION_DONE : REVISION_MEMORY;
}

/* The part says ${octets} from now on, which it then owns. */
static enum revision_result settle(struct revision *r, size_t part, struct bytes *octets)
{
    struct revised *to = &r->parts[part];
    struct bytes wire;
    enum revision_result result;

    if (bytes_end(octets) != 0)
        return REVISION_MEMORY;
    bytes_init(&wire, r->limit_bytes);
    result = write_part(r, part, octets, &wire);
    if (result != REVISION_DONE) {
        bytes_fini(&wire);
        return result;
    }
    leave(r, to);
    to->wire = wire;
    to->octets = *octets;
    bytes_init(octets, r->limit_bytes);
    return REVISION_DONE;
}

static enum revision_result after_fit(enum fit_result fitted)
{
    switch (fitted) {
    case FIT_DONE: return REVISION_DONE;
    case FIT_UNFIT: return REVISION_UNFIT;
    case FIT_MEMORY: break;
    }
    return REVISION_MEMORY;
}

/* --- adding a text ---------------------------------------------------------------------------- */

/* An addition under way: the text, and those of others, as octets of the part. */
struct addition {
    const struct content_part *part;
    struct bytes room; /* of all of them */
    struct slice text;
    struct slice *others;
    size_t count;
};

static enum revision_result fit(struct addition *a, struct slice text, size_t *end)
{
    enum fit_result result = fit_text(a->part, !is_eight_bit(a->part), text, &a->room);

    *end = a->room.len;
    return after_fit(result);
}

/* ${others} that do not fit are not there either. */
static enum revision_result fit_all(struct addition *a, struct slice text,
                                    const struct slice *others, size_t count)
{
    size_t *ends = calloc(count + 1, sizeof(*ends));
    enum revision_result result = ends != NULL ? fit(a, text, &ends[0]) : REVISION_MEMORY;

    a->others = calloc(count + 1, sizeof(*a->others));
    if (a->others == NULL)
        result = REVISION_MEMORY;
    for (size_t i = 0; i < count && result == REVISION_DONE; i++)
        if (fit(a, others[i], &ends[i + 1]) == REVISION_MEMORY)
            result = REVISION_MEMORY;
    if (result == REVISION_DONE) {
        a->text = slice_first(bytes_slice(&a->room), ends[0]);
        for (; a->count < count; a->count++)
            a->others[a->count] =
                slice_from(slice_first(bytes_slice(&a->room), ends[a->count + 1]), ends[a->count]);
    }
    free(ends);
    return result;
}

/* ${s} with its line ends as ${newline}, and one at its end if ${ended}, else none. */
static void put_lines(struct slice s, struct slice newline, bool ended, struct bytes *out)
{
    while (s.len > 0) {
        struct slice line = slice_first(s, slice_find(s, '\n'));

        s = slice_from(s, line.len + 1);
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        bytes_append(out, line);
        if (s.len > 0 || ended)
            bytes_append(out, newline);
    }
}

static enum revision_result put_in(struct revision *r, size_t part, const struct addition *a)
{
    struct slice octets = bytes_slice(&r->parts[part].octets);
    struct slice newline = place_newline(octets);
    size_t at = a->part->html ? place_html_end(octets) : octets.len;
    struct bytes whole;
    enum revision_result result;
    bool ended;

    if (place_ends_with(slice_first(octets, at), a->part->html, a->text, a->others, a->count))
        return REVISION_SAME;
    bytes_init(&whole, r->limit_bytes);
    bytes_append(&whole, slice_first(octets, at));
    ended = at == 0 || octets.ptr[at - 1] == '\n';
    if (!ended)
        bytes_append(&whole, newline);
    put_lines(a->text, newline, ended || at < octets.len, &whole);
    bytes_append(&whole, slice_from(octets, at));
    result = settle(r, part, &whole);
    bytes_fini(&whole);
    return result;
}

enum revision_result revision_append(struct revision *r, size_t part, struct slice text,
                                     const struct slice *others, size_t count)
{
    struct addition a = {.part = part_of(r, part)};
    struct revised *to;
    enum revision_result result = begin(r, part, &to);

    if (result != REVISION_DONE)
        return result;
    bytes_init(&a.room, r->limit_bytes);
    result = after_fit(fit_ascii(a.part, bytes_slice(&to->octets)));
    if (result == REVISION_DONE)
        result = fit_all(&a, text, others, count);
    if (result == REVISION_DONE)
        result = put_in(r, part, &a);
    bytes_fini(&a.room);
    free(a.others);
    return result;
}

/* --- changing it ------------------------------------------------------------------------------ */

static enum revision_result read_text(const struct content_part *part, struct slice octets,
                                      struct bytes *out)
{
    int charsets[TEXT_CHARSETS_MAX];
    struct charset_set set = {{NULL}, {false}};
    struct allowance endless = {.over = NULL};
    enum content_result result;

    (void)text_charsets(octets, part->charset, part->html, charsets);
    result = text_to_utf8(&set, charsets[0], octets, &endless, out);
    charset_set_fini(&set);
    return result == CONTENT_READ ? REVISION_DONE : REVISION_MEMORY;
}

enum revision_result revision_text(struct revision *r, size_t part, struct bytes *out)
{
    struct revised *to;
    enum revision_result result = begin(r, part, &to);

    if (result != REVISION_DONE)
        return result;
    return read_text(part_of(r, part), bytes_slice(&to->octets), out);
}

enum revision_result revision_replace(struct revision *r, size_t part, struct slice now,
                                      struct slice text)
{
    const struct content_part *p = part_of(r, part);
    struct revised *to;
    struct bytes octets;
    enum revision_result result = begin(r, part, &to);

    if (result != REVISION_DONE || slice_equal(now, text))
        return result != REVISION_DONE ? result : REVISION_SAME;
    bytes_init(&octets, r->limit_bytes);
    result =
        after_fit(fit_change(p, !is_eight_bit(p), bytes_slice(&to->octets), now, text, &octets));
    if (result == REVISION_DONE)
        result = settle(r, part, &octets);
    bytes_fini(&octets);
    return result;
}

/* --- taking parts out ------------------------------------------------------------------------- */

bool revision_note_quoted(struct slice note)
{
    size_t column = 0;

    for (size_t i = 0; i < note.len; i++) {
        column = note.ptr[i] == '\n' ? 0 : column + 1;
        if ((unsigned char)note.ptr[i] > 126 || column > PATCH_LINE_MAX)
            return true;
    }
    return false;
}

static void put_note(struct slice note, bool ended, struct bytes *out)
{
    struct bytes lines;
    struct slice text;

    if (!revision_note_quoted(note)) {
        put_lines(note, SLICE("\r\n"), ended, out);
        return;
    }
    bytes_init(&lines, out->limit_bytes);
    put_lines(note, SLICE("\r\n"), ended, &lines);
    if (bytes_take(&lines, &text) == 0)
        encode_quoted(text, true, out);
    else
        bytes_fail(out);
    bytes_fini(&lines);
}

enum revision_result revision_remove(struct revision *r, size_t part, struct slice note)
{
    struct revised *to = revised(r, part);

    if (to == NULL)
        return REVISION_MEMORY;
    if (is_gone(r, part))
        return REVISION_SAME;
    leave(r, to);
    to->removed = true;
    if (part > 0) {
        bytes_append(&to->wire, SLICE("Content-Type: text/plain; charset=utf-8\r\n"));
        if (revision_note_quoted(note))
            bytes_append(&to->wire, SLICE("Content-Transfer-Encoding: quoted-printable\r\n"));
        bytes_append(&to->wire, SLICE("\r\n"));
    }
    put_note(note, part == 0, &to->wire);
    return bytes_end(&to->wire) == 0 ? REVISION_DONE : REVISION_MEMORY;
}

/* --- the whole -------------------------------------------------------------------------------- */

bool revision_touched(const struct revision *r)
{
    for (size_t i = 0; r->parts != NULL && i < r->content->part_count; i++)
        if (r->parts[i].touched)
            return true;
    return false;
}

/* Where in the body the part's octets stand that another text takes the place of. */
static void extent(const struct revision *r, size_t part, size_t *from, size_t *to)
{
    const struct content_part *p = part_of(r, part);
    bool whole = r->parts[part].removed && p->header.len > 0;

    *from = (size_t)((whole ? p->header.ptr : p->body.ptr) - r->body.ptr);
    *to = (size_t)(p->body.ptr - r->body.ptr) + p->body.len;
}

bool revision_next(const struct revision *r, struct revision_place *place, struct slice *piece)
{
    size_t from = r->body.len, to = from, at = place->at;

    for (; r->parts != NULL && place->part < r->content->part_count; place->part++) {
        if (!r->parts[place->part].touched)
            continue;
        extent(r, place->part, &from, &to);
        if (from >= at) /* else in a part that is gone */
            break;
        from = to = r->body.len;
    }
    if (at < from) {
        *piece = slice_part(r->body, at, from);
        place->at = from;
        return true;
    }
    if (r->parts == NULL || place->part >= r->content->part_count)
        return false;
    *piece = bytes_slice(&r->parts[place->part++].wire);
    place->at = to;
    return true;
}

/* --- rounds ----------------------------------------------------------------------------------- */

void revision_begin(struct revision *r)
{
    r->round++;
}

static bool is_of_round(const struct revision *r, size_t part)
{
    return r->parts[part].touched && r->parts[part].round == r->round;
}

void revision_undo(struct revision *r)
{
    for (size_t i = 0; r->parts != NULL && i < r->content->part_count; i++) {
        struct revised *to = &r->parts[i];

        if (!is_of_round(r, i))
            continue;
        bytes_fini(&to->octets);
        bytes_fini(&to->wire);
        to->octets = to->then.octets;
        to->wire = to->then.wire;
        to->touched = to->then.touched;
        to->removed = to->then.removed;
        to->round = to->then.round;
        bytes_init(&to->then.octets, r->limit_bytes);
        bytes_init(&to->then.wire, r->limit_bytes);
    }
}

bool revision_changed(const struct revision *r)
{
    for (size_t i = 0; r->parts != NULL && i < r->content->part_count; i++)
        if (is_of_round(r, i))
            return true;
    return false;
}

/* Of a part that the round has changed: how it was written before. */
static struct slice written_then(const struct revision *r, size_t part)
{
    const struct revised *now = &r->parts[part];

    return now->then.touched ? bytes_slice(&now->then.wire) : part_of(r, part)->body;
}

size_t revision_kept(const struct revision *r)
{
    size_t kept = r->body.len, from, to;

    for (size_t i = 0; r->parts != NULL && i < r->content->part_count; i++) {
        if (!is_of_round(r, i))
            continue;
        extent(r, i, &from, &to);
        if (!r->parts[i].removed)
            from += hunk_common(written_then(r, i), bytes_slice(&r->parts[i].wire));
        kept = from < kept ? from : kept;
    }
    return kept;
}
