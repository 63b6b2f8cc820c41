/* header_text: a field's value as text, that knows where its pieces come from.
 *
 * Rules look at a value decoded, and edit it so; but what no edit names is to go out byte for byte,
 * and what an encoded-word says is the letters of a name, whatever it says: a comma in it parts no
 * addresses. So a text is made of pieces. A kept one has the bytes that it stands for in the field;
 * an opaque one has no structure. header_text_encode makes a value of it again.
 */
#ifndef FILTERS_MESSAGE_HEADER_TEXT_H
#define FILTERS_MESSAGE_HEADER_TEXT_H

#include "filters/message/header.h"

struct header_piece {
    size_t start, end; /* in the text */
    bool opaque;
    bool kept;
    struct slice wire; /* of a kept one: encoded-words; or the text itself, which may have a line
                        * break in front of its first blank, and before that encoded-words that say
                        * nothing */
};

/* A quoted string or comment of an address list. What is taken out of one is a name, too. */
struct header_span {
    size_t start, end; /* in the text */
};

/* Append-only. What it points to is in its arena, or in the field. */
struct header_text {
    struct arena *arena;
    char *text;
    size_t len, capacity;
    struct header_piece *pieces; /* in order, without gaps */
    size_t piece_count, piece_capacity;
    struct header_span *spans;
    size_t span_count;
    struct slice lead, tail; /* blanks and folds around the value, as they stand */
    size_t silent; /* octets of ${tail} in front: encoded-words that say nothing. They stay if what
                    * they stand behind does */
    bool quoting;  /* what was added last stands in an open quoted string */
    bool incomplete; /* memory was out: some piece is missing */
};

/* header_text_init(text, arena): empty, with the blank in front that values have. */
void header_text_init(struct header_text *text, struct arena *arena);

/* header_text_init_as(text, other): empty, with the blanks that are around ${other}, in its arena.
 */
void header_text_init_as(struct header_text *text, const struct header_text *other);

/* header_text_decode(text, field, edited, arena): what header_decode_field says of ${field}, kept;
 * with ${edited} as what is to be edited (header_decode_runs). 0, or -1 when the arena is full. */
MUST_USE int header_text_decode(struct header_text *text, const struct field *field, bool edited,
                                struct arena *arena);

/* header_text_slice(text): it as a slice, valid until something is added. */
struct slice header_text_slice(const struct header_text *text);

/* header_text_piece(text, at): the number of the piece that byte ${at} is in; their count behind
 * the last. */
size_t header_text_piece(const struct header_text *text, size_t at);

/* header_text_add(text, s): adds an operator's text, structure and all. CR, LF and NUL are left
 * out, what is no UTF-8 becomes U+FFFD. header_text_add_name(text, s): the same for something that
 * may say anything and is no structure. */
void header_text_add(struct header_text *text, struct slice s);
void header_text_add_name(struct header_text *text, struct slice s);

/* header_text_add_part(text, from, part, keep): adds the stretch ${part} of ${from}, which slices
 * from->text, with ${keep} kept as far as it was. */
void header_text_add_part(struct header_text *text, const struct header_text *from,
                          struct slice part, bool keep);

/* header_text_add_capture(text, from, part, keep, name): the same for a stretch that is to stand
 * somewhere else: what is cut out of a quoted string or comment becomes a name, and so does all of
 * it with ${name}, and inside a quoted string of ${text}. */
void header_text_add_capture(struct header_text *text, const struct header_text *from,
                             struct slice part, bool keep, bool name);

/* header_text_same_span(text, a, b): whether ${a} and ${b} are in the same quoted string or
 * comment, or both in none. */
bool header_text_same_span(const struct header_text *text, size_t a, size_t b);

/* header_text_encode(text, name, arena): a value of a field ${name} for the wire, in ${arena}; ptr
 * NULL when that or the text's own is full, or ${text} is incomplete. Pieces that are kept go out
 * as they stand where the pieces around them let them. New ones: one text after the other is
 * written as it is where it is ASCII, as encoded-words of at most 75 octets that never split a
 * character where it is not (RFC 2047, 5), folded at blanks to 78 columns. In a list of addresses
 * only words of names and comments become encoded-words; what is an address stays as it is, UTF-8
 * too (RFC 6532, 3.2). Words of a charset that is unknown here stay as they are. No line is over
 * 998 octets, but for a word without blanks that was received so. */
struct slice header_text_encode(const struct header_text *text, struct slice name,
                                struct arena *arena);

#endif
