/* endpoint: "host:port" and "unix:/path". Names are not looked up here: a gateway must start
 * without DNS. */
#ifndef CONF_READ_ENDPOINT_H
#define CONF_READ_ENDPOINT_H

#include "conf/read/build.h"

struct endpoint;

/* endpoint_read(build, setting, endpoint, listener): reads "host:port" or "unix:/path";
 * ${listener}: whether it is where we listen: the port may be 0 then, and the host is an address.
 * false: an error was recorded. */
bool endpoint_read(struct build *build, const config_setting_t *setting, struct endpoint *endpoint,
                   bool listener);

/* endpoint_read_unix(build, s, path, endpoint): the unix socket at ${path}, beside the file that
 * ${s} stands in. As endpoint_read. */
bool endpoint_read_unix(struct build *build, const config_setting_t *s, struct slice path,
                        struct endpoint *endpoint);

#endif
