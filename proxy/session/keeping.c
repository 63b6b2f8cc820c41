#include "proxy/session/keeping.h"

#include <string.h>
#include <time.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "proxy/depot/keeper.h"
#include "proxy/record/stamp.h"
#include "proxy/session/delivery.h"
#include "proxy/session/origin.h"
#include "proxy/session/record.h"
#include "proxy/session/route.h"
#include "proxy/session/settle.h"
#include "proxy/session/state.h"

#define NOT_STORED "452 4.3.1 Insufficient system storage\r\n"

/* What is said of a depot that does not take a message. */
static const struct trouble {
    const char *busy, *slow, *failed;
} QUARANTINE = {"the quarantine is busy", "the quarantine does not get done",
                "the quarantine cannot store"},
  ARCHIVE = {"the archive is busy", "the archive does not get done", "the archive cannot store"};

/* --- whether --- */

/* Some were taken off after RCPT: that is an edit. So may one be that is missing: what is not known
 * is wanted, and fails where the order is made. */
static bool kept_late(struct session *s)
{
    const struct edit_list *edits = inspect_edits(s->under.inspect);
    if (edits->failed)
        return true;
    for (size_t i = 0; i < edits->count; i++)
        if (edits->items[i].reason.ptr != NULL)
            return true;
    return false;
}

static bool wanted_so_far(const struct session *s, const struct verdict *verdict)
{
    return !verdict_refuses(verdict->kind) &&
           (verdict->kind == VERDICT_QUARANTINE || s->tx.envelope.quarantined_count > 0);
}

static bool quarantine_due(struct session *s, const struct verdict *verdict)
{
    return wanted_so_far(s, verdict) || (!verdict_refuses(verdict->kind) && kept_late(s));
}

/* The edit that wants a copy in the archive, or NULL. */
static const struct edit *find_archiving(struct session *s)
{
    const struct edit_list *edits = inspect_edits(s->under.inspect);
    for (size_t i = 0; i < edits->count; i++)
        if (edits->items[i].kind == EDIT_ARCHIVE)
            return &edits->items[i];
    return NULL;
}

/* Of what nobody gets there is no copy. With some edits lost delivery_plan refuses the message. */
static bool archive_due(struct session *s, const struct verdict *verdict)
{
    bool delivered = verdict->kind == VERDICT_CONTINUE || verdict->kind == VERDICT_ACCEPT;
    return delivered && find_archiving(s) != NULL;
}

/* Edits that are not final yet are no answer; then the message is held. */
bool keeping_wanted(struct session *s, const struct verdict *verdict)
{
    bool open = (inspect_interest(s->under.inspect) & (INTEREST_HEADER | INTEREST_MESSAGE)) != 0;
    return open ? wanted_so_far(s, verdict) : keeping_due(s, verdict);
}

bool keeping_due(struct session *s, const struct verdict *verdict)
{
    return quarantine_due(s, verdict) || archive_due(s, verdict);
}

/* --- the record --- */

/* Sorts by time, and is the transaction's own. */
static struct slice make_id(struct session *s, int64_t time_us)
{
    char stamp[32];
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    size_t len = strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
    return arena_format(&s->tx.arena, "%.*s.%03d-%s.%u", (int)len, stamp,
                        (int)(time_us / 1000 % 1000), s->id, s->tx.envelope.number);
}

/* What says nothing once the message lies here: its size, which is told anew, and whose login it
 * was, which the connection that releases it has not got (RFC 4954, 5). */
static bool lasts(const struct command_param *param)
{
    return !slice_equal_case(param->keyword, SLICE("SIZE")) &&
           !slice_equal_case(param->keyword, SLICE("AUTH"));
}

static struct slice join_params(struct arena *arena, const struct command_path *path)
{
    struct bytes out;
    struct slice whole, joined = SLICE_NONE;
    bytes_init(&out, SIZE_MAX);
    for (size_t i = 0; i < path->param_count; i++) {
        const struct command_param *param = &path->params[i];
        if (!lasts(param))
            continue;
        if (out.len > 0)
            bytes_append_char(&out, ' ');
        bytes_append(&out, param->keyword);
        if (param->has_value) {
            bytes_append_char(&out, '=');
            bytes_append(&out, param->value);
        }
    }
    if (bytes_take(&out, &whole) == 0)
        joined = arena_copy(arena, whole);
    bytes_fini(&out);
    return joined;
}

/* Address and parameters of a MAIL or RCPT command that we have written ourselves. */
static int take_wire(struct arena *arena, struct slice wire, struct slice *address,
                     struct slice *params)
{
    struct command_path path;
    bool mail = slice_starts(wire, SLICE("MAIL "));
    struct slice argument = slice_first(slice_from(wire, 5), wire.len - 7);
    if (command_parse_path(argument, mail ? SLICE("FROM:") : SLICE("TO:"), true, &path) != PATH_OK)
        return -1;
    *address = arena_copy(arena, path.address);
    *params = join_params(arena, &path);
    return address->ptr != NULL && params->ptr != NULL ? 0 : -1;
}

