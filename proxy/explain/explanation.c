/* explanation: see explanation.h. */
#include "proxy/explain/explanation.h"

#include "conf/config.h"
#include "conf/limits.h"
#include "conf/policy.h"
#include "filters/base/utf8.h"
#include "proxy/explain/rewritten.h"

#define EXPLANATION_BLOCK_BYTES 16384
#define EXPLANATION_BYTES_MAX   ((size_t)256 * 1024 * 1024)
#define HOPS_MAX                100 /* Received fields, as in proxy/session/: more is a loop */

/* --- matches --- */

/* The part of ${value} around its match, cut between characters. */
static struct slice excerpt(struct slice value, size_t start, size_t *excerpt_start)
{
    const size_t lead = EXPLANATION_EXCERPT / 4;
    size_t from = 0;

    if (value.len > EXPLANATION_EXCERPT && start > lead)
        from = utf8_cut(value, start - lead).len;
    *excerpt_start = from;
    return utf8_cut(slice_from(value, from), EXPLANATION_EXCERPT);
}

static bool same_asker(const struct hit *a, const struct hit *b)
{
    if (a->final != b->final || a->question != b->question)
        return false;
    return a->question != SLICE_NOT_FOUND || a->rule == b->rule;
}

/* Rules decided before MAIL are judged again for the message: the same match is told once. */
static bool known(const struct explanation *x, const struct hit *hit)
{
    for (size_t i = 0; i < x->hit_count; i++) {
        const struct hit *h = &x->hits[i];

        if (same_asker(h, hit) && h->field == hit->field && h->start == hit->start &&
            h->end == hit->end && h->length == hit->length && slice_equal(h->name, hit->name) &&
            slice_equal(h->excerpt, hit->excerpt))
            return true;
    }
    return false;
}

/* The content that ${hit} was found in. */
static const struct content *content_of(const struct explanation *x, const struct eval_hit *hit)
{
    const struct readings *readings = &x->trial.readings;

    return hit->final && readings->edited.made ? readings->edited.content
                                               : readings->received.content;
}

static void note_hit(void *ctx, const struct eval_hit *hit)
{
    struct explanation *x = ctx;
    struct hit *out = &x->hits[x->hit_count];
    struct hit new = {.final = hit->final,
                      .rule = hit->rule,
                      .question = hit->question,
                      .field = hit->field,
                      .name = hit->name,
                      .length = hit->value.len,
                      .start = hit->start,
                      .end = hit->end,
                      .list = hit->list};

    new.excerpt = excerpt(hit->value, hit->start, &new.excerpt_start);
    if (known(x, &new))
        return;
    if (x->hit_count == EXPLANATION_HITS_MAX) {
        x->hits_left_out++;
        return;
    }
    new.name = arena_copy(&x->arena, hit->name);
    new.excerpt = arena_copy(&x->arena, new.excerpt);
    new.spot = spot_of(hit, content_of(x, hit), &x->lines);
    if (new.name.ptr == NULL || new.excerpt.ptr == NULL)
        return;
    *out = new;
    x->hit_count++;
}

struct explained explanation_list(const struct explanation *x, bool final)
{
    const struct policy *policy = x->request->policy;

    if (final)
        return (struct explained){policy->final_rules, x->trial.eval, true};
    return (struct explained){policy->rules, x->trial.eval, false};
}

const char *explanation_outcome(const struct explained *list, size_t index)
{
    if (ruleset_plan(list->rules, index).rule->mode == RULE_OFF)
        return "off";
    switch (eval_outcome(list->eval, list->final, index)) {
    case OUTCOME_FIRED: return "fired";
    case OUTCOME_NO: return "no";
    case OUTCOME_HELD: return "held";
    case OUTCOME_UNDECIDED: return "undecided";
    case OUTCOME_FAILED: return "failed";
    case OUTCOME_NOT_TRIED: return "not tried";
    }
    return "not tried";
}

