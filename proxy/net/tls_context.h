/* tls_context: certificates, keys and trust, as a listener or an upstream uses them.
 *
 * Made once from the configuration and its files, then shared by all threads; what belongs to one
 * connection is in tls_stream.
 */
#ifndef PROXY_NET_TLS_CONTEXT_H
#define PROXY_NET_TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "filters/base/diag.h"
#include "filters/base/slice.h"

struct listener_conf;
struct tls_context;
struct upstream_conf;

/* tls_context_listener(conf, diag): for the clients of a listener whose TLS is on. NULL, with
 * errors in ${diag}: a file cannot be read, a key does not fit. */
struct tls_context *tls_context_listener(const struct listener_conf *conf, struct diag *diag);

/* tls_context_upstream(conf, diag): for our connections to an upstream whose TLS is on. NULL, with
 * errors in ${diag}. */
struct tls_context *tls_context_upstream(const struct upstream_conf *conf, struct diag *diag);

/* tls_context_keeps(context, conf): whether ${context}, made for an upstream, verifies the server's
 * certificate if ${conf} says that it is verified. */
bool tls_context_keeps(const struct tls_context *context, const struct upstream_conf *conf);

/* tls_context_ref(context), tls_context_unref(context): one reference more, one less; the last
 * frees it; NULL: nothing. Any thread. */
struct tls_context *tls_context_ref(struct tls_context *context);
void tls_context_unref(struct tls_context *context);

/* One certificate of ours. */
struct tls_certificate {
    struct slice file;
    struct place place;
    long days_left;    /* until it expires; negative: so many days ago */
    long days_to_wait; /* until its time begins; 0 or less: it has */
};

#define TLS_EXPIRY_WARNING_DAYS 14

/* tls_context_certificates(context, count): ours, as many as ${count} gets. */
const struct tls_certificate *tls_context_certificates(const struct tls_context *context,
                                                       size_t *count);

#endif