static int add_recipient(struct transaction *t, struct depot_record *record,
                         struct depot_recipient *room, struct slice wire)
{
    struct depot_recipient *out = &room[record->recipient_count++];
    return take_wire(&t->arena, wire, &out->address, &out->params);
}

/* The RCPT command of one that was accepted and taken off later. */
static struct slice wire_of(const struct transaction *t, struct slice address)
{
    for (size_t i = 0; i < t->envelope.recipient_count; i++)
        if (t->envelope.recipients[i].state == RECIPIENT_ACCEPTED &&
            slice_equal(t->envelope.recipients[i].address, address))
            return t->envelope.recipients[i].wire;
    return SLICE_NONE;
}

static int add_taken_off(struct session *s, struct depot_record *record,
                         struct depot_recipient *room)
{
    struct transaction *t = &s->tx;
    const struct edit_list *edits = inspect_edits(s->under.inspect);
    for (size_t i = 0; i < t->envelope.recipient_count; i++) {
        const struct recipient *r = &t->envelope.recipients[i];
        if (r->state != RECIPIENT_QUARANTINED)
            continue;
        if (add_recipient(t, record, room, r->wire) != 0)
            return -1;
        room[record->recipient_count - 1].by = r->by;
        room[record->recipient_count - 1].reason = r->reason;
    }
    for (size_t i = 0; i < edits->count; i++) {
        const struct edit *edit = &edits->items[i];
        struct slice wire = edit->reason.ptr != NULL ? wire_of(t, edit->value) : SLICE_NONE;
        if (wire.len == 0)
            continue;
        if (add_recipient(t, record, room, wire) != 0)
            return -1;
        room[record->recipient_count - 1].by = edit->by;
        room[record->recipient_count - 1].reason = edit->reason;
    }
    return 0;
}

static bool is_archived(const struct session *s)
{
    return s->tx.keeping.current == &s->tx.keeping.archive;
}

/* Those it goes or, in the quarantine whole, would have gone to; and there in any case those that
 * were taken off for it. */
static int fill_recipients(struct session *s, struct depot_record *record)
{
    struct transaction *t = &s->tx;
    size_t most = t->plan.rcpt_count + t->envelope.recipient_count +
                  inspect_edits(s->under.inspect)->count + 1;
    struct depot_recipient *room = arena_alloc(&t->arena, most * sizeof *room);
    if (room == NULL)
        return -1;
    record->recipients = room;
    bool whole = is_archived(s) || t->keeping.verdict.kind == VERDICT_QUARANTINE;
    for (size_t i = 0; i < t->plan.rcpt_count && whole; i++)
        if (add_recipient(t, record, room, t->plan.rcpt_wires[i]) != 0)
            return -1;
    return is_archived(s) ? 0 : add_taken_off(s, record, room);
}

/* Who speaks for the record: the rule that archives; in the quarantine the verdict, or for a copy
 * the first that took somebody off. */
static void fill_decision(struct session *s, struct depot_record *record)
{
    const struct transaction *t = &s->tx;
    record->party = PARTY_RULE;
    if (is_archived(s)) {
        const struct edit *edit = find_archiving(s);
        record->by = edit != NULL ? edit->by : SLICE_NONE;
    } else if (t->keeping.verdict.kind == VERDICT_QUARANTINE) {
        record->party = t->keeping.verdict.party;
        record->by = t->keeping.verdict.by;
        record->reason = t->keeping.verdict.reason;
        if (t->keeping.verdict.failure == FAILURE_MILTER)
            record->reason = SLICE("the milter has failed");
    } else if (record->recipient_count > 0) {
        record->by = record->recipients[0].by;
        record->reason = record->recipients[0].reason;
    }
}

static int fill_record(struct session *s, struct depot_record *record)
{
    struct transaction *t = &s->tx;
    record->time_us = stamp_now_us();
    record->id = make_id(s, record->time_us);
    record->listener = s->under.listener->name;
    record->policy = s->under.listener->policy->name;
    record->upstream = route_wanted(s)->name;
    record->destination = s->original != NULL ? s->original->endpoint.text : SLICE_NONE;
    record->client = s->who.client;
    record->helo = origin_helo(s);
    record->auth = s->login.accepted ? sasl_login(&s->login.sasl) : SLICE_NONE;
    record->subject = record_field(t, SLICE("Subject"));
    record->from = record_field(t, SLICE("From"));
    record->message_id = record_field(t, SLICE("Message-ID"));
    record->size_bytes = t->plan.header.len + t->spool.size_bytes - transaction_content_start(t);
    if (record->id.ptr == NULL || fill_recipients(s, record) != 0)
        return -1;
    fill_decision(s, record);
    return take_wire(&t->arena, t->plan.mail_wire, &record->sender, &record->params);
}

/* --- storing --- */

/* A new body is its milter's and goes with the session; the keeper gets one that does not. */
static int own_body(struct transaction *t)
{
    if (!t->draft.body_touched)
        return 0;
    spool_reset(&t->spool);
    return spool_append(&t->spool, t->draft.body);
}

