/* sound_list: whether an address list is well-formed, and what is left of one that is not when a
 * reader mends it.
 *
 * All readers take the same addresses out of a well-formed list. Any other each mends in his own
 * way: one leaves comments out and joins what stood around them, another blanks, another quotes.
 */
#ifndef FILTERS_MESSAGE_SOUND_LIST_H
#define FILTERS_MESSAGE_SOUND_LIST_H

#include "filters/base/arena.h"

/* sound_list(value): whether ${value}, unfolded, is a list of addresses as RFC 5322, 3.4 and 4.4
 * have it, with encoded-words and bytes beyond ASCII in its words, groups closed or not, and
 * semicolons for commas. Linear. */
bool sound_list(struct slice value);

/* What may be left out of a list. */
enum mending {
    MENDING_COMMENTS = 1,
    MENDING_BLANKS = 2, /* and control characters */
    MENDING_BRACKETS =
        4, /* quotes, backslashes and parentheses too: all that is structure but "@", ".", ":",
              "," and ";" */
    MENDING_ALL = 7,
};

/* sound_list_mend(value, mending, arena): ${value} without these, some of MENDING_ALL. ptr NULL
 * when the arena is full. */
struct slice sound_list_mend(struct slice value, unsigned mending, struct arena *arena);

#endif
