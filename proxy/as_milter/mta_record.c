/* mta_record: see mta_record.h. */
#include "proxy/as_milter/mta_record.h"

#include <stdio.h>

#include "conf/policy.h"
#include "proxy/as_milter/mta_draft.h"
#include "proxy/as_milter/mta_state.h"
#include "proxy/net/loop.h"
#include "proxy/record/describe.h"

#define NS_PER_MS 1000000U

void mta_record_verdict(struct mta_session *s, const struct verdict *verdict)
{
    struct slice line = reply_first_line(verdict->reply.wire);

    if (s->m.begun) {
        s->m.verdict = *verdict;
        s->m.decider = verdict->by;
        s->m.reply = arena_copy(&s->m.arena, line);
    }
    s->last = *verdict;
    s->last_decider = verdict->by;
    (void)snprintf(s->last_reply, sizeof(s->last_reply), "%.*s", SLICE_ARG(line));
}

/* --- the record --- */

static void describe_session(const struct mta_session *s, struct audit_record *record)
{
    record->time_us = s->begin_us;
    record->session = slice_str(s->id);
    record->listener = bytes_slice(&s->listener);
    record->policy = s->policy->name;
    record->client = s->client;
    record->client_name = bytes_slice(&s->client_name);
    record->helo = bytes_slice(&s->helo);
    record->tls_version = bytes_slice(&s->tls_version);
    record->tls_cipher = bytes_slice(&s->tls_cipher);
    record->has_auth = s->has_login;
    record->auth = bytes_slice(&s->login);
}

/* Without a body, what the client has declared is all that is known. */
static uint64_t size_of(const struct mta_message *m)
{
    if (m->body_bytes == 0 && m->declared_size > 0)
        return (uint64_t)m->declared_size;
    return m->block_bytes > 0 ? m->block_bytes + 2 + m->body_bytes : 0;
}

static void describe_message(struct mta_message *m, struct audit_record *record)
{
    struct audit_recipient *recipients =
        arena_alloc(&m->arena, m->recipient_count * sizeof(*recipients));

    for (size_t i = 0; recipients != NULL && i < m->recipient_count; i++)
        recipients[i] = (struct audit_recipient){m->recipients[i].address, m->recipients[i].reply};
    record->recipients = recipients;
    record->recipient_count = recipients != NULL ? m->recipient_count : 0;
    record->transaction = m->queue_id;
    record->time_us = m->begin_us;
    record->sender = m->sender;
    record->has_sender = true;
    record->size_bytes = size_of(m);
    describe_header(record, m->header_known ? &m->header : NULL, &m->arena);
}

static enum stage reached(const struct mta_message *m)
{
    if (m->settled)
        return STAGE_MESSAGE;
    if (m->header_known)
        return STAGE_HEADER;
    return m->recipient_count > 0 ? STAGE_RCPT : STAGE_MAIL;
}

static void describe_outcome(const struct mta_message *m, struct audit_record *record)
{
    const struct describe_fate fate = {.verdict = m->verdict,
                                       .decider = m->decider,
                                       .reply = m->reply,
                                       .reached = reached(m),
                                       .settled = m->settled,
                                       .accepted_count = m->accepted_count};

    describe_fate(record, &fate);
}

static void describe_failed(struct mta_message *m, const struct eval_report *report,
                            struct audit_record *record)
{
    const struct describe_failures failures = {
        .report = report, .ours = &m->failure, .our_count = 1};

    describe_failures(record, &failures, &m->arena);
}

void mta_record_message(struct mta_session *s)
{
    struct mta_message *m = &s->m;
    struct audit_record record = {0};

    if (!m->begun || m->recorded)
        return;
    m->recorded = true;
    struct eval_report report = eval_report(s->eval);
    describe_session(s, &record);
    describe_message(m, &record);
    if (record.transaction.len == 0)
        record.transaction = arena_format(&m->arena, "%s.%u", s->id, s->messages);
    describe_outcome(m, &record);
    record.report = &report;
    struct edit_list edits = {.count = 0};
    record.edits = &edits;
    record.incomplete = mta_draft_edits(s, &edits) != 0;
    describe_failed(m, &report, &record);
    record.duration_ms = (loop_clock_ns(NULL) - m->begin_ns) / NS_PER_MS;
    record.incomplete = record.incomplete || report.incomplete || arena_failed(&m->arena);
    if (record.incomplete)
        log_write(service_log(s->service), LOG_LEVEL_WARNING,
                  "session %s: its record is incomplete: out of memory", s->id);
    audit_write(service_audit(s->service), &record);
}

/* Whether it was a balancer that looks whether the MTA is there: it leaves without a word, and
 * nothing has been decided. */
static bool is_probe(const struct mta_session *s)
{
    return s->last.party == PARTY_NONE && s->helo.len == 0;
}

void mta_record_session(struct mta_session *s, const char *reason)
{
    struct audit_record record = {0};
    bool told = s->messages > 0 || s->recorded;

    if (told || (reason == NULL && is_probe(s)))
        return;
    s->recorded = true;
    struct eval_report report = eval_report(s->eval);
    describe_session(s, &record);
    record.report = &report;
    describe_session_fate(&record, &s->last, s->last_decider);
    record.reply = slice_str(s->last_reply);
    describe_failed(&s->m, &report, &record);
    record.duration_ms = (loop_clock_ns(NULL) - s->begin_ns) / NS_PER_MS;
    audit_write(service_audit(s->service), &record);
}
