/* Strings side by side, which libconfig reads as one. */
#include "conf/read/syntax_private.h"
#include "filters/base/utf8.h"

#define SHOWN_MAX 60 /* bytes of a string that is shown */

/* What the walk through the text knows. */
struct walk {
    const struct source *source;
    struct diag *diag;
    struct token before, token;
    char open[SYNTAX_DEPTH_MAX]; /* brackets; deeper ones are not looked into */
    size_t depth;
    bool joined; /* ${before} is a part of another already */
};

static void take_mark(struct walk *w)
{
    if (strchr("([{", *w->token.text.ptr) != NULL) {
        if (w->depth < SYNTAX_DEPTH_MAX)
            w->open[w->depth] = *w->token.text.ptr;
        w->depth++;
    } else if (strchr(")]}", *w->token.text.ptr) != NULL && w->depth > 0)
        w->depth--;
}

static bool in_list(const struct walk *w)
{
    return w->depth > 0 && w->depth <= SYNTAX_DEPTH_MAX && w->open[w->depth - 1] != '{';
}

/* A single value that goes on in the next line was meant so. */
static bool is_doubtful(const struct walk *w)
{
    return in_list(w) || w->token.line == w->before.line + token_lines(&w->before);
}

static void warn(struct walk *w)
{
    struct slice one = utf8_cut(w->before.text, SHOWN_MAX);
    struct slice other = utf8_cut(w->token.text, SHOWN_MAX);

    diag_add(w->diag, DIAG_WARNING, source_place(w->source, w->token.line),
             "%.*s and %.*s stand side by side, and so are read as one text: %s", SLICE_ARG(one),
             SLICE_ARG(other),
             in_list(w) ? "is a ',' missing between them?"
                        : "several values are a list, [ \"...\", \"...\" ]");
}

static void take(struct walk *w)
{
    bool joins = w->token.kind == TOKEN_STRING && w->before.kind == TOKEN_STRING;

    if (w->token.kind == TOKEN_MARK)
        take_mark(w);
    if (joins && !w->joined && is_doubtful(w))
        warn(w);
    w->joined = joins;
}

void syntax_join(const struct source *source, struct diag *diag)
{
    struct slice text = bytes_slice(&source->text);
    struct token_scan scan = {slice_first(text, slice_find(text, '\0')), 1};
    struct walk w = {.source = source, .diag = diag};

    for (w.token = token_next(&scan); w.token.kind != TOKEN_END; w.token = token_next(&scan)) {
        take(&w);
        w.before = w.token;
    }
}
