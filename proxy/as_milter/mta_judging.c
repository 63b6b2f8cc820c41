/* mta_judging: see mta_judging.h. */
#include "proxy/as_milter/mta_judging.h"

#include "conf/config.h"
#include "proxy/as_milter/mta_record.h"
#include "proxy/as_milter/mta_state.h"
#include "proxy/process/thread.h"

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
void mta_judging_told(struct mta_session *s, struct slice body, const struct draft *draft)
{
    const struct reading_order message = {.limits = &s->config->limits,
                                          .header = &s->m.header,
                                          .body = body,
                                          .clock_ns = thread_cpu_ns};
    const struct answer name = {.failed = s->name_failed, .text = bytes_slice(&s->client_name)};
    char client[ADDRESS_TEXT_MAX];
    const struct question question = question_client_name(&s->client, client);

    eval_answer(s->eval, &question, &name);
    reading_answer(&s->m.readings, s->eval, &message, draft);
}

void mta_judging_heard(struct mta_session *s, const struct verdict *verdict)
{
    write_logs(s);
    if (verdict->kind != VERDICT_CONTINUE)
        mta_record_verdict(s, verdict);
}

static struct verdict ask(struct mta_session *s, const struct event *event)
{
    struct verdict verdict = eval_feed(s->eval, event);

    while (verdict.kind == VERDICT_MORE) {
        mta_judging_told(s, event->kind == EVENT_MESSAGE ? event->u.message.body : SLICE_NONE,
                         NULL);
        verdict = eval_feed(s->eval, event);
    }
    return verdict;
}

struct verdict mta_judging_event(struct mta_session *s, const struct event *event)
{
    struct verdict verdict = ask(s, event);

    mta_judging_heard(s, &verdict);
    return verdict;
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

void mta_judging_introduce(struct mta_session *s)
{
    struct event event = connect_event(s);

    (void)ask(s, &event).kind;
    event = helo_event(s);
    if (s->helo.len > 0)
        (void)ask(s, &event).kind;
}

struct mta_answer mta_judging_connect(struct mta_session *s)
{
    struct event event = connect_event(s);
    struct verdict verdict = mta_judging_event(s, &event);

    return mta_judging_answer(&verdict);
}

struct mta_answer mta_judging_helo(struct mta_session *s)
{
    struct event event = helo_event(s);
    struct verdict verdict = mta_judging_event(s, &event);

    return mta_judging_answer(&verdict);
}

struct mta_answer mta_judging_answer(const struct verdict *verdict)
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

struct mta_answer mta_judging_fail(struct mta_session *s, const char *failure, struct slice wire)
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
    return mta_judging_answer(&verdict);
}

struct mta_answer mta_judging_starve(void)
{
    return (struct mta_answer){ANSWER_TEMPFAIL, reply_static(SLICE(MTA_OUT_OF_MEMORY)), 0};
}
