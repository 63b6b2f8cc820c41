/* packet_reply_parse: the MTA's side of packet_reply.h. */
#include "proxy/milter/wire/packet_header.h"
#include "proxy/milter/wire/packet_reply.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

/* What the data of a reply are. */
enum shape {
    SHAPE_NONE,
    SHAPE_TEXT,       /* one string */
    SHAPE_ADDRESS,    /* one string without control characters */
    SHAPE_PARAMETERS, /* the same, and perhaps another */
    SHAPE_HEADER,
    SHAPE_INDEXED, /* the same after an index */
    SHAPE_CONTENT, /* any bytes */
    SHAPE_OPTIONS,
};

static const struct {
    enum packet_reply_kind kind;
    enum shape shape;
    uint32_t action;
} replies[] = {
    {PACKET_REPLY_ADD_RECIPIENT, SHAPE_ADDRESS, PACKET_ACTION_ADD_RECIPIENTS},
    {PACKET_REPLY_REMOVE_RECIPIENT, SHAPE_ADDRESS, PACKET_ACTION_REMOVE_RECIPIENTS},
    {PACKET_REPLY_ADD_RECIPIENT_PARAMS, SHAPE_PARAMETERS, PACKET_ACTION_ADD_RECIPIENTS_PARAMS},
    {PACKET_REPLY_SHUTDOWN, SHAPE_NONE, 0},
    {PACKET_REPLY_ACCEPT, SHAPE_NONE, 0},
    {PACKET_REPLY_REPLACE_BODY, SHAPE_CONTENT, PACKET_ACTION_REPLACE_BODY},
    {PACKET_REPLY_CONTINUE, SHAPE_NONE, 0},
    {PACKET_REPLY_DISCARD, SHAPE_NONE, 0},
    {PACKET_REPLY_CHANGE_SENDER, SHAPE_PARAMETERS, PACKET_ACTION_CHANGE_SENDER},
    {PACKET_REPLY_CONN_FAIL, SHAPE_NONE, 0},
    {PACKET_REPLY_ADD_HEADER, SHAPE_HEADER, PACKET_ACTION_ADD_HEADERS},
    {PACKET_REPLY_INSERT_HEADER, SHAPE_INDEXED, PACKET_ACTION_ADD_HEADERS},
    {PACKET_REPLY_CHANGE_HEADER, SHAPE_INDEXED, PACKET_ACTION_CHANGE_HEADERS},
    {PACKET_REPLY_OPTNEG, SHAPE_OPTIONS, 0},
    {PACKET_REPLY_PROGRESS, SHAPE_NONE, 0},
    {PACKET_REPLY_QUARANTINE, SHAPE_TEXT, PACKET_ACTION_QUARANTINE},
    {PACKET_REPLY_REJECT, SHAPE_NONE, 0},
    {PACKET_REPLY_SKIP, SHAPE_NONE, 0},
    {PACKET_REPLY_TEMPFAIL, SHAPE_NONE, 0},
    {PACKET_REPLY_REPLYCODE, SHAPE_TEXT, 0},
};

static const char *judge(const struct packet_fields *fields)
{
    return packet_fields_end(fields) ? NULL : "the data of a reply are cut short or too long";
}

static bool has_control(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c < ' ' || c == 0x7F)
            return true;
    }
    return false;
}

static const char *parse_address(struct packet_fields fields, bool parameters,
                                 struct packet_reply *reply)
{
    reply->value = packet_take_string(&fields);
    if (parameters && fields.rest.len > 0)
        reply->parameters = packet_take_string(&fields);
    if (has_control(reply->value) || has_control(reply->parameters))
        return "an address holds a control character";
    return judge(&fields);
}

static const char *parse_header(struct packet_fields fields, bool indexed,
                                struct packet_reply *reply)
{
    const char *wrong;

    if (indexed)
        reply->index = packet_take_u32(&fields);
    reply->name = packet_take_string(&fields);
    reply->value = packet_take_string(&fields);
    wrong = judge(&fields);
    if (wrong == NULL && !packet_header_name_valid(reply->name))
        wrong = "a header's name is empty or holds what no name may hold";
    return wrong;
}

static const char *parse_text(struct packet_fields fields, struct packet_reply *reply)
{
    reply->value = packet_take_string(&fields);
    return judge(&fields);
}

static const char *parse_shape(struct packet_fields fields, enum shape shape,
                               struct packet_reply *reply)
{
    switch (shape) {
    case SHAPE_NONE: return judge(&fields);
    case SHAPE_TEXT: return parse_text(fields, reply);
    case SHAPE_ADDRESS:
    case SHAPE_PARAMETERS: return parse_address(fields, shape == SHAPE_PARAMETERS, reply);
    case SHAPE_HEADER:
    case SHAPE_INDEXED: return parse_header(fields, shape == SHAPE_INDEXED, reply);
    case SHAPE_CONTENT: reply->value = fields.rest; return NULL;
    case SHAPE_OPTIONS: return packet_options_parse(fields, &reply->options);
    }
    return NULL;
}

const char *packet_reply_parse(struct packet packet, struct packet_reply *reply)
{
    struct packet_fields fields = {packet.data, false};

    *reply = (struct packet_reply){.index = 0};
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        if ((char)replies[i].kind != packet.code)
            continue;
        reply->kind = replies[i].kind;
        return parse_shape(fields, replies[i].shape, reply);
    }
    return "an unknown reply";
}

uint32_t packet_reply_action(enum packet_reply_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(replies); i++)
        if (replies[i].kind == kind)
            return replies[i].action;
    return 0;
}
