/* lonely: an upstream of a configuration whose servers are not there. */
#ifndef TESTS_UNIT_PROXY_UPSTREAM_LONELY_H
#define TESTS_UNIT_PROXY_UPSTREAM_LONELY_H

#include "conf/config.h"
#include "proxy/upstream/upstream.h"
#include "tests/unit/configured.h"

struct lonely {
    struct loop *loop;
    struct upstream *upstream;
    struct config *config;
    struct rest_table table;
};

static inline void lonely_wake(void *ctx)
{
    struct lonely *l = ctx;
    if (upstream_status(l->upstream) == UPSTREAM_LOST)
        loop_stop(l->loop);
}

/* lonely_begin(l, text): with the configuration ${text}. */
static inline void lonely_begin(struct lonely *l, const char *text)
{
    *l = (struct lonely){.config = configured(text), .loop = loop_create()};
    l->upstream = upstream_create(l->loop, lonely_wake, l);
    assert_non_null(l->upstream);
    upstream_rest(l->upstream, &l->table);
}

static inline void lonely_end(struct lonely *l)
{
    upstream_destroy(l->upstream);
    loop_destroy(l->loop);
    config_unref(l->config);
}

/* lonely_open(l): begins to open its first upstream. lonely_lost(l): until it is lost. */
static inline void lonely_open(struct lonely *l)
{
    struct identity identity = {.helo = SLICE("them")};
    upstream_open(l->upstream, l->config, &l->config->upstreams[0], SLICE("me"), &identity);
}

static inline void lonely_lost(struct lonely *l)
{
    if (upstream_status(l->upstream) == UPSTREAM_OPENING)
        assert_int_equal(loop_run(l->loop), 0);
    assert_int_equal(upstream_status(l->upstream), UPSTREAM_LOST);
}

#endif
