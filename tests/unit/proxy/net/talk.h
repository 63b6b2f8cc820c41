/* talk: one connection under test and the bare descriptor at its other end, with an owner that can
 * be told what to do when it is woken.
 */
#ifndef TESTS_UNIT_PROXY_NET_TALK_H
#define TESTS_UNIT_PROXY_NET_TALK_H

#include "filters/base/bytes.h"
#include "proxy/net/connection.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <stdlib.h>

enum act {
    ACT_KEEP,    /* leave the input unread */
    ACT_READ,    /* take all of it to ${got} */
    ACT_DESTROY, /* destroy the connection */
    ACT_FINISH,
};

struct talk {
    struct loop *loop;
    struct connection *c; /* NULL once it is gone */
    int peer;             /* -1 once it is closed */
    enum act act;
    unsigned wakes;
    bool inside; /* a call to the connection is under way: no wake may come */
    struct bytes got;
    int descriptors; /* open before all began */
    int idle;        /* and with the loop */
};

static inline void talk_wake(void *ctx)
{
    struct talk *t = ctx;
    assert_false(t->inside);
    t->wakes++;
    struct slice input = connection_input(t->c);
    switch (t->act) {
    case ACT_KEEP: break;
    case ACT_READ:
        bytes_append(&t->got, input);
        connection_consume(t->c, input.len);
        break;
    case ACT_DESTROY:
        connection_destroy(t->c);
        t->c = NULL;
        break;
    case ACT_FINISH:
        connection_finish(t->c);
        t->c = NULL;
        break;
    }
}

static inline struct talk *talk_new(void)
{
    struct talk *t = calloc(1, sizeof(*t));
    assert_non_null(t);
    bytes_init(&t->got, 64U << 20);
    t->peer = -1;
    t->descriptors = count_descriptors();
    t->loop = loop_create();
    assert_non_null(t->loop);
    t->idle = count_descriptors();
    return t;
}

/* talk_begin(t, pair): makes the two ends with ${pair} (stream_pair, tcp_pair). */
static inline void talk_begin(struct talk *t, void (*pair)(int fds[2]))
{
    int fds[2];
    pair(fds);
    t->c = connection_accept(t->loop, fds[0], talk_wake, t);
    assert_non_null(t->c);
    t->peer = fds[1];
}

/* talk_end(t): and nothing is left open. */
static inline void talk_end(struct talk *t)
{
    connection_destroy(t->c);
    loop_destroy(t->loop);
    if (t->peer >= 0)
        assert_int_equal(close(t->peer), 0);
    assert_int_equal(count_descriptors(), t->descriptors);
    bytes_fini(&t->got);
    free(t);
}

static inline void talk_close_peer(struct talk *t)
{
    assert_int_equal(close(t->peer), 0);
    t->peer = -1;
}

/* talk_say(t, text): the peer says it, and the loop has a moment. */
static inline void talk_say(struct talk *t, struct slice text)
{
    write_all(t->peer, text);
    run_for(t->loop, 10);
}

/* talk_hear(t, out, size): what the peer can read now, up to ${size}; -1 with errno. */
static inline ssize_t talk_hear(struct talk *t, char *out, size_t size)
{
    return recv(t->peer, out, size, MSG_DONTWAIT);
}

/* talk_pattern(out, size, start): bytes that tell where they stand in a stream. */
static inline void talk_pattern(char *out, size_t size, size_t start)
{
    for (size_t i = 0; i < size; i++) {
        size_t at = start + i;
        out[i] = (char)(at ^ (at >> 8) ^ (at >> 16));
    }
}

#endif
