#include "proxy/gateway/descriptors.h"

#include <fcntl.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "conf/read/config_load.h"
#include "proxy/depot/keeper.h"
#include "proxy/inspect/milters.h"
#include "proxy/net/connection.h"
#include "proxy/net/loop.h"
#include "proxy/net/resolver.h"
#include "proxy/net/spool.h"
#include "proxy/net/transparent.h"
#include "proxy/process/notify.h"
#include "proxy/process/rlimit.h"
#include "proxy/record/audit.h"
#include "proxy/record/log.h"
#include "proxy/upstream/upstream.h"

#define TURNED_AWAY CONNECTION_DESCRIPTORS /* on its way out */

/* What may be opened beside the sessions after the start, when standard streams, listening sockets,
 * the main loop, log and audit file are open: by the process, and by each worker. */
enum {
    NOW_AND_THEN = CONFIG_LOAD_DESCRIPTORS + LOG_DESCRIPTORS + AUDIT_DESCRIPTORS +
                   NOTIFY_DESCRIPTORS + KEEPER_DESCRIPTORS + TURNED_AWAY,
    PER_WORKER = LOOP_DESCRIPTORS + TRANSPARENT_DESCRIPTORS,
    PER_SESSION = CONNECTION_DESCRIPTORS + UPSTREAM_DESCRIPTORS + SPOOL_DESCRIPTORS,
};

/* The lowest free one is given first, so at the start they are low. */
#define OPENED_LOOK 1024

unsigned descriptors_opened(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < OPENED_LOOK; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* Of one worker's lookups. */
static unsigned name_lookups(const struct config *config)
{
    size_t given = config->resolver.server_count;
    unsigned servers = given > 0 ? (unsigned)given : RESOLVER_SYSTEM_SERVERS;
    return servers * RESOLVER_DESCRIPTORS_PER_SERVER + RESOLVER_DESCRIPTORS;
}

/* Of idle upstream connections: ended sessions have left them. */
static unsigned kept_connections(const struct config *config, unsigned workers)
{
    unsigned kept = 0;
    for (size_t i = 0; i < config->upstream_count; i++)
        kept += config->upstreams[i].keepalive;
    return kept * UPSTREAM_DESCRIPTORS * workers;
}

/* Of the policy with the most milters. */
static unsigned one_session(const struct config *config)
{
    size_t milters = 0;
    for (size_t i = 0; i < config->policy_count; i++)
        if (config->policies[i].milter_count > milters)
            milters = config->policies[i].milter_count;
    return PER_SESSION + MILTERS_DESCRIPTORS_EACH * (unsigned)milters +
           (config_quarantines(config) ? KEEPER_PENDING_DESCRIPTORS : 0) +
           (config_archives(config) ? KEEPER_PENDING_DESCRIPTORS : 0);
}

struct descriptors descriptors_fit(const struct config *config, unsigned workers, unsigned opened)
{
    struct descriptors d = {.others = opened + NOW_AND_THEN + PER_WORKER * workers};
    d.others += kept_connections(config, workers) + name_lookups(config) * workers;
    d.one = one_session(config);
    d.allowed = rlimit_descriptors((uint64_t)config->limits.connections * d.one + d.others);
    return d;
}

unsigned descriptors_sessions(const struct descriptors *d)
{
    return d->allowed > d->others ? (d->allowed - d->others) / d->one : 0;
}

bool descriptors_room(const struct descriptors *d, unsigned sessions, unsigned lingering)
{
    uint64_t needed = d->others + (uint64_t)lingering;
    needed += ((uint64_t)sessions + 1) * d->one;
    return needed <= d->allowed;
}
