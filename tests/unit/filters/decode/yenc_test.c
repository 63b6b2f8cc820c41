/* yenc: names of files in a text. */
#include "filters/decode/yenc.h"

#include "tests/unit/support.h"

static void test_names(void **state)
{
    struct slice text = SLICE("=ybegin line=128 size=1 name=a b.exe \r\nx\r\n=yend size=1\r\n"
                              "x=ybegin line=1 size=1 name=no\r\n=ybegin line=1\r\n"
                              "=ybegin part=1 line=1 name=c");
    struct guard guard;
    struct slice name;
    size_t at = 0;

    (void)state;
    guard_init(&guard, 512);
    text = guard_copy(&guard, text);
    assert_true(yenc_next(text, &at, &name));
    assert_text(name, "a b.exe");
    assert_true(yenc_next(text, &at, &name));
    assert_text(name, "c");
    assert_false(yenc_next(text, &at, &name));
    at = 0;
    assert_false(yenc_next(SLICE("=ybegin name=\r\n"), &at, &name));
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
