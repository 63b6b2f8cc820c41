/* alignment: see alignment.h. */
#include "proxy/explain/alignment.h"

#define SEARCH_BLOCK_BYTES 65536
#define SEARCH_BYTES_MAX   ((size_t)16 << 20) /* what all edits take, twice */

/* A way through both texts goes along diagonals: on number ${k} it has read ${k} lines more of
 * ${before} than of ${after}, and each edit leads to the next or the last one. */
struct search {
    struct diff_side before, after; /* without the lines that both begin and end with */
    struct arena arena;
    int32_t *reach[ALIGNMENT_EDITS_MAX + 1]; /* after so many edits, on each diagonal from -edits to
                                              * edits, the most lines of ${before} that are read */
};

static bool same(const struct search *s, long x, long y)
{
    return (size_t)x < s->before.count && (size_t)y < s->after.count &&
           slice_equal(s->before.lines[x], s->after.lines[y]);
}

/* -1: nothing leads there. */
static long reach(const struct search *s, long edits, long k)
{
    return edits >= 0 && k >= -edits && k <= edits ? s->reach[edits][k + edits] : -1;
}

/* Whether the last of ${edits} edits that lead to diagonal ${k} has added a line. */
static bool adds(const struct search *s, long edits, long k)
{
    return reach(s, edits - 1, k + 1) > reach(s, edits - 1, k - 1);
}

/* Where that edit has led to, before the lines that follow it in both. */
static long arrival(const struct search *s, long edits, long k)
{
    if (edits == 0)
        return 0;
    return adds(s, edits, k) ? reach(s, edits - 1, k + 1) : reach(s, edits - 1, k - 1) + 1;
}

/* One edit more. 1: that leads to both ends; 0: not yet; -1: the arena is full. */
static int extend(struct search *s, long edits)
{
    int32_t *now = arena_alloc(&s->arena, (size_t)(2 * edits + 1) * sizeof(*now));

    if (now == NULL)
        return -1;
    s->reach[edits] = now;
    for (long k = -edits; k <= edits; k += 2) {
        long x = arrival(s, edits, k);

        while (same(s, x, x - k))
            x++;
        now[k + edits] = (int32_t)x;
        if (x >= (long)s->before.count && x - k >= (long)s->after.count)
            return 1;
    }
    return 0;
}

/* The marked lines, from the last to the first, on the way that was found. */
struct writer {
    struct diff_line *lines;
    size_t count;
};

static void put(struct writer *w, char mark, struct slice text)
{
    w->lines[--w->count] = (struct diff_line){mark, text};
}

static void write_way(const struct search *s, long edits, struct writer *w)
{
    long x = (long)s->before.count, y = (long)s->after.count;

    for (; edits >= 0; edits--) {
        long k = x - y, came = arrival(s, edits, k);

        for (; x > came; y--)
            put(w, ' ', s->before.lines[--x]);
        if (edits > 0 && adds(s, edits, k))
            put(w, '+', s->after.lines[--y]);
        else if (edits > 0)
            put(w, '-', s->before.lines[--x]);
    }
}

/* The lines that differ; as alignment_diff. */
static int write_middle(struct search *s, struct writer *w)
{
    int found = 0;
    long edits = -1;

    while (found == 0 && edits < ALIGNMENT_EDITS_MAX)
        found = extend(s, ++edits);
    if (found > 0)
        write_way(s, edits, w);
    return found;
}

static size_t common(const struct diff_side *a, const struct diff_side *b)
{
    size_t count = 0;

    while (count < a->count && count < b->count && slice_equal(a->lines[count], b->lines[count]))
        count++;
    return count;
}

static size_t common_tail(const struct diff_side *a, const struct diff_side *b, size_t head)
{
    size_t count = 0;

    while (head + count < a->count && head + count < b->count &&
           slice_equal(a->lines[a->count - 1 - count], b->lines[b->count - 1 - count]))
        count++;
    return count;
}

/* Marks all lines of both; as alignment_diff. */
static int mark(struct search *s, const struct diff_side *before, size_t head, size_t tail,
                struct writer *w)
{
    int found;

    for (size_t i = 0; i < tail; i++)
        put(w, ' ', before->lines[before->count - 1 - i]);
    found = write_middle(s, w);
    for (size_t i = head; found > 0 && i > 0; i--)
        put(w, ' ', before->lines[i - 1]);
    return found;
}

int alignment_diff(struct diff *diff, const struct diff_side *before, const struct diff_side *after,
                   struct arena *arena)
{
    size_t room = before->count + after->count + 1;
    size_t head = common(before, after), tail = common_tail(before, after, head);
    struct writer w = {arena_alloc(arena, room * sizeof(*w.lines)), room};
    struct search s = {
        .before = {before->lines + head, before->count - head - tail},
        .after = {after->lines + head, after->count - head - tail},
    };
    int found;

    *diff = (struct diff){.count = 0};
    if (w.lines == NULL)
        return -1;
    arena_init(&s.arena, SEARCH_BLOCK_BYTES, SEARCH_BYTES_MAX);
    found = mark(&s, before, head, tail, &w);
    arena_fini(&s.arena);
    if (found > 0 && diff_hunks(diff, w.lines + w.count, room - w.count, arena) != 0)
        return -1;
    return found;
}
