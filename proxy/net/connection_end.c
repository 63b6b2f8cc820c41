/* connection_end: the ways a connection ends.
 *
 * Closing a TCP socket with unread input makes the system send a reset, and a reset makes the peer
 * forget what it has not read yet: our last reply. So a connection that is finished half-closes and
 * reads on until the peer closes. That costs a round trip and a timer, which a session that ended
 * with QUIT need not pay: its peer has nothing more to say.
 */
#include "proxy/net/connection_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void connection_destroy(struct connection *c)
{
    if (c == NULL || c->destroyed)
        return;
    loop_io_stop(&c->io);
    loop_untell(&c->told);
    connection_turn_unblock(c);
    loop_timer_fini(&c->deadline);
    if (c->given_away)
        loop_orphan_leave(c->loop, &c->u.orphan);
    inbox_clear(&c->input, c->loop);
    outbox_clear(&c->output, c->loop);
    tls_stream_destroy(c->tls);
    (void)close(c->fd);
    c->destroyed = true;
    if (c->closed != NULL)
        c->closed(c->closed_ctx);
    if (!c->in_turn)
        free(c);
}

void connection_on_closed(struct connection *c, void (*closed)(void *ctx), void *ctx)
{
    c->closed = closed;
    c->closed_ctx = ctx;
}

void connection_reset(struct connection *c)
{
    if (c == NULL)
        return;
    const struct linger abort = {.l_onoff = 1, .l_linger = 0};
    /* Fails for what is not TCP, and there is no reset there. */
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    connection_destroy(c);
}

static void abandon(struct loop_orphan *orphan)
{
    char *at = (char *)orphan - offsetof(struct connection, u.orphan);
    connection_destroy((struct connection *)(void *)at);
}

bool connection_deafen(struct connection *c)
{
    if (c->state != CONNECTION_FAILED || c->error != ENOMEM || c->cut || c->securing)
        return false;
    inbox_clear(&c->input, c->loop);
    c->state = CONNECTION_OPEN;
    c->error = 0;
    c->deaf = true;
    return true;
}

bool connection_deaf(const struct connection *c)
{
    return c->deaf;
}

void connection_turn_away(int fd, struct slice wire)
{
    /* The socket is new, its buffer empty: the reply fits or the client is beyond help. */
    (void)send(fd, wire.ptr, wire.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)close(fd);
}

void connection_end_step(struct connection *c)
{
    if (c->state == CONNECTION_FAILED) {
        connection_destroy(c);
        return;
    }
    if (c->output.len > 0 || c->half_closed)
        return;
    if (c->tls != NULL)
        tls_stream_bye(c->tls);
    if (c->state == CONNECTION_EOF || !c->linger || shutdown(c->fd, SHUT_WR) != 0) {
        connection_destroy(c);
        return;
    }
    c->half_closed = true;
    loop_timer_set(&c->deadline, CONNECTION_LINGER_MS);
}

void connection_end_read(struct connection *c)
{
    ssize_t got = recv(c->fd, loop_read_buffer(c->loop), LOOP_READ_BYTES, MSG_DONTWAIT);
    if (got > 0) {
        if (c->input.secret)
            explicit_bzero(loop_read_buffer(c->loop), (size_t)got);
        c->linger = true; /* it still talks: a plain close would be a reset */
    } else if (got == 0) {
        c->state = CONNECTION_EOF;
        connection_turn_stop(c);
        if (c->half_closed)
            connection_destroy(c);
    } else if (errno != EAGAIN && errno != EINTR) {
        connection_turn_fail(c, errno);
    }
}

void connection_end_say(struct connection *c)
{
    if (!c->ending || c->output.len > 0)
        return;
    c->ending = false;
    (void)shutdown(c->fd, SHUT_WR); /* fails when the peer has gone, which shows otherwise */
}

void connection_half_close(struct connection *c)
{
    connection_flush(c);
    c->ending = true;
    connection_end_say(c);
}

static void give_away(struct connection *c, bool linger)
{
    if (c == NULL || c->destroyed || c->given_away)
        return;
    if (c->state == CONNECTION_CONNECTING || c->securing) {
        connection_destroy(c);
        return;
    }
    connection_flush(c);
    c->given_away = true;
    if (c->blocked != NULL) /* the deadline below is for all that is left */
        loop_timer_fini(&c->blocked->timer);
    c->patience_ms = 0;
    c->linger = linger || c->input.len > 0;
    inbox_clear(&c->input, c->loop);
    c->u.orphan.abandon = abandon;
    loop_orphan_join(c->loop, &c->u.orphan);
    connection_turn_read(c); /* it may have been paused */
    if (c->output.len > 0)
        loop_timer_set(&c->deadline, CONNECTION_FINISH_SEND_MS);
    else
        loop_timer_cancel(&c->deadline);
    connection_end_step(c);
}

void connection_finish(struct connection *c)
{
    give_away(c, true);
}

void connection_close(struct connection *c)
{
    give_away(c, false);
}
