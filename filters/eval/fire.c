/* fire: see fire.h. */
#include "filters/eval/fire.h"

#include "filters/eval/condition.h"
#include "filters/eval/facts_header.h"
#include "filters/eval/questions.h"

#define FIRST_LOGS 4

/* --- texts ------------------------------------------------------------------------------------ */

/* What the texts of a rule that acts now can name. */
static void values_now(struct eval *e, const struct standpoint *at, struct facts_source *source,
                       struct text_values *values)
{
    const struct entry *entry = eval_entry(e, at->rule);
    const struct captures *groups = NULL, *listtext = NULL, *matched = NULL;

    *source = (struct facts_source){.e = e, .score = at->score};
    if (at->recipient != NULL)
        source->recipient = at->recipient->address;
    if (entry->text_captures || entry->text_matched) {
        /* Once more, so that the captures at hand are of this recipient. */
        (void)condition_judge(e, &entry->when, at);
        groups = condition_captures(e, &entry->when, at, CAPTURE_GROUPS);
        listtext = condition_captures(e, &entry->when, at, CAPTURE_LISTTEXT);
        matched = condition_captures(e, &entry->when, at, CAPTURE_MATCHED);
    }
    *values = (struct text_values){
        .match = groups != NULL ? &groups->match : NULL,
        .listtext = listtext != NULL ? listtext->listtext : SLICE_NONE,
        .matched = matched != NULL ? matched->matched : SLICE_NONE,
        .field = facts_text,
        .header = facts_header_text,
        .ctx = source,
    };
}

static struct slice expand(struct eval *e, const struct text *text, const struct standpoint *at)
{
    struct facts_source source;
    struct text_values values;
    struct slice expanded;

    values_now(e, at, &source, &values);
    expanded = text_expand(text, &values, &e->texts);
    if (expanded.ptr == NULL || source.failed || e->stop == STOP_MEMORY) {
        e->stop = STOP_MEMORY;
        return SLICE_NONE;
    }
    return expanded;
}

/* --- what is kept for the edits --------------------------------------------------------------- */

/* What stands in a header field stays there, and its place tells what it is made of. */
static int copy_one(struct eval *e, struct slice from, struct slice *to)
{
    size_t start;

    if (from.ptr == NULL || facts_header_origin(e, from, &start) != NULL)
        *to = from;
    else
        *to = arena_copy(&e->work, slice_first(from, TEXT_VALUE_MAX));
    return from.ptr == NULL || to->ptr != NULL ? 0 : -1;
}

static int copy_groups(struct eval *e, const struct pattern_match *from, struct pattern_match *to)
{
    to->count = from->count;
    for (size_t i = 0; i < from->count; i++)
        if (copy_one(e, from->groups[i], &to->groups[i]) != 0)
            return -1;
    return 0;
}

/* Copies what the rule's edits will name: the recipient may go, the captures be those of another.
 */
static int save(struct eval *e, const struct standpoint *at)
{
    const struct entry *entry = eval_entry(e, at->rule);
    struct facts_source source;
    struct text_values values;
    struct saved *saved;

    if (entry->saved == SLICE_NOT_FOUND)
        return 0;
    saved = arena_alloc(&e->work, sizeof(*saved));
    if (saved == NULL)
        return -1;
    values_now(e, at, &source, &values);
    saved->listtext = values.listtext;
    if (copy_one(e, values.matched, &saved->matched) != 0)
        return -1;
    if (at->recipient != NULL) {
        saved->recipient = arena_copy(&e->work, at->recipient->address);
        if (saved->recipient.ptr == NULL)
            return -1;
    }
    e->m->saved[entry->saved] = saved;
    return values.match == NULL ? 0 : copy_groups(e, values.match, &saved->match);
}

/* --- logs and delays -------------------------------------------------------------------------- */

static int add_log(struct eval *e, struct slice text)
{
    if (e->log_count == e->log_capacity) {
        size_t capacity = e->log_capacity > 0 ? 2 * e->log_capacity : FIRST_LOGS;
        struct slice *logs = arena_alloc(&e->texts, capacity * sizeof(*logs));

        if (logs == NULL)
            return -1;
        if (e->log_count > 0)
            memcpy(logs, e->logs, e->log_count * sizeof(*logs));
        e->logs = logs;
        e->log_capacity = capacity;
    }
    e->logs[e->log_count++] = text;
    return 0;
}

/* Before MAIL nothing but a refusal happens, which is a rule's whole effect then; all else is said
 * of each message. */
static bool speaks_now(const struct eval *e, const struct entry *entry)
{
    return entry->speaks && (e->m->stage >= STAGE_MAIL || entry->refuses);
}

