/* header_names: the names that an address list shows (RFC 5322, 3.4): what stands before an address
 * in brackets, in comments beside one that has none, before the ":" of a group, or alone.
 *
 * Readers disagree here as they do about addresses (header_mailboxes.c), and a name is what most
 * people see of an address. So a list is gone through in each way in which its names may be taken:
 * as it stands, what encoded-words say being letters; with those in quoted strings as they stand;
 * as a malformed list is mended; decoded before it is taken apart.
 */
#include "filters/message/header.h"
#include "filters/message/quoted.h"
#include "filters/message/sound_list.h"

#define NAMES_LAST  8
#define LITERAL_MAX 255 /* bytes between the brackets of a domain literal */

/* The names found so far. */
struct names {
    struct slice *out;
    size_t max, count;
    struct slice last[NAMES_LAST]; /* so that readings that agree count once */
    bool failed;                   /* memory was out */
};

/* Words with one blank between them, of one element after the other. */
struct words {
    char *text;
    size_t start, used; /* of the element under way */
    size_t word;        /* where its last word begins */
    bool gap;           /* blanks stand behind that */
};

struct finder {
    struct slice value, decoded;
    const struct header_runs *runs; /* of ${value}, said in ${decoded} */
    size_t run;                     /* the next of them */
    size_t at;
    bool loose; /* quotes and parentheses only part words; a comma ends an address in brackets */
    bool quotes_close, comments_close; /* none was found open so far */
    size_t close;                      /* a ">" not far behind; SLICE_NOT_FOUND: there is none */
    bool run_quoted;                   /* one stands in a quoted string */
    bool sound;
    /* the element under way */
    struct words name, all, comments; /* before "<"; outside of brackets; in comments */
    size_t element;                   /* where it begins */
    size_t open;                      /* its last "<"; SLICE_NOT_FOUND: none */
    size_t address;                   /* the word of ${name} that has the first "@"; likewise */
    bool colon;
    struct names *found;
};

/* --- what is found ---------------------------------------------------------------------------- */

static bool is_known(const struct names *found, struct slice name)
{
    for (size_t i = 0; i < NAMES_LAST; i++)
        if (slice_equal(found->last[i], name))
            return true;
    return false;
}

static void add(struct names *found, struct slice name)
{
    name = slice_trim(name);
    if (name.len == 0 || is_known(found, name))
        return;
    found->last[found->count % NAMES_LAST] = name;
    if (found->count < found->max)
        found->out[found->count] = name;
    found->count++;
}

static struct slice words_slice(const struct words *words)
{
    return slice_make(words->text + words->start, words->used - words->start);
}

static void put(struct words *words, char c)
{
    if (words->used == words->start) {
        words->word = words->used;
    } else if (words->gap) {
        words->text[words->used++] = ' ';
        words->word = words->used;
    }
    words->gap = false;
    words->text[words->used++] = c;
}

static void begin_words(struct words *words)
{
    words->start = words->word = words->used;
    words->gap = false;
}

/* A byte of a name, unless it stands behind brackets: then only of all. */
static void put_name(struct finder *f, char c)
{
    if (f->open == SLICE_NOT_FOUND)
        put(&f->name, c);
    put(&f->all, c);
}

static void put_comment(struct finder *f, char c)
{
    put(&f->comments, c);
    put(&f->all, c);
}

static void put_gap(struct finder *f)
{
    f->name.gap = f->all.gap = true;
}

/* --- encoded-words ---------------------------------------------------------------------------- */

/* Whether a run of encoded-words begins here: what it says is put by ${put_byte}, and passed over.
 */
static bool take_run(struct finder *f, void (*put_byte)(struct finder *, char))
{
    const struct header_run *run;

    while (f->run < f->runs->count && f->runs->items[f->run].words_start < f->at)
        f->run++;
    if (f->run == f->runs->count || f->runs->items[f->run].words_start != f->at)
        return false;
    run = &f->runs->items[f->run++];
    for (size_t i = run->start; i < run->end; i++)
        put_byte(f, f->decoded.ptr[i]);
    f->at = run->words_end;
    if (f->run < f->runs->count && run[1].start == run->end) /* only blanks part the two */
        f->at = run[1].words_start;
    return true;
}

