#include "proxy/session/judging.h"

#include "proxy/session/naming.h"
#include "proxy/session/outcome.h"
#include "proxy/session/state.h"

void judging_logs(struct session *s)
{
    if (!inspect_has_logs(s->under.inspect))
        return;
    struct eval_report report = inspect_report(s->under.inspect);
    char quoted[LOG_QUOTE_MAX];
    for (size_t i = 0; i < report.log_count; i++)
        log_write(s->host->log, LOG_LEVEL_INFO, "session %s: %s", s->id,
                  log_quote(report.logs[i], quoted));
    inspect_logs_taken(s->under.inspect);
}

int judging_create(struct session *s)
{
    s->judging.turn = (struct turn){.run = s->wake, .ctx = s};
    return patience_init(&s->judging.delay, s->host->loop, s->wake, s);
}

void judging_destroy(struct session *s)
{
    turns_leave(&s->host->turns, &s->judging.turn);
    patience_fini(&s->judging.delay);
}

void judging_begin(struct session *s, const struct event *event,
                   void (*decided)(struct session *s, const struct verdict *verdict))
{
    s->judging.event = *event;
    judging_await(s, decided);
}

void judging_await(struct session *s,
                   void (*decided)(struct session *s, const struct verdict *verdict))
{
    s->judging.decided = decided;
    state_wait(s, PHASE_JUDGE);
}

/* A refusal that is put off until RCPT is judged again, and spoken of, with its MAIL; or, once the
 * client was greeted, for a STARTTLS that is passed through. */
static bool put_off(const struct session *s)
{
    return s->judging.event.kind < EVENT_MAIL && !s->hello.greeted &&
           s->under.listener->refuse_at == REFUSE_RCPT;
}

/* ... where it is not said yet either, and so nobody waits for it. */
static bool said_later(const struct session *s, const struct verdict *verdict)
{
    return s->judging.event.kind == EVENT_MAIL && s->under.listener->refuse_at == REFUSE_RCPT &&
           verdict_refuses(verdict->kind);
}

bool judging_decide(struct session *s, const struct verdict *verdict,
                    void (*decided)(struct session *s, const struct verdict *verdict))
{
    if (verdict->delay_ms == 0) {
        decided(s, verdict);
        return true;
    }
    s->judging.decided = decided;
    s->judging.verdict = *verdict;
    state_wait(s, PHASE_DELAY);
    patience_begin(&s->judging.delay, verdict->delay_ms);
    return false;
}

bool judging_step(struct session *s)
{
    if (!turns_may(&s->host->turns, &s->judging.turn))
        return false;
    struct verdict verdict = inspect_feed(s->under.inspect, &s->judging.event);
    if (verdict.kind == VERDICT_MORE && naming_asked(s))
        return true;
    if (verdict.kind == VERDICT_MORE && inspect_waits(s->under.inspect))
        return false;
    if (verdict.kind == VERDICT_MORE) {
        turns_wait(&s->host->turns, &s->judging.turn);
        return false;
    }
    if (put_off(s)) {
        inspect_logs_taken(s->under.inspect);
        verdict.delay_ms = 0;
    }
    judging_logs(s);
    if (verdict.kind == VERDICT_ACCEPT && verdict.scope != SCOPE_RECIPIENT && s->tx.envelope.begun)
        outcome_verdict(s, &verdict);
    if (!said_later(s, &verdict))
        return judging_decide(s, &verdict, s->judging.decided);
    s->judging.decided(s, &verdict);
    return true;
}

bool judging_step_delay(struct session *s)
{
    if (!s->judging.delay.over)
        return false;
    s->judging.decided(s, &s->judging.verdict);
    return true;
}
