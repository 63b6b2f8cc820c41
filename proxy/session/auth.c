#include "proxy/session/auth.h"

#include "conf/config.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/line.h"
#include "proxy/session/offer.h"
#include "proxy/session/outcome.h"
#include "proxy/session/relay.h"
#include "proxy/session/state.h"

#define CHALLENGE_FRAME 6 /* octets of "334 " and CRLF */

/* --- whether --- */

/* The mechanisms that can be used. Clients that said HELO were told of none and may know all the
 * same: old ones use LOGIN so. */
static struct sasl_list usable(const struct session *s)
{
    return extension_offer(upstream_capabilities(s->upstream), s->under.listener->strip_extensions,
                           s->under.listener->strip_count, 0, true)
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
    if (s->under.listener->auth == AUTH_OFF)
        return CLIENT_NOT_HERE;
    if (!s->hello.greeted)
        return "503 5.5.1 Say EHLO first\r\n";
    if (s->login.accepted)
        return "503 5.5.1 Authenticated already\r\n";
    if (s->tx.envelope.open)
        return "503 5.5.1 A transaction is open\r\n";
    if (!offer_client_keeps(s))
        return "538 5.7.11 Encryption is required for authentication\r\n";
    if (!split(argument, &mechanism, &initial))
        return "501 5.5.4 Syntax: AUTH mechanism [initial-response]\r\n";
    if (initial.len > SASL_LINE_MAX)
        return LINE_AUTH_TOO_LONG;
    return NULL;
}

/* --- the exchange --- */

static void auth_answered(struct session *s);

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
static void end_exchange(struct session *s)
{
    if (s->phase != PHASE_END)
        upstream_auth_end(s->upstream);
    if (!s->login.accepted)
        sasl_begin(&s->login.sasl, SLICE_NONE);
    line_forget(s);
}

void auth_forget(struct session *s)
{
    s->login.accepted = false;
    sasl_begin(&s->login.sasl, SLICE_NONE);
}

static void login_accepted(struct session *s)
{
    struct event event = {.kind = EVENT_AUTH};
    s->login.accepted = true;
    event.u.auth.login = sasl_login(&s->login.sasl);
    if (inspect_feed(s->under.inspect, &event).kind == VERDICT_CONTINUE)
        relay_say_on(s);
    else
        ending_say(s, CLIENT_OUT_OF_MEMORY);
}

/* --- cancelling --- */

/* After "*" nothing but a refusal makes sense; whoever goes on has another exchange in mind. */
static bool cancelled(struct session *s)
{
    enum upstream_status status = upstream_status(s->upstream);
    bool login_refused = status == UPSTREAM_READY && upstream_reply(s->upstream)->code >= 400;
    if (login_refused)
        return true;
    if (status != UPSTREAM_READY && status != UPSTREAM_CHALLENGE) {
        (void)relay_opened(s); /* lost: says so */
        return false;
    }
    static const char reason[] = "the upstream went on after a cancelled AUTH";
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    outcome_upstream_failed(s, reason);
    upstream_abort(s->upstream);
    ending_say(s, "421 4.3.0 The mail server does not make sense\r\n");
    return false;
}

static void cancelled_auth_answered(struct session *s)
{
    if (cancelled(s))
        relay_say_on(s);
    end_exchange(s);
}

static void overlong_auth_answered(struct session *s)
{
    bool ended = cancelled(s);
    if (ended && upstream_reply(s->upstream)->code == 421)
        relay_say_on(s);
    else if (ended)
        line_answer(s, LINE_AUTH_TOO_LONG);
    end_exchange(s);
}

static void cancel(struct session *s, void (*ready)(struct session *s))
{
    send_line(s, &SLICE("*"), 1);
    relay_await(s, ready);
}

/* --- from the upstream --- */

/* One line for each login that failed, for those who count them by client. Of the reply only the
 * codes: its text could repeat what the client has sent, and so could a name that is a password
 * typed into the wrong field. */