bool explanation_concerns(const struct explained *list, size_t index, const struct hit *hit)
{
    if (hit->final != list->final)
        return false;
    if (hit->rule == index || hit->question == SLICE_NOT_FOUND)
        return hit->rule == index;
    return eval_outcome(list->eval, list->final, index) != OUTCOME_NOT_TRIED &&
           ruleset_asks(list->rules, index, hit->question);
}

/* --- the header --- */

bool explanation_stray(const struct explanation *x, struct explained_stray *stray)
{
    const struct header *header = &x->trial.header;
    struct slice above = x->request->input.message;
    struct slice raw;

    if (!x->trial.header_known || !header_is_ambiguous(header))
        return false;
    raw = header->fields[header->above].raw;
    above = slice_first(above, (size_t)(raw.ptr - above.ptr));
    *stray = (struct explained_stray){.line = 1,
                                      .text = slice_first(raw, slice_find(raw, '\r')),
                                      .why = header_stray_reason(raw)};
    for (size_t i = 0; i < above.len; i++)
        stray->line += above.ptr[i] == '\n';
    return true;
}

/* --- the reply --- */

static bool is_greeting(const struct explanation *x, const struct verdict *verdict)
{
    const struct listener_conf *listener = x->request->listener;

    return verdict->stage == STAGE_CONNECT && verdict_refuses(verdict->kind) &&
           (listener == NULL || listener->refuse_at == REFUSE_EARLY);
}

/* The reply's lines as the client would hear them: at connect the code of a greeting. 0, or -1 when
 * memory is out. */
static int heard_reply(struct explanation *x, const struct verdict *verdict,
                       const struct slice **out, size_t *count)
{
    struct slice rest =
        is_greeting(x, verdict) ? verdict_greeting(verdict, &x->arena).wire : verdict->reply.wire;
    struct slice *lines = arena_alloc(&x->arena, REPLY_LINES_MAX * sizeof(*lines));

    *out = lines;
    *count = 0;
    if (lines == NULL)
        return -1;
    if (verdict->kind == VERDICT_DISCARD || verdict->kind == VERDICT_QUARANTINE)
        rest = SLICE("250 2.0.0 Ok\r\n");
    while (rest.len > 0 && *count < REPLY_LINES_MAX) {
        struct slice line = slice_first(rest, slice_find(rest, '\r'));

        rest = slice_from(rest, line.len + 2);
        lines[(*count)++] = line;
    }
    return 0;
}

/* --- what the gateway does besides --- */

static void note_text(struct explanation *x, struct slice text)
{
    if (x->note_count < EXPLANATION_NOTES_MAX && text.ptr != NULL)
        x->notes[x->note_count++] = text;
}

static void note(struct explanation *x, const char *text)
{
    note_text(x, slice_str(text));
}

static size_t count_hops(const struct header *header)
{
    size_t count = 0;

    for (size_t i = 0; i < header->count; i++)
        count += slice_equal_case(header->fields[i].name, SLICE("Received"));
    return count;
}

static size_t header_bytes(const struct header *header)
{
    size_t total = header->prefix.len;

    for (size_t i = 0; i < header->count; i++)
        total += header->fields[i].raw.len;
    return total;
}

/* Limits hold whatever the rules say; the replies are those of proxy/session/. */
static void note_limits(struct explanation *x)
{
    const struct limits *limits = &x->request->config->limits;
    const struct trial_input *input = &x->request->input;
    const struct header *header = &x->trial.header;

    if (input->recipient_count > limits->recipients)
        note(x, "more recipients than limits.recipients: those past it hear 452 4.5.3 Too many "
                "recipients");
    if (input->message.len > limits->message_bytes)
        note(x, "larger than limits.message: the gateway answers 552 5.3.4 Message too big");
    if (header_bytes(header) > limits->header_bytes)
        note(x, "a header larger than limits.header: the gateway answers 552 5.3.4 Message header "
                "too big");
    if (header->count > limits->header_fields)
        note(x, "more header fields than limits.header_fields: the gateway answers 554 5.6.0 Too "
                "many header fields");
    if (count_hops(header) >= HOPS_MAX)
        note(x, "a hundred Received fields: the gateway answers 554 5.4.6 Routing loop detected");
}

