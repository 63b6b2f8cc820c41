/* packet_macros: see packet_macros.h. */
#include "proxy/milter/wire/packet_macros.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* HEADER and BODY have no stage in SETSYMLIST: Postfix sends them the macros of the event that ends
 * them, and so do we. */
static const struct {
    enum packet_command_kind command;
    enum packet_stage stage;
} stages[] = {
    {PACKET_COMMAND_CONNECT, PACKET_STAGE_CONNECT}, {PACKET_COMMAND_HELO, PACKET_STAGE_HELO},
    {PACKET_COMMAND_MAIL, PACKET_STAGE_MAIL},       {PACKET_COMMAND_RCPT, PACKET_STAGE_RCPT},
    {PACKET_COMMAND_DATA, PACKET_STAGE_DATA},       {PACKET_COMMAND_HEADER, PACKET_STAGE_EOH},
    {PACKET_COMMAND_EOH, PACKET_STAGE_EOH},         {PACKET_COMMAND_BODY, PACKET_STAGE_EOM},
    {PACKET_COMMAND_BODYEOB, PACKET_STAGE_EOM},
};

#define TLS_MACROS "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}"

/* Postfix: the defaults of its main.cf. Sendmail: those of its cf (cfhead.m4). */
static const struct slice postfix[PACKET_STAGE_COUNT] = {
    [PACKET_STAGE_CONNECT] = SLICE_INIT("j {daemon_name} {daemon_addr} v _"),
    [PACKET_STAGE_HELO] = SLICE_INIT(TLS_MACROS),
    [PACKET_STAGE_MAIL] = SLICE_INIT("i {auth_type} {auth_authen} {auth_author} {mail_addr} "
                                     "{mail_host} {mail_mailer}"),
    [PACKET_STAGE_RCPT] = SLICE_INIT("i {rcpt_addr} {rcpt_host} {rcpt_mailer}"),
    [PACKET_STAGE_DATA] = SLICE_INIT("i"),
    [PACKET_STAGE_EOM] = SLICE_INIT("i"),
    [PACKET_STAGE_EOH] = SLICE_INIT("i"),
};

static const struct slice sendmail[PACKET_STAGE_COUNT] = {
    [PACKET_STAGE_CONNECT] = SLICE_INIT("j _ {daemon_name} {if_name} {if_addr}"),
    [PACKET_STAGE_HELO] = SLICE_INIT(TLS_MACROS),
    [PACKET_STAGE_MAIL] = SLICE_INIT("i {auth_type} {auth_authen} {auth_ssf} {auth_author} "
                                     "{mail_mailer} {mail_host} {mail_addr}"),
    [PACKET_STAGE_RCPT] = SLICE_INIT("{rcpt_mailer} {rcpt_host} {rcpt_addr}"),
    [PACKET_STAGE_EOM] = SLICE_INIT("{msg_id}"),
};

enum packet_stage packet_macros_stage(enum packet_command_kind command)
{
    for (size_t i = 0; i < COUNT_OF(stages); i++)
        if (stages[i].command == command)
            return stages[i].stage;
    return PACKET_STAGE_COUNT;
}

struct slice packet_macros_wanted(enum packet_macros_style style,
                                  const struct packet_symbols *symbols,
                                  enum packet_command_kind command)
{
    enum packet_stage stage = packet_macros_stage(command);

    if (stage == PACKET_STAGE_COUNT)
        return SLICE_NONE;
    if ((symbols->given >> stage & 1) != 0)
        return symbols->lists[stage];
    switch (style) {
    case PACKET_MACROS_POSTFIX: return postfix[stage];
    case PACKET_MACROS_SENDMAIL: return sendmail[stage];
    }
    return SLICE_NONE;
}

static bool is_separator(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

struct slice packet_macros_bare(struct slice name)
{
    if (name.len > 2 && name.ptr[0] == '{' && name.ptr[name.len - 1] == '}')
        return slice_make(name.ptr + 1, name.len - 2);
    return name;
}

bool packet_macros_next(struct slice *list, struct slice *name)
{
    size_t start = 0;
    size_t end;

    while (start < list->len && is_separator(list->ptr[start]))
        start++;
    end = start;
    while (end < list->len && !is_separator(list->ptr[end]))
        end++;
    *name = packet_macros_bare(slice_first(slice_from(*list, start), end - start));
    *list = slice_from(*list, end);
    return name->len > 0;
}

/* ${list} up to the end of its last name that counts. */
static struct slice cut_list(struct slice list)
{
    struct slice rest = list;
    struct slice name;

    for (int count = 0; count < PACKET_MACROS_MAX; count++)
        if (!packet_macros_next(&rest, &name))
            break;
    return slice_first(list, list.len - rest.len);
}

int packet_macros_keep(struct packet_symbols *symbols, struct arena *arena)
{
    for (size_t stage = 0; stage < PACKET_STAGE_COUNT; stage++) {
        if ((symbols->given >> stage & 1) == 0)
            continue;
        symbols->lists[stage] = arena_copy(arena, cut_list(symbols->lists[stage]));
        if (symbols->lists[stage].ptr == NULL)
            return -1;
    }
    return 0;
}