static int make_order(struct session *s, struct keeper_order *order)
{
    struct transaction *t = &s->tx;
    struct depot_record record = {0};
    if (own_body(t) != 0 || fill_record(s, &record) != 0 ||
        depot_format(&record, &order->line) != 0 ||
        bytes_set(&order->header, bytes_slice(&t->plan.header)) != 0 || arena_failed(&t->arena))
        return -1;
    order->config = s->under.config;
    const struct config *config = s->under.config;
    order->depot = is_archived(s) ? &config->archive : &config->quarantine;
    order->id = t->keeping.current->id = record.id;
    if (!is_archived(s))
        t->keeping.reason = record.reason;
    order->start = transaction_content_start(t);
    order->pending = !transaction_kept_whole(t);
    order->spool = t->spool;
    return 0;
}

/* A disk that has got stuck must not hold a client longer than it will wait. */
static void wait_for_store(struct session *s)
{
    state_wait(s, PHASE_STORE);
    patience_begin(&s->storing, s->under.config->timeouts.end_of_data_ms);
}

static const struct trouble *trouble(const struct session *s)
{
    return is_archived(s) ? &ARCHIVE : &QUARANTINE;
}

static void not_taken(struct session *s, const char *failure)
{
    settle_fail(s, failure, PARTY_GATEWAY, SLICE(NOT_STORED));
}

static void submit(struct session *s, struct kept *copy)
{
    struct transaction *t = &s->tx;
    struct keeper_order order = {0};
    bytes_init(&order.line, SIZE_MAX);
    bytes_init(&order.header, SIZE_MAX);
    t->keeping.current = copy;
    bool made = patience_init(&s->storing, s->host->loop, s->wake, s) == 0 &&
                settle_prepare(s) == 0 && make_order(s, &order) == 0;
    if (made) {
        copy->job = keeper_store(s->host->keeper, &order, s->host->loop, s->wake, s);
        t->spool = order.spool; /* the job's empty one, or ours again */
    }
    bytes_fini(&order.line);
    bytes_fini(&order.header);
    if (copy->job != NULL)
        wait_for_store(s);
    else if (t->spool.error != 0)
        settle_spool_failed(s);
    else
        not_taken(s, made ? trouble(s)->busy : "out of memory");
}

/* Nobody to release it to, and so it would be lost without a word. */
static bool left_nobody(struct session *s)
{
    const struct transaction *t = &s->tx;
    return t->plan.rcpt_count == 0 && t->envelope.quarantined_count == 0 && !kept_late(s);
}

/* The next depot that is to have it; then the upstream, if that is. */
static void store_next(struct session *s)
{
    struct keeping *k = &s->tx.keeping;
    if (k->quarantine.wanted && !k->quarantine.stored)
        submit(s, &k->quarantine);
    else if (transaction_kept_whole(&s->tx))
        settle_refuse(s, &k->verdict);
    else if (k->archive.wanted && !k->archive.stored)
        submit(s, &k->archive);
    else
        delivery_begin(s);
}

void keeping_begin(struct session *s, const struct verdict *verdict)
{
    struct keeping *k = &s->tx.keeping;
    k->verdict = *verdict;
    k->quarantine.wanted = quarantine_due(s, verdict);
    k->archive.wanted = archive_due(s, verdict);
    int planned = delivery_plan(s);
    if (planned == 0 && left_nobody(s))
        settle_fail(s, "edits left no recipient", PARTY_GATEWAY,
                    SLICE("451 4.3.0 No recipient is left\r\n"));
    else if (planned == 0)
        store_next(s);
    else
        settle_fail(s, "an edit could not be applied", PARTY_GATEWAY,
                    SLICE("451 4.3.0 The message could not be rewritten\r\n"));
}

/* The copy that stays behind is named, for whoever reads the record. */
static void not_stored(struct session *s, int error)
{
    struct transaction *t = &s->tx;
    const struct kept *copy = t->keeping.current;
    struct slice why = slice_str(strerror(error));
    if (keeper_left(copy->job))
        why = arena_format(&t->arena, "%s; %.*s lies there all the same", why.ptr,
                           SLICE_ARG(copy->id));
    settle_fail_because(s, trouble(s)->failed, why, PARTY_GATEWAY, SLICE(NOT_STORED));
}

static void copy_stored(struct session *s)
{
    struct kept *copy = s->tx.keeping.current;
    int error = keeper_take(copy->job, &s->tx.spool);
    copy->stored = error == 0;
    if (error == 0)
        store_next(s);
    else
        not_stored(s, error);
}

bool keeping_step(struct session *s)
{
    bool done = keeper_done(s->tx.keeping.current->job);
    if (!done && !s->storing.over)
        return false;
    if (done)
        copy_stored(s);
    else
        not_taken(s, trouble(s)->slow);
    return true;
}

void keeping_destroy(struct session *s)
{
    patience_fini(&s->storing);
}
