/* connection_turn: what the loop calls.
 *
 * One persistent watch serves the whole life of an open connection, so that a turn costs a read and
 * a write and no epoll_ctl. A watch for writing exists only while the socket takes no more. Every
 * function that the loop calls is a turn: it notes what happened, wakes the owner last, and looks
 * whether the connection survived that.
 */
#include "proxy/net/connection_private.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define OUTPUT_DRAINED (CONNECTION_OUTPUT_HIGH / 4)

static void ready(int fd, short what, void *arg);
static void write_ready(int fd, short what, void *arg);
static void out_of_patience(void *arg);

/* -- watching -- */

void connection_turn_tell(struct connection *c)
{
    c->late = true;
    loop_tell(c->loop, &c->told, &c->io);
}

void connection_turn_stop(struct connection *c)
{
    if (!c->reading)
        return;
    c->reading = false;
    loop_io_stop(&c->io);
    if (c->late) /* that was taken back, too */
        connection_turn_tell(c);
}

/* The loop does not begin to watch what it was told of already, so that comes after. */
static void start_reading(struct connection *c)
{
    if (c->late)
        loop_io_stop(&c->io);
    if (loop_io_start(&c->io) != 0) {
        connection_turn_fail_later(c, errno);
        return;
    }
    c->reading = true;
    if (c->late)
        connection_turn_tell(c);
}

void connection_turn_read(struct connection *c)
{
    if (c->deaf && !c->given_away)
        return;
    if (!c->reading && c->state == CONNECTION_OPEN)
        start_reading(c);
    if (c->tls == NULL || (!c->more && !tls_stream_pending(c->tls)))
        return;
    c->more = true;
    connection_turn_tell(c);
}

void connection_turn_unblock(struct connection *c)
{
    if (c->blocked == NULL)
        return;
    loop_io_stop(&c->blocked->io);
    loop_timer_fini(&c->blocked->timer);
    free(c->blocked);
    c->blocked = NULL;
}

size_t connection_turn_held(const struct connection *c)
{
    int held = 0;
    return ioctl(c->fd, SIOCOUTQ, &held) == 0 && held > 0 ? (size_t)held : 0;
}

/* hurry(c): from now on the peer must read the next block in time. */
static void hurry(struct connection *c)
{
    if (c->patience_ms == 0 || c->securing)
        return;
    struct blocked *b = c->blocked;
    b->taken = 0;
    b->unread = connection_turn_held(c);
    b->due = b->unread + c->output.len;
    if (b->due > CONNECTION_BLOCK_BYTES)
        b->due = CONNECTION_BLOCK_BYTES;
    loop_timer_set(&b->timer, c->patience_ms);
}

void connection_turn_write(struct connection *c)
{
    if (c->blocked != NULL)
        return;
    struct blocked *b = calloc(1, sizeof(*b));
    if (b == NULL ||
        loop_io_init(&b->io, c->loop, c->fd, LOOP_WRITE | LOOP_PERSIST, write_ready, c) != 0 ||
        loop_io_start(&b->io) != 0) {
        free(b);
        connection_turn_fail_later(c, ENOMEM);
        return;
    }
    loop_timer_init(&b->timer, c->loop, out_of_patience, c);
    c->blocked = b;
    hurry(c);
}

void connection_turn_fail(struct connection *c, int error)
{
    connection_turn_stop(c);
    connection_turn_unblock(c);
    c->cut = c->cut || c->output.len > 0;
    outbox_clear(&c->output, c->loop);
    c->state = CONNECTION_FAILED;
    c->error = error != 0 ? error : ECONNABORTED;
}

void connection_turn_fail_later(struct connection *c, int error)
{
    connection_turn_fail(c, error);
    connection_turn_tell(c);
}

/* -- input -- */

/* take_input(c, result): what a read says about the connection. Returns whether there is something
 * to tell. */
static bool take_input(struct connection *c, enum inbox_result result)
{
    switch (result) {
    case INBOX_GOT: return true;
    case INBOX_NOTHING: return false;
    case INBOX_EOF:
        c->state = CONNECTION_EOF;
        connection_turn_stop(c);
        return true;
    case INBOX_FAILED: break;
    }
    connection_turn_fail(c, errno);
    return true;
}

/* Something is readable while the owner wants nothing read: only now the watch is taken off. */
static bool peek_input(struct connection *c)
{
    char byte;
    ssize_t got = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) {
        connection_turn_stop(c);
        return false;
    }
    if (got == 0)
        return take_input(c, INBOX_EOF);
    return take_input(c, errno == EAGAIN || errno == EINTR ? INBOX_NOTHING : INBOX_FAILED);
}

