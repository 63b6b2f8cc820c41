#include "proxy/gateway/descriptors.h"

#include <fcntl.h>

#include "proxy/process/rlimit.h"

/* What is opened beside the sessions after the start, when standard streams, listening sockets, the
 * main loop, log and audit file are open. */
enum {
    RELOAD_FILES = 11,        /* the configuration and ten files that include each other; later
                                 lists and certificates, one at a time */
    RELOAD_LOG_AND_AUDIT = 2, /* before the old ones are closed */
    SYSLOG = 1,               /* the socket of syslog(3) */
    SERVICE_MANAGER = 1,      /* the socket to it */
    TURNED_AWAY = 1,          /* a connection on its way out */
    QUARANTINE = 3,           /* the message being stored, and directories */

    NOW_AND_THEN =
        RELOAD_FILES + RELOAD_LOG_AND_AUDIT + SYSLOG + SERVICE_MANAGER + TURNED_AWAY + QUARANTINE,
    SYSTEM_SERVERS = 3,     /* name servers in resolv.conf(5) */
    SOCKETS_PER_SERVER = 2, /* UDP, and TCP for what does not fit */
    HOSTS_FILE = 1,
    PER_WORKER = 5, /* libevent's epoll and two of its own, the eventfd for what is posted, a look
                       at the routes for an intercepted connection */
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
    size_t servers = config->resolver.server_count;
    return (servers > 0 ? (unsigned)servers : SYSTEM_SERVERS) * SOCKETS_PER_SERVER + HOSTS_FILE;
}

/* Of idle upstream connections: ended sessions have left them. */
static unsigned kept_connections(const struct config *config, unsigned workers)
{
    unsigned kept = 0;
    for (size_t i = 0; i < config->upstream_count; i++)
        kept += config->upstreams[i].keepalive;
    return kept * workers;
}

/* Of the policy with the most milters. */
static unsigned one_session(const struct config *config)
{
    size_t milters = 0;
    for (size_t i = 0; i < config->policy_count; i++)
        if (config->policies[i].milter_count > milters)
            milters = config->policies[i].milter_count;
    return DESCRIPTORS_PER_SESSION + DESCRIPTORS_PER_MILTER * (unsigned)milters +
           (config_quarantines(config) ? DESCRIPTORS_PER_COPY : 0);
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
