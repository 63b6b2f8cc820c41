/* milter_link: see milter_link.h. */
#include "proxy/milter/milter_link.h"

#include "proxy/milter/milter_state.h"
#include "proxy/milter/milter_trace.h"

void milter_link_close(struct milter *m)
{
    connection_destroy(m->connection);
    m->connection = NULL;
    bytes_fini(&m->out); /* a packet half written is nothing for the next one */
    m->phase = MILTER_CLOSED;
    m->introduced = false;
    m->transaction = false;
    m->awaiting = false;
    m->skipping = 0;
    m->defined = 0;
}

static int write_farewell(struct milter *m)
{
    bytes_renew(&m->out);
    if (m->transaction && packet_command_plain(&m->out, PACKET_COMMAND_ABORT) != 0)
        return -1;
    return packet_command_plain(&m->out, PACKET_COMMAND_QUIT);
}

void milter_link_hang_up(struct milter *m)
{
    if (m->phase == MILTER_OPEN && write_farewell(m) == 0) {
        milter_trace_said(m);
        if (connection_write(m->connection, bytes_slice(&m->out)) == 0) {
            connection_consume(m->connection, connection_input(m->connection).len);
            connection_close(m->connection);
            m->connection = NULL;
        }
    }
    milter_link_close(m);
}

void milter_link_wait(struct milter *m, uint64_t ms)
{
    uint64_t now = loop_now_ms(m->loop);
    uint64_t left = m->job.deadline_ms > now ? m->job.deadline_ms - now : 1;

    connection_deadline(m->connection, ms < left ? ms : left);
}