static void note_additions(struct explanation *x)
{
    const struct listener_conf *listener = x->request->listener;

    if (listener != NULL && listener->add_received)
        note(x, "add_received: the listener puts a Received field of its own at the top");
    if (x->request->policy->milter_count > 0)
        note(x, "milters are not asked: what they would say or change is missing here, and final "
                "rules have not seen it");
    if (x->report.unchecked)
        note(x, "a rule that could not be judged is passed over (on_failure): the gateway adds "
                "X-Postern-Unchecked");
}

/* --- all of it --- */

/* Whether the quarantine has the message for recipients that were taken off. */
static bool kept_for_some(struct explanation *x)
{
    const struct edit_list *edits = eval_edits(x->trial.eval);

    for (size_t i = 0; i < x->trial.recipient_count; i++)
        if (x->trial.recipients[i].verdict.kind == VERDICT_QUARANTINE &&
            x->trial.recipients[i].verdict.scope == SCOPE_RECIPIENT)
            return true;
    for (size_t i = 0; i < edits->count; i++)
        if (edits->items[i].reason.ptr != NULL)
            return true;
    return false;
}

static bool has_archiving(const struct edit_list *edits)
{
    for (size_t i = 0; i < edits->count; i++)
        if (edits->items[i].kind == EDIT_ARCHIVE)
            return true;
    return false;
}

/* Only what is delivered is. */
static bool is_archived(const struct explanation *x)
{
    return x->trial.verdict.kind != VERDICT_QUARANTINE &&
           (has_archiving(eval_edits(x->trial.eval)) ||
            has_archiving(eval_final_edits(x->trial.eval)));
}

static void note_route(struct explanation *x)
{
    struct slice route = eval_route(x->trial.eval, false);

    if (route.len > 0)
        note_text(x, arena_format(&x->arena, "it goes to upstream '%.*s'", SLICE_ARG(route)));
}

static void compare(struct explanation *x)
{
    switch (rewritten_compare(x)) {
    case REWRITTEN_FAILED:
        note(x, "an edit cannot be applied: the gateway answers 451 4.3.0 The message could not be "
                "rewritten");
        break;
    case REWRITTEN_NOBODY:
        if (!kept_for_some(x))
            note(x, "edits leave no recipient: the gateway answers 451 4.3.0 No recipient is left");
        break;
    case REWRITTEN_OK:
        note_route(x);
        if (is_archived(x))
            note(x, "a copy of it as delivered is kept in the archive");
        break;
    case REWRITTEN_MEMORY: break;
    }
}

/* Where memory is out, the arena knows. */
static void collect(struct explanation *x)
{
    const struct verdict *verdict = &x->trial.verdict;

    x->report = eval_report(x->trial.eval);
    if (heard_reply(x, verdict, &x->reply, &x->reply_count) < 0)
        return;
    if (x->trial.name_missed)
        note(x, "the client's name is not looked up here: it is unknown unless --fact "
                "client_name=NAME says it");
    note_limits(x);
    if (verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD)
        return;
    if (x->trial.header_known)
        note_additions(x);
    compare(x);
}

int explanation_make(struct explanation *x, const struct explanation_request *request)
{
    *x = (struct explanation){.request = request,
                              .trace = {.hit = note_hit, .ctx = x},
                              .lines = lines_begin(request->input.message)};
    arena_init(&x->arena, EXPLANATION_BLOCK_BYTES, EXPLANATION_BYTES_MAX);
    x->hits = arena_alloc(&x->arena, EXPLANATION_HITS_MAX * sizeof(*x->hits));
    if (x->hits == NULL ||
        trial_run(&x->trial, request->config, request->policy, &request->input, &x->trace) < 0)
        return -1;
    collect(x);
    return arena_failed(&x->arena) || x->report.incomplete ? -1 : 0;
}

void explanation_end(struct explanation *x)
{
    reading_forget(&x->rewritten);
    trial_end(&x->trial);
    arena_fini(&x->arena);
}