static int speak(struct eval *e, const struct standpoint *at)
{
    const struct entry *entry = eval_entry(e, at->rule);

    if (!speaks_now(e, entry))
        return 0;
    for (size_t i = 0; i < entry->act_count; i++) {
        const struct act *act = &entry->acts[i];
        struct slice text;

        if (act->kind == ACTION_DELAY)
            e->m->delay_ms += act->action->ms;
        if (act->kind != ACTION_LOG)
            continue;
        text = expand(e, &act->text, at);
        if (text.ptr == NULL || add_log(e, text) != 0)
            return -1;
    }
    return 0;
}

/* --- acting ----------------------------------------------------------------------------------- */

/* What a rule does for the first recipient is done for all; but each refusal is one. */
int fire_rule(struct eval *e, const struct standpoint *at)
{
    const struct entry *entry = eval_entry(e, at->rule);
    uint8_t *marks = &e->m->marks[at->rule];
    bool again = (*marks & MARK_FIRED) != 0;
    int failed = 0;

    *marks |= MARK_FIRED;
    if (!again && entry_edits(entry)) {
        e->m->edits_stale = true;
        failed = save(e, at);
    }
    if (failed == 0 && (!again || entry->refuses))
        failed = speak(e, at);
    if (failed == 0)
        return 0;
    e->stop = STOP_MEMORY;
    return -1;
}

static struct reply make_reply(struct eval *e, const struct act *act, const struct standpoint *at)
{
    struct slice lines[REPLY_LINES_MAX];

    if (act->reply.code != 0)
        return act->reply;
    for (size_t i = 0; i < act->line_count; i++) {
        lines[i] = expand(e, &act->lines[i], at);
        if (lines[i].ptr == NULL)
            return (struct reply){.code = 0};
    }
    return reply_make(&e->texts, act->code, act->enhanced, lines, act->line_count);
}

static enum verdict_kind verdict_of(enum action_kind kind)
{
    if (kind == ACTION_REJECT)
        return VERDICT_REJECT;
    if (kind == ACTION_TEMPFAIL)
        return VERDICT_TEMPFAIL;
    if (kind == ACTION_DISCONNECT)
        return VERDICT_DISCONNECT;
    if (kind == ACTION_QUARANTINE)
        return VERDICT_QUARANTINE;
    return kind == ACTION_DISCARD ? VERDICT_DISCARD : VERDICT_ACCEPT;
}

enum verdict_scope fire_message_scope(const struct eval *e, const struct entry *entry)
{
    if (e->m->stage == STAGE_CONNECT)
        return SCOPE_SESSION;
    if (entry->terminal != NULL && entry->terminal->kind == ACTION_DISCONNECT)
        return SCOPE_SESSION;
    return SCOPE_MESSAGE;
}

int fire_reason(struct eval *e, const struct standpoint *at, struct slice *reason)
{
    *reason = expand(e, &eval_entry(e, at->rule)->terminal->text, at);
    return reason->ptr != NULL ? 0 : -1;
}

int fire_target(struct eval *e, const struct standpoint *at, struct slice *target)
{
    *target = expand(e, &eval_entry(e, at->rule)->terminal->text, at);
    return target->ptr != NULL ? 0 : -1;
}

int fire_verdict(struct eval *e, const struct standpoint *at, enum verdict_scope scope,
                 struct verdict *verdict)
{
    const struct entry *entry = eval_entry(e, at->rule);
    enum verdict_kind kind = verdict_of(entry->terminal->kind);

    *verdict = (struct verdict){.kind = kind, .scope = scope};
    if (entry->refuses) {
        struct reply reply = make_reply(e, entry->terminal, at);

        if (reply.code == 0) {
            e->stop = STOP_MEMORY;
            return -1;
        }
        *verdict = verdict_refusal(kind, scope, reply);
    }
    if (kind == VERDICT_QUARANTINE && fire_reason(e, at, &verdict->reason) != 0)
        return -1;
    verdict->party = PARTY_RULE;
    verdict->by = entry->rule->name;
    verdict->stage = e->m->stage;
    verdict->all = entry->terminal->kind == ACTION_ACCEPT_ALL;
    verdict->redirects = entry_redirects(entry);
    return 0;
}

/* --- failures --------------------------------------------------------------------------------- */

/* Says what was too much, and no number: who sends such a message on purpose learns nothing. */
static struct slice content_reply(enum content_result result, bool reject)
{
    switch (result) {
    case CONTENT_LIMIT:
        return reject ? SLICE("554 5.6.0 The message has too many parts, or its structure is over "
                              "another limit\r\n")
                      : SLICE("451 4.6.0 The message has too many parts, or its structure is over "
                              "another limit\r\n");
    case CONTENT_OVER:
        return reject ? SLICE("554 5.6.0 The message takes too long to read\r\n")
                      : SLICE("451 4.6.0 The message takes too long to read\r\n");
    case CONTENT_READ:
    case CONTENT_MEMORY: break;
    }
    return reject ? SLICE("554 5.6.0 The message could not be read\r\n")
                  : SLICE("451 4.6.0 The message could not be read\r\n");
}

