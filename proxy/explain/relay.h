/* relay: whether a listener lets strangers send anywhere, tried with the engine itself. */
#ifndef PROXY_EXPLAIN_RELAY_H
#define PROXY_EXPLAIN_RELAY_H

#include "filters/base/diag.h"

struct config;

/* relay_check(config, diag): warns of each listener that would let strangers send anywhere: the
 * doubt (config_load) of a proxy's configuration. An error when memory is out. */
void relay_check(const struct config *config, struct diag *diag);

#endif
