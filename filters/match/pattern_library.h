/* pattern_library: what pattern.c and pattern_search.c know of PCRE2 and of each other. No other
 * file includes this.
 *
 * A pattern may be compiled three times. Its whole code is made when it is created and does for
 * nearly every subject. The others are made when the first subject needs them, which for most
 * patterns is never, and are then as immutable as the first: whichever thread comes first puts its
 * own in place.
 */
#ifndef FILTERS_MATCH_PATTERN_LIBRARY_H
#define FILTERS_MATCH_PATTERN_LIBRARY_H

#include <stdatomic.h>

#include "filters/match/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum pattern_way {
    PATTERN_WHOLE,   /* sees the subject to its end */
    PATTERN_WINDOW,  /* can say that it came to the end of what it was shown (partial matching) */
    PATTERN_GUARDED, /* the same, and counts at each item of the pattern (callouts) */
    PATTERN_WAYS,
};

struct pattern_code {
    pcre2_code *code;
    bool jit;
};

/* Those that are made when needed; NULL: not yet. */
struct pattern_later {
    _Atomic(struct pattern_code *) codes[PATTERN_WAYS];
};

struct pattern {
    struct pattern_code whole;
    struct pattern_later *later;
    char *source; /* escapes restored */
    size_t source_len;
    uint32_t options; /* the library's, of compiling */
    unsigned groups;
    bool utf;
    bool unicode;
    bool anchored;      /* can match at the subject's start only */
    bool names_newline; /* CR or LF stand in it as such */
    bool refers_back;   /* to groups: comparing takes as long as they are */
    size_t reach;       /* bytes from a start offset that it can look at; SIZE_MAX: any number */
    size_t repeat;      /* the largest number in braces */
};

/* pattern_code_of(pattern, way): its code, made now if need be; NULL when it cannot be made: out of
 * memory, or too large with callouts. */
const struct pattern_code *pattern_code_of(const struct pattern *pattern, enum pattern_way way);

#endif
