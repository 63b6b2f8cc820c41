#include "proxy/session/record.h"

#include <stdio.h>

#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "conf/upstream_conf.h"
#include "proxy/record/describe.h"
#include "proxy/session/judging.h"
#include "proxy/session/naming.h"
#include "proxy/session/origin.h"
#include "proxy/session/outcome.h"
#include "proxy/session/rewriting.h"
#include "proxy/session/state.h"

static void describe_session(const struct session *s, struct audit_record *record)
{
    record->time_us = s->begin_us;
    record->session = slice_str(s->id);
    record->listener = s->under.listener->name;
    record->policy = s->under.listener->policy->name;
    record->client = s->who.client;
    record->client_name = naming_name(s);
    record->helo = origin_helo(s);
    const struct tls_info *tls = s->connection != NULL ? connection_tls(s->connection) : NULL;
    if (tls != NULL) {
        record->tls_version = tls->version;
        record->tls_cipher = tls->cipher;
    }
    record->has_auth = s->login.accepted;
    record->auth = s->login.accepted ? sasl_login(&s->login.sasl) : SLICE_NONE;
    record->contested = s->login.accepted &&
                        sasl_contested(&s->login.sasl, &record->auth_verified, &record->auth_asked);
}

static const struct audit_forwarded *describe_forwarded(const struct session *s,
                                                        struct audit_forwarded *out)
{
    const struct attributes *told = s->forwarded;
    if (told == NULL)
        return NULL;
    *out = (struct audit_forwarded){told->address, attributes_slice(&told->name),
                                    attributes_slice(&told->helo)};
    return out;
}

static const struct header *header_of(const struct transaction *t)
{
    return t->content.header_known ? &t->content.header : NULL;
}

struct slice record_field(struct transaction *t, struct slice name)
{
    return describe_field(header_of(t), name, &t->arena);
}

static void describe_message(struct session *s, struct audit_record *record)
{
    struct transaction *t = &s->tx;
    struct audit_recipient *recipients =
        arena_alloc(&t->arena, (t->envelope.recipient_count + 1) * sizeof *recipients);
    for (size_t i = 0; recipients != NULL && i < t->envelope.recipient_count; i++)
        recipients[i] = (struct audit_recipient){t->envelope.recipients[i].address,
                                                 t->envelope.recipients[i].reply};
    record->recipients = recipients;
    record->recipient_count = recipients != NULL ? t->envelope.recipient_count : 0;
    record->sender = t->envelope.sender;
    record->has_sender = true;
    record->size_bytes = t->content.bytes;
    describe_header(record, header_of(t), &t->arena);
}

static void describe_outcome(const struct session *s, struct audit_record *record)
{
    const struct transaction *t = &s->tx;
    const struct describe_fate fate = {.verdict = t->outcome.verdict,
                                       .decider = t->outcome.decider,
                                       .reply = reply_first_line(t->outcome.reply),
                                       .reached = outcome_stage(t),
                                       .settled = t->outcome.settled,
                                       .accepted_count = t->envelope.accepted_count};
    describe_fate(record, &fate);
    if (outcome_quarantined(s) == KEEPER_KEEP) {
        record->quarantine_id = t->keeping.quarantine.id;
        record->quarantine_reason = t->keeping.reason;
    }
    if (outcome_archived(s) != KEEPER_REMOVE)
        record->archive_id = t->keeping.archive.id;
    record->archive_unconfirmed = outcome_archived(s) == KEEPER_LEAVE;
    record->unacknowledged = t->client_gone && t->outcome.reply_code / 100 == 2;
    record->upstream_name = t->route != NULL ? t->route->name : SLICE_NONE;
    if (s->upstream != NULL)
        record->upstream_address = upstream_address(s->upstream);
    record->upstream_reply = t->outcome.upstream_reply;
    record->upstream_queue_id = audit_queue_id(t->outcome.upstream_reply);
}

static void describe_milters(struct session *s, struct audit_record *record)
{
    struct chain_report reports[MILTERS_MAX];
    size_t count = inspect_milters(s->under.inspect, reports);
    struct audit_milter *milters = arena_alloc(&s->tx.arena, (count + 1) * sizeof *milters);
    for (size_t i = 0; milters != NULL && i < count; i++)
        milters[i] = (struct audit_milter){reports[i].name, verdict_name(reports[i].verdict.kind),
                                           reports[i].ms, reports[i].failure};
    record->milters = milters;
    record->milter_count = milters != NULL ? count : 0;
}

