#include "filters/rules/text.h"

#include "tests/unit/arena_kit.h"
#include "tests/unit/heap.h"

static struct slice field_value(void *ctx, enum field_id id)
{
    (void)ctx;
    switch ((int)id) {
    case FIELD_SENDER: return SLICE("joe@example.org");
    case FIELD_HELO: return SLICE("a\r\nb\0c");
    case FIELD_SCORE: return SLICE("$1 ${helo}");
    default: return SLICE_NONE;
    }
}

static struct slice header_value(void *ctx, struct slice name)
{
    (void)ctx;
    return slice_equal(name, SLICE("X-Foo.Bar")) ? SLICE("of\r\nthe header") : SLICE_NONE;
}

static struct pattern_match some_match(void)
{
    struct pattern_match match = {.count = 4};

    match.groups[0] = SLICE("whole");
    match.groups[1] = SLICE("one");
    match.groups[3] = SLICE("three"); /* 2 is not set */
    match.groups[4] = SLICE("of a match before");
    return match;
}

static const struct {
    const char *source;
    const char *want;
    bool captures;
} rows[] = {
    {"", "", false},
    {"plain", "plain", false},
    {"$$", "$", false},
    {"a$$b$$", "a$b$", false},
    {"$1", "one", true},
    {"<$1|$2|$3|$4|$9>", "<one||three||>", true},
    {"$12", "one2", true},
    {"$$1", "$1", false},
    {"${sender}", "joe@example.org", false},
    {"from ${sender}: $1", "from joe@example.org: one", true},
    {"${client}", "", false}, /* not known */
    {"${listtext}", "of the list", true},
    {"${matched}", "what matched", false},
    {"<${header.X-Foo.Bar}${header.X-Foo}>", "<of  the header>", false},
    {"${helo}", "a  b c", false},      /* no line ends from the wire: H01 */
    {"${score}", "$1 ${helo}", false}, /* a value is no text */
    {"{sender} } {", "{sender} } {", false},
};

static void expanding(void **state)
{
    struct pattern_match match = some_match();
    struct text_values values = {&match,      SLICE("of the list"), SLICE("what matched"),
                                 field_value, header_value,         NULL};
    struct guard guard;

    (void)state;
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text text;
        const char *error = NULL;
        struct slice out;

        assert_row(
            text_parse(&text, guard_copy(&guard, slice_str(rows[i].source)), &arena, &error) == 0,
            rows[i].source, i);
        assert_row(text.uses_captures == rows[i].captures, rows[i].source, i);
        assert_row(text.uses_matched == (strstr(rows[i].source, "matched") != NULL), rows[i].source,
                   i);
        out = text_expand(&text, &values, &arena);
        assert_non_null(out.ptr);
        assert_row_slice(out, slice_str(rows[i].want), rows[i].source, i);
    }
    guard_fini(&guard);
}

static void without_values(void **state)
{
    struct text_values values = {0};
    struct text text;
    const char *error;

    (void)state;
    assert_int_equal(
        text_parse(&text, SLICE("[$1${listtext}${sender}${matched}${header.A}]"), &arena, &error),
        0);
    assert_text(text_expand(&text, &values, &arena), "[]");
}

static const struct {
    const char *source;
    const char *error; /* part of it */
} refused[] = {
    {"$", "$$"},
    {"a$", "$$"},
    {"$0", "$$"},
    {"$x", "$$"},
    {"$ 1", "$$"},
    {"${sender", "$$"},
    {"${}", "no such field"},
    {"${Sender}", "no such field"},
    {"${nonsense}", "${nonsense}"},
    {"${dnsbl}", "this build"},
    {"${header}", "many values"},
    {"${tag}", "many values"},
    {"${header.}", "no name of a header field"},
    {"${header.A B}", "no name of a header field: ${A B}"},
    {"${headers.A}", "no such field"},
    {"${lookalike}", "many values"},
};

static void refusing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct text text;
        const char *error = NULL;

        assert_row(text_parse(&text, slice_str(refused[i].source), &arena, &error) == -1,
                   refused[i].source, i);
        assert_non_null(error);
        assert_row(strstr(error, refused[i].error) != NULL, error, i);
    }
}

static void cut_at_their_limits(void **state)
{
    static char long_value[3 * TEXT_VALUE_MAX];
    struct pattern_match match = {.count = 2};
    struct text_values values = {.match = &match};
    struct text text;
    const char *error;
    struct slice out;

    (void)state;
    /* "ä" again and again after one byte, so that the limit falls into a character */
    long_value[0] = 'x';
    for (size_t i = 1; i + 1 < sizeof(long_value); i += 2)
        memcpy(long_value + i, "\xC3\xA4", 2);
    match.groups[1] = slice_make(long_value, sizeof(long_value) - 1);
    assert_int_equal(text_parse(&text, SLICE("<$1>"), &arena, &error), 0);
    out = text_expand(&text, &values, &arena);
    assert_int_equal(out.len, TEXT_VALUE_MAX - 1 + 2);
    assert_int_equal(out.ptr[out.len - 1], '>');
    assert_int_equal((unsigned char)out.ptr[out.len - 2], 0xA4);
    assert_int_equal(
        text_parse(&text, SLICE("$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1"), &arena, &error), 0);
    out = text_expand(&text, &values, &arena);
    assert_true(out.len <= TEXT_EXPANDED_MAX && out.len > TEXT_EXPANDED_MAX - 4);
}

static void full_arena(void **state)
{
    struct arena small;
    struct text text;
    struct text_values values = {0};
    const char *error = NULL;

    (void)state;
    arena_init(&small, 64, 64);
    assert_int_equal(text_parse(&text, SLICE("$1$1$1$1"), &small, &error), -1);
    assert_non_null(error);
    assert_int_equal(
        text_parse(&text, SLICE("0123456789012345678901234567890123456789"), &arena, &error), 0);
    assert_null(text_expand(&text, &values, &small).ptr);
    arena_fini(&small);
}

static void all_of_it(void **state)
{
    expanding(state);
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
        cmocka_unit_test(expanding),  cmocka_unit_test(without_values),
        cmocka_unit_test(refusing),   cmocka_unit_test(cut_at_their_limits),
        cmocka_unit_test(full_arena), cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
