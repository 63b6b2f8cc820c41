/* body_diff: see body_diff.h. */
#include "proxy/explain/body_diff.h"

static int lines_of(struct slice body, struct diff_side *out, struct arena *arena)
{
    size_t count = 1;
    struct slice *lines;

    for (size_t i = 0; i < body.len; i++)
        count += body.ptr[i] == '\n';
    lines = arena_alloc(arena, count * sizeof(*lines));
    if (lines == NULL)
        return -1;
    *out = (struct diff_side){.lines = lines};
    while (body.len > 0) {
        size_t end = slice_find(body, '\n');
        struct slice line = slice_first(body, end);

        if (end != SLICE_NOT_FOUND && end > 0 && line.ptr[end - 1] == '\r')
            line.len--;
        lines[out->count++] = line;
        body = end != SLICE_NOT_FOUND ? slice_from(body, end + 1) : SLICE_NONE;
    }
    return 0;
}

/* How many lines both have in common at their beginning, or after those at their end. */
static size_t common(const struct diff_side *a, const struct diff_side *b, size_t head, bool end)
{
    size_t most = (a->count < b->count ? a->count : b->count) - head;
    size_t n = 0;

    while (n < most &&
           slice_equal(a->lines[end ? a->count - 1 - n : n], b->lines[end ? b->count - 1 - n : n]))
        n++;
    return n;
}

/* The longest common subsequence of ${a} and ${b}: lines of ${out}, which are ${b}'s, become those
 * of ${a} where they are in it. */
static int share_middle(const struct diff_side *a, const struct diff_side *b, struct slice *out,
                        struct arena *arena)
{
    size_t width = b->count + 1;
    uint16_t *longest = arena_alloc(arena, (a->count + 1) * width * sizeof(*longest));
    size_t i = 0, j = 0;

    if (longest == NULL)
        return -1;
    for (size_t k = a->count * width; k-- > 0;) {
        size_t row = k / width, column = k % width;
        uint16_t down = longest[(row + 1) * width + column];
        uint16_t right;

        if (column == b->count)
            continue;
        right = longest[row * width + column + 1];
        longest[k] = slice_equal(a->lines[row], b->lines[column])
                         ? (uint16_t)(longest[(row + 1) * width + column + 1] + 1)
                         : (down > right ? down : right);
    }
    while (i < a->count && j < b->count) {
        if (slice_equal(a->lines[i], b->lines[j]))
            out[j++] = a->lines[i++];
        else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1])
            i++;
        else
            j++;
    }
    return 0;
}

/* To a diff lines are the same when they are the same bytes: so become those of ${after} that were
 * left as they were. 1, 0 when too much has changed to say, -1 when the arena is full. */
static int share(const struct diff_side *before, struct diff_side *after, struct arena *arena)
{
    size_t head = common(before, after, 0, false);
    size_t tail = common(before, after, head, true);
    struct diff_side old = {before->lines + head, before->count - head - tail};
    struct diff_side new = {after->lines + head, after->count - head - tail};
    struct slice *lines = arena_alloc(arena, after->count * sizeof(*lines));

    if (old.count > BODY_DIFF_LINES_MAX || new.count > BODY_DIFF_LINES_MAX)
        return 0;
    if (lines == NULL)
        return -1;
    if (head > 0)
        memcpy(lines, before->lines, head * sizeof(*lines));
    if (new.count > 0)
        memcpy(lines + head, new.lines, new.count * sizeof(*lines));
    if (tail > 0)
        memcpy(lines + head + new.count, before->lines + before->count - tail,
               tail * sizeof(*lines));
    if (share_middle(&old, &new, lines + head, arena) < 0)
        return -1;
    after->lines = lines;
    return 1;
}

int body_diff_make(struct body_diff *diff, struct slice old, struct slice new, struct arena *arena)
{
    struct diff_side before, after;
    int shared;

    *diff = (struct body_diff){.before = 0};
    if (lines_of(old, &before, arena) < 0 || lines_of(new, &after, arena) < 0)
        return -1;
    diff->before = before.count;
    diff->after = after.count;
    shared = share(&before, &after, arena);
    return shared > 0 ? diff_make(&diff->diff, &before, &after, arena) : shared;
}
