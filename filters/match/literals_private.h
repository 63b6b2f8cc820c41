/* literals_private: what the files that read a pattern for its literals share. */
#ifndef FILTERS_MATCH_LITERALS_PRIVATE_H
#define FILTERS_MATCH_LITERALS_PRIVATE_H

#include "filters/match/literal_run.h"

#define LITERALS_CHARACTER_MAX 4 /* bytes of one, in UTF-8 */

/* Reading a pattern. */
struct literals_reader {
    struct slice rest;
    bool utf;
    bool caseless, extended; /* here */
    bool caseless_ever;      /* somewhere so far */
    bool quoted;             /* between \Q and \E */
    bool unsure;             /* what was read says nothing */
    unsigned depth;
    struct literal_pool pool;
};

/* What of a pattern's part is known. */
struct literals_part {
    struct literal_run exact;     /* it is one of these strings; none: who knows */
    struct literal_choice choice; /* one of these must be in it; on top of the pool */
    size_t most;                  /* bytes it can be long; SIZE_MAX: any number */
    bool open;                    /* it begins and ends in ${exact}, and more may be between */
};

/* literals_take(r, count): takes ${count} bytes off the rest. literals_next(r, text): whether the
 * rest begins with ${text}, which is taken then. */
void literals_take(struct literals_reader *r, size_t count);
bool literals_next(struct literals_reader *r, struct slice text);

/* literals_anything(length), literals_nothing(): the part that is some text of at most so many
 * bytes; the one that is an empty text. */
struct literals_part literals_anything(size_t length);
struct literals_part literals_nothing(void);

/* literals_character(r): what stands for itself at the front of the rest.
 * literals_escape(r): a backslash and what belongs to it. literals_class(r): from "[" to "]".
 * What they do not know is r->unsure. */
struct literals_part literals_character(struct literals_reader *r);
struct literals_part literals_escape(struct literals_reader *r);
struct literals_part literals_class(struct literals_reader *r);

#endif
