/* sink_session: see sink_session.h. */
#include "proxy/sink/sink_session.h"

#include "filters/base/arena.h"
#include "proxy/net/connection.h"
#include "proxy/smtp/command.h"
#include "proxy/smtp/dot.h"
#include "proxy/smtp/extension.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARENA_BLOCK_BYTES 4096
#define GREETING_MAX      2048

enum phase { PHASE_START, PHASE_READY, PHASE_MAIL, PHASE_DATA, PHASE_OVER };

struct sink_session {
    struct sink_shared *shared;
    struct sink_session *next, **link;
    struct connection *connection;
    struct address peer;
    enum phase phase;
    struct capabilities offered; /* nothing after HELO */
    struct line_scan scan;
    unsigned errors;
    bool quit; /* the client said so: it will send no more */

    struct arena arena; /* of the envelope */
    struct slice sender;
    struct slice *recipients; /* SINK_RECIPIENTS_MAX of them */
    size_t recipient_count;
    struct dot_reader dot;
    struct maildir_message *message;
    uint64_t size_bytes;
};

/* -- ways out -- */

static void reply(struct sink_session *s, struct slice wire)
{
    if (wire.len > 0 && (wire.ptr[0] == '4' || wire.ptr[0] == '5'))
        s->errors++;
    connection_say(s->connection, wire);
}

/* The word on a message: in LMTP once for each recipient (RFC 2033, 4.2). */
static void reply_each(struct sink_session *s, struct slice wire)
{
    for (size_t i = 1; s->shared->lmtp && i < s->recipient_count; i++)
        connection_say(s->connection, wire);
    reply(s, wire);
}

static void reset_envelope(struct sink_session *s)
{
    maildir_drop(s->message);
    s->message = NULL;
    arena_reset(&s->arena);
    s->recipients = NULL;
    s->recipient_count = 0;
    s->size_bytes = 0;
    if (s->phase == PHASE_MAIL || s->phase == PHASE_DATA)
        s->phase = PHASE_READY;
}

static void destroy(struct sink_session *s)
{
    reset_envelope(s);
    arena_fini(&s->arena);
    *s->link = s->next;
    if (s->next != NULL)
        s->next->link = s->link;
    free(s);
}

static void say_last(struct sink_session *s, struct slice wire)
{
    reply(s, wire);
    s->phase = PHASE_OVER;
}

void sink_session_drop(struct sink_session *s)
{
    reply(s, SLICE("421 4.3.2 Service is shutting down\r\n"));
    connection_finish(s->connection);
    destroy(s);
}

/* -- commands -- */

static void on_hello(struct sink_session *s, const struct command *command)
{
    struct bytes out;
    struct slice wire;
    if (s->shared->lmtp != (command->verb == VERB_LHLO)) {
        reply(s, s->shared->lmtp ? SLICE("500 5.5.1 This is LMTP, say LHLO\r\n")
                                 : SLICE("500 5.5.2 Unknown command\r\n"));
        return;
    }
    if (!command_helo_valid(command->argument)) {
        reply(s, SLICE("501 5.5.4 A host name is needed\r\n"));
        return;
    }
    reset_envelope(s);
    s->offered = (struct capabilities){.extensions = 0};
    if (command->verb != VERB_HELO) {
        s->offered.extensions = EXTENSION_PIPELINING | EXTENSION_SIZE | EXTENSION_8BITMIME |
                                EXTENSION_SMTPUTF8 | EXTENSION_DSN | EXTENSION_ENHANCEDSTATUSCODES;
        s->offered.size_limit = SINK_MESSAGE_MAX;
    }
    s->phase = PHASE_READY;
    bytes_init(&out, GREETING_MAX);
    if (extension_write_reply(&out, s->shared->hostname, &s->offered) == 0 &&
        bytes_take(&out, &wire) == 0)
        reply(s, wire);
    else
        say_last(s, SLICE("421 4.3.0 Out of memory\r\n"));
    bytes_fini(&out);
}

