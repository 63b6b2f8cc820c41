#include "filters/base/diag.h"

#include "filters/base/bytes.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static void collect(void *ctx, struct slice line)
{
    struct bytes *all = ctx;

    bytes_append(all, line);
    bytes_append_char(all, '\n');
}

static void lines_name_the_place(void **state)
{
    char file[] = "a.conf";
    struct bytes all;
    struct diag d;

    (void)state;
    bytes_init(&all, 100000);
    diag_init(&d);
    diag_add(&d, DIAG_ERROR, (struct place){file, 7}, "%s is not %d", "x", 5);
    diag_add(&d, DIAG_WARNING, (struct place){file, 0}, "hm");
    diag_add(&d, DIAG_NOTE, (struct place){NULL, 0}, "by the way");
    memset(file, '?', sizeof(file) - 1); /* the name was copied */
    assert_int_equal(d.errors, 1);
    assert_int_equal(d.warnings, 1);
    assert_int_equal(d.notes, 1);
    diag_print(&d, collect, &all);
    assert_text(bytes_slice(&all), "a.conf:7: error: x is not 5\n"
                                   "a.conf: warning: hm\n"
                                   "note: by the way\n");
    diag_fini(&d);
    assert_null(d.first);
    assert_int_equal(d.errors, 0);
    bytes_fini(&all);
}

static void unprintable_bytes_are_escaped(void **state)
{
    struct diag d;

    (void)state;
    diag_init(&d);
    diag_add(&d, DIAG_ERROR, (struct place){NULL, 0}, "%s",
             "a\r\n\x1b[2J\x7f Gr\xc3\xbc\xc3\x9f"
             "e \xfc \xc2\x9b \xe2\x80\xae");
    assert_text(d.first->text, "a\\x0D\\x0A\\x1B[2J\\x7F Gr\xc3\xbc\xc3\x9f"
                               "e \\xFC \\xC2\\x9B \\xE2\\x80\\xAE");
    diag_fini(&d);
}

static void too_many_are_counted(void **state)
{
    struct bytes all;
    struct diag d;
    size_t kept = 0;

    (void)state;
    bytes_init(&all, 100000);
    diag_init(&d);
    for (int i = 0; i < DIAG_PROBLEMS_MAX + 5; i++)
        diag_add(&d, DIAG_ERROR, (struct place){"f", 1}, "problem %d", i);
    assert_int_equal(d.errors, DIAG_PROBLEMS_MAX + 5);
    for (struct problem *p = d.first; p != NULL; p = p->next)
        kept++;
    assert_int_equal(kept, DIAG_PROBLEMS_MAX);
    diag_print(&d, collect, &all);
    assert_text(slice_from(bytes_slice(&all), all.len - 36),
                "note: 5 more problems are not shown\n");
    diag_fini(&d);
    bytes_fini(&all);
}

static void long_texts_are_cut(void **state)
{
    char text[10001];
    struct diag d;

    (void)state;
    memset(text, '\x01', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    diag_init(&d);
    for (int i = 0; i < DIAG_PROBLEMS_MAX; i++)
        diag_add(&d, DIAG_ERROR, (struct place){"f", 1}, "%s", text);
    assert_true(d.first->text.len >= 1000);
    assert_true(d.first->text.len < sizeof(text));
    diag_fini(&d);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(lines_name_the_place, state));
    assert_true(leaves_nothing(long_texts_are_cut, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_name_the_place), cmocka_unit_test(unprintable_bytes_are_escaped),
        cmocka_unit_test(too_many_are_counted), cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
