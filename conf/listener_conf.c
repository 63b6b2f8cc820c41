/* listener_conf: see listener_conf.h. */
#include "conf/listener_conf.h"

#include <stdio.h>

bool listener_conf_keeps(const struct listener_conf *opened, const struct listener_conf *next,
                         char *error, size_t error_size)
{
    if (next->transparent == opened->transparent && next->client_source == opened->client_source)
        return true;
    (void)snprintf(error, error_size,
                   "listener '%.*s' cannot intercept otherwise than before without a restart",
                   SLICE_ARG(next->name));
    return false;
}
