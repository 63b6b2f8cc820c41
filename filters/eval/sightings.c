/* sightings: see sightings.h. */
#include "filters/eval/sightings.h"

#include "filters/eval/budget.h"

#define SCAN_BYTES 65536 /* between two looks at the clock */

/* That a literal of a test was seen. */
struct sighting {
    const struct sighting *next; /* of the same leaf */
    size_t cursor, place;        /* the value; the literal's offset in it */
    uint32_t test;               /* its number in the set */
};

/* What is seen for a leaf, in the order of values. */
struct seen_leaf {
    const struct sighting *first;
    struct sighting *last;
    size_t count;
    bool open; /* from the value at ${open_cursor} on nothing is kept: all counts as seen */
    size_t open_cursor;
};

struct sightings {
    bool done;
    size_t cursor, offset; /* how far the scan is */
    size_t line;           /* of a body: where the line under way begins */
    size_t count;
    struct seen_leaf *leaves; /* by number in the set */
    struct sighting **latest; /* of each test, by its number in the set */
};

/* --- scanning --------------------------------------------------------------------------------- */

struct scan {
    struct eval *e;
    const struct leaf *leaf;
    struct sightings *found;
    bool of_lines; /* the values are the lines of one text, which is scanned as a whole */
    bool failed;   /* memory was out */
};

static struct sighting *add(struct scan *scan, struct seen_leaf *seen, const struct sighting *what)
{
    struct sighting *made = arena_alloc(&scan->e->work, sizeof(*made));

    if (made == NULL)
        return NULL;
    *made = *what;
    if (seen->last != NULL)
        seen->last->next = made;
    else
        seen->first = made;
    seen->last = made;
    seen->count++;
    scan->found->count++;
    return made;
}

/* Notes that test number ${number} of the set is seen at ${place} of the value at ${cursor}. */
static void note(struct scan *scan, size_t cursor, size_t place, uint32_t number)
{
    struct sightings *found = scan->found;
    const struct leaf_set *set = scan->leaf->set;
    struct seen_leaf *seen = &found->leaves[set->leaf_of[number]];
    struct sighting **latest = &found->latest[number];

    if (seen->open || (*latest != NULL && (*latest)->cursor == cursor &&
                       place < (*latest)->place + SIGHTING_BYTES))
        return;
    if (seen->count == SIGHTINGS_LEAF || found->count == SIGHTINGS_MAX) {
        seen->open = true;
        seen->open_cursor = cursor;
        return;
    }
    *latest = add(scan, seen, &(struct sighting){.cursor = cursor, .place = place, .test = number});
    scan->failed = scan->failed || *latest == NULL;
}

/* The start of the line in which ${at} is; it is asked for in order. */
static size_t line_of(struct scan *scan, size_t at)
{
    struct slice body = scan->e->m->body;
    size_t *line = &scan->found->line;

    for (;;) {
        size_t end = slice_find(slice_make(body.ptr + *line, at - *line), '\n');

        if (end == SLICE_NOT_FOUND)
            return *line;
        *line += end + 1;
    }
}

/* For pattern_set_scan. */
static void see(void *ctx, size_t at, uint32_t number)
{
    struct scan *scan = ctx;
    size_t cursor = scan->found->cursor;

    if (scan->of_lines) {
        cursor = line_of(scan, at);
        at -= cursor;
    }
    note(scan, cursor, at, number);
}

/* There may be values behind those at hand that cannot be read: whoever asks comes to them. */
static void leave_open(struct scan *scan)
{
    struct sightings *found = scan->found;

    for (size_t i = 0; i < scan->leaf->set->leaf_count; i++) {
        if (found->leaves[i].open)
            continue;
        found->leaves[i].open = true;
        found->leaves[i].open_cursor = found->cursor;
    }
}

/* The value at ${cursor}, which is moved to the next: as facts_value. */
static int next_value(struct scan *scan, const struct standpoint *at, size_t *cursor,
                      struct slice *text)
{
    struct value value;
    int got;

    if (scan->of_lines) {
        *text = scan->e->m->body;
        return (*cursor)++ == 0 && text->len > 0;
    }
    got = facts_value(scan->e, scan->leaf, at, cursor, &value);
    if (got > 0)
        *text = value.text;
    return got;
}

