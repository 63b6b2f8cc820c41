/* bare: see bare.h. */
#include "filters/rules/bare.h"

#include "filters/rules/ruleset_private.h"

struct search {
    bare_seen *seen;
    void *ctx;
    size_t count;
    bool failed;
};

static void ask(struct search *s, const struct leaf *leaf, const struct test *test)
{
    struct literals literals;
    int found = pattern_literals(test->pattern, &literals);

    s->count++;
    s->failed = s->failed || found < 0;
    if (found == 0)
        s->seen(s->ctx, &(struct bare_pattern){leaf->field, leaf->name, test->text, test->pattern});
}

static void ask_node(struct search *s, const struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        ask_node(s, &node->children[i]);
    if (node->kind != CONDITION_FIELD)
        return;
    for (size_t i = 0; i < node->leaf->test_count; i++)
        if (node->leaf->tests[i].kind == MATCHER_PATTERN)
            ask(s, node->leaf, &node->leaf->tests[i]);
}

size_t bare_patterns(const struct ruleset *ruleset, size_t index, bare_seen *seen, void *ctx)
{
    struct search search = {.seen = seen, .ctx = ctx};

    ask_node(&search, &ruleset->entries[index].when);
    return search.failed ? SLICE_NOT_FOUND : search.count;
}
