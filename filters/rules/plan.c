/* plan: see plan.h.
 *
 * One walk from the top. What stands above a rule is remembered as two views of it: as a rule of a
 * recipient sees it at RCPT, and as a rule of the message sees it, for which rules of recipients
 * are decided only when the recipients are complete. A terminal rule holds back until it is
 * decided, not until it acts: when it holds, it or what held it ends the list, and the rules below
 * never matter.
 */
#include "filters/rules/plan.h"

enum { OF_MESSAGE, OF_RECIPIENT, VIEWS };

/* What the rules above leave open, and until when. */
struct view {
    enum stage all, refusal; /* until then everything, or refusals too, are held back */
    size_t all_by, refusal_by;
    enum stage score, tag; /* until then they are not known */
};

static enum stage later(enum stage a, enum stage b)
{
    return a > b ? a : b;
}

static void hold(enum stage *until, size_t *by, enum stage stage, size_t index)
{
    if (stage > *until || *by == SLICE_NOT_FOUND) {
        *until = stage;
        *by = index;
    }
}

/* The earliest stage at which all its facts are known. ${view} is OF_RECIPIENT for one recipient's
 * turn. */
static enum stage known_at(const struct entry *entry, const struct view *views, int view)
{
    enum stage stage = STAGE_CONNECT;

    for (unsigned at = STAGE_CONNECT; at <= STAGE_MESSAGE; at++)
        if ((entry->stages & (1U << at)) != 0)
            stage = (enum stage)at;
    if (entry->names_recipient)
        stage = later(stage, view == OF_RECIPIENT ? STAGE_RCPT : STAGE_DATA);
    if (entry->names_score)
        stage = later(stage, views[view].score);
    if (entry->names_tag)
        stage = later(stage, views[view].tag);
    return stage;
}

/* A redirect speaks for its recipients whenever it is decided: the others have not asked for it. */
static bool speaks_for_recipient(const struct entry *entry, const struct view *views)
{
    return entry->names_recipient && !entry->rule->scope_message &&
           (entry_redirects(entry) || known_at(entry, views, OF_RECIPIENT) <= STAGE_RCPT);
}

/* The same; a redirect of single recipients must know where to, too. */
static enum stage decided_at(const struct entry *entry, const struct view *views, int view)
{
    enum stage stage = known_at(entry, views, view);

    return entry->of_recipient && entry_redirects(entry) ? later(stage, entry->text_stage) : stage;
}

/* Whether it names what is known only with the whole message, beside its size. */
static bool names_message(const struct entry *entry)
{
    for (unsigned field = 0; field < FIELD_COUNT; field++)
        if ((entry->facts >> field & 1) != 0 &&
            field_get((enum field_id)field)->stage == STAGE_MESSAGE)
            return true;
    return false;
}

/* A refusal by size can act on what SIZE= declares: as if the size were known at MAIL. */
static enum stage earliest(const struct entry *entry, const struct view *views, int view)
{
    struct entry sized = *entry;

    if (!entry->refuses || !entry->names_size)
        return decided_at(entry, views, view);
    if (!names_message(entry))
        sized.stages &= ~(1U << STAGE_MESSAGE);
    sized.stages |= 1U << STAGE_MAIL;
    return known_at(&sized, views, view);
}

/* Whether it refuses a recipient at RCPT when a SIZE is declared; its size itself comes later. */
static bool refuses_by_claim(const struct entry *entry, const struct view *views)
{
    return entry->rule->mode == RULE_ENFORCE && entry->refuses && entry->names_size &&
           entry->names_recipient && !entry->rule->scope_message && !entry->of_recipient &&
           earliest(entry, views, OF_RECIPIENT) <= STAGE_RCPT;
}

/* Adds ${entry} to what stands above the rules below it, as ${view} sees it. */
static void stand_above(const struct entry *entry, size_t index, struct view *views, int view)
{
    struct view *above = &views[view];
    enum stage decided = decided_at(entry, views, entry->of_recipient ? OF_RECIPIENT : OF_MESSAGE);
    enum stage acts = entry->acts_at;

    if (entry->of_recipient && view == OF_MESSAGE) {
        decided = later(decided, STAGE_DATA);
        acts = later(acts, STAGE_DATA);
    }
    if (entry->terminal != NULL)
        hold(&above->all, &above->all_by, decided, index);
    if (entry->passes)
        hold(&above->refusal, &above->refusal_by, decided, index);
    if (entry->sets_score)
        above->score = later(above->score, acts);
    if (entry->sets_tag)
        above->tag = later(above->tag, acts);
}

