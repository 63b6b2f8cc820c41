#include "proxy/session/starttls.h"

#include "conf/config.h"
#include "proxy/net/tls_store.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/hello.h"
#include "proxy/session/line.h"
#include "proxy/session/offer.h"
#include "proxy/session/passthrough.h"
#include "proxy/session/state.h"

/* The store is the newest configuration's, where the listener may have another name than in the
 * session's. */
static struct tls_context *context_of(const struct session *s)
{
    const struct listener_conf *newest = s->host->listener(s->host->ctx, s->socket);
    return tls_store_listener(s->host->tls, newest->name);
}

bool starttls_demanded(const struct session *s, enum verb verb)
{
    if (!s->under.listener->tls.required || connection_secure(s->connection))
        return false;
    return verb != VERB_NOOP && verb != VERB_EHLO && verb != VERB_LHLO && verb != VERB_STARTTLS &&
           verb != VERB_QUIT;
}

/* --- the handshake --- */

/* Begins it, or ends the session. ${secured} goes on after it. */
static void shake_hands(struct session *s, int (*start)(struct connection *, struct tls_context *),
                        void (*secured)(struct session *s))
{
    struct tls_context *context = context_of(s);
    if (context == NULL || start(s->connection, context) != 0) {
        ending_drop(s, "TLS with the client could not begin");
        return;
    }
    connection_deadline(s->connection, s->under.config->timeouts.connect_ms);
    s->secured = secured;
    state_wait(s, PHASE_SECURE);
}

bool starttls_step(struct session *s)
{
    if (connection_securing(s->connection)) {
        if (connection_expired(s->connection))
            ending_drop(s, "the client did not finish the TLS handshake in time");
        return s->phase == PHASE_END;
    }
    connection_deadline(s->connection, 0);
    s->secured(s);
    return true;
}

void starttls_failed(struct session *s)
{
    char quoted[LOG_QUOTE_MAX];
    char client[ADDRESS_TEXT_MAX];
    struct slice address = address_text(&s->who.client, client);
    /* A balancer that looks whether the port is open is not worth a line. */
    enum log_level level = s->who.probed || !s->talk.heard ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    log_write(s->host->log, level, "session %s: TLS with %.*s failed: %s", s->id,
              SLICE_ARG(address),
              log_quote(slice_str(connection_tls_error(s->connection)), quoted));
    ending_drop(s, "the TLS handshake with the client failed");
}

void starttls_implicit(struct session *s, void (*secured)(struct session *s))
{
    /* A client's hello may come in one read with the balancer's header. */
    shake_hands(s, s->who.announced ? connection_start_tls_behind : connection_start_tls, secured);
}

/* --- the command --- */

/* Nothing a client said before counts (RFC 3207, 4.2). */
static void client_secured(struct session *s)
{
    ending_reset(s);
    hello_again(s);
    line_restart(s);
    line_next(s);
}

static const char *objection(const struct session *s, const struct command *command)
{
    if (connection_secure(s->connection))
        return "503 5.5.1 TLS is active already\r\n";
    if (!offer_starttls(s))
        return CLIENT_NOT_HERE;
    if (command->argument.len > 0)
        return "501 5.5.4 No argument allowed\r\n";
    if (!s->hello.greeted || !s->hello.esmtp)
        return "503 5.5.1 Need EHLO first\r\n";
    /* Whoever logged in in plain text need not be who comes in TLS, and the upstream cannot forget
     * him. */
    if (s->login.accepted)
        return "503 5.5.1 Not after AUTH\r\n";
    if (s->tx.envelope.open)
        return "503 5.5.1 Not inside a transaction\r\n";
    if (s->under.listener->tls.mode == TLS_STARTTLS && context_of(s) == NULL)
        return "454 4.7.0 TLS is not available\r\n";
    return NULL;
}

/* The 220 must leave before the handshake. */
void starttls_run(struct session *s, const struct command *command)
{
    const char *problem = objection(s, command);
    if (problem != NULL) {
        line_answer(s, problem);
    } else if (line_pipelined(s)) {
        return;
    } else if (s->under.listener->tls.mode == TLS_PASSTHROUGH) {
        passthrough_run(s);
    } else {
        client_say(s, "220 2.0.0 Ready to start TLS\r\n");
        shake_hands(s, connection_start_tls, client_secured);
    }
}
