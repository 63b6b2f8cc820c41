/* milter_message: the content on its way to a milter: header fields, body in chunks, the end
 * (MILTER 2; 5, point 4). Where the milter does not answer, what comes next is sent at once, as
 * long as the milter takes it. */
#include "proxy/milter/milter_message.h"

#include "conf/milter_conf.h"
#include "proxy/milter/milter_macros.h"
#include "proxy/milter/milter_send.h"
#include "proxy/milter/milter_state.h"
#include "proxy/milter/milter_trace.h"

#define HEADERS_AT_ONCE 65536 /* octets of unanswered fields that go into one write */

static enum packet_command_kind command_of(enum milter_part part)
{
    switch (part) {
    case MILTER_PART_HEADER: return PACKET_COMMAND_HEADER;
    case MILTER_PART_EOH: return PACKET_COMMAND_EOH;
    case MILTER_PART_BODY: return PACKET_COMMAND_BODY;
    case MILTER_PART_END: break;
    }
    return PACKET_COMMAND_BODYEOB;
}

/* Nothing more of this part. */
static void next_part(struct milter *m)
{
    m->content.part++;
    m->content.begun = false;
}

/* A field is never cut: rules and people would see another one than the milter has seen. */
static const char *why_unsaid(const struct milter *m)
{
    if (m->out.failed)
        return "out of memory";
    switch (packet_options_data_max(&m->options)) {
    case PACKET_LARGE_MAX: return "a header field is longer than the 1 MiB that it takes";
    case PACKET_MEDIUM_MAX: return "a header field is longer than the 256 KiB that it takes";
    default: break; /* no enum, a size */
    }
    return "a header field is longer than the 64 KiB that it takes";
}

/* Says fields until an answer is due, or enough is written. */
static void say_header(struct milter *m)
{
    const struct header *header = m->job.header;
    bool waits = packet_options_waits(&m->options, PACKET_COMMAND_HEADER);

    while (m->content.field < header->above && m->out.len < HEADERS_AT_ONCE) {
        const struct field *field = &header->fields[m->content.field++];

        if (packet_command_header(&m->out, field->name, field->value, &m->options) != 0) {
            milter_job_fail(m, MILTER_FAULT_MESSAGE, why_unsaid(m));
            return;
        }
        if (waits)
            break;
    }
    if (m->content.field == header->above && !waits)
        next_part(m); /* what was written leaves with it */
    else
        milter_send_command(m, PACKET_COMMAND_HEADER);
}

/* What comes next of the body, as much as a chunk can hold. */
static struct slice next_chunk(const struct milter *m)
{
    size_t at = m->content.body_at, below = m->job.below.len;
    struct slice rest =
        at < below ? slice_from(m->job.below, at) : slice_from(m->job.body, at - below);

    return slice_first(rest, PACKET_CHUNK_MAX);
}

static void say_body(struct milter *m)
{
    struct slice chunk = next_chunk(m);
    struct slice slices[2] = {SLICE_NONE, chunk};

    packet_put_head(&m->out, PACKET_COMMAND_BODY, (uint32_t)chunk.len);
    if (bytes_take(&m->out, &slices[0]) != 0 || connection_send(m->connection, slices, 2) != 0) {
        milter_send_failed(m);
        return;
    }
    milter_trace_said(m);
    milter_trace_body(m, chunk);
    bytes_clear(&m->out);
    m->content.body_at += chunk.len;
    milter_send_command(m, PACKET_COMMAND_BODY);
}

/* Whether there is any of this part left to say. */
static bool is_left(const struct milter *m)
{
    enum packet_command_kind command = command_of(m->content.part);

    if (!packet_options_sends(&m->options, command) || m->skipping == (int)command)
        return false;
    switch (m->content.part) {
    case MILTER_PART_HEADER: return m->content.field < m->job.header->above;
    case MILTER_PART_EOH: return true;
    case MILTER_PART_BODY: return m->content.body_at < m->job.below.len + m->job.body.len;
    case MILTER_PART_END: break;
    }
    return true;
}

static void say_part(struct milter *m)
{
    enum packet_command_kind command = command_of(m->content.part);

    switch (m->content.part) {
    case MILTER_PART_HEADER: say_header(m); break;
    case MILTER_PART_BODY: say_body(m); break;
    case MILTER_PART_EOH:
    case MILTER_PART_END:
        if (packet_command_plain(&m->out, command) != 0) {
            milter_send_failed(m);
            return;
        }
        if (m->content.part == MILTER_PART_EOH)
            next_part(m); /* also when it is answered: there is but one */
        milter_send_command(m, command);
        break;
    }
}

/* What stands from the first line on that is no field, the empty line included. Returns 0, or -1
 * when memory is out. */
static int take_below(struct milter *m)
{
    const struct header *header = m->job.header;
    struct slice below = SLICE_NONE;
    struct bytes text;

    if (!header_is_ambiguous(header))
        return 0;
    bytes_init(&text, SIZE_MAX);
    for (size_t i = header->above; i < header->count; i++)
        bytes_append(&text, header->fields[i].raw); /* a failure sticks */
    if (header->separated)
        bytes_append(&text, SLICE("\r\n"));
    if (bytes_take(&text, &below) == 0)
        m->job.below = arena_copy(&m->message, below);
    bytes_fini(&text);
    return m->job.below.ptr != NULL ? 0 : -1;
}

void milter_message_begin(struct milter *m)
{
    m->transaction = true;
    m->skipping = 0;
    if (take_below(m) != 0) {
        milter_job_fail(m, MILTER_FAULT_PROTOCOL, "out of memory");
        return;
    }
    milter_message_step(m);
}

void milter_message_step(struct milter *m)
{
    while (m->phase == MILTER_OPEN && m->job.kind == MILTER_JOB_MESSAGE && !m->awaiting) {
        if (connection_congested(m->connection)) {
            milter_link_wait(m, m->conf->content_timeout_ms); /* until it takes some more */
            return;
        }
        if (!m->content.begun) {
            m->content.begun = true;
            if (!milter_macros_say(m, command_of(m->content.part)))
                return;
        }
        if (is_left(m))
            say_part(m);
        else
            next_part(m);
    }
}
