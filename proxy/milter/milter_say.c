/* milter_say: see milter_say.h. */
#include "proxy/milter/milter_say.h"

#include "proxy/milter/milter_macros.h"
#include "proxy/milter/milter_send.h"
#include "proxy/milter/milter_state.h"

#include <assert.h>

#define ARGS_MAX   64
#define PATH_BYTES 1100 /* octets of an address in brackets */

static enum packet_command_kind command_of(enum event_kind kind)
{
    switch (kind) {
    case EVENT_CONNECT: return PACKET_COMMAND_CONNECT;
    case EVENT_HELO: return PACKET_COMMAND_HELO;
    case EVENT_MAIL: return PACKET_COMMAND_MAIL;
    case EVENT_RCPT:
    case EVENT_RCPT_REFUSED: return PACKET_COMMAND_RCPT;
    case EVENT_AUTH:
    case EVENT_HEADER:
    case EVENT_MESSAGE:
    case EVENT_DATA: break;
    }
    return PACKET_COMMAND_DATA;
}

static int write_connect(struct milter *m)
{
    const struct address *client = &m->job.event->u.connect.client;
    struct slice name = m->job.facts->client_name;
    char text[ADDRESS_TEXT_MAX];
    struct packet_connect connect = {
        .host = name, .port = client->port, .address = address_text(client, text)};

    if (name.len == 0 || slice_equal_case(name, SLICE("unknown")))
        connect.host = arena_format(&m->session, "[%.*s]", SLICE_ARG(connect.address));
    if (arena_failed(&m->session))
        return -1;
    switch (client->family) {
    case ADDRESS_NONE:
        connect.family = PACKET_FAMILY_UNKNOWN;
        connect.host = SLICE("unknown");
        break;
    case ADDRESS_V4: connect.family = PACKET_FAMILY_V4; break;
    case ADDRESS_V6: connect.family = PACKET_FAMILY_V6; break;
    case ADDRESS_UNIX:
        connect.family = PACKET_FAMILY_UNIX;
        connect.host = SLICE("localhost");
        break;
    }
    return packet_command_connect(&m->out, &connect);
}

/* MAIL or RCPT: the address in brackets, then the parameters. */
static int write_path(struct milter *m, enum packet_command_kind command, struct slice address)
{
    const struct milter_facts *facts = m->job.facts;
    struct slice strings[ARGS_MAX];
    struct bytes path;
    size_t count = 1;
    int result = -1;

    bytes_init(&path, PATH_BYTES);
    bytes_append_char(&path, '<');
    bytes_append(&path, address);
    bytes_append_char(&path, '>');
    for (size_t i = 0; i < facts->param_count && count < ARGS_MAX; i++)
        strings[count++] = facts->params[i];
    if (bytes_take(&path, &strings[0]) == 0)
        result = packet_command_strings(&m->out, command, strings, count);
    bytes_fini(&path);
    return result;
}

static int write_event(struct milter *m, enum packet_command_kind command)
{
    const struct event *event = m->job.event;

    switch (event->kind) {
    case EVENT_CONNECT: return write_connect(m);
    case EVENT_HELO: return packet_command_strings(&m->out, command, &event->u.helo.name, 1);
    case EVENT_MAIL: return write_path(m, command, event->u.mail.sender);
    case EVENT_RCPT:
    case EVENT_RCPT_REFUSED: return write_path(m, command, event->u.rcpt.recipient);
    case EVENT_DATA: return packet_command_plain(&m->out, command);
    case EVENT_AUTH:
    case EVENT_HEADER:
    case EVENT_MESSAGE: break;
    }
    return 0;
}

/* The same; where no answer comes, that is it. */
static void say(struct milter *m, enum packet_command_kind command)
{
    milter_send_command(m, command);
    if (!m->awaiting && m->stance != MILTER_FAILED)
        milter_job_pass(m);
}

/* Macros go out also when the command does not (MILTER 5, point 4). */
void milter_say_event(struct milter *m)
{
    enum event_kind kind = m->job.event->kind;
    enum packet_command_kind command = command_of(kind);
    bool wanted =
        kind != EVENT_RCPT_REFUSED || (m->options.steps & PACKET_STEP_REFUSED_RECIPIENT) != 0;

    assert(m->introduced || kind == EVENT_CONNECT); /* milter_needs_replay was not asked */
    m->introduced = true;
    m->transaction = m->transaction || kind == EVENT_MAIL;
    if (!wanted || m->skipping == (int)command) {
        milter_job_pass(m);
        return;
    }
    m->skipping = 0;
    if (!milter_macros_say(m, command))
        return;
    if (packet_options_sends(&m->options, command) && write_event(m, command) != 0) {
        milter_job_fail(m, MILTER_FAULT_MESSAGE, "a command is too long for it");
        return;
    }
    if (!packet_options_sends(&m->options, command)) {
        if (milter_send(m))
            milter_job_pass(m);
    } else {
        say(m, command);
    }
}

void milter_say_unknown(struct milter *m)
{
    if (!packet_options_sends(&m->options, PACKET_COMMAND_UNKNOWN) ||
        packet_command_strings(&m->out, PACKET_COMMAND_UNKNOWN, &m->job.line, 1) != 0)
        milter_job_pass(m);
    else
        say(m, PACKET_COMMAND_UNKNOWN);
}
