/* milter_job: see milter_job.h. */
#include "proxy/milter/milter_job.h"

#include "conf/milter_conf.h"
#include "proxy/milter/milter_state.h"

static enum stage stage_of_job(const struct milter *m)
{
    if (m->job.kind == MILTER_JOB_MESSAGE)
        return m->content.part == MILTER_PART_HEADER || m->content.part == MILTER_PART_EOH
                   ? STAGE_HEADER
                   : STAGE_MESSAGE;
    if (m->job.kind != MILTER_JOB_EVENT)
        return m->verdict.stage;
    switch (m->job.event->kind) {
    case EVENT_CONNECT: return STAGE_CONNECT;
    case EVENT_HELO:
    case EVENT_AUTH: return STAGE_HELO;
    case EVENT_MAIL: return STAGE_MAIL;
    case EVENT_RCPT:
    case EVENT_RCPT_REFUSED: return STAGE_RCPT;
    case EVENT_DATA: return STAGE_DATA;
    case EVENT_HEADER: return STAGE_HEADER;
    case EVENT_MESSAGE: break;
    }
    return STAGE_MESSAGE;
}

static enum milter_failure failure_action(const struct milter *m)
{
    if (m->untouchable && m->conf->on_failure == MILTER_FAILURE_CONTINUE)
        return MILTER_FAILURE_TEMPFAIL;
    return m->conf->on_failure;
}

static struct verdict failure_verdict(const struct milter *m)
{
    enum stage stage = stage_of_job(m);
    enum verdict_scope scope = stage < STAGE_MAIL ? SCOPE_SESSION : SCOPE_MESSAGE;
    struct verdict verdict = {.kind = VERDICT_CONTINUE, .scope = SCOPE_MESSAGE};

    switch (failure_action(m)) {
    case MILTER_FAILURE_TEMPFAIL:
        verdict = verdict_refusal(VERDICT_TEMPFAIL, scope, (struct reply){0, SLICE_NONE});
        break;
    case MILTER_FAILURE_REJECT:
        verdict = verdict_refusal(
            VERDICT_REJECT, scope,
            reply_static(SLICE("550 5.7.1 The message cannot be checked here\r\n")));
        break;
    case MILTER_FAILURE_SHUTDOWN:
        verdict = verdict_refusal(
            VERDICT_DISCONNECT, SCOPE_SESSION,
            reply_static(SLICE("421 4.7.1 Service unavailable - try again later\r\n")));
        break;
    case MILTER_FAILURE_QUARANTINE: /* a message, once there is one */
        verdict.kind = stage < STAGE_MAIL ? VERDICT_CONTINUE : VERDICT_QUARANTINE;
        break;
    case MILTER_FAILURE_CONTINUE: break;
    }
    verdict.failure = FAILURE_MILTER;
    return verdict;
}

void milter_job_done(struct milter *m, struct verdict verdict)
{
    enum stage stage = stage_of_job(m);

    if (m->job.kind != MILTER_JOB_NONE)
        m->spent_ms += loop_now_ms(m->loop) - m->job.since_ms;
    verdict.party = PARTY_MILTER;
    verdict.by = m->conf->name;
    verdict.stage = stage;
    m->verdict = verdict;
    m->job.kind = MILTER_JOB_NONE;
    m->awaiting = false;
    if (m->connection != NULL)
        connection_deadline(m->connection, 0);
}

void milter_job_pass(struct milter *m)
{
    milter_job_done(m, (struct verdict){.kind = VERDICT_CONTINUE, .scope = SCOPE_MESSAGE});
}

void milter_job_fail(struct milter *m, enum milter_fault fault, const char *failure)
{
    log_write(m->log, LOG_LEVEL_WARNING, "milter %.*s, %.*s, has failed at %.*s: %s",
              SLICE_ARG(m->conf->name), SLICE_ARG(m->conf->endpoint.text),
              SLICE_ARG(stage_name(stage_of_job(m))), failure);
    m->untouchable = m->staged.edits.count > 0;
    milter_edits_drop(m);
    milter_link_close(m);
    m->failure = failure;
    m->fault = fault;
    m->stance = MILTER_FAILED;
    milter_job_done(m, failure_verdict(m));
}

void milter_job_fail_again(struct milter *m)
{
    milter_job_done(m, failure_verdict(m));
}
