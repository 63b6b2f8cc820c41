#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/read/syntax.h"
#include "tests/unit/conf/read/reread.h"

/* Where nothing better is known, libconfig's word stands, and the line. */
static void not_understood(void **state)
{
    struct load load;
    struct bytes deep;
    char mark[128];

    (void)state;
    load_begin(&load);
    reread("a = 1;\n\tb = 2;\n", "syntax error", 2, &load);
    assert_string_equal(load.problems.data,
                        "postern.conf:2: error: syntax error: a semicolon, bracket or quote may be "
                        "missing here or just before\n"
                        "postern.conf:2: note:    b = 2;\n");
    bytes_init(&deep, 1 << 20);
    bytes_append(&deep, SLICE("a = "));
    for (int i = 0; i < SYNTAX_DEPTH_MAX; i++)
        bytes_append(&deep, SLICE("("));
    bytes_append_char(&deep, '\0');
    assert_int_equal(bytes_end(&deep), 0);
    reread(deep.data, "syntax error", 1, &load);
    assert_non_null(strstr(load.problems.data, "1: error: syntax error: a semicolon, bracket"));
    assert_non_null(strstr(load.problems.data, "\npostern.conf:1: note:   (((((("));
    (void)snprintf(mark, sizeof(mark), "\npostern.conf:1: note:   %*s^", 48, "");
    assert_non_null(strstr(load.problems.data, mark));
    bytes_fini(&deep);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(not_understood)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
