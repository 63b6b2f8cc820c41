#include <stdlib.h>

#include "filters/base/utf8.h"
#include "filters/message/header.h"
#include "tests/unit/arena_kit.h"
#include "tests/unit/filters/message/encode.h"
#include "tests/unit/heap.h"

#define LINE_GOOD 78
#define LINE_MOST 998

#define LONG_ASCII                                                                                 \
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"

static const struct {
    const char *name;
    struct slice text;
    const char *want;
} rows[] = {
    {"Subject", SLICE_INIT(""), " "},
    {"Subject", SLICE_INIT("plain"), " plain"},
    {"Subject", SLICE_INIT("  two  words\t"), " two  words"},
    {"Subject", SLICE_INIT("caf\xC3\xA9"), " =?UTF-8?B?Y2Fmw6k=?="},
    {"Subject", SLICE_INIT("coffeehouse-caf\xC3\xA9"), " =?UTF-8?Q?coffeehouse-caf=C3=A9?="},
    {"Subject", SLICE_INIT("a caf\xC3\xA9 b"), " a =?UTF-8?B?Y2Fmw6k=?= b"},
    {"Subject", SLICE_INIT("caf\xC3\xA9 \xC3\xA0 b"), " =?UTF-8?B?Y2Fmw6kgw6A=?= b"},
    {"Subject", SLICE_INIT("\xE6\x97\xA5\xE6\x9C\xAC"), " =?UTF-8?B?5pel5pys?="},
    {"Subject", SLICE_INIT("a\r\nBcc: x\0y"), " aBcc: xy"}, /* H01 */
    {"Subject", SLICE_INIT("=?utf-8?q?a?="), " =?UTF-8?B?PT91dGYtOD9xP2E/PQ==?="},
    {"Subject", SLICE_INIT("=?x-none?q?a?= \xC3\xA9"), " =?x-none?q?a?= =?UTF-8?B?w6k=?="},
    {"Subject", SLICE_INIT("a=?b"), " =?UTF-8?Q?a=3D=3Fb?="},
    {"Subject", SLICE_INIT("bell \x07"), " bell =?UTF-8?Q?=07?="},
    {"Subject", SLICE_INIT("bad \xFF"), " bad =?UTF-8?B?77+9?="},
    {"Subject", SLICE_INIT(LONG_ASCII),
     " one two three four five six seven eight nine ten eleven twelve\r\n"
     " thirteen fourteen fifteen"},
    /* addresses keep their form */
    {"From", SLICE_INIT("J\xC3\xB6rg <j@x.test>"), " =?UTF-8?B?SsO2cmc=?= <j@x.test>"},
    {"From", SLICE_INIT("\"J\xC3\xB6rg, X\" <j@x.test>"), " =?UTF-8?B?SsO2cmcsIFg=?= <j@x.test>"},
    {"From", SLICE_INIT("\"J\xC3\xB6 \\\"r\\\\\"<j@x.test>"),
     " =?UTF-8?B?SsO2ICJyXA==?= <j@x.test>"},
    {"From", SLICE_INIT("\"plain, X\" <j@x.test>"), " \"plain, X\" <j@x.test>"},
    {"From", SLICE_INIT("j\xC3\xB6@x <c@d>"), " =?UTF-8?B?asO2QHg=?= <c@d>"},
    {"From", SLICE_INIT("j\xC3\xB6@x"), " j\xC3\xB6@x"},
    {"From", SLICE_INIT("a.\"b \xC3\xB6\"@x"), " a.\"b \xC3\xB6\"@x"},
    {"From", SLICE_INIT("\xC3\xB6.\"b\"@x"), " \xC3\xB6.\"b\"@x"},
    {"From", SLICE_INIT("c@d (a (b) \xC3\xB6,b)"), " c@d (a (b) =?UTF-8?B?w7YsYg==?=)"},
    {"To", SLICE_INIT("j\xC3\xB6@x: c@d;"), " =?UTF-8?B?asO2QHg=?= : c@d;"},
    {"To", SLICE_INIT("a@b,J\xC3\xB6 <c@d>"), " a@b, =?UTF-8?B?SsO2?= <c@d>"},
    {"To", SLICE_INIT("J\xC3\xB6<c@d>,e@f"), " =?UTF-8?B?SsO2?= <c@d>,e@f"},
    {"To", SLICE_INIT("\"open J\xC3\xB6 <c@d>"), " \"open =?UTF-8?B?SsO2?= <c@d>"},
    {"Subject", SLICE_INIT("\"J\xC3\xB6, X\""), " =?UTF-8?B?IkrDtiw=?= X\""},
};

static void encoding(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row_slice(
            header_encode(slice_str(rows[i].name), guard_copy(&guard, rows[i].text), &arena),
            slice_str(rows[i].want), rows[i].text.ptr, i);
    guard_fini(&guard);
}

/* What every encoded value must be: lines of printable ASCII, folded right and short. */
static void check_lines(struct slice name, struct slice value, size_t most)
{
    size_t column = name.len + 1;

    assert_true(value.len > 0 && value.ptr[0] == ' ');
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        if (c == '\r') {
            assert_true(i + 2 < value.len && value.ptr[i + 1] == '\n');
            assert_true(value.ptr[i + 2] == ' ' || value.ptr[i + 2] == '\t');
            assert_true(column <= most);
            column = 0;
            i++;
            continue;
        }
        assert_true((c >= ' ' && c <= '~') || c == '\t');
        column++;
    }
    assert_true(column <= most);
}

