/* leaf_sets: see leaf_sets.h.
 *
 * What can be known of a value without asking is the way through a leaf's tests on which none
 * matches. So a leaf is in a set when all tests on that way are patterns that have literals: where
 * none of these is seen, the way's end is the answer.
 */
#include "filters/rules/leaf_sets.h"

/* Patterns of a set; fewer are asked as fast as they are looked for. The lines of a body are many
 * and short. */
#define PATTERNS_MIN 8
#define OF_LINES_MIN 2

/* A leaf that may be in a set. */
struct candidate {
    struct leaf *leaf;
    struct candidate *next;
};

/* Those of one field and name. */
struct gathering {
    struct candidate *first;
    size_t patterns; /* on the ways on which none matches */
    size_t leaves, tests;
};

/* Whether ${pattern} has literals. */
static bool has_literals(struct compiler *c, const struct pattern *pattern)
{
    struct literals literals;
    int found = pattern_literals(pattern, &literals);

    if (found < 0)
        compiler_no_memory(c);
    return found > 0;
}

/* Whether ${leaf} may be in a set; what its answer is where no pattern of it is seen, and how many
 * patterns that takes. */
static bool is_quiet(struct compiler *c, struct leaf *leaf, size_t *patterns)
{
    uint32_t at = 0;

    if ((leaf->kind != LEAF_SESSION && leaf->kind != LEAF_MESSAGE) || leaf->test_count == 0)
        return false;
    for (*patterns = 0; at < TEST_MISSES; ++*patterns) {
        const struct test *test = &leaf->tests[at];

        if (test->kind != MATCHER_PATTERN || !has_literals(c, test->pattern))
            return false;
        at = test->no;
    }
    leaf->quiet = at;
    return true;
}

static struct gathering *gathering_of(struct gathering *all, const struct leaf *leaf)
{
    if (!field_get(leaf->field)->named)
        return &all[leaf->field];
    return &all[FIELD_COUNT + 2 * leaf->name_number + (leaf->field == FIELD_RAW_HEADER)];
}

static int gather(struct compiler *c, struct gathering *all)
{
    for (struct known_leaf *known = c->newest; known != NULL; known = known->older) {
        struct gathering *g = gathering_of(all, known->leaf);
        struct candidate *candidate;
        size_t patterns;

        if (!is_quiet(c, known->leaf, &patterns))
            continue;
        candidate = arena_alloc(&c->scratch, sizeof(*candidate));
        if (candidate == NULL)
            return -1;
        *candidate = (struct candidate){known->leaf, g->first};
        g->first = candidate;
        g->patterns += patterns;
        g->leaves++;
        g->tests += known->leaf->test_count;
    }
    return 0;
}

/* The tests of ${leaf} get the next numbers in ${set}; the patterns go to ${members}. */
static void join(struct leaf_set *set, struct leaf *leaf, const struct pattern **members,
                 uint32_t *leaf_of)
{
    leaf->set = set;
    leaf->set_leaf = set->leaf_count++;
    leaf->set_test = set->test_count;
    for (uint32_t at = 0; at < TEST_MISSES; at = leaf->tests[at].no)
        members[set->test_count + at] = leaf->tests[at].pattern;
    for (size_t i = 0; i < leaf->test_count; i++)
        leaf_of[set->test_count++] = (uint32_t)leaf->set_leaf;
}

static int make_set(struct compiler *c, const struct gathering *g)
{
    const struct pattern **members =
        arena_alloc(&c->scratch, g->tests * sizeof(const struct pattern *));
    struct leaf_set *set = compiler_alloc(c, 1, sizeof(*set));
    uint32_t *leaf_of = compiler_alloc(c, g->tests, sizeof(*leaf_of));

    if (members == NULL || set == NULL || leaf_of == NULL)
        return -1;
    set->index = c->out->set_count++;
    set->leaf_of = leaf_of;
    for (const struct candidate *candidate = g->first; candidate != NULL;
         candidate = candidate->next)
        join(set, candidate->leaf, members, leaf_of);
    set->patterns = pattern_set_create(members, g->tests, &c->out->arena);
    return set->patterns != NULL ? 0 : -1;
}

void leaf_sets_make(struct compiler *c)
{
    size_t count = FIELD_COUNT + 2 * c->out->name_count;
    struct gathering *all = arena_alloc(&c->scratch, count * sizeof(*all));
    bool failed = all == NULL || gather(c, all) != 0;

    for (size_t i = 0; !failed && i < count; i++)
        failed = all[i].patterns >= (i == FIELD_RAW_BODY ? OF_LINES_MIN : PATTERNS_MIN) &&
                 make_set(c, &all[i]) != 0;
    if (failed)
        compiler_no_memory(c);
}
