/* scripted_upstream: stands in the place of proxy/upstream/upstream.c in the tests of a session's
 * parts: no socket. It is in the state that a test puts it in, and writes down what it is told. One
 * source of a test program includes it, and the linker leaves the real one out.
 */
#ifndef TESTS_UNIT_PROXY_SESSION_SCRIPTED_UPSTREAM_H
#define TESTS_UNIT_PROXY_SESSION_SCRIPTED_UPSTREAM_H

#include "proxy/upstream/upstream.h"
#include "tests/unit/support.h"

#define TOLD_MAX 4000

struct upstream {
    enum upstream_status status;
    struct reply reply;
    struct capabilities capabilities;
    struct upstream_conf conf;
    bool lmtp, keepable, private, verified, insecure, cut_short;
    char told[TOLD_MAX]; /* commands and content as sent, and words in brackets */
    size_t told_len;
};

/* The one there is; of no session until a test gives it to one. */
static struct upstream scripted;

/* upstream_says(status, wire): its state, and what it has replied; NULL: as it was. */
static inline void upstream_says(enum upstream_status status, const char *wire)
{
    scripted.status = status;
    if (wire != NULL)
        scripted.reply = reply_static(slice_str(wire));
}

/* upstream_told(): what it was told since the last look. Good until the next call. */
static inline const char *upstream_told(void)
{
    static char text[TOLD_MAX];
    (void)snprintf(text, sizeof text, "%.*s", (int)scripted.told_len, scripted.told);
    scripted.told_len = 0;
    return text;
}

static inline void tell(struct upstream *u, struct slice what)
{
    assert_true(u->told_len + what.len < TOLD_MAX);
    memcpy(u->told + u->told_len, what.ptr, what.len);
    u->told_len += what.len;
}

struct upstream *upstream_create(struct loop *loop, void (*wake)(void *ctx), void *ctx)
{
    (void)loop;
    (void)wake;
    (void)ctx;
    return &scripted;
}

void upstream_destroy(struct upstream *u)
{
    if (u != NULL)
        tell(u, SLICE("[destroy]"));
}

void upstream_secure(struct upstream *u, struct tls_context *context)
{
    (void)u;
    (void)context;
}

void upstream_rest(struct upstream *u, struct rest_table *table)
{
    (void)u;
    (void)table;
}

void upstream_towards(struct upstream *u, const struct endpoint *endpoint,
                      const struct address *source, struct outgoing *outgoing)
{
    (void)source;
    (void)outgoing;
    tell(u, endpoint->text);
}

void upstream_resolver(struct upstream *u, struct resolver *resolver, struct name_cache *names)
{
    (void)u;
    (void)resolver;
    (void)names;
}

void upstream_open(struct upstream *u, struct config *config, const struct upstream_conf *conf,
                   struct slice helo, const struct identity *identity)
{
    (void)config;
    (void)conf;
    (void)identity;
    tell(u, SLICE("[open "));
    tell(u, helo);
    tell(u, SLICE("]"));
    u->status = UPSTREAM_OPENING;
}

void upstream_reuse(struct upstream *u, struct slice helo, const struct identity *identity)
{
    (void)helo;
    (void)identity;
    tell(u, SLICE("[reuse]"));
}

void upstream_bind(struct upstream *u, void (*wake)(void *ctx), void *ctx)
{
    (void)u;
    (void)wake;
    (void)ctx;
}

bool upstream_keepable(const struct upstream *u)
{
    return u->keepable;
}

bool upstream_current(const struct upstream *u, const struct config *config,
                      const struct tls_context *context)
{
    (void)config;
    (void)context;
    return u->keepable;
}

const struct upstream_conf *upstream_conf(const struct upstream *u)
{
    return &u->conf;
}

enum upstream_status upstream_status(const struct upstream *u)
{
    return u->status;
}

void upstream_check(struct upstream *u)
{
    (void)u;
}

void upstream_greet(struct upstream *u, struct slice helo)
{
    tell(u, SLICE("[greet "));
    tell(u, helo);
    tell(u, SLICE("]"));
    u->status = UPSTREAM_OPENING;
}

bool upstream_verified(const struct upstream *u)
{
    return u->verified;
}

bool upstream_private(const struct upstream *u)
{
    return u->private;
}

bool upstream_lmtp(const struct upstream *u)
{
    return u->lmtp;
}

const struct capabilities *upstream_capabilities(const struct upstream *u)
{
    return &u->capabilities;
}

void upstream_command(struct upstream *u, struct slice wire)
{
    tell(u, wire);
    u->status = UPSTREAM_WAITING;
}

void upstream_auth(struct upstream *u, struct slice wire)
{
    upstream_command(u, wire);
}

void upstream_auth_end(struct upstream *u)
{
    (void)u;
}

void upstream_data(struct upstream *u)
{
    upstream_command(u, SLICE("DATA\r\n"));
}

void upstream_chunk(struct upstream *u, uint64_t size, bool last)
{
    (void)size;
    tell(u, last ? SLICE("[last chunk]") : SLICE("[chunk]"));
    u->status = UPSTREAM_CONTENT;
}

void upstream_content(struct upstream *u, const struct slice *slices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tell(u, slices[i]);
}

bool upstream_congested(const struct upstream *u)
{
    (void)u;
    return false;
}

void upstream_end(struct upstream *u, struct slice dot, uint64_t timeout_ms)
{
    (void)timeout_ms;
    upstream_command(u, dot);
}

void upstream_end_more(struct upstream *u)
{
    upstream_command(u, SLICE("[more]"));
}

const struct reply *upstream_reply(const struct upstream *u)
{
    return &u->reply;
}

const char *upstream_failure(const struct upstream *u)
{
    (void)u;
    return "it went away";
}

bool upstream_cut_short(const struct upstream *u)
{
    return u->cut_short;
}

bool upstream_insecure(const struct upstream *u)
{
    return u->insecure;
}

struct slice upstream_address(const struct upstream *u)
{
    (void)u;
    return SLICE("10.0.0.1:25");
}

struct connection *upstream_take(struct upstream *u)
{
    u->status = UPSTREAM_NONE;
    return NULL;
}

void upstream_quit(struct upstream *u)
{
    if (u->status != UPSTREAM_NONE)
        tell(u, SLICE("[quit]"));
    u->status = UPSTREAM_NONE;
}

void upstream_abort(struct upstream *u)
{
    if (u->status != UPSTREAM_NONE)
        tell(u, SLICE("[abort]"));
    u->status = UPSTREAM_NONE;
}

void upstream_flush(struct upstream *u)
{
    (void)u;
}

#endif
