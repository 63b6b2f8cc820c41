/* diff: see diff.h. */
#include "proxy/explain/diff.h"

struct writer {
    struct diff_line *lines; /* room for all */
    size_t count;
};

static void put(struct writer *writer, char mark, struct slice text)
{
    writer->lines[writer->count++] = (struct diff_line){mark, text};
}

static bool same(struct slice a, struct slice b)
{
    return a.ptr == b.ptr && a.len == b.len;
}

/* Where ${line} stands among the lines from ${start} on, or SLICE_NOT_FOUND. */
static size_t find(const struct diff_side *side, size_t start, struct slice line)
{
    for (size_t i = start; i < side->count; i++)
        if (same(side->lines[i], line))
            return i;
    return SLICE_NOT_FOUND;
}

/* The next line that both sides share: where it stands before and after, or both ends. */
static void next_shared(const struct diff_side *before, const struct diff_side *after, size_t *i,
                        size_t *j)
{
    for (; *j < after->count; ++*j) {
        size_t at = find(before, *i, after->lines[*j]);

        if (at != SLICE_NOT_FOUND) {
            *i = at;
            return;
        }
    }
    *i = before->count;
}

/* What went and what came in its place. Lines at both ends that were only written anew say nothing.
 */
static void put_block(struct writer *writer, struct diff_side went, struct diff_side came)
{
    size_t tail = 0;

    while (went.count > 0 && came.count > 0 && slice_equal(*went.lines, *came.lines)) {
        put(writer, ' ', *went.lines++);
        came.lines++;
        went.count--;
        came.count--;
    }
    while (tail < went.count && tail < came.count &&
           slice_equal(went.lines[went.count - 1 - tail], came.lines[came.count - 1 - tail]))
        tail++;
    for (size_t i = 0; i < went.count - tail; i++)
        put(writer, '-', went.lines[i]);
    for (size_t i = 0; i < came.count - tail; i++)
        put(writer, '+', came.lines[i]);
    for (size_t i = went.count - tail; i < went.count; i++)
        put(writer, ' ', went.lines[i]);
}

/* All lines of both sides, marked. */
static void merge(struct writer *writer, const struct diff_side *before,
                  const struct diff_side *after)
{
    size_t i = 0, j = 0;

    while (i < before->count || j < after->count) {
        size_t shared_i = i, shared_j = j;

        next_shared(before, after, &shared_i, &shared_j);
        put_block(writer, (struct diff_side){before->lines + i, shared_i - i},
                  (struct diff_side){after->lines + j, shared_j - j});
        if (shared_j < after->count)
            put(writer, ' ', before->lines[shared_i]);
        i = shared_i + 1;
        j = shared_j + 1;
    }
}

/* The end of the hunk that begins at ${start}: past the context behind its last change. */
static size_t hunk_end(const struct diff_line *lines, size_t count, size_t start)
{
    size_t quiet = 0;
    size_t i = start;

    for (; i < count && quiet <= 2 * DIFF_CONTEXT; i++)
        quiet = lines[i].mark == ' ' ? quiet + 1 : 0;
    return quiet > DIFF_CONTEXT ? i - (quiet - DIFF_CONTEXT) : i;
}

/* "@@ -first,count +first,count @@" for the lines from ${start} to ${end}. */
static struct slice head(const struct diff_line *lines, size_t start, size_t end,
                         struct arena *arena)
{
    size_t first[2] = {1, 1}, count[2] = {0, 0};

    for (size_t i = 0; i < end; i++) {
        size_t *counter = i < start ? first : count;

        counter[0] += lines[i].mark != '+';
        counter[1] += lines[i].mark != '-';
    }
    return arena_format(arena, "@@ -%zu,%zu +%zu,%zu @@", first[0] - (count[0] == 0), count[0],
                        first[1] - (count[1] == 0), count[1]);
}

/* Cuts the marked lines into hunks. Returns 0 or -1. */
static int cut(struct writer *writer, const struct diff_line *lines, size_t count,
               struct arena *arena)
{
    size_t shown = 0;

    for (size_t i = 0; i < count; i++) {
        size_t start, end;
        struct slice text;

        if (lines[i].mark == ' ')
            continue;
        start = i > shown + DIFF_CONTEXT ? i - DIFF_CONTEXT : shown;
        end = hunk_end(lines, count, i);
        text = head(lines, start, end, arena);
        if (text.ptr == NULL)
            return -1;
        put(writer, '@', text);
        for (size_t j = start; j < end; j++)
            put(writer, lines[j].mark, lines[j].text);
        shown = end;
        i = end - 1;
    }
    return 0;
}

int diff_hunks(struct diff *diff, const struct diff_line *lines, size_t count, struct arena *arena)
{
    struct writer hunks = {arena_alloc(arena, 2 * (count + 1) * sizeof(*hunks.lines)), 0};

    *diff = (struct diff){.count = 0};
    if (hunks.lines == NULL || cut(&hunks, lines, count, arena) < 0)
        return -1;
    *diff = (struct diff){hunks.lines, hunks.count};
    return 0;
}

int diff_make(struct diff *diff, const struct diff_side *before, const struct diff_side *after,
              struct arena *arena)
{
    size_t room = before->count + after->count + 1;
    struct writer all = {arena_alloc(arena, room * sizeof(*all.lines)), 0};

    *diff = (struct diff){.count = 0};
    if (all.lines == NULL)
        return -1;
    merge(&all, before, after);
    return diff_hunks(diff, all.lines, all.count, arena);
}
