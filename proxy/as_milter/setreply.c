/* setreply: see setreply.h. */
#include "proxy/as_milter/setreply.h"

#define CODE_DIGITS 3

/* ${line} without its code and, if it begins so, without ${enhanced}. */
static struct slice text_of(struct slice line, struct slice enhanced)
{
    line = slice_from(line, CODE_DIGITS + 1);
    if (enhanced.len > 0 && slice_starts(line, enhanced)) {
        line = slice_from(line, enhanced.len);
        if (slice_starts(line, SLICE(" ")))
            line = slice_from(line, 1);
    }
    return line;
}

static const char *escaped(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, SETREPLY_LINE_MAX + 1);
    size_t len = 0;

    for (size_t i = 0; out != NULL && i < text.len; i++) {
        size_t width = text.ptr[i] == '%' ? 2 : 1;

        if (len + width > SETREPLY_LINE_MAX)
            break;
        memset(out + len, text.ptr[i], width);
        len += width;
    }
    return out;
}

int setreply_make(struct reply reply, struct arena *arena, struct setreply *out)
{
    struct slice wire = reply.wire;
    struct slice first = slice_from(reply_first_line(wire), CODE_DIGITS + 1);
    struct slice enhanced = reply_split(first).enhanced;
    size_t count = 0;

    *out = (struct setreply){.code = arena_format(arena, "%03d", reply.code).ptr};
    if (enhanced.len > 0)
        out->enhanced = arena_copy(arena, enhanced).ptr;
    while (wire.len > 0 && count < SETREPLY_LINES_MAX) {
        size_t end = slice_find(wire, '\r');

        out->lines[count] = escaped(arena, text_of(slice_first(wire, end), enhanced));
        if (out->lines[count++] == NULL)
            return -1;
        wire = end == SLICE_NOT_FOUND ? SLICE_NONE : slice_from(wire, end + 2);
    }
    return out->code != NULL && (enhanced.len == 0 || out->enhanced != NULL) ? 0 : -1;
}
