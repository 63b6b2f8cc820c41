/* leaf: see leaf.h. */
#include "filters/rules/leaf.h"

#include "filters/rules/names.h"

/* --- equal conditions ------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3); /* FNV-1a's prime */
}

static uint64_t mix_slice(uint64_t hash, struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = mix(hash, (unsigned char)ascii_lower(s.ptr[i]));
    return mix(hash, s.len);
}

static uint64_t mix_matchers(uint64_t hash, const struct matcher *matchers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hash = mix(hash, matchers[i].kind);
        hash = mix_slice(hash, matchers[i].text);
        hash = mix(hash, matchers[i].range.prefix_bits);
        hash = mix(hash, matchers[i].range.base.bytes[0]);
        hash = mix(hash, matchers[i].range.base.bytes[3]);
        hash = mix(hash, (uint64_t)matchers[i].op);
        hash = mix(hash, matchers[i].boolean);
        hash = mix_matchers(hash, matchers[i].inner, matchers[i].inner_count);
    }
    return mix(hash, count);
}

static uint64_t hash_condition(const struct condition *condition)
{
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), condition->field);

    hash = mix_slice(hash, condition->name);
    return mix_matchers(hash, condition->matchers, condition->matcher_count);
}

static bool same_matchers(const struct matcher *a, const struct matcher *b, size_t count);

static bool same_matcher(const struct matcher *a, const struct matcher *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case MATCHER_PATTERN:
        return slice_equal(a->text, b->text) && a->pattern_flags == b->pattern_flags;
    case MATCHER_LIST: return slice_equal(a->text, b->text);
    case MATCHER_WILDCARD: return slice_equal_case(a->text, b->text);
    case MATCHER_RANGE:
        return address_equal(&a->range.base, &b->range.base) &&
               a->range.prefix_bits == b->range.prefix_bits;
    case MATCHER_BOOL: return a->boolean == b->boolean;
    case MATCHER_NUMBER: /* not a comparison of results: the same number was written */
        return a->op == b->op && a->number >= b->number && a->number <= b->number;
    case MATCHER_NOT:
        return a->inner_count == b->inner_count &&
               same_matchers(a->inner, b->inner, a->inner_count);
    }
    return false;
}

static bool same_matchers(const struct matcher *a, const struct matcher *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!same_matcher(&a[i], &b[i]))
            return false;
    return true;
}

static bool same_condition(const struct condition *a, const struct condition *b)
{
    return a->field == b->field && slice_equal_case(a->name, b->name) &&
           a->matcher_count == b->matcher_count &&
           same_matchers(a->matchers, b->matchers, a->matcher_count);
}

/* --- tests ------------------------------------------------------------------------------------ */

static const char *matcher_noun(enum matcher_kind kind)
{
    switch (kind) {
    case MATCHER_PATTERN: return "a pattern";
    case MATCHER_LIST: return "a list";
    case MATCHER_RANGE: return "an address range";
    case MATCHER_BOOL: return "true or false";
    case MATCHER_NUMBER: return "a number";
    case MATCHER_WILDCARD: return "a text";
    case MATCHER_NOT: return "not";
    }
    return "that";
}

static bool matcher_fits(enum matcher_kind kind, enum field_type type)
{
    switch (type) {
    case FIELD_TYPE_TEXT:
    case FIELD_TYPE_BYTES:
        return kind == MATCHER_PATTERN || kind == MATCHER_LIST || kind == MATCHER_WILDCARD;
    case FIELD_TYPE_ADDRESS:
        return kind == MATCHER_PATTERN || kind == MATCHER_LIST || kind == MATCHER_WILDCARD ||
               kind == MATCHER_RANGE;
    case FIELD_TYPE_NUMBER: return kind == MATCHER_NUMBER;
    case FIELD_TYPE_BOOL: return kind == MATCHER_BOOL;
    case FIELD_TYPE_LIST: return kind == MATCHER_LIST;
    case FIELD_TYPE_PRESENCE: break;
    }
    return false;
}

/* The tests under way, with room for all of them. */
struct emitter {
    struct compiler *c;
    const struct field_info *field;
    struct test *tests;
    bool failed;
};

