/* packet_command_parse: the milter's side of packet_command.h. */
#include "proxy/milter/wire/packet_command.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* What the data of a command are. */
enum shape {
    SHAPE_NONE,
    SHAPE_STRING,  /* one */
    SHAPE_STRINGS, /* one or more */
    SHAPE_CONTENT, /* any bytes */
    SHAPE_MACROS,
    SHAPE_CONNECT,
    SHAPE_HEADER,
    SHAPE_OPTIONS,
};

static const struct {
    enum packet_command_kind kind;
    enum shape shape;
} shapes[] = {
    {PACKET_COMMAND_ABORT, SHAPE_NONE},      {PACKET_COMMAND_BODY, SHAPE_CONTENT},
    {PACKET_COMMAND_CONNECT, SHAPE_CONNECT}, {PACKET_COMMAND_MACRO, SHAPE_MACROS},
    {PACKET_COMMAND_BODYEOB, SHAPE_CONTENT}, {PACKET_COMMAND_HELO, SHAPE_STRING},
    {PACKET_COMMAND_QUIT_NC, SHAPE_NONE},    {PACKET_COMMAND_HEADER, SHAPE_HEADER},
    {PACKET_COMMAND_MAIL, SHAPE_STRINGS},    {PACKET_COMMAND_EOH, SHAPE_NONE},
    {PACKET_COMMAND_OPTNEG, SHAPE_OPTIONS},  {PACKET_COMMAND_QUIT, SHAPE_NONE},
    {PACKET_COMMAND_RCPT, SHAPE_STRINGS},    {PACKET_COMMAND_DATA, SHAPE_NONE},
    {PACKET_COMMAND_UNKNOWN, SHAPE_STRING},
};

/* The row of the command ${code} is; COUNT_OF(shapes) when it is none. */
static size_t find(char code)
{
    size_t i = 0;

    while (i < COUNT_OF(shapes) && (char)shapes[i].kind != code)
        i++;
    return i;
}

static const char *judge(const struct packet_fields *fields)
{
    return packet_fields_end(fields) ? NULL : "the data of a command are cut short or too long";
}

/* How many strings ${fields} are; SLICE_NOT_FOUND when the last has no end. */
static size_t count_strings(struct packet_fields fields)
{
    size_t count = 0;

    while (!fields.bad && fields.rest.len > 0) {
        (void)packet_take_string(&fields);
        count++;
    }
    return fields.bad ? SLICE_NOT_FOUND : count;
}

static const char *parse_strings(struct packet_fields fields, struct packet_command *command)
{
    size_t count = count_strings(fields);

    if (count == 0 || count == SLICE_NOT_FOUND)
        return "an envelope command has no address or no end";
    command->strings = fields;
    return NULL;
}

static const char *parse_macros(struct packet_fields fields, struct packet_command *command)
{
    size_t row = find(packet_take_byte(&fields));
    size_t count = count_strings(fields);

    if (row == COUNT_OF(shapes))
        return "macros for an unknown command";
    if (count % 2 != 0 || count == SLICE_NOT_FOUND)
        return "a macro has no value or no end";
    command->target = shapes[row].kind;
    command->strings = fields;
    return NULL;
}

static bool is_family(char c)
{
    return c == PACKET_FAMILY_UNKNOWN || c == PACKET_FAMILY_UNIX || c == PACKET_FAMILY_V4 ||
           c == PACKET_FAMILY_V6;
}

static const char *parse_connect(struct packet_fields fields, struct packet_command *command)
{
    struct packet_connect *connect = &command->connect;
    char family;

    connect->host = packet_take_string(&fields);
    family = packet_take_byte(&fields);
    if (!fields.bad && !is_family(family))
        return "an unknown family of addresses";
    connect->family = (enum packet_family)family;
    if (connect->family != PACKET_FAMILY_UNKNOWN) {
        connect->port = packet_take_u16(&fields);
        connect->address = packet_take_string(&fields);
    }
    return judge(&fields);
}

/* Commands that carry up to two strings. */
static const char *parse_values(struct packet_fields fields, enum shape shape,
                                struct packet_command *command)
{
    if (shape == SHAPE_HEADER)
        command->name = packet_take_string(&fields);
    if (shape != SHAPE_NONE)
        command->value = packet_take_string(&fields);
    return judge(&fields);
}

const char *packet_command_parse(struct packet packet, struct packet_command *command)
{
    struct packet_fields fields = {packet.data, false};
    size_t row = find(packet.code);

    *command = (struct packet_command){.value = SLICE_NONE};
    if (row == COUNT_OF(shapes))
        return "an unknown command";
    command->kind = shapes[row].kind;
    switch (shapes[row].shape) {
    case SHAPE_NONE:
    case SHAPE_STRING:
    case SHAPE_HEADER: return parse_values(fields, shapes[row].shape, command);
    case SHAPE_STRINGS: return parse_strings(fields, command);
    case SHAPE_CONTENT: command->value = packet.data; return NULL;
    case SHAPE_MACROS: return parse_macros(fields, command);
    case SHAPE_CONNECT: return parse_connect(fields, command);
    case SHAPE_OPTIONS: return packet_options_parse(fields, &command->options);
    }
    return NULL;
}
