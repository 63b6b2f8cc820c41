/* header_mailboxes: the addresses of an address list (RFC 5322, 3.4 and 4.4).
 *
 * Readers disagree about malformed lists, and attackers write them so that the one who checks and
 * the one who shows take different addresses. So this does not follow the grammar: whatever looks
 * like local@domain outside of quoted strings and comments is an address, in brackets or not.
 * Brackets, commas, colons and semicolons only part one from the next; that passes over routes and
 * group names too.
 */
#include "filters/header.h"
#include "filters/quoted.h"

#define LITERAL_MAX 255 /* bytes between the brackets of a domain literal */

enum last { LAST_NONE, LAST_WORD, LAST_JOINT /* "." or "@": what follows belongs to it */ };

struct finder {
    struct slice value;
    size_t at;
    char *buffer; /* as long as the value; candidates one after the other, without blanks and
                     comments */
    size_t used;
    size_t start;    /* of the candidate under way, in the buffer */
    size_t at_sign;  /* its first "@", in the buffer, or SLICE_NOT_FOUND */
    size_t at_signs; /* how many it has */
    enum last last;
    bool gap;            /* blanks or a comment stood behind it */
    bool comments_close; /* none was found open so far */
    struct slice *out;
    size_t max, count;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void report(struct finder *f, struct slice address)
{
    if (f->count < f->max)
        f->out[f->count] = address;
    f->count++;
}

/* An encoded-word with "@" inside it is still a word of a display name. */
static bool is_encoded_word(struct slice s)
{
    return slice_starts(s, SLICE("=?")) && s.len > 4 && s.ptr[s.len - 2] == '?' &&
           s.ptr[s.len - 1] == '=';
}

/* Reports the candidate if it has both sides of an "@". A dot at its end is the root's. */
static void report_candidate(struct finder *f)
{
    struct slice candidate = slice_make(f->buffer + f->start, f->used - f->start);

    while (candidate.len > 0 && candidate.ptr[candidate.len - 1] == '.')
        candidate.len--;
    if (f->at_signs == 0 || f->at_sign == f->start || is_encoded_word(candidate))
        return;
    if (candidate.len > 0 && candidate.ptr[candidate.len - 1] != '@')
        report(f, candidate);
}

static void end_candidate(struct finder *f)
{
    report_candidate(f);
    f->start = f->used;
    f->at_signs = 0;
    f->last = LAST_NONE;
    f->gap = false;
}

/* Before a word: one that blanks part from the word before it begins a new candidate. */
static void begin_word(struct finder *f)
{
    if (f->gap && f->last == LAST_WORD)
        end_candidate(f);
    f->gap = false;
    f->last = LAST_WORD;
}

static void take_joint(struct finder *f, char c)
{
    if (c == '@') {
        if (f->at_signs == 1)
            report_candidate(f); /* of a@b@c, some read a@b */
        if (f->at_signs++ == 0)
            f->at_sign = f->used;
    }
    f->buffer[f->used++] = c;
    f->last = LAST_JOINT;
    f->gap = false;
    f->at++;
}

static void take_bytes(struct finder *f, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_space(f->value.ptr[f->at + i]) || f->value.ptr[f->at + i] == ' ')
            f->buffer[f->used++] = f->value.ptr[f->at + i];
    f->at += count;
}

/* The length of the comment at the front of ${s}, those inside it included, or 0. */
static size_t comment_length(struct slice s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '(')
            depth++;
        else if (s.ptr[i] == ')' && --depth == 0)
            return i + 1;
        else if (s.ptr[i] == '\\')
            i++;
    }
    return 0;
}

/* A quote or parenthesis that nothing closes is passed over, and so is every later one: they would
 * all be searched to the end for nothing. */
static void take_quoted(struct finder *f)
{
    size_t length = quoted_length(slice_from(f->value, f->at));

    if (length == 0) {
        f->at++;
        return;
    }
    begin_word(f);
    take_bytes(f, length);
}

static void skip_comment(struct finder *f)
{
    size_t length = f->comments_close ? comment_length(slice_from(f->value, f->at)) : 0;

    f->comments_close = length > 0;
    f->at += length > 0 ? length : 1;
    f->gap = true;
}

/* A domain literal, whose colons part nothing; any other "[" is a byte of a word. */
static void take_bracket(struct finder *f)
{
    struct slice rest = slice_first(slice_from(f->value, f->at), LITERAL_MAX);
    size_t close = slice_find(rest, ']');

    begin_word(f);
    take_bytes(f, close != SLICE_NOT_FOUND ? close + 1 : 1);
}

static void take_one(struct finder *f)
{
    char c = f->value.ptr[f->at];

    switch (c) {
    case '"': take_quoted(f); break;
    case '(': skip_comment(f); break;
    case '[': take_bracket(f); break;
    case '.':
    case '@': take_joint(f, c); break;
    case '<':
    case '>':
    case ',':
    case ';':
    case ':':
        end_candidate(f);
        f->at++;
        break;
    case '\\': /* what it quotes here is anyone's guess; a quote after it opens nothing */
        f->at += f->at + 1 < f->value.len && f->value.ptr[f->at + 1] == '"' ? 2 : 1;
        break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        f->gap = true;
        f->at++;
        break;
    default: begin_word(f); take_bytes(f, 1);
    }
}

size_t header_mailboxes(struct slice value, struct arena *arena, struct slice *out, size_t max)
{
    struct finder f = {.value = value, .comments_close = true, .out = out};

    if (value.len == 0)
        return 0;
    f.max = max;
    f.buffer = arena_alloc(arena, value.len);
    if (f.buffer == NULL)
        return HEADER_MAILBOXES_FAILED;
    while (f.at < value.len)
        take_one(&f);
    end_candidate(&f);
    return f.count;
}
