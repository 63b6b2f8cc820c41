/* parameter: see parameter.h. The field is cut at its semicolons, what stands between two is a
 * name and a value, and the pieces of a value (RFC 2231, 3) are joined when all are known. */
#include "filters/mime/parameter.h"

#include "filters/message/header.h"
#include "filters/message/quoted.h"
#include "filters/mime/parameter_pieces.h"

#define RUN_ON_MAX 4 /* parameters in a row without semicolons that are looked for */

struct reading {
    struct parameters *out;
    struct parameter **end; /* where the next one is put */
    struct arena *arena;
    struct parameter_pieces pieces;
    size_t segments;
    unsigned run_on; /* segments that began in another, so far */
    bool other;      /* what is found now only some find */
    bool trouble;    /* memory was out */
};

static void add(struct reading *r, struct slice name, struct slice value, bool extended, bool other)
{
    struct parameter *parameter;

    for (parameter = r->out->first; parameter != NULL; parameter = parameter->next) {
        if (!slice_equal(parameter->name, name))
            continue;
        if (slice_equal(parameter->value, value)) {
            parameter->other = parameter->other && other;
            return;
        }
        if (!parameter->other && !other && parameter->extended == extended)
            r->out->doubts |= doubt_bit(DOUBT_REPEATED);
    }
    parameter = arena_alloc(r->arena, sizeof(*parameter));
    if (parameter == NULL) {
        r->trouble = true;
        return;
    }
    *parameter =
        (struct parameter){.name = name, .value = value, .extended = extended, .other = other};
    *r->end = parameter;
    r->end = &parameter->next;
}

static void add_doubt(struct reading *r, enum doubt doubt)
{
    r->out->doubts |= doubt_bit(doubt);
}

/* --- what stands before "=" ------------------------------------------------------------------- */

/* ${s} without its comments; one without an end goes to the end. */
static struct slice without_comments(struct reading *r, struct slice s)
{
    size_t used = 0;
    char *out;

    if (slice_find(s, '(') == SLICE_NOT_FOUND)
        return slice_trim(s);
    out = arena_alloc(r->arena, s.len);
    if (out == NULL) {
        r->trouble = true;
        return SLICE("");
    }
    for (size_t i = 0; i < s.len; i++) {
        size_t skip = s.ptr[i] == '(' ? comment_length(slice_from(s, i)) : 0;

        if (s.ptr[i] == '(' && skip == 0)
            break;
        if (skip > 0)
            i += skip - 1;
        else
            out[used++] = s.ptr[i];
    }
    return slice_trim(slice_make(out, used));
}

static struct slice lower(struct reading *r, struct slice s)
{
    struct slice copy = arena_copy(r->arena, s);
    char *out = (char *)(uintptr_t)copy.ptr; /* our own copy */

    if (out == NULL) {
        r->trouble = true;
        return SLICE("");
    }
    for (size_t i = 0; i < copy.len; i++)
        out[i] = ascii_lower(out[i]);
    return copy;
}

static bool stands_in_name(char c)
{
    return c > ' ' && c < 127 && strchr("()<>@,;:\\\"'[]?=/", c) == NULL;
}

/* The name at the end of ${s}; what stands before it lacks a semicolon, or is a blank to some: a
 * vertical tab, a no-break space. A comment without an end is none to those who know no comments.
 */
static struct slice name_of(struct reading *r, struct slice s)
{
    struct slice name = without_comments(r, s);
    size_t at, end;

    if (name.len != slice_trim(s).len)
        add_doubt(r, DOUBT_COMMENT);
    if (name.len == 0)
        name = s;
    for (end = name.len; end > 0 && !stands_in_name(name.ptr[end - 1]);)
        end--;
    for (at = end; at > 0 && stands_in_name(name.ptr[at - 1]);)
        at--;
    if (at > 0 || end < slice_trim(name).len || end == 0)
        add_doubt(r, DOUBT_JUNK);
    return end > at ? lower(r, slice_from(slice_first(name, end), at)) : SLICE("");
}

/* --- what stands behind it -------------------------------------------------------------------- */

/* ${s} without the backslashes that make the next byte a letter. */
static struct slice unescape(struct reading *r, struct slice s)
{
    size_t used = 0;
    char *out;

    if (slice_find(s, '\\') == SLICE_NOT_FOUND)
        return s;
    out = arena_alloc(r->arena, s.len);
    if (out == NULL) {
        r->trouble = true;
        return SLICE("");
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\' && i + 1 < s.len)
            i++;
        out[used++] = s.ptr[i];
    }
    return slice_make(out, used);
}

