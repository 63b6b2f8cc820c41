/* ruleset: compiles rules; see ruleset.h. What is shared with the evaluator is in
 * ruleset_private.h. */
#include "filters/rules/ruleset.h"

#include <stdlib.h>

#include "filters/rules/action.h"
#include "filters/rules/leaf.h"
#include "filters/rules/leaf_sets.h"
#include "filters/rules/names.h"
#include "filters/rules/plan.h"

#define RULESET_BLOCK_BYTES ((size_t)16 << 10)
#define RULESET_BYTES_MAX   ((size_t)512 << 20) /* 10000 rules need a few megabytes */

/* --- conditions ------------------------------------------------------------------------------- */

static bool leaf_captures(const struct leaf *leaf)
{
    for (size_t i = 0; i < leaf->test_count; i++)
        if (leaf->tests[i].pattern != NULL || leaf->tests[i].list != NULL)
            return true;
    return false;
}

static void note_leaf(struct entry *entry, const struct leaf *leaf)
{
    entry->facts |= UINT64_C(1) << leaf->field;
    entry->asks_content = entry->asks_content || field_unreadable(leaf->field);
    entry->asks_lookup = entry->asks_lookup || field_looked_up(leaf->field);
    entry->names_score = entry->names_score || leaf->field == FIELD_SCORE;
    entry->names_tag = entry->names_tag || leaf->field == FIELD_TAG;
    entry->names_size = entry->names_size || leaf->field == FIELD_SIZE;
    entry->names_recipient = entry->names_recipient || leaf->kind == LEAF_RECIPIENT;
    if (leaf->kind != LEAF_RECIPIENT && leaf->kind != LEAF_RUNNING)
        entry->stages |= 1U << leaf->stage;
    entry->has_patterns = entry->has_patterns || leaf_captures(leaf);
}

/* A group of one is what stands in it. */
static bool is_of_one(const struct condition *from)
{
    return from->child_count == 1 && (from->kind == CONDITION_ALL || from->kind == CONDITION_ANY);
}

static void compile_node(struct compiler *c, const struct condition *from, struct node *node,
                         unsigned depth)
{
    struct node *children;

    node->kind = from->kind;
    if (from->kind == CONDITION_FIELD) {
        node->leaf = leaf_intern(c, from);
        if (node->leaf != NULL)
            note_leaf(c->entry, node->leaf);
        return;
    }
    if (depth > 2 * RULE_DEPTH_MAX) { /* a group and what stands in it are two levels */
        diag_add(c->diag, DIAG_ERROR, from->place, "rule '%.*s': conditions nest deeper than %d",
                 SLICE_ARG(c->entry->rule->name), RULE_DEPTH_MAX);
        return;
    }
    if (is_of_one(from)) {
        compile_node(c, from->children, node, depth + 1);
        return;
    }
    children = compiler_alloc(c, from->child_count, sizeof(*children));
    if (children == NULL)
        return;
    node->children = children;
    node->count = from->child_count;
    for (size_t i = 0; i < from->child_count; i++)
        compile_node(c, &from->children[i], &children[i], depth + 1);
}

/* Gives each leaf that could match by a pattern, or with ${all} each that is compared at all, a
 * place for its captures. */
static void keep_captures(struct ruleset *out, const struct node *node, bool all)
{
    if (node->kind == CONDITION_FIELD && node->leaf->captures == SLICE_NOT_FOUND &&
        (all ? node->leaf->test_count > 0 : leaf_captures(node->leaf)))
        node->leaf->captures = out->capture_count++;
    for (size_t i = 0; i < node->count; i++)
        keep_captures(out, &node->children[i], all);
}

/* --- rules ------------------------------------------------------------------------------------ */

static void compile_rule(struct compiler *c)
{
    static const struct condition ALWAYS = {.kind = CONDITION_ALL};
    struct entry *entry = c->entry;
    const struct rule *rule = entry->rule;
    size_t errors = c->diag->errors;

    entry->saved = SLICE_NOT_FOUND;
    compile_node(c, rule->when != NULL ? rule->when : &ALWAYS, &entry->when, 0);
    action_compile(c);
    if (c->diag->errors > errors)
        return;
    if (entry->text_captures || entry->text_matched)
        keep_captures(c->out, &entry->when, entry->text_matched);
    if (entry->text_captures || entry->text_matched || entry->text_recipient)
        entry->saved = c->out->saved_count++;
    if (entry->text_captures && !entry->has_patterns)
        diag_add(c->diag, DIAG_WARNING, rule->place,
                 "rule '%.*s': a text uses captures, but no pattern or list in 'when' sets them",
                 SLICE_ARG(rule->name));
    if (entry->text_matched && entry->facts == 0)
        diag_add(c->diag, DIAG_WARNING, rule->place,
                 "rule '%.*s': a text uses ${matched}, but there is nothing in 'when' to match",
                 SLICE_ARG(rule->name));
}

static size_t count_tags(const struct ruleset *ruleset)
{
    size_t count = 0;

    for (size_t i = 0; i < ruleset->count; i++)
        for (size_t k = 0; k < ruleset->entries[i].act_count; k++)
            count += ruleset->entries[i].acts[k].kind == ACTION_TAG;
    return count;
}

