#include "proxy/upstream/pool.h"

#include <stdlib.h>

struct kept {
    struct kept *older, *newer;
    struct pool *pool;
    struct upstream *upstream;
    uint64_t until_ms;
    bool resetting; /* the reply to an RSET is to come */
};

struct pool {
    struct loop *loop;
    struct log *log;
    struct loop_timer *timer; /* set while there is anything; late it finds out, early it waits */
    struct kept *oldest, *newest;
    size_t count;
};

/* --- the list: by time, as all are kept for equally long --- */

static void join(struct pool *pool, struct kept *kept)
{
    kept->older = pool->newest;
    if (kept->older != NULL)
        kept->older->newer = kept;
    else
        pool->oldest = kept;
    pool->newest = kept;
    pool->count++;
}

/* Takes it off the list and returns what it held. */
static struct upstream *leave(struct kept *kept)
{
    struct pool *pool = kept->pool;
    struct upstream *upstream = kept->upstream;
    if (kept->older != NULL)
        kept->older->newer = kept->newer;
    else
        pool->oldest = kept->newer;
    if (kept->newer != NULL)
        kept->newer->older = kept->older;
    else
        pool->newest = kept->older;
    pool->count--;
    free(kept);
    return upstream;
}

static void say(const struct pool *pool, const struct upstream *upstream, const char *what,
                const char *why)
{
    log_write(pool->log, LOG_LEVEL_DEBUG, "upstream %.*s: the kept connection to %.*s is %s%s",
              SLICE_ARG(upstream_conf(upstream)->name), SLICE_ARG(upstream_address(upstream)), what,
              why);
}

static void end(struct upstream *upstream)
{
    upstream_quit(upstream);
    upstream_destroy(upstream);
}

static void drop(struct kept *kept, const char *why)
{
    say(kept->pool, kept->upstream, "closed: ", why);
    end(leave(kept));
}

/* --- what happens to them --- */

/* Something came from the server, or the connection is gone. */
static void on_kept_woke(void *ctx)
{
    struct kept *kept = ctx;
    enum upstream_status status = upstream_status(kept->upstream);
    if (status == UPSTREAM_WAITING)
        return;
    if (status != UPSTREAM_READY) {
        drop(kept, upstream_failure(kept->upstream));
    } else if (kept->resetting) {
        kept->resetting = false;
        if (upstream_reply(kept->upstream)->code / 100 != 2)
            drop(kept, "RSET was refused");
    }
}

static void on_kept_too_long(void *ctx)
{
    struct pool *pool = ctx;
    uint64_t now_ms = loop_now_ms(pool->loop);
    while (pool->oldest != NULL && pool->oldest->until_ms <= now_ms)
        drop(pool->oldest, "it was idle for its time");
    if (pool->oldest != NULL)
        loop_timer_set(pool->timer, pool->oldest->until_ms - now_ms);
}

/* --- life --- */

struct pool *pool_create(struct loop *loop, struct log *log)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->loop = loop;
    pool->log = log;
    pool->timer = loop_timer_create(loop, on_kept_too_long, pool);
    if (pool->timer == NULL) {
        free(pool);
        return NULL;
    }
    return pool;
}

void pool_close(struct pool *pool, const char *why)
{
    while (pool->oldest != NULL)
        drop(pool->oldest, why);
}

void pool_destroy(struct pool *pool)
{
    if (pool == NULL)
        return;
    pool_close(pool, "the service was stopped");
    loop_timer_destroy(pool->timer);
    free(pool);
}

size_t pool_count(const struct pool *pool)
{
    return pool->count;
}

/* --- in and out --- */

/* Makes room for one more to ${conf}. */
static void make_room(struct pool *pool, const struct upstream_conf *conf)
{
    size_t count = 0;
    struct kept *first = NULL;
    for (struct kept *kept = pool->newest; kept != NULL; kept = kept->older) {
        if (upstream_conf(kept->upstream) != conf)
            continue;
        count++;
        first = kept;
    }
    if (count > 0 && count >= conf->keepalive)
        drop(first, "newer ones take its place");
}

void pool_put(struct pool *pool, struct upstream *upstream, uint64_t idle_ms)
{
    struct kept *kept = calloc(1, sizeof *kept);
    if (kept == NULL) {
        end(upstream);
        return;
    }
    make_room(pool, upstream_conf(upstream));
    kept->pool = pool;
    kept->upstream = upstream;
    kept->until_ms = loop_now_ms(pool->loop) + idle_ms;
    kept->resetting = upstream_status(upstream) == UPSTREAM_WAITING;
    upstream_bind(upstream, on_kept_woke, kept);
    upstream_flush(upstream);
    if (pool->oldest == NULL)
        loop_timer_set(pool->timer, idle_ms);
    join(pool, kept);
}

struct upstream *pool_take(struct pool *pool, const struct upstream_conf *conf,
                           void (*wake)(void *ctx), void *ctx)
{
    struct kept *older;
    for (struct kept *kept = pool->newest; kept != NULL; kept = older) {
        older = kept->older;
        if (kept->resetting || upstream_conf(kept->upstream) != conf)
            continue;
        upstream_check(kept->upstream);
        if (upstream_status(kept->upstream) != UPSTREAM_READY) {
            drop(kept, upstream_failure(kept->upstream));
        } else if (!upstream_keepable(kept->upstream)) {
            drop(kept, "it has served long enough");
        } else {
            say(pool, kept->upstream, "used again", "");
            struct upstream *upstream = leave(kept);
            upstream_bind(upstream, wake, ctx);
            return upstream;
        }
    }
    return NULL;
}
