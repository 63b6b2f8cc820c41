/* pattern_make: see pattern_make.h. */
#include "tests/unit/filters/match/pattern_make.h"

#include "filters/match/pattern.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define DEPTH_MAX    3
#define SEQUENCE_MAX 6

unsigned pattern_make_choice(struct pattern_maker *maker, unsigned below)
{
    unsigned number = 0;

    if (maker->seed != 0) {
        maker->seed = maker->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned)(maker->seed >> 33) % below;
    }
    if (maker->size > 0) {
        number = *maker->data++;
        maker->size--;
    }
    return number % below;
}

static const char *const WORDS[] = {
    "a",
    "k",
    "s",
    "kiss",
    "Casino",
    "skIN",
    "ab",
    "abc",
    "bca",
    "foo bar",
    "-",
    "task",
    "\xC3\xA9t\xC3\xA9",
    "\xE4\xBD\xA0\xE5\xA5\xBD",
    "\xC3\x89",
    "stra\xC3\x9F",
    "\xE2\x84\xAA",
    "\xC5\xBF",
    "\xEF\xBF\xBD",
    "0",
    "12",
    "#x",
    "a b",
    "}",
};

/* What is written in a pattern, other than words. */
static const char *const ATOMS[] = {
    ".",           "\\w",        "\\d",
    "\\S",         "\\W",        "\\s",
    "\\b",         "\\B",        "^",
    "$",           "\\A",        "\\z",
    "[abc]",       "[^a]",       "[]a]",
    "[^]a]",       "[a-c]",      "[ks]",
    "[\\w-]",      "[a\\]b]",    "[[:alpha:]]",
    "[\\x61k]",    "[a-]",       "[\\d.]",
    "[S-k]",       "[\\b]",      "[0-9]",
    "[\xC3\xA9]",  "[a#b ]",     "[\\-z]",
    "\\x61",       "\\x{6B}",    "\\x{212A}",
    "\\x{E9}",     "\\x{FFFD}",  "\\141",
    "\\o{163}",    "\\t",        "\\n",
    "\\.",         "\\\\",       "\\/",
    "\\Qa.b\\E",   "\\Qk+s\\E",  "\\Q\\E",
    "\\E",         "\\Qab",      "\\R",
    "\\X",         "\\N",        "\\h",
    "\\K",         "\\1",        "\\g{1}",
    "\\g1",        "\\k<n>",     "(?1)",
    "(?R)?",       "(?i)",       "(?-i)",
    "(?x)",        "(?-x)",      "(?s)",
    "(?^)",        "(?#a) ",     " ",
    "# a\n",       "\\#",        "\\ ",
    "{",           "{a}",        "{,2}",
    "\\p{L}",      "\\pL",       "\\PN",
    "\\p{^Lu}",    "\\N{U+6B}",  "\\cA",
    "(*UCP)",      "(?C1)",      "\\012",
    "\\0",         "(?&n)",      "(?P=n)",
    "(?(1)ab|sk)", "(?(?=a)ab)", "(?(DEFINE)(?<d>ask))",
    "(?|ab|(c))",  "\\e",        "]",
};
static const char *const REPEATS[] = {"",   "",     "",    "",    "",    "",      "*",   "+",
                                      "?",  "*?",   "+?",  "??",  "{2}", "{1,3}", "{0}", "{0,2}",
                                      "++", "{2,}", "{1}", "{3}", " +",  "{2,3}?"};
static const char *const GROUPS[] = {
    "(",     "(?:",  "(?>",    "(?=",    "(?!",   "(?<=", "(?<!", "(?i:", "(?-i:",
    "(?<n>", "(?x:", "(?s-i:", "(?P<n>", "(?'n'", "(?|",  "(",    "(?:"};

static void add(struct bytes *out, const char *text)
{
    bytes_append(out, slice_str(text));
}

#define ADD_ONE_OF(maker, out, table)                                                              \
    add((out), (table)[pattern_make_choice((maker), (unsigned)COUNT(table))])

static void add_sequence(struct pattern_maker *maker, struct bytes *out, unsigned depth);

static void add_group(struct pattern_maker *maker, struct bytes *out, unsigned depth)
{
    ADD_ONE_OF(maker, out, GROUPS);
    add_sequence(maker, out, depth + 1);
    while (pattern_make_choice(maker, 2) == 1) {
        bytes_append_char(out, '|');
        add_sequence(maker, out, depth + 1);
        if (out->len > 400)
            break;
    }
    bytes_append_char(out, ')');
}

static void add_item(struct pattern_maker *maker, struct bytes *out, unsigned depth)
{
    unsigned kind = pattern_make_choice(maker, 8);

    if (kind == 0 && depth < DEPTH_MAX)
        add_group(maker, out, depth);
    else if (kind < 3)
        ADD_ONE_OF(maker, out, ATOMS);
    else
        ADD_ONE_OF(maker, out, WORDS);
    ADD_ONE_OF(maker, out, REPEATS);
}

static void add_sequence(struct pattern_maker *maker, struct bytes *out, unsigned depth)
{
    unsigned items = pattern_make_choice(maker, SEQUENCE_MAX);

    for (unsigned i = 0; i < items; i++)
        add_item(maker, out, depth);
}

void pattern_make(struct pattern_maker *maker, struct bytes *out)
{
    add_item(maker, out, 0);
    add_sequence(maker, out, 0);
    if (pattern_make_choice(maker, 6) == 0) {
        bytes_append_char(out, '|');
        add_sequence(maker, out, 0);
    }
}

unsigned pattern_make_flags(struct pattern_maker *maker)
{
    static const unsigned flags[] = {PATTERN_CASELESS, PATTERN_EXTENDED, PATTERN_MULTILINE,
                                     PATTERN_DOTALL,   PATTERN_UNICODE,  PATTERN_BYTES};
    unsigned all = 0;

    for (size_t i = 0; i < COUNT(flags); i++)
        if (pattern_make_choice(maker, i == 0 ? 2 : 4) == 0)
            all |= flags[i];
    return all;
}

static const char *const PIECES[] = {"a",
                                     "k",
                                     "s",
                                     "b",
                                     "c",
                                     " ",
                                     "\r\n",
                                     "K",
                                     "S",
                                     "A",
                                     "\xFF",
                                     "\xC3",
                                     "\xE2\x84\xAA",
                                     "\xC5\xBF",
                                     "1",
                                     "-",
                                     ".",
                                     "\x80\x80"};

/* Letters of ${text} from some place on, as they are or in the other case, without what is syntax.
 */
static void add_part(struct pattern_maker *maker, struct slice text, struct bytes *out)
{
    size_t start = text.len > 0 ? pattern_make_choice(maker, (unsigned)text.len) : 0;
    size_t length = 1 + pattern_make_choice(maker, 24);
    bool swap = pattern_make_choice(maker, 4) == 0;

    text = slice_first(slice_from(text, start), length);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (slice_find(SLICE("()[]{}?*+|\\^$:=!<>"), c) != SLICE_NOT_FOUND)
            continue;
        if (swap && ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z')
            c = (char)(c ^ 0x20);
        bytes_append_char(out, c);
    }
}

void pattern_make_subject(struct pattern_maker *maker, struct slice pattern, struct bytes *out)
{
    unsigned pieces = pattern_make_choice(maker, 24);

    for (unsigned i = 0; i < pieces; i++) {
        switch (pattern_make_choice(maker, 4)) {
        case 0: ADD_ONE_OF(maker, out, WORDS); break;
        case 1: ADD_ONE_OF(maker, out, PIECES); break;
        default: add_part(maker, pattern, out); break;
        }
    }
}
