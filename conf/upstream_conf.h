/* upstream_conf: a server behind the gateway. */
#ifndef CONF_UPSTREAM_CONF_H
#define CONF_UPSTREAM_CONF_H

#include <stdbool.h>

#include "conf/protocol.h"
#include "conf/upstream_tls.h"
#include "filters/base/diag.h"
#include "filters/base/endpoint.h"

/* How it learns who the client is. */
enum identify {
    IDENTIFY_NONE,
    IDENTIFY_XCLIENT,
    IDENTIFY_XFORWARD,
    IDENTIFY_PROXY_V1,
    IDENTIFY_PROXY_V2,
};

#define UPSTREAM_ENDPOINTS_MAX 16
#define UPSTREAM_KEEPALIVE_MAX 1000

struct upstream_conf {
    struct slice name;
    const struct endpoint *endpoints; /* in the order they are tried */
    size_t endpoint_count;            /* 0: its listeners are transparent */
    bool addressed;                   /* an address is written */
    enum protocol protocol;
    enum identify identify;
    unsigned keepalive; /* idle connections kept for other sessions, by each worker; 0: none */
    struct upstream_tls tls;
    struct place place;
};

#endif