static struct slice path_refusal(enum path_result result, enum verb verb)
{
    switch (result) {
    case PATH_OK: break;
    case PATH_SYNTAX:
        return SLICE("501 5.5.4 Syntax: MAIL FROM:<address> or RCPT TO:<address>\r\n");
    case PATH_ADDRESS:
        return verb == VERB_MAIL ? SLICE("501 5.1.7 Bad sender address\r\n")
                                 : SLICE("501 5.1.3 Bad recipient address\r\n");
    case PATH_UTF8: return SLICE("553 5.6.7 SMTPUTF8 is needed for this address\r\n");
    case PATH_PARAMS: return SLICE("501 5.5.4 Bad parameters\r\n");
    }
    return SLICE_NONE;
}

static struct slice param_refusal(enum param_result result)
{
    switch (result) {
    case PARAM_OK: break;
    case PARAM_VALUE: return SLICE("501 5.5.4 Bad parameter value\r\n");
    case PARAM_UNKNOWN: return SLICE("555 5.5.4 Unknown parameter\r\n");
    case PARAM_SIZE: return SLICE("552 5.3.4 Message is too large\r\n");
    }
    return SLICE_NONE;
}

/* take_path(s, command, address): parses and judges the argument of MAIL or RCPT and copies its
 * address. 0, or -1 and the refusal is said. */
static int take_path(struct sink_session *s, const struct command *command, struct slice *address)
{
    struct command_path path;
    bool utf8 = (s->offered.extensions & EXTENSION_SMTPUTF8) != 0;
    struct slice prefix = command->verb == VERB_MAIL ? SLICE("FROM:") : SLICE("TO:");
    enum path_result result = command_parse_path(command->argument, prefix, utf8, &path);
    struct slice refusal = path_refusal(result, command->verb);
    if (refusal.len == 0)
        refusal = param_refusal(extension_check_params(command->verb, &path, &s->offered, NULL));
    if (refusal.len == 0) {
        *address = arena_copy(&s->arena, path.address);
        if (address->ptr == NULL)
            refusal = SLICE("452 4.3.1 Out of memory\r\n");
    }
    if (refusal.len == 0)
        return 0;
    reply(s, refusal);
    return -1;
}

static void on_mail(struct sink_session *s, const struct command *command)
{
    if (take_path(s, command, &s->sender) != 0) {
        reset_envelope(s);
        return;
    }
    s->recipients = arena_alloc(&s->arena, SINK_RECIPIENTS_MAX * sizeof(*s->recipients));
    if (s->recipients == NULL) {
        reset_envelope(s);
        reply(s, SLICE("452 4.3.1 Out of memory\r\n"));
        return;
    }
    s->phase = PHASE_MAIL;
    reply(s, SLICE("250 2.1.0 Ok\r\n"));
}

static void on_rcpt(struct sink_session *s, const struct command *command)
{
    if (s->recipient_count >= SINK_RECIPIENTS_MAX) {
        reply(s, SLICE("452 4.5.3 Too many recipients\r\n"));
        return;
    }
    if (take_path(s, command, &s->recipients[s->recipient_count]) != 0)
        return;
    s->recipient_count++;
    reply(s, SLICE("250 2.1.5 Ok\r\n"));
}

static void write_envelope(struct sink_session *s)
{
    maildir_write(s->message, SLICE("Return-Path: <"));
    maildir_write(s->message, s->sender);
    maildir_write(s->message, SLICE(">\n"));
    for (size_t i = 0; i < s->recipient_count; i++) {
        maildir_write(s->message, SLICE("X-Envelope-To: "));
        maildir_write(s->message, s->recipients[i]);
        maildir_write(s->message, SLICE("\n"));
    }
}

static void on_data(struct sink_session *s, const struct command *command)
{
    (void)command;
    if (s->recipient_count == 0) {
        reply(s, SLICE("503 5.5.1 No recipients\r\n"));
        return;
    }
    s->message = maildir_begin(s->shared->maildir);
    if (s->message == NULL) {
        log_write(s->shared->log, LOG_LEVEL_ERROR, "cannot store mail: %s", strerror(errno));
        reset_envelope(s);
        reply(s, SLICE("452 4.3.1 Cannot store mail now\r\n"));
        return;
    }
    write_envelope(s);
    dot_reader_init(&s->dot, NEWLINE_NORMALIZE);
    s->phase = PHASE_DATA;
    reply(s, SLICE("354 End data with <CR><LF>.<CR><LF>\r\n"));
}

