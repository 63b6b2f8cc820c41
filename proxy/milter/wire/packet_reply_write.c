/* packet_reply_write: the milter's side of packet_reply.h. */
#include "proxy/milter/wire/packet_reply.h"

int packet_reply_plain(struct bytes *out, enum packet_reply_kind kind)
{
    return packet_end(out, packet_begin(out, (char)kind), 0);
}

int packet_reply_optneg(struct bytes *out, const struct packet_options *answer)
{
    size_t start = packet_begin(out, PACKET_COMMAND_OPTNEG);

    packet_options_put(out, answer);
    return packet_end(out, start, PACKET_MAX - 1);
}

int packet_reply_header(struct bytes *out, enum packet_reply_kind kind, uint32_t index,
                        struct slice name, struct slice value)
{
    size_t start = packet_begin(out, (char)kind);

    if (kind != PACKET_REPLY_ADD_HEADER)
        packet_put_u32(out, index);
    packet_put_string(out, name);
    packet_put_string(out, value);
    return packet_end(out, start, PACKET_MAX - 1);
}

int packet_reply_strings(struct bytes *out, enum packet_reply_kind kind, struct slice first,
                         struct slice second)
{
    size_t start = packet_begin(out, (char)kind);

    packet_put_string(out, first);
    if (second.len > 0)
        packet_put_string(out, second);
    return packet_end(out, start, PACKET_MAX - 1);
}

int packet_reply_body(struct bytes *out, struct slice content, size_t chunk_max)
{
    if (content.len == 0)
        return packet_reply_plain(out, PACKET_REPLY_REPLACE_BODY);
    return packet_put_chunks(out, PACKET_REPLY_REPLACE_BODY, content, chunk_max);
}
