/* milter: see milter.h. Its life, and what its owner asks. */
#include "proxy/milter/milter.h"

#include <assert.h>
#include <stdlib.h>

#include "conf/limits.h"
#include "conf/milter_conf.h"
#include "proxy/milter/milter_answer.h"
#include "proxy/milter/milter_negotiate.h"
#include "proxy/milter/milter_say.h"
#include "proxy/milter/milter_send.h"
#include "proxy/milter/milter_state.h"

#define SESSION_BLOCK_BYTES 2048
#define SESSION_BYTES_MAX   65536 /* seven lists of macros, a reply, a name */
#define MESSAGE_BLOCK_BYTES 4096
#define OUT_BYTES_MAX       (2U * 1024 * 1024)
#define READ_PACKET_MAX     (CONNECTION_INPUT_MAX - 8) /* more is never unread at once */

/* --- what happens on it --- */

static const char *silence(const struct milter *m)
{
    if (m->phase == MILTER_CONNECTING)
        return "it cannot be reached in time";
    if (!m->awaiting && m->phase == MILTER_OPEN)
        return "it does not take the content in time";
    return loop_now_ms(m->loop) >= m->job.deadline_ms ? "its time for all of it is over"
                                                      : "it does not answer in time";
}

/* One that leaves between messages may have been restarted: the next message finds out. */
static void connection_lost(struct milter *m, const char *failure, enum milter_fault fault)
{
    if (m->job.kind == MILTER_JOB_NONE && !m->transaction) {
        milter_link_close(m);
    } else {
        milter_job_fail(m, fault, failure);
    }
}

/* With the system's word on it. */
static void connection_broke(struct milter *m, const char *failure, enum milter_fault fault)
{
    const char *why = strerror(connection_error(m->connection));
    struct slice told = arena_format(&m->message, "%s: %s", failure, why);

    connection_lost(m, told.ptr != NULL ? told.ptr : failure, fault);
}

static void look_at_connection(struct milter *m)
{
    bool connecting = m->phase == MILTER_CONNECTING;
    enum milter_fault gone = connecting ? MILTER_FAULT_UNREACHABLE : MILTER_FAULT_LOST;

    if (connection_state(m->connection) == CONNECTION_FAILED) {
        connection_broke(m, connecting ? "it cannot be reached" : "the connection to it broke",
                         gone);
    } else if (connection_state(m->connection) == CONNECTION_EOF) {
        connection_lost(m, "it closed the connection", gone);
    } else if (connection_expired(m->connection)) {
        milter_job_fail(m, connecting ? MILTER_FAULT_UNREACHABLE : MILTER_FAULT_SILENT, silence(m));
    }
}

/* Says what it is asked at the moment. */
static void say_job(struct milter *m)
{
    switch (m->job.kind) {
    case MILTER_JOB_NONE: break;
    case MILTER_JOB_EVENT: milter_say_event(m); break;
    case MILTER_JOB_UNKNOWN: milter_say_unknown(m); break;
    case MILTER_JOB_MESSAGE: milter_message_begin(m); break;
    }
}

static void hear_garbage(struct milter *m, struct slice input, const char *failure)
{
    if (m->trace != NULL)
        m->trace->garbage(m->trace->ctx, input, m->awaiting);
    milter_job_fail(m, MILTER_FAULT_PROTOCOL, failure);
}

/* Returns whether a packet was taken. */
static bool take_packet(struct milter *m)
{
    struct slice input = connection_input(m->connection);
    struct packet packet;
    size_t consumed;

    if (input.len == 0)
        return false;
    if (!m->awaiting || connection_behind(m->connection)) {
        hear_garbage(m, input,
                     m->awaiting ? "it answers what it has not got yet"
                                 : "it says something that nobody asked for");
        return false;
    }
    switch (packet_read(&m->reader, input, &packet, &consumed)) {
    case PACKET_MORE: return false;
    case PACKET_BAD:
        hear_garbage(m, input, "it sends a packet of an impossible length");
        return false;
    case PACKET_READY: break;
    }
    if (m->trace != NULL)
        m->trace->heard(m->trace->ctx, packet);
    bool negotiating = m->phase == MILTER_NEGOTIATING;
    milter_answer_take(m, packet);
    if (m->connection != NULL)
        connection_consume(m->connection, consumed);
    if (negotiating && m->phase == MILTER_OPEN)
        say_job(m);
    return m->connection != NULL;
}