static void on_rset(struct sink_session *s, const struct command *command)
{
    (void)command;
    reset_envelope(s);
    reply(s, SLICE("250 2.0.0 Ok\r\n"));
}

static void on_noop(struct sink_session *s, const struct command *command)
{
    (void)command;
    reply(s, SLICE("250 2.0.0 Ok\r\n"));
}

static void on_vrfy(struct sink_session *s, const struct command *command)
{
    reply(s, command->argument.len > 0 ? SLICE("252 2.5.0 Not verified, mail would be taken\r\n")
                                       : SLICE("501 5.5.4 A name is needed\r\n"));
}

static void on_help(struct sink_session *s, const struct command *command)
{
    (void)command;
    reply(s, SLICE("214 2.0.0 This is a mail sink: it takes any mail and writes a Maildir\r\n"));
}

static void on_quit(struct sink_session *s, const struct command *command)
{
    (void)command;
    s->quit = true;
    say_last(s, SLICE("221 2.0.0 Bye\r\n"));
}

/* Which phases a command is allowed in, as bits. */
#define IN(phase) (1U << (phase))
#define ANYTIME   (IN(PHASE_START) | IN(PHASE_READY) | IN(PHASE_MAIL))

static const struct {
    void (*handle)(struct sink_session *s, const struct command *command); /* NULL: 502 */
    unsigned phases;
    bool bare; /* takes no argument */
} verbs[VERB_COUNT] = {
    [VERB_HELO] = {on_hello, ANYTIME, false},       [VERB_EHLO] = {on_hello, ANYTIME, false},
    [VERB_LHLO] = {on_hello, ANYTIME, false},       [VERB_MAIL] = {on_mail, IN(PHASE_READY), false},
    [VERB_RCPT] = {on_rcpt, IN(PHASE_MAIL), false}, [VERB_DATA] = {on_data, IN(PHASE_MAIL), true},
    [VERB_RSET] = {on_rset, ANYTIME, true},         [VERB_NOOP] = {on_noop, ANYTIME, false},
    [VERB_VRFY] = {on_vrfy, ANYTIME, false},        [VERB_HELP] = {on_help, ANYTIME, false},
    [VERB_QUIT] = {on_quit, ANYTIME, true},
};

static void obey(struct sink_session *s, struct slice line)
{
    struct command command;
    command_parse(line, &command);
    if (command.verb == VERB_UNKNOWN)
        reply(s, SLICE("500 5.5.2 Unknown command\r\n"));
    else if (verbs[command.verb].handle == NULL)
        reply(s, SLICE("502 5.5.1 Command is not implemented\r\n"));
    else if (verbs[command.verb].bare && command.argument.len > 0)
        reply(s, SLICE("501 5.5.4 No argument is allowed\r\n"));
    else if ((verbs[command.verb].phases & IN(s->phase)) == 0)
        reply(s, SLICE("503 5.5.1 Bad sequence of commands\r\n"));
    else
        verbs[command.verb].handle(s, &command);
}

/* -- content -- */

static void store(struct sink_session *s)
{
    char id[MAILDIR_ID_MAX], peer[ADDRESS_TEXT_MAX], wire[MAILDIR_ID_MAX + 64];
    char sender[LOG_QUOTE_MAX];
    struct maildir_message *message = s->message;
    s->message = NULL;
    if (maildir_store(message, id) != 0) {
        log_write(s->shared->log, LOG_LEVEL_ERROR, "cannot store mail: %s", strerror(errno));
        reply_each(s, SLICE("452 4.3.1 Cannot store mail now\r\n"));
        return;
    }
    log_write(s->shared->log, LOG_LEVEL_INFO,
              "stored %s from %.*s: sender <%s>, %zu recipients, %" PRIu64 " bytes", id,
              SLICE_ARG(address_port_text(&s->peer, peer)), log_quote(s->sender, sender),
              s->recipient_count, s->size_bytes);
    (void)snprintf(wire, sizeof(wire), "250 2.0.0 Ok: queued as %s\r\n", id);
    reply_each(s, slice_str(wire));
}

