/* milter_say: macros and commands of the events of a session (MILTER 5.2, 5.6). */
#include "proxy/milter/milter_private.h"
#include "proxy/milter/wire/packet_macros.h"

#include <assert.h>

#define MACROS_MAX (PACKET_MACROS_MAX + 8)
#define ARGS_MAX   64
#define PATH_BYTES 1100 /* octets of an address in brackets */

/* --- macros --- */

/* Beside the lists of ${style}, for milters that were written for a Sendmail whose cf was told so
 * (spamass-milter); one that asks for macros gets just those. */
static const struct slice extras[PACKET_STAGE_COUNT] = {
    [PACKET_STAGE_CONNECT] = SLICE_INIT("t b v _ {client_addr} {client_name} {client_port} "
                                        "{client_ptr} {client_resolve} {daemon_port}"),
    [PACKET_STAGE_HELO] = SLICE_INIT("s {tls_sni}"),
    [PACKET_STAGE_MAIL] = SLICE_INIT("r"),
    [PACKET_STAGE_RCPT] = SLICE_INIT("b r v Z"),
};

struct macros {
    struct packet_macro items[MACROS_MAX];
    size_t count;
};

/* What the facts leave to be made of other facts. */
static struct slice derived(struct milter *m, struct slice name)
{
    const struct milter_facts *facts = m->job.facts;
    const struct event *event = m->job.kind == MILTER_JOB_EVENT ? m->job.event : NULL;

    if (slice_equal(name, SLICE("_")) && facts->client_addr.len > 0)
        return arena_format(m->transaction ? &m->message : &m->session, "%.*s [%.*s]",
                            SLICE_ARG(facts->client_name), SLICE_ARG(facts->client_addr));
    if (event != NULL && event->kind == EVENT_MAIL && slice_equal(name, SLICE("mail_addr")))
        return event->u.mail.sender;
    if (event != NULL && event->kind == EVENT_RCPT && slice_equal(name, SLICE("rcpt_addr")))
        return event->u.rcpt.recipient;
    return SLICE_NONE;
}

static bool has(const struct macros *macros, struct slice name)
{
    for (size_t i = 0; i < macros->count; i++)
        if (slice_equal(macros->items[i].name, name))
            return true;
    return false;
}

static void add(struct milter *m, struct macros *macros, struct slice list)
{
    struct slice name;

    while (macros->count < MACROS_MAX && packet_macros_next(&list, &name)) {
        struct slice value = milter_facts_macro(m->job.facts, name);

        if (has(macros, name))
            continue;
        if (value.len == 0)
            value = derived(m, name);
        if (value.len > 0)
            macros->items[macros->count++] = (struct packet_macro){name, value};
    }
}

/* Whether ${name} goes with some command. */
static bool is_listed(const struct milter *m, enum packet_macros_style style, struct slice name)
{
    static const enum packet_command_kind COMMANDS[PACKET_STAGE_COUNT] = {
        PACKET_COMMAND_CONNECT, PACKET_COMMAND_HELO,    PACKET_COMMAND_MAIL, PACKET_COMMAND_RCPT,
        PACKET_COMMAND_DATA,    PACKET_COMMAND_BODYEOB, PACKET_COMMAND_EOH};
    struct slice listed;

    for (size_t i = 0; i < PACKET_STAGE_COUNT; i++) {
        struct slice list = packet_macros_wanted(style, &m->options.symbols, COMMANDS[i]);
        struct slice more = (m->options.symbols.given >> i & 1) == 0 ? extras[i] : SLICE_NONE;

        while (packet_macros_next(&list, &listed) || packet_macros_next(&more, &listed))
            if (slice_equal(listed, name))
                return true;
    }
    return false;
}

static void add_given(struct milter *m, struct macros *macros, enum packet_macros_style style)
{
    const struct milter_facts *facts = m->job.facts;

    for (size_t i = 0; i < facts->given_count; i++)
        if (!is_listed(m, style, facts->given[i].name))
            add(m, macros, facts->given[i].name);
}

bool milter_say_macros(struct milter *m, enum packet_command_kind command)
{
    enum packet_macros_style style =
        m->conf->macros == MILTER_STYLE_SENDMAIL ? PACKET_MACROS_SENDMAIL : PACKET_MACROS_POSTFIX;
    const struct packet_symbols *symbols = &m->options.symbols;
    enum packet_stage stage = packet_macros_stage(command);
    unsigned bit = 1U << (unsigned)stage;
    struct macros macros = {.count = 0};

    if (stage == PACKET_STAGE_COUNT)
        return true;
    add(m, &macros, packet_macros_wanted(style, symbols, command));
    if ((symbols->given & bit) == 0)
        add(m, &macros, extras[stage]);
    if (stage == PACKET_STAGE_CONNECT)
        add_given(m, &macros, style);
    /* None at all must replace those of the recipient before. */
    if (macros.count == 0 && (m->defined & bit) == 0)
        return true;
    m->defined |= bit;
    if (packet_command_macros(&m->out, command, macros.items, macros.count) == 0)
        return true;
    milter_fail(m, "its macros are too long");
    m->fault = MILTER_FAULT_MESSAGE;
    return false;
}

/* --- commands --- */

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

void milter_say_sent(struct milter *m, enum packet_command_kind command)
{
    bool content = m->job.kind == MILTER_JOB_MESSAGE;

    if (!milter_push(m))
        return;
    m->command = command;
    m->awaiting = packet_options_waits(&m->options, command);
    if (m->awaiting)
        milter_wait(m, content ? m->conf->content_timeout_ms : m->conf->command_timeout_ms);
}

/* The same; where no answer comes, that is it. */
static void say(struct milter *m, enum packet_command_kind command)
{
    milter_say_sent(m, command);
    if (!m->awaiting && m->stance != MILTER_FAILED)
        milter_pass(m);
}

/* Macros go out also when the command does not (MILTER 5.5.4). */
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
        milter_pass(m);
        return;
    }
    m->skipping = 0;
    if (!milter_say_macros(m, command))
        return;
    if (packet_options_sends(&m->options, command) && write_event(m, command) != 0) {
        milter_fail(m, "a command is too long for it");
        m->fault = MILTER_FAULT_MESSAGE;
        return;
    }
    if (!packet_options_sends(&m->options, command)) {
        if (milter_push(m))
            milter_pass(m);
    } else {
        say(m, command);
    }
}

void milter_say_unknown(struct milter *m)
{
    if (!packet_options_sends(&m->options, PACKET_COMMAND_UNKNOWN) ||
        packet_command_strings(&m->out, PACKET_COMMAND_UNKNOWN, &m->job.line, 1) != 0)
        milter_pass(m);
    else
        say(m, PACKET_COMMAND_UNKNOWN);
}
