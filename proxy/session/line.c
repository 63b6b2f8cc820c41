#include "proxy/session/line.h"

#include "conf/config.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/outcome.h"
#include "proxy/session/state.h"
#include "proxy/smtp/proxy_header.h"

#define TLS_RECORD "\x16\x03" /* how a ClientHello begins */
#define COMMAND_GARBAGE_MAX                                                                        \
    65536 /* octets of one command line before the session is closed (C02) */

void line_create(struct session *s)
{
    bytes_init(&s->line.text, SIZE_MAX); /* line_limit says how long each may be */
}

void line_forget(struct session *s)
{
    bytes_wipe(&s->line.text);
    bytes_fini(&s->line.text);
}

void line_wipe(struct session *s)
{
    bytes_wipe(&s->line.text);
}

void line_restart(struct session *s)
{
    s->line.scan = (struct line_scan){0};
}

struct slice line_text(const struct session *s)
{
    return bytes_slice(&s->line.text);
}

void line_next(struct session *s)
{
    state_wait(s, PHASE_COMMAND);
    bytes_wipe(&s->line.text);
    connection_secret(s->connection, true); /* it may be AUTH */
    connection_patience(s->connection, s->under.config->timeouts.command_ms);
    connection_deadline(s->connection, s->under.config->timeouts.command_ms);
}

void line_answer(struct session *s, const char *wire)
{
    client_say(s, wire);
    line_next(s);
}

void line_answer_verdict(struct session *s, const struct verdict *verdict)
{
    client_reply(s, &verdict->reply);
    if (verdict->kind == VERDICT_DISCONNECT) {
        outcome_reply(s, verdict->reply.code, verdict->reply.wire);
        ending_finish(s);
    } else {
        line_next(s);
    }
}

/* --- what is no command --- */

bool line_proxy_header(const struct session *s)
{
    if (!proxy_header_begun(connection_input(s->connection)))
        return false;
    client_warn(s, s->who.announced
                       ? "another PROXY header"
                       : "a PROXY header from a peer that is not in the listener's proxy_protocol");
    return true;
}

/* What was said in plain text behind the command must not be taken for something said inside
 * (CVE-2011-0411; PROTOCOL D7, T01). */
bool line_pipelined(struct session *s)
{
    if (connection_input(s->connection).len == 0)
        return false;
    log_write(s->host->log, LOG_LEVEL_WARNING,
              "session %s: the client sent more in plain text behind STARTTLS", s->id);
    ending_say(s, "503 5.5.0 Nothing may follow STARTTLS\r\n");
    return true;
}

void line_missing(struct session *s)
{
    if (connection_state(s->connection) == CONNECTION_EOF)
        ending_drop(s, "the client closed the connection");
    else if (connection_expired(s->connection))
        ending_say(s, "421 4.4.2 Timeout, closing the connection\r\n");
}

bool line_overlong(struct session *s, size_t consumed)
{
    connection_consume(s->connection, consumed);
    if (s->line.scan.overlong_bytes > COMMAND_GARBAGE_MAX)
        ending_say(s, "421 4.7.0 Command line without an end\r\n");
    else if (consumed == 0)
        line_missing(s);
    return consumed > 0 || s->phase == PHASE_END;
}

static bool too_many_errors(struct session *s)
{
    if (s->talk.errors < s->under.config->limits.errors)
        return false;
    ending_say(s, "421 4.7.0 Too many errors\r\n");
    return true;
}

/* Whether no command is read any more: we go down, or it is no SMTP at all, and may never have a
 * line end. The session is ended then. */
static bool is_over(struct session *s, struct slice input)
{
    if (s->draining && !s->tx.envelope.open)
        ending_say(s, CLIENT_GOING_DOWN);
    else if (slice_starts(input, SLICE(TLS_RECORD))) /* PROTOCOL C05 */
        ending_say(s, "421 4.7.0 This is SMTP without TLS\r\n");
    else if (line_proxy_header(s))
        ending_drop(s, "a PROXY header in place of a command");
    return s->phase == PHASE_END;
}

/* --- the command line --- */

/* AUTH may be longer than the others (RFC 4954, 4), and extensions that were offered may make MAIL
 * and RCPT longer than the operator's limit (R57, R84, R95). */
static size_t line_limit(const struct session *s, struct slice input)
{
    size_t set = s->under.config->limits.command_line_bytes;
    bool mail = slice_starts_case(input, SLICE("MAIL "));
    size_t needed = 0;
    if (s->line.auth)
        return set < SASL_COMMAND_MAX ? SASL_COMMAND_MAX : set;
    if (mail || slice_starts_case(input, SLICE("RCPT ")))
        needed = extension_line_bytes(&s->offered);
    if (mail && (s->offered.extensions & EXTENSION_AUTH) != 0)
        set += SASL_MAIL_MORE_MAX;
    return set > needed ? set : needed;
}

static bool line_ready(struct session *s, struct slice line, size_t consumed,
                       void (*run)(struct session *s))
{
    int kept = bytes_set(&s->line.text, line);
    connection_consume(s->connection, consumed);
    connection_deadline(s->connection, 0);
    s->line.scan = (struct line_scan){0};
    if (kept != 0)
        ending_say(s, CLIENT_OUT_OF_MEMORY);
    else if (!too_many_errors(s))
        run(s);
    return true;
}

enum line_result line_scan(struct session *s, size_t limit, struct slice *line, size_t *consumed)
{
    bool lf_ends = s->under.listener->bare_newline != NEWLINE_REJECT;
    return command_line(&s->line.scan, connection_input(s->connection), limit, lf_ends, line,
                        consumed);
}

bool line_step(struct session *s, void (*run)(struct session *s))
{
    struct slice input = connection_input(s->connection);
    struct slice line;
    size_t consumed = 0;
    if (is_over(s, input) || connection_congested(s->connection))
        return false;
    if (!s->line.scan.overlong)
        s->line.auth = slice_starts_case(input, SLICE("AUTH "));
    switch (line_scan(s, line_limit(s, input), &line, &consumed)) {
    case LINE_MORE: line_missing(s); return s->phase == PHASE_END;
    case LINE_READY: return line_ready(s, line, consumed, run);
    case LINE_TOO_LONG: return line_overlong(s, consumed);
    case LINE_TOO_LONG_END:
        connection_consume(s->connection, consumed);
        s->line.scan = (struct line_scan){0};
        if (too_many_errors(s))
            break;
        client_say(s, s->line.auth ? LINE_AUTH_TOO_LONG : "500 5.5.2 Command line too long\r\n");
        line_next(s);
        break;
    case LINE_BARE: ending_say(s, "500 5.5.2 Bare CR, LF or NUL in a command\r\n"); break;
    }
    return true;
}
