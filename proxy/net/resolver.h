/* resolver: names and addresses from the DNS and the hosts file, without blocking the loop. The
 * door to c-ares.
 *
 * One for each worker, on its loop. Names are looked up as they are written: the search list of
 * resolv.conf is not used, so that nobody else's zone can answer for them. The hosts file counts
 * unless name servers are configured.
 */
#ifndef PROXY_NET_RESOLVER_H
#define PROXY_NET_RESOLVER_H

#include <stddef.h>

#include "filters/base/address.h"
#include "proxy/net/loop.h"

struct resolver;
struct resolver_conf;
struct resolver_query;

#define RESOLVER_ADDRESSES_MAX 8 /* of one answer; what is more is left out */
#define RESOLVER_NAMES_MAX     4

/* A resolver may open RESOLVER_DESCRIPTORS, and so many for each server: the system has
 * RESOLVER_SYSTEM_SERVERS at the most (resolv.conf(5)). */
#define RESOLVER_DESCRIPTORS            1 /* the hosts file */
#define RESOLVER_DESCRIPTORS_PER_SERVER 2 /* UDP, and TCP for what does not fit */
#define RESOLVER_SYSTEM_SERVERS         3

enum resolver_result {
    RESOLVER_OK,     /* there is at least one */
    RESOLVER_NONE,   /* the DNS says that there is none, or it is no host's name */
    RESOLVER_FAILED, /* nobody knows: no answer in time, a server's failure, nonsense */
};

/* Lives until the callback that gets it returns. */
struct resolver_answer {
    enum resolver_result result;
    const struct address *addresses; /* ports 0; IPv4 and IPv6 in turn */
    size_t address_count;
    const struct slice *names; /* of resolver_names; NUL-terminated, whatever bytes the DNS gave */
    size_t name_count;
    unsigned ttl_s; /* the shortest of the addresses'; 0 from the hosts file */
};

typedef void resolver_done(void *ctx, const struct resolver_answer *answer);

/* resolver_create(loop, conf): NULL when memory is out. From the thread that begins and ends all of
 * them. ${conf} is copied. Without usable servers every query fails. */
struct resolver *resolver_create(struct loop *loop, const struct resolver_conf *conf);

/* resolver_destroy(r): its queries must be over or cancelled. From that same thread. NULL: nothing.
 */
void resolver_destroy(struct resolver *r);

/* resolver_configure(r, conf): asks other servers from now on, and reads the system's settings
 * again; queries under way begin anew, within their old deadlines. Reads small local files. */
void resolver_configure(struct resolver *r, const struct resolver_conf *conf);

/* resolver_addresses(r, name, family, deadline_ms, query): asks for the addresses of ${name}:
 * ADDRESS_V4, ADDRESS_V6, or ADDRESS_NONE for both. resolver_names(...): for the names of an
 * address.
 * ${done} is called once, from the loop, at the latest after ${deadline_ms} (the result is
 * RESOLVER_FAILED then), never from inside the start or another call. The handle is good until
 * then; NULL when memory is out: nothing will be called. */
struct resolver_ask {
    uint64_t deadline_ms;
    resolver_done *done;
    void *ctx;
};
struct resolver_query *resolver_addresses(struct resolver *r, struct slice name,
                                          enum address_family family,
                                          const struct resolver_ask *ask);
struct resolver_query *resolver_names(struct resolver *r, const struct address *address,
                                      const struct resolver_ask *ask);

/* resolver_cancel(q): nothing will be called. NULL: nothing. */
void resolver_cancel(struct resolver_query *q);

#endif