static void end_content(struct sink_session *s)
{
    if (s->size_bytes > SINK_MESSAGE_MAX)
        reply_each(s, SLICE("552 5.3.4 Message is too large\r\n"));
    else
        store(s);
    reset_envelope(s);
}

static void take_content(struct sink_session *s)
{
    struct dot_slices slices;
    size_t used = dot_read(&s->dot, connection_input(s->connection), &slices);
    for (size_t i = 0; i < slices.count; i++) {
        s->size_bytes += slices.items[i].len;
        if (s->size_bytes <= SINK_MESSAGE_MAX)
            maildir_write(s->message, slices.items[i]);
    }
    connection_consume(s->connection, used);
    if (s->dot.ended)
        end_content(s);
}

/* -- the step -- */

/* take_line(s): one command, if it is there whole. Returns whether there may be more to do. */
static bool take_line(struct sink_session *s)
{
    struct slice line;
    size_t used;
    enum line_result result =
        command_line(&s->scan, connection_input(s->connection), SINK_LINE_MAX, true, &line, &used);
    switch (result) {
    case LINE_MORE: return false;
    case LINE_TOO_LONG: break;
    case LINE_TOO_LONG_END: reply(s, SLICE("500 5.5.2 Line is too long\r\n")); break;
    case LINE_BARE: say_last(s, SLICE("500 5.5.2 Bare CR or NUL in a command\r\n")); break;
    case LINE_READY: obey(s, line); break;
    }
    connection_consume(s->connection, used);
    if (s->errors > SINK_ERRORS_MAX && s->phase != PHASE_OVER)
        say_last(s, SLICE("421 4.7.0 Too many errors\r\n"));
    return true;
}

/* work(s): all that the input holds, unless the client does not read our replies. */
static void work(struct sink_session *s)
{
    bool more = true;
    while (more && s->phase != PHASE_OVER && !connection_congested(s->connection)) {
        if (s->phase != PHASE_DATA)
            more = take_line(s);
        else if (connection_input(s->connection).len > 0)
            take_content(s);
        else
            more = false;
    }
}

/* is_gone(s): whether nothing can come of it any more: the input is used up and no more will come.
 */
static bool is_gone(const struct sink_session *s)
{
    enum connection_state state = connection_state(s->connection);
    return state == CONNECTION_FAILED ||
           (state == CONNECTION_EOF && !connection_congested(s->connection));
}

static void step(void *arg)
{
    struct sink_session *s = arg;
    if (connection_expired(s->connection))
        say_last(s, SLICE("421 4.4.2 Timeout\r\n"));
    work(s);
    if (s->phase == PHASE_OVER || is_gone(s)) {
        if (s->quit)
            connection_close(s->connection);
        else
            connection_finish(s->connection);
        destroy(s);
        return;
    }
    connection_deadline(s->connection, SINK_IDLE_MS);
    connection_flush(s->connection);
}

static void greet(struct sink_session *s)
{
    reply(s, SLICE("220 "));
    reply(s, s->shared->hostname);
    reply(s, s->shared->lmtp ? SLICE(" LMTP\r\n") : SLICE(" ESMTP\r\n"));
    connection_deadline(s->connection, SINK_IDLE_MS);
    connection_flush(s->connection);
}

int sink_session_create(struct sink_shared *shared, int fd, const struct address *peer)
{
    struct sink_session *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        (void)close(fd);
        return -1;
    }
    s->connection = connection_accept(shared->loop, fd, step, s);
    if (s->connection == NULL) {
        free(s);
        return -1;
    }
    s->shared = shared;
    s->peer = *peer;
    arena_init(&s->arena, ARENA_BLOCK_BYTES, SINK_MEMORY_MAX);
    s->next = shared->sessions;
    s->link = &shared->sessions;
    if (s->next != NULL)
        s->next->link = &s->next;
    shared->sessions = s;
    greet(s);
    return 0;
}
