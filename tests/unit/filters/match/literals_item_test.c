#include "filters/match/literals_private.h"
#include "tests/unit/support.h"

static struct literals_reader reader;

struct row {
    const char *text;
    const char *exact; /* "a|b", folded; "-": not known; "?": not sure */
    size_t taken, most;
};

static const struct row ESCAPES[] = {
    {"\\x41b", "a", 4, 1},
    {"\\x{e9}b", "\xE3\xA9", 6, 2},
    {"\\x{FFFD}", "-", 8, 4},
    {"\\x{110000}", "-", 10, 4},
    {"\\xg", " ", 2, 1}, /* NUL, folded */
    {"\\o{101}b", "a", 7, 1},
    {"\\o{18}", "?", 0, 0},
    {"\\0101", "(", 4, 1},
    {"\\n", "*", 2, 1},
    {"\\.", ".", 2, 1},
    {"\\dx", "-", 2, 4},
    {"\\bx", "", 2, 0},
    {"\\Kx", "", 2, 0},
    {"\\Rx", "-", 2, 4},
    {"\\Xx", "-", 2, SIZE_MAX},
    {"\\p{Lu}x", "-", 6, 4},
    {"\\pLx", "-", 3, 4},
    {"\\p{Lu", "?", 0, 0},
    {"\\N{U+41}x", "-", 8, 4},
    {"\\N{3}", "-", 2, 4},
    {"\\12x", "-", 3, SIZE_MAX},
    {"\\g{-1}x", "-", 6, SIZE_MAX},
    {"\\g-1x", "-", 4, SIZE_MAX},
    {"\\k<n>x", "-", 5, SIZE_MAX},
    {"\\k'n'x", "-", 5, SIZE_MAX},
    {"\\k<n", "?", 0, 0},
    {"\\cA", "?", 0, 0},
    {"\\i", "?", 0, 0},
    {"\\", "?", 0, 0},
    {"\\\xC3\xA9", "?", 0, 0},
};

static const struct row CLASSES[] = {
    {"[ab]c", "a|b", 4, 4},
    {"[aA]", "a", 4, 4},
    {"[a-c]", "a|b|c", 5, 4},
    {"[a-]", "-|a", 4, 4},
    {"[-a]", "-|a", 4, 4},
    {"[]a]", "a|}", 4, 4},
    {"[^]a]b", "-", 5, 4},
    {"[a-z]b", "-", 5, 4},
    {"[\\x41-\\x43]", "a|b|c", 11, 4},
    {"[\\d]b", "-", 4, 4},
    {"[\\]a]", "a|}", 5, 4},
    {"[\\b]", "(", 4, 4},
    {"[[:alpha:]]b", "-", 11, 4},
    {"[[:^alpha:]a]b", "-", 13, 4},
    {"[[a]b", "a|{", 4, 4},
    {"[\xC3\xA9]b", "-", 4, 4},
    {"[#a ]", " |#|a", 5, 4},
    {"[[:al]pha:]]", "?", 0, 0},
    {"[[.a.]]", "?", 0, 0},
    {"[[:<:]]", "?", 0, 0},
    {"[\\Qa]b\\E]", "?", 0, 0},
    {"[\\1]", "?", 0, 0},
    {"[\\cA]", "?", 0, 0},
    {"[a", "?", 0, 0},
    {"[a\\", "?", 0, 0},
    {"[", "?", 0, 0},
    {"[a-", "?", 0, 0},
};

static void print_run(const struct literal_run *run, char *out, size_t size)
{
    size_t used = 0;

    (void)snprintf(out, size, "-");
    for (unsigned i = 0; i < run->count; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", i > 0 ? "|" : "",
                                 (int)run->lengths[i], (const char *)run->text[i]);
}

/* Each row stands at the end of memory. */
static void check(const struct row *rows, size_t count,
                  struct literals_part (*read)(struct literals_reader *r))
{
    struct guard guard;
    char text[600];

    guard_init(&guard, 64);
    for (size_t i = 0; i < count; i++) {
        struct slice source = guard_copy(&guard, slice_str(rows[i].text));
        struct literals_part part;

        reader = (struct literals_reader){.rest = source, .utf = true};
        part = read(&reader);
        assert_row(reader.unsure == (rows[i].exact[0] == '?'), rows[i].text, i);
        if (reader.unsure)
            continue;
        print_run(&part.exact, text, sizeof(text));
        assert_row_slice(slice_str(text), slice_str(rows[i].exact), rows[i].text, i);
        assert_row(source.len - reader.rest.len == rows[i].taken, rows[i].text, i);
        assert_row(part.most == rows[i].most, rows[i].text, i);
    }
    guard_fini(&guard);
}

static void escapes(void **state)
{
    (void)state;
    check(ESCAPES, COUNT_OF(ESCAPES), literals_escape);
}

static void classes(void **state)
{
    (void)state;
    check(CLASSES, COUNT_OF(CLASSES), literals_class);
}

static void characters(void **state)
{
    static const struct row plain[] = {{"ab", "a", 1, 1},
                                       {"\xC3\xA9", "\xE3\xA9", 2, 2},
                                       {"\xE4\xBD\xA0", "\xE4\xBD\xA0", 3, 3},
                                       {"\xEF\xBF\xBD", "-", 3, 4},
                                       {"\xFF", "?", 0, 0}};

    (void)state;
    check(plain, COUNT_OF(plain), literals_character);
}

/* What has another case is no literal; what has none is. */
static void without_case(void **state)
{
    static const char *const texts[] = {"\xC3\xA9", "\xC5\xBF", "\xE2\x84\xAA", "\xE4\xBD\xA0",
                                        "\xEA\xB0\x80"};
    static const bool known[] = {false, false, false, true, true};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        reader =
            (struct literals_reader){.rest = slice_str(texts[i]), .utf = true, .caseless = true};
        assert_row((literals_character(&reader).exact.count > 0) == known[i], texts[i], i);
        reader = (struct literals_reader){.rest = slice_str(texts[i]), .caseless = true};
        assert_row(literals_character(&reader).exact.count > 0, texts[i], i); /* bytes have none */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(escapes), cmocka_unit_test(classes),
                                       cmocka_unit_test(characters),
                                       cmocka_unit_test(without_case)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
