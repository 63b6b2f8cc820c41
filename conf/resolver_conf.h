/* resolver_conf: who is asked for names and addresses. */
#ifndef CONF_RESOLVER_CONF_H
#define CONF_RESOLVER_CONF_H

#include <stdbool.h>

#include "filters/base/address.h"

struct resolver_conf {
    const struct address *servers; /* with ports; none: the system's */
    size_t server_count;
    unsigned timeout_ms; /* for one lookup, a client's name in all its steps */
    bool client_names;   /* looked up for every session, for the record */
};

#endif
