/* pattern_private: what pattern.c, pattern_source.c and pattern_replace.c know of each other. */
#ifndef FILTERS_PATTERN_PRIVATE_H
#define FILTERS_PATTERN_PRIVATE_H

#include "filters/pattern.h"

/* A pattern's text as the operator meant it. */
struct pattern_source {
    char *text; /* the caller's; room for twice what it is made from */
    size_t len;
    bool continues; /* "\G" stands in it */
};

/* pattern_source_restore(in, out, stop): gives the control characters 07 to 0D of ${in} their
 * escapes back (libconfig took what was written as "\n" for a line feed), until ${out} has ${stop}
 * bytes; returns how far it came in ${in}, so that an offset in the one can be turned into an
 * offset in the other. Between \Q and \E they stay: there an escape would be text. */
size_t pattern_source_restore(struct slice in, struct pattern_source *out, size_t stop);

/* Where a search goes on after a match. */
struct pattern_cursor {
    const struct pattern *pattern;
    struct pattern_scratch *scratch;
    struct slice subject;
    size_t offset;
    bool not_empty; /* an empty match at ${offset} does not count */
};

/* pattern_search_next(cursor, match): as pattern_search_all, from the cursor's place on. */
enum pattern_result pattern_search_next(const struct pattern_cursor *cursor,
                                        struct pattern_match *match);

#endif
