/* token: HTML cut into tags, comments and texts ("13.2.5 Tokenization" of the HTML standard).
 *
 * The source stands whole in memory, so that each state is a place in a function and a token a
 * slice of it. Every token ends behind where it began, and nothing is looked at again but by
 * whoever reads a tag's attributes. References are not undone here (entity.h).
 */
#ifndef FILTERS_CONTENT_TOKEN_H
#define FILTERS_CONTENT_TOKEN_H

#include "filters/base/slice.h"

enum token_kind {
    TOKEN_END, /* of the source */
    TOKEN_TEXT,
    TOKEN_OPEN, /* a start tag */
    TOKEN_CLOSE,
    TOKEN_COMMENT, /* "<!--"; any other kind of it is none at all, nor is a doctype */
};

struct token {
    enum token_kind kind;
    struct slice text;       /* a text; a tag's name; what stands in a comment */
    struct slice attributes; /* of a tag: for token_attribute */
    bool empty;              /* a tag that ends in "/>" */
    bool plain;              /* a text without references: a section of CDATA */
};

struct token_attribute {
    struct slice name, value; /* as written, without quotes */
};

/* How a text is read whose end is a tag: of title and textarea, of style and its like, of script.
 */
enum token_model { TOKEN_RCDATA, TOKEN_RAWTEXT, TOKEN_SCRIPT };

/* token_next(source, at, foreign, token): the token at *${at} of ${source}, which goes on behind
 * it.
 * ${foreign}: inside of svg or math, where CDATA is text. A tag that the source ends in is none. */
void token_next(struct slice source, size_t *at, bool foreign, struct token *token);

/* token_raw(source, at, model, name, token): the text up to the end tag of ${name}, or to the end:
 * that tag is the next token. */
void token_raw(struct slice source, size_t *at, enum token_model model, struct slice name,
               struct token *token);

/* token_attribute(rest, attribute): takes the next attribute off ${rest}; false at its end. */
bool token_attribute(struct slice *rest, struct token_attribute *attribute);

/* token_space(c): a blank of HTML: space, tab, form feed and line ends. */
static inline bool token_space(char c)
{
    return ascii_is_space(c) || c == '\f';
}

#endif
