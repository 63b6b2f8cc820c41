/* visit: see visit.h. A session's beginning and end, and what all its events share. */
#include "proxy/as_milter/visit_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/judging.h"
#include "proxy/net/loop.h"
#include "proxy/record/stamp.h"

/* It takes no turns: the thread is this session's alone. */
static struct eval *make_eval(const struct config *config, struct pattern_scratch *scratch)
{
    const struct judging lent = {.scratch = scratch, .clock_ns = loop_clock_ns};

    return judging_eval(config, config->milter.policy, &lent);
}

static bool wants_body(const struct eval *eval)
{
    return (eval_interest(eval) & INTEREST_MESSAGE) != 0;
}

/* --- beginning and end --- */

static void begin_message(struct visit *v)
{
    const struct limits *limits = &v->config->limits;

    v->m = (struct visit_message){.declared_size = EVENT_SIZE_UNKNOWN};
    arena_init(&v->m.arena, VISIT_BLOCK_BYTES, VISIT_ARENA_BYTES);
    bytes_init(&v->m.block, limits->header_bytes);
    spool_init(&v->m.spool, limits->memory_per_message_bytes, limits->spool_dir.ptr);
}

static void begin_texts(struct visit *v)
{
    struct bytes *texts[] = {&v->listener, &v->client_name, &v->helo,
                             &v->login,    &v->tls_version, &v->tls_cipher};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        bytes_init(texts[i], VISIT_NAME_MAX);
}

struct visit *visit_create(struct service *service)
{
    struct visit *v = calloc(1, sizeof(*v));

    if (v == NULL)
        return NULL;
    v->service = service;
    v->config = service_config(service);
    v->policy = v->config->milter.policy;
    v->agreed = (struct demands){UINT32_MAX, 0};
    v->begin_us = stamp_now_us();
    v->begin_ns = loop_clock_ns(NULL);
    (void)snprintf(v->id, sizeof(v->id), "m%llx-%lx", (unsigned long long)(v->begin_us / 1000000),
                   service_number(service));
    begin_texts(v);
    begin_message(v);
    v->scratch = pattern_scratch_create();
    if (v->scratch != NULL)
        v->eval = make_eval(v->config, v->scratch);
    service_join(service, v);
    if (v->eval != NULL)
        return v;
    visit_destroy(v, NULL);
    return NULL;
}

void visit_forget(struct visit *v)
{
    arena_fini(&v->m.arena);
    bytes_fini(&v->m.block);
    spool_fini(&v->m.spool);
    begin_message(v);
    if (v->eval != NULL)
        eval_reset(v->eval);
}

void visit_destroy(struct visit *v, const char *reason)
{
    if (v == NULL)
        return;
    if (reason != NULL)
        v->m.failure = slice_str(reason);
    visit_account_message(v);
    if (v->connected)
        visit_account_session(v, reason);
    visit_forget(v);
    service_leave(v->service, v);
    eval_destroy(v->eval);
    pattern_scratch_destroy(v->scratch);
    bytes_fini(&v->listener);
    bytes_fini(&v->client_name);
    bytes_fini(&v->helo);
    bytes_fini(&v->login);
    bytes_fini(&v->tls_version);
    bytes_fini(&v->tls_cipher);
    config_unref(v->config);
    free(v);
}

void visit_abort(struct visit *v)
{
    visit_account_message(v);
    visit_forget(v);
}

/* --- negotiation --- */

struct demands visit_demands(const struct visit *v)
{
    return demands_of(v->config, v->policy, wants_body(v->eval));
}

void visit_agree(struct visit *v, const struct demands *agreed, bool leading_space)
{
    v->agreed = *agreed;
    v->leading_space = leading_space;
}

void visit_refused(const struct visit *v, uint32_t missing)
{
    uint32_t first = missing & (~missing + 1);
    struct slice rule = demands_rule(v->config, v->policy, first);

    log_write(service_log(v->service), LOG_LEVEL_ERROR,
              "the MTA does not let a milter %s, which rule '%.*s' needs: its connection is "
              "refused",
              demands_name(first), SLICE_ARG(rule));
}

/* --- events of the session --- */

struct slice visit_macro(const struct macros *macros, const char *name)
{
    const char *value = macros->get(macros->ctx, name);

    return slice_first(slice_str(value), VISIT_NAME_MAX);
}

static void write_logs(struct visit *v)
{
    if (!eval_has_logs(v->eval))
        return;
    struct eval_report report = eval_report(v->eval);
    char quoted[LOG_QUOTE_MAX];
    for (size_t i = 0; i < report.log_count; i++)
        log_write(service_log(v->service), LOG_LEVEL_INFO, "session %s: %s", v->id,
                  log_quote(report.logs[i], quoted));
    eval_logs_taken(v->eval);
}

/* All that can be asked is what the MTA has told with the connection. */
void visit_told(struct visit *v)
{
    const struct answer name = {QUESTION_CLIENT_NAME, v->name_failed, bytes_slice(&v->client_name)};

    eval_answer(v->eval, &name);
}

void visit_heard(struct visit *v, const struct verdict *verdict)
{
    write_logs(v);
    if (verdict->kind != VERDICT_CONTINUE)
        visit_account_verdict(v, verdict);
}

