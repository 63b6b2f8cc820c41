/* census: what the entries of one list are, counted while they are read.
 *
 * Which entries of a list can never match is known only when the rules are read that name it: an
 * address is a good entry for `sender` and a useless one for `sender_domain`. Lists are long, so
 * what is kept of each shape is its number and its first few entries.
 */
#ifndef CONF_CENSUS_H
#define CONF_CENSUS_H

#include "conf/shape.h"
#include "filters/base/diag.h"
#include "filters/base/must_use.h"

#define CENSUS_KEPT 5 /* entries of each shape */

struct census_entry {
    struct place place;
    struct slice text; /* NUL-terminated */
};

struct census {
    struct place place; /* of the list */
    size_t counts[SHAPE_COUNT];
    struct census_entry first[SHAPE_COUNT][CENSUS_KEPT];
};

/* census_note(census, entry, place, arena): counts one entry; a copy of it may stay in ${arena}. 0,
 * or -1 when memory is out. */
MUST_USE int census_note(struct census *census, struct slice entry, struct place place,
                         struct arena *arena);

/* census_kept(census, shape): how many of that shape stand in ${first}. */
size_t census_kept(const struct census *census, enum shape shape);

#endif
