/* pattern_private: what the files of patterns know of each other, the library aside. */
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

/* How much of a subject a pattern can have to do with. */
struct pattern_extent {
    size_t reach;  /* bytes from a start offset that it looks at, at most; SIZE_MAX: any number */
    size_t repeat; /* the largest number of a repeat in it, 0 without one */
};

/* pattern_extent(source): of a pattern's restored text, which compiles. Back references are not
 * looked for. Never less than it is. */
struct pattern_extent pattern_extent(struct slice source);

#endif
