/* connection: the beginning of a connection and the calls of its owner. The rest:
 * connection_private.h. */
#include "proxy/net/connection_private.h"
#include "proxy/net/sockaddr.h"
#include "proxy/net/transparent.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_RESUME (CONNECTION_INPUT_MAX / 2)
#define TLS_OWN_WORDS_BYTES                                                                        \
    64 /* what TLS may have said by itself while it read: its answer to a key update */

/* -- the beginning -- */

void connection_tune(int fd, enum address_family family)
{
    if (family != ADDRESS_V4 && family != ADDRESS_V6)
        return;
    const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, CONNECTION_KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, CONNECTION_KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, CONNECTION_USER_TIMEOUT_MS},
    };
    /* Each helps; none is needed for mail to be right. */
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        (void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                         sizeof(options[i].value));
}

static struct connection *make_connection(struct loop *loop, int fd, void (*wake)(void *ctx),
                                          void *ctx)
{
    struct connection *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    c->loop = loop;
    c->u.owner.wake = wake;
    c->u.owner.ctx = ctx;
    c->fd = fd;
    loop_timer_init(&c->deadline, loop, connection_turn_deadline, c);
    return c;
}

struct connection *connection_accept(struct loop *loop, int fd, void (*wake)(void *ctx), void *ctx)
{
    struct connection *c = make_connection(loop, fd, wake, ctx);
    if (c == NULL || connection_turn_open(c) == 0)
        return c;
    free(c);
    return NULL;
}

static int begin_connect(struct connection *c, const struct endpoint *endpoint)
{
    struct sockaddr_storage to;
    socklen_t size;
    if (connection_turn_connecting(c) != 0)
        return -1;
    if (sockaddr_from_endpoint(endpoint, &to, &size) != 0)
        return -1;
    if (connect(c->fd, (const struct sockaddr *)&to, size) != 0 && errno != EINPROGRESS) {
        connection_turn_fail_later(c, errno);
        return 0;
    }
    return loop_io_start(&c->io);
}

