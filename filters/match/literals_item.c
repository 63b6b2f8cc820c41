/* literals_item: characters, escapes and classes of a pattern; see literals_private.h. */
#include "filters/base/utf8.h"
#include "filters/match/literals_private.h"

#define UNKNOWN          UINT32_MAX /* no one character, or none that is known */
#define REPLACEMENT      0xFFFD     /* stands for an invalid byte, too: the text does not have it */
#define CODE_MAX         0x10FFFF
#define CLASS_CHARACTERS 128

void literals_take(struct literals_reader *r, size_t count)
{
    r->rest = slice_from(r->rest, count);
}

bool literals_next(struct literals_reader *r, struct slice text)
{
    if (!slice_starts(r->rest, text))
        return false;
    literals_take(r, text.len);
    return true;
}

struct literals_part literals_anything(size_t length)
{
    return (struct literals_part){.most = length};
}

struct literals_part literals_nothing(void)
{
    return (struct literals_part){.exact = literal_run_of(SLICE_NONE)};
}

static struct literals_part some_character(const struct literals_reader *r)
{
    return literals_anything(r->utf ? LITERALS_CHARACTER_MAX : 1);
}

static struct literals_part unsure(struct literals_reader *r)
{
    r->unsure = true;
    return literals_anything(SIZE_MAX);
}

/* --- characters ------------------------------------------------------------------------------- */

/* Whether a character beyond ASCII has no other case: kana, Chinese, Korean. */
static bool has_no_case(uint32_t code)
{
    return (code >= 0x3040 && code <= 0x9FFF) || (code >= 0xAC00 && code <= 0xD7A3);
}

/* The part that is the character ${code}. */
static struct literals_part character(const struct literals_reader *r, uint32_t code)
{
    struct literals_part part = some_character(r);
    char text[LITERALS_CHARACTER_MAX] = {(char)code};
    size_t length = 1;

    if (code == UNKNOWN || code > CODE_MAX || (r->utf && code == REPLACEMENT))
        return part;
    if (r->utf && code >= 0x80) {
        if (r->caseless && !has_no_case(code))
            return part;
        length = utf8_write(code, text);
    }
    part.exact = literal_run_of(slice_make(text, length));
    if (!r->caseless)
        part.most = length;
    return part;
}

/* The character at the front of the rest, which is taken. */
static uint32_t take_code(struct literals_reader *r)
{
    size_t length = r->utf ? utf8_length(r->rest) : 1;
    uint32_t code = (unsigned char)r->rest.ptr[0];

    if (length == 0) { /* such a pattern does not compile */
        r->unsure = true;
        length = 1;
    } else if (r->utf) {
        code = utf8_code(slice_first(r->rest, length));
    }
    literals_take(r, length);
    return code;
}

struct literals_part literals_character(struct literals_reader *r)
{
    uint32_t code = take_code(r);

    return character(r, code);
}

/* --- escapes ---------------------------------------------------------------------------------- */

