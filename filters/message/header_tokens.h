/* header_tokens: a value's text taken apart, so that each word of it can be written as it must.
 *
 * What is looked at is the shape of a text: the text itself, in which NULs stand for letters that
 * are no structure. In a list of addresses (RFC 5322, 3.4) it matters where a word stands: of names
 * and comments words may become encoded-words (RFC 2047, 5), of addresses none may.
 */
#ifndef FILTERS_MESSAGE_HEADER_TOKENS_H
#define FILTERS_MESSAGE_HEADER_TOKENS_H

#include "filters/message/header_text.h"

enum token_kind {
    TOKEN_TEXT,    /* a word */
    TOKEN_QUOTED,  /* "..." in a name */
    TOKEN_COMMENT, /* a word in a comment */
    TOKEN_FIXED,   /* an address, or a byte of structure */
    TOKEN_BLANK,   /* no word: blanks at the very end */
};

/* Blanks and a word behind them, as offsets into the text. */
struct token {
    size_t gap, start, end;
    enum token_kind kind;
    bool alone; /* of TOKEN_TEXT in a list: no address in brackets follows it */
};

struct tokens {
    struct slice shape;
    bool addresses;
    size_t at;
    size_t depth;        /* of comments */
    bool in_element;     /* whose kind is known: */
    bool phrase;         /* words of it are a name, for "<" or ":" follows */
    bool quotes_close;   /* none was found open so far */
    bool comments_close; /* likewise */
};

/* header_text_shape(text, names, arena): its shape. With ${names} all opaque pieces are letters,
 * else those that are kept. ptr NULL when the arena is full. */
struct slice header_text_shape(const struct header_text *text, bool names, struct arena *arena);

/* header_spans(shape, spans): the quoted strings and comments of a list of addresses, to ${spans}
 * unless that is NULL; returns how many there are. */
size_t header_spans(struct slice shape, struct header_span *spans);

/* header_tokens_init(tokens, shape, addresses): to go through ${shape}, a list of addresses or not.
 */
void header_tokens_init(struct tokens *tokens, struct slice shape, bool addresses);

/* header_tokens_next(tokens, token): the next one; false at the end. Linear in all. */
bool header_tokens_next(struct tokens *tokens, struct token *token);

#endif
