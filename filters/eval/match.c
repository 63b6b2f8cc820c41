/* match: see match.h. */
#include "filters/eval/match.h"

#include <stdio.h>

#include "filters/eval/budget.h"
#include "filters/eval/facts_header.h"
#include "filters/eval/facts_mime.h"
#include "filters/eval/sightings.h"
#include "filters/match/wildcard.h"

#define LOOKALIKE_BYTES                                                                            \
    4096 /* what a look for those that a domain imitates costs, in bytes searched */

/* One question under way. */
struct search {
    struct eval *e;
    const struct leaf *leaf;
    const struct standpoint *at;
    bool pausable;
    struct progress *progress;
    struct value value;
    struct captures found; /* of the test that made the value match */
};

/* --- tests ------------------------------------------------------------------------------------ */

static enum truth truth_of(bool holds)
{
    return holds ? TRUTH_TRUE : TRUTH_FALSE;
}

/* Counts what was just searched. */
static enum truth charged(struct search *s, size_t bytes, enum truth result)
{
    return budget_charge(s->e, bytes, s->pausable) == 0 ? result : TRUTH_STOP;
}

static enum truth after_slice(enum pattern_result result)
{
    switch (result) {
    case PATTERN_YES: return TRUTH_TRUE;
    case PATTERN_NO: return TRUTH_FALSE;
    case PATTERN_MORE: return TRUTH_OPEN;
    case PATTERN_LIMIT: break;
    }
    return TRUTH_FAILED;
}

/* Whether the next slice may be searched: TRUTH_OPEN, or why not. */
static enum truth may_search(struct search *s)
{
    return budget_allows(s->e, s->at, s->pausable);
}

/* Goes to where the pattern of a leaf in a set may match next. false: nowhere. Most leaves are in
 * none: what this needs they shall not pay for. */
static bool skip_unseen(struct search *s, struct pattern_cursor *cursor)
{
    size_t start =
        sightings_start(s->leaf, &s->progress->seeing, s->progress->test, cursor->offset);
    if (start != SLICE_NOT_FOUND && start > cursor->offset)
        pattern_cursor_skip(cursor, s->value.text, start);
    return start != SLICE_NOT_FOUND;
}

static enum truth test_pattern(struct search *s, const struct test *test)
{
    struct slice subject = s->value.text;
    struct pattern_cursor *cursor = &s->progress->place.search;
    enum truth result;

    if (s->value.clean)
        pattern_cursor_clean(cursor);
    do {
        size_t left;

        if (s->leaf->set != NULL && !skip_unseen(s, cursor))
            return TRUTH_FALSE;
        left = subject.len - cursor->offset;
        result = may_search(s);
        if (result != TRUTH_OPEN)
            return result;
        result = after_slice(
            pattern_search(test->pattern, s->e->options.scratch, subject, cursor, &s->found.match));
        result = charged(s, left < PATTERN_SLICE_BYTES ? left : PATTERN_SLICE_BYTES, result);
    } while (result == TRUTH_OPEN);
    return result;
}

static enum truth after_entries(enum list_result result)
{
    switch (result) {
    case LIST_YES: return TRUTH_TRUE;
    case LIST_NO: return TRUTH_FALSE;
    case LIST_MORE: return TRUTH_OPEN;
    case LIST_LIMIT: break;
    }
    return TRUTH_FAILED;
}

/* The next slice of the question to ${list}. An address is looked up, and its text may be what a
 * wildcard or a pattern holds. */
static enum list_result ask_entries(struct search *s, const struct list *list,
                                    const struct comparable *forms, struct list_hit *hit)
{
    struct list_cursor *cursor = &s->progress->place;

    if (s->value.address != NULL && !cursor->looked_up &&
        list_match_address(list, s->value.address, hit) == LIST_YES)
        return LIST_YES;
    return list_match(list, forms, cursor, s->e->options.scratch, hit);
}

/* Gives the cursor what a list of many patterns wants. 0, or -1 when memory is out. */
static int make_room(struct search *s, const struct list *list)
{
    struct message *m = s->e->m;

    if (!list_wants_room(list))
        return 0;
    if (m->list_room == NULL)
        m->list_room = list_room_create(&s->e->work);
    s->progress->place.room = m->list_room;
    return m->list_room != NULL ? 0 : -1;
}

