/* gateway_reload: the configuration and the certificates, anew. */
#ifndef PROXY_GATEWAY_GATEWAY_RELOAD_H
#define PROXY_GATEWAY_GATEWAY_RELOAD_H

#include "proxy/net/tls_store.h"

struct config;
struct gateway;

#define GATEWAY_RELOAD_LOOK_MS 5000 /* how often it looks whether certificates were replaced */

/* gateway_reload(g): loads the configuration anew; a bad one changes nothing. Ready is said when
 * every worker serves it. */
void gateway_reload(void *g);

/* gateway_reload_take(g, next): the same with a configuration that was loaded already, NULL when it
 * has errors; while no other change is under way. The reference stays the caller's. */
void gateway_reload_take(struct gateway *g, struct config *next);

/* gateway_reload_tls(g, config): the certificates of ${config}, a reference for the caller, or
 * NULL: something is wrong with them and has been logged. */
struct tls_store *gateway_reload_tls(struct gateway *g, const struct config *config);

/* gateway_reload_look(g): takes certificates in if their files changed; sets its timer again. */
void gateway_reload_look(void *g);

#endif
