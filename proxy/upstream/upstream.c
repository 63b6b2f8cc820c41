/* upstream: see upstream.h. Its life, what happens on its connection, what its owner asks. */
#include "proxy/upstream/upstream.h"

#include <stdlib.h>

#include "conf/config.h"
#include "proxy/smtp/chunk.h"
#include "proxy/upstream/upstream_hear.h"
#include "proxy/upstream/upstream_link.h"
#include "proxy/upstream/upstream_open.h"
#include "proxy/upstream/upstream_state.h"

#define CONTENT_COPY_MAX 16384 /* bytes; more is sent from where it is */
#define CHUNK_LINE_MAX   64

/* Something has happened on its connection, or its name was looked up. */
static void on_turn(void *ctx)
{
    struct upstream *u = ctx;
    upstream_open_step(u);
    /* One reply a turn: the owner must see it before anything that came behind it, a farewell above
     * all. */
    bool silent = u->phase == PHASE_CONNECT || u->phase == PHASE_SECURE || u->connection == NULL;
    bool replied = !silent && upstream_hear(u);
    if (!replied || u->phase != PHASE_READY)
        upstream_check(u);
    upstream_open_elsewhere(u);
    if (u->connection != NULL)
        connection_flush(u->connection);
    u->wake(u->ctx);
}

struct upstream *upstream_create(struct loop *loop, void (*wake)(void *ctx), void *ctx)
{
    struct upstream *u = calloc(1, sizeof *u);
    if (u == NULL)
        return NULL;
    u->loop = loop;
    u->turn = on_turn;
    u->wake = wake;
    u->ctx = ctx;
    bytes_init(&u->names, NAMES_MAX);
    bytes_init(&u->reply_wire, REPLY_READ_MAX);
    return u;
}

void upstream_destroy(struct upstream *u)
{
    if (u == NULL)
        return;
    upstream_link_close(u);
    targets_fini(&u->targets);
    config_unref(u->config);
    tls_context_unref(u->leg.context);
    bytes_wipe(&u->reply_wire);
    bytes_fini(&u->names);
    bytes_fini(&u->reply_wire);
    free(u);
}

void upstream_secure(struct upstream *u, struct tls_context *context)
{
    tls_context_unref(u->leg.context);
    u->leg.context = tls_context_ref(context);
}

void upstream_rest(struct upstream *u, struct rest_table *table)
{
    u->rests = table;
}

void upstream_towards(struct upstream *u, const struct endpoint *endpoint,
                      const struct address *source, struct outgoing *outgoing)
{
    u->towards = endpoint;
    u->source = source;
    u->outgoing = endpoint != NULL && source == NULL ? outgoing : NULL;
}

void upstream_resolver(struct upstream *u, struct resolver *resolver, struct name_cache *names)
{
    u->resolver = resolver;
    u->names_known = names;
}

void upstream_bind(struct upstream *u, void (*wake)(void *ctx), void *ctx)
{
    u->wake = wake;
    u->ctx = ctx;
}

enum upstream_status upstream_status(const struct upstream *u)
{
    switch (u->phase) {
    case PHASE_NONE: return UPSTREAM_NONE;
    case PHASE_RESOLVE:
    case PHASE_CONNECT:
    case PHASE_SECURE:
    case PHASE_GREETING:
    case PHASE_EHLO:
    case PHASE_HELO:
    case PHASE_STARTTLS:
    case PHASE_XCLIENT: return UPSTREAM_OPENING;
    case PHASE_READY: return UPSTREAM_READY;
    case PHASE_COMMAND:
    case PHASE_AUTH:
    case PHASE_DATA:
    case PHASE_END: return UPSTREAM_WAITING;
    case PHASE_CHALLENGE: return UPSTREAM_CHALLENGE;
    case PHASE_CONTENT: return UPSTREAM_CONTENT;
    case PHASE_REFUSED: return UPSTREAM_REFUSED;
    case PHASE_LOST: return UPSTREAM_LOST;
    }
    return UPSTREAM_LOST;
}

bool upstream_verified(const struct upstream *u)
{
    return u->connection != NULL && connection_secure(u->connection) &&
           u->leg.mode == UPSTREAM_TLS_VERIFIED;
}

bool upstream_private(const struct upstream *u)
{
    return u->connection != NULL &&
           upstream_tls_private(&u->leg, u->connection, &u->target->endpoint.address);
}

const struct capabilities *upstream_capabilities(const struct upstream *u)
{
    return &u->capabilities;
}