/* Scans up to SCAN_BYTES. Returns how many there were; 0 when there is no more. */
static size_t scan_some(struct scan *scan, const struct standpoint *at)
{
    struct sightings *found = scan->found;
    size_t bytes = 0;

    while (bytes < SCAN_BYTES && !scan->failed) {
        size_t next = found->cursor, end;
        struct slice text;
        int got = next_value(scan, at, &next, &text);

        if (got == FACTS_UNREAD)
            leave_open(scan);
        scan->failed = got < 0 && got != FACTS_UNREAD;
        found->done = got <= 0;
        if (got <= 0)
            break;
        end = found->offset + (SCAN_BYTES - bytes);
        pattern_set_scan(scan->leaf->set->patterns, text, found->offset, end, see, scan);
        if (end < text.len) {
            found->offset = end;
            return SCAN_BYTES;
        }
        bytes += text.len - found->offset + 1;
        found->cursor = next;
        found->offset = 0;
    }
    return bytes;
}

static struct sightings *create(struct eval *e, const struct leaf_set *set)
{
    struct sightings *found = arena_alloc(&e->work, sizeof(*found));

    if (found == NULL)
        return NULL;
    found->leaves = arena_alloc(&e->work, set->leaf_count * sizeof(*found->leaves));
    found->latest = arena_alloc(&e->work, set->test_count * sizeof(*found->latest));
    return found->leaves != NULL && found->latest != NULL ? found : NULL;
}

enum truth sightings_make(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                          bool pausable)
{
    struct sightings **found = &e->m->sightings[leaf->set->index];
    struct scan scan = {.e = e, .leaf = leaf, .of_lines = leaf->field == FIELD_RAW_BODY};

    if (*found == NULL)
        *found = create(e, leaf->set);
    if (*found == NULL)
        return eval_stop_memory(e);
    scan.found = *found;
    while (!scan.found->done) {
        enum truth allowed = budget_allows(e, at, pausable);
        size_t bytes;

        if (allowed != TRUTH_OPEN)
            return allowed;
        budget_share(e);
        bytes = scan_some(&scan, at);
        if (scan.failed)
            return eval_stop_memory(e);
        if (bytes > 0 && budget_charge(e, bytes, pausable) != 0)
            return TRUTH_STOP;
    }
    return TRUTH_OPEN;
}

/* --- seeing ----------------------------------------------------------------------------------- */

static const struct seen_leaf *seen_of(const struct eval *e, const struct leaf *leaf)
{
    return &e->m->sightings[leaf->set->index]->leaves[leaf->set_leaf];
}

struct seeing sightings_begin(const struct eval *e, const struct leaf *leaf)
{
    return (struct seeing){.next = seen_of(e, leaf)->first};
}

bool sightings_go(const struct eval *e, const struct leaf *leaf, struct seeing *seeing,
                  size_t *cursor)
{
    const struct seen_leaf *seen = seen_of(e, leaf);

    if (seeing->all)
        return true;
    if (seeing->next == NULL && !seen->open)
        return false;
    *cursor = seeing->next != NULL ? seeing->next->cursor : seen->open_cursor;
    return sightings_here(e, leaf, seeing, *cursor);
}

bool sightings_here(const struct eval *e, const struct leaf *leaf, struct seeing *seeing,
                    size_t cursor)
{
    const struct seen_leaf *seen = seen_of(e, leaf);

    seeing->all = seeing->all || (seen->open && seen->open_cursor == cursor);
    return seeing->all || (seeing->next != NULL && seeing->next->cursor == cursor);
}

void sightings_pass(struct seeing *seeing, size_t cursor)
{
    while (seeing->next != NULL && seeing->next->cursor == cursor)
        seeing->next = seeing->next->next;
}

size_t sightings_start(const struct leaf *leaf, const struct seeing *seeing, uint32_t test,
                       size_t offset)
{
    const struct pattern_set *patterns = leaf->set->patterns;
    size_t number = leaf->set_test + test;
    const struct sighting *first = seeing->next;
    size_t ahead;

    if (seeing->all || !pattern_set_holds(patterns, number))
        return offset;
    ahead = pattern_set_ahead(patterns, number);
    for (const struct sighting *s = first; s != NULL && s->cursor == first->cursor; s = s->next) {
        if (s->test != number)
            continue;
        if (ahead == SIZE_MAX || (offset < s->place + SIGHTING_BYTES && offset + ahead >= s->place))
            return offset;
        if (offset < s->place)
            return s->place - ahead;
    }
    return SLICE_NOT_FOUND;
}
