/* Colours, and what can be read on what. */
#include "filters/html/colour.h"

#include "tests/unit/support.h"

struct row {
    const char *text;
    int32_t colour;
};

static void check(const struct row *rows, size_t count, int32_t (*read)(struct slice text))
{
    for (size_t i = 0; i < count; i++)
        assert_row(read(slice_str(rows[i].text)) == rows[i].colour, rows[i].text, i);
}

static void of_styles(void **state)
{
    static const struct row rows[] = {
        {"aliceblue", 0xF0F8FF},
        {"yellowgreen", 0x9ACD32},
        {"rebeccapurple", 0x663399},
        {"white", 0xFFFFFF},
        {"nocolour", COLOUR_INVALID},
        {"", COLOUR_INVALID},
        {"#abc", 0xAABBCC},
        {"#abcf", 0xAABBCC},
        {"#abc1", COLOUR_CLEAR},
        {"#123456", 0x123456},
        {"#12345600", COLOUR_CLEAR},
        {"#1234561a", 0x123456},
        {"#12", COLOUR_INVALID},
        {"#12345", COLOUR_INVALID},
        {"#ggg", COLOUR_INVALID},
        {"#", COLOUR_INVALID},
        {"rgb(1,2,3)", 0x010203},
        {"rgb( 1 2 3 / 50% )", 0x010203},
        {"rgb(300, 0, 0)", 0xFF0000},
        {"rgb(100%,0%,50%)", 0xFF007F},
        {"rgba(1,2,3,.05)", COLOUR_CLEAR},
        {"rgba(1,2,3,0.1)", 0x010203},
        {"rgba(1,2,3,9%)", COLOUR_CLEAR},
        {"rgb(1,2)", COLOUR_INVALID},
        {"rgb(-1,2,3)", COLOUR_INVALID},
        {"rgb(1.9,2,3)", 0x010203},
        {"rgb", COLOUR_INVALID},
        {"hsl(0,0%,0%)", COLOUR_UNKNOWN},
        {"transparent", COLOUR_CLEAR},
        {"inherit", COLOUR_INHERIT},
    };

    (void)state;
    check(rows, COUNT_OF(rows), colour_read);
}

static void of_attributes(void **state)
{
    static const struct row rows[] = {
        {"White", 0xFFFFFF},
        {" red ", 0xFF0000},
        {"#abc", 0xAABBCC},
        {"abc", 0x0A0B0C},
        {"#123456", 0x123456},
        {"123456", 0x123456},
        {"#12345", 0x123450},
        {"chucknorris", 0xC00000},
        {"#ffffffffffff", 0xFFFFFF},
        {"#fff0fff0fff0", 0xFFFFFF},
        {"#000001000002000003", 0x010203},
        {"x", 0},
        {"#", 0},
        {"", COLOUR_INVALID},
        {"transparent", COLOUR_INVALID},
        {"#zzz", 0},
        {"1000000ab1000000cd1000000ef", 0xABCDEF},
    };

    (void)state;
    check(rows, COUNT_OF(rows), colour_legacy);
}

static void near(void **state)
{
    (void)state;
    assert_true(colour_near(0xFFFFFF, 0xFFFFFF));
    assert_true(colour_near(0xE8E8E8, 0xFFFFFF));
    assert_false(colour_near(0xE7FFFF, 0xFFFFFF));
    assert_false(colour_near(0xFFE7FF, 0xFFFFFF));
    assert_false(colour_near(0xFFFFE7, 0xFFFFFF));
    assert_false(colour_near(0xFFFFFF, 0xFFFFE7));
    assert_true(colour_near(COLOUR_CLEAR, COLOUR_UNKNOWN));
    assert_false(colour_near(COLOUR_BLACK, COLOUR_UNKNOWN));
    assert_false(colour_near(COLOUR_UNKNOWN, COLOUR_UNKNOWN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_styles), cmocka_unit_test(of_attributes),
                                       cmocka_unit_test(near)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
