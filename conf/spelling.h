/* spelling: the nearest right spelling of a wrong word. */
#ifndef CONF_SPELLING_H
#define CONF_SPELLING_H

#include "filters/base/arena.h"

#define SPELLING_WORD_MAX  64  /* longer words are not compared */
#define SPELLING_NAMES_MAX 512 /* bytes of all the candidates, when none is near */

struct spelling {
    struct slice word;
    struct slice nearest;           /* of the candidates so far; a slice of the caller's */
    size_t distance;                /* of ${nearest}; at first one more than what counts as near */
    char names[SPELLING_NAMES_MAX]; /* the candidates, for a word that is like none of them */
    size_t names_length;
};

/* spelling_init(spelling, word): begins; ${word} must live until the end. */
void spelling_init(struct spelling *spelling, struct slice word);

/* spelling_try(spelling, candidate): compares; the first of equally near candidates stays. Letter
 * case and "-" for "_" cost nothing. */
void spelling_try(struct spelling *spelling, struct slice candidate);

/* spelling_hint(spelling, arena): "; did you mean 'x'?", or when no candidate is near "; known are
 * a, b, c", or "" when there was no candidate or memory is out. Never NULL. */
const char *spelling_hint(const struct spelling *spelling, struct arena *arena);

#endif
