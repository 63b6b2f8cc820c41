/* probe: see probe.h. The session; outcome.c looks at what came of a message. */
#include "proxy/probe/probe.h"

#include <stdio.h>

#include "conf/limits.h"
#include "proxy/net/loop.h"
#include "proxy/probe/names.h"
#include "proxy/probe/outcome.h"

#define ARENA_BLOCK_BYTES 65536
#define ARENA_BYTES_MAX   ((size_t)2 * 1024 * 1024 * 1024)
#define BODY_BYTES_MAX    ((uint64_t)256 * 1024 * 1024) /* of a new body */
#define BODY_MEMORY_BYTES ((size_t)16 * 1024 * 1024)
#define QUIET_MS          20  /* a milter may say too much for so long after each answer */
#define LAST_QUIET_MS     100 /* ... and after the last one */
#define GOODBYE_TRIES     50  /* looks, QUIET_MS apart, whether QUIT has left */
#define MESSAGE_BUDGET_MS ((uint64_t)24 * 3600 * 1000) /* --timeout is what counts */
#define TEXT_MAX          32

/* One session under way. */
struct session {
    struct probe *probe;
    struct loop *loop;
    struct loop_timer *timer;
    struct milter_conf conf;
    struct limits limits;
    struct milter_trace trace;
    struct milter *milter;
    struct milter_facts facts;
    struct event event;
    struct header header;
    struct slice body;
    struct draft draft;
    struct probe_message *message, *last;
    char size_param[TEXT_MAX];
    char queue_id[TEXT_MAX];
    struct slice params[1];
};

/* --- waiting --- */

static void stop(void *ctx)
{
    const struct session *s = ctx;

    loop_stop(s->loop);
}

/* False when the loop broke: then nothing more is said or heard. */
static bool run(struct session *s)
{
    bool ran = loop_run(s->loop) == 0;

    s->probe->transcript.failed = s->probe->transcript.failed || !ran;
    return ran;
}

static void listen_for(struct session *s, uint64_t ms)
{
    loop_timer_set(s->timer, ms);
    (void)run(s);
    loop_timer_cancel(s->timer);
}

/* The answer, and what comes after it that nobody asked for. */
static void wait(struct session *s)
{
    while (milter_busy(s->milter))
        if (!run(s))
            return;
    if (milter_failure(s->milter) == NULL)
        listen_for(s, QUIET_MS);
}

/* --- failure --- */

static void note_failure(struct session *s)
{
    struct probe *probe = s->probe;

    if (probe->failure == NULL && probe->transcript.discards != NULL) {
        probe->failure = "it discards before there is a message";
        probe->fault = MILTER_FAULT_PROTOCOL;
    }
    if (probe->failure != NULL || milter_failure(s->milter) == NULL)
        return;
    /* The milter's own text goes with it. */
    probe->failure = arena_copy(&probe->arena, slice_str(milter_failure(s->milter))).ptr;
    if (probe->failure == NULL)
        probe->transcript.failed = true;
    probe->fault = milter_fault(s->milter);
}

/* One that leaves where a question would follow has failed too, though the gateway would forgive
 * it. */
static bool has_left(struct session *s)
{
    if (milter_failure(s->milter) != NULL || !milter_needs_replay(s->milter))
        return false;
    s->probe->failure = "it closed the connection";
    s->probe->fault = MILTER_FAULT_LOST;
    return true;
}

static bool goes_on(const struct session *s)
{
    return !s->probe->transcript.failed && s->probe->failure == NULL &&
           !milter_settled(s->milter) && milter_verdict(s->milter).kind == VERDICT_CONTINUE;
}

/* --- events --- */

static enum packet_command_kind command_of(enum event_kind kind)
{
    switch (kind) {
    case EVENT_CONNECT: return PACKET_COMMAND_CONNECT;
    case EVENT_HELO:
    case EVENT_AUTH: return PACKET_COMMAND_HELO;
    case EVENT_MAIL: return PACKET_COMMAND_MAIL;
    case EVENT_RCPT:
    case EVENT_RCPT_REFUSED: return PACKET_COMMAND_RCPT;
    case EVENT_DATA:
    case EVENT_HEADER:
    case EVENT_MESSAGE: break;
    }
    return PACKET_COMMAND_DATA;
}

