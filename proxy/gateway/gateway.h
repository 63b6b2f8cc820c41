/* gateway: the main thread of `postern proxy`: listening sockets, limits, signals, reload, drain.
 *
 * It accepts, counts, and hands each connection to the worker with the fewest sessions. SIGTERM and
 * SIGINT drain (a second one drops), SIGHUP reloads: a configuration that does not load leaves the
 * old one serving.
 */
#ifndef PROXY_GATEWAY_GATEWAY_H
#define PROXY_GATEWAY_GATEWAY_H

#include <stddef.h>

#include "filters/base/must_use.h"

struct config;
struct diag;
struct gateway;

/* gateway_open(config, error, error_size): binds every listener of ${config}, of which a reference
 * is taken. Done before privileges are dropped. NULL and a sentence in ${error} when one cannot be
 * had. */
struct gateway *gateway_open(struct config *config, char *error, size_t error_size);

/* gateway_start(g, error, error_size): opens log and audit, starts the workers. Done with the
 * privileges that a reload will have, so that a start fails where a reload would. 0, or -1 and a
 * sentence. */
MUST_USE int gateway_start(struct gateway *g, char *error, size_t error_size);

/* gateway_report(g, diag): what was found in the configuration, into its log, a line each. After
 * gateway_start. */
void gateway_report(struct gateway *g, const struct diag *diag);

/* gateway_warn(g, text): one more warning of the caller's; NUL-terminated. After gateway_start. */
void gateway_warn(struct gateway *g, const char *text);

/* gateway_run(g, notify_socket): serves until drained. ${notify_socket} is NOTIFY_SOCKET's value or
 * NULL. Returns 0, or -1 when its loop or a worker's broke; what the others served was drained in
 * the second case. */
MUST_USE int gateway_run(struct gateway *g, const char *notify_socket);

/* gateway_destroy(g): ends what is left. NULL: nothing. */
void gateway_destroy(struct gateway *g);

#endif