struct connection *connection_open_from(struct loop *loop, const struct endpoint *endpoint,
                                        const struct address *source, void (*wake)(void *ctx),
                                        void *ctx)
{
    static const int domains[] = {
        [ADDRESS_NONE] = AF_UNSPEC,
        [ADDRESS_V4] = AF_INET,
        [ADDRESS_V6] = AF_INET6,
        [ADDRESS_UNIX] = AF_UNIX,
    };
    enum address_family family = endpoint->address.family;
    int fd = socket(domains[family], SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    connection_tune(fd, family);
    struct connection *c = NULL;
    if (source != NULL && transparent_from(fd, source) != 0)
        goto err0;
    c = make_connection(loop, fd, wake, ctx);
    if (c == NULL)
        goto err0;
    if (begin_connect(c, endpoint) != 0)
        goto err1;
    return c;

err1:
    free(c);
err0:
    (void)close(fd);
    return NULL;
}

struct connection *connection_open(struct loop *loop, const struct endpoint *endpoint,
                                   void (*wake)(void *ctx), void *ctx)
{
    return connection_open_from(loop, endpoint, NULL, wake, ctx);
}

/* -- the owner's calls -- */

void connection_adopt(struct connection *c, void (*wake)(void *ctx), void *ctx)
{
    c->u.owner.wake = wake;
    c->u.owner.ctx = ctx;
}

enum connection_state connection_state(const struct connection *c)
{
    return c->state;
}

int connection_error(const struct connection *c)
{
    return c->error;
}

struct slice connection_input(const struct connection *c)
{
    return slice_make(c->input.bytes, c->input.len);
}

void connection_consume(struct connection *c, size_t size)
{
    inbox_consume(&c->input, c->loop, size);
    if (!c->paused && c->input.len <= INPUT_RESUME)
        connection_turn_read(c);
}

void connection_pause(struct connection *c, bool paused)
{
    c->paused = paused;
    if (!paused && c->input.len < CONNECTION_INPUT_MAX)
        connection_turn_read(c);
}

void connection_secret(struct connection *c, bool secret)
{
    inbox_secret(&c->input, secret);
    c->output.secret = secret;
}

/* may_send(c): whether trying the socket makes sense now. */
static bool may_send(const struct connection *c)
{
    return c->blocked == NULL && !c->securing &&
           (c->state == CONNECTION_OPEN || c->state == CONNECTION_EOF);
}

int connection_write(struct connection *c, struct slice data)
{
    if (c->state == CONNECTION_FAILED || outbox_append(&c->output, c->loop, data) != 0)
        return -1;
    if (c->output.len >= CONNECTION_OUTPUT_HIGH)
        c->congested = true;
    return 0;
}

/* Straight to the socket, whole or not at all: what is cut off cannot be gone on from. */
static int say_now(struct connection *c, struct slice data)
{
    connection_flush(c);
    if (c->output.len > 0 || !may_send(c))
        return -1;
    c->cut = true;
    if (c->tls != NULL
            ? connection_tls_say(c, data) != 0
            : send(c->fd, data.ptr, data.len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)data.len)
        return -1;
    c->cut = false;
    return 0;
}

void connection_say(struct connection *c, struct slice data)
{
    if (connection_write(c, data) != 0 && c->state != CONNECTION_FAILED && say_now(c, data) != 0)
        connection_turn_fail_later(c, ENOMEM);
}

int connection_send(struct connection *c, const struct slice *slices, size_t count)
{
    if (!may_send(c)) {
        for (size_t i = 0; i < count; i++)
            if (connection_write(c, slices[i]) != 0)
                return -1;
        return c->state == CONNECTION_FAILED ? -1 : 0;
    }
    if ((c->tls != NULL ? connection_tls_send(c, slices, count)
                        : outbox_send(&c->output, c->loop, c->fd, slices, count)) != 0) {
        connection_turn_fail_later(c, errno);
        return -1;
    }
    if (c->output.len > 0)
        connection_turn_write(c);
    if (c->output.len >= CONNECTION_OUTPUT_HIGH)
        c->congested = true;
    return c->state == CONNECTION_FAILED ? -1 : 0;
}

void connection_flush(struct connection *c)
{
    if (c->output.len > 0 && may_send(c) && connection_send(c, NULL, 0) != 0)
        return; /* it has failed, and its owner will be told */
}

size_t connection_queued(const struct connection *c)
{
    return c->output.len;
}

bool connection_congested(const struct connection *c)
{
    return c->output.len >= CONNECTION_OUTPUT_HIGH;
}

/* What TLS was given and has not sent yet stays queued, too (tls_stream_write). */
bool connection_unsent(const struct connection *c)
{
    return c->output.len > 0 || c->cut;
}

bool connection_behind(const struct connection *c)
{
    size_t own = c->tls != NULL ? TLS_OWN_WORDS_BYTES : 0;
    return connection_unsent(c) || connection_turn_held(c) > own;
}

void connection_deadline(struct connection *c, uint64_t delay_ms)
{
    c->expired = false;
    if (delay_ms == 0)
        loop_timer_cancel(&c->deadline);
    else
        loop_timer_set(&c->deadline, delay_ms);
}

bool connection_expired(const struct connection *c)
{
    return c->expired;
}

void connection_patience(struct connection *c, uint32_t patience_ms)
{
    c->patience_ms = patience_ms;
}

void connection_acknowledge(struct connection *c)
{
    const int on = 1; /* until the next write */
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

struct address connection_local(const struct connection *c)
{
    struct sockaddr_storage storage = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(storage);
    (void)getsockname(c->fd, (struct sockaddr *)&storage, &size); /* gone: ADDRESS_NONE */
    return sockaddr_to_address(&storage);
}

int connection_destination(const struct connection *c, enum transparent how, struct address *out)
{
    return transparent_destination(c->fd, how, out);
}

size_t connection_memory(const struct connection *c)
{
    return (size_t)c->input.cap + c->output.cap + (c->blocked != NULL ? sizeof(struct blocked) : 0);
}
