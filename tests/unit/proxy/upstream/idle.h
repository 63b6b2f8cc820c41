/* idle: an upstream that is READY on one end of a socket pair, as after a session, and the bare
 * descriptor of its server. */
#ifndef TESTS_UNIT_PROXY_UPSTREAM_IDLE_H
#define TESTS_UNIT_PROXY_UPSTREAM_IDLE_H

#include "proxy/upstream/upstream_state.h"
#include "tests/unit/proxy/net/ground.h"

struct idle {
    struct upstream *upstream; /* NULL once it is somebody else's */
    int server;
};

static inline void idle_wake(void *ctx)
{
    (void)ctx;
}

static inline struct idle idle_make(struct loop *loop, const struct upstream_conf *conf)
{
    int fds[2];
    stream_pair(fds);
    struct upstream *u = upstream_create(loop, idle_wake, NULL);
    assert_non_null(u);
    u->connection = connection_accept(loop, fds[0], u->turn, u);
    assert_non_null(u->connection);
    u->conf = conf;
    u->phase = PHASE_READY;
    u->greeted = true;
    u->wear.born_ms = loop_now_ms(loop);
    return (struct idle){u, fds[1]};
}

static inline void idle_end(struct idle *idle)
{
    upstream_destroy(idle->upstream);
    assert_int_equal(close(idle->server), 0);
}

#endif
