/* upstream_tls: how an upstream is spoken to. */
#ifndef CONF_UPSTREAM_TLS_H
#define CONF_UPSTREAM_TLS_H

#include "filters/base/slice.h"

enum upstream_tls_mode {
    UPSTREAM_TLS_OFF,
    UPSTREAM_TLS_OPPORTUNISTIC,
    UPSTREAM_TLS_REQUIRED,
    UPSTREAM_TLS_VERIFIED,
    UPSTREAM_TLS_IMPLICIT,
};

struct upstream_tls {
    enum upstream_tls_mode mode;
    struct slice name;             /* asked for and expected; empty: the address is expected */
    struct slice ca;               /* an absolute path, "system", or empty */
    struct slice certificate, key; /* ours; empty: none */
};

#endif
