/* upstream_hear: see upstream_hear.h; and upstream_check of upstream.h. */
#include "proxy/upstream/upstream_hear.h"

#include <errno.h>

#include "proxy/upstream/upstream_keep.h"
#include "proxy/upstream/upstream_link.h"
#include "proxy/upstream/upstream_open.h"
#include "proxy/upstream/upstream_state.h"

static void on_data_reply(struct upstream *u)
{
    if (u->reply.code == 354) {
        u->phase = PHASE_CONTENT;
        connection_deadline(u->connection, 0);
    } else if (u->reply.code >= 400) {
        u->phase = PHASE_READY;
        connection_deadline(u->connection, 0);
    } else {
        upstream_link_lose(u, "the upstream's reply to DATA makes no sense");
    }
}

static void on_auth_reply(struct upstream *u)
{
    bool one_line = slice_find(u->reply.wire, '\n') == u->reply.wire.len - 1;
    if (u->reply.code / 100 == 3 && (u->reply.code != 334 || !one_line)) {
        upstream_link_lose(u, "the upstream's reply to AUTH makes no sense");
        return;
    }
    u->phase = u->reply.code == 334 ? PHASE_CHALLENGE : PHASE_READY;
    connection_deadline(u->connection, 0);
}

static void on_command_reply(struct upstream *u)
{
    if (u->reply.code / 100 == 3) {
        upstream_link_lose(u, "the upstream answered a command with a 3xx reply");
        return;
    }
    u->phase = PHASE_READY;
    connection_deadline(u->connection, 0);
}

/* A reply that nobody is owed (PROTOCOL D4, U02 to U04). A refusal in the middle of content is the
 * verdict on it. */
static void on_unasked(struct upstream *u)
{
    if (u->phase == PHASE_CONTENT && u->reply.code >= 400)
        upstream_link_fail(u, PHASE_REFUSED, "the upstream refused the content before its end");
    else if (u->reply.code == 421)
        upstream_link_lose(u, "the upstream closed the session");
    else
        upstream_link_lose(u, "the upstream sent a reply to no command");
}

/* Closes so that nothing of what was said can still be taken for complete. */
static void cut_off(struct upstream *u, enum upstream_phase phase, const char *failure)
{
    u->cut_short = connection_unsent(u->connection);
    connection_reset(u->connection);
    u->connection = NULL;
    upstream_link_fail(u, phase, failure);
}

/* A reply to what had not arrived when it came (PROTOCOL D4, U04): whatever it means, a 2xx is no
 * word on a message that the server has not got. A refusal of content may come before its end. */
static void on_early(struct upstream *u)
{
    if (u->phase == PHASE_END && u->reply.code >= 400)
        cut_off(u, PHASE_REFUSED, "the upstream refused the content before its end");
    else
        cut_off(u, PHASE_LOST, "the upstream replied to what it had not got yet");
}

static void on_reply(struct upstream *u)
{
    if (u->early) {
        on_early(u);
        return;
    }
    switch (u->phase) {
    case PHASE_GREETING:
    case PHASE_EHLO:
    case PHASE_HELO:
    case PHASE_STARTTLS:
    case PHASE_XCLIENT: upstream_open_replied(u); break;
    case PHASE_COMMAND:
    case PHASE_END: on_command_reply(u); break;
    case PHASE_AUTH: on_auth_reply(u); break;
    case PHASE_DATA: on_data_reply(u); break;
    case PHASE_CHALLENGE:
    case PHASE_READY:
    case PHASE_CONTENT: on_unasked(u); break;
    case PHASE_NONE:
    case PHASE_RESOLVE:
    case PHASE_CONNECT:
    case PHASE_SECURE:
    case PHASE_REFUSED:
    case PHASE_LOST: break;
    }
}

/* Whether the next reply is to something that we have said. */
static bool is_asked(enum upstream_phase phase)
{
    switch (phase) {
    case PHASE_EHLO:
    case PHASE_HELO:
    case PHASE_STARTTLS:
    case PHASE_XCLIENT:
    case PHASE_COMMAND:
    case PHASE_AUTH:
    case PHASE_DATA:
    case PHASE_END: return true;
    case PHASE_NONE:
    case PHASE_RESOLVE:
    case PHASE_CONNECT:
    case PHASE_SECURE:
    case PHASE_GREETING:
    case PHASE_READY:
    case PHASE_CHALLENGE:
    case PHASE_CONTENT:
    case PHASE_REFUSED:
    case PHASE_LOST: break;
    }
    return false;
}

/* Takes one reply off the input. Returns whether there was one. */
bool upstream_hear(struct upstream *u)
{
    struct reply found;
    if (is_asked(u->phase) && connection_input(u->connection).len > 0 &&
        connection_behind(u->connection))
        u->early = true;
    u->reader.line_limit = u->phase == PHASE_AUTH ? REPLY_READ_MAX : REPLY_READ_LINE_MAX;
    int got = reply_read(&u->reader, connection_input(u->connection), &found);
    if (got == 0)
        return false;
    if (got < 0) {
        upstream_link_lose(u, "the upstream sent something that is no reply");
        return false;
    }
    u->reply = found;
    if (bytes_set(&u->reply_wire, found.wire) == 0) {
        u->reply.wire = bytes_slice(&u->reply_wire);
    } else if (u->phase == PHASE_END) {
        u->reply = reply_in_short(found.code); /* what became of the message must not be lost */
    } else {
        upstream_link_lose(u, "out of memory");
        return false;
    }
    connection_consume(u->connection, found.wire.len);
    upstream_keep_replied(u);
    on_reply(u);
    return true;
}

/* What TLS makes of its peer's words has no errno of its own: the alert of a server that wants a
 * certificate comes behind the handshake of TLS 1.3. */
static const char *word_on(const struct upstream *u, int error)
{
    const char *word = error == EPROTO ? connection_tls_error(u->connection) : "";
    return *word != '\0' ? word : strerror(error);
}

static void connection_broke(struct upstream *u)
{
    int error = connection_error(u->connection);
    if (u->phase == PHASE_CONNECT)
        upstream_link_lose_because(u, "the upstream cannot be reached", strerror(error));
    else if (error == ETIMEDOUT)
        upstream_link_lose(u, "the upstream takes nothing any more");
    else
        upstream_link_lose_because(u, "the connection to the upstream broke", word_on(u, error));
}

void upstream_check(struct upstream *u)
{
    if (u->connection == NULL)
        return;
    bool unasked =
        u->phase == PHASE_READY || u->phase == PHASE_CONTENT || u->phase == PHASE_CHALLENGE;
    if (unasked && connection_input(u->connection).len > 0)
        (void)upstream_hear(u);
    else if (connection_state(u->connection) == CONNECTION_FAILED)
        connection_broke(u);
    else if (connection_state(u->connection) == CONNECTION_EOF)
        upstream_link_lose(u, "the upstream closed the connection");
    else if (connection_expired(u->connection))
        upstream_link_lose(u, u->phase == PHASE_CONNECT ? "the upstream cannot be reached in time"
                                                        : "the upstream does not answer in time");
}
