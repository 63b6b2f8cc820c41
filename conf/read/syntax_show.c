/* A syntax error that nothing better is known of: the line, with a mark under the place. */
#include "conf/read/syntax_private.h"

#define SHOWN_MAX  72 /* bytes of a line that is shown */
#define SHOWN_BACK 48 /* ... in front of the token in it */

/* A window of the line that holds ${at}, and how far in ${at} stands. */
static struct slice line_around(struct slice text, const char *at, size_t *column)
{
    const char *begin = at, *end = at;

    while (begin > text.ptr && begin[-1] != '\n' && at - begin < SHOWN_BACK)
        begin--;
    while (end < text.ptr + text.len && *end != '\n' && end - begin < SHOWN_MAX)
        end++;
    *column = (size_t)(at - begin);
    return slice_make(begin, (size_t)(end - begin));
}

/* Where that line begins; the end of the text when it has fewer. */
static const char *line_at(struct slice text, unsigned line)
{
    size_t at = 0;

    for (; line > 1 && at < text.len; at++)
        line -= text.ptr[at] == '\n';
    return text.ptr + at;
}

void syntax_show(struct syntax *s)
{
    bool found = s->token.kind != TOKEN_END;
    unsigned line = found ? s->token.line : s->error->line;
    struct place place = source_place(s->source, line);
    char shown[SHOWN_MAX + 1];
    size_t column;
    struct slice text =
        line_around(s->text, found ? s->token.text.ptr : line_at(s->text, s->error->line), &column);

    diag_add(s->diag, DIAG_ERROR, place,
             "%s: a semicolon, bracket or quote may be missing here or just before",
             s->error->text);
    memcpy(shown, text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++)
        if (shown[i] == '\t' || shown[i] == '\r')
            shown[i] = ' ';
    diag_add(s->diag, DIAG_NOTE, place, "  %.*s", (int)text.len, shown);
    if (found)
        diag_add(s->diag, DIAG_NOTE, place, "  %*s^", (int)column, "");
}
