/* release: a message leaves the quarantine for its recipients. Only what the upstream has taken
 * leaves the store. */
#ifndef PROXY_DEPOT_RELEASE_H
#define PROXY_DEPOT_RELEASE_H

#include "filters/base/must_use.h"
#include "proxy/depot/request.h"

/* release_message(request, id): sends one message on, says on stdout what became of each
 * recipient, and takes from the store what the upstream has. Exit code: EX_OK when that is all of
 * it, EX_TEMPFAIL when another try may help, EX_UNAVAILABLE when the upstream has refused for good,
 * EX_NOPERM when it is unconfirmed and the request does not force it. */
MUST_USE int release_message(const struct depot_request *request, const char *id);

#endif