static struct verdict ask(struct visit *v, const struct event *event)
{
    struct verdict verdict = eval_feed(v->eval, event);

    while (verdict.kind == VERDICT_MORE) {
        visit_told(v);
        verdict = eval_feed(v->eval, event);
    }
    return verdict;
}

struct verdict visit_judge(struct visit *v, const struct event *event)
{
    struct verdict verdict = ask(v, event);

    visit_heard(v, &verdict);
    return verdict;
}

struct visit_answer visit_answer(const struct verdict *verdict)
{
    struct visit_answer answer = {.kind = ANSWER_CONTINUE, .delay_ms = verdict->delay_ms};

    if (answer.delay_ms > MILTER_DELAY_MAX_MS)
        answer.delay_ms = MILTER_DELAY_MAX_MS;
    if (!verdict_refuses(verdict->kind))
        return answer;
    answer.kind = verdict->reply.code / 100 == 5 ? ANSWER_REJECT : ANSWER_TEMPFAIL;
    answer.reply = verdict->reply;
    return answer;
}

struct visit_answer visit_fail(struct visit *v, const char *failure, struct slice wire)
{
    struct reply reply = reply_static(wire);
    enum verdict_kind kind = reply.code / 100 == 5 ? VERDICT_REJECT : VERDICT_TEMPFAIL;
    struct verdict verdict = verdict_refusal(kind, SCOPE_MESSAGE, reply);

    log_write(service_log(v->service), LOG_LEVEL_WARNING, "session %s: %s", v->id, failure);
    verdict.party = PARTY_GATEWAY;
    verdict.by = v->m.failure = slice_str(failure);
    verdict.stage = v->m.header_known ? STAGE_MESSAGE : STAGE_HEADER;
    visit_account_verdict(v, &verdict);
    v->m.settled = v->m.over = true;
    return visit_answer(&verdict);
}

struct visit_answer visit_starve(void)
{
    return (struct visit_answer){ANSWER_TEMPFAIL, reply_static(SLICE(OUT_OF_MEMORY)), 0};
}

static struct event connect_event(const struct visit *v)
{
    struct event event = {.kind = EVENT_CONNECT};

    event.u.connect.client = v->client;
    event.u.connect.listener = bytes_slice(&v->listener);
    return event;
}

static struct event helo_event(const struct visit *v)
{
    struct event event = {.kind = EVENT_HELO};

    event.u.helo.name = bytes_slice(&v->helo);
    return event;
}

/* MTAs put the address in brackets where no name is confirmed, or say "unknown". */
static int note_name(struct visit *v, const struct macros *macros)
{
    struct slice name = visit_macro(macros, "{client_name}");

    if (name.len == 0 || name.ptr[0] == '[')
        name = SLICE("unknown");
    v->name_failed = slice_equal(visit_macro(macros, "{client_resolve}"), SLICE("TEMP"));
    return bytes_set(&v->client_name, name);
}

struct visit_answer visit_connect(struct visit *v, const struct macros *macros,
                                  const struct address *client)
{
    struct slice daemon = visit_macro(macros, "{daemon_name}");

    visit_abort(v); /* what was under way ended with the session before */
    bytes_renew(&v->helo);
    v->has_login = false;
    v->connected = true;
    v->client = *client;
    v->lost = note_name(v, macros) != 0 ||
              bytes_set(&v->listener, daemon.len > 0 ? daemon : SLICE("milter")) != 0;
    if (v->lost)
        return visit_starve();
    struct event event = connect_event(v);
    struct verdict verdict = visit_judge(v, &event);
    return visit_answer(&verdict);
}

struct visit_answer visit_helo(struct visit *v, const char *name)
{
    visit_abort(v);
    if (bytes_set(&v->helo, slice_first(slice_str(name), VISIT_NAME_MAX)) != 0)
        v->lost = true;
    if (v->lost)
        return visit_starve();
    struct event event = helo_event(v);
    struct verdict verdict = visit_judge(v, &event);
    return visit_answer(&verdict);
}

/* --- a newer configuration --- */

static void take_over(struct visit *v, struct config *config, struct eval *eval)
{
    eval_destroy(v->eval);
    v->eval = eval;
    config_unref(v->config);
    v->config = config;
    v->policy = config->milter.policy;
    v->last_decider = SLICE_NONE; /* it was the old policy's */
    visit_forget(v);
    /* These verdicts, and their logs, come again with the MAIL; so does the failure to keep a fact
     * (eval.h). */
    struct event event = connect_event(v);
    (void)ask(v, &event).kind;
    event = helo_event(v);
    if (v->helo.len > 0)
        (void)ask(v, &event).kind;
    v->has_login = false; /* it will be told again */
}

int visit_adopt(struct visit *v)
{
    struct config *newest = service_config(v->service);
    struct eval *eval = newest != v->config ? make_eval(newest, v->scratch) : NULL;
    bool failed = newest != v->config && eval == NULL;

    if (eval != NULL) {
        struct demands wanted = demands_of(newest, newest->milter.policy, wants_body(eval));

        if (demands_met(&v->agreed, &wanted)) {
            take_over(v, newest, eval);
            return 0;
        }
    }
    eval_destroy(eval);
    config_unref(newest);
    return failed ? -1 : 0;
}
