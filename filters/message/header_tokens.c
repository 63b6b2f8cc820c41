/* header_tokens: see header_tokens.h. */
#include "filters/message/header_tokens.h"

#include "filters/message/quoted.h"

#define LITERAL_MAX 255 /* bytes between the brackets of a domain literal */

struct slice header_text_shape(const struct header_text *text, bool names, struct arena *arena)
{
    char *shape = arena_alloc(arena, text->len + 1);

    if (shape == NULL)
        return SLICE_NONE;
    if (text->len > 0)
        memcpy(shape, text->text, text->len);
    for (size_t i = 0; i < text->piece_count; i++) {
        const struct header_piece *piece = &text->pieces[i];

        if (piece->opaque && (names || piece->kept))
            memset(shape + piece->start, '\0', piece->end - piece->start);
    }
    return slice_make(shape, text->len);
}

void header_tokens_init(struct tokens *tokens, struct slice shape, bool addresses)
{
    *tokens = (struct tokens){
        .shape = shape, .addresses = addresses, .quotes_close = true, .comments_close = true};
}

static struct slice rest_of(const struct tokens *t, size_t at)
{
    return slice_from(t->shape, at);
}

/* --- quoted strings and comments ----------------------------------------------------------------
 */

/* The length of the quoted string at ${at}; 0 when it does not end: then none behind it does. */
static size_t quoted_at(struct tokens *t, size_t at)
{
    size_t length = t->quotes_close ? quoted_length(rest_of(t, at)) : 0;

    t->quotes_close = length > 0;
    return length;
}

static size_t comment_at(struct tokens *t, size_t at)
{
    size_t length = t->comments_close ? comment_length(rest_of(t, at)) : 0;

    t->comments_close = length > 0;
    return length;
}

/* The length of what stands at ${at}: a quoted string, a comment, a domain literal, a byte. */
static size_t length_at(struct tokens *t, size_t at)
{
    size_t length = 0, close;

    switch (t->shape.ptr[at]) {
    case '"': length = quoted_at(t, at); break;
    case '(': length = comment_at(t, at); break;
    case '\\': length = 2; break;
    case '[':
        close = slice_find(slice_first(rest_of(t, at), LITERAL_MAX), ']');
        length = at > 0 && t->shape.ptr[at - 1] == '@' && close != SLICE_NOT_FOUND ? close + 1 : 1;
        break;
    default: break;
    }
    if (length == 0)
        return 1;
    return length < t->shape.len - at ? length : t->shape.len - at;
}

size_t header_spans(struct slice shape, struct header_span *spans)
{
    struct tokens t;
    size_t count = 0;

    header_tokens_init(&t, shape, true);
    while (t.at < shape.len) {
        size_t length = length_at(&t, t.at);
        char c = shape.ptr[t.at];

        if (length > 1 && (c == '"' || c == '(')) {
            if (spans != NULL)
                spans[count] = (struct header_span){t.at, t.at + length};
            count++;
        }
        t.at += length;
    }
    return count;
}

/* --- words --------------------------------------------------------------------------------------
 */

static bool is_special(char c)
{
    return c == ',' || c == ';' || c == ':' || c == '<' || c == '>' || c == '(' || c == ')';
}

static bool is_joint(char c)
{
    return c == '.' || c == '@';
}

/* Looks from the beginning of an element to what tells its kind. */
static void judge_element(struct tokens *t)
{
    struct tokens look = *t; /* what is found open here is asked for again, once */
    char c = ',';

    while (look.at < t->shape.len) {
        c = t->shape.ptr[look.at];
        if (c == '<' || c == ':' || c == ',' || c == ';')
            break;
        look.at += length_at(&look, look.at);
        c = ',';
    }
    t->quotes_close = look.quotes_close;
    t->comments_close = look.comments_close;
    t->phrase = c == '<' || c == ':';
    t->in_element = true;
}

