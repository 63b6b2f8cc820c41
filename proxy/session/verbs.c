/* The commands of a session: for each verb check, judge, forward (RFC 5321, 4.1). What the upstream
 * says to a forwarded command goes to the client as it is. */
#include "proxy/session/chunking.h"
#include "proxy/session/session_private.h"
#include "proxy/smtp/reply_reader.h"

#define NOT_RECOGNIZED "500 5.5.1 Command not recognized\r\n"

struct verb_row {
    enum verb verb;
    bool junk;        /* does no work: counted against limits.junk_commands */
    bool no_argument; /* an argument is a 501 (R34) */
    void (*run)(struct session *s, const struct command *command);
};

void verbs_answer(struct session *s, const char *wire)
{
    session_say(s, wire);
    session_command(s);
}

/* A refusal by the policy, spoken now. */
void verbs_answer_verdict(struct session *s, const struct verdict *verdict)
{
    session_reply(s, &verdict->reply);
    if (verdict->kind == VERDICT_DISCONNECT) {
        account_reply(s, verdict->reply.code, verdict->reply.wire);
        session_finish(s);
    } else {
        session_command(s);
    }
}

/* Relays what the upstream said; its 421 ends the session on both sides (R35). */
void verbs_relay(struct session *s)
{
    const struct reply *reply = upstream_reply(s->upstream);
    session_reply(s, reply);
    if (reply->code == 421) {
        account_upstream_refused(s);
        session_finish(s);
    } else {
        session_command(s);
    }
}

static void upstream_gone(struct session *s)
{
    const char *failure = upstream_failure(s->upstream);
    struct slice address = upstream_address(s->upstream);
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: upstream %.*s: %s", s->id,
              SLICE_ARG(address), failure);
    account_upstream_failed(s, failure);
    session_say_close(
        s, upstream_insecure(s->upstream)
               ? "421 4.7.5 The mail server cannot be reached securely, try again later\r\n"
               : "421 4.4.1 The mail server is not available, try again later\r\n");
}

/* Returns whether the upstream takes commands; else the client has been told. */
bool verbs_upstream_opened(struct session *s)
{
    switch (upstream_status(s->upstream)) {
    case UPSTREAM_READY: return true;
    case UPSTREAM_REFUSED:
        account_upstream_failed(s, upstream_failure(s->upstream));
        account_upstream_refused(s);
        verbs_relay(s);
        return false;
    case UPSTREAM_NONE:
    case UPSTREAM_OPENING:
    case UPSTREAM_WAITING:
    case UPSTREAM_CHALLENGE:
    case UPSTREAM_CONTENT:
    case UPSTREAM_LOST: break;
    }
    upstream_gone(s);
    return false;
}

/* --- HELO, EHLO, LHLO --- */

static void hello_opened(struct session *s)
{
    if (!verbs_upstream_opened(s))
        return;
    s->greeted = true;
    s->offered = session_offer(s);
    auth_withheld(s);
    struct bytes reply;
    struct slice wire;
    bytes_init(&reply, REPLY_READ_MAX);
    if (extension_write_reply(&reply, s->config->hostname, &s->offered) == 0 &&
        bytes_take(&reply, &wire) == 0) {
        connection_say(s->connection, wire);
        session_command(s);
    } else {
        session_say_close(s, OUT_OF_MEMORY);
    }
    bytes_fini(&reply);
}

static void hello_again(struct session *s)
{
    if (session_upstream_usable(s)) {
        upstream_greet(s->upstream, session_ehlo_name(s));
        s->ready = hello_opened;
        s->phase = PHASE_OPEN;
    } else {
        session_open(s, hello_opened);
    }
}

static void hello_decided(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind) && s->listener->refuse_at == REFUSE_EARLY) {
        account_verdict(s, verdict);
        verbs_answer_verdict(s, verdict);
    } else if (s->upstream != NULL) {
        session_await(s, hello_again);
    } else {
        session_open(s, hello_opened);
    }
}

