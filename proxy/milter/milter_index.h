/* milter_index: header fields as Sendmail counts them, the deleted ones too (MILTER 3), for
 * milters that were written for it. */
#ifndef PROXY_MILTER_MILTER_INDEX_H
#define PROXY_MILTER_MILTER_INDEX_H

#include "filters/base/must_use.h"
#include "filters/edit.h"

struct milter;

/* A header field as Sendmail counts it: a deleted one too. */
struct milter_counted {
    struct slice name;
    bool deleted;
};

struct milter_counting {
    struct milter_counted *fields; /* NULL: not needed so far */
    size_t count, capacity;
    size_t above; /* how many of them stand above our own Received field, which is none of them */
};

/* milter_index_edit(m, edit): turns the index of a header edit, as Sendmail counts, into that of
 * struct edit. Returns 1, 0 when nothing is to be changed, or -1 when memory is out. */
MUST_USE int milter_index_edit(struct milter *m, struct edit *edit);

#endif
