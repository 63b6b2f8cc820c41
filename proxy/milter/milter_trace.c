/* milter_trace: what leaves for a milter, packet by packet, for whoever looks on. */
#include "proxy/milter/milter_trace.h"

#include "proxy/milter/milter_state.h"

void milter_trace_said(const struct milter *m)
{
    struct packet_reader reader = {.limit_bytes = PACKET_MAX};
    struct slice rest = bytes_slice(&m->out);
    struct packet packet;
    size_t consumed;

    if (m->trace == NULL)
        return;
    while (packet_read(&reader, rest, &packet, &consumed) == PACKET_READY) {
        m->trace->said(m->trace->ctx, packet);
        rest = slice_from(rest, consumed);
    }
}

void milter_trace_body(const struct milter *m, struct slice chunk)
{
    if (m->trace != NULL)
        m->trace->said(m->trace->ctx, (struct packet){(char)PACKET_COMMAND_BODY, true, chunk});
}
