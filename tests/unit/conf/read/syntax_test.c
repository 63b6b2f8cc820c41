/* However long the text is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/conf/read/reread.h"

/* Seconds of the processor for settings of which the last is there twice. */
static double cost(struct load *load, size_t count)
{
    struct bytes text;
    clock_t before;

    bytes_init(&text, 1 << 24);
    for (size_t i = 0; i < count; i++)
        bytes_format(&text, "s%zu = ( { a = \"b\"; }, [ 1 ] );\n", i);
    bytes_append(&text, SLICE("s0 = 1;\n\0"));
    assert_int_equal(bytes_end(&text), 0);
    before = clock();
    reread(text.data, "duplicate setting name", (unsigned)count + 1, load);
    assert_non_null(strstr(load->problems.data, "'s0' is set twice, here and in line 1:"));
    bytes_fini(&text);
    return (double)(clock() - before) / CLOCKS_PER_SEC;
}

static void linear(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    assert_true(cost(&load, 100000) < 2); /* a comparison of each with each takes minutes */
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(linear)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
