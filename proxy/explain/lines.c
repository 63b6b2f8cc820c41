/* lines: see lines.h. */
#include "proxy/explain/lines.h"

struct lines lines_begin(struct slice message)
{
    return (struct lines){.message = message, .line = 1};
}

static size_t count(const char *from, const char *to)
{
    size_t ends = 0;

    while (from < to && (from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
        ends++;
        from++;
    }
    return ends;
}

size_t lines_at(struct lines *lines, const char *at)
{
    uintptr_t first = (uintptr_t)lines->message.ptr, wanted = (uintptr_t)at;
    const char *text = lines->message.ptr;
    size_t offset;

    if (at == NULL || wanted < first || wanted > first + lines->message.len)
        return 0;
    offset = wanted - first;
    if (offset == lines->message.len && offset > 0)
        offset--;
    if (offset < lines->offset)
        *lines = lines_begin(lines->message);
    lines->line += count(text + lines->offset, text + offset);
    lines->offset = offset;
    return lines->line;
}

size_t lines_last(struct lines *lines, struct slice text)
{
    return lines_at(lines, text.len > 0 ? text.ptr + text.len - 1 : text.ptr);
}

struct slice lines_next(struct slice *text)
{
    size_t end = slice_find(*text, '\n');
    struct slice line = slice_first(*text, end);

    *text = end == SLICE_NOT_FOUND ? SLICE_NONE : slice_from(*text, end + 1);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}