/* The end of a word of a list: an atom, a quoted string, or an address of both. */
static size_t word_end(struct tokens *t, size_t start, bool *has_at)
{
    size_t at = start;

    *has_at = false;
    while (at < t->shape.len && !ascii_is_blank(t->shape.ptr[at]) &&
           !is_special(t->shape.ptr[at])) {
        char c = t->shape.ptr[at];
        size_t length =
            c == '"' && at > start && !is_joint(t->shape.ptr[at - 1]) ? 0 : length_at(t, at);

        if (length == 0)
            break;
        *has_at = *has_at || c == '@';
        at += length;
        if (c == '"' && length > 1 && (at == t->shape.len || !is_joint(t->shape.ptr[at])))
            break;
    }
    return at;
}

/* The end of the address in brackets that begins at ${start}; past the bracket alone when no other
 * closes it. */
static size_t angle_end(struct tokens *t, size_t start)
{
    size_t at = start + 1;

    while (at < t->shape.len && t->shape.ptr[at] != '<' && t->shape.ptr[at] != '>')
        at += length_at(t, at);
    return at < t->shape.len && t->shape.ptr[at] == '>' ? at + 1 : start + 1;
}

static void take_special(struct tokens *t, struct token *token)
{
    char c = t->shape.ptr[token->start];

    token->kind = TOKEN_FIXED;
    token->end = token->start + 1;
    if (c == ',' || c == ';' || c == ':')
        t->in_element = false;
    else if (c == '<')
        token->end = angle_end(t, token->start);
    else if (c == '(' && comment_at(t, token->start) > 0)
        t->depth = 1;
}

static void take_word(struct tokens *t, struct token *token)
{
    bool has_at;

    token->end = word_end(t, token->start, &has_at);
    token->alone = !t->phrase;
    if (has_at && !t->phrase)
        token->kind = TOKEN_FIXED;
    else if (t->shape.ptr[token->start] == '"' && token->end > token->start + 1 && !has_at)
        token->kind = TOKEN_QUOTED;
}

/* In a comment, whose end is there. */
static void take_in_comment(struct tokens *t, struct token *token)
{
    char c = t->shape.ptr[token->start];
    size_t at = token->start;

    token->kind = TOKEN_COMMENT;
    while (at < t->shape.len && !ascii_is_blank(t->shape.ptr[at]) && t->shape.ptr[at] != '(' &&
           t->shape.ptr[at] != ')')
        at += t->shape.ptr[at] == '\\' && at + 1 < t->shape.len ? 2 : 1;
    token->end = at;
    if (at > token->start)
        return;
    token->kind = TOKEN_FIXED;
    token->end = at + 1;
    t->depth += c == '(' ? 1 : (size_t)-1;
}

static void take_in_list(struct tokens *t, struct token *token)
{
    if (t->depth > 0) {
        take_in_comment(t, token);
        return;
    }
    if (!t->in_element)
        judge_element(t);
    if (is_special(t->shape.ptr[token->start]))
        take_special(t, token);
    else
        take_word(t, token);
}

static void take_text(struct tokens *t, struct token *token)
{
    token->end = token->start;
    while (token->end < t->shape.len && !ascii_is_blank(t->shape.ptr[token->end]))
        token->end++;
}

bool header_tokens_next(struct tokens *tokens, struct token *token)
{
    *token = (struct token){.gap = tokens->at, .kind = TOKEN_TEXT};
    if (tokens->at >= tokens->shape.len)
        return false;
    token->start = tokens->at;
    while (token->start < tokens->shape.len && ascii_is_blank(tokens->shape.ptr[token->start]))
        token->start++;
    token->end = token->start;
    if (token->start == tokens->shape.len)
        token->kind = TOKEN_BLANK;
    else if (tokens->addresses)
        take_in_list(tokens, token);
    else
        take_text(tokens, token);
    tokens->at = token->end;
    return true;
}