static void fill_pattern(struct emitter *e, const struct matcher *matcher, struct test *test)
{
    unsigned flags = matcher->pattern_flags;

    if (e->field->type == FIELD_TYPE_BYTES)
        flags |= PATTERN_BYTES;
    test->pattern = compiler_pattern(e->c, matcher->text, flags, matcher->place);
    e->failed = e->failed || test->pattern == NULL;
}

static void fill_list(struct emitter *e, const struct matcher *matcher, struct test *test)
{
    test->list = e->c->lists != NULL ? list_find(e->c->lists, matcher->text) : NULL;
    if (test->list != NULL && e->field->type == FIELD_TYPE_LIST &&
        list_prepare_lookalikes(e->c->lists, matcher->text) != 0) {
        diag_add(e->c->diag, DIAG_ERROR, matcher->place,
                 "out of memory for what imitates the list '%.*s'", SLICE_ARG(matcher->text));
        e->failed = true;
    }
    if (test->list != NULL)
        return;
    diag_add(e->c->diag, DIAG_ERROR, matcher->place, "rule '%.*s': there is no list '%.*s'",
             SLICE_ARG(e->c->entry->rule->name), SLICE_ARG(matcher->text));
    e->failed = true;
}

/* Alone in a field of names a text is the entry that it would be in a list. */
static void fill_entry(struct emitter *e, const struct matcher *matcher, struct test *test)
{
    test->entry = compiler_entry(e->c, matcher->text, matcher->place);
    e->failed = e->failed || test->entry == NULL;
}

static void refuse_matcher(struct emitter *e, const struct matcher *matcher)
{
    diag_add(e->c->diag, DIAG_ERROR, matcher->place,
             "rule '%.*s': '%.*s' cannot be compared with %s", SLICE_ARG(e->c->entry->rule->name),
             SLICE_ARG(e->field->name), matcher_noun(matcher->kind));
    e->failed = true;
}

static void fill_test(struct emitter *e, const struct matcher *matcher, struct test *test)
{
    test->kind = matcher->kind;
    test->text = matcher->text;
    test->range = matcher->range;
    test->op = matcher->op;
    test->number = matcher->kind == MATCHER_BOOL ? matcher->boolean : matcher->number;
    if (!matcher_fits(matcher->kind, e->field->type)) {
        refuse_matcher(e, matcher);
    } else if (matcher->kind == MATCHER_PATTERN) {
        fill_pattern(e, matcher, test);
    } else if (matcher->kind == MATCHER_LIST) {
        fill_list(e, matcher, test);
    } else if (e->field->of_names && matcher->text.len > 0) {
        fill_entry(e, matcher, test);
    } else if (e->field->type == FIELD_TYPE_ADDRESS && matcher->kind == MATCHER_WILDCARD &&
               address_range_parse(matcher->text, &test->range) == 0) {
        test->kind = MATCHER_RANGE; /* so that every spelling of an IPv6 address is the same */
    }
}

/* How many tests ${matchers} become; 0 when one nests too deep or holds nothing. */
static size_t count_tests(const struct matcher *matchers, size_t count, unsigned depth)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        size_t inner = 1;

        if (matchers[i].kind == MATCHER_NOT)
            inner = depth < RULE_DEPTH_MAX
                        ? count_tests(matchers[i].inner, matchers[i].inner_count, depth + 1)
                        : 0;
        if (inner == 0)
            return 0;
        total += inner;
    }
    return total;
}

/* Writes the tests of ${matchers}, any of which is enough, from number ${at}: they lead to ${yes}
 * when one matches, else to ${no}. */
static void emit(struct emitter *e, const struct matcher *matchers, size_t count, uint32_t at,
                 const uint32_t ways[2])
{
    for (size_t i = 0; i < count; i++) {
        const struct matcher *m = &matchers[i];
        size_t size = m->kind == MATCHER_NOT ? count_tests(m->inner, m->inner_count, 0) : 1;
        uint32_t next = at + (uint32_t)size;
        uint32_t no = i + 1 < count ? next : ways[1];

        if (m->kind == MATCHER_NOT && e->field->type == FIELD_TYPE_LIST) {
            refuse_matcher(e, m);
        } else if (m->kind == MATCHER_NOT) {
            emit(e, m->inner, m->inner_count, at, (const uint32_t[2]){no, ways[0]});
        } else {
            e->tests[at].yes = ways[0];
            e->tests[at].no = no;
            fill_test(e, m, &e->tests[at]);
        }
        at = next;
    }
}