/* --- elements --------------------------------------------------------------------------------- */

static void begin_element(struct finder *f)
{
    begin_words(&f->name);
    begin_words(&f->all);
    begin_words(&f->comments);
    f->element = f->at;
    f->open = f->address = SLICE_NOT_FOUND;
    f->colon = false;
}

/* What stands before "<", or before an address without brackets. */
static struct slice phrase(const struct finder *f)
{
    struct slice name = words_slice(&f->name);

    if (f->open != SLICE_NOT_FOUND || f->address == SLICE_NOT_FOUND)
        return name;
    return slice_first(name, f->address - f->name.start);
}

static void tell_element(struct finder *f)
{
    bool angle = f->open != SLICE_NOT_FOUND;

    add(f->found, phrase(f));
    if (angle || f->address == SLICE_NOT_FOUND)
        add(f->found, words_slice(&f->all));
    if (!angle || phrase(f).len == 0)
        add(f->found, words_slice(&f->comments));
    if (angle && (f->colon || !f->sound))
        add(f->found, slice_from(slice_first(f->value, f->open), f->element));
}

/* --- one after the other ---------------------------------------------------------------------- */

/* The characters up to ${end}, of which a backslash quotes the next. */
static void take_inside(struct finder *f, size_t end, void (*put_byte)(struct finder *, char))
{
    while (f->at < end) {
        if (take_run(f, put_byte))
            continue;
        if (f->value.ptr[f->at] == '\\' && f->at + 1 < end)
            f->at++;
        if (ascii_is_space(f->value.ptr[f->at]))
            put_byte(f, ' ');
        else
            put_byte(f, f->value.ptr[f->at]);
        f->at++;
    }
}

static void take_quoted(struct finder *f)
{
    struct slice rest = slice_from(f->value, f->at);
    size_t length = f->quotes_close && !f->loose ? quoted_length(rest) : 0;
    size_t end = f->at + length, run;

    f->quotes_close = f->loose || length > 0;
    f->at++;
    if (length == 0)
        return;
    run = f->run;
    take_inside(f, end - 1, put_name);
    f->run_quoted = f->run_quoted || f->run > run;
    f->at = f->at > end ? f->at : end;
}

static void take_comment(struct finder *f)
{
    struct slice rest = slice_from(f->value, f->at);
    size_t length = f->comments_close && !f->loose ? comment_length(rest) : 0;
    size_t end = f->at + length;

    f->comments_close = f->loose || length > 0;
    f->at++;
    put_gap(f);
    if (length == 0)
        return;
    f->comments.gap = true;
    put(&f->all, '(');
    take_inside(f, end - 1, put_comment);
    put(&f->all, ')');
    f->at = f->at > end ? f->at : end;
    put_gap(f);
}

static bool ends_angle(const struct finder *f, char c)
{
    return c == '>' || c == '<' || (c == ',' && (f->loose || f->close == SLICE_NOT_FOUND));
}

/* Looks for the ">" that comes next, once for all "<" before it. */
static void find_close(struct finder *f)
{
    size_t found;

    if (f->close >= f->at)
        return;
    found = slice_find(slice_from(f->value, f->at), '>');
    f->close = found != SLICE_NOT_FOUND ? f->at + found : SLICE_NOT_FOUND;
}

/* The address in brackets is passed over. */
static void take_angle(struct finder *f)
{
    f->open = f->at++;
    find_close(f);
    while (f->at < f->value.len && !ends_angle(f, f->value.ptr[f->at]))
        f->at++;
    if (f->at < f->value.len && f->value.ptr[f->at] == '>')
        f->at++;
    put_gap(f);
}

