/* connection_tls: what TLS makes different about a connection.
 *
 * Reads decrypt into the loop's read buffer, writes encrypt out of the queue, so that owners see no
 * difference. OpenSSL may keep decrypted input that the socket does not announce; ${more} has a
 * turn come for that. After the handshake neither direction waits for the other: without
 * renegotiation a write never waits for input, and a read that cannot say its answer to a key
 * update because the peer takes nothing ends the connection rather than spin.
 */
#include "proxy/net/connection_private.h"

#include <errno.h>

#define RECORD_BYTES 16384 /* of plaintext at most (RFC 8446, 5.1); smaller ones are waste */

/* What is unread goes into the handshake. */
static int start(struct connection *c, struct tls_context *context, struct slice host)
{
    if (c->tls != NULL || c->state != CONNECTION_OPEN)
        return -1;
    connection_flush(c);
    if (c->output.len > 0 || c->state != CONNECTION_OPEN)
        return -1;
    c->tls = tls_stream_create(context, c->fd, host, connection_input(c));
    if (c->tls == NULL)
        return -1;
    inbox_clear(&c->input, c->loop);
    c->securing = c->more = true; /* a client speaks first */
    c->paused = false;
    connection_turn_read(c);
    connection_turn_tell(c);
    return c->state == CONNECTION_OPEN ? 0 : -1;
}

int connection_start_tls(struct connection *c, struct tls_context *context)
{
    return connection_start_tls_to(c, context, SLICE_NONE);
}

int connection_start_tls_to(struct connection *c, struct tls_context *context, struct slice host)
{
    return c->input.len > 0 ? -1 : start(c, context, host);
}

int connection_start_tls_behind(struct connection *c, struct tls_context *context)
{
    return start(c, context, SLICE_NONE);
}

bool connection_securing(const struct connection *c)
{
    return c->securing && c->state == CONNECTION_OPEN;
}

bool connection_secure(const struct connection *c)
{
    return c->tls != NULL && !c->securing;
}

const struct tls_info *connection_tls(const struct connection *c)
{
    return connection_secure(c) ? tls_stream_info(c->tls) : NULL;
}

const char *connection_tls_error(const struct connection *c)
{
    return c->tls != NULL ? tls_stream_error(c->tls) : "";
}

bool connection_tls_heard(const struct connection *c)
{
    return c->tls != NULL && tls_stream_heard(c->tls);
}

bool connection_tls_handshake(struct connection *c)
{
    switch (tls_stream_handshake(c->tls)) {
    case TLS_RESULT_WANT_READ: return false;
    case TLS_RESULT_WANT_WRITE: connection_turn_write(c); return false;
    case TLS_RESULT_DONE:
        c->securing = false;
        connection_flush(c);
        return true;
    case TLS_RESULT_EOF:
    case TLS_RESULT_FAILED: break;
    }
    connection_turn_fail(c, errno);
    return true;
}

enum inbox_result connection_tls_read(struct connection *c)
{
    size_t room = CONNECTION_INPUT_MAX - c->input.len;
    size_t got;
    if (room > LOOP_READ_BYTES)
        room = LOOP_READ_BYTES;
    enum tls_result result = tls_stream_read(c->tls, loop_read_buffer(c->loop), room, &got);
    if (got > 0) {
        if (inbox_take(&c->input, c->loop, got) != 0) {
            errno = ENOMEM;
            return INBOX_FAILED;
        }
        if (result != TLS_RESULT_WANT_READ) { /* an end, a failure, or more: in the next turn */
            c->more = true;
            connection_turn_tell(c);
        }
        return INBOX_GOT;
    }
    switch (result) {
    case TLS_RESULT_DONE:
    case TLS_RESULT_WANT_READ: return INBOX_NOTHING;
    case TLS_RESULT_EOF: return INBOX_EOF;
    case TLS_RESULT_WANT_WRITE: errno = ENOBUFS; break;
    case TLS_RESULT_FAILED: break;
    }
    return INBOX_FAILED;
}

/* drain(c): sends what is queued, as far as the socket takes it. 0, or -1 with errno. */
static int drain(struct connection *c)
{
    struct outbox *out = &c->output;
    size_t sent;
    if (out->len == 0)
        return 0;
    enum tls_result result =
        tls_stream_write(c->tls, slice_make(out->block + out->start, out->len), &sent);
    outbox_sent(out, c->loop, sent);
    switch (result) {
    case TLS_RESULT_DONE:
    case TLS_RESULT_WANT_WRITE: return 0;
    case TLS_RESULT_WANT_READ:
    case TLS_RESULT_EOF: errno = EPROTO; break;
    case TLS_RESULT_FAILED: break;
    }
    return -1;
}

/* Whole records go out as they fill, so that content is copied once and never piles up here. */
static int send_slice(struct connection *c, struct slice rest, bool *blocked)
{
    while (rest.len > 0) {
        struct slice part = *blocked ? rest : slice_first(rest, RECORD_BYTES);
        if (outbox_append(&c->output, c->loop, part) != 0) {
            errno = ENOMEM;
            return -1;
        }
        rest = slice_from(rest, part.len);
        if (*blocked || c->output.len < RECORD_BYTES)
            continue;
        if (drain(c) != 0)
            return -1;
        *blocked = c->output.len > 0;
    }
    return 0;
}

int connection_tls_say(struct connection *c, struct slice data)
{
    size_t sent;
    return tls_stream_write(c->tls, data, &sent) == TLS_RESULT_DONE ? 0 : -1;
}

int connection_tls_send(struct connection *c, const struct slice *slices, size_t count)
{
    bool blocked = false;
    for (size_t i = 0; i < count; i++)
        if (send_slice(c, slices[i], &blocked) != 0)
            return -1;
    return blocked ? 0 : drain(c);
}
