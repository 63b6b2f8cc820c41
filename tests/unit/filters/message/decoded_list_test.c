/* An address list as a reader takes it who decodes first (RFC 2047, 5). */
#include "filters/message/decoded_list.h"
#include "tests/unit/support.h"

static const struct {
    const char *value, *decoded;
} ROWS[] = {
    {"a@b.test", ""},
    {"Joe <a@b.test>", ""},
    {"=?utf-8?q?a=40b.test?=", "a@b.test"},
    {"=?utf-8?q?Joe_=3Ca=40b.test=3E?=", "Joe <a@b.test>"},
    {"=?utf-8?q?a?=@b.test", "a@b.test"},
    {"a@=?utf-8?q?b.test?=", "a@b.test"},
    {"=?utf-8?q?Joe?= <a@b.test>", ""},
    {"=?utf-8?q?x=40y?= <a@b.test>", ""},
};

static void rows(void **state)
{
    struct arena arena, none;

    (void)state;
    arena_init(&arena, 1024, 65536);
    arena_init(&none, 16, 0);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        assert_row_slice(decoded_list(slice_str(ROWS[i].value), &arena), slice_str(ROWS[i].decoded),
                         ROWS[i].value, i);
    assert_null(decoded_list(SLICE("=?utf-8?q?a=40b.test?="), &none).ptr);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