/* Gives ${value} to the list, or to the pieces. The first of a segment is the one most take;
 * another of a piece is one by itself, for mostly there is no more than that piece. */
static void give(struct reading *r, const struct parameter_name *name, struct slice value,
                 bool first)
{
    if (value.ptr == NULL)
        value = SLICE(""); /* never without a place */
    if (!name->piece || !first)
        add(r, name->base, value, name->piece, r->other || !first);
    else if (!parameter_pieces_add(&r->pieces, name, value))
        r->trouble = true;
}

/* ${s} without any of its quotes: what stands between and around them is one text to some. */
static struct slice without_quotes(struct reading *r, struct slice s)
{
    char *out = arena_alloc(r->arena, s.len + 1);
    size_t used = 0;

    if (out == NULL) {
        r->trouble = true;
        return SLICE("");
    }
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '"')
            out[used++] = s.ptr[i];
    return slice_make(out, used);
}

/* A quoted string, and maybe something around it that does not belong there. */
static void give_quoted(struct reading *r, const struct parameter_name *name, struct slice value,
                        size_t at)
{
    struct slice quoted = slice_from(value, at);
    size_t length = quoted_length(quoted);
    struct slice inner = slice_first(slice_from(quoted, 1), length > 0 ? length - 2 : quoted.len);
    struct slice plain = unescape(r, inner);
    struct slice rest = slice_from(quoted, length > 0 ? length : quoted.len);

    if (name->extended)
        add_doubt(r, DOUBT_PIECES);
    if (length > 0 && at == 0 && without_comments(r, rest).len == 0) {
        if (rest.len > 0 && slice_trim(rest).len > 0)
            add_doubt(r, DOUBT_COMMENT);
        give(r, name, plain, true);
    } else {
        add_doubt(r, DOUBT_QUOTES);
        give(r, name, at == 0 ? plain : value, true);
        give(r, name, at == 0 ? value : plain, false);
        give(r, name, slice_first(plain, slice_find(plain, ';')), false);
        give(r, name, without_quotes(r, value), false);
    }
    if (plain.len != inner.len) {
        give(r, name, inner, false);
        add_doubt(r, DOUBT_ESCAPE);
    }
}

static size_t blank_in(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (ascii_is_blank(s.ptr[i]))
            return i;
    return SLICE_NOT_FOUND;
}

/* What those take of ${s} who end a value at the first byte that no word has (RFC 2045, 5.1) and
 * that does not stand in names or boundaries all the same. */
static struct slice word_of(struct slice s)
{
    size_t start = 0, end;

    while (start < s.len && strchr("<>[]()`,", s.ptr[start]) != NULL)
        start++;
    for (end = start; end < s.len && (unsigned char)s.ptr[end] > ' ' && s.ptr[end] != 127 &&
                      strchr("<>[]()`,", s.ptr[end]) == NULL;)
        end++;
    return slice_from(slice_first(s, end), start);
}

static void give_plain(struct reading *r, const struct parameter_name *name, struct slice value)
{
    struct slice bare = without_comments(r, value);
    size_t blank = blank_in(bare);

    give(r, name, bare, true);
    if (bare.len != value.len) {
        add_doubt(r, DOUBT_COMMENT);
        give(r, name, value, false);
    }
    if (word_of(bare).len > 0 && word_of(bare).len < bare.len)
        give(r, name, word_of(bare), false);
    if (blank != SLICE_NOT_FOUND) {
        add_doubt(r, DOUBT_BLANKS);
        give(r, name, slice_first(bare, blank), false);
    }
}

static void read_segment(struct reading *r, struct slice segment);

/* Where another "name=" stands in ${value} behind a blank: a semicolon is missing. */
static void read_run_on(struct reading *r, struct slice value)
{
    size_t equals = slice_find(value, '='), blank = blank_in(value);
    bool other = r->other;

    if (blank == SLICE_NOT_FOUND || equals == SLICE_NOT_FOUND || r->run_on == RUN_ON_MAX)
        return;
    if (equals < blank) /* a value may have "=" in it */
        equals = slice_find(slice_from(value, blank), '=');
    if (equals == SLICE_NOT_FOUND)
        return;
    r->other = true;
    r->run_on++;
    read_segment(r, slice_from(value, blank));
    r->run_on--;
    r->other = other;
}

static void read_value(struct reading *r, const struct parameter_name *name, struct slice value)
{
    size_t quote = slice_find(value, '"');
    size_t closed = quote == 0 ? quoted_length(value) : 0;

    if (quote == SLICE_NOT_FOUND)
        give_plain(r, name, value);
    else
        give_quoted(r, name, value, quote);
    read_run_on(r, slice_from(value, closed));
}

