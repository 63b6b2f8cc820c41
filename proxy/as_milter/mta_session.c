/* session: see mta_session.h. A session's beginning and end, and what all its events share. */
#include "proxy/as_milter/mta_state.h"

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

static void begin_message(struct mta_session *s)
{
    const struct limits *limits = &s->config->limits;

    s->m = (struct mta_message){.declared_size = EVENT_SIZE_UNKNOWN};
    arena_init(&s->m.arena, MTA_BLOCK_BYTES, MTA_ARENA_BYTES);
    bytes_init(&s->m.block, limits->header_bytes);
    spool_init(&s->m.spool, limits->memory_per_message_bytes, limits->spool_dir.ptr);
}

static void begin_texts(struct mta_session *s)
{
    struct bytes *texts[] = {&s->listener, &s->client_name, &s->helo,
                             &s->login,    &s->tls_version, &s->tls_cipher};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        bytes_init(texts[i], MTA_NAME_MAX);
}

struct mta_session *mta_session_create(struct service *service)
{
    struct mta_session *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->service = service;
    s->config = service_config(service);
    s->policy = s->config->milter.policy;
    s->agreed = (struct demands){UINT32_MAX, 0};
    s->begin_us = stamp_now_us();
    s->begin_ns = loop_clock_ns(NULL);
    (void)snprintf(s->id, sizeof(s->id), "m%llx-%lx", (unsigned long long)(s->begin_us / 1000000),
                   service_number(service));
    begin_texts(s);
    begin_message(s);
    s->scratch = pattern_scratch_create();
    if (s->scratch != NULL)
        s->eval = make_eval(s->config, s->scratch);
    service_join(service, s);
    if (s->eval != NULL)
        return s;
    mta_session_destroy(s, NULL);
    return NULL;
}

void mta_session_forget(struct mta_session *s)
{
    arena_fini(&s->m.arena);
    bytes_fini(&s->m.block);
    spool_fini(&s->m.spool);
    begin_message(s);
    if (s->eval != NULL)
        eval_reset(s->eval);
}

void mta_session_destroy(struct mta_session *s, const char *reason)
{
    if (s == NULL)
        return;
    if (reason != NULL)
        s->m.failure = slice_str(reason);
    mta_record_message(s);
    if (s->connected)
        mta_record_session(s, reason);
    mta_session_forget(s);
    service_leave(s->service, s);
    eval_destroy(s->eval);
    pattern_scratch_destroy(s->scratch);
    bytes_fini(&s->listener);
    bytes_fini(&s->client_name);
    bytes_fini(&s->helo);
    bytes_fini(&s->login);
    bytes_fini(&s->tls_version);
    bytes_fini(&s->tls_cipher);
    config_unref(s->config);
    free(s);
}

void mta_session_abort(struct mta_session *s)
{
    mta_record_message(s);
    mta_session_forget(s);
}

/* --- negotiation --- */

struct demands mta_session_demands(const struct mta_session *s)
{
    return demands_of(s->config, s->policy, wants_body(s->eval));
}

void mta_session_agree(struct mta_session *s, const struct demands *agreed, bool leading_space)
{
    s->agreed = *agreed;
    s->leading_space = leading_space;
}

void mta_session_refused(const struct mta_session *s, uint32_t missing)
{
    uint32_t first = missing & (~missing + 1);
    struct slice rule = demands_rule(s->config, s->policy, first);

    log_write(service_log(s->service), LOG_LEVEL_ERROR,
              "the MTA does not let a milter %s, which rule '%.*s' needs: its connection is "
              "refused",
              demands_name(first), SLICE_ARG(rule));
}

/* --- events of the session --- */

struct slice mta_session_macro(const struct macros *macros, const char *name)
{
    const char *value = macros->get(macros->ctx, name);

    return slice_first(slice_str(value), MTA_NAME_MAX);
}

static void write_logs(struct mta_session *s)
{
    if (!eval_has_logs(s->eval))
        return;
    struct eval_report report = eval_report(s->eval);
    char quoted[LOG_QUOTE_MAX];
    for (size_t i = 0; i < report.log_count; i++)
        log_write(service_log(s->service), LOG_LEVEL_INFO, "session %s: %s", s->id,
                  log_quote(report.logs[i], quoted));
    eval_logs_taken(s->eval);
}

/* All that can be asked is what the MTA has told with the connection. */
void mta_session_told(struct mta_session *s)
{
    const struct answer name = {QUESTION_CLIENT_NAME, s->name_failed, bytes_slice(&s->client_name)};

    eval_answer(s->eval, &name);
}

void mta_session_heard(struct mta_session *s, const struct verdict *verdict)
{
    write_logs(s);
    if (verdict->kind != VERDICT_CONTINUE)
        mta_record_verdict(s, verdict);
}

static struct verdict ask(struct mta_session *s, const struct event *event)
{
    struct verdict verdict = eval_feed(s->eval, event);

    while (verdict.kind == VERDICT_MORE) {
        mta_session_told(s);
        verdict = eval_feed(s->eval, event);
    }
    return verdict;
}