/* Of a group, or of a name that has a colon in it: then what begins here is only a part. */
static void take_colon(struct finder *f)
{
    size_t element = f->element;

    tell_element(f);
    f->at++;
    begin_element(f);
    f->element = element;
    f->colon = true;
}

static void take_character(struct finder *f)
{
    char c = f->value.ptr[f->at];

    if (c == '\\' && f->at + 1 < f->value.len)
        c = f->value.ptr[++f->at];
    else if (c == '@' && f->address == SLICE_NOT_FOUND && f->open == SLICE_NOT_FOUND)
        f->address = f->name.word;
    put_name(f, c);
    f->at++;
}

/* A domain literal, whose colons part nothing. */
static void take_bracket(struct finder *f)
{
    bool literal = f->at > 0 && f->value.ptr[f->at - 1] == '@';
    struct slice rest = slice_first(slice_from(f->value, f->at), literal ? LITERAL_MAX : 0);
    size_t close = slice_find(rest, ']');

    if (close == SLICE_NOT_FOUND)
        take_character(f);
    else
        f->at += close + 1;
}

static void take_one(struct finder *f)
{
    if (take_run(f, put_name))
        return;
    switch (f->value.ptr[f->at]) {
    case '[': take_bracket(f); break;
    case '"': take_quoted(f); break;
    case '(': take_comment(f); break;
    case '<': take_angle(f); break;
    case ':': take_colon(f); break;
    case ',':
    case ';':
        tell_element(f);
        f->at++;
        begin_element(f);
        break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case '>':
    case ')':
        f->at++;
        put_gap(f);
        break;
    default: take_character(f);
    }
}

/* Room for all that is put of ${f}: at most two blanks come to a comment of two octets. */
static bool make_room(struct finder *f, struct arena *arena)
{
    size_t room = 2 * (f->value.len + f->decoded.len) + 1;

    f->name.text = arena_alloc(arena, room);
    f->all.text = arena_alloc(arena, room);
    f->comments.text = arena_alloc(arena, room);
    return f->name.text != NULL && f->all.text != NULL && f->comments.text != NULL;
}

/* Adds the names of ${f}->value; whether encoded-words stood in quoted strings. */
static bool read_list(struct finder f, struct arena *arena)
{
    f.quotes_close = f.comments_close = true;
    if (f.found->failed || !make_room(&f, arena)) {
        f.found->failed = true;
        return false;
    }
    begin_element(&f);
    while (f.at < f.value.len)
        take_one(&f);
    tell_element(&f);
    return f.run_quoted;
}

static size_t count_angles(struct slice s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] == '<';
    return count;
}

size_t header_names(struct slice value, struct arena *arena, struct slice *out, size_t max)
{
    const struct header_runs none = {NULL, 0};
    const struct field field = {.value = value};
    struct names found = {.out = out, .max = max};
    struct header_runs runs;
    struct slice decoded = header_decode_runs(&field, false, &runs, arena);
    struct slice generous = header_decode_generously(value, arena);
    struct finder as_it_stands = {.value = value,
                                  .decoded = decoded,
                                  .runs = &runs,
                                  .sound = sound_list(value),
                                  .found = &found};
    struct finder other = as_it_stands;

    if (decoded.ptr == NULL || generous.ptr == NULL)
        return HEADER_MAILBOXES_FAILED;
    other.runs = &none;
    if (read_list(as_it_stands, arena))
        (void)read_list(other, arena);
    if (!as_it_stands.sound) {
        as_it_stands.loose = true;
        (void)read_list(as_it_stands, arena);
    }
    other.value = decoded;
    if (runs.count > 0 && (!other.sound || count_angles(decoded) > count_angles(value)))
        (void)read_list(other, arena);
    other.value = generous;
    if (generous.len > 0)
        (void)read_list(other, arena);
    return found.failed ? HEADER_MAILBOXES_FAILED : found.count;
}