/* What milters, rules and the gateway have failed by, and ${reason}, if there is one. */
static void describe_failed(struct session *s, const char *reason, struct audit_record *record)
{
    const struct slice ours[] = {
        s->tx.outcome.failure,
        s->tx.outcome.unknown ? SLICE("outcome unknown") : SLICE_NONE,
        reason != NULL ? slice_str(reason) : SLICE_NONE,
    };
    const struct describe_failures failures = {.milters = record->milters,
                                               .milter_count = record->milter_count,
                                               .report = record->report,
                                               .ours = ours,
                                               .our_count = sizeof ours / sizeof ours[0]};
    describe_failures(record, &failures, &s->tx.arena);
}

/* What redirects did at RCPT, and what was done to the message since. */
static const struct edit_list *all_edits(struct session *s)
{
    static const struct edit_list none = {.count = 0};
    if (describe_nobody_gets(&s->tx.outcome.verdict))
        return &none;
    const struct edit_list *since = inspect_edits(s->under.inspect);
    struct edit_list *all = arena_alloc(&s->tx.arena, sizeof *all);
    if (all == NULL || rewriting_redirects(s, all) != 0 || all->count == 0)
        return since;
    all->failed = since->failed;
    for (size_t i = 0; i < since->count; i++)
        if (edit_list_add(all, &s->tx.arena, &since->items[i]) != 0)
            break;
    return all;
}

void record_transaction(struct session *s)
{
    struct transaction *t = &s->tx;
    if (!t->envelope.begun || t->recorded)
        return;
    t->recorded = true;
    judging_logs(s);
    struct audit_record record = {0};
    struct eval_report report = inspect_report(s->under.inspect);
    char id[SESSION_ID_MAX + 12];
    (void)snprintf(id, sizeof id, "%s.%u", s->id, t->envelope.number);
    describe_session(s, &record);
    struct audit_forwarded forwarded;
    record.forwarded = describe_forwarded(s, &forwarded);
    describe_message(s, &record);
    describe_outcome(s, &record);
    record.time_us = t->envelope.begin_us;
    record.transaction = slice_str(id);
    record.report = &report;
    record.edits = all_edits(s);
    describe_milters(s, &record);
    describe_failed(s, NULL, &record);
    record.duration_ms = loop_now_ms(s->host->loop) - t->envelope.begin_ms;
    record.incomplete = report.incomplete || record.edits->failed || arena_failed(&t->arena);
    if (record.incomplete)
        log_write(s->host->log, LOG_LEVEL_WARNING,
                  "session %s: its record is incomplete: out of memory", s->id);
    audit_write(s->host->audit, &record);
}

/* Whether it was a balancer that looks whether we are there, every two seconds: nothing has been
 * decided, and it says itself that it is no client, or closes without a word where it could not. */
static bool is_probe(const struct session *s)
{
    if (s->last.party != PARTY_NONE)
        return false;
    enum connection_state state = connection_state(s->connection);
    bool left = state == CONNECTION_EOF || state == CONNECTION_FAILED;
    return s->who.announced ? s->who.probed : left && !s->talk.heard;
}

static void describe_passage(const struct session *s, struct audit_record *record)
{
    const struct passage *p = s->passage;
    if (p == NULL)
        return;
    record->passthrough = true;
    record->client_bytes = p->from_client.bytes;
    record->upstream_bytes = p->from_upstream.bytes;
    record->verdict = SLICE("passthrough");
    record->stage = stage_name(STAGE_HELO);
    record->decided_by = PARTY_NONE;
    record->reply = reply_first_line(upstream_reply(s->upstream)->wire);
    record->upstream_address = upstream_address(s->upstream);
    record->upstream_reply = record->reply;
}

void record_session(struct session *s, const char *reason)
{
    bool told = s->transactions > 0 && s->passage == NULL;
    if (told || s->recorded || is_probe(s))
        return;
    s->recorded = true;
    struct audit_record record = {0};
    struct eval_report report = inspect_report(s->under.inspect);
    describe_session(s, &record);
    record.report = &report;
    const struct verdict last = {
        .kind = s->last.kind, .party = s->last.party, .stage = s->last.stage};
    describe_session_fate(&record, &last, s->last.decider);
    describe_milters(s, &record);
    describe_failed(s, reason, &record);
    if (s->upstream != NULL)
        record.upstream_address = upstream_address(s->upstream);
    record.reply = reply_first_line(s->tx.outcome.reply);
    describe_passage(s, &record);
    record.duration_ms = loop_now_ms(s->host->loop) - s->begin_ms;
    audit_write(s->host->audit, &record);
}
