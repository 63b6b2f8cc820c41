/* packet_options: see packet_options.h. */
#include "proxy/milter/wire/packet_options.h"

#define VERSION_UNKNOWN 3 /* the first that knows UNKNOWN */
#define VERSION_DATA    4
#define VERSION_FULL    6 /* the first that knows all the rest */

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

#define STEPS_LARGE ((uint32_t)PACKET_STEP_DATA_256K | (uint32_t)PACKET_STEP_DATA_1M)

/* Which step leaves an event out, and which leaves its reply out; 0: none does. */
static const struct {
    enum packet_command_kind command;
    uint32_t unsent, unanswered;
} events[] = {
    {PACKET_COMMAND_CONNECT, PACKET_STEP_NO_CONNECT, PACKET_STEP_UNANSWERED_CONNECT},
    {PACKET_COMMAND_HELO, PACKET_STEP_NO_HELO, PACKET_STEP_UNANSWERED_HELO},
    {PACKET_COMMAND_MAIL, PACKET_STEP_NO_MAIL, PACKET_STEP_UNANSWERED_MAIL},
    {PACKET_COMMAND_RCPT, PACKET_STEP_NO_RCPT, PACKET_STEP_UNANSWERED_RCPT},
    {PACKET_COMMAND_DATA, PACKET_STEP_NO_DATA, PACKET_STEP_UNANSWERED_DATA},
    {PACKET_COMMAND_UNKNOWN, PACKET_STEP_NO_UNKNOWN, PACKET_STEP_UNANSWERED_UNKNOWN},
    {PACKET_COMMAND_HEADER, PACKET_STEP_NO_HEADERS, PACKET_STEP_UNANSWERED_HEADERS},
    {PACKET_COMMAND_EOH, PACKET_STEP_NO_EOH, PACKET_STEP_UNANSWERED_EOH},
    {PACKET_COMMAND_BODY, PACKET_STEP_NO_BODY, PACKET_STEP_UNANSWERED_BODY},
    {PACKET_COMMAND_BODYEOB, 0, 0},
    {PACKET_COMMAND_OPTNEG, 0, 0},
};

static uint32_t actions_of(uint32_t version)
{
    return version < VERSION_FULL ? PACKET_ACTIONS_V2 : PACKET_ACTIONS_ALL;
}

static uint32_t steps_of(uint32_t version)
{
    uint32_t steps = PACKET_STEPS_V2;

    if (version >= VERSION_UNKNOWN)
        steps |= PACKET_STEP_NO_UNKNOWN;
    if (version >= VERSION_DATA)
        steps |= PACKET_STEP_NO_DATA;
    if (version >= VERSION_FULL)
        steps |= PACKET_STEPS_ALL | STEPS_LARGE;
    return steps;
}

struct packet_options packet_options_offer(uint32_t version)
{
    return (struct packet_options){
        .version = version, .actions = actions_of(version), .steps = steps_of(version)};
}

const char *packet_options_parse(struct packet_fields fields, struct packet_options *options)
{
    *options = (struct packet_options){.version = packet_take_u32(&fields)};
    options->actions = packet_take_u32(&fields);
    options->steps = packet_take_u32(&fields);
    while (!fields.bad && fields.rest.len > 0) {
        uint32_t stage = packet_take_u32(&fields);
        struct slice list = packet_take_string(&fields);

        if (list.len > PACKET_SYMBOLS_BYTES_MAX)
            return "a list of macros is too long";
        if (fields.bad || stage >= PACKET_STAGE_COUNT)
            continue;
        options->symbols.given |= 1U << stage;
        options->symbols.lists[stage] = list;
    }
    return packet_fields_end(&fields) ? NULL : "the option negotiation is cut short";
}

const char *packet_options_settle(const struct packet_options *offer,
                                  const struct packet_options *answer,
                                  struct packet_options *settled)
{
    struct packet_options result = *answer;

    if (answer->version < PACKET_VERSION_MIN)
        return "the milter speaks a protocol version older than 2";
    if (answer->version > offer->version)
        return "the milter answers with a newer protocol version than it was offered";
    if ((answer->actions & ~offer->actions) != 0)
        return "the milter wants to make changes that it was not offered";
    result.actions &= actions_of(result.version);
    result.steps &= offer->steps & steps_of(result.version);
    if (result.version < VERSION_UNKNOWN)
        result.steps |= PACKET_STEP_NO_UNKNOWN;
    if (result.version < VERSION_DATA)
        result.steps |= PACKET_STEP_NO_DATA;
    if ((offer->actions & PACKET_ACTION_SET_MACROS) == 0 || result.version < VERSION_FULL)
        result.symbols = (struct packet_symbols){.given = 0};
    *settled = result;
    return NULL;
}

size_t packet_options_data_max(const struct packet_options *options)
{
    if ((options->steps & PACKET_STEP_DATA_1M) != 0)
        return PACKET_LARGE_MAX;
    return (options->steps & PACKET_STEP_DATA_256K) != 0 ? PACKET_MEDIUM_MAX : PACKET_DATA_MAX;
}

bool packet_options_sends(const struct packet_options *options, enum packet_command_kind command)
{
    for (size_t i = 0; i < COUNT_OF(events); i++)
        if (events[i].command == command)
            return (options->steps & events[i].unsent) == 0;
    return true;
}

bool packet_options_waits(const struct packet_options *options, enum packet_command_kind command)
{
    for (size_t i = 0; i < COUNT_OF(events); i++)
        if (events[i].command == command)
            return (options->steps & (events[i].unsent | events[i].unanswered)) == 0;
    return false;
}

void packet_options_put(struct bytes *out, const struct packet_options *options)
{
    packet_put_u32(out, options->version);
    packet_put_u32(out, options->actions);
    packet_put_u32(out, options->steps);
    for (uint32_t stage = 0; stage < PACKET_STAGE_COUNT; stage++) {
        if ((options->symbols.given >> stage & 1) == 0)
            continue;
        packet_put_u32(out, stage);
        packet_put_string(out, options->symbols.lists[stage]);
    }
}