void upstream_command(struct upstream *u, struct slice wire)
{
    if (slice_starts_case(wire, SLICE("MAIL ")))
        u->wear.mails++;
    upstream_link_say(u, PHASE_COMMAND, wire);
}

void upstream_auth(struct upstream *u, struct slice wire)
{
    u->wear.login = true;
    if (u->connection != NULL)
        connection_secret(u->connection, true);
    bytes_wipe(&u->reply_wire);
    upstream_link_say(u, PHASE_AUTH, wire);
}

void upstream_auth_end(struct upstream *u)
{
    bytes_wipe(&u->reply_wire);
    u->reply.wire = SLICE_NONE;
    if (u->connection != NULL)
        connection_secret(u->connection, false);
}

void upstream_data(struct upstream *u)
{
    u->wear.partial = false;
    upstream_link_say(u, PHASE_DATA, SLICE("DATA\r\n"));
}

void upstream_chunk(struct upstream *u, uint64_t size, bool last)
{
    u->wear.partial = !last;
    struct bytes line;
    struct slice wire;
    bytes_init(&line, CHUNK_LINE_MAX);
    if (chunk_write(&line, size, last) == 0 && bytes_take(&line, &wire) == 0)
        upstream_link_say(u, PHASE_CONTENT, wire);
    else
        upstream_link_lose(u, "out of memory");
    bytes_fini(&line);
    if (u->connection != NULL)
        connection_deadline(u->connection, 0);
}

/* Small content is copied and leaves at the end of the step, in one write with the dot behind it.
 */
static int send_content(struct connection *c, const struct slice *slices, size_t count)
{
    size_t total = connection_queued(c);
    for (size_t i = 0; i < count; i++)
        total += slices[i].len;
    if (total > CONTENT_COPY_MAX)
        return connection_send(c, slices, count);
    for (size_t i = 0; i < count; i++)
        if (connection_write(c, slices[i]) != 0)
            return -1;
    return 0;
}

void upstream_content(struct upstream *u, const struct slice *slices, size_t count)
{
    if (send_content(u->connection, slices, count) != 0)
        upstream_link_lose(u, "the connection to the upstream broke");
}

bool upstream_congested(const struct upstream *u)
{
    return u->connection != NULL && connection_congested(u->connection);
}

void upstream_end(struct upstream *u, struct slice dot, uint64_t timeout_ms)
{
    upstream_link_say(u, PHASE_END, dot);
    u->end_by_ms = loop_now_ms(u->loop) + (timeout_ms > 0 ? timeout_ms : 1);
    if (u->connection != NULL)
        connection_deadline(u->connection, timeout_ms > 0 ? timeout_ms : 1);
}

void upstream_end_more(struct upstream *u)
{
    uint64_t now_ms = loop_now_ms(u->loop);
    u->phase = PHASE_END;
    connection_deadline(u->connection, u->end_by_ms > now_ms ? u->end_by_ms - now_ms : 1);
    if (!upstream_hear(u)) /* what has come already wakes nobody */
        upstream_check(u);
}

const struct reply *upstream_reply(const struct upstream *u)
{
    return &u->reply;
}

bool upstream_cut_short(const struct upstream *u)
{
    return u->cut_short;
}

bool upstream_insecure(const struct upstream *u)
{
    return u->phase == PHASE_LOST && u->leg.lost;
}

struct slice upstream_address(const struct upstream *u)
{
    return u->target != NULL ? u->target->endpoint.text : SLICE_NONE;
}

struct connection *upstream_take(struct upstream *u)
{
    struct connection *taken = u->connection;
    u->connection = NULL;
    u->phase = PHASE_NONE;
    return taken;
}

void upstream_quit(struct upstream *u)
{
    bool idle = u->phase == PHASE_READY || u->phase == PHASE_COMMAND;
    if (idle && connection_write(u->connection, SLICE("QUIT\r\n")) == 0) {
        connection_finish(u->connection);
        u->connection = NULL;
    }
    upstream_link_close(u);
    u->phase = PHASE_NONE;
}

void upstream_abort(struct upstream *u)
{
    u->cut_short = u->connection != NULL && connection_unsent(u->connection);
    connection_reset(u->connection);
    u->connection = NULL;
    upstream_link_close(u);
    u->phase = PHASE_NONE;
}

void upstream_flush(struct upstream *u)
{
    if (u->connection != NULL)
        connection_flush(u->connection);
}
