/* body_diff: see body_diff.h. */
#include "proxy/explain/body_diff.h"

#include "proxy/explain/alignment.h"
#include "proxy/explain/lines.h"

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
    while (body.len > 0)
        lines[out->count++] = lines_next(&body);
    return 0;
}

int body_diff_make(struct body_diff *diff, struct slice old, struct slice new, struct arena *arena)
{
    struct diff_side before, after;

    *diff = (struct body_diff){.before = 0};
    if (lines_of(old, &before, arena) < 0 || lines_of(new, &after, arena) < 0)
        return -1;
    diff->before = before.count;
    diff->after = after.count;
    return alignment_diff(&diff->diff, &before, &after, arena) < 0 ? -1 : 0;
}