/* No word longer than 75 octets, and none that ends inside a character. */
static void check_words(struct slice value)
{
    for (size_t i = 0; i + 1 < value.len; i++) {
        size_t end = i + 2;
        struct slice word;

        if (value.ptr[i] != '=' || value.ptr[i + 1] != '?')
            continue;
        while (end < value.len && value.ptr[end] != ' ' && value.ptr[end] != '\r')
            end++;
        assert_true(end - i <= 75);
        word = header_decode(slice_part(value, i, end), &arena);
        assert_null(memmem(word.ptr, word.len, "\xEF\xBF\xBD", 3)); /* as of half a character */
        i = end;
    }
}

static const struct {
    const char *block;
    size_t count;
    size_t most;
} long_texts[] = {
    {"\xC3\xA4", 500, LINE_GOOD},
    {"\xE2\x82\xAC", 500, LINE_GOOD},
    {"\xF0\x9F\x98\x80", 500, LINE_GOOD},
    {"a\xF0\x9F\x98\x80", 500, LINE_GOOD},
    {"word ", 500, LINE_GOOD},
    {"word \xC3\xA4 ", 500, LINE_GOOD},
    {"\xC3\xA4 word word ", 500, LINE_GOOD},
    {"\t\xC3\xA4\tx", 500, LINE_GOOD},
    {"a", 60, LINE_GOOD},
    {"a", 900, LINE_MOST},
    {"a", 901, LINE_GOOD}, /* too long to stand as it is */
    {"a", 50000, LINE_GOOD},
    {"x                                                           y", 40, LINE_MOST},
    {"x                                                              y ", 40, LINE_MOST},
    {"\xFF", 500, LINE_GOOD},
    {"=?", 500, LINE_GOOD},
};

static struct slice repeated(const char *block, size_t count)
{
    size_t block_len = strlen(block);
    char *text = arena_alloc(&arena, count * block_len);

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * block_len, block, block_len);
    return slice_make(text, count * block_len);
}

/* R109; and a reader gets back what was written. */
static void long_values(void **state)
{
    static const char *const names[] = {
        "S", "Subject", "X-A-Name-That-Is-Long-Enough-To-Leave-Less-Than-Half-Of-The-Line-Free",
        "X-A-Name-Of-Eighty-Bytes-Is-Longer-Than-A-Line-And-Nobody-Has-Such-Names-Or-Does"};

    (void)state;
    for (size_t n = 0; n < COUNT_OF(names); n++)
        for (size_t i = 0; i < COUNT_OF(long_texts); i++) {
            struct slice name = slice_str(names[n]);
            struct slice text = repeated(long_texts[i].block, long_texts[i].count);
            struct slice value = header_encode(name, text, &arena);
            struct slice back = header_decode(value, &arena);

            check_lines(name, value, name.len > 76 ? LINE_MOST : long_texts[i].most);
            if (!utf8_valid(text))
                continue;
            check_words(value);
            assert_row_slice(back, slice_trim(text), long_texts[i].block, n);
            arena_reset(&arena);
        }
}

static void every_length(void **state)
{
    char text[400];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "\xC3\xA4", 2);
    for (size_t lead = 0; lead < 80; lead++)
        for (size_t len = 0; len < 100; len += 2) {
            char *whole = arena_alloc(&arena, lead + 1 + len);
            struct slice all = slice_make(whole, lead + 1 + len), value;

            memset(whole, 'x', lead);
            whole[lead] = ' ';
            memcpy(whole + lead + 1, text, len);
            value = header_encode(SLICE("Subject"), all, &arena);
            check_lines(SLICE("Subject"), value, lead > 69 ? 90 : LINE_GOOD);
            check_words(value);
            assert_slice(header_decode(value, &arena), slice_trim(all));
            arena_reset(&arena);
        }
}

static void long_gaps(void **state)
{
    struct slice gap = repeated(" ", 3000);
    struct slice text = arena_format(&arena, "x%.*sy%.*s\xC3\xA4", SLICE_ARG(gap), SLICE_ARG(gap));
    struct slice value = header_encode(SLICE("Subject"), text, &arena);

    (void)state;
    check_lines(SLICE("Subject"), value, LINE_GOOD);
    assert_slice(header_decode(value, &arena), text);
}

/* An open quote must not be looked for from each one again. */
static void many_quotes(void **state)
{
    struct slice text = repeated("\\\"", 200000);

    (void)state;
    assert_non_null(header_encode(SLICE("From"), text, &arena).ptr);
}

static void full_arena(void **state)
{
    struct arena small;

    (void)state;
    arena_init(&small, 64, 64);
    assert_null(
        header_encode(SLICE("A"), SLICE("0123456789012345678901234567890123456789"), &small).ptr);
    arena_fini(&small);
}

static void all_of_it(void **state)
{
    encoding(state);
    full_arena(state);
    arena_reset(&arena);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(all_of_it, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoding),          cmocka_unit_test(long_values),
        cmocka_unit_test(every_length),      cmocka_unit_test(long_gaps),
        cmocka_unit_test(many_quotes),       cmocka_unit_test(full_arena),
        cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