static void run_hello(struct session *s, const struct command *command)
{
    if (!lmtp_greeting(s, command->verb)) { /* R106 */
        verbs_answer(s, s->lmtp ? "500 5.5.1 This is LMTP, say LHLO\r\n" : NOT_RECOGNIZED);
        return;
    }
    if (!command_helo_valid(command->argument)) {
        verbs_answer(s, s->lmtp ? "501 5.5.4 Syntax: LHLO and a name\r\n"
                                : "501 5.5.4 Syntax: HELO or EHLO, and a name\r\n");
        return;
    }
    session_reset(s);
    s->esmtp = command->verb != VERB_HELO;
    s->greeted = false;
    s->offered = (struct capabilities){0};
    bytes_renew(&s->helo);
    command_helo_append(&s->helo, command->argument);
    if (bytes_end(&s->helo) != 0) {
        session_say_close(s, OUT_OF_MEMORY);
        return;
    }
    struct event event = {.kind = EVENT_HELO};
    event.u.helo.name = bytes_slice(&s->helo);
    session_judge(s, &event, hello_decided);
}

/* --- the others --- */

static void run_data(struct session *s, const struct command *command)
{
    (void)command;
    content_data(s);
}

static void run_rset(struct session *s, const struct command *command)
{
    (void)command;
    session_reset(s);
    verbs_answer(s, "250 2.0.0 Ok\r\n");
}

static void run_noop(struct session *s, const struct command *command)
{
    (void)command;
    verbs_answer(s, "250 2.0.0 Ok\r\n");
}

static void run_help(struct session *s, const struct command *command)
{
    (void)command;
    verbs_answer(s, s->lmtp ? "214 2.0.0 Commands: LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT\r\n"
                            : "214 2.0.0 Commands: HELO EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT "
                              "VRFY EXPN HELP\r\n");
}

static void run_quit(struct session *s, const struct command *command)
{
    (void)command;
    s->quit = true;
    session_say(s, "221 2.0.0 Bye\r\n");
    session_finish(s);
}

static void verify_answered(struct session *s)
{
    if (verbs_upstream_opened(s))
        verbs_relay(s);
}

static void forward(struct session *s)
{
    struct command command;
    command_parse(bytes_slice(&s->line), &command);
    struct bytes line;
    struct slice wire;
    bytes_init(&line, SIZE_MAX);
    if (command_write(&line, command.verb, command.argument) == 0 && bytes_take(&line, &wire) == 0)
        session_ask(s, wire, verify_answered);
    else
        verbs_answer(s, "452 4.3.1 Out of memory\r\n");
    bytes_fini(&line);
}

static void verify_forward(struct session *s)
{
    if (session_upstream_usable(s))
        forward(s);
    else
        verbs_answer(s, "252 2.0.0 Cannot verify, but will take mail and try\r\n");
}

static void etrn_forward(struct session *s)
{
    if (session_upstream_usable(s))
        forward(s);
    else
        verbs_answer(s, "458 4.4.1 The mail server is not available\r\n");
}

static bool printable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

static void run_verify(struct session *s, const struct command *command)
{
    if (command->argument.len == 0)
        verbs_answer(s, "501 5.5.4 Syntax: VRFY or EXPN, and a name\r\n");
    else if (!printable(command->argument))
        verbs_answer(s, "553 5.6.7 Name needs SMTPUTF8\r\n");
    else if (s->upstream == NULL)
        verify_forward(s);
    else
        session_await(s, verify_forward);
}

/* The upstream's queue is started, so only the upstream can answer (RFC 1985). */
static void run_etrn(struct session *s, const struct command *command)
{
    if ((s->offered.extensions & EXTENSION_ETRN) == 0)
        verbs_answer(s, VERBS_NOT_HERE);
    else if (s->tx.open)
        verbs_answer(s, "503 5.5.1 Not within a transaction\r\n");
    else if (command->argument.len == 0 || !printable(command->argument))
        verbs_answer(s, "501 5.5.4 Syntax: ETRN name\r\n");
    else
        session_await(s, etrn_forward);
}

static void run_disabled(struct session *s, const struct command *command)
{
    (void)command;
    verbs_answer(s, VERBS_NOT_HERE);
}

static void unknown_decided(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind))
        verbs_answer_verdict(s, verdict);
    else
        verbs_answer(s, NOT_RECOGNIZED);
}

/* Milters may have another word for it (MILTER 2, UNKNOWN), but what is meant for a login that
 * was refused, or looks so, is not theirs. */
