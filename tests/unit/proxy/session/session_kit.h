/* session_kit: a session whose parts are called one by one: its client is the other end of a
 * stream, its upstream scripted, its records are kept here. Nothing steps it but the test.
 */
#ifndef TESTS_UNIT_PROXY_SESSION_SESSION_KIT_H
#define TESTS_UNIT_PROXY_SESSION_SESSION_KIT_H

#include "conf/config.h"
#include "proxy/session/adopt.h"
#include "proxy/session/auth.h"
#include "proxy/session/awake.h"
#include "proxy/session/client.h"
#include "proxy/session/hello.h"
#include "proxy/session/introduction.h"
#include "proxy/session/judging.h"
#include "proxy/session/keeping.h"
#include "proxy/session/line.h"
#include "proxy/session/settle.h"
#include "proxy/session/state.h"
#include "tests/unit/proxy/inspect/policy.h"
#include "tests/unit/proxy/net/ground.h"
#include "tests/unit/proxy/session/scripted_upstream.h"

#define SESSION_CONF                                                                               \
    "hostname = 'gw.test'; upstreams = ( { address = '10.0.0.1:25'; identify = 'xclient'; } );\n"
#define SESSION_LISTENER "listeners = ( { address = '127.0.0.1:25'; } );\n"

struct kit {
    struct policy_text text;
    struct host host;
    struct session s;
    int client; /* its end */
    unsigned wakes, records, left;
    char record[256]; /* the last: "verdict/stage/decider" */
};

static struct kit kit;

/* In the place of proxy/record/audit.c. */
void audit_write(struct audit *audit, const struct audit_record *record)
{
    (void)audit;
    kit.records++;
    (void)snprintf(kit.record, sizeof kit.record, "%.*s/%.*s/%.*s", SLICE_ARG(record->verdict),
                   SLICE_ARG(record->stage), SLICE_ARG(record->decider));
}

static inline void kit_woken(void *ctx)
{
    assert_ptr_equal(ctx, &kit.s);
    kit.wakes++;
}

static inline const struct listener_conf *kit_listener(void *ctx, size_t socket)
{
    assert_ptr_equal(ctx, &kit);
    return &kit.text.config->listeners[socket];
}

static inline bool kit_linger(void *ctx, struct connection *connection,
                              const struct address *client)
{
    (void)ctx;
    (void)connection;
    (void)client;
    kit.left++;
    return true;
}

/* kit_begin(listener, rules): a session of the listener in ${listener}, judged by ${rules}; NULL:
 * none. It has been greeted, and its upstream is READY. kit_end(): takes all of it down. */
static inline struct session *kit_begin(const char *listener, const char *rules)
{
    const char *const parts[POLICY_PARTS] = {SESSION_CONF, listener, rules};
    const struct address client = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 7}, .port = 1025};
    int ends[2];
    kit = (struct kit){.wakes = 0};
    policy_begin(&kit.text, parts);
    stream_pair(ends);
    kit.client = ends[1];
    struct host *host = &kit.host;
    host->config = kit.text.config;
    host->first = kit.text.config;
    host->scratch = kit.text.scratch;
    host->listener = kit_listener;
    host->linger = kit_linger;
    host->ctx = &kit;
    struct diag diag;
    diag_init(&diag);
    host->tls = tls_store_create(kit.text.config, &diag);
    diag_fini(&diag);
    assert_non_null(host->tls);
    host->loop = loop_create();
    assert_non_null(host->loop);
    assert_int_equal(turns_init(&host->turns, host->loop), 0);
    struct session *s = &kit.s;
    s->host = host;
    s->wake = kit_woken;
    (void)snprintf(s->id, sizeof s->id, "1-1-1");
    introduction_begin(s, &client);
    assert_int_equal(judging_create(s), 0);
    line_create(s);
    hello_create(s);
    assert_int_equal(adopt_create(s), 0);
    s->lmtp = s->under.listener->protocol == PROTOCOL_LMTP;
    transaction_init(&s->tx, &s->under.config->limits);
    assert_int_equal(awake_create(s), 0);
    assert_int_equal(client_accept(s, ends[0]), 0);
    scripted = (struct upstream){.status = UPSTREAM_READY, .conf.name = SLICE("10.0.0.1:25")};
    s->upstream = &scripted;
    s->hello.esmtp = s->hello.greeted = true;
    return s;
}

static inline void kit_end(void)
{
    struct session *s = &kit.s;
    connection_destroy(s->connection);
    judging_destroy(s);
    awake_destroy(s);
    keeping_destroy(s);
    settle_destroy(s);
    transaction_reset(&s->tx, &kit.text.config->limits);
    auth_forget(s);
    line_forget(s);
    hello_destroy(s);
    adopt_destroy(s);
    tls_store_unref(kit.host.tls);
    turns_fini(&kit.host.turns);
    loop_destroy(kit.host.loop);
    assert_int_equal(close(kit.client), 0);
    policy_end(&kit.text);
}

/* kit_said(): what the client has heard since the last look. Good until the next call. */
static inline const char *kit_said(void)
{
    static char text[8192];
    size_t len = 0;
    ssize_t got;
    if (kit.s.connection != NULL)
        connection_flush(kit.s.connection);
    while (len < sizeof text - 1 && (got = read(kit.client, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    return text;
}

/* kit_sends(text): the client does, and the session is woken. */
static inline void kit_sends(const char *text)
{
    write_all(kit.client, slice_str(text));
    run_for(kit.host.loop, 2);
    assert_true(connection_input(kit.s.connection).len >= strlen(text));
}

/* kit_mail(sender), kit_rcpt(address, state): a transaction with its envelope. */
static inline void kit_mail(const char *sender)
{
    struct command_path path = {.address = slice_str(sender)};
    assert_int_equal(transaction_begin(&kit.s.tx, &path), 0);
    kit.s.transactions = kit.s.tx.envelope.number = 1;
    kit.s.tx.envelope.open = true;
    kit.s.tx.envelope.declared_size = EVENT_SIZE_UNKNOWN;
}

static inline struct recipient *kit_rcpt(const char *address, enum recipient_state state)
{
    struct command_path path = {.address = slice_str(address)};
    struct recipient *recipient = transaction_add(&kit.s.tx, &path);
    assert_non_null(recipient);
    transaction_settle(&kit.s.tx, recipient, state, SLICE("250 2.1.5 Ok\r\n"));
    return recipient;
}

#endif
