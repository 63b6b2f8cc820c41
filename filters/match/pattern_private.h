/* pattern_private: what the files of patterns know of each other, the library aside. */
#ifndef FILTERS_MATCH_PATTERN_PRIVATE_H
#define FILTERS_MATCH_PATTERN_PRIVATE_H

#include "filters/match/pattern.h"

/* A pattern's text as the operator meant it. */
struct pattern_source {
    char *text; /* the caller's; room for twice what it is made from */
    size_t len;
};

/* pattern_source_restore(in, out, stop): gives the control characters 07 to 0D of ${in} their
 * escapes back (libconfig took what was written as "\n" for a line feed), until ${out} has ${stop}
 * bytes; returns how far it came in ${in}, so that an offset in the one can be turned into an
 * offset in the other. Between \Q and \E they stay: there an escape would be text. */
size_t pattern_source_restore(struct slice in, struct pattern_source *out, size_t stop);

/* pattern_source_refused(source): what of a restored text cannot be: a slice begins in the middle
 * of the subject, where \G would hold, and a backtracking verb, as "(*COMMIT" or "(*SKIP", would
 * rule on the slice alone. A slice of ${source}, or empty. */
struct slice pattern_source_refused(struct slice source);

/* pattern_source_negates(source): whether \S, \W or \D stands in a restored text, other than in a
 * class. */
bool pattern_source_negates(struct slice source);

/* A subject that is not well-formed UTF-8, and the text that is searched in its place: each invalid
 * byte is U+FFFD there. All zero but the text, which wants bytes_init. */
struct pattern_subject {
    struct slice raw;
    struct bytes text;
    size_t raw_at, text_at; /* one place in both: places are asked for in order, mostly */
};

/* pattern_subject_make(s, raw): makes the text of ${raw}, which must stay. 0, or -1 when memory is
 * out. */
MUST_USE int pattern_subject_make(struct pattern_subject *s, struct slice raw);

/* pattern_subject_text_at(s, raw_at), pattern_subject_raw_at(s, text_at): the same place in the
 * other; one past the end is one past the end. Linear in how far it is from the last place. */
size_t pattern_subject_text_at(struct pattern_subject *s, size_t raw_at);
size_t pattern_subject_raw_at(struct pattern_subject *s, size_t text_at);

/* pattern_subject_raw(s, part): what a part of the text is in the subject; SLICE_NONE stays. */
struct slice pattern_subject_raw(struct pattern_subject *s, struct slice part);

/* How much of a subject a pattern can have to do with. */
struct pattern_extent {
    size_t reach;  /* bytes from a start offset that it looks at, at most; SIZE_MAX: any number */
    size_t repeat; /* the largest number of a repeat in it, 0 without one */
};

/* pattern_extent(source): of a pattern's restored text, which compiles. Back references are not
 * looked for. Never less than it is. */
struct pattern_extent pattern_extent(struct slice source);

#endif