/* Asks ${list} to the end, or until the turn is over. */
static enum truth ask_list(struct search *s, const struct list *list, struct list_hit *hit)
{
    const struct comparable text = comparable_text(s->value.text);
    bool mere_text = s->value.forms.text.ptr == NULL;
    const struct comparable *forms = mere_text ? &text : &s->value.forms;
    enum truth result;

    if (make_room(s, list) != 0)
        return eval_stop_memory(s->e);
    if (s->value.clean && mere_text)
        pattern_cursor_clean(&s->progress->place.search);
    do {
        result = may_search(s);
        if (result != TRUTH_OPEN)
            return result;
        result = after_entries(ask_entries(s, list, forms, hit));
        result = charged(s, result == TRUTH_OPEN ? LIST_SLICE_BYTES : s->value.text.len, result);
    } while (result == TRUTH_OPEN);
    return result;
}

static enum truth test_list(struct search *s, const struct test *test)
{
    struct list_hit hit;
    enum truth result = ask_list(s, test->list, &hit);

    if (result != TRUTH_TRUE)
        return result;
    s->found.match = hit.match;
    s->found.list = (struct listing){test->text, hit.entry};
    s->found.listtext = hit.entry->text;
    return TRUTH_TRUE;
}

static enum truth test_lookalike(struct search *s, const struct test *test)
{
    struct list_hit hit = {.entry = NULL};
    enum truth result = may_search(s);
    int found;

    if (result != TRUTH_OPEN)
        return result;
    found = list_imitates(test->list, s->value.forms.unicode, &hit, &s->found.matched);
    if (found < 0)
        return eval_stop_memory(s->e);
    if (found > 0) {
        s->found.list = (struct listing){test->text, hit.entry};
        s->found.listtext = hit.entry->text;
    }
    return charged(s, LOOKALIKE_BYTES, truth_of(found > 0));
}

static enum truth test_wildcard(struct search *s, const struct test *test)
{
    struct slice value = s->value.text;
    struct list_hit unwanted;
    enum wildcard_result found;
    enum truth result;

    if (test->entry != NULL)
        return ask_list(s, test->entry, &unwanted);
    do {
        result = may_search(s);
        if (result != TRUTH_OPEN)
            return result;
        found = wildcard_search(test->text, value, &s->progress->place.place);
        result = found == WILDCARD_MORE ? TRUTH_OPEN : truth_of(found == WILDCARD_YES);
        result = charged(s, value.len < WILDCARD_STEPS ? value.len : WILDCARD_STEPS, result);
    } while (result == TRUTH_OPEN);
    return result;
}

static bool compare(double number, const struct test *test)
{
    switch (test->op) {
    case NUMBER_EQUAL: return number >= test->number && number <= test->number;
    case NUMBER_LESS: return number < test->number;
    case NUMBER_LESS_EQUAL: return number <= test->number;
    case NUMBER_GREATER: return number > test->number;
    case NUMBER_GREATER_EQUAL: return number >= test->number;
    }
    return false;
}

/* Not the whole of it: the groups count for nothing without their number. */
static void forget_found(struct search *s)
{
    s->found.set = false;
    s->found.match.count = 0;
    s->found.listtext = s->found.matched = SLICE_NONE;
    s->found.list.entry = NULL;
}

static enum truth run_test(struct search *s, const struct test *test)
{
    forget_found(s);
    switch (test->kind) {
    case MATCHER_PATTERN: return test_pattern(s, test);
    case MATCHER_LIST:
        return s->leaf->field == FIELD_LOOKALIKE ? test_lookalike(s, test) : test_list(s, test);
    case MATCHER_WILDCARD: return test_wildcard(s, test);
    case MATCHER_RANGE: return truth_of(address_in_range(s->value.address, &test->range));
    case MATCHER_NUMBER: return truth_of(compare(s->value.number, test));
    case MATCHER_BOOL: return truth_of((s->value.number > 0) == (test->number > 0));
    case MATCHER_NOT: break; /* became the order of tests */
    }
    return TRUTH_FALSE;
}

/* --- values ----------------------------------------------------------------------------------- */

/* ${test} begins, at the start of the value. Only what it uses of the place is cleared: most are
 * patterns, of many short lines. */
