/* header_wire: see header_wire.h. */
#include "filters/message/header_wire.h"

#include "filters/message/encoded_word.h"
#include "filters/message/header_form.h"

struct slice header_wire_piece(const struct header_piece *piece, size_t a, size_t b)
{
    size_t fold = piece->wire.len - (piece->end - piece->start);

    if (!piece->kept || (piece->opaque && (a > piece->start || b < piece->end)))
        return SLICE_NONE;
    if (piece->opaque)
        return piece->wire;
    return slice_from(slice_first(piece->wire, b - piece->start + fold),
                      a > piece->start ? a - piece->start + fold : 0);
}

struct slice header_wire(const struct header_text *text, size_t start, size_t end)
{
    struct slice all = SLICE_NONE;

    for (size_t i = header_text_piece(text, start);
         i < text->piece_count && text->pieces[i].start < end; i++) {
        const struct header_piece *piece = &text->pieces[i];
        size_t a = start > piece->start ? start : piece->start;
        size_t b = end < piece->end ? end : piece->end;
        struct slice wire = a < b ? header_wire_piece(piece, a, b) : SLICE_NONE;

        if (a >= b)
            continue;
        if (wire.ptr == NULL || (all.ptr != NULL && wire.ptr != all.ptr + all.len))
            return SLICE_NONE;
        all = slice_make(all.ptr != NULL ? all.ptr : wire.ptr, all.len + wire.len);
    }
    return all;
}

/* Whether ${wire} has the beginning of a word, and no end of it. */
static bool is_open(struct slice wire)
{
    const char *mark;

    while (wire.len > 0 && (mark = memmem(wire.ptr, wire.len, "=?", 2)) != NULL) {
        wire = slice_from(wire, (size_t)(mark - wire.ptr));
        if (encoded_word_opens(wire))
            return true;
        wire = slice_from(wire, 2);
    }
    return false;
}

/* Whether a "=" may go out first for what stands at ${at}. */
static bool starts_equal(const struct header_text *text, size_t at)
{
    const struct header_piece *piece;

    if (at == text->len)
        return text->silent > 0;
    piece = &text->pieces[header_text_piece(text, at)];
    if (piece->opaque)
        return true;
    return piece->kept && piece->start == at ? *piece->wire.ptr == '=' : text->text[at] == '=';
}

/* The end of the word that byte ${at} is in, which has no blanks but those that encoded-words say;
 * a long one is not written as it stands. */
static size_t word_end(const struct header_text *text, size_t at)
{
    size_t most = at + HEADER_PLAIN_MAX;

    for (size_t i = header_text_piece(text, at); i < text->piece_count; i++) {
        const struct header_piece *piece = &text->pieces[i];

        if (piece->opaque)
            at = piece->end;
        while (at < piece->end && at < most && text->text[at] != ' ' && text->text[at] != '\t')
            at++;
        if (at < piece->end || at >= most)
            break;
    }
    return at;
}

bool header_wire_makes_word(const struct header_text *text, size_t start, size_t end)
{
    struct slice rest = slice_from(header_text_slice(text), end);
    size_t mark;

    if (!is_open(header_wire(text, start, end)))
        return false;
    mark = slice_find(rest, '?');
    if (mark == SLICE_NOT_FOUND || !starts_equal(text, end + mark + 1))
        return false;
    return header_wire(text, start, word_end(text, end + mark + 1)).ptr == NULL;
}