struct verdict mta_session_judge(struct mta_session *s, const struct event *event)
{
    struct verdict verdict = ask(s, event);

    mta_session_heard(s, &verdict);
    return verdict;
}

struct mta_answer mta_session_answer(const struct verdict *verdict)
{
    struct mta_answer answer = {.kind = ANSWER_CONTINUE, .delay_ms = verdict->delay_ms};

    if (answer.delay_ms > MILTER_DELAY_MAX_MS)
        answer.delay_ms = MILTER_DELAY_MAX_MS;
    if (!verdict_refuses(verdict->kind))
        return answer;
    answer.kind = verdict->reply.code / 100 == 5 ? ANSWER_REJECT : ANSWER_TEMPFAIL;
    answer.reply = verdict->reply;
    return answer;
}

struct mta_answer mta_session_fail(struct mta_session *s, const char *failure, struct slice wire)
{
    struct reply reply = reply_static(wire);
    enum verdict_kind kind = reply.code / 100 == 5 ? VERDICT_REJECT : VERDICT_TEMPFAIL;
    struct verdict verdict = verdict_refusal(kind, SCOPE_MESSAGE, reply);

    log_write(service_log(s->service), LOG_LEVEL_WARNING, "session %s: %s", s->id, failure);
    verdict.party = PARTY_GATEWAY;
    verdict.by = s->m.failure = slice_str(failure);
    verdict.stage = s->m.header_known ? STAGE_MESSAGE : STAGE_HEADER;
    mta_record_verdict(s, &verdict);
    s->m.settled = s->m.over = true;
    return mta_session_answer(&verdict);
}

struct mta_answer mta_session_starve(void)
{
    return (struct mta_answer){ANSWER_TEMPFAIL, reply_static(SLICE(OUT_OF_MEMORY)), 0};
}

static struct event connect_event(const struct mta_session *s)
{
    struct event event = {.kind = EVENT_CONNECT};

    event.u.connect.client = s->client;
    event.u.connect.listener = bytes_slice(&s->listener);
    return event;
}

static struct event helo_event(const struct mta_session *s)
{
    struct event event = {.kind = EVENT_HELO};

    event.u.helo.name = bytes_slice(&s->helo);
    return event;
}

/* MTAs put the address in brackets where no name is confirmed, or say "unknown". */
static int note_name(struct mta_session *s, const struct macros *macros)
{
    struct slice name = mta_session_macro(macros, "{client_name}");

    if (name.len == 0 || name.ptr[0] == '[')
        name = SLICE("unknown");
    s->name_failed = slice_equal(mta_session_macro(macros, "{client_resolve}"), SLICE("TEMP"));
    return bytes_set(&s->client_name, name);
}

struct mta_answer mta_session_connect(struct mta_session *s, const struct macros *macros,
                                      const struct address *client)
{
    struct slice daemon = mta_session_macro(macros, "{daemon_name}");

    mta_session_abort(s); /* what was under way ended with the session before */
    bytes_renew(&s->helo);
    s->has_login = false;
    s->connected = true;
    s->client = *client;
    s->lost = note_name(s, macros) != 0 ||
              bytes_set(&s->listener, daemon.len > 0 ? daemon : SLICE("milter")) != 0;
    if (s->lost)
        return mta_session_starve();
    struct event event = connect_event(s);
    struct verdict verdict = mta_session_judge(s, &event);
    return mta_session_answer(&verdict);
}

struct mta_answer mta_session_helo(struct mta_session *s, const char *name)
{
    mta_session_abort(s);
    if (bytes_set(&s->helo, slice_first(slice_str(name), MTA_NAME_MAX)) != 0)
        s->lost = true;
    if (s->lost)
        return mta_session_starve();
    struct event event = helo_event(s);
    struct verdict verdict = mta_session_judge(s, &event);
    return mta_session_answer(&verdict);
}

/* --- a newer configuration --- */

static void take_over(struct mta_session *s, struct config *config, struct eval *eval)
{
    eval_destroy(s->eval);
    s->eval = eval;
    config_unref(s->config);
    s->config = config;
    s->policy = config->milter.policy;
    s->last_decider = SLICE_NONE; /* it was the old policy's */
    mta_session_forget(s);
    /* These verdicts, and their logs, come again with the MAIL; so does the failure to keep a fact
     * (eval.h). */
    struct event event = connect_event(s);
    (void)ask(s, &event).kind;
    event = helo_event(s);
    if (s->helo.len > 0)
        (void)ask(s, &event).kind;
    s->has_login = false; /* it will be told again */
}

int mta_session_adopt(struct mta_session *s)
{
    struct config *newest = service_config(s->service);
    struct eval *eval = newest != s->config ? make_eval(newest, s->scratch) : NULL;
    bool failed = newest != s->config && eval == NULL;

    if (eval != NULL) {
        struct demands wanted = demands_of(newest, newest->milter.policy, wants_body(eval));

        if (demands_met(&s->agreed, &wanted)) {
            take_over(s, newest, eval);
            return 0;
        }
    }
    eval_destroy(eval);
    config_unref(newest);
    return failed ? -1 : 0;
}
