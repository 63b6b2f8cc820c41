#include "conf/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Those of the contract; each but the folder is a number, and none is "nothing". */
static void defaults(void **state)
{
    struct limits limits = limits_default();

    (void)state;
    assert_int_equal(limits.mime_depth, 100);
    assert_int_equal(limits.mime_parts, 10000);
    assert_int_equal(limits.content_time_ms, 2000);
    assert_int_equal(limits.message_bytes, 50 << 20);
    assert_int_equal(limits.header_bytes, 256 << 10);
    assert_true(slice_equal(limits.spool_dir, SLICE("/var/tmp")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
