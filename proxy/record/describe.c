/* describe: see describe.h. */
#include "proxy/record/describe.h"

static bool is_aborted(const struct describe_fate *fate)
{
    bool refused = verdict_refuses(fate->verdict.kind) && fate->accepted_count == 0;

    return !fate->settled && !refused;
}

/* Whether the last word was on one recipient, and there are others. */
static bool is_of_one(const struct describe_fate *fate)
{
    return fate->verdict.scope == SCOPE_RECIPIENT && fate->accepted_count > 0;
}

void describe_fate(struct audit_record *record, const struct describe_fate *fate)
{
    bool whole = !is_of_one(fate), decided = whole && fate->verdict.party != PARTY_NONE;

    record->verdict = verdict_name(whole ? fate->verdict.kind : VERDICT_CONTINUE);
    if (is_aborted(fate))
        record->verdict = SLICE("abort");
    record->stage = stage_name(decided ? fate->verdict.stage : fate->reached);
    record->decided_by = decided ? fate->verdict.party : PARTY_NONE;
    record->decider = decided ? fate->decider : SLICE_NONE;
    record->reply = whole ? fate->reply : SLICE_NONE;
}

void describe_session_fate(struct audit_record *record, const struct verdict *last,
                           struct slice decider)
{
    bool decided = last->party != PARTY_NONE;

    record->verdict = decided ? verdict_name(last->kind) : SLICE("none");
    record->stage = stage_name(decided ? last->stage : STAGE_CONNECT);
    record->decided_by = last->party;
    record->decider = decider;
}

bool describe_nobody_gets(const struct verdict *verdict)
{
    return verdict->scope != SCOPE_RECIPIENT &&
           (verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD);
}

struct slice describe_field(const struct header *header, struct slice name, struct arena *arena)
{
    size_t at = header != NULL ? header_find(header, name, 0) : SLICE_NOT_FOUND;

    return at != SLICE_NOT_FOUND ? header_decode(header->fields[at].value, arena) : SLICE_NONE;
}

void describe_header(struct audit_record *record, const struct header *header, struct arena *arena)
{
    record->message_id = describe_field(header, SLICE("Message-ID"), arena);
    record->subject = describe_field(header, SLICE("Subject"), arena);
    record->from = describe_field(header, SLICE("From"), arena);
    record->header_ambiguous = header != NULL && header_is_ambiguous(header);
}

/* --- failures --- */

struct texts {
    struct slice *items; /* NULL: memory is out */
    size_t count;
};

static void add(struct texts *texts, struct slice text)
{
    if (texts->items != NULL && text.len > 0)
        texts->items[texts->count++] = text;
}

static void add_milters(struct texts *texts, const struct describe_failures *failures,
                        struct arena *arena)
{
    for (size_t i = 0; i < failures->milter_count; i++)
        if (failures->milters[i].failure != NULL)
            add(texts, arena_format(arena, "milter: %.*s: %s", SLICE_ARG(failures->milters[i].name),
                                    failures->milters[i].failure));
}

static void add_rules(struct texts *texts, const struct eval_report *report, struct arena *arena)
{
    for (size_t i = 0; i < report->failure_count; i++)
        add(texts, arena_format(arena, "%.*s: %.*s", SLICE_ARG(failure_name(report->causes[i])),
                                SLICE_ARG(report->failures[i])));
}

void describe_failures(struct audit_record *record, const struct describe_failures *failures,
                       struct arena *arena)
{
    size_t most = failures->milter_count + failures->report->failure_count + failures->our_count;
    struct texts texts = {.items = arena_alloc(arena, (most + 1) * sizeof(*texts.items))};

    add_milters(&texts, failures, arena);
    add_rules(&texts, failures->report, arena);
    for (size_t i = 0; i < failures->our_count; i++)
        add(&texts, failures->ours[i]);
    record->failures = texts.items;
    record->failure_count = texts.count;
}
