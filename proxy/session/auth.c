/* AUTH: an exchange between the client and the upstream, passed on line by line (RFC 4954).
 *
 * The upstream knows the users; the gateway only learns who has logged in. What the client sends
 * during the exchange is SASL data whatever it looks like, and is wiped as soon as it is sent on.
 */
#include "proxy/session/session_private.h"

#define CHALLENGE_FRAME 6 /* octets of "334 " and CRLF */

/* --- whether --- */

/* Whether a login is kept from the eyes of others as far as the client's connection goes, */
static bool client_keeps(const struct session *s)
{
    bool wanted = s->listener->auth == AUTH_TLS_ONLY || s->listener->tls.required;
    return !wanted || connection_secure(s->connection);
}

/* ... and as far as the upstream's does. */
static bool upstream_keeps(const struct session *s)
{
    return s->listener->auth != AUTH_TLS_ONLY || upstream_private(s->upstream);
}

/* Whether this client may log in now. */
static bool allowed(const struct session *s)
{
    return s->listener->auth != AUTH_OFF && client_keeps(s) && upstream_keeps(s);
}

void auth_withheld(const struct session *s)
{
    bool withheld = s->listener->auth == AUTH_TLS_ONLY && client_keeps(s) && !upstream_keeps(s) &&
                    (upstream_capabilities(s->upstream)->extensions & EXTENSION_AUTH) != 0;
    if (withheld)
        log_write(s->host->log, LOG_LEVEL_WARNING,
                  "session %s: AUTH is withheld: the upstream is not reached in TLS", s->id);
}

void auth_restrict(const struct session *s, struct capabilities *offer)
{
    if (allowed(s))
        return;
    offer->extensions &= ~(unsigned)EXTENSION_AUTH;
    offer->mechanisms = (struct sasl_list){.len = 0};
}

/* The mechanisms that can be used. Clients that said HELO were told of none and may know all the
 * same: old ones use LOGIN so. */
static struct sasl_list usable(const struct session *s)
{
    return extension_offer(upstream_capabilities(s->upstream), s->listener->strip_extensions,
                           s->listener->strip_count, 0, true)
        .mechanisms;
}

/* Takes the argument of AUTH apart: a mechanism, and an initial response or not. */
static bool split(struct slice argument, struct slice *mechanism, struct slice *initial)
{
    size_t blank = slice_find(argument, ' ');
    *mechanism = slice_first(argument, blank);
    *initial = blank != SLICE_NOT_FOUND ? slice_trim(slice_from(argument, blank)) : SLICE_NONE;
    return mechanism->len > 0 && slice_find(*initial, ' ') == SLICE_NOT_FOUND;
}

/* What is wrong with an AUTH before the upstream is asked: a whole reply, or NULL. */
static const char *problem(const struct session *s, struct slice argument)
{
    struct slice mechanism;
    struct slice initial;
    if (s->listener->auth == AUTH_OFF)
        return VERBS_NOT_HERE;
    if (!s->greeted)
        return "503 5.5.1 Say EHLO first\r\n";
    if (s->authenticated)
        return "503 5.5.1 Authenticated already\r\n";
    if (s->tx.open)
        return "503 5.5.1 A transaction is open\r\n";
    if (!client_keeps(s))
        return "538 5.7.11 Encryption is required for authentication\r\n";
    if (!split(argument, &mechanism, &initial))
        return "501 5.5.4 Syntax: AUTH mechanism [initial-response]\r\n";
    if (initial.len > SASL_LINE_MAX)
        return AUTH_LINE_TOO_LONG;
    return NULL;
}

/* --- the exchange --- */

static void answered(struct session *s);

/* Sends a line to the upstream. The room is taken at once, so that growing leaves no copies. */
static void send_line(struct session *s, const struct slice *parts, size_t count)
{
    struct bytes wire;
    struct slice line;
    bytes_init(&wire, SASL_COMMAND_MAX);
    bool room = bytes_reserve(&wire, SASL_COMMAND_MAX) != NULL;
    for (size_t i = 0; room && i < count; i++)
        bytes_append(&wire, parts[i]);
    bytes_append(&wire, SLICE("\r\n"));
    if (bytes_take(&wire, &line) == 0)
        upstream_auth(s->upstream, line);
    else
        upstream_abort(s->upstream);
    bytes_wipe(&wire);
    bytes_fini(&wire);
}

/* The exchange is over, its last reply said. */
static void end(struct session *s)
{
    if (s->phase != PHASE_END)
        upstream_auth_end(s->upstream);
    if (!s->authenticated)
        sasl_begin(&s->sasl, SLICE_NONE);
    bytes_wipe(&s->line);
    bytes_fini(&s->line);
}

void auth_forget(struct session *s)
{
    s->authenticated = false;
    sasl_begin(&s->sasl, SLICE_NONE);
}

static void accepted(struct session *s)
{
    struct event event = {.kind = EVENT_AUTH};
    s->authenticated = true;
    event.u.auth.login = sasl_login(&s->sasl);
    if (inspect_feed(s->inspect, &event).kind == VERDICT_CONTINUE)
        verbs_relay(s);
    else
        session_say_close(s, OUT_OF_MEMORY);
}

/* --- cancelling --- */

/* After "*" nothing but a refusal makes sense; whoever goes on has another exchange in mind. */
static bool cancelled(struct session *s)
{
    enum upstream_status status = upstream_status(s->upstream);
    bool refused = status == UPSTREAM_READY && upstream_reply(s->upstream)->code >= 400;
    if (refused)
        return true;
    if (status != UPSTREAM_READY && status != UPSTREAM_CHALLENGE) {
        (void)verbs_upstream_opened(s); /* lost: says so */
        return false;
    }
    static const char reason[] = "the upstream went on after a cancelled AUTH";
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    account_upstream_failed(s, reason);
    upstream_abort(s->upstream);
    session_say_close(s, "421 4.3.0 The mail server does not make sense\r\n");
    return false;
}

