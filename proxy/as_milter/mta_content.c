/* mta_content: see mta_content.h. */
#include "proxy/as_milter/mta_content.h"

#include "conf/config.h"
#include "conf/policy.h"
#include "proxy/as_milter/mta_draft.h"
#include "proxy/as_milter/mta_judging.h"
#include "proxy/as_milter/mta_record.h"
#include "proxy/as_milter/mta_state.h"
#include "proxy/milter/wire/packet_header.h"

#define FIELD_ARENA_BYTES 4096

static bool is_open(const struct mta_session *s)
{
    return s->m.begun && !s->m.over;
}

static const struct mta_answer CONTINUE = {.kind = ANSWER_CONTINUE};

struct verdict mta_content_data_due(struct mta_session *s)
{
    struct event event = {.kind = EVENT_DATA};

    if (s->m.data_fed)
        return (struct verdict){.kind = VERDICT_CONTINUE};
    s->m.data_fed = true;
    return mta_judging_event(s, &event);
}

/* --- the header --- */

void mta_content_header(struct mta_session *s, const char *name, const char *value)
{
    struct slice field = slice_str(name);
    struct arena arena;

    if (!is_open(s) || !packet_header_name_valid(field))
        return;
    arena_init(&arena, FIELD_ARENA_BYTES, MTA_ARENA_BYTES);
    struct slice wire = packet_header_from_milter(&arena, slice_str(value), s->leading_space);
    s->m.block_bytes += field.len + 1 + wire.len + 2;
    if (wire.ptr == NULL)
        bytes_fail(&s->m.block);
    bytes_append(&s->m.block, field);
    bytes_append_char(&s->m.block, ':');
    bytes_append(&s->m.block, wire);
    bytes_append(&s->m.block, SLICE("\r\n"));
    arena_fini(&arena);
}

static struct verdict judge_header(struct mta_session *s)
{
    struct event event = {.kind = EVENT_HEADER};

    event.u.header.header = &s->m.header;
    return mta_judging_event(s, &event);
}

/* The header is complete: looks at it once. */
static struct mta_answer header_due(struct mta_session *s)
{
    struct mta_message *m = &s->m;

    if (m->header_fed)
        return CONTINUE;
    m->header_fed = true;
    dot_reader_init_plain(&m->reader);
    struct verdict verdict = mta_content_data_due(s);
    if (verdict_refuses(verdict.kind)) {
        m->pending = verdict;
        return mta_judging_answer(&verdict);
    }
    if (m->block_bytes > s->config->limits.header_bytes)
        return mta_judging_fail(s, "header too big", SLICE("552 5.3.4 Message header too big\r\n"));
    struct slice block;
    if (bytes_take(&m->block, &block) != 0 || header_parse(&m->header, block, true, &m->arena) != 0)
        return mta_judging_fail(s, "out of memory", SLICE(MTA_OUT_OF_MEMORY));
    m->header_known = true;
    if (m->header.count > s->config->limits.header_fields)
        return mta_judging_fail(s, "too many header fields",
                                SLICE("554 5.6.0 Too many header fields\r\n"));
    m->pending = judge_header(s);
    return mta_judging_answer(&m->pending);
}

/* A refusal ends the message; it is the last the MTA hears of us until the next. */
static struct mta_answer conclude(struct mta_session *s, struct mta_answer answer)
{
    if (answer.kind == ANSWER_CONTINUE)
        return answer;
    s->m.settled = s->m.over = true;
    mta_record_message(s);
    return answer;
}

struct mta_answer mta_content_header_end(struct mta_session *s)
{
    return is_open(s) ? conclude(s, header_due(s)) : CONTINUE;
}

/* --- the body --- */

static void keep(struct mta_session *s, const struct dot_slices *content)
{
    struct mta_message *m = &s->m;

    for (size_t i = 0; i < content->count; i++) {
        m->body_bytes += content->items[i].len;
        if (m->body_bytes <= s->config->limits.message_bytes &&
            spool_append(&m->spool, content->items[i]) != 0)
            return; /* it sticks in the spool and is looked for at the end */
    }
}

void mta_content_body(struct mta_session *s, struct slice chunk)
{
    struct dot_slices content;

    if (!is_open(s))
        return;
    if (!s->m.header_fed && header_due(s).kind != ANSWER_CONTINUE)
        return; /* it is said at the end */
    while (chunk.len > 0) {
        chunk = slice_from(chunk, dot_read(&s->m.reader, chunk, &content));
        keep(s, &content);
    }
}

static struct mta_answer spool_failed(struct mta_session *s)
{
    struct slice why = spool_reason(&s->m.spool, &s->m.arena);
    struct slice text = arena_format(&s->m.arena, "spool failed: %.*s", SLICE_ARG(why));

    return mta_judging_fail(s, text.ptr != NULL ? text.ptr : "spool failed",
                            SLICE("452 4.3.1 Insufficient system storage\r\n"));
}

static struct mta_answer judge_final(struct mta_session *s, struct slice body)
{
    struct draft draft;

    if (mta_draft_make(s, &draft, body) != 0)
        return mta_judging_fail(s, "an edit could not be applied",
                                SLICE("451 4.3.0 The message could not be edited\r\n"));
    struct verdict verdict = eval_final(s->eval, &draft);
    while (verdict.kind == VERDICT_MORE) {
        mta_judging_told(s, body, &draft);
        verdict = eval_final(s->eval, &draft);
    }
    mta_judging_heard(s, &verdict);
    return mta_judging_answer(&verdict);
}

