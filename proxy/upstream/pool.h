/* pool: the idle upstream connections of one worker, kept for sessions to come.
 *
 * Each is bound to the upstream of the configuration that opened it. There is a bound for each
 * upstream (its keepalive), and the oldest goes. It ends when its time is up, and as soon as its
 * server closes it or says anything at all (PROTOCOL P07). What may be kept is upstream_keepable's
 * to say, and the session's.
 */
#ifndef PROXY_UPSTREAM_POOL_H
#define PROXY_UPSTREAM_POOL_H

#include "proxy/record/log.h"
#include "proxy/upstream/upstream.h"

struct pool;

/* pool_create(loop, log): an empty one, or NULL. ${log} learns at level debug what becomes of
 * connections. */
struct pool *pool_create(struct loop *loop, struct log *log);
/* pool_destroy(pool): closes what is in it, as pool_close. NULL: nothing. */
void pool_destroy(struct pool *pool);

/* pool_put(pool, upstream, idle_ms): takes it over, to be kept for at most ${idle_ms}. It is READY,
 * or WAITING for the reply to an RSET, without which nobody gets it. All in the pool are of one
 * configuration, and so is ${idle_ms}. */
void pool_put(struct pool *pool, struct upstream *upstream, uint64_t idle_ms);

/* pool_take(pool, conf, wake, ctx): the connection to ${conf} that was put last, READY and bound to
 * ${wake} and ${ctx}; the caller's now, to begin with upstream_reuse. NULL: there is none. */
struct upstream *pool_take(struct pool *pool, const struct upstream_conf *conf,
                           void (*wake)(void *ctx), void *ctx);

/* pool_close(pool, why): closes all at once, with QUIT. ${why} is for the log. */
void pool_close(struct pool *pool, const char *why);

/* pool_count(pool): how many there are. */
size_t pool_count(const struct pool *pool);

#endif
