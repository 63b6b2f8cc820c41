/* The content: the header as it comes field by field, the body, and the end of the message. */
#include "proxy/as_milter/visit_private.h"

#include "proxy/milter/wire/packet_header.h"

#define FIELD_ARENA_BYTES 4096

static bool is_open(const struct visit *v)
{
    return v->m.begun && !v->m.over;
}

static const struct visit_answer CONTINUE = {.kind = ANSWER_CONTINUE};

struct verdict visit_content_data_due(struct visit *v)
{
    struct event event = {.kind = EVENT_DATA};

    if (v->m.data_fed)
        return (struct verdict){.kind = VERDICT_CONTINUE};
    v->m.data_fed = true;
    return visit_judge(v, &event);
}

/* --- the header --- */

void visit_content_header(struct visit *v, const char *name, const char *value)
{
    struct slice field = slice_str(name);
    struct arena arena;

    if (!is_open(v) || !packet_header_name_valid(field))
        return;
    arena_init(&arena, FIELD_ARENA_BYTES, VISIT_ARENA_BYTES);
    struct slice wire = packet_header_from_milter(&arena, slice_str(value), v->leading_space);
    v->m.block_bytes += field.len + 1 + wire.len + 2;
    if (wire.ptr == NULL)
        bytes_fail(&v->m.block);
    bytes_append(&v->m.block, field);
    bytes_append_char(&v->m.block, ':');
    bytes_append(&v->m.block, wire);
    bytes_append(&v->m.block, SLICE("\r\n"));
    arena_fini(&arena);
}

static struct verdict judge_header(struct visit *v)
{
    struct event event = {.kind = EVENT_HEADER};

    event.u.header.header = &v->m.header;
    return visit_judge(v, &event);
}

/* The header is complete: looks at it once. */
static struct visit_answer header_due(struct visit *v)
{
    struct visit_message *m = &v->m;

    if (m->header_fed)
        return CONTINUE;
    m->header_fed = true;
    dot_reader_init_plain(&m->reader);
    struct verdict verdict = visit_content_data_due(v);
    if (verdict_refuses(verdict.kind)) {
        m->pending = verdict;
        return visit_answer(&verdict);
    }
    if (m->block_bytes > v->config->limits.header_bytes)
        return visit_fail(v, "header too big", SLICE("552 5.3.4 Message header too big\r\n"));
    struct slice block;
    if (bytes_take(&m->block, &block) != 0 || header_parse(&m->header, block, true, &m->arena) != 0)
        return visit_fail(v, "out of memory", SLICE(OUT_OF_MEMORY));
    m->header_known = true;
    if (m->header.count > v->config->limits.header_fields)
        return visit_fail(v, "too many header fields",
                          SLICE("554 5.6.0 Too many header fields\r\n"));
    m->pending = judge_header(v);
    return visit_answer(&m->pending);
}

/* A refusal ends the message; it is the last the MTA hears of us until the next. */
static struct visit_answer conclude(struct visit *v, struct visit_answer answer)
{
    if (answer.kind == ANSWER_CONTINUE)
        return answer;
    v->m.settled = v->m.over = true;
    visit_account_message(v);
    return answer;
}

struct visit_answer visit_content_header_end(struct visit *v)
{
    return is_open(v) ? conclude(v, header_due(v)) : CONTINUE;
}

/* --- the body --- */

static void keep(struct visit *v, const struct dot_slices *content)
{
    struct visit_message *m = &v->m;

    for (size_t i = 0; i < content->count; i++) {
        m->body_bytes += content->items[i].len;
        if (m->body_bytes <= v->config->limits.message_bytes &&
            spool_append(&m->spool, content->items[i]) != 0)
            return; /* it sticks in the spool and is looked for at the end */
    }
}

void visit_content_body(struct visit *v, struct slice chunk)
{
    struct dot_slices content;

    if (!is_open(v))
        return;
    if (!v->m.header_fed && header_due(v).kind != ANSWER_CONTINUE)
        return; /* it is said at the end */
    while (chunk.len > 0) {
        chunk = slice_from(chunk, dot_read(&v->m.reader, chunk, &content));
        keep(v, &content);
    }
}

static struct visit_answer spool_failed(struct visit *v)
{
    struct slice why = spool_reason(&v->m.spool, &v->m.arena);
    struct slice text = arena_format(&v->m.arena, "spool failed: %.*s", SLICE_ARG(why));

    return visit_fail(v, text.ptr != NULL ? text.ptr : "spool failed",
                      SLICE("452 4.3.1 Insufficient system storage\r\n"));
}

static struct visit_answer judge_final(struct visit *v, struct slice body)
{
    struct draft draft;

    if (visit_draft_make(v, &draft, body) != 0)
        return visit_fail(v, "an edit could not be applied",
                          SLICE("451 4.3.0 The message could not be edited\r\n"));
    struct verdict verdict = eval_final(v->eval, &draft);
    while (verdict.kind == VERDICT_MORE) {
        visit_told(v);
        verdict = eval_final(v->eval, &draft);
    }
    visit_heard(v, &verdict);
    return visit_answer(&verdict);
}

