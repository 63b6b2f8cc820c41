/* sound_list: see sound_list.h. */
#include "filters/message/sound_list.h"

#include "filters/message/encoded_word.h"
#include "filters/message/quoted.h"

#define LITERAL_MAX 255 /* bytes between the brackets of a domain literal */

enum part {
    PART_PHRASE, /* a name, or an address without brackets */
    PART_ROUTE,  /* in brackets, before a ":" */
    PART_ANGLE,  /* the address in brackets */
    PART_BEHIND, /* past the brackets */
};

struct checker {
    struct slice value;
    size_t at;
    enum part part;
    size_t at_signs; /* of the address under way */
    bool words;      /* it has more than words with dots between them */
    bool word;       /* a word stands before, which ends at ${word_end} ... */
    bool dot;        /* ... in a dot */
    size_t word_end;
    bool literal; /* a domain literal, which nothing follows */
    bool sound;
};

/* Of an atom, or a dot (RFC 5322, 3.2.3; RFC 6532). */
static bool is_word_byte(char c)
{
    return (unsigned char)c > ' ' && c != 0x7F && memchr("()<>[]:;@\\,\"", c, 12) == NULL;
}

static size_t word_length(struct slice s)
{
    struct encoded_word word;
    size_t at = 0;

    if (encoded_word_parse(s, &word))
        return word.length; /* whatever it holds */
    while (at < s.len && is_word_byte(s.ptr[at]))
        at++;
    return at;
}

static void begin_element(struct checker *c)
{
    c->part = PART_PHRASE;
    c->at_signs = 0;
    c->words = c->word = c->dot = c->literal = false;
}

/* What stood since the last comma must be an address or nothing but a name. */
static void end_element(struct checker *c)
{
    bool open = c->part == PART_ROUTE || c->part == PART_ANGLE;
    bool broken =
        c->part == PART_PHRASE && c->at_signs > 0 && (c->words || c->at_signs > 1 || !c->word);

    c->sound = c->sound && !open && !broken;
    begin_element(c);
}

/* Whether readers may take something else than a local part out of the quoted string ${s} behind
 * which ${next} stands: blanks at its ends, or an address in it. */
static bool is_odd_quoted(struct slice s, char next)
{
    return ascii_is_space(s.ptr[1]) || ascii_is_space(s.ptr[s.len - 2]) ||
           (next != '@' && slice_find(s, '@') != SLICE_NOT_FOUND);
}

static void take_word(struct checker *c, size_t length, bool quoted)
{
    struct slice word = slice_first(slice_from(c->value, c->at), length);
    bool touches = c->word && c->word_end == c->at;
    bool joined = touches && (c->dot || (!quoted && word.ptr[0] == '.'));
    char next = c->at + length < c->value.len ? word.ptr[length] : ' ';

    c->words = c->words || (c->word && !joined) || (quoted && is_odd_quoted(word, next)) ||
               (!c->word && !quoted && word.ptr[0] == '.');
    c->sound = c->sound && c->part != PART_BEHIND && !c->literal && !(quoted && c->at_signs > 0) &&
               (!touches || joined);
    c->word = true;
    c->dot = !quoted && word.ptr[length - 1] == '.';
    c->at += length;
    c->word_end = c->at;
}

static void take_at(struct checker *c)
{
    if (c->part == PART_ANGLE && c->at_signs == 0 && !c->word)
        c->part = PART_ROUTE;
    c->sound = c->sound && c->part != PART_BEHIND && (c->word || c->part == PART_ROUTE);
    c->at_signs++;
    c->word = c->dot = false;
    c->at++;
}

static void take_open(struct checker *c)
{
    c->sound = c->sound && c->part == PART_PHRASE && c->at_signs == 0;
    begin_element(c);
    c->part = PART_ANGLE;
    c->at++;
}

static void take_close(struct checker *c)
{
    c->sound = c->sound && c->part == PART_ANGLE && !c->words && c->at_signs <= 1 &&
               (c->word || c->at_signs == 0);
    begin_element(c);
    c->part = PART_BEHIND;
    c->at++;
}

/* Ends a route, or the name of a group. */
static void take_colon(struct checker *c)
{
    enum part part = c->part == PART_ROUTE ? PART_ANGLE : PART_PHRASE;

    c->sound = c->sound && (c->part == PART_ROUTE || (c->part == PART_PHRASE && c->at_signs == 0));
    begin_element(c);
    c->part = part;
    c->at++;
}

static void take_comma(struct checker *c)
{
    if (c->part == PART_ROUTE)
        c->word = c->dot = false;
    else
        end_element(c);
    c->at++;
}

static void take_literal(struct checker *c)
{
    struct slice rest = slice_first(slice_from(c->value, c->at), LITERAL_MAX);
    size_t close = slice_find(rest, ']');

    c->sound = c->sound && c->at_signs > 0 && !c->word && close != SLICE_NOT_FOUND;
    c->literal = c->word = true;
    c->at += close != SLICE_NOT_FOUND ? close + 1 : 1;
}

static void take_one(struct checker *c)
{
    struct slice rest = slice_from(c->value, c->at);
    size_t length;

    switch (rest.ptr[0]) {
    case '<': take_open(c); return;
    case '>': take_close(c); return;
    case '@': take_at(c); return;
    case ':': take_colon(c); return;
    case ',':
    case ';': take_comma(c); return;
    case '[': take_literal(c); return;
    case '(':
        length = comment_length(rest);
        c->sound = c->sound && length > 0;
        c->at += length;
        return;
    case '"': length = quoted_length(rest); break;
    default:
        if (ascii_is_space(rest.ptr[0])) {
            c->at++;
            return;
        }
        length = word_length(rest);
        break;
    }
    c->sound = c->sound && length > 0;
    if (length > 0)
        take_word(c, length, rest.ptr[0] == '"');
}

static bool has_controls(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.ptr[i] < ' ' && !ascii_is_space(s.ptr[i])) || s.ptr[i] == 0x7F)
            return true;
    return false;
}

bool sound_list(struct slice value)
{
    struct checker c = {.value = value, .sound = !has_controls(value)};

    while (c.sound && c.at < value.len)
        take_one(&c);
    end_element(&c);
    return c.sound;
}

/* --- mending --- */

static bool is_left_out(char c, unsigned mending)
{
    if ((mending & MENDING_BRACKETS) != 0 && memchr("\"\\<>()[]", c, 8) != NULL)
        return true;
    return (mending & MENDING_BLANKS) != 0 && ((c >= 0 && c <= ' ') || c == 0x7F);
}

struct slice sound_list_mend(struct slice value, unsigned mending, struct arena *arena)
{
    char *out = arena_alloc(arena, value.len + 1);
    bool comments_close = (mending & MENDING_COMMENTS) != 0; /* none was found open so far */
    size_t used = 0;

    if (out == NULL)
        return SLICE_NONE;
    for (size_t i = 0; i < value.len; i++) {
        size_t length = 0;

        if (value.ptr[i] == '(' && comments_close) {
            length = comment_length(slice_from(value, i));
            comments_close = length > 0;
        }
        if (length > 0)
            i += length - 1;
        else if (!is_left_out(value.ptr[i], mending))
            out[used++] = value.ptr[i];
    }
    return slice_make(out, used);
}
