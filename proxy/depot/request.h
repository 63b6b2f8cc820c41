/* request: what somebody wants of a depot, and how its troubles are told. */
#ifndef PROXY_DEPOT_REQUEST_H
#define PROXY_DEPOT_REQUEST_H

#include "filters/base/must_use.h"
#include "proxy/depot/depot_read.h"
#include "proxy/record/log.h"

struct config;

struct depot_request {
    struct config *config;
    const char *name; /* of the depot, and of its command */
    const char *dir;
    struct log *log; /* of what goes out or away; NULL: none */
    bool json, raw;
    bool force;      /* release: also what is unconfirmed */
    struct slice to; /* release: to this address instead; empty: to its own */
};

/* request_log(request): where a command notes what it has sent on or deleted, for others than its
 * user: the gateway's log, as the configuration has it; where that is the gateway's own stderr, or
 * no file yet (it would be ours, and the gateway might not be allowed to write it), syslog. NULL
 * when it cannot be opened, which stderr is told. The caller destroys it. */
struct log *request_log(const struct depot_request *request);

/* request_error(request, id, result): says on stderr why a message could not be opened, errno
 * included, and returns the exit code of that (sysexits(3)). */
MUST_USE int request_error(const struct depot_request *request, const char *id,
                           enum depot_result result);

#endif