static void tell_unknown(struct session *s, const struct command *command)
{
    struct verdict verdict = {.kind = VERDICT_CONTINUE};
    if (!s->auth_begun && !slice_starts_case(command->name, SLICE("AUTH")))
        verdict = inspect_unknown(s->inspect, bytes_slice(&s->line));
    if (verdict.kind == VERDICT_MORE)
        session_await_judge(s, unknown_decided);
    else
        unknown_decided(s, &verdict);
}

static void run_unknown(struct session *s, const struct command *command)
{
    static const struct slice http[] = {
        SLICE_INIT("GET"),     SLICE_INIT("POST"),    SLICE_INIT("PUT"),    SLICE_INIT("HEAD"),
        SLICE_INIT("OPTIONS"), SLICE_INIT("CONNECT"), SLICE_INIT("DELETE"), SLICE_INIT("PATCH"),
        SLICE_INIT("TRACE"),   SLICE_INIT("PRI")};
    for (size_t i = 0; i < sizeof http / sizeof http[0]; i++) {
        if (slice_equal_case(command->name, http[i])) {
            session_say_close(s, "421 4.7.0 This is SMTP\r\n"); /* PROTOCOL C05 */
            return;
        }
    }
    tell_unknown(s, command);
}

static const struct verb_row rows[] = {
    {VERB_HELO, false, false, run_hello},
    {VERB_EHLO, false, false, run_hello},
    {VERB_LHLO, false, false, run_hello},
    {VERB_MAIL, false, false, envelope_mail},
    {VERB_RCPT, false, false, envelope_rcpt},
    {VERB_DATA, false, true, run_data},
    {VERB_RSET, true, true, run_rset},
    {VERB_NOOP, true, false, run_noop},
    {VERB_QUIT, false, true, run_quit},
    {VERB_VRFY, true, false, run_verify},
    {VERB_EXPN, true, false, run_verify},
    {VERB_HELP, true, false, run_help},
    {VERB_STARTTLS, false, false, starttls_run},
    {VERB_AUTH, false, false, auth_run},
    {VERB_BDAT, false, false, chunking_bdat},
    {VERB_ETRN, true, false, run_etrn},
    {VERB_SEND, false, false, run_disabled},
    {VERB_SOML, false, false, run_disabled},
    {VERB_SAML, false, false, run_disabled},
    {VERB_TURN, false, false, run_disabled},
    {VERB_XCLIENT, true, false, introduction_xclient},
    {VERB_XFORWARD, true, false, introduction_xforward},
};

static const struct verb_row *find_row(enum verb verb)
{
    static const struct verb_row unknown = {VERB_UNKNOWN, false, false, run_unknown};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].verb == verb)
            return &rows[i];
    return &unknown;
}

/* A greeting is work once; repeated without a message between, it is junk like any other. */
static bool too_much_junk(struct session *s, const struct verb_row *row)
{
    if (row->junk || (row->run == run_hello && s->greeted))
        s->junk++;
    return s->junk > s->config->limits.junk_commands;
}

/* Whether the command begins what the connect rules would have prevented. */
static bool needs_judged_connect(const struct session *s, enum verb verb)
{
    return s->connect_waits &&
           (verb == VERB_HELO || verb == VERB_EHLO || verb == VERB_LHLO || verb == VERB_MAIL);
}

static void run_row(struct session *s, const struct verb_row *row, const struct command *command)
{
    s->data_refused = false;
    if (row->verb != VERB_UNKNOWN)
        s->auth_begun = row->verb == VERB_AUTH;
    row->run(s, command);
}

void verbs_run(struct session *s)
{
    struct command command;
    command_parse(bytes_slice(&s->line), &command);
    const struct verb_row *row = find_row(command.verb);
    if (s->turned_away && command.verb != VERB_QUIT)
        verbs_answer(s, "503 5.5.1 No service here\r\n");
    else if (needs_judged_connect(s, command.verb))
        greeting_judge_late(s, verbs_run);
    else if (starttls_demanded(s, command.verb))
        verbs_answer(s, "530 5.7.0 Must issue a STARTTLS command first\r\n");
    else if (too_much_junk(s, row))
        session_say_close(s, VERBS_JUNK);
    else if (s->data_refused && command.verb == VERB_UNKNOWN) /* content after all: see content.c */
        session_say_close(s, "500 5.5.2 Content without a 354\r\n");
    else if (row->no_argument && command.argument.len > 0)
        verbs_answer(s, "501 5.5.4 No argument allowed\r\n");
    else
        run_row(s, row, &command);
}
