/* The table itself is looked at. */
#include "filters/base/charset_names.c"

#include "tests/unit/support.h"

/* Each name is found, so they are in order, and none stands twice. */
static void all_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        assert_row(charset_names_find(slice_str(NAMES[i].text)) == NAMES[i].charset, NAMES[i].text,
                   i);
        assert_true(i == 0 || strcmp(NAMES[i - 1].text, NAMES[i].text) < 0);
    }
}

static void each_set_has_a_name(void **state)
{
    bool named[CHARSET_COUNT] = {false};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        named[NAMES[i].charset] = true;
    for (size_t i = 0; i < CHARSET_COUNT; i++)
        assert_true(named[i]);
}

static void marks_and_length(void **state)
{
    static const struct {
        const char *name;
        int charset;
    } rows[] = {
        {"ISO_8859-2:1987", CHARSET_ISO_8859_2},
        {"u.t-f_8", CHARSET_UTF_8},
        {"", -1},
        {"-", -1},
        {"utf 8", -1},
        {"utf8x", -1},
        {"----------------------------------------------utf8", CHARSET_UTF_8},
        {"0123456789012345678901234567890123456789", -1},
        {"01234567890123456789012345678901234567890", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(charset_names_find(slice_str(rows[i].name)) == rows[i].charset, rows[i].name, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_found),
        cmocka_unit_test(each_set_has_a_name),
        cmocka_unit_test(marks_and_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
