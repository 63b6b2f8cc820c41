/* show: what is in the quarantine, for a person or a program. */
#ifndef PROXY_DEPOT_SHOW_H
#define PROXY_DEPOT_SHOW_H

#include "filters/base/must_use.h"
#include "proxy/depot/request.h"

/* show_list(request): a line for each message, on stdout. show_one(request, id): all of one. Exit
 * codes. */
MUST_USE int show_list(const struct depot_request *request);
MUST_USE int show_one(const struct depot_request *request, const char *id);

#endif
