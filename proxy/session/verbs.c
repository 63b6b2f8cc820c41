#include "proxy/session/verbs.h"

#include "proxy/session/auth.h"
#include "proxy/session/client.h"
#include "proxy/session/data.h"
#include "proxy/session/ending.h"
#include "proxy/session/envelope.h"
#include "proxy/session/greeting.h"
#include "proxy/session/hello.h"
#include "proxy/session/introduction.h"
#include "proxy/session/judging.h"
#include "proxy/session/line.h"
#include "proxy/session/relay.h"
#include "proxy/session/starttls.h"
#include "proxy/session/state.h"

struct verb_row {
    enum verb verb;
    bool junk;        /* does no work: counted against limits.junk_commands */
    bool no_argument; /* an argument is a 501 (R34) */
    void (*run)(struct session *s, const struct command *command);
};

static void run_rset(struct session *s, const struct command *command)
{
    (void)command;
    ending_reset(s);
    line_answer(s, "250 2.0.0 Ok\r\n");
}

static void run_noop(struct session *s, const struct command *command)
{
    (void)command;
    line_answer(s, "250 2.0.0 Ok\r\n");
}

static void run_help(struct session *s, const struct command *command)
{
    (void)command;
    line_answer(s, s->lmtp ? "214 2.0.0 Commands: LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT\r\n"
                           : "214 2.0.0 Commands: HELO EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT "
                             "VRFY EXPN HELP\r\n");
}

static void run_quit(struct session *s, const struct command *command)
{
    (void)command;
    client_quits(s);
    client_say(s, "221 2.0.0 Bye\r\n");
    ending_finish(s);
}

static void forwarded_answered(struct session *s)
{
    if (relay_opened(s))
        relay_say_on(s);
}

static void forward(struct session *s)
{
    struct command command;
    command_parse(line_text(s), &command);
    struct bytes line;
    struct slice wire;
    bytes_init(&line, SIZE_MAX);
    if (command_write(&line, command.verb, command.argument) == 0 && bytes_take(&line, &wire) == 0)
        relay_ask(s, wire, forwarded_answered);
    else
        line_answer(s, "452 4.3.1 Out of memory\r\n");
    bytes_fini(&line);
}

static void verify_upstream_idle(struct session *s)
{
    if (relay_usable(s))
        forward(s);
    else
        line_answer(s, "252 2.0.0 Cannot verify, but will take mail and try\r\n");
}

static void etrn_upstream_idle(struct session *s)
{
    if (relay_usable(s))
        forward(s);
    else
        line_answer(s, "458 4.4.1 The mail server is not available\r\n");
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
        line_answer(s, "501 5.5.4 Syntax: VRFY or EXPN, and a name\r\n");
    else if (!printable(command->argument))
        line_answer(s, "553 5.6.7 Name needs SMTPUTF8\r\n");
    else if (s->upstream == NULL)
        verify_upstream_idle(s);
    else
        relay_await(s, verify_upstream_idle);
}

/* The upstream's queue is started, so only the upstream can answer (RFC 1985). */
static void run_etrn(struct session *s, const struct command *command)
{
    if ((s->offered.extensions & EXTENSION_ETRN) == 0)
        line_answer(s, CLIENT_NOT_HERE);
    else if (s->tx.envelope.open)
        line_answer(s, "503 5.5.1 Not within a transaction\r\n");
    else if (command->argument.len == 0 || !printable(command->argument))
        line_answer(s, "501 5.5.4 Syntax: ETRN name\r\n");
    else
        relay_await(s, etrn_upstream_idle);
}

static void run_disabled(struct session *s, const struct command *command)
{
    (void)command;
    line_answer(s, CLIENT_NOT_HERE);
}

static void unknown_judged(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind))
        line_answer_verdict(s, verdict);
    else
        line_answer(s, CLIENT_NOT_RECOGNIZED);
}

/* Milters may have another word for it (MILTER 2, UNKNOWN), but what is meant for a login that
 * was refused, or looks so, is not theirs. */
static void tell_unknown(struct session *s, const struct command *command)
{
    struct verdict verdict = {.kind = VERDICT_CONTINUE};
    if (!s->auth_begun && !slice_starts_case(command->name, SLICE("AUTH")))
        verdict = inspect_unknown(s->under.inspect, line_text(s));
    if (verdict.kind == VERDICT_MORE)
        judging_await(s, unknown_judged);
    else
        unknown_judged(s, &verdict);
}

static void run_unknown(struct session *s, const struct command *command)
{
    static const struct slice http[] = {
        SLICE_INIT("GET"),     SLICE_INIT("POST"),    SLICE_INIT("PUT"),    SLICE_INIT("HEAD"),
        SLICE_INIT("OPTIONS"), SLICE_INIT("CONNECT"), SLICE_INIT("DELETE"), SLICE_INIT("PATCH"),
        SLICE_INIT("TRACE"),   SLICE_INIT("PRI")};
    for (size_t i = 0; i < sizeof http / sizeof http[0]; i++) {
        if (slice_equal_case(command->name, http[i])) {
            ending_say(s, "421 4.7.0 This is SMTP\r\n"); /* PROTOCOL C05 */
            return;
        }
    }
    tell_unknown(s, command);
}

static const struct verb_row rows[] = {
    {VERB_HELO, false, false, hello_run},
    {VERB_EHLO, false, false, hello_run},
    {VERB_LHLO, false, false, hello_run},
    {VERB_MAIL, false, false, envelope_mail},
    {VERB_RCPT, false, false, envelope_rcpt},
    {VERB_DATA, false, true, data_run},
    {VERB_RSET, true, true, run_rset},
    {VERB_NOOP, true, false, run_noop},
    {VERB_QUIT, false, true, run_quit},
    {VERB_VRFY, true, false, run_verify},
    {VERB_EXPN, true, false, run_verify},
    {VERB_HELP, true, false, run_help},
    {VERB_STARTTLS, false, false, starttls_run},
    {VERB_AUTH, false, false, auth_run},
    {VERB_BDAT, false, false, data_bdat},
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
    bool junk = row->junk || (row->run == hello_run && s->hello.greeted);
    return junk && client_wastes(s);
}

/* Whether the command begins what the connect rules would have prevented. */
static bool needs_judged_connect(const struct session *s, enum verb verb)
{
    return s->greeting.waits &&
           (verb == VERB_HELO || verb == VERB_EHLO || verb == VERB_LHLO || verb == VERB_MAIL);
}

static void run_row(struct session *s, const struct verb_row *row, const struct command *command)
{
    data_forget(s);
    if (row->verb != VERB_UNKNOWN)
        s->auth_begun = row->verb == VERB_AUTH;
    row->run(s, command);
}

void verbs_run(struct session *s)
{
    struct command command;
    command_parse(line_text(s), &command);
    const struct verb_row *row = find_row(command.verb);
    if (s->greeting.refused && command.verb != VERB_QUIT)
        line_answer(s, "503 5.5.1 No service here\r\n");
    else if (needs_judged_connect(s, command.verb))
        greeting_judge_late(s, verbs_run);
    else if (starttls_demanded(s, command.verb))
        line_answer(s, "530 5.7.0 Must issue a STARTTLS command first\r\n");
    else if (too_much_junk(s, row))
        ending_say(s, CLIENT_JUNK);
    else if (s->data_refused && command.verb == VERB_UNKNOWN) /* content after all: see content.c */
        ending_say(s, "500 5.5.2 Content without a 354\r\n");
    else if (row->no_argument && command.argument.len > 0)
        line_answer(s, "501 5.5.4 No argument allowed\r\n");
    else
        run_row(s, row, &command);
}
