/* packet_command_write: the MTA's side of packet_command.h. */
#include "proxy/milter/wire/packet_command.h"
#include "proxy/milter/wire/packet_header.h"

int packet_command_plain(struct bytes *out, enum packet_command_kind kind)
{
    return packet_end(out, packet_begin(out, (char)kind), 0);
}

int packet_command_optneg(struct bytes *out, const struct packet_options *offer)
{
    struct packet_options plain = *offer;
    size_t start = packet_begin(out, PACKET_COMMAND_OPTNEG);

    plain.symbols.given = 0;
    packet_options_put(out, &plain);
    return packet_end(out, start, PACKET_DATA_MAX);
}

/* The name as it stands on the wire: with braces, unless it is one letter. */
static void put_name(struct bytes *out, struct slice name)
{
    if (name.len <= 1) {
        packet_put_string(out, name);
        return;
    }
    bytes_append_char(out, '{');
    bytes_append(out, name);
    packet_put_string(out, SLICE("}"));
}

int packet_command_macros(struct bytes *out, enum packet_command_kind command,
                          const struct packet_macro *macros, size_t count)
{
    size_t start = packet_begin(out, PACKET_COMMAND_MACRO);

    bytes_append_char(out, (char)command);
    for (size_t i = 0; i < count; i++) {
        put_name(out, macros[i].name);
        packet_put_string(out, macros[i].value);
    }
    return packet_end(out, start, PACKET_DATA_MAX);
}

int packet_command_connect(struct bytes *out, const struct packet_connect *connect)
{
    size_t start = packet_begin(out, PACKET_COMMAND_CONNECT);

    packet_put_string(out, connect->host);
    bytes_append_char(out, (char)connect->family);
    if (connect->family != PACKET_FAMILY_UNKNOWN) {
        packet_put_u16(out, connect->port);
        packet_put_string(out, connect->address);
    }
    return packet_end(out, start, PACKET_DATA_MAX);
}

int packet_command_strings(struct bytes *out, enum packet_command_kind kind,
                           const struct slice *strings, size_t count)
{
    size_t start = packet_begin(out, (char)kind);

    for (size_t i = 0; i < count; i++)
        packet_put_string(out, strings[i]);
    return packet_end(out, start, PACKET_DATA_MAX);
}

int packet_command_header(struct bytes *out, struct slice name, struct slice value,
                          const struct packet_options *options)
{
    size_t start = packet_begin(out, PACKET_COMMAND_HEADER);

    packet_put_string(out, name);
    if (packet_header_to_milter(out, value, (options->steps & PACKET_STEP_LEADING_SPACE) != 0) != 0)
        return -1;
    bytes_append_char(out, '\0');
    return packet_end(out, start, packet_options_data_max(options));
}

int packet_command_body(struct bytes *out, struct slice content)
{
    return packet_put_chunks(out, PACKET_COMMAND_BODY, content, PACKET_CHUNK_MAX);
}