static void take_turn(struct milter *m)
{
    bool heard = false;

    if (m->phase == MILTER_CONNECTING && connection_state(m->connection) == CONNECTION_OPEN)
        milter_negotiate_begin(m);
    while (m->connection != NULL && take_packet(m))
        heard = true;
    if (heard && m->awaiting) /* libmilter writes each change of a message by itself */
        connection_acknowledge(m->connection);
    if (m->connection != NULL)
        look_at_connection(m);
    if (m->job.kind == MILTER_JOB_MESSAGE && m->phase == MILTER_OPEN && !m->awaiting)
        milter_message_step(m);
    if (m->connection != NULL)
        connection_flush(m->connection);
}

static void on_wake(void *ctx)
{
    struct milter *m = ctx;
    bool busy = milter_busy(m);

    take_turn(m);
    if (busy && !milter_busy(m))
        m->wake(m->ctx);
}

static void dial(struct milter *m)
{
    arena_reset(&m->session);
    m->reader = (struct packet_reader){.limit_bytes = READ_PACKET_MAX,
                                       .streamed = PACKET_REPLY_REPLACE_BODY};
    m->phase = MILTER_CONNECTING;
    m->connection = connection_open(m->loop, &m->conf->endpoint, on_wake, m);
    if (m->connection == NULL) {
        milter_job_fail(m, MILTER_FAULT_UNREACHABLE, "no socket for it");
    } else {
        milter_link_wait(m, m->conf->connect_timeout_ms);
    }
}

/* Says it, or makes the way for it. */
static void say_or_dial(struct milter *m)
{
    if (m->phase == MILTER_CLOSED) {
        dial(m);
        return;
    }
    say_job(m);
    if (m->connection != NULL)
        connection_flush(m->connection);
}

/* --- its life --- */

struct milter *milter_create(const struct milter_setup *setup)
{
    struct milter *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return NULL;
    m->loop = setup->loop;
    m->conf = setup->conf;
    m->limits = setup->limits;
    m->log = setup->log;
    m->wake = setup->wake;
    m->ctx = setup->ctx;
    m->version = setup->version != 0 ? setup->version : PACKET_VERSION_MAX;
    m->trace = setup->trace;
    arena_init(&m->session, SESSION_BLOCK_BYTES, SESSION_BYTES_MAX);
    arena_init(&m->message, MESSAGE_BLOCK_BYTES, MILTER_MEMORY_MAX);
    bytes_init(&m->out, OUT_BYTES_MAX);
    spool_init(&m->staged.body, m->limits->memory_per_message_bytes, m->limits->spool_dir.ptr);
    return m;
}

void milter_destroy(struct milter *m)
{
    if (m == NULL)
        return;
    milter_link_hang_up(m);
    spool_fini(&m->staged.body);
    bytes_fini(&m->out);
    arena_fini(&m->message);
    arena_fini(&m->session);
    free(m);
}

/* --- what it is told --- */

/* Whether the answer is known already. */
static bool answered_before(struct milter *m)
{
    switch (m->stance) {
    case MILTER_ASKED: return false;
    case MILTER_DONE_MESSAGE:
    case MILTER_DONE_SESSION: m->job.kind = MILTER_JOB_NONE; return true;
    case MILTER_FAILED: milter_job_fail_again(m); return true;
    }
    return false;
}

static void begin_job(struct milter *m, struct milter_job job, uint64_t budget_ms)
{
    assert(!milter_busy(m));
    m->job = job;
    m->job.since_ms = loop_now_ms(m->loop);
    m->job.deadline_ms = m->job.since_ms + budget_ms;
    m->content = (struct milter_content){.part = MILTER_PART_HEADER};
    if (!answered_before(m))
        say_or_dial(m);
}

