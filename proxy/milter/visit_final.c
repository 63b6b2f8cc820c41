/* The final rules: they judge the message as the rules have left it, at its end. */
#include "filters/final.h"
#include "proxy/milter/visit_private.h"

int visit_make_final(const struct eval_options *options, const struct policy *policy,
                     struct eval *before, struct eval **final)
{
    struct eval_options own = *options;

    *final = NULL;
    if (ruleset_idle(policy->final_rules))
        return 0;
    own.before = before;
    own.rules = policy->final_rules;
    *final = eval_create(&own);
    return *final != NULL ? 0 : -1;
}

bool visit_final_due(const struct visit *v)
{
    return v->final != NULL && !v->m.accepted && v->m.accepted_count > 0;
}

static int begin_draft(struct visit *v, struct slice body)
{
    struct visit_message *m = &v->m;

    draft_init(&m->draft, &m->arena, m->sender);
    for (size_t i = 0; i < m->guest_count; i++)
        if (m->guests[i].state == GUEST_ACCEPTED &&
            draft_name(&m->draft, m->guests[i].address, SLICE_NONE) != 0)
            return -1;
    draft_receive(&m->draft, &m->header);
    m->draft.body = body;
    return draft_apply(&m->draft, eval_edits(v->eval));
}

static struct verdict out_of_memory(void)
{
    struct reply reply = reply_static(SLICE("452 4.3.1 Out of memory\r\n"));
    struct verdict verdict = verdict_refusal(VERDICT_TEMPFAIL, SCOPE_MESSAGE, reply);

    verdict.party = PARTY_GATEWAY;
    verdict.by = SLICE("out of memory");
    verdict.stage = STAGE_MESSAGE;
    return verdict;
}

struct verdict visit_final_judge(struct visit *v, struct slice body)
{
    struct verdict verdict;

    if (begin_draft(v, body) != 0 || final_begin(v->final, &v->m.draft, &v->m.tls) != 0) {
        verdict = out_of_memory();
    } else {
        verdict = final_judge(v->final, &v->m.draft);
        while (verdict.kind == VERDICT_MORE) {
            visit_answer_questions(v);
            verdict = final_judge(v->final, &v->m.draft);
        }
    }
    visit_note(v, &verdict);
    return verdict;
}

static void append(struct edit_list *list, struct arena *arena, const struct edit_list *more)
{
    for (size_t i = 0; i < more->count; i++)
        (void)edit_list_add(list, arena, &more->items[i]); /* the caller counts */
}

static const struct edit_list NO_EDITS = {.count = 0};

const struct edit_list *visit_edits(struct visit *v)
{
    const struct verdict *verdict = &v->m.verdict;
    const struct edit_list *first = eval_edits(v->eval);
    bool whole = verdict->scope != SCOPE_RECIPIENT;

    if (v->final == NULL)
        return first;
    if (whole && (verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD))
        return &NO_EDITS;
    struct edit_list *all = arena_alloc(&v->m.arena, sizeof(*all));
    if (all == NULL)
        return NULL;
    *all = NO_EDITS;
    append(all, &v->m.arena, first);
    append(all, &v->m.arena, eval_edits(v->final));
    return all->count == first->count + eval_edits(v->final)->count ? all : NULL;
}

struct eval_report visit_report(const struct visit *v)
{
    return eval_report(v->final != NULL ? v->final : v->eval);
}