static enum inbox_result read_some(struct connection *c)
{
    if (c->tls != NULL)
        return connection_tls_read(c);
    return inbox_read(&c->input, c->loop, c->fd, CONNECTION_INPUT_MAX);
}

static bool read_input(struct connection *c)
{
    if (c->securing)
        return connection_tls_handshake(c);
    if (c->paused)
        return peek_input(c);
    return take_input(c, read_some(c));
}

/* After a failure to send, what the peer said last may still be there, and may say why: "421 too
 * many errors". */
static void rescue_input(struct connection *c)
{
    if (!c->given_away && !c->securing && c->input.len < CONNECTION_INPUT_MAX)
        (void)read_some(c);
}

/* -- turns -- */

/* end_turn(c, told): wakes the owner if there is something to tell, and tidies up what he left. */
static void end_turn(struct connection *c, bool told)
{
    if (c->given_away)
        connection_end_step(c);
    else if (told)
        c->u.owner.wake(c->u.owner.ctx);

    c->in_turn = false;
    if (c->destroyed) {
        free(c);
        return;
    }
    if (inbox_settle(&c->input, c->loop) != 0)
        connection_turn_fail_later(c, ENOMEM);
    if (c->input.len >= CONNECTION_INPUT_MAX)
        connection_turn_stop(c);
}

static void ready(int fd, short what, void *arg)
{
    struct connection *c = arg;
    bool told = false;
    (void)fd;

    c->in_turn = true;
    if (c->late) {
        c->late = false;
        told = true;
        if (c->state == CONNECTION_FAILED)
            rescue_input(c);
    }
    if (((what & LOOP_READ) != 0 || c->more) && c->reading) {
        if (!c->paused)
            c->more = false;
        if (c->given_away)
            connection_end_read(c);
        else if (read_input(c))
            told = true;
    }
    end_turn(c, told);
}

static void write_ready(int fd, short what, void *arg)
{
    struct connection *c = arg;
    size_t before = c->output.len;
    bool told = false;
    (void)fd;
    (void)what;

    c->in_turn = true;
    if (c->securing) {
        connection_turn_unblock(c);
        told = connection_tls_handshake(c);
    } else if ((c->tls != NULL ? connection_tls_send(c, NULL, 0)
                               : outbox_send(&c->output, c->loop, c->fd, NULL, 0)) != 0) {
        connection_turn_fail(c, errno);
        rescue_input(c);
        told = true;
    } else if (c->congested && c->output.len <= OUTPUT_DRAINED) {
        c->congested = false;
        told = true;
    }
    if (c->output.len == 0 && !c->securing)
        connection_turn_unblock(c);
    else if (c->blocked != NULL && c->output.len < before)
        c->blocked->taken += before - c->output.len;
    connection_end_say(c);
    end_turn(c, told);
}

static void out_of_patience(void *arg)
{
    struct connection *c = arg;
    struct blocked *b = c->blocked;
    /* What counts is what the peer has read; the system takes much more before it is full. */
    if (b->unread + b->taken >= connection_turn_held(c) + b->due) {
        hurry(c);
        return;
    }
    c->in_turn = true;
    connection_turn_fail(c, ETIMEDOUT);
    end_turn(c, true);
}

void connection_turn_deadline(void *arg)
{
    struct connection *c = arg;
    if (c->given_away) {
        connection_destroy(c);
        return;
    }
    c->in_turn = true;
    c->expired = true;
    end_turn(c, true);
}

/* -- connecting -- */

int connection_turn_open(struct connection *c)
{
    c->state = CONNECTION_OPEN;
    if (loop_io_init(&c->io, c->loop, c->fd, LOOP_READ | LOOP_PERSIST, ready, c) != 0 ||
        loop_io_start(&c->io) != 0)
        return -1;
    c->reading = true;
    return 0;
}

static void connect_done(int fd, short what, void *arg)
{
    struct connection *c = arg;
    int error = 0;
    socklen_t size = sizeof(error);
    (void)what;

    c->in_turn = true;
    c->late = false;
    if (c->state == CONNECTION_CONNECTING) { /* else connect itself failed */
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
        if (error == 0 && connection_turn_open(c) != 0)
            error = ENOMEM;
        if (error != 0)
            connection_turn_fail(c, error);
        else
            connection_flush(c); /* what was queued meanwhile */
    }
    end_turn(c, true);
}

int connection_turn_connecting(struct connection *c)
{
    c->state = CONNECTION_CONNECTING;
    return loop_io_init(&c->io, c->loop, c->fd, LOOP_WRITE, connect_done, c);
}