static void begin_session(struct milter *m)
{
    milter_reset(m);
    if (m->introduced)
        milter_link_hang_up(m);
    m->stance = MILTER_ASKED;
}

static bool has_utf8(const struct milter_facts *facts)
{
    for (size_t i = 0; i < facts->param_count; i++)
        if (slice_equal_case(facts->params[i], SLICE("SMTPUTF8")))
            return true;
    return false;
}

void milter_feed(struct milter *m, const struct event *event, const struct milter_facts *facts)
{
    const struct milter_conf *conf = m->conf;
    uint64_t budget =
        (uint64_t)conf->connect_timeout_ms + conf->command_timeout_ms + conf->content_timeout_ms;

    assert(event->kind != EVENT_HEADER && event->kind != EVENT_MESSAGE);
    if (event->kind == EVENT_AUTH)
        return;
    if (event->kind == EVENT_CONNECT)
        begin_session(m);
    if (event->kind == EVENT_MAIL && m->stance != MILTER_FAILED)
        milter_reset(m);
    if (event->kind == EVENT_MAIL)
        m->utf8 = has_utf8(facts);
    begin_job(m, (struct milter_job){.kind = MILTER_JOB_EVENT, .event = event, .facts = facts},
              budget);
}

bool milter_unknown(struct milter *m, struct slice line)
{
    if (m->phase != MILTER_OPEN || m->stance != MILTER_ASKED)
        return false;
    begin_job(m, (struct milter_job){.kind = MILTER_JOB_UNKNOWN, .line = line},
              m->conf->content_timeout_ms);
    return true;
}

void milter_message(struct milter *m, const struct header *header, struct slice body,
                    const struct milter_facts *facts, uint64_t budget_ms)
{
    begin_job(m,
              (struct milter_job){
                  .kind = MILTER_JOB_MESSAGE, .facts = facts, .header = header, .body = body},
              budget_ms);
}

static void say_abort(struct milter *m)
{
    m->transaction = false;
    if (packet_command_plain(&m->out, PACKET_COMMAND_ABORT) != 0)
        milter_send_failed(m);
    else if (milter_send(m))
        connection_flush(m->connection);
}

void milter_reset(struct milter *m)
{
    if (milter_busy(m)) { /* what it says next would be taken for the answer to something else */
        m->job.kind = MILTER_JOB_NONE;
        milter_link_hang_up(m);
    } else if (m->phase == MILTER_OPEN && m->transaction) {
        say_abort(m);
    }
    milter_edits_drop(m);
    arena_reset(&m->message);
    m->spent_ms = 0;
    m->skipping = 0;
    m->failure = NULL;
    m->fault = MILTER_FAULT_NONE;
    m->untouchable = false;
    if (m->stance != MILTER_DONE_SESSION) {
        m->stance = MILTER_ASKED;
        m->verdict = (struct verdict){.kind = VERDICT_CONTINUE, .scope = SCOPE_MESSAGE};
    }
}

/* --- what it is asked --- */

bool milter_busy(const struct milter *m)
{
    return m->job.kind != MILTER_JOB_NONE;
}

bool milter_needs_replay(const struct milter *m)
{
    return m->stance == MILTER_ASKED && m->phase == MILTER_CLOSED;
}

bool milter_settled(const struct milter *m)
{
    return m->stance != MILTER_ASKED;
}

struct verdict milter_verdict(const struct milter *m)
{
    return m->verdict;
}

const struct edit_list *milter_edits(const struct milter *m)
{
    return &m->staged.edits;
}

const char *milter_failure(const struct milter *m)
{
    return m->failure;
}

enum milter_fault milter_fault(const struct milter *m)
{
    return m->fault;
}

uint64_t milter_spent_ms(const struct milter *m)
{
    return m->spent_ms;
}
