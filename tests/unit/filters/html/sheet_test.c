/* What style sheets say of an element. */
#include "filters/html/sheet.h"

#include "filters/html/colour.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static int32_t colour_of(const struct sheet *sheet, const char *element, const char *classes,
                         const char *id)
{
    struct style_declared declared = {.set = 0};

    (void)sheet_match(sheet, slice_str(element), slice_str(classes), slice_str(id), &declared);
    return declared.set != 0 ? declared.value[STYLE_COLOUR] : COLOUR_INVALID;
}

static void selectors(void **state)
{
    static const struct {
        const char *sheet, *element, *classes, *id;
        int32_t colour;
    } rows[] = {
        {"p{color:#010101}", "P", "", "", 0x010101},
        {"p{color:#010101}", "b", "p", "p", COLOUR_INVALID},
        {".x{color:#010101}", "p", "a\n X\tb", "", 0x010101},
        {".x{color:#010101}", "x", "xx", "x", COLOUR_INVALID},
        {"#x{color:#010101}", "p", "", "x", 0x010101},
        {"*{color:#010101}", "p", "", "", 0x010101},
        {"*.x{color:#010101}", "p", "x", "", 0x010101},
        {"p.x{color:#010101}", "p", "x", "", 0x010101},
        {"p.x{color:#010101}", "b", "x", "", COLOUR_INVALID},
        {"p#x{color:#010101}", "p", "", "x", 0x010101},
        {"a , .x\n,b{color:#010101}", "p", "x", "", 0x010101},
        {"*{color:#010101}p{color:#020202}.x{color:#030303}#x{color:#040404}", "p", "x", "x",
         0x040404},
        {"#x{color:#040404}.x{color:#030303}p{color:#020202}*{color:#010101}", "p", "x", "x",
         0x040404},
        {".x{color:#010101}.x{color:#020202}", "p", "x", "", 0x020202},
        {".x{border:0;padding:0}", "p", "x", "", COLOUR_INVALID},
        {"p "
         ".x{color:red}.x:hover{color:red}.x>b{color:red}.x.y{color:red}[a]{color:red}.{color:red}{"
         "color:red},{color:red}",
         "p", "x y", "", COLOUR_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sheet sheet;

        sheet_init(&sheet);
        assert_int_equal(sheet_read(&sheet, slice_str(rows[i].sheet)), 0);
        assert_row(colour_of(&sheet, rows[i].element, rows[i].classes, rows[i].id) ==
                       rows[i].colour,
                   rows[i].sheet, i);
        sheet_fini(&sheet);
    }
}

static void bounds(void **state)
{
    struct sheet sheet;
    struct bytes text;
    size_t steps;

    (void)state;
    sheet_init(&sheet);
    bytes_init(&text, 1 << 20);
    for (size_t i = 0; i < 2 * SHEET_RULES_MAX; i++)
        bytes_format(&text, ".c%zu{color:red}", i);
    assert_int_equal(sheet_read(&sheet, bytes_slice(&text)), 0);
    assert_int_equal(sheet.count, SHEET_RULES_MAX);
    assert_int_equal(colour_of(&sheet, "p", "c0", ""), 0xFF0000);
    assert_int_equal(colour_of(&sheet, "p", "c1999", ""), 0xFF0000);
    assert_int_equal(colour_of(&sheet, "p", "c2000", ""), COLOUR_INVALID);
    assert_int_equal(colour_of(&sheet, "p", "1 2 3 4 5 6 7 8 9 a b c d e f c0", ""), 0xFF0000);
    assert_int_equal(colour_of(&sheet, "p", "1 2 3 4 5 6 7 8 9 a b c d e f g c0", ""),
                     COLOUR_INVALID);
    bytes_clear(&text);
    for (size_t i = 0; i < 1000; i++)
        bytes_append(&text, SLICE("c1 "));
    {
        struct style_declared declared = {.set = 0};

        steps = sheet_match(&sheet, SLICE("p"), bytes_slice(&text), SLICE_NONE, &declared);
    }
    assert_true(steps <= (SHEET_CLASSES_MAX + 3) * 33);
    bytes_fini(&text);
    sheet_fini(&sheet);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(selectors, state));
    assert_true(leaves_nothing(bounds, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(selectors), cmocka_unit_test(bounds),
                                       cmocka_unit_test(all_is_given_back)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