static struct mta_answer judge_message(struct mta_session *s)
{
    struct mta_message *m = &s->m;
    struct event event = {.kind = EVENT_MESSAGE};
    struct dot_slices content;

    dot_read_end(&m->reader, &content);
    keep(s, &content);
    event.u.message.size_bytes = m->block.len + 2 + m->body_bytes;
    if (event.u.message.size_bytes > s->config->limits.message_bytes)
        return mta_judging_fail(s, "message too big", SLICE("552 5.3.4 Message too big\r\n"));
    if (spool_view(&m->spool, &event.u.message.body) != 0)
        return spool_failed(s);
    struct verdict verdict = mta_judging_event(s, &event);
    struct mta_answer answer = mta_judging_answer(&verdict);
    if (answer.kind != ANSWER_CONTINUE || !eval_final_due(s->eval))
        return answer;
    struct mta_answer final = judge_final(s, event.u.message.body);
    final.delay_ms += answer.delay_ms;
    return final;
}

/* --- the end --- */

static struct mta_answer fail_changes(struct mta_session *s)
{
    return mta_judging_fail(s, "out of memory", SLICE(MTA_OUT_OF_MEMORY));
}

/* Recipients that were discarded at RCPT are still the MTA's. */
static int list_edits(struct mta_session *s, struct edit_list *list)
{
    for (size_t i = 0; i < s->m.recipient_count; i++) {
        struct edit edit = {.kind = EDIT_REMOVE_RECIPIENT, .value = s->m.recipients[i].address};

        if (s->m.recipients[i].state == MTA_RECIPIENT_DISCARDED &&
            edit_list_add(list, &s->m.arena, &edit) != 0)
            return -1;
    }
    if (mta_draft_edits(s, list) != 0)
        return -1;
    if (s->m.verdict.kind == VERDICT_QUARANTINE) {
        struct edit edit = {.kind = EDIT_QUARANTINE, .value = s->m.verdict.reason};

        return edit_list_add(list, &s->m.arena, &edit);
    }
    return 0;
}

static int make_changes(struct mta_session *s)
{
    struct mta_message *m = &s->m;
    struct edit_list edits = {.count = 0};
    struct changes_recipient *recipients =
        arena_alloc(&m->arena, m->recipient_count * sizeof(*recipients));
    struct changes_message message = {&m->header, recipients, 0, s->leading_space};

    if (recipients == NULL || list_edits(s, &edits) != 0)
        return -1;
    for (size_t i = 0; i < m->recipient_count; i++)
        if (m->recipients[i].state != MTA_RECIPIENT_REFUSED)
            recipients[message.recipient_count++] =
                (struct changes_recipient){m->recipients[i].address, m->recipients[i].raw};
    return changes_make(&message, &edits, &m->arena, &m->changes);
}

static struct mta_answer finish(struct mta_session *s)
{
    bool nobody = s->m.accepted_count == 0 && s->m.discarded_count > 0;
    bool discarded = s->m.verdict.kind == VERDICT_DISCARD && s->m.verdict.scope != SCOPE_RECIPIENT;

    if (arena_failed(&s->m.arena)) /* something of it is missing, whatever it is */
        return conclude(s, fail_changes(s));
    if (discarded || nobody)
        return conclude(s, (struct mta_answer){.kind = ANSWER_DISCARD});
    return make_changes(s) == 0 ? CONTINUE : conclude(s, fail_changes(s));
}

/* What was found at the header, if the MTA has not asked since. */
static struct mta_answer said_before(const struct mta_session *s)
{
    return verdict_refuses(s->m.pending.kind) ? mta_judging_answer(&s->m.pending) : CONTINUE;
}

struct mta_answer mta_content_end(struct mta_session *s, const struct mta_macros *macros)
{
    struct slice id = mta_macros_get(macros, "i");

    if (!s->m.begun)
        return CONTINUE;
    if (s->m.queue_id.len == 0 && id.len > 0)
        s->m.queue_id = arena_copy(&s->m.arena, id);
    if (s->m.over) /* it failed where there was no answer to give */
        return conclude(s, mta_judging_answer(&s->m.verdict));
    struct mta_answer answer = s->m.header_fed ? said_before(s) : header_due(s);
    bool wanted = (eval_interest(s->eval) & INTEREST_MESSAGE) != 0;
    if (answer.kind == ANSWER_CONTINUE && (wanted || !ruleset_idle(s->policy->final_rules)))
        answer = judge_message(s);
    if (answer.kind != ANSWER_CONTINUE)
        return conclude(s, answer);
    struct mta_answer end = finish(s);
    end.delay_ms += answer.delay_ms;
    return end;
}

const struct change_list *mta_content_changes(const struct mta_session *s)
{
    return &s->m.changes;
}

struct mta_answer mta_content_done(struct mta_session *s, bool taken)
{
    struct mta_answer answer = CONTINUE;

    if (!s->m.begun)
        return answer;
    if (!taken)
        answer = mta_judging_fail(s, "the MTA did not take an edit",
                                  SLICE("451 4.3.0 The message could not be edited\r\n"));
    s->m.settled = s->m.over = true;
    mta_record_message(s);
    return answer;
}