static void list_tags_of(struct ruleset *out, size_t rule)
{
    const struct entry *entry = &out->entries[rule];

    for (size_t i = 0; i < entry->act_count && entry_live(entry); i++)
        if (entry->acts[i].kind == ACTION_TAG)
            out->tags[out->tag_count++] = (struct tagging){rule, entry->acts[i].action->text};
}

static int list_tags(struct compiler *c)
{
    struct ruleset *out = c->out;

    out->tags = compiler_alloc(c, count_tags(out), sizeof(*out->tags));
    if (out->tags == NULL)
        return -1;
    for (size_t i = 0; i < out->count; i++)
        list_tags_of(out, i);
    return 0;
}

static void sum_up(struct ruleset *out)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct entry *entry = &out->entries[i];

        if (!entry_live(entry))
            continue;
        out->stages |= entry->stages;
        out->edits = out->edits || entry_edits(entry);
        out->texts_ask = out->texts_ask || entry->text_asks != 0;
        out->asks_lookup = out->asks_lookup || entry->asks_lookup;
        out->asks_content = out->asks_content || entry->asks_content;
    }
}

static void compile_all(struct compiler *c)
{
    struct ruleset *out = c->out;

    if (out->count > RULES_MAX) {
        diag_add(c->diag, DIAG_ERROR, out->rules[RULES_MAX].place, "there are more than %d rules",
                 RULES_MAX);
        return;
    }
    c->buckets = arena_alloc(&c->scratch, COMPILER_BUCKETS * sizeof(*c->buckets));
    out->entries = compiler_alloc(c, out->count, sizeof(*out->entries));
    if (c->buckets == NULL || out->entries == NULL) {
        compiler_no_memory(c);
        return;
    }
    for (size_t i = 0; i < out->count; i++) {
        c->entry = &out->entries[i];
        c->entry->rule = &out->rules[i];
        compile_rule(c);
    }
    sum_up(out);
    if (names_collect(c) != 0 || list_tags(c) != 0)
        return;
    leaf_sets_make(c);
    plan_make(c);
}

static struct ruleset *compile(const struct rule *rules, size_t count, struct compiler *c)
{
    struct ruleset *out = calloc(1, sizeof(*out));
    struct diag *diag = c->diag;
    size_t errors = diag->errors;

    if (out == NULL) {
        diag_add(diag, DIAG_ERROR, (struct place){0}, "out of memory for the rules");
        return NULL;
    }
    out->rules = rules;
    out->count = count;
    arena_init(&out->arena, RULESET_BLOCK_BYTES, RULESET_BYTES_MAX);
    c->out = out;
    arena_init(&c->scratch, RULESET_BLOCK_BYTES, RULESET_BYTES_MAX);
    compile_all(c);
    arena_fini(&c->scratch);
    if (diag->errors > errors) {
        ruleset_destroy(out);
        return NULL;
    }
    return out;
}

struct ruleset *ruleset_compile(const struct rule *rules, size_t count,
                                const struct list_table *lists, struct diag *diag)
{
    struct compiler c = {.lists = lists, .diag = diag};

    return compile(rules, count, &c);
}

struct ruleset *ruleset_compile_final(const struct rule *rules, size_t count,
                                      const struct list_table *lists, struct diag *diag)
{
    struct compiler c = {.lists = lists, .diag = diag, .final = true};

    return compile(rules, count, &c);
}

void ruleset_destroy(struct ruleset *ruleset)
{
    if (ruleset == NULL)
        return;
    for (size_t i = 0; i < ruleset->pattern_count; i++)
        pattern_destroy(ruleset->patterns[i]);
    for (const struct own_list *own = ruleset->lists; own != NULL; own = own->next)
        list_destroy(own->list);
    arena_fini(&ruleset->arena);
    free(ruleset);
}

/* --- questions -------------------------------------------------------------------------------- */

size_t ruleset_count(const struct ruleset *ruleset)
{
    return ruleset->count;
}

struct rule_plan ruleset_plan(const struct ruleset *ruleset, size_t index)
{
    const struct entry *entry = &ruleset->entries[index];

    return (struct rule_plan){
        .rule = entry->rule,
        .facts = entry->facts,
        .asks_content = entry->asks_content,
        .decided = entry->decided,
        .acts = entry->acts_at,
        .held_by = entry->held_by,
        .of_recipient = entry->of_recipient || entry->shadows_recipient,
        .by_claim = entry->by_claim,
    };
}

static bool node_asks(const struct node *node, size_t question)
{
    if (node->kind == CONDITION_FIELD)
        return node->leaf->index == question;
    for (size_t i = 0; i < node->count; i++)
        if (node_asks(&node->children[i], question))
            return true;
    return false;
}

bool ruleset_asks(const struct ruleset *ruleset, size_t index, size_t question)
{
    return node_asks(&ruleset->entries[index].when, question);
}

bool ruleset_idle(const struct ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->count; i++)
        if (entry_live(&ruleset->entries[i]))
            return false;
    return true;
}

size_t ruleset_ender(const struct ruleset *ruleset)
{
    return ruleset->ender;
}

size_t ruleset_patterns_without_jit(const struct ruleset *ruleset)
{
    size_t count = 0;

    for (size_t i = 0; i < ruleset->pattern_count; i++)
        count += !pattern_has_jit(ruleset->patterns[i]);
    return count;
}
