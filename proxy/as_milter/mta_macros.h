/* mta_macros: the macros of an MTA: what it knows beyond the events (MILTER 6). */
#ifndef PROXY_AS_MILTER_MTA_MACROS_H
#define PROXY_AS_MILTER_MTA_MACROS_H

#include "filters/base/slice.h"

#define MTA_NAME_MAX 1024 /* bytes of a HELO name, a login, a macro that is kept */

struct mta_macros {
    const char *(*get)(void *ctx, const char *name); /* NULL: has no value */
    void *ctx;
};

/* mta_macros_get(macros, name): its value, empty when it has none; as long as the callback. */
static inline struct slice mta_macros_get(const struct mta_macros *macros, const char *name)
{
    const char *value = macros->get(macros->ctx, name);

    return slice_first(slice_str(value), MTA_NAME_MAX);
}

#endif
