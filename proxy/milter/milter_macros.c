/* milter_macros: see milter_macros.h. */
#include "proxy/milter/milter_macros.h"

#include "conf/milter_conf.h"
#include "proxy/milter/milter_state.h"
#include "proxy/milter/wire/packet_macros.h"

#define MACROS_MAX (PACKET_MACROS_MAX + 8)

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

bool milter_macros_say(struct milter *m, enum packet_command_kind command)
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
    milter_job_fail(m, MILTER_FAULT_MESSAGE, "its macros are too long");
    return false;
}
