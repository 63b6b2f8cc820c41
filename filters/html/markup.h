/* markup: HTML cut into tags, comments and texts ("13.2.5 Tokenization" of the HTML standard).
 *
 * The source stands whole in memory, so that each state is a place in a function and a token a
 * slice of it. Every token ends behind where it began, and nothing is looked at again but by
 * whoever reads a tag's attributes. References are not undone here (entity.h).
 */
#ifndef FILTERS_HTML_MARKUP_H
#define FILTERS_HTML_MARKUP_H

#include "filters/base/slice.h"

enum markup_kind {
    MARKUP_END, /* of the source */
    MARKUP_TEXT,
    MARKUP_OPEN, /* a start tag */
    MARKUP_CLOSE,
    MARKUP_COMMENT, /* "<!--"; any other kind of it is none at all, nor is a doctype */
};

struct markup {
    enum markup_kind kind;
    struct slice text;       /* a text; a tag's name; what stands in a comment */
    struct slice attributes; /* of a tag: for markup_attribute */
    bool empty;              /* a tag that ends in "/>" */
    bool plain;              /* a text without references: a section of CDATA */
};

struct markup_attribute {
    struct slice name, value; /* as written, without quotes */
};

/* How a text is read whose end is a tag: of title and textarea, of style and its like, of script.
 */
enum markup_model { MARKUP_RCDATA, MARKUP_RAWTEXT, MARKUP_SCRIPT };

/* markup_next(source, at, foreign, token): the token at *${at} of ${source}, which goes on behind
 * it.
 * ${foreign}: inside of svg or math, where CDATA is text. A tag that the source ends in is none. */
void markup_next(struct slice source, size_t *at, bool foreign, struct markup *token);

/* markup_raw(source, at, model, name, token): the text up to the end tag of ${name}, or to the end:
 * that tag is the next token. */
void markup_raw(struct slice source, size_t *at, enum markup_model model, struct slice name,
                struct markup *token);

/* markup_attribute(rest, attribute): takes the next attribute off ${rest}; false at its end. */
bool markup_attribute(struct slice *rest, struct markup_attribute *attribute);

/* markup_space(c): a blank of HTML: space, tab, form feed and line ends. */
static inline bool markup_space(char c)
{
    return ascii_is_space(c) || c == '\f';
}

#endif
