/* milter_endpoint: where a milter is, as a setting. */
#ifndef CONF_READ_MILTER_ENDPOINT_H
#define CONF_READ_MILTER_ENDPOINT_H

#include "conf/read/build.h"

struct endpoint;

/* milter_endpoint_read(build, s, endpoint, listener): a milter's address in the notation of
 * libmilter ("inet:8891@127.0.0.1", "local:/path") or of Postfix ("inet:127.0.0.1:8891",
 * "unix:/path"). Without a host it is every address to listen on, or this machine to connect to.
 * false: an error was recorded. */
bool milter_endpoint_read(struct build *build, const config_setting_t *s, struct endpoint *endpoint,
                          bool listener);

#endif
