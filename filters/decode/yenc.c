/* yenc: see yenc.h. */
#include "filters/decode/yenc.h"

/* What stands behind "name=" at the end of ${line}. */
static bool name_of(struct slice line, struct slice *name)
{
    static const char mark[] = " name=";
    const char *found = memmem(line.ptr, line.len, mark, sizeof(mark) - 1);

    if (found == NULL)
        return false;
    *name = slice_from(line, (size_t)(found - line.ptr) + sizeof(mark) - 1);
    while (name->len > 0 && ascii_is_space(name->ptr[name->len - 1]))
        name->len--;
    return name->len > 0;
}

bool yenc_next(struct slice text, size_t *at, struct slice *name)
{
    static const char mark[] = "=ybegin ";

    while (*at < text.len) {
        struct slice rest = slice_from(text, *at);
        const char *found = memmem(rest.ptr, rest.len, mark, sizeof(mark) - 1);
        struct slice line;
        size_t start;

        if (found == NULL)
            return false;
        start = (size_t)(found - text.ptr);
        line = slice_from(text, start);
        line = slice_first(line, slice_find(line, '\n'));
        *at = start + line.len;
        if ((start == 0 || text.ptr[start - 1] == '\n') && name_of(line, name))
            return true;
    }
    return false;
}
