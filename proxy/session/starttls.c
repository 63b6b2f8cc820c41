/* TLS towards the client (RFC 3207, RFC 8314): the command, the handshake, and what is forgotten
 * after it. */
#include "proxy/net/tls_store.h"
#include "proxy/session/session_private.h"

/* The store is the newest configuration's, where the listener may have another name than in the
 * session's. */
static struct tls_context *context_of(const struct session *s)
{
    const struct listener_conf *newest = s->host->listener(s->host->ctx, s->socket);
    return tls_store_listener(s->host->tls, newest->name);
}

bool starttls_offered(const struct session *s)
{
    bool possible = s->listener->tls.mode == TLS_STARTTLS;
    if (s->listener->tls.mode == TLS_PASSTHROUGH && s->upstream != NULL)
        possible = (upstream_capabilities(s->upstream)->extensions & EXTENSION_STARTTLS) != 0;
    if (!possible || connection_secure(s->connection))
        return false;
    for (size_t i = 0; i < s->listener->strip_count; i++)
        if (slice_equal_case(s->listener->strip_extensions[i], SLICE("STARTTLS")))
            return false;
    return true;
}

bool starttls_demanded(const struct session *s, enum verb verb)
{
    if (!s->listener->tls.required || connection_secure(s->connection))
        return false;
    return verb != VERB_NOOP && verb != VERB_EHLO && verb != VERB_LHLO && verb != VERB_STARTTLS &&
           verb != VERB_QUIT;
}

struct event_tls starttls_facts(const struct session *s)
{
    const struct tls_info *tls = connection_tls(s->connection);
    if (tls == NULL)
        return (struct event_tls){.active = false};
    return (struct event_tls){.active = true,
                              .version = tls->version,
                              .cipher = tls->cipher,
                              .name = tls->name,
                              .client_cert = tls->client_certificate};
}

/* --- the handshake --- */

/* Begins it, or ends the session. ${secured} goes on after it. */
static void shake_hands(struct session *s, int (*start)(struct connection *, struct tls_context *),
                        void (*secured)(struct session *s))
{
    struct tls_context *context = context_of(s);
    if (context == NULL || start(s->connection, context) != 0) {
        session_drop(s, "TLS with the client could not begin");
        return;
    }
    connection_deadline(s->connection, s->config->timeouts.connect_ms);
    s->ready = secured;
    s->phase = PHASE_SECURE;
}

bool starttls_step(struct session *s)
{
    if (connection_securing(s->connection)) {
        if (connection_expired(s->connection))
            session_drop(s, "the client did not finish the TLS handshake in time");
        return s->phase == PHASE_END;
    }
    connection_deadline(s->connection, 0);
    s->ready(s);
    return true;
}

void starttls_failed(struct session *s)
{
    char quoted[LOG_QUOTE_MAX];
    char client[ADDRESS_TEXT_MAX];
    struct slice address = address_text(&s->client, client);
    /* A balancer that looks whether the port is open is not worth a line. */
    enum log_level level = s->probed || !s->heard ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    log_write(s->host->log, level, "session %s: TLS with %.*s failed: %s", s->id,
              SLICE_ARG(address),
              log_quote(slice_str(connection_tls_error(s->connection)), quoted));
    session_drop(s, "the TLS handshake with the client failed");
}

void starttls_implicit(struct session *s, void (*secured)(struct session *s))
{
    /* A client's hello may come in one read with the balancer's header. */
    shake_hands(s, s->announced ? connection_start_tls_behind : connection_start_tls, secured);
}

/* --- the command --- */

/* Nothing a client said before counts (RFC 3207, 4.2). */
static void forget(struct session *s)
{
    session_reset(s);
    bytes_renew(&s->helo);
    s->esmtp = s->greeted = false;
    s->must_greet = true;
    s->offered = (struct capabilities){0};
    s->scan = (struct line_scan){0};
    session_command(s);
}

static const char *objection(const struct session *s, const struct command *command)
{
    if (connection_secure(s->connection))
        return "503 5.5.1 TLS is active already\r\n";
    if (!starttls_offered(s))
        return VERBS_NOT_HERE;
    if (command->argument.len > 0)
        return "501 5.5.4 No argument allowed\r\n";
    if (!s->greeted || !s->esmtp)
        return "503 5.5.1 Need EHLO first\r\n";
    /* Whoever logged in in plain text need not be who comes in TLS, and the upstream cannot forget
     * him. */
    if (s->authenticated)
        return "503 5.5.1 Not after AUTH\r\n";
    if (s->tx.open)
        return "503 5.5.1 Not inside a transaction\r\n";
    if (s->listener->tls.mode == TLS_STARTTLS && context_of(s) == NULL)
        return "454 4.7.0 TLS is not available\r\n";
    return NULL;
}

/* What was said in plain text behind the command must not be taken for something said inside
 * (CVE-2011-0411; PROTOCOL D7, T01). */
bool starttls_pipelined(struct session *s)
{
    if (connection_input(s->connection).len == 0)
        return false;
    log_write(s->host->log, LOG_LEVEL_WARNING,
              "session %s: the client sent more in plain text behind STARTTLS", s->id);
    session_say_close(s, "503 5.5.0 Nothing may follow STARTTLS\r\n");
    return true;
}

/* The 220 must leave before the handshake. */
void starttls_run(struct session *s, const struct command *command)
{
    const char *problem = objection(s, command);
    if (problem != NULL) {
        verbs_answer(s, problem);
    } else if (starttls_pipelined(s)) {
        return;
    } else if (s->listener->tls.mode == TLS_PASSTHROUGH) {
        passthrough_run(s);
    } else {
        session_say(s, "220 2.0.0 Ready to start TLS\r\n");
        shake_hands(s, connection_start_tls, forget);
    }
}
