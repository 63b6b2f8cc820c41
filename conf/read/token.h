/* token: the words of a configuration, as libconfig's own scanner cuts them, and those it cannot
 * read. Pure; used to explain what libconfig has refused. */
#ifndef CONF_READ_TOKEN_H
#define CONF_READ_TOKEN_H

#include "filters/base/slice.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_STRING,      /* with its quotes */
    TOKEN_OPEN_STRING, /* never ends */
    TOKEN_NUMBER,
    TOKEN_BOOLEAN,
    TOKEN_MARK, /* one of = : ; , ( ) [ ] { } */
    TOKEN_JUNK, /* a character that begins nothing, or a number that is none */
};

struct token {
    enum token_kind kind;
    struct slice text;
    unsigned line; /* where it begins, from 1 */
};

struct token_scan {
    struct slice rest;
    unsigned line;
};

/* token_next(scan): the next one, its text a part of the scanned one; blanks and comments are
 * passed over. TOKEN_END again and again at the end. Never longer than what is left: linear. */
struct token token_next(struct token_scan *scan);

/* token_is(token, mark): whether it is that mark. */
bool token_is(const struct token *token, char mark);

/* token_lines(token): how many line ends are in it. */
unsigned token_lines(const struct token *token);

/* token_word(text): how much of ${text} somebody who has forgotten the quotes meant as one word: up
 * to a blank or a mark that ends a value. */
struct slice token_word(struct slice text);

#endif