static struct visit_answer judge_message(struct visit *v)
{
    struct visit_message *m = &v->m;
    struct event event = {.kind = EVENT_MESSAGE};
    struct dot_slices content;

    dot_read_end(&m->reader, &content);
    keep(v, &content);
    event.u.message.size_bytes = m->block.len + 2 + m->body_bytes;
    if (event.u.message.size_bytes > v->config->limits.message_bytes)
        return visit_fail(v, "message too big", SLICE("552 5.3.4 Message too big\r\n"));
    if (spool_view(&m->spool, &event.u.message.body) != 0)
        return spool_failed(v);
    struct verdict verdict = visit_judge(v, &event);
    struct visit_answer answer = visit_answer(&verdict);
    if (answer.kind != ANSWER_CONTINUE || !eval_final_due(v->eval))
        return answer;
    struct visit_answer final = judge_final(v, event.u.message.body);
    final.delay_ms += answer.delay_ms;
    return final;
}

/* --- the end --- */

static struct visit_answer fail_changes(struct visit *v)
{
    return visit_fail(v, "out of memory", SLICE(OUT_OF_MEMORY));
}

/* Recipients that were discarded at RCPT are still the MTA's. */
static int list_edits(struct visit *v, struct edit_list *list)
{
    for (size_t i = 0; i < v->m.guest_count; i++) {
        struct edit edit = {.kind = EDIT_REMOVE_RECIPIENT, .value = v->m.guests[i].address};

        if (v->m.guests[i].state == GUEST_DISCARDED && edit_list_add(list, &v->m.arena, &edit) != 0)
            return -1;
    }
    if (visit_draft_edits(v, list) != 0)
        return -1;
    if (v->m.verdict.kind == VERDICT_QUARANTINE) {
        struct edit edit = {.kind = EDIT_QUARANTINE, .value = v->m.verdict.reason};

        return edit_list_add(list, &v->m.arena, &edit);
    }
    return 0;
}

static int make_changes(struct visit *v)
{
    struct visit_message *m = &v->m;
    struct edit_list edits = {.count = 0};
    struct changes_recipient *recipients =
        arena_alloc(&m->arena, m->guest_count * sizeof(*recipients));
    struct changes_message message = {&m->header, recipients, 0, v->leading_space};

    if (recipients == NULL || list_edits(v, &edits) != 0)
        return -1;
    for (size_t i = 0; i < m->guest_count; i++)
        if (m->guests[i].state != GUEST_REFUSED)
            recipients[message.recipient_count++] =
                (struct changes_recipient){m->guests[i].address, m->guests[i].raw};
    return changes_make(&message, &edits, &m->arena, &m->changes);
}

static struct visit_answer finish(struct visit *v)
{
    bool nobody = v->m.accepted_count == 0 && v->m.discarded_count > 0;
    bool discarded = v->m.verdict.kind == VERDICT_DISCARD && v->m.verdict.scope != SCOPE_RECIPIENT;

    if (arena_failed(&v->m.arena)) /* something of it is missing, whatever it is */
        return conclude(v, fail_changes(v));
    if (discarded || nobody)
        return conclude(v, (struct visit_answer){.kind = ANSWER_DISCARD});
    return make_changes(v) == 0 ? CONTINUE : conclude(v, fail_changes(v));
}

/* What was found at the header, if the MTA has not asked since. */
static struct visit_answer said_before(const struct visit *v)
{
    return verdict_refuses(v->m.pending.kind) ? visit_answer(&v->m.pending) : CONTINUE;
}

struct visit_answer visit_content_end(struct visit *v, const struct macros *macros)
{
    struct slice id = visit_macro(macros, "i");

    if (!v->m.begun)
        return CONTINUE;
    if (v->m.queue_id.len == 0 && id.len > 0)
        v->m.queue_id = arena_copy(&v->m.arena, id);
    if (v->m.over) /* it failed where there was no answer to give */
        return conclude(v, visit_answer(&v->m.verdict));
    struct visit_answer answer = v->m.header_fed ? said_before(v) : header_due(v);
    bool wanted = (eval_interest(v->eval) & INTEREST_MESSAGE) != 0;
    if (answer.kind == ANSWER_CONTINUE && (wanted || !ruleset_idle(v->policy->final_rules)))
        answer = judge_message(v);
    if (answer.kind != ANSWER_CONTINUE)
        return conclude(v, answer);
    struct visit_answer end = finish(v);
    end.delay_ms += answer.delay_ms;
    return end;
}

const struct change_list *visit_content_changes(const struct visit *v)
{
    return &v->m.changes;
}

struct visit_answer visit_content_done(struct visit *v, bool taken)
{
    struct visit_answer answer = CONTINUE;

    if (!v->m.begun)
        return answer;
    if (!taken)
        answer = visit_fail(v, "the MTA did not take an edit",
                            SLICE("451 4.3.0 The message could not be edited\r\n"));
    v->m.settled = v->m.over = true;
    visit_account_message(v);
    return answer;
}