static struct slice failure_reply(const struct eval *e, enum failure failure, bool reject)
{
    if (failure == FAILURE_CONTENT)
        return content_reply(questions_content_result(e), reject);
    if (reject)
        return SLICE("550 5.7.1 The message could not be checked\r\n");
    return failure == FAILURE_LOOKUP
               ? SLICE("451 4.4.3 A lookup failed, try again later\r\n")
               : SLICE("451 4.7.1 The message could not be checked, try later\r\n");
}

struct verdict fire_failure(const struct eval *e, size_t index, enum verdict_scope scope)
{
    enum failure failure = eval_failure(e, index);
    bool reject = eval_on_failure(e, index) == VERDICT_REJECT;
    struct slice wire = failure_reply(e, failure, reject);
    struct verdict verdict =
        verdict_refusal(reject ? VERDICT_REJECT : VERDICT_TEMPFAIL, scope, reply_static(wire));

    verdict.party = PARTY_RULE;
    verdict.by = eval_entry(e, index)->rule->name;
    verdict.failure = failure;
    verdict.stage = e->m->stage;
    return verdict;
}

/* What rule ${index} meant to do cannot be done. */
static struct verdict not_now(const struct eval *e, size_t index, enum verdict_scope scope,
                              struct slice wire)
{
    struct verdict verdict = verdict_refusal(VERDICT_TEMPFAIL, scope, reply_static(wire));

    verdict.party = PARTY_RULE;
    verdict.by = eval_entry(e, index)->rule->name;
    verdict.stage = e->m->stage;
    return verdict;
}

struct verdict fire_bad_address(const struct eval *e, size_t index, enum verdict_scope scope,
                                bool needs_utf8)
{
    return not_now(e, index, scope,
                   needs_utf8 ? SLICE("451 4.6.7 A rule's address needs SMTPUTF8\r\n")
                              : SLICE("451 4.3.5 A rule's address is no mail address\r\n"));
}

struct verdict fire_breaks_dkim(const struct eval *e, size_t index)
{
    return not_now(e, index, SCOPE_MESSAGE,
                   SLICE("451 4.7.1 An edit would break the message's DKIM signature\r\n"));
}

static struct verdict out_of_memory(const struct eval *e)
{
    struct verdict verdict =
        verdict_refusal(VERDICT_TEMPFAIL, SCOPE_MESSAGE,
                        reply_static(SLICE("452 4.3.1 Out of memory for this message\r\n")));

    verdict.party = PARTY_GATEWAY;
    verdict.failure = FAILURE_MEMORY;
    verdict.stage = e->m != NULL ? e->m->stage : STAGE_CONNECT;
    return verdict;
}

void fire_conclude_memory(struct eval *e)
{
    e->verdict = out_of_memory(e);
    e->concluded = true;
    if (e->m != NULL)
        e->m->current = NULL;
}

/* --- shadows ---------------------------------------------------------------------------------- */

/* The first line of ${reply} without its CRLF. */
static int note_verdict(struct eval *e, const struct standpoint *at)
{
    struct shadow_verdict *noted = arena_alloc(&e->work, sizeof(*noted));
    struct verdict verdict;

    if (noted == NULL || fire_verdict(e, at, SCOPE_MESSAGE, &verdict) != 0)
        return -1;
    *noted = (struct shadow_verdict){e->m->shadows, at->rule, verdict.kind, SLICE_NONE};
    if (verdict_refuses(verdict.kind))
        noted->reply = reply_first_line(verdict.reply.wire);
    e->m->shadows = noted;
    return 0;
}

static int note_redirect(struct eval *e, const struct standpoint *at)
{
    struct shadow_redirect *noted = arena_alloc(&e->work, sizeof(*noted));
    struct shadow_redirect **end = &e->m->redirects;
    struct slice target;

    if (noted == NULL || fire_target(e, at, &target) != 0)
        return -1;
    *noted = (struct shadow_redirect){NULL, at->rule, at->recipient, target};
    while (*end != NULL)
        end = &(*end)->next;
    *end = noted;
    return 0;
}

/* Those recipients that a redirect is for. */
static int note_redirects(struct eval *e, const struct standpoint *at)
{
    struct standpoint one = *at;

    for (one.recipient = e->m->recipients; one.recipient != NULL;
         one.recipient = one.recipient->next) {
        enum truth truth = condition_judge(e, &eval_entry(e, at->rule)->when, &one);

        if (truth == TRUTH_STOP || (truth == TRUTH_TRUE && note_redirect(e, &one) != 0))
            return -1;
    }
    return 0;
}

int fire_shadow(struct eval *e, const struct standpoint *at)
{
    const struct entry *entry = eval_entry(e, at->rule);

    if (entry_redirects_some(entry) && note_redirects(e, at) != 0)
        return -1;
    e->m->marks[at->rule] |= MARK_FIRED;
    if ((entry_edits(entry) && save(e, at) != 0) ||
        (entry->terminal != NULL && note_verdict(e, at) != 0)) {
        e->stop = STOP_MEMORY;
        return -1;
    }
    return 0;
}