static void begin_test(struct progress *p, const struct test *test)
{
    p->begun = true;
    switch (test->kind) {
    case MATCHER_PATTERN: p->place.search = (struct pattern_cursor){0}; break;
    case MATCHER_LIST:
    case MATCHER_WILDCARD: p->place = (struct list_cursor){0}; break;
    case MATCHER_RANGE:
    case MATCHER_NUMBER:
    case MATCHER_BOOL:
    case MATCHER_NOT: break;
    }
}

/* Goes from test to test until the value is known to match, or not. */
static enum truth judge_value(struct search *s)
{
    struct progress *p = s->progress;

    for (;;) {
        const struct test *test = &s->leaf->tests[p->test];
        enum truth result;
        uint32_t next;

        if (!p->begun)
            begin_test(p, test);
        result = run_test(s, test);
        if (result != TRUTH_TRUE && result != TRUTH_FALSE)
            return result;
        p->begun = false;
        next = result == TRUTH_TRUE ? test->yes : test->no;
        if (next == TEST_MISSES)
            return TRUTH_FALSE;
        if (next == TEST_HOLDS) {
            s->found.set = result == TRUTH_TRUE;
            return TRUTH_TRUE;
        }
        p->test = next;
    }
}

/* Whether there is a value to be judged, at the cursor or behind: one in which no pattern of the
 * leaf is seen need not be, when that is no answer. */
static bool go_to_seen(struct search *s)
{
    struct progress *p = s->progress;

    return s->leaf->quiet == TEST_HOLDS || sightings_go(s->e, s->leaf, &p->seeing, &p->cursor);
}

/* ... or when it is: whether the value under way, of a leaf in a set, is so answered. */
static bool answered_unseen(struct search *s)
{
    struct progress *p = s->progress;

    if (s->leaf->quiet == TEST_MISSES || sightings_here(s->e, s->leaf, &p->seeing, p->cursor))
        return false;
    forget_found(s);
    return true;
}

/* Notes which entry of a list has answered the question. 0, or -1 when memory is out. */
static int note_list(struct search *s)
{
    bool session = s->leaf->kind == LEAF_SESSION;
    struct listed **first = session ? &s->e->listed : &s->e->m->listed;
    struct listed *listed = *first;

    if (!s->found.set || s->found.list.entry == NULL)
        return 0;
    while (listed != NULL && listed->leaf != s->leaf)
        listed = listed->next;
    if (listed == NULL) {
        listed = arena_alloc(session ? &s->e->session : &s->e->work, sizeof(*listed));
        if (listed == NULL)
            return -1;
        *listed = (struct listed){.leaf = s->leaf, .next = *first};
        *first = listed;
    }
    listed->match = s->found.list;
    return 0;
}

/* What the test that made the value match has matched, for `${matched}`. ptr NULL: memory is out.
 */
static struct slice matched_text(struct search *s)
{
    if (s->found.matched.ptr != NULL)
        return s->found.matched;
    if (s->found.match.count > 0 && s->found.list.entry == NULL)
        return s->found.match.groups[0];
    if (field_get(s->leaf->field)->type == FIELD_TYPE_NUMBER)
        return arena_format(&s->e->work, "%.10g", s->value.number);
    return s->value.text;
}

/* Keeps what matched for the record and the texts of rules, if some rule wants it. */
static enum truth keep(struct search *s)
{
    struct message *m = s->e->m;
    struct captures **place;

    if (note_list(s) != 0)
        return eval_stop_memory(s->e);
    if (s->leaf->captures == SLICE_NOT_FOUND)
        return TRUTH_TRUE;
    place = &m->captures[s->leaf->captures];
    if (*place == NULL)
        *place = arena_alloc(&s->e->work, sizeof(**place));
    if (s->found.set)
        s->found.matched = matched_text(s);
    if (*place == NULL || (s->found.set && s->found.matched.ptr == NULL))
        return eval_stop_memory(s->e);
    **place = s->found;
    (*place)->recipient = s->at->recipient;
    return TRUTH_TRUE;
}

