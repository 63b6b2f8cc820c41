/* What to say of a token that does not fit: what it is, and what would be right. */
#include <stdarg.h>
#include <stdio.h>

#include "conf/read/syntax_private.h"
#include "filters/base/utf8.h"

#define HINT_MAX  512
#define WORD_MAX  60 /* bytes of the file's text in a sentence */
#define WHERE_MAX 300

static bool say(struct syntax *s, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool say(struct syntax *s, unsigned line, const char *format, ...)
{
    char text[HINT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    diag_add(s->diag, DIAG_ERROR, source_place(s->source, line), "%s", text);
    return true;
}

static bool say_here(struct syntax *s, const char *text)
{
    return say(s, s->token.line, "%s", text);
}

static struct slice cut(struct slice text)
{
    return utf8_cut(text, WORD_MAX);
}

/* "line 5", with the file where it is another than the token's. */
static const char *where(struct syntax *s, unsigned line, char out[WHERE_MAX])
{
    struct place here = source_place(s->source, s->token.line);
    struct place there = source_place(s->source, line);
    bool same = strcmp(here.file, there.file) == 0;

    (void)snprintf(out, WHERE_MAX, same ? "line %u" : "line %u of %s", there.line, there.file);
    return out;
}

static const struct syntax_frame *top(const struct syntax *s)
{
    return &s->frames[s->depth];
}

static bool in_group(const struct syntax *s)
{
    return s->depth == 0 || top(s)->open == '{';
}

/* The token behind the one that does not fit. */
static struct token following(const struct syntax *s)
{
    struct token_scan scan = {s->after, 1};

    return token_next(&scan);
}

static bool gets_value(const struct syntax *s)
{
    struct token next = following(s);

    return token_is(&next, '=') || token_is(&next, ':');
}

static bool begins_value(const struct token *token)
{
    return token->kind == TOKEN_STRING || token->kind == TOKEN_NUMBER ||
           token->kind == TOKEN_BOOLEAN || token_is(token, '{') || token_is(token, '(') ||
           token_is(token, '[');
}

/* What was meant as one word, where its quotes are missing. */
static struct slice unquoted(const struct syntax *s)
{
    const char *begin = s->token.text.ptr;
    struct slice rest = slice_make(begin, (size_t)(s->text.ptr + s->text.len - begin));
    struct slice word = token_word(rest);

    return cut(word.len > s->token.text.len ? word : s->token.text);
}

static bool say_quote(struct syntax *s)
{
    struct slice word = unquoted(s);

    return say(s, s->token.line, "a text stands in double quotes: \"%.*s\"", SLICE_ARG(word));
}

static char partner(char bracket)
{
    static const char PAIRS[] = "(){}[]";
    const char *found = bracket != '\0' ? strchr(PAIRS, bracket) : NULL;

    if (found == NULL)
        return '\0';
    return (found - PAIRS) % 2 == 0 ? found[1] : found[-1];
}

static bool say_semicolon(struct syntax *s)
{
    return say(s, s->token.line,
               "no ';' stands in a list: ',' is between its entries, and '%c' is its end",
               partner(top(s)->open));
}

static bool say_no_value(struct syntax *s)
{
    struct slice name = cut(s->name.text);

    return say(s, s->name.line, "'%.*s' has no value: write %.*s = ...;", SLICE_ARG(name),
               SLICE_ARG(name));
}

/* --- characters that begin nothing --- */

static const char ONE_SIGN[] = "a single '=' stands between a name and its value";
static const char INCLUDE[] =
    "'@include \"file\"' stands alone at the beginning of a line, the file's name in double quotes";

struct character {
    struct slice bytes;
    const char *hint;
};

#define CHARACTER(bytes, hint)                                                                     \
    {                                                                                              \
        SLICE_INIT(bytes), hint                                                                    \
    }
#define CURLY "this is a typographic quote: write the plain one, \""
#define UNSEEN                                                                                     \
    "a character stands here that nobody sees, such as a no-break space: delete it, and write a "  \
    "plain blank"

static const struct character CHARACTERS[] = {
    CHARACTER("'", "a text stands in double quotes, \"...\", not in single ones"),
    CHARACTER("`", "a text stands in double quotes, \"...\", not in backquotes"),
    CHARACTER("\xE2\x80\x98", CURLY),
    CHARACTER("\xE2\x80\x99", CURLY),
    CHARACTER("\xE2\x80\x9A", CURLY),
    CHARACTER("\xE2\x80\x9C", CURLY),
    CHARACTER("\xE2\x80\x9D", CURLY),
    CHARACTER("\xE2\x80\x9E", CURLY),
    CHARACTER("\xC2\xA0", UNSEEN),
    CHARACTER("\xE2\x80\x8B", UNSEEN),
    CHARACTER("\xEF\xBB\xBF", UNSEEN),
};

static const char *character_hint(struct slice text)
{
    for (size_t i = 0; i < sizeof(CHARACTERS) / sizeof(*CHARACTERS); i++)
        if (slice_equal(CHARACTERS[i].bytes, text))
            return CHARACTERS[i].hint;
    return NULL;
}

static bool is_include(const struct syntax *s)
{
    return slice_equal(s->token.text, SLICE("@")) && slice_starts(s->after, SLICE("include"));
}

static bool hint_junk(struct syntax *s)
{
    const char *known = character_hint(s->token.text);
    struct slice name = cut(s->name.text);
    struct slice word = unquoted(s);

    if (is_include(s))
        return say_here(s, INCLUDE);
    if (token_is(&s->before, '=') && *s->token.text.ptr == '>')
        return say_here(s, ONE_SIGN);
    if (known != NULL)
        return say_here(s, known);
    if (s->wanted == SYNTAX_VALUE || s->wanted == SYNTAX_FIRST_VALUE)
        return say_quote(s);
    if (s->wanted == SYNTAX_EQUALS && *s->token.text.ptr == '.')
        return say(s, s->token.line, "a name has no dots: write a group, %.*s = { ... };",
                   SLICE_ARG(name));
    if (s->wanted == SYNTAX_NAME || s->wanted == SYNTAX_AFTER_VALUE)
        return say(s, s->token.line,
                   in_group(s) ? "the name of a setting is expected here, which begins with a "
                                 "letter, not '%.*s'"
                               : "after this value a ',' is expected, or the end of the list, not "
                                 "'%.*s'; a text stands whole in double quotes",
                   SLICE_ARG(word));
    return false;
}

/* --- values --- */

static const char *boolean_of(struct slice word)
{
    static const struct {
        struct slice word;
        const char *value;
    } WORDS[] = {
        {SLICE_INIT("yes"), "true"},     {SLICE_INIT("on"), "true"},
        {SLICE_INIT("enabled"), "true"}, {SLICE_INIT("no"), "false"},
        {SLICE_INIT("off"), "false"},    {SLICE_INIT("disabled"), "false"},
    };

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
        if (slice_equal_case(WORDS[i].word, word))
            return WORDS[i].value;
    return NULL;
}

static bool hint_word(struct syntax *s)
{
    struct slice word = unquoted(s);
    const char *boolean = boolean_of(word);

    if (gets_value(s) && in_group(s))
        return say_no_value(s);
    if (gets_value(s))
        return say(s, s->token.line, "a setting in a list stands in a group: ( { %.*s = ...; } )",
                   SLICE_ARG(word));
    if (boolean != NULL)
        return say(s, s->token.line,
                   "write %s or, where a word is wanted, \"%.*s\" in double quotes", boolean,
                   SLICE_ARG(word));
    return say_quote(s);
}

/* What an array has no room for. */
static bool hint_array(struct syntax *s)
{
    if (token_is(&s->token, '{'))
        return say_here(s, "[ ... ] holds plain values only: a list of groups is ( { ... }, "
                           "{ ... } )");
    if (s->token.kind == TOKEN_MARK)
        return say_here(s, "[ ... ] holds plain values only: what holds lists is ( ... )");
    return say_here(s, "the values in [ ... ] are all of one kind, all texts or all numbers: "
                       "write them alike, or take ( ... )");
}

static bool hint_value(struct syntax *s)
{
    bool list = !in_group(s);
    char mark = *s->token.text.ptr;

    if (s->token.kind == TOKEN_NAME)
        return hint_word(s);
    if (begins_value(&s->token))
        return top(s)->open == '[' && hint_array(s);
    if (mark == '=' || mark == ':')
        return say_here(s, ONE_SIGN);
    if (!list)
        return say_no_value(s);
    if (mark == ',')
        return say_here(s, "a ',' too many, or an entry is missing before it");
    if (mark == ';')
        return say_semicolon(s);
    return say(s, s->before.line, "the ',' before '%c' is one too many: the last entry has none",
               mark);
}

/* --- between name and value --- */

static bool hint_equals(struct syntax *s)
{
    struct slice name = cut(s->name.text);
    struct slice found = cut(s->token.text);

    if (slice_equal_case(name, SLICE("include")) && s->token.kind == TOKEN_STRING)
        return say_here(s, INCLUDE);
    if (token_is(&s->token, '{'))
        return say(s, s->token.line, "'=' is missing: write %.*s = { ... };", SLICE_ARG(name));
    if (s->token.kind == TOKEN_NAME)
        return say(s, s->name.line, "'=' is missing between '%.*s' and '%.*s'", SLICE_ARG(name),
                   SLICE_ARG(found));
    if (begins_value(&s->token))
        return say(s, s->name.line, "'=' is missing between '%.*s' and its value", SLICE_ARG(name));
    return say_no_value(s);
}

/* --- where a setting may begin --- */

static bool hint_string_name(struct syntax *s)
{
    struct slice inside = slice_make(s->token.text.ptr + 1, s->token.text.len - 2);
    struct slice name = cut(s->name.text);

    inside = cut(inside);
    if (gets_value(s))
        return say(s, s->token.line,
                   "the name of a setting stands without quotes: write %.*s = ...;",
                   SLICE_ARG(inside));
    if (token_is(&s->before, ','))
        return say(s, s->token.line, "several values are a list: %.*s = [ \"...\", \"...\" ];",
                   SLICE_ARG(name));
    return say_here(s, "a text stands here, where the name of a setting is expected");
}

static bool hint_nameless(struct syntax *s)
{
    struct slice name = cut(s->name.text);

    if (token_is(&s->before, ',') && name.len > 0)
        return say(s, s->token.line, "several groups are a list: %.*s = ( { ... }, { ... } );",
                   SLICE_ARG(name));
    return say(s, s->token.line, "a '%c' stands here without a name: write name = %c ... %c;",
               *s->token.text.ptr, *s->token.text.ptr, partner(*s->token.text.ptr));
}

static bool hint_name(struct syntax *s)
{
    struct slice word = unquoted(s);
    char mark = *s->token.text.ptr;

    if (s->token.kind == TOKEN_STRING)
        return hint_string_name(s);
    if (s->token.kind == TOKEN_NUMBER || s->token.kind == TOKEN_BOOLEAN)
        return say(s, s->token.line,
                   "the name of a setting is expected here, and '%.*s' can be none",
                   SLICE_ARG(word));
    if (mark == '=' || mark == ':')
        return say(s, s->token.line, "the name before '%c' is missing", mark);
    if (mark == ';' || mark == ',')
        return say(s, s->token.line,
                   "this '%c' ends nothing: one ';' stands behind each setting, and none behind "
                   "an @include",
                   mark);
    return hint_nameless(s);
}

/* --- lists, brackets, ends --- */

static bool hint_separator(struct syntax *s)
{
    if (token_is(&s->token, ';'))
        return say_semicolon(s);
    if (token_is(&s->token, '=') || token_is(&s->token, ':'))
        return say_here(s, "a list holds values: what has a name stands in a group, ( { name = "
                           "...; } )");
    return say(s, s->before.line, "a ',' is missing behind this entry of the list");
}

/* A closing bracket where another is open. */
static bool hint_closing(struct syntax *s)
{
    const struct syntax_frame *frame = top(s);
    char found = *s->token.text.ptr, line[WHERE_MAX];
    bool outer = false;

    for (size_t i = 1; i < s->depth; i++)
        outer = outer || s->frames[i].open == partner(found);
    if (s->depth == 0)
        return say(s, s->token.line,
                   "this '%c' closes nothing: it is one too many, or a '%c' is missing before it",
                   found, partner(found));
    if (outer)
        return say(s, s->token.line,
                   "before this '%c' a '%c' is missing: the '%c' of %s is still open", found,
                   partner(frame->open), frame->open, where(s, frame->line, line));
    return say(s, s->token.line, "'%c' closes no '%c': write '%c', for the '%c' of %s is open",
               found, frame->open, partner(frame->open), frame->open, where(s, frame->line, line));
}

static bool hint_end(struct syntax *s)
{
    const struct syntax_frame *frame = top(s);
    struct slice name = cut(frame->setting);

    if (s->wanted == SYNTAX_EQUALS || (s->wanted == SYNTAX_VALUE && in_group(s)))
        return say_no_value(s);
    return say(s, frame->line, "the '%c' of '%.*s' is never closed: a '%c' is missing", frame->open,
               SLICE_ARG(name), partner(frame->open));
}

/* --- texts without an end --- */

/* A quote that is missing turns all that follows inside out. */
static bool hint_open_text(struct syntax *s)
{
    const struct token *text = &s->long_string;
    bool open = s->token.kind == TOKEN_OPEN_STRING;

    if (text->line > 0 && (open || text->line + token_lines(text) == s->token.line))
        return say(s, text->line,
                   "the text that begins in this line goes on over its end: a '\"' is missing");
    return open && say_here(s, "the text that begins here never ends: a '\"' is missing");
}

static bool hint_twin(struct syntax *s)
{
    struct slice name = cut(s->token.text);
    char line[WHERE_MAX];

    return say(s, s->token.line, "'%.*s' is set twice, here and in %s: one of them must go",
               SLICE_ARG(name), where(s, s->twin_line, line));
}

bool syntax_hint(struct syntax *s)
{
    bool closing = token_is(&s->token, '}') || token_is(&s->token, ')') || token_is(&s->token, ']');

    if (s->twin_line > 0)
        return hint_twin(s);
    if (hint_open_text(s))
        return true;
    if (s->token.kind == TOKEN_END)
        return hint_end(s);
    if (s->token.kind == TOKEN_JUNK)
        return hint_junk(s);
    if (closing && *s->token.text.ptr != partner(top(s)->open))
        return hint_closing(s);
    switch (s->wanted) {
    case SYNTAX_NAME: return hint_name(s);
    case SYNTAX_EQUALS: return hint_equals(s);
    case SYNTAX_FIRST_VALUE:
    case SYNTAX_VALUE: return hint_value(s);
    case SYNTAX_AFTER_VALUE: return in_group(s) ? hint_name(s) : hint_separator(s);
    }
    return false;
}