static void cancel_answered(struct session *s)
{
    if (cancelled(s))
        verbs_relay(s);
    end(s);
}

static void too_long_answered(struct session *s)
{
    bool ended = cancelled(s);
    if (ended && upstream_reply(s->upstream)->code == 421)
        verbs_relay(s);
    else if (ended)
        verbs_answer(s, AUTH_LINE_TOO_LONG);
    end(s);
}

static void cancel(struct session *s, void (*ready)(struct session *s))
{
    send_line(s, &SLICE("*"), 1);
    session_await(s, ready);
}

/* --- from the upstream --- */

/* One line for each login that failed, for those who count them by client. Of the reply only the
 * codes: its text could repeat what the client has sent, and so could a name that is a password
 * typed into the wrong field. */
static void refused(const struct session *s)
{
    const struct reply *reply = upstream_reply(s->upstream);
    struct slice enhanced = reply_split(slice_from(reply->wire, 4)).enhanced;
    struct slice mechanism = sasl_mechanism(&s->sasl);
    char text[ADDRESS_TEXT_MAX];
    struct slice client = address_text(&s->client, text);
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: login of %.*s failed: %d%s%.*s (%.*s)",
              s->id, SLICE_ARG(client), reply->code, enhanced.len > 0 ? " " : "",
              SLICE_ARG(enhanced), SLICE_ARG(mechanism));
}

static void challenged(struct session *s)
{
    const struct reply *reply = upstream_reply(s->upstream);
    if (reply->wire.len > SASL_LINE_MAX + CHALLENGE_FRAME) {
        cancel(s, too_long_answered);
        return;
    }
    session_reply(s, reply);
    s->phase = PHASE_AUTH;
    connection_deadline(s->connection, s->config->timeouts.command_ms);
}

static void answered(struct session *s)
{
    if (upstream_status(s->upstream) == UPSTREAM_CHALLENGE) {
        challenged(s);
        return;
    }
    if (verbs_upstream_opened(s)) {
        if (upstream_reply(s->upstream)->code / 100 == 2) {
            accepted(s);
        } else {
            refused(s);
            verbs_relay(s);
        }
    }
    end(s);
}

/* --- from the client --- */

static void response(struct session *s, struct slice line, size_t consumed)
{
    if (slice_equal(line, SLICE("*"))) {
        cancel(s, cancel_answered);
    } else {
        sasl_respond(&s->sasl, line, false);
        send_line(s, &line, 1);
        session_await(s, answered);
    }
    connection_consume(s->connection, consumed);
    connection_deadline(s->connection, 0);
}

bool auth_step(struct session *s)
{
    if (upstream_status(s->upstream) != UPSTREAM_CHALLENGE) { /* it did not wait for the client */
        session_await(s, answered);
        return true;
    }
    if (connection_congested(s->connection))
        return false;
    struct slice line;
    size_t consumed = 0;
    bool lf_ends = s->listener->bare_newline != NEWLINE_REJECT;
    switch (command_line(&s->scan, connection_input(s->connection), SASL_LINE_MAX + 2, lf_ends,
                         &line, &consumed)) {
    case LINE_MORE: session_line_missing(s); return s->phase == PHASE_END;
    case LINE_READY: response(s, line, consumed); return true;
    case LINE_TOO_LONG: return session_line_overlong(s, consumed);
    case LINE_TOO_LONG_END:
        connection_consume(s->connection, consumed);
        connection_deadline(s->connection, 0);
        cancel(s, too_long_answered);
        return true;
    case LINE_BARE:
        session_say_close(s, "500 5.5.2 Bare CR, LF or NUL in a SASL response\r\n");
        return true;
    }
    return false;
}

/* --- the command --- */

static void begin(struct session *s)
{
    struct command command;
    struct slice mechanism;
    struct slice initial;
    struct sasl_list list = usable(s);
    command_parse(bytes_slice(&s->line), &command);
    (void)split(command.argument, &mechanism, &initial);
    if (list.len == 0) {
        verbs_answer(s, VERBS_NOT_HERE);
    } else if (!sasl_list_has(&list, mechanism)) {
        verbs_answer(s, "504 5.5.4 Mechanism not offered\r\n");
    } else if (!upstream_keeps(s)) {
        verbs_answer(s, "454 4.7.0 Authentication is not available\r\n");
    } else {
        const struct slice parts[] = {SLICE("AUTH "), mechanism, SLICE(" "), initial};
        sasl_begin(&s->sasl, mechanism);
        if (initial.len > 0)
            sasl_respond(&s->sasl, initial, true);
        send_line(s, parts, initial.len > 0 ? 4 : 2);
        bytes_wipe(&s->line);
        session_await(s, answered);
    }
}

static void opened(struct session *s)
{
    if (verbs_upstream_opened(s) && session_offer_holds(s))
        begin(s);
}

static void reach_upstream(struct session *s)
{
    if (session_upstream_usable(s))
        opened(s);
    else
        session_open(s, opened);
}

void auth_run(struct session *s, const struct command *command)
{
    const char *wrong = problem(s, command->argument);
    if (wrong != NULL)
        verbs_answer(s, wrong);
    else if (s->upstream == NULL)
        session_open(s, opened);
    else
        session_await(s, reach_upstream);
}

/* --- afterwards --- */

void auth_lost(struct session *s)
{
    static const char reason[] = "the upstream that accepted the login went away";
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    account_upstream_failed(s, reason);
    session_say_close(s, AUTH_LOST);
}
