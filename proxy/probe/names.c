/* names: see names.h. */
#include "proxy/probe/names.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

struct name {
    uint32_t bit;
    const char *name;
};

static const struct name actions[] = {
    {PACKET_ACTION_ADD_HEADERS, "ADDHDRS"},    {PACKET_ACTION_REPLACE_BODY, "CHGBODY"},
    {PACKET_ACTION_ADD_RECIPIENTS, "ADDRCPT"}, {PACKET_ACTION_REMOVE_RECIPIENTS, "DELRCPT"},
    {PACKET_ACTION_CHANGE_HEADERS, "CHGHDRS"}, {PACKET_ACTION_QUARANTINE, "QUARANTINE"},
    {PACKET_ACTION_CHANGE_SENDER, "CHGFROM"},  {PACKET_ACTION_ADD_RECIPIENTS_PARAMS, "ADDRCPT_PAR"},
    {PACKET_ACTION_SET_MACROS, "SETSYMLIST"},
};

static const struct name steps[] = {
    {PACKET_STEP_NO_CONNECT, "NOCONNECT"},
    {PACKET_STEP_NO_HELO, "NOHELO"},
    {PACKET_STEP_NO_MAIL, "NOMAIL"},
    {PACKET_STEP_NO_RCPT, "NORCPT"},
    {PACKET_STEP_NO_BODY, "NOBODY"},
    {PACKET_STEP_NO_HEADERS, "NOHDRS"},
    {PACKET_STEP_NO_EOH, "NOEOH"},
    {PACKET_STEP_NO_UNKNOWN, "NOUNKNOWN"},
    {PACKET_STEP_NO_DATA, "NODATA"},
    {PACKET_STEP_SKIP, "SKIP"},
    {PACKET_STEP_REFUSED_RECIPIENT, "RCPT_REJ"},
    {PACKET_STEP_UNANSWERED_CONNECT, "NR_CONN"},
    {PACKET_STEP_UNANSWERED_HELO, "NR_HELO"},
    {PACKET_STEP_UNANSWERED_MAIL, "NR_MAIL"},
    {PACKET_STEP_UNANSWERED_RCPT, "NR_RCPT"},
    {PACKET_STEP_UNANSWERED_DATA, "NR_DATA"},
    {PACKET_STEP_UNANSWERED_UNKNOWN, "NR_UNKN"},
    {PACKET_STEP_UNANSWERED_HEADERS, "NR_HDR"},
    {PACKET_STEP_UNANSWERED_EOH, "NR_EOH"},
    {PACKET_STEP_UNANSWERED_BODY, "NR_BODY"},
    {PACKET_STEP_LEADING_SPACE, "HDR_LEADSPC"},
    {PACKET_STEP_DATA_256K, "MDS_256K"},
    {PACKET_STEP_DATA_1M, "MDS_1M"},
};

static const char OPTIONS[] =
    "options: a version from 2 to the one offered, and no action that was "
    "not offered";
static const char GREETING[] = "continue, accept, reject, temporary failure, reply, shutdown; "
                               "progress before it";
static const char ENVELOPE[] = "continue, accept, reject, temporary failure, discard, reply, "
                               "shutdown; progress before it";
static const char CONTENT[] = "continue, accept, reject, temporary failure, discard, reply, "
                              "shutdown, skip if that was agreed; progress before it; no change of "
                              "the message";
static const char END[] = "changes that were agreed, and progress; then one of continue, accept, "
                          "reject, temporary failure, discard, reply, shutdown";
static const char NOTHING[] = "nothing";

