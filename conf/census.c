/* census: see census.h. */
#include "conf/census.h"

int census_note(struct census *census, struct slice entry, struct place place, struct arena *arena)
{
    enum shape shape = shape_of(entry);
    size_t number = census->counts[shape]++;
    struct slice copy;

    if (number >= CENSUS_KEPT)
        return 0;
    copy = arena_copy(arena, entry);
    census->first[shape][number] = (struct census_entry){place, copy};
    return copy.ptr != NULL ? 0 : -1;
}

size_t census_kept(const struct census *census, enum shape shape)
{
    return census->counts[shape] < CENSUS_KEPT ? census->counts[shape] : CENSUS_KEPT;
}