/* Notes the event as not sent when nothing of it left. */
static void note_unsent(struct session *s, const struct transcript_step *before)
{
    struct transcript *t = &s->probe->transcript;
    enum packet_command_kind kind = command_of(s->event.kind);
    const char *why = t->settled ? names_unsent(&t->agreed, kind) : NULL;

    for (const struct transcript_step *step = before != NULL ? before->next : t->steps;
         step != NULL; step = step->next)
        if (step->kind == kind)
            return;
    if (milter_failure(s->milter) == NULL)
        transcript_unsent(t, kind, why != NULL ? why : "it asked to skip these");
}

/* False when the milter is to be told no more. */
static bool feed(struct session *s)
{
    const struct transcript_step *before = s->probe->transcript.last;

    if (s->event.kind != EVENT_CONNECT && has_left(s))
        return false;
    milter_feed(s->milter, &s->event, &s->facts);
    wait(s);
    note_unsent(s, before);
    note_failure(s);
    return goes_on(s);
}

static bool due(const struct session *s, enum stage stage)
{
    return s->probe->request->until >= stage;
}

static bool tell_introduction(struct session *s)
{
    const struct probe_request *request = s->probe->request;

    s->facts = request->facts;
    s->event = (struct event){.kind = EVENT_CONNECT, .u.connect.client = request->client};
    if (!feed(s) || !due(s, STAGE_HELO))
        return false;
    s->event = (struct event){.kind = EVENT_HELO, .u.helo.name = request->helo};
    return feed(s) && due(s, STAGE_MAIL);
}

static bool tell_sender(struct session *s)
{
    const struct probe_request *request = s->probe->request;

    s->facts.queue_id = slice_str(s->queue_id);
    s->facts.params = s->params;
    s->facts.param_count = 1;
    s->event = (struct event){.kind = EVENT_MAIL,
                              .u.mail.sender = request->sender,
                              .u.mail.declared_size = (int64_t)request->message.len};
    return feed(s) && due(s, STAGE_RCPT);
}

/* False when nothing more is to be told, also when the milter has refused every recipient. */
static bool tell_recipients(struct session *s)
{
    const struct probe_request *request = s->probe->request;

    s->facts.param_count = 0;
    for (size_t i = 0; i < request->recipient_count; i++) {
        struct verdict verdict;

        s->event = (struct event){.kind = EVENT_RCPT, .u.rcpt.recipient = request->recipients[i]};
        if (feed(s)) {
            if (draft_name(&s->draft, request->recipients[i], SLICE_NONE) < 0)
                s->probe->transcript.failed = true;
            continue;
        }
        verdict = milter_verdict(s->milter);
        if (s->probe->failure != NULL || milter_settled(s->milter) ||
            verdict.scope != SCOPE_RECIPIENT)
            return false;
    }
    if (s->draft.recipient_count == 0)
        s->message->note = "every recipient is refused: no message follows";
    return s->draft.recipient_count > 0 && due(s, STAGE_DATA);
}

static void tell_message(struct session *s)
{
    struct probe *probe = s->probe;

    s->event = (struct event){.kind = EVENT_DATA};
    if (!feed(s) || !due(s, STAGE_MESSAGE) || has_left(s))
        return;
    milter_message(s->milter, &s->header, s->body, &s->facts, MESSAGE_BUDGET_MS);
    wait(s);
    note_failure(s);
    if (probe->failure == NULL &&
        outcome_look(s->message, milter_edits(s->milter), &s->draft, &probe->arena) < 0)
        probe->transcript.failed = true;
}

/* --- messages --- */

static bool add_message(struct session *s, unsigned number)
{
    struct probe *probe = s->probe;
    struct probe_message *message = arena_alloc(&probe->arena, sizeof(*message));

    if (message == NULL)
        return false;
    if (s->last != NULL)
        s->last->next = message;
    else
        probe->messages = message;
    s->message = s->last = message;
    message->number = number;
    (void)snprintf(s->queue_id, sizeof(s->queue_id), "PROBE%u", number);
    draft_init(&s->draft, &probe->arena, probe->request->sender);
    draft_receive(&s->draft, &s->header);
    s->draft.body = s->body;
    return true;
}