static void plan_entry(struct entry *entry, size_t index, struct view *views)
{
    bool speaks_for = speaks_for_recipient(entry, views);
    const struct view *above;
    int view;

    entry->of_recipient = entry->rule->mode == RULE_ENFORCE && speaks_for;
    entry->shadows_recipient = entry_shadow(entry) && speaks_for && !entry_redirects(entry);
    entry->by_claim = refuses_by_claim(entry, views);
    view = entry->of_recipient || entry->by_claim ? OF_RECIPIENT : OF_MESSAGE;
    above = &views[view];
    entry->decided = earliest(entry, views, view);
    entry->acts_at = later(entry->decided, entry->refuses ? above->refusal : above->all);
    entry->held_by = SLICE_NOT_FOUND;
    if (entry->acts_at > entry->decided)
        entry->held_by = entry->refuses ? above->refusal_by : above->all_by;
    if (entry->rule->mode != RULE_ENFORCE)
        return;
    stand_above(entry, index, views, OF_RECIPIENT);
    stand_above(entry, index, views, OF_MESSAGE);
}

/* Final rules find every fact known, and nothing undecided above them. */
static void plan_final(struct entry *entry)
{
    entry->of_recipient = entry->rule->mode == RULE_ENFORCE && entry_redirects_some(entry);
    entry->decided = entry->acts_at = STAGE_MESSAGE;
    entry->held_by = SLICE_NOT_FOUND;
}

/* Whether it holds for every value, and there always is one. */
static bool leaf_always(const struct leaf *leaf)
{
    bool always_there = leaf->field == FIELD_SENDER || leaf->field == FIELD_RECIPIENT ||
                        leaf->field == FIELD_CLIENT || leaf->field == FIELD_LISTENER;

    return always_there && leaf->tests[0].kind == MATCHER_WILDCARD &&
           slice_equal(leaf->tests[0].text, SLICE("*")) && leaf->tests[0].yes == TEST_HOLDS;
}

static bool node_always(const struct node *node)
{
    size_t holding = 0;

    if (node->kind == CONDITION_FIELD)
        return node->leaf != NULL && leaf_always(node->leaf); /* NULL: an error was found */
    for (size_t i = 0; i < node->count; i++)
        holding += node_always(&node->children[i]);
    return node->kind == CONDITION_ALL   ? holding == node->count
           : node->kind == CONDITION_ANY ? holding > 0
                                         : false;
}

/* Whether rules below never matter. Those below a refusal that must wait for a fact may still
 * refuse sooner. */
static bool always_ends(const struct compiler *c, const struct entry *entry)
{
    return entry->rule->mode == RULE_ENFORCE && entry->terminal != NULL &&
           node_always(&entry->when) &&
           (c->final || entry->passes || entry->decided == STAGE_CONNECT);
}

static void warn(struct compiler *c, const struct entry *entry)
{
    const struct rule *rule = entry->rule;

    if (rule->action_count == 0)
        diag_add(c->diag, DIAG_WARNING, rule->place, "rule '%.*s' does nothing: it has no action",
                 SLICE_ARG(rule->name));
    if (rule->mode == RULE_ENFORCE && entry->refuses && entry->names_recipient &&
        !entry->of_recipient && !rule->scope_message)
        diag_add(c->diag, DIAG_WARNING, rule->place,
                 "rule '%.*s' names a recipient but refuses the message for all of them, because "
                 "%s; write scope = \"message\" if that is meant",
                 SLICE_ARG(rule->name),
                 c->final          ? "final rules speak after the milters"
                 : entry->by_claim ? "without a declared SIZE it must see the message first"
                                   : "it needs facts that come after RCPT");
}

/* The rules below the one that always ends the list, in one sentence. */
static void warn_of_unreached(struct compiler *c)
{
    const struct ruleset *out = c->out;
    const struct rule *first = NULL;
    size_t more = 0;

    for (size_t i = out->ender + 1; i < out->count; i++) {
        if (!entry_live(&out->entries[i]))
            continue;
        if (first != NULL)
            more++;
        else
            first = out->entries[i].rule;
    }
    if (first == NULL)
        return;
    if (more == 0)
        diag_add(c->diag, DIAG_WARNING, first->place,
                 "rule '%.*s' is never reached: rule '%.*s' above it always ends the list",
                 SLICE_ARG(first->name), SLICE_ARG(out->entries[out->ender].rule->name));
    else
        diag_add(c->diag, DIAG_WARNING, first->place,
                 "rule '%.*s' and %zu more below it are never reached: rule '%.*s' above it always "
                 "ends the list",
                 SLICE_ARG(first->name), more, SLICE_ARG(out->entries[out->ender].rule->name));
}

void plan_make(struct compiler *c)
{
    struct view views[VIEWS];

    for (int i = 0; i < VIEWS; i++)
        views[i] = (struct view){.all_by = SLICE_NOT_FOUND, .refusal_by = SLICE_NOT_FOUND};
    c->out->ender = SLICE_NOT_FOUND;
    for (size_t i = 0; i < c->out->count; i++) {
        struct entry *entry = &c->out->entries[i];

        if (c->final)
            plan_final(entry);
        else
            plan_entry(entry, i, views);
        if (!entry_live(entry))
            continue;
        warn(c, entry);
        if (c->out->ender == SLICE_NOT_FOUND && always_ends(c, entry))
            c->out->ender = i;
    }
    if (c->out->ender != SLICE_NOT_FOUND)
        warn_of_unreached(c);
}
