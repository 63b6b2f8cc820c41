/* milter_send: see milter_send.h. */
#include "proxy/milter/milter_send.h"

#include "conf/milter_conf.h"
#include "proxy/milter/milter_state.h"
#include "proxy/milter/milter_trace.h"

void milter_send_failed(struct milter *m)
{
    milter_job_fail(m, MILTER_FAULT_LOST, "it cannot be written to");
}

bool milter_send(struct milter *m)
{
    struct slice out;
    bool written = bytes_take(&m->out, &out) == 0 && connection_write(m->connection, out) == 0;

    if (written)
        milter_trace_said(m);
    if (m->out.cap > PACKET_DATA_MAX)
        bytes_fini(&m->out);
    else
        bytes_clear(&m->out);
    if (!written)
        milter_send_failed(m);
    return written;
}

void milter_send_command(struct milter *m, enum packet_command_kind command)
{
    bool content = m->job.kind == MILTER_JOB_MESSAGE;

    if (!milter_send(m))
        return;
    m->command = command;
    m->awaiting = packet_options_waits(&m->options, command);
    if (m->awaiting)
        milter_link_wait(m, content ? m->conf->content_timeout_ms : m->conf->command_timeout_ms);
}
