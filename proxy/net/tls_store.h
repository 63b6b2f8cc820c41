/* tls_store: the TLS contexts of one configuration, made from its files as they are now.
 *
 * Immutable and shared by all threads like the configuration, but with a life of its own:
 * certificates are replaced while the configuration stays. Contexts are found by the names of
 * listeners and upstreams, so that a session whose configuration is older finds them, too.
 */
#ifndef PROXY_NET_TLS_STORE_H
#define PROXY_NET_TLS_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "proxy/net/tls_context.h"

struct config;
struct diag;
struct tls_store;

/* tls_store_create(config, diag): all contexts that ${config} asks for. NULL, with errors in
 * ${diag}, when one cannot be made. Certificates that expire soon are warnings. Blocking file
 * I/O. */
struct tls_store *tls_store_create(const struct config *config, struct diag *diag);

/* tls_store_ref(store), tls_store_unref(store): one reference more, one less; the last frees it;
 * NULL: nothing. Any thread. */
struct tls_store *tls_store_ref(struct tls_store *store);
void tls_store_unref(struct tls_store *store);

/* tls_store_listener(store, name): its context, or NULL when it has no TLS; the store's. */
struct tls_context *tls_store_listener(const struct tls_store *store, struct slice name);

/* tls_store_upstream(store, conf): likewise for the upstream of the name of ${conf}. NULL, too,
 * where ${conf} says that the server's certificate is verified, and the one that has this name now
 * does not: a session of the older configuration would take it for verified. */
struct tls_context *tls_store_upstream(const struct tls_store *store,
                                       const struct upstream_conf *conf);

/* tls_store_certificates(store, out, max): up to ${max} of our certificates; returns how many there
 * are. They live as long as the store. */
size_t tls_store_certificates(const struct tls_store *store, struct tls_certificate *out,
                              size_t max);

/* tls_store_mark(config): a number that changes when one of the files does (size, time, inode); 0
 * when ${config} has no TLS. */
uint64_t tls_store_mark(const struct config *config);

#endif
