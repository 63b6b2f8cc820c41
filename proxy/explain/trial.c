/* trial: see trial.h. The order of events is that of proxy/session/, where content.c and verbs.c
 * decide the same things with a client and an upstream around them. */
#include "proxy/explain/trial.h"

#include <time.h>

#include "conf/config.h"
#include "conf/judging.h"
#include "filters/base/mailbox.h"
#include "filters/base/utf8.h"

#define TRIAL_BLOCK_BYTES 65536
#define TRIAL_BYTES_MAX   ((size_t)256 * 1024 * 1024) /* the field table of the largest header */
#define NS_PER_S          UINT64_C(1000000000)

int trial_normalise(struct slice raw, struct bytes *out)
{
    size_t start = 0;

    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        bool crlf = c == '\r' && i + 1 < raw.len && raw.ptr[i + 1] == '\n';

        if (crlf)
            i++;
        if (crlf || (c != '\n' && c != '\r' && c != '\0'))
            continue;
        bytes_append(out, slice_make(raw.ptr + start, i - start));
        bytes_append(out, c == '\n' ? SLICE("\r\n") : SLICE(" "));
        start = i + 1;
    }
    if (start < raw.len)
        bytes_append(out, slice_make(raw.ptr + start, raw.len - start));
    /* A message on the wire ends with its last line's CRLF, or it could not be followed by the dot.
     */
    if (bytes_end(out) == 0 && out->len > 0 && out->data[out->len - 1] != '\n')
        bytes_append(out, SLICE("\r\n"));
    return bytes_end(out);
}