/* The milter's last word on the message, and its end. */
static void conclude(struct session *s)
{
    s->message->verdict = milter_verdict(s->milter);
    s->message->verdict.reply.wire = arena_copy(&s->probe->arena, s->message->verdict.reply.wire);
    milter_reset(s->milter);
}

/* Whether the session can go on with another message. */
static bool tell_one(struct session *s, bool introduced)
{
    if (!introduced && !tell_introduction(s)) {
        conclude(s);
        return false;
    }
    if (tell_sender(s) && tell_recipients(s))
        tell_message(s);
    conclude(s);
    return !s->probe->transcript.failed && s->probe->failure == NULL &&
           s->message->verdict.scope != SCOPE_SESSION && due(s, STAGE_MAIL);
}

static int tell_all(struct session *s)
{
    bool on = true;

    for (unsigned i = 0; on && i < s->probe->request->repeat; i++) {
        if (!add_message(s, i + 1))
            return -1;
        on = tell_one(s, i > 0 && !milter_needs_replay(s->milter));
    }
    if (s->probe->failure == NULL)
        listen_for(s, LAST_QUIET_MS);
    note_failure(s);
    return 0;
}

static void say_goodbye(struct session *s)
{
    milter_destroy(s->milter);
    s->milter = NULL;
    for (int i = 0; i < GOODBYE_TRIES && loop_orphans(s->loop) > 0; i++)
        listen_for(s, QUIET_MS);
}

/* --- the run --- */

static int prepare(struct session *s)
{
    const struct probe_request *request = s->probe->request;
    struct header_scan scan = {.scanned = 0};
    struct header_end end;

    if (header_scan(&scan, request->message, true, &end) != 1)
        return -1; /* cannot be: it is complete */
    s->body = slice_from(request->message, end.body_start);
    (void)snprintf(s->size_param, sizeof(s->size_param), "SIZE=%zu", request->message.len);
    s->params[0] = slice_str(s->size_param);
    return header_parse(&s->header, slice_first(request->message, end.fields_end),
                        end.body_start > end.fields_end, &s->probe->arena);
}

static int start(struct session *s)
{
    const struct probe_request *request = s->probe->request;
    struct milter_setup setup = {.conf = &s->conf,
                                 .limits = &s->limits,
                                 .wake = stop,
                                 .ctx = s,
                                 .version = request->version,
                                 .trace = &s->trace};

    s->trace = transcript_trace(&s->probe->transcript);
    s->limits = (struct limits){.message_bytes = BODY_BYTES_MAX,
                                .memory_per_message_bytes = BODY_MEMORY_BYTES,
                                .spool_dir = SLICE("/tmp")};
    s->conf = (struct milter_conf){.name = request->endpoint.text,
                                   .endpoint = request->endpoint,
                                   .on_failure = MILTER_FAILURE_TEMPFAIL,
                                   .may = MILTER_MAY_ALL,
                                   .macros = request->macros,
                                   .connect_timeout_ms = request->timeout_ms,
                                   .command_timeout_ms = request->timeout_ms,
                                   .content_timeout_ms = request->timeout_ms};
    s->loop = setup.loop = loop_create();
    if (s->loop == NULL)
        return -1;
    s->timer = loop_timer_create(s->loop, stop, s);
    s->milter = milter_create(&setup);
    return s->timer != NULL && s->milter != NULL ? 0 : -1;
}

int probe_run(struct probe *probe, const struct probe_request *request)
{
    struct session s = {.probe = probe};
    int result = -1;

    *probe = (struct probe){.request = request};
    arena_init(&probe->arena, ARENA_BLOCK_BYTES, ARENA_BYTES_MAX);
    transcript_init(&probe->transcript, &probe->arena);
    if (prepare(&s) == 0 && start(&s) == 0) {
        result = tell_all(&s);
        say_goodbye(&s);
    }
    milter_destroy(s.milter);
    loop_timer_destroy(s.timer);
    loop_destroy(s.loop);
    return probe->transcript.failed ? -1 : result;
}

void probe_end(struct probe *probe)
{
    arena_fini(&probe->arena);
}