/* Fills in the leaf's tests. Returns 0, or -1 with a problem. */
static int make_tests(struct compiler *c, const struct condition *condition, struct leaf *leaf)
{
    const struct field_info *field = field_get(condition->field);
    size_t count = count_tests(condition->matchers, condition->matcher_count, 0);
    struct emitter e = {.c = c, .field = field};

    if (field->type == FIELD_TYPE_PRESENCE && condition->matcher_count == 0)
        return 0;
    if (count == 0 || count >= TEST_MISSES) {
        diag_add(c->diag, DIAG_ERROR, condition->place,
                 "rule '%.*s': '%.*s' is compared with nothing, or 'not' nests deeper than %d",
                 SLICE_ARG(c->entry->rule->name), SLICE_ARG(field->name), RULE_DEPTH_MAX);
        return -1;
    }
    e.tests = compiler_alloc(c, count, sizeof(*e.tests));
    if (e.tests == NULL)
        return -1;
    emit(&e, condition->matchers, condition->matcher_count, 0,
         (const uint32_t[2]){TEST_HOLDS, TEST_MISSES});
    leaf->tests = e.tests;
    leaf->test_count = count;
    return e.failed ? -1 : 0;
}

/* --- leaves ----------------------------------------------------------------------------------- */

static enum leaf_kind kind_of(enum field_id field)
{
    if (field == FIELD_SCORE || field == FIELD_TAG)
        return LEAF_RUNNING;
    if (field_get(field)->of_recipient)
        return LEAF_RECIPIENT;
    return field_get(field)->stage <= STAGE_HELO ? LEAF_SESSION : LEAF_MESSAGE;
}

static struct leaf *make_leaf(struct compiler *c, const struct condition *condition)
{
    const struct field_info *field = field_get(condition->field);
    struct leaf *leaf = compiler_alloc(c, 1, sizeof(*leaf));

    if (leaf == NULL)
        return NULL;
    if (field->named && !names_valid(condition->name)) {
        diag_add(c->diag, DIAG_ERROR, condition->place,
                 "rule '%.*s': '%.*s' is no name of a header field",
                 SLICE_ARG(c->entry->rule->name), SLICE_ARG(condition->name));
        return NULL;
    }
    *leaf = (struct leaf){
        .kind = kind_of(condition->field),
        .field = condition->field,
        /* What SIZE= declares is only a claim; the size itself is known with the message. */
        .stage = condition->field == FIELD_SIZE ? STAGE_MESSAGE : field->stage,
        .looked_up = field->looked_up,
        .captures = SLICE_NOT_FOUND,
        .name = condition->name,
    };
    if (make_tests(c, condition, leaf) != 0)
        return NULL;
    leaf->index = c->out->leaf_count++;
    leaf->slot = c->out->kind_counts[leaf->kind]++;
    return leaf;
}

struct leaf *leaf_alone(struct compiler *c, const struct condition *condition)
{
    return make_leaf(c, condition);
}

struct leaf *leaf_intern(struct compiler *c, const struct condition *condition)
{
    struct known_leaf **bucket = &c->buckets[hash_condition(condition) % COMPILER_BUCKETS];
    struct known_leaf *known;
    struct leaf *leaf;

    for (known = *bucket; known != NULL; known = known->next)
        if (same_condition(known->condition, condition))
            return known->leaf;
    leaf = make_leaf(c, condition);
    if (leaf == NULL)
        return NULL;
    known = arena_alloc(&c->scratch, sizeof(*known));
    if (known == NULL) {
        diag_add(c->diag, DIAG_ERROR, condition->place, "out of memory");
        return NULL;
    }
    *known = (struct known_leaf){condition, leaf, *bucket, c->newest};
    *bucket = known;
    c->newest = known;
    return leaf;
}
