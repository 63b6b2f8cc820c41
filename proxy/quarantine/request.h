/* request: what somebody wants of the quarantine, and how its troubles are told. */
#ifndef PROXY_QUARANTINE_REQUEST_H
#define PROXY_QUARANTINE_REQUEST_H

#include "conf/config.h"
#include "filters/base/must_use.h"
#include "proxy/record/quarantine_read.h"

struct quarantine_request {
    struct config *config;
    const char *dir;
    bool json, raw;
    bool force;      /* release: also what is unconfirmed */
    struct slice to; /* release: to this address instead; empty: to its own */
};

/* request_error(id, result): says on stderr why a message could not be opened, errno included, and
 * returns the exit code of that (sysexits(3)). */
MUST_USE int request_error(const char *id, enum quarantine_result result);

#endif