static const struct command_names {
    enum packet_command_kind kind;
    const char *name, *unsent, *expected;
} commands[] = {
    {PACKET_COMMAND_OPTNEG, "OPTNEG", NULL, OPTIONS},
    {PACKET_COMMAND_CONNECT, "CONNECT", "NOCONNECT", GREETING},
    {PACKET_COMMAND_HELO, "HELO", "NOHELO", GREETING},
    {PACKET_COMMAND_MAIL, "MAIL", "NOMAIL", ENVELOPE},
    {PACKET_COMMAND_RCPT, "RCPT", "NORCPT", ENVELOPE},
    {PACKET_COMMAND_DATA, "DATA", "NODATA", ENVELOPE},
    {PACKET_COMMAND_HEADER, "HEADER", "NOHDRS", CONTENT},
    {PACKET_COMMAND_EOH, "EOH", "NOEOH", CONTENT},
    {PACKET_COMMAND_BODY, "BODY", "NOBODY", CONTENT},
    {PACKET_COMMAND_BODYEOB, "EOB", NULL, END},
    {PACKET_COMMAND_UNKNOWN, "UNKNOWN", "NOUNKNOWN", ENVELOPE},
    {PACKET_COMMAND_ABORT, "ABORT", NULL, NOTHING},
    {PACKET_COMMAND_QUIT, "QUIT", NULL, NOTHING},
    {PACKET_COMMAND_QUIT_NC, "QUIT_NC", NULL, NOTHING},
    {PACKET_COMMAND_MACRO, "MACRO", NULL, NOTHING},
};

static const struct {
    enum packet_reply_kind kind;
    const char *name;
} replies[] = {
    {PACKET_REPLY_ADD_RECIPIENT, "add recipient"},
    {PACKET_REPLY_REMOVE_RECIPIENT, "remove recipient"},
    {PACKET_REPLY_ADD_RECIPIENT_PARAMS, "add recipient with parameters"},
    {PACKET_REPLY_SHUTDOWN, "shutdown"},
    {PACKET_REPLY_ACCEPT, "accept"},
    {PACKET_REPLY_REPLACE_BODY, "replace body"},
    {PACKET_REPLY_CONTINUE, "continue"},
    {PACKET_REPLY_DISCARD, "discard"},
    {PACKET_REPLY_CHANGE_SENDER, "change sender"},
    {PACKET_REPLY_CONN_FAIL, "connection failure"},
    {PACKET_REPLY_ADD_HEADER, "add header"},
    {PACKET_REPLY_INSERT_HEADER, "insert header"},
    {PACKET_REPLY_CHANGE_HEADER, "change header"},
    {PACKET_REPLY_OPTNEG, "options"},
    {PACKET_REPLY_PROGRESS, "progress"},
    {PACKET_REPLY_QUARANTINE, "quarantine"},
    {PACKET_REPLY_REJECT, "reject"},
    {PACKET_REPLY_SKIP, "skip"},
    {PACKET_REPLY_TEMPFAIL, "temporary failure"},
    {PACKET_REPLY_REPLYCODE, "reply"},
};

const char *names_action(size_t index, uint32_t *bit)
{
    if (index >= COUNT_OF(actions))
        return NULL;
    *bit = actions[index].bit;
    return actions[index].name;
}

const char *names_step(size_t index, uint32_t *bit)
{
    if (index >= COUNT_OF(steps))
        return NULL;
    *bit = steps[index].bit;
    return steps[index].name;
}

const char *names_stage(enum packet_stage stage)
{
    static const char *const NAMES[PACKET_STAGE_COUNT] = {"connect", "helo", "mail", "rcpt",
                                                          "data",    "eom",  "eoh"};

    return stage < PACKET_STAGE_COUNT ? NAMES[stage] : "none";
}

static const struct command_names *find(enum packet_command_kind kind)
{
    static const struct command_names UNKNOWN = {.name = "?", .expected = NOTHING};

    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (commands[i].kind == kind)
            return &commands[i];
    return &UNKNOWN;
}

const char *names_command(enum packet_command_kind kind)
{
    return find(kind)->name;
}

const char *names_reply(enum packet_reply_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(replies); i++)
        if (replies[i].kind == kind)
            return replies[i].name;
    return "?";
}

const char *names_unsent(const struct packet_options *options, enum packet_command_kind kind)
{
    return packet_options_sends(options, kind) ? NULL : find(kind)->unsent;
}

const char *names_expected(enum packet_command_kind kind)
{
    return find(kind)->expected;
}