static void read_segment(struct reading *r, struct slice segment)
{
    size_t equals = slice_find(segment, '=');
    struct slice text;
    struct parameter_name name;

    if (slice_trim(segment).len == 0 || ++r->segments > PARAMETERS_MAX)
        return;
    if (equals == SLICE_NOT_FOUND) {
        add_doubt(r, without_comments(r, segment).len > 0 ? DOUBT_JUNK : DOUBT_COMMENT);
        return;
    }
    text = name_of(r, slice_first(segment, equals));
    parameter_name_read(text, &name);
    if (name.base.len > 0)
        read_value(r, &name, slice_trim(slice_from(segment, equals + 1)));
}

/* --- the field -------------------------------------------------------------------------------- */

/* Where the segment at the front of ${s} ends: at a ";" outside quotes and comments.
 * SLICE_NOT_FOUND when comments are nested too deep. */
static size_t segment_length(struct slice s)
{
    size_t depth = 0, i;
    bool quoted = false;

    for (i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == ';' && !quoted && depth == 0)
            break;
        if (c == '\\' && (quoted || depth > 0))
            i++;
        else if (c == '"' && depth == 0)
            quoted = !quoted;
        else if (c == '(' && !quoted && ++depth > PARAMETER_COMMENTS_MAX)
            return SLICE_NOT_FOUND;
        else if (c == ')' && depth > 0)
            depth--;
    }
    return i < s.len ? i : s.len;
}

/* What stands behind a ";" in quotes or a comment, for those who know neither. */
static void read_hidden(struct reading *r, struct slice segment)
{
    struct parameter **before = r->end;
    doubt_set doubts = r->out->doubts;
    size_t at;

    r->other = true;
    while ((at = slice_find(segment, ';')) != SLICE_NOT_FOUND) {
        segment = slice_from(segment, at + 1);
        read_segment(r, slice_first(segment, slice_find(segment, ';')));
    }
    r->other = false;
    r->out->doubts = doubts;
    if (r->end != before)
        add_doubt(r, DOUBT_QUOTES);
}

static void read_head(struct reading *r, struct slice segment)
{
    r->out->head = without_comments(r, segment);
    if (r->out->head.len != slice_trim(segment).len)
        add_doubt(r, DOUBT_COMMENT);
    r->other = true; /* a parameter where the type should be, or behind it without a semicolon */
    if (slice_find(segment, '=') != SLICE_NOT_FOUND) {
        add_doubt(r, DOUBT_JUNK);
        read_segment(r, segment);
    }
    r->other = false;
}

static bool read_field(struct reading *r, struct slice text)
{
    bool head = true;

    for (;;) {
        size_t length = segment_length(text);
        struct slice segment = slice_first(text, length);

        if (length == SLICE_NOT_FOUND)
            return false;
        if (head)
            read_head(r, segment);
        else
            read_segment(r, segment);
        read_hidden(r, segment);
        head = false;
        if (length == text.len)
            return r->segments <= PARAMETERS_MAX;
        text = slice_from(text, length + 1);
    }
}

static void join_pieces(struct reading *r)
{
    struct parameter_joined joined;

    while (parameter_pieces_next(&r->pieces, &joined)) {
        for (size_t i = 0; i < joined.count; i++)
            add(r, joined.base, joined.values[i], true, r->other || i > 0);
        if (joined.odd)
            add_doubt(r, DOUBT_PIECES);
    }
    r->trouble = r->trouble || r->pieces.trouble;
}

enum content_result parameter_read(struct slice value, const struct parameter_means *means,
                                   struct parameters *out)
{
    struct reading r = {.out = out, .end = &out->first, .arena = means->arena};
    struct slice text;

    *out = (struct parameters){.head = SLICE("")};
    if (value.len > PARAMETER_FIELD_MAX)
        return CONTENT_LIMIT;
    text = header_unfold(value, means->arena);
    if (text.ptr == NULL)
        return CONTENT_MEMORY;
    parameter_pieces_init(&r.pieces, means->charsets, means->arena);
    if (!read_field(&r, text))
        return CONTENT_LIMIT;
    join_pieces(&r);
    if (r.trouble || arena_failed(means->arena))
        return CONTENT_MEMORY;
    if (!allowance_spend(means->allowance, value.len + r.segments * r.segments))
        return CONTENT_OVER;
    return CONTENT_READ;
}