static void login_refused(const struct session *s)
{
    const struct reply *reply = upstream_reply(s->upstream);
    struct slice enhanced = reply_split(slice_from(reply->wire, 4)).enhanced;
    struct slice mechanism = sasl_mechanism(&s->login.sasl);
    char text[ADDRESS_TEXT_MAX];
    struct slice client = address_text(&s->who.client, text);
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: login of %.*s failed: %d%s%.*s (%.*s)",
              s->id, SLICE_ARG(client), reply->code, enhanced.len > 0 ? " " : "",
              SLICE_ARG(enhanced), SLICE_ARG(mechanism));
}

static void pass_challenge(struct session *s)
{
    const struct reply *reply = upstream_reply(s->upstream);
    if (reply->wire.len > SASL_LINE_MAX + CHALLENGE_FRAME) {
        cancel(s, overlong_auth_answered);
        return;
    }
    client_reply(s, reply);
    state_wait(s, PHASE_AUTH);
    connection_deadline(s->connection, s->under.config->timeouts.command_ms);
}

static void auth_answered(struct session *s)
{
    if (upstream_status(s->upstream) == UPSTREAM_CHALLENGE) {
        pass_challenge(s);
        return;
    }
    if (relay_opened(s)) {
        if (upstream_reply(s->upstream)->code / 100 == 2) {
            login_accepted(s);
        } else {
            login_refused(s);
            relay_say_on(s);
        }
    }
    end_exchange(s);
}

/* --- from the client --- */

static void pass_response(struct session *s, struct slice line, size_t consumed)
{
    if (slice_equal(line, SLICE("*"))) {
        cancel(s, cancelled_auth_answered);
    } else {
        sasl_respond(&s->login.sasl, line, false);
        send_line(s, &line, 1);
        relay_await(s, auth_answered);
    }
    connection_consume(s->connection, consumed);
    connection_deadline(s->connection, 0);
}

bool auth_step(struct session *s)
{
    if (upstream_status(s->upstream) != UPSTREAM_CHALLENGE) { /* it did not wait for the client */
        relay_await(s, auth_answered);
        return true;
    }
    if (connection_congested(s->connection))
        return false;
    struct slice line;
    size_t consumed = 0;
    switch (line_scan(s, SASL_LINE_MAX + 2, &line, &consumed)) {
    case LINE_MORE: line_missing(s); return s->phase == PHASE_END;
    case LINE_READY: pass_response(s, line, consumed); return true;
    case LINE_TOO_LONG: return line_overlong(s, consumed);
    case LINE_TOO_LONG_END:
        connection_consume(s->connection, consumed);
        connection_deadline(s->connection, 0);
        cancel(s, overlong_auth_answered);
        return true;
    case LINE_BARE:
        ending_say(s, "500 5.5.2 Bare CR, LF or NUL in a SASL response\r\n");
        return true;
    }
    return false;
}

/* --- the command --- */

static void begin_exchange(struct session *s)
{
    struct command command;
    struct slice mechanism;
    struct slice initial;
    struct sasl_list list = usable(s);
    command_parse(line_text(s), &command);
    (void)split(command.argument, &mechanism, &initial);
    if (list.len == 0) {
        line_answer(s, CLIENT_NOT_HERE);
    } else if (!sasl_list_has(&list, mechanism)) {
        line_answer(s, "504 5.5.4 Mechanism not offered\r\n");
    } else if (!offer_upstream_keeps(s)) {
        line_answer(s, "454 4.7.0 Authentication is not available\r\n");
    } else {
        const struct slice parts[] = {SLICE("AUTH "), mechanism, SLICE(" "), initial};
        sasl_begin(&s->login.sasl, mechanism);
        if (initial.len > 0)
            sasl_respond(&s->login.sasl, initial, true);
        send_line(s, parts, initial.len > 0 ? 4 : 2);
        line_wipe(s);
        relay_await(s, auth_answered);
    }
}

static void auth_upstream_opened(struct session *s)
{
    if (relay_opened(s) && relay_offer_holds(s))
        begin_exchange(s);
}

void auth_run(struct session *s, const struct command *command)
{
    const char *wrong = problem(s, command->argument);
    if (wrong != NULL)
        line_answer(s, wrong);
    else
        relay_reach(s, auth_upstream_opened);
}
