/* tls: what listeners and upstreams say about TLS. Whether the files are any good is not judged
 * here: that needs OpenSSL (proxy/net/tls_context). */
#ifndef CONF_READ_TLS_H
#define CONF_READ_TLS_H

#include "conf/read/build.h"

struct listener_conf;
struct listener_tls;
struct upstream_conf;

/* tls_read_listener(build, s, tls): the group `tls` of a listener; ${s} NULL: off. */
void tls_read_listener(struct build *build, const config_setting_t *s, struct listener_tls *tls);

/* tls_check_listener(build, listener): whether that fits the rest of it, its upstream above all.
 * tls_check_auth(build, listener): whether auth = "tls-only" leaves a way to log in, always or at
 * all. */
void tls_check_listener(struct build *build, const struct listener_conf *listener);
void tls_check_auth(struct build *build, const struct listener_conf *listener);

/* tls_check_upstream(build, group, upstream): whether the settings of an upstream's TLS fit each
 * other. */
void tls_check_upstream(struct build *build, const config_setting_t *group,
                        const struct upstream_conf *upstream);

#endif