uint64_t trial_clock_ns(void *ctx)
{
    struct timespec now;

    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int prepare(struct trial *trial, const struct config *config, const struct policy *policy,
                   const struct trial_input *input, const struct eval_trace *trace)
{
    const struct listener_conf *listener = config_listener(config, input->origin.listener);
    struct judging lent = {.clock_ns = trial_clock_ns, .trace = trace};

    *trial = (struct trial){.verdict = {.kind = VERDICT_CONTINUE}};
    trial->limits = &config->limits;
    trial->routed = listener != NULL ? listener->routed_addresses : ROUTED_PASS;
    trial->client_name = input->origin.client_name;
    trial->name_given = input->origin.client_name.len > 0;
    if (!trial->name_given)
        trial->client_name = SLICE("unknown");
    arena_init(&trial->arena, TRIAL_BLOCK_BYTES, TRIAL_BYTES_MAX);
    trial->recipients =
        arena_alloc(&trial->arena, (input->recipient_count + 1) * sizeof(*trial->recipients));
    trial->scratch = pattern_scratch_create();
    lent.scratch = trial->scratch;
    if (trial->recipients == NULL || trial->scratch == NULL)
        return -1;
    trial->eval = judging_eval(config, policy, &lent);
    return trial->eval != NULL ? 0 : -1;
}

/* Offline nothing is looked up: a client has the name it was given, or none. ${draft}: what final
 * rules judge, else NULL. */
static void answer(struct trial *trial, const struct draft *draft)
{
    const struct question *asked;
    const struct reading_order message = {.limits = trial->limits,
                                          .header = &trial->header,
                                          .body = trial->draft.body,
                                          .clock_ns = trial_clock_ns};

    reading_answer(&trial->readings, trial->eval, &message, draft);
    asked = eval_questions(trial->eval);

    for (; asked != NULL; asked = asked->next)
        switch (asked->kind) {
        case QUESTION_CLIENT_NAME:
            trial->name_missed = !trial->name_given;
            eval_answer(trial->eval, asked, &(struct answer){.text = trial->client_name});
            break;
        case QUESTION_CONTENT: break; /* answered */
        }
}

static struct verdict judge(struct trial *trial, const struct event *event)
{
    struct verdict verdict;

    verdict = eval_feed(trial->eval, event);
    while (verdict.kind == VERDICT_MORE) {
        answer(trial, NULL);
        verdict = eval_feed(trial->eval, event);
    }
    trial->delay_ms += verdict.delay_ms;
    return verdict;
}

static bool ends(const struct verdict *verdict)
{
    return verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD;
}

/* Feeds an event that concerns the message. Returns whether the story goes on. */
static bool feed(struct trial *trial, const struct event *event)
{
    struct verdict verdict = judge(trial, event);

    if (verdict.kind != VERDICT_CONTINUE)
        trial->verdict = verdict;
    return !ends(&verdict);
}

/* TLS in which the session begins, if the listener is one where it does. */
static struct event_tls early_tls(const struct config *config, const struct trial_input *input)
{
    const struct listener_conf *listener = config_listener(config, input->origin.listener);
    bool early = listener != NULL && listener->tls.mode == TLS_IMPLICIT;

    return early ? input->origin.tls : (struct event_tls){.active = false};
}

/* Whether a client has to say SMTPUTF8 for this envelope. */
static bool needs_utf8(const struct trial_input *input)
{
    bool needed = utf8_beyond_ascii(input->sender);

    for (size_t i = 0; i < input->recipient_count; i++)
        needed = needed || utf8_beyond_ascii(input->recipients[i]);
    return needed;
}

static bool feed_session(struct trial *trial, const struct config *config,
                         const struct trial_input *input)
{
    struct event connect = {.kind = EVENT_CONNECT};
    struct event helo = {.kind = EVENT_HELO};
    struct event auth = {.kind = EVENT_AUTH};
    struct event mail = {.kind = EVENT_MAIL};

    connect.u.connect.client = input->origin.client;
    connect.u.connect.listener = input->origin.listener;
    connect.u.connect.tls = early_tls(config, input);
    helo.u.helo.name = input->origin.helo;
    auth.u.auth.login = input->origin.auth;
    mail.u.mail.sender = input->sender;
    mail.u.mail.declared_size = input->origin.declared_size;
    mail.u.mail.tls = input->origin.tls;
    mail.u.mail.utf8 = needs_utf8(input);
    return feed(trial, &connect) && (input->origin.helo.len == 0 || feed(trial, &helo)) &&
           (input->origin.auth.ptr == NULL || feed(trial, &auth)) && feed(trial, &mail);
}

/* What a listener says before any rule is asked. */
static struct verdict routed_refusal(void)
{
    struct verdict verdict =
        verdict_refusal(VERDICT_REJECT, SCOPE_RECIPIENT, reply_static(SLICE(ROUTED_REPLY)));

    verdict.party = PARTY_GATEWAY;
    verdict.by = SLICE(ROUTED_REASON);
    verdict.stage = STAGE_RCPT;
    return verdict;
}

/* A message has one route. */
static struct verdict elsewhere(struct trial *trial, struct slice address)
{
    struct event event = {.kind = EVENT_RCPT_REFUSED};
    struct verdict verdict =
        verdict_refusal(VERDICT_TEMPFAIL, SCOPE_RECIPIENT,
                        reply_static(SLICE("452 4.5.3 One destination at a time\r\n")));

    event.u.rcpt.recipient = address;
    (void)judge(trial, &event);
    verdict.party = PARTY_GATEWAY;
    verdict.by = SLICE("the message goes elsewhere");
    verdict.stage = STAGE_RCPT;
    return verdict;
}

static struct verdict judge_recipient(struct trial *trial, struct slice address)
{
    struct event event = {.kind = EVENT_RCPT};
    struct verdict verdict;

    if (trial->routed == ROUTED_REJECT && mailbox_routes(address))
        return routed_refusal();
    event.u.rcpt.recipient = address;
    verdict = judge(trial, &event);
    if (verdict.kind == VERDICT_CONTINUE &&
        !slice_equal(eval_route(trial->eval, true), eval_route(trial->eval, false)))
        return elsewhere(trial, address);
    return verdict;
}

/* One recipient. Returns whether the story goes on. */
static bool feed_recipient(struct trial *trial, struct slice address)
{
    struct trial_recipient *recipient = &trial->recipients[trial->recipient_count++];

    *recipient = (struct trial_recipient){address, judge_recipient(trial, address)};
    if (recipient->verdict.scope == SCOPE_RECIPIENT)
        return true;
    if (recipient->verdict.kind != VERDICT_CONTINUE)
        trial->verdict = recipient->verdict;
    return !ends(&recipient->verdict);
}

/* The last refusal when every recipient was refused, so that there is no DATA; else NULL. (One that
 * was discarded was told 250: its client goes on, and the engine knows that nobody is left.) */
static const struct verdict *all_refused(const struct trial *trial)
{
    for (size_t i = 0; i < trial->recipient_count; i++)
        if (!verdict_refuses(trial->recipients[i].verdict.kind))
            return NULL;
    return trial->recipient_count > 0 ? &trial->recipients[trial->recipient_count - 1].verdict
                                      : NULL;
}

static bool feed_envelope(struct trial *trial, const struct trial_input *input)
{
    const struct event data = {.kind = EVENT_DATA};
    const struct verdict *refusal;

    for (size_t i = 0; i < input->recipient_count; i++)
        if (!feed_recipient(trial, input->recipients[i]))
            return false;
    refusal = all_refused(trial);
    if (refusal == NULL)
        return feed(trial, &data);
    trial->verdict = *refusal;
    return false;
}

/* --- the message --- */

/* A recipient that is in, where it is to go now. Returns 0 or -1. */
static int name(struct trial *trial, const struct trial_recipient *r)
{
    struct slice redirect = r->verdict.redirect;
    struct edit gone = {.kind = EDIT_REMOVE_RECIPIENT, .by = r->verdict.by};
    struct edit come = {.kind = EDIT_ADD_RECIPIENT, .by = r->verdict.by};
    bool there = draft_has(&trial->draft, redirect);

    if (draft_name(&trial->draft, r->address, SLICE_NONE) != 0)
        return -1;
    if (redirect.ptr == NULL)
        return 0;
    gone.value = come.instead = r->address;
    come.value = gone.instead = redirect;
    if (edit_list_add(&trial->edits, &trial->arena, &gone) != 0)
        return -1;
    if (!there && edit_list_add(&trial->edits, &trial->arena, &come) != 0)
        return -1;
    return draft_readdress(&trial->draft, redirect);
}

/* Begins the draft with those recipients that are in. Returns 0 or -1. */
static int begin_draft(struct trial *trial, const struct trial_input *input)
{
    draft_init(&trial->draft, &trial->arena, input->sender);
    for (size_t i = 0; i < trial->recipient_count; i++) {
        const struct trial_recipient *r = &trial->recipients[i];
        bool whole = r->verdict.kind == VERDICT_QUARANTINE && r->verdict.scope != SCOPE_RECIPIENT;
        bool in = r->verdict.kind == VERDICT_CONTINUE || r->verdict.kind == VERDICT_ACCEPT || whole;

        if (in && name(trial, r) != 0)
            return -1;
    }
    return 0;
}

/* Takes the message apart. Returns 0 or -1. */
static int parse(struct trial *trial, struct slice message)
{
    struct header_scan scan = {.scanned = 0};
    struct header_end end = {.fields_end = 0};

    if (header_scan(&scan, message, true, &end) != 1)
        return -1; /* cannot be: it is complete */
    if (header_parse(&trial->header, slice_first(message, end.fields_end),
                     end.body_start > end.fields_end, &trial->arena) < 0)
        return -1;
    trial->header_known = true;
    draft_receive(&trial->draft, &trial->header);
    trial->body = slice_from(message, end.body_start);
    trial->draft.body = trial->body;
    return 0;
}

static int feed_message(struct trial *trial, const struct trial_input *input)
{
    struct event header = {.kind = EVENT_HEADER};
    struct event message = {.kind = EVENT_MESSAGE};

    if (input->message.ptr == NULL)
        return 0;
    if (parse(trial, input->message) < 0)
        return -1;
    header.u.header.header = &trial->header;
    message.u.message.body = trial->draft.body;
    message.u.message.size_bytes = input->message.len;
    if (feed(trial, &header))
        (void)feed(trial, &message);
    return 0;
}

/* Applies ${edits}. Returns 0 or -1. */
static int edit(struct trial *trial, const struct edit_list *edits)
{
    for (size_t i = 0; i < edits->count; i++)
        if (edit_list_add(&trial->edits, &trial->arena, &edits->items[i]) != 0)
            return -1;
    if (arena_failed(&trial->arena))
        return -1;
    trial->edits_failed = draft_apply(&trial->draft, edits) != 0;
    return 0;
}

/* The final rules, if the message has come to them. Returns 0 or -1. */
static int judge_final(struct trial *trial)
{
    struct verdict verdict;

    if (!trial->header_known || trial->edits_failed || !eval_final_due(trial->eval))
        return 0;
    verdict = eval_final(trial->eval, &trial->draft);
    while (verdict.kind == VERDICT_MORE) {
        answer(trial, &trial->draft);
        verdict = eval_final(trial->eval, &trial->draft);
    }
    trial->delay_ms += verdict.delay_ms;
    if (verdict.kind != VERDICT_CONTINUE)
        trial->verdict = verdict;
    if (!ends(&verdict))
        return edit(trial, eval_final_edits(trial->eval));
    trial->edits.count = 0;
    return 0;
}

static int judge_message(struct trial *trial, const struct trial_input *input)
{
    if (begin_draft(trial, input) != 0 || feed_message(trial, input) != 0)
        return -1;
    if (ends(&trial->verdict)) {
        trial->edits.count = 0;
        return 0;
    }
    return edit(trial, eval_edits(trial->eval)) != 0 ? -1 : judge_final(trial);
}

int trial_run(struct trial *trial, const struct config *config, const struct policy *policy,
              const struct trial_input *input, const struct eval_trace *trace)
{
    if (prepare(trial, config, policy, input, trace) < 0) {
        trial_end(trial);
        return -1;
    }
    if (!feed_session(trial, config, input) || !feed_envelope(trial, input))
        return 0;
    if (judge_message(trial, input) == 0)
        return 0;
    trial_end(trial);
    return -1;
}

void trial_end(struct trial *trial)
{
    eval_destroy(trial->eval);
    reading_forget(&trial->readings);
    pattern_scratch_destroy(trial->scratch);
    arena_fini(&trial->arena);
    *trial = (struct trial){.eval = NULL};
}