static void trace(const struct search *s)
{
    const struct eval_trace *trace = s->e->options.trace;
    bool running = s->leaf->kind == LEAF_RUNNING;
    struct eval_hit hit = {.final = s->e->before != NULL,
                           .rule = s->at->rule,
                           .question = running ? SLICE_NOT_FOUND : s->leaf->index,
                           .field = s->leaf->field,
                           .name = s->leaf->name,
                           .value = s->value.text,
                           .end = s->value.text.len,
                           .list = s->found.set ? s->found.list : (struct listing){.entry = NULL}};
    char number[32];

    if (trace == NULL || trace->hit == NULL)
        return;
    if (field_get(s->leaf->field)->type == FIELD_TYPE_NUMBER) {
        int len = snprintf(number, sizeof(number), "%.10g", s->value.number);

        hit.value = slice_make(number, len > 0 ? (size_t)len : 0);
        hit.end = hit.value.len;
    } else if (s->found.set && s->found.match.count > 0) {
        hit.start = (size_t)(s->found.match.groups[0].ptr - s->value.text.ptr);
        hit.end = hit.start + s->found.match.groups[0].len;
    }
    if (field_get(s->leaf->field)->of_content)
        hit.item = facts_mime_item(s->e, s->leaf->field, s->progress->cursor);
    else
        hit.origin = facts_header_field(s->e, hit.value);
    trace->hit(trace->ctx, &hit);
}

static enum truth judge_values(struct search *s)
{
    const struct leaf_set *set = s->leaf->set;
    struct progress *p = s->progress;

    for (;;) {
        size_t cursor;
        enum truth result;
        int got;

        if (set != NULL && !go_to_seen(s))
            return TRUTH_FALSE;
        cursor = p->cursor;
        got = facts_value(s->e, s->leaf, s->at, &cursor, &s->value);
        if (got == FACTS_UNREAD)
            return TRUTH_FAILED;
        if (got < 0)
            return eval_stop_memory(s->e);
        if (got == 0)
            return TRUTH_FALSE;
        result = set != NULL && answered_unseen(s) ? TRUTH_TRUE : judge_value(s);
        if (result == TRUTH_TRUE) {
            trace(s);
            return keep(s);
        }
        if (result != TRUTH_FALSE)
            return result;
        if (set != NULL)
            sightings_pass(&p->seeing, p->cursor);
        p->cursor = cursor;
        p->test = 0;
    }
}

struct listing match_listing(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                             const struct value *value)
{
    struct progress progress = {.leaf = leaf};
    struct search s;

    s.e = e;
    s.leaf = leaf;
    s.at = at;
    s.pausable = false;
    s.progress = &progress;
    s.value = *value;
    forget_found(&s);
    for (size_t i = 0; i < leaf->test_count; i++) {
        const struct test *test = &leaf->tests[i];

        progress.place = (struct list_cursor){0};
        if (test->kind == MATCHER_LIST && test_list(&s, test) == TRUTH_TRUE)
            return s.found.list;
    }
    return (struct listing){.entry = NULL};
}

static enum truth judge_missing(struct eval *e, const struct leaf *leaf)
{
    int missing = facts_header_missing(e, leaf);

    return missing < 0 ? eval_stop_memory(e) : truth_of(missing > 0);
}

enum truth match_leaf(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                      bool pausable)
{
    const struct recipient *recipient = leaf->kind == LEAF_RECIPIENT ? at->recipient : NULL;
    struct progress fresh; /* not cleared whole, nor is the search: both are large, and each test */
    struct search s;       /* sets what it needs of them */
    enum truth result;

    if (leaf->field == FIELD_MISSING_HEADER)
        return judge_missing(e, leaf);
    s.e = e;
    s.leaf = leaf;
    s.at = at;
    s.pausable = pausable;
    s.progress = &fresh;
    s.found.recipient = NULL;
    fresh.leaf = leaf;
    fresh.recipient = recipient;
    fresh.cursor = fresh.test = 0;
    fresh.begun = false;
    if (leaf->set != NULL) {
        result = sightings_make(e, leaf, at, pausable);
        if (result != TRUTH_OPEN)
            return result;
        fresh.seeing = sightings_begin(e, leaf);
    }
    if (pausable && e->m->progress.leaf == leaf && e->m->progress.recipient == recipient) {
        fresh = e->m->progress;
        e->m->progress.leaf = NULL;
    }
    result = judge_values(&s);
    if (result == TRUTH_STOP && e->stop == STOP_MORE)
        e->m->progress = fresh;
    return result;
}
