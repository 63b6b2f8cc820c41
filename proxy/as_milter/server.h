/* server: the policy as a milter, through libmilter: the one file that knows its API.
 *
 * libmilter owns its sockets and threads; one of these waits for HUP, TERM and INT, each of which
 * ends it. There can be one server in a process.
 */
#ifndef PROXY_AS_MILTER_SERVER_H
#define PROXY_AS_MILTER_SERVER_H

#include "filters/base/must_use.h"
#include "proxy/as_milter/service.h"

struct milter_service;

/* server_open(conf, error, error_size): opens the socket; a unix socket gets the mode of ${conf},
 * and a stale one is replaced. 0, or -1 and a sentence. Once in a process, before it has threads.
 */
MUST_USE int server_open(const struct milter_service *conf, char *error, size_t error_size);

/* server_run(service): serves until a signal or server_stop ends it. When it returns no callback is
 * under way or will be; sessions may be left in ${service}. 0, or -1 when libmilter says that it
 * failed, which it may also do when it was stopped. Blocks those signals in its thread. */
MUST_USE int server_run(struct service *service);

/* server_stop(): has server_run return within some seconds. From another thread. */
void server_stop(void);

#endif
