/* header_mailboxes: the addresses of an address list (RFC 5322, 3.4 and 4.4).
 *
 * Readers disagree about malformed lists, and attackers write them so that the one who checks and
 * the one who shows take different addresses. So this does not follow the grammar: whatever looks
 * like local@domain outside of quoted strings and comments is a candidate, in brackets or not.
 * Brackets, commas, colons and semicolons only part one from the next; that passes over routes and
 * group names too. What is between two commas and has no candidate is read once more, loosely:
 * there names and comments are looked into. The whole is read as it stands, and, where that may say
 * something else, with its encoded-words decoded.
 */
#include "filters/message/candidate.h"
#include "filters/message/decoded_list.h"
#include "filters/message/header.h"
#include "filters/message/quoted.h"
#include "filters/message/sound_list.h"

#define LITERAL_MAX 255 /* bytes between the brackets of a domain literal */

enum last { LAST_NONE, LAST_WORD, LAST_JOINT /* "." or "@": what follows belongs to it */ };

struct finder {
    struct slice value;
    size_t at;
    bool loose;   /* quotes, parentheses and blanks only part words */
    char *buffer; /* as long as the value; candidates one after the other, without blanks and
                     comments */
    size_t used;
    size_t start;        /* of the candidate under way, in the buffer */
    size_t at_signs;     /* how many it has */
    bool cut;            /* what readers take of it who end it early was read */
    size_t element;      /* where the element under way begins, in the value */
    size_t element_seen; /* of the candidates that came before it */
    enum last last;
    bool gap;            /* blanks or a comment stood behind it */
    bool comments_close; /* none was found open so far */
    struct candidates *found;
};

/* An encoded-word with "@" inside it is still a word of a display name. */
static bool is_encoded_word(struct slice s)
{
    return slice_starts(s, SLICE("=?")) && s.len > 4 && s.ptr[s.len - 2] == '?' &&
           s.ptr[s.len - 1] == '=';
}

static struct slice candidate(const struct finder *f)
{
    return slice_make(f->buffer + f->start, f->used - f->start);
}

static void end_candidate(struct finder *f)
{
    if (f->at_signs > 0 && !is_encoded_word(candidate(f)))
        candidate_read(f->found, candidate(f));
    f->start = f->used;
    f->at_signs = 0;
    f->cut = false;
    f->last = LAST_NONE;
    f->gap = false;
}

/* Before a word: one that blanks part from the word before it begins a new candidate. */
static void begin_word(struct finder *f)
{
    if (f->gap && (f->last == LAST_WORD || f->loose))
        end_candidate(f);
    f->gap = false;
    f->last = LAST_WORD;
}

static void take_joint(struct finder *f, char c)
{
    if (f->loose && c == '.' && f->gap)
        end_candidate(f);
    if (f->at_signs == 1 && !f->cut && (c == '@' || f->gap)) {
        candidate_read(f->found, candidate(f)); /* of a@b@c and of a@b .c, some read a@b */
        f->cut = true;
    }
    f->at_signs += c == '@';
    f->buffer[f->used++] = c;
    f->last = LAST_JOINT;
    f->gap = false;
    f->at++;
}

static void take_bytes(struct finder *f, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!ascii_is_space(f->value.ptr[f->at + i]) || f->value.ptr[f->at + i] == ' ')
            f->buffer[f->used++] = f->value.ptr[f->at + i];
    f->at += count;
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
    bool literal = f->used > f->start && f->buffer[f->used - 1] == '@';
    struct slice rest = slice_first(slice_from(f->value, f->at), literal ? LITERAL_MAX : 0);
    size_t close = slice_find(rest, ']');

    begin_word(f);
    take_bytes(f, close != SLICE_NOT_FOUND ? close + 1 : 1);
}

/* What only parts words in a loose reading. */
static bool parts_loosely(char c)
{
    return c == '"' || c == '(' || c == ')';
}

static void take_one(struct finder *f)
{
    char c = f->value.ptr[f->at];

    if (f->loose && parts_loosely(c))
        c = ',';
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

static void read_mended(struct candidates *found, struct slice text);

/* Whether ${element} breaks off within a route, "<@a.test,". */
static bool is_cut(struct slice element)
{
    return slice_find(element, '<') != SLICE_NOT_FOUND &&
           slice_find(element, '>') == SLICE_NOT_FOUND;
}

/* Ends what stood since the last comma. */
static void end_element(struct finder *f)
{
    struct slice element = slice_first(slice_from(f->value, f->element), f->at - f->element);

    end_candidate(f);
    if (!f->found->mending && f->found->seen == f->element_seen && !is_cut(element) &&
        slice_find(element, '@') != SLICE_NOT_FOUND)
        read_mended(f->found, element);
    f->element = f->at;
    f->element_seen = f->found->seen;
}

/* Adds to ${found} what ${value} holds. */
static void read_list(struct candidates *found, struct slice value, bool loose)
{
    struct finder f = {.value = value, .loose = loose, .comments_close = true, .found = found};

    f.element_seen = found->seen;
    f.buffer = arena_alloc(found->arena, value.len);
    if (f.buffer == NULL) {
        found->failed = true;
        return;
    }
    while (f.at < value.len) {
        if (value.ptr[f.at] == ',' || value.ptr[f.at] == ';')
            end_element(&f);
        take_one(&f);
    }
    end_element(&f);
}

/* Whether ${mending} leaves out no more than some part of it does, by the lengths of what is left.
 */
static bool is_same(const size_t lengths[MENDING_ALL + 1], unsigned mending)
{
    for (unsigned bit = 1; bit <= MENDING_ALL; bit *= 2)
        if ((mending & bit) != 0 && lengths[mending & ~bit] == lengths[mending])
            return true;
    return false;
}

/* Adds what readers take out of ${text}, a list as it is or as it is decoded, who mend it. */
static void read_mended(struct candidates *found, struct slice text)
{
    size_t lengths[MENDING_ALL + 1] = {text.len};

    found->unread = found->unread || text.len > HEADER_MENDED_MAX;
    if (found->failed || found->unread)
        return;
    found->mending = true;
    read_list(found, text, true);
    for (unsigned mending = 1; mending <= MENDING_ALL && !found->failed; mending++) {
        struct slice mended = sound_list_mend(text, mending, found->arena);

        found->failed = found->failed || mended.ptr == NULL;
        lengths[mending] = mended.len;
        if (mended.len > 0 && !is_same(lengths, mending))
            read_list(found, mended, false);
    }
    found->mending = false;
}

/* Adds what ${text} holds, unless it is empty. */
static void read_text(struct candidates *found, struct slice text)
{
    found->failed = found->failed || text.ptr == NULL;
    if (found->failed || text.len == 0)
        return;
    read_list(found, text, false);
    if (!sound_list(text))
        read_mended(found, text);
}

size_t header_mailboxes(struct slice value, struct arena *arena, struct slice *out, size_t max)
{
    struct candidates found = {.arena = arena, .out = out, .max = max};

    if (value.len == 0)
        return 0;
    read_text(&found, value);
    read_text(&found, decoded_list(value, arena));
    read_text(&found, header_decode_generously(value, arena));
    if (!found.failed && !sound_list(value))
        read_text(&found, header_decode(value, arena)); /* where a name ends is doubtful too */
    if (found.failed)
        return HEADER_MAILBOXES_FAILED;
    return found.unread ? HEADER_MAILBOXES_UNREAD : found.count;
}
