/* literal_run: the few strings one of which a part of a pattern is, letter for letter, and what is
 * picked of them to be looked for. For literals.c. */
#ifndef FILTERS_MATCH_LITERAL_RUN_H
#define FILTERS_MATCH_LITERAL_RUN_H

#include "filters/match/literals.h"

#define LITERAL_RUN_STRINGS 16
#define LITERAL_RUN_BYTES   24

/* Strings, folded. None: it is not known which, or they are too many. */
struct literal_run {
    unsigned count;
    unsigned char lengths[LITERAL_RUN_STRINGS];
    unsigned char text[LITERAL_RUN_STRINGS][LITERAL_RUN_BYTES];
};

/* literal_run_of(text): the run of the one string ${text}, which is no longer than fits. */
struct literal_run literal_run_of(struct slice text);

/* literal_run_join(run, other): adds the strings of ${other}. false, and none are left, when they
 * are too many, or either has none. */
bool literal_run_join(struct literal_run *run, const struct literal_run *other);

/* literal_run_cross(run, next): each string of ${run} followed by each of ${next}. false, and
 * ${run} stays as it is, when they would be too many or too long, or either has none. */
bool literal_run_cross(struct literal_run *run, const struct literal_run *next);

/* Literals of which one must occur, and how rare that is. */
struct literal_choice {
    size_t count;  /* 0: none */
    size_t ahead;  /* as in struct literals */
    unsigned bits; /* the higher, the rarer */
};

#define LITERAL_POOL_MAX (4 * LITERALS_MAX)

/* Where choices stand, the one that is made last on top. */
struct literal_pool {
    size_t used;
    struct literal items[LITERAL_POOL_MAX];
};

/* literal_run_pick(run, varies, pool, choice): picks a part of each string and puts it on top of
 * ${pool}. ${varies}: in place of s and k other characters may stand. count 0, and the pool is as
 * it was, when a string is too short or there is no room. */
void literal_run_pick(const struct literal_run *run, bool varies, struct literal_pool *pool,
                      struct literal_choice *choice);

#endif
