/* endpoint: where a socket is, ours or another's. */
#ifndef FILTERS_BASE_ENDPOINT_H
#define FILTERS_BASE_ENDPOINT_H

#include "filters/base/address.h"
#include "filters/base/slice.h"

/* Where a socket is: an IP address with port, a path (address.family ADDRESS_UNIX), or a host's
 * name (ADDRESS_NONE, with its port), of upstreams only. */
struct endpoint {
    struct address address;
    struct slice path; /* of a unix socket */
    struct slice host; /* a name; else empty */
    struct slice text; /* as written */
};

/* endpoint_equal(a, b): the same address and port, or the same path. endpoint_reaches(to,
 * listener): whether a connection to ${to} arrives at ${listener}, as far as the addresses alone
 * tell. endpoint_covers(wide, other): whether a socket listening on ${wide} takes all that arrives
 * at ${other}, so that the system opens only one of them: [::] is opened for IPv4, too. */
bool endpoint_covers(const struct endpoint *wide, const struct endpoint *other);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool endpoint_reaches(const struct endpoint *to, const struct endpoint *listener);

#endif