static unsigned digit_of(char c)
{
    if (ascii_is_digit(c))
        return (unsigned)(c - '0');
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* A number of at most ${digits} digits, none of which is no number: 0. */
static uint32_t take_number(struct literals_reader *r, unsigned base, unsigned digits)
{
    uint32_t number = 0;

    for (; digits > 0 && r->rest.len > 0 && digit_of(r->rest.ptr[0]) < base; digits--) {
        number = number <= CODE_MAX ? number * base + digit_of(r->rest.ptr[0]) : number;
        literals_take(r, 1);
    }
    return number;
}

/* ... in braces. */
static uint32_t take_braced(struct literals_reader *r, unsigned base)
{
    uint32_t number = take_number(r, base, UINT32_MAX);

    if (!literals_next(r, SLICE("}")))
        r->unsure = true;
    return number;
}

/* Takes what stands up to ${end}, and it. */
static void take_past(struct literals_reader *r, char end)
{
    size_t at = slice_find(r->rest, end);

    if (at == SLICE_NOT_FOUND)
        r->unsure = true;
    else
        literals_take(r, at + 1);
}

/* A reference to a group by what stands behind \g or \k, or by its number. */
static void take_reference(struct literals_reader *r)
{
    if (literals_next(r, SLICE("{")))
        take_past(r, '}');
    else if (literals_next(r, SLICE("<")))
        take_past(r, '>');
    else if (literals_next(r, SLICE("'")))
        take_past(r, '\'');
    else if (!literals_next(r, SLICE("-")))
        (void)literals_next(r, SLICE("+"));
    (void)take_number(r, 10, UINT32_MAX);
}

/* The escapes that are one character: its code; UNKNOWN, and nothing taken, for others. */
static uint32_t take_simple(struct literals_reader *r)
{
    static const struct slice letters = SLICE_INIT("aefnrt");
    static const unsigned char codes[] = {0x07, 0x1B, 0x0C, 0x0A, 0x0D, 0x09};
    char c = r->rest.ptr[0];
    size_t at = slice_find(letters, c);

    if (at != SLICE_NOT_FOUND) {
        literals_take(r, 1);
        return codes[at];
    }
    if ((unsigned char)c < 0x80 && !ascii_is_digit(c) && digit_of(c) > 15 &&
        (ascii_lower(c) < 'a' || ascii_lower(c) > 'z')) {
        literals_take(r, 1);
        return (unsigned char)c;
    }
    if (literals_next(r, SLICE("x{")))
        return take_braced(r, 16);
    if (literals_next(r, SLICE("x")))
        return take_number(r, 16, 2);
    if (literals_next(r, SLICE("o{")))
        return take_braced(r, 8);
    return literals_next(r, SLICE("0")) ? take_number(r, 8, 2) : UNKNOWN;
}

/* A property, as "{Lu}" or "L". */
static void take_property(struct literals_reader *r)
{
    if (literals_next(r, SLICE("{")))
        take_past(r, '}');
    else
        literals_take(r, 1);
}

/* The escapes that are a set of characters, or a place between two. ${c} is taken. */
static struct literals_part set_or_place(struct literals_reader *r, char c)
{
    switch (c) {
    case 'A':
    case 'B':
    case 'K':
    case 'Z':
    case 'b':
    case 'z': return literals_nothing();
    case 'N':
        if (literals_next(r, SLICE("{U+"))) {
            take_past(r, '}');
            return some_character(r);
        }
        return some_character(r);
    case 'P':
    case 'p': take_property(r); return some_character(r);
    case 'D':
    case 'H':
    case 'S':
    case 'V':
    case 'W':
    case 'd':
    case 'h':
    case 's':
    case 'v':
    case 'w': return some_character(r);
    case 'R': return literals_anything(LITERALS_CHARACTER_MAX);
    case 'X': return literals_anything(SIZE_MAX);
    case 'g':
    case 'k': take_reference(r); return literals_anything(SIZE_MAX);
    }
    return unsure(r);
}

struct literals_part literals_escape(struct literals_reader *r)
{
    uint32_t code;
    char c;

    literals_take(r, 1);
    if (r->rest.len == 0)
        return unsure(r);
    code = take_simple(r);
    if (code != UNKNOWN)
        return character(r, code);
    c = r->rest.ptr[0];
    if (ascii_is_digit(c)) { /* a reference or an octal number, whose length depends on which */
        (void)take_number(r, 10, UINT32_MAX);
        return literals_anything(SIZE_MAX);
    }
    literals_take(r, 1);
    return set_or_place(r, c);
}

/* --- classes ---------------------------------------------------------------------------------- */

/* The characters of a class under way; ${unknown}: others are in it, too. */
struct set {
    bool has[CLASS_CHARACTERS];
    bool unknown;
};

/* An escape in a class: its character, or UNKNOWN. */
static uint32_t take_class_escape(struct literals_reader *r)
{
    uint32_t code;
    char c;

    literals_take(r, 1);
    if (r->rest.len == 0 ||
        slice_find(SLICE("QEcNgk123456789"), r->rest.ptr[0]) != SLICE_NOT_FOUND) {
        r->unsure = true;
        return UNKNOWN;
    }
    code = take_simple(r);
    if (code != UNKNOWN)
        return code;
    c = r->rest.ptr[0];
    literals_take(r, 1);
    if (c == 'b')
        return '\b';
    (void)set_or_place(r, c);
    return UNKNOWN;
}

/* "[:alpha:]" and the like; anything else that begins so is not sure. */
static void take_posix(struct literals_reader *r)
{
    size_t end = 2;

    end += end < r->rest.len && r->rest.ptr[end] == '^';
    while (end < r->rest.len && r->rest.ptr[end] >= 'a' && r->rest.ptr[end] <= 'z')
        end++;
    if (end > 2 && slice_starts(slice_from(r->rest, end), SLICE(":]")))
        literals_take(r, end + 2);
    else
        r->unsure = true;
}

/* One end of a range, or a character alone; UNKNOWN. */
static uint32_t take_member(struct literals_reader *r)
{
    if (slice_starts(r->rest, SLICE("[:"))) {
        take_posix(r);
        return UNKNOWN;
    }
    if (slice_starts(r->rest, SLICE("[.")) || slice_starts(r->rest, SLICE("[="))) {
        r->unsure = true;
        return UNKNOWN;
    }
    return r->rest.ptr[0] == '\\' ? take_class_escape(r) : take_code(r);
}

static void add_range(struct set *set, uint32_t from, uint32_t to)
{
    if (from >= CLASS_CHARACTERS || to >= CLASS_CHARACTERS) {
        set->unknown = true;
        return;
    }
    for (uint32_t code = from; code <= to; code++)
        set->has[code | LITERAL_FOLD] = true;
}

/* A character or a range. */
static void take_members(struct literals_reader *r, struct set *set)
{
    uint32_t from = take_member(r), to = from;

    if (!r->unsure && slice_starts(r->rest, SLICE("-")) && !slice_starts(r->rest, SLICE("-]")) &&
        r->rest.len > 1) {
        literals_take(r, 1);
        to = take_member(r);
    }
    add_range(set, from, to);
}

static struct literals_part of_set(const struct literals_reader *r, const struct set *set)
{
    struct literals_part part = some_character(r);
    bool first = true;

    for (unsigned code = 0; code < CLASS_CHARACTERS && !set->unknown; code++) {
        char c = (char)code;
        struct literal_run one = literal_run_of(slice_make(&c, 1));

        if (!set->has[code])
            continue;
        if (first)
            part.exact = one;
        else if (!literal_run_join(&part.exact, &one))
            break;
        first = false;
    }
    return part;
}

struct literals_part literals_class(struct literals_reader *r)
{
    struct set set = {.unknown = false};
    bool first = true;

    if (slice_starts(r->rest, SLICE("[[:<:]]")) || slice_starts(r->rest, SLICE("[[:>:]]")))
        return unsure(r);
    literals_take(r, 1);
    set.unknown = literals_next(r, SLICE("^"));
    for (; !r->unsure && (first || !literals_next(r, SLICE("]"))); first = false) {
        if (r->rest.len == 0)
            return unsure(r);
        take_members(r, &set);
    }
    return of_set(r, &set);
}
