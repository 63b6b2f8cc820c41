/* line_server: a server in the loop of the test that hears lines, and has a script say what it
 * answers. */
#ifndef TESTS_UNIT_PROXY_UPSTREAM_LINE_SERVER_H
#define TESTS_UNIT_PROXY_UPSTREAM_LINE_SERVER_H

#include "filters/base/bytes.h"
#include "proxy/net/connection.h"
#include "tests/unit/support.h"

struct line_server {
    struct loop *loop;
    struct connection *connection; /* NULL: nobody is there */
    struct bytes heard;            /* every line, joined by "|" */
    void (*next)(void *ctx);       /* to be answered: the connection itself, then each line */
    void *ctx;
};

static inline void line_server_begin(struct line_server *s, struct loop *loop,
                                     void (*next)(void *ctx), void *ctx)
{
    *s = (struct line_server){.loop = loop, .next = next, .ctx = ctx};
    bytes_init(&s->heard, 4096);
}

static inline void line_server_end(struct line_server *s)
{
    connection_destroy(s->connection);
    bytes_fini(&s->heard);
}

static inline void line_server_wake(void *ctx)
{
    struct line_server *s = ctx;
    while (s->connection != NULL) {
        struct slice input = connection_input(s->connection);
        size_t end = slice_find(input, '\n');
        if (end == SLICE_NOT_FOUND)
            return;
        if (s->heard.len > 0)
            bytes_append_char(&s->heard, '|');
        bytes_append(&s->heard, slice_first(input, end - 1));
        connection_consume(s->connection, end + 1);
        s->next(s->ctx);
    }
}

/* line_server_accept(ctx, fd, peer): for listener_create. */
static inline void line_server_accept(void *ctx, int fd, const struct address *peer)
{
    struct line_server *s = ctx;
    (void)peer;
    s->connection = connection_accept(s->loop, fd, line_server_wake, s);
    s->next(s->ctx);
}

static inline void line_server_say(struct line_server *s, const char *text)
{
    connection_say(s->connection, slice_str(text));
    connection_flush(s->connection);
}

#endif
