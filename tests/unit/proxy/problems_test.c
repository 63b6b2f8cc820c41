/* problems: a line for each, on stderr and nowhere else. */
#include "proxy/problems.h"

#include "tests/unit/said.h"

static void lines(void **state)
{
    const struct place place = {"a.conf", 7}, nowhere = {NULL, 0};
    struct said out, error;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    diag_add(&diag, DIAG_ERROR, place, "no such setting '%s'", "x\ny");
    diag_add(&diag, DIAG_NOTE, nowhere, "that is all");
    said_begin(&out, stdout);
    said_begin(&error, stderr);
    problems_print(&diag);
    assert_text(said_end(&error),
                "a.conf:7: error: no such setting 'x\\x0Ay'\nnote: that is all\n");
    assert_text(said_end(&out), "");
    diag_fini(&diag);
}

static void none(void **state)
{
    struct said error;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    said_begin(&error, stderr);
    problems_print(&diag);
    assert_text(said_end(&error), "");
    diag_fini(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(none),
    };

    return cmocka_run_group_tests_name("problems", tests, NULL, NULL);
}
