/* syntax: see syntax.h. One token at a time against the grammar:
 *
 *   group    = { NAME ("=" | ":") value [";" | ","] }      the whole file is one, without braces
 *   value    = STRING... | NUMBER | BOOLEAN | "{" group "}" | "(" [value {"," value}] ")"
 *            | "[" [scalar {"," scalar}] "]"
 */
#include "conf/read/syntax.h"

#include "conf/read/syntax_private.h"

/* --- brackets --- */

static struct syntax_frame *top(struct syntax *s)
{
    return &s->frames[s->depth];
}

static bool in_group(struct syntax *s)
{
    return top(s)->open == '{' || s->depth == 0;
}

static char closing(char open)
{
    switch (open) {
    case '{': return '}';
    case '(': return ')';
    case '[': return ']';
    default: return '\0';
    }
}

/* false: deeper than anything sensible. */
static bool open_frame(struct syntax *s)
{
    if (s->depth + 1 == SYNTAX_DEPTH_MAX)
        return false;
    s->depth++;
    *top(s) = (struct syntax_frame){
        .open = *s->token.text.ptr, .line = s->token.line, .setting = s->name.text};
    s->expected = in_group(s) ? SYNTAX_NAME : SYNTAX_FIRST_VALUE;
    return true;
}

static void close_frame(struct syntax *s)
{
    s->name.text = top(s)->setting;
    s->depth--;
    s->expected = SYNTAX_AFTER_VALUE;
}

static bool closes(struct syntax *s)
{
    char wanted = closing(top(s)->open);

    return wanted != '\0' && token_is(&s->token, wanted);
}

/* --- values --- */

/* All of an array are of one kind. */
static bool fits_array(struct syntax *s)
{
    struct syntax_frame *array = top(s);
    bool fits = !array->filled || array->kind == s->token.kind;

    array->filled = true;
    array->kind = s->token.kind;
    return fits;
}

static bool take_scalar(struct syntax *s)
{
    if (top(s)->open == '[' && !fits_array(s))
        return false;
    s->expected = SYNTAX_AFTER_VALUE;
    return true;
}

static bool take_value(struct syntax *s)
{
    const struct token *token = &s->token;
    bool opens = token_is(token, '{') || token_is(token, '(') || token_is(token, '[');

    if (s->expected == SYNTAX_FIRST_VALUE && closes(s)) {
        close_frame(s);
        return true;
    }
    if (opens)
        return top(s)->open != '[' && open_frame(s);
    switch (token->kind) {
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_BOOLEAN: return take_scalar(s);
    case TOKEN_END:
    case TOKEN_NAME:
    case TOKEN_OPEN_STRING:
    case TOKEN_MARK:
    case TOKEN_JUNK: return false;
    }
    return false;
}

/* --- settings --- */

/* Looks only where libconfig has seen one, so that many settings cost little. */
static bool is_twin(struct syntax *s)
{
    struct syntax_frame *group = top(s);
    struct syntax_known *known;

    if (s->duplicate && s->token.line + 1 >= s->error->line)
        for (known = group->known; known != NULL; known = known->next)
            if (slice_equal(known->name, s->token.text)) {
                s->twin_line = known->line;
                return true;
            }
    known = s->duplicate ? arena_alloc(&s->arena, sizeof(*known)) : NULL;
    if (known == NULL)
        return false;
    *known = (struct syntax_known){group->known, s->token.text, s->token.line};
    group->known = known;
    return false;
}

static bool take_name(struct syntax *s)
{
    if (closes(s)) {
        close_frame(s);
        return true;
    }
    if (s->token.kind != TOKEN_NAME || is_twin(s))
        return false;
    s->name = s->token;
    s->expected = SYNTAX_EQUALS;
    return true;
}

/* Behind a setting its end may be left out, so what begins the next one is looked at anew. */
static bool take_after_setting(struct syntax *s)
{
    bool ends = token_is(&s->token, ';') || token_is(&s->token, ',');

    s->expected = SYNTAX_NAME;
    return ends || take_name(s);
}

static bool take_after_value(struct syntax *s)
{
    if (s->token.kind == TOKEN_STRING && s->before.kind == TOKEN_STRING)
        return true; /* libconfig joins them */
    if (in_group(s))
        return take_after_setting(s);
    if (closes(s)) {
        close_frame(s);
        return true;
    }
    s->expected = SYNTAX_VALUE;
    return token_is(&s->token, ',');
}

/* Whether the token fits. */
static bool take(struct syntax *s)
{
    s->wanted = s->expected;
    switch (s->expected) {
    case SYNTAX_NAME: return take_name(s);
    case SYNTAX_EQUALS:
        s->expected = SYNTAX_VALUE;
        return token_is(&s->token, '=') || token_is(&s->token, ':');
    case SYNTAX_FIRST_VALUE:
    case SYNTAX_VALUE: return take_value(s);
    case SYNTAX_AFTER_VALUE: return take_after_value(s);
    }
    return false;
}

/* A string with a line end in it is allowed, and mostly one whose last quote is missing. */
static void remember_string(struct syntax *s)
{
    if (s->token.kind == TOKEN_STRING && token_lines(&s->token) > 0 && s->long_string.line == 0)
        s->long_string = s->token;
}

/* Reads up to the first token that does not fit. false: all of them do. */
static bool find(struct syntax *s)
{
    struct token_scan scan = {s->text, 1};

    for (;;) {
        s->before = s->token;
        s->at = scan.rest;
        s->token = token_next(&scan);
        s->after = scan.rest;
        if (s->token.kind == TOKEN_END && s->depth == 0 &&
            (s->expected == SYNTAX_NAME || s->expected == SYNTAX_AFTER_VALUE))
            return false;
        if (!take(s))
            return true;
        remember_string(s);
    }
}

void syntax_explain(const struct source *source, const struct syntax_error *error,
                    struct diag *diag)
{
    struct slice text = bytes_slice(&source->text);
    struct syntax s = {.source = source,
                       .error = error,
                       .diag = diag,
                       .text = slice_first(text, slice_find(text, '\0')),
                       .duplicate = strstr(error->text, "duplicate") != NULL};

    arena_init(&s.arena, SYNTAX_BLOCK_BYTES, SYNTAX_BYTES_MAX);
    if (!find(&s) || !syntax_hint(&s))
        syntax_show(&s);
    arena_fini(&s.arena);
}
