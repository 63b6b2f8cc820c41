/* inside_doubts: boundaries and fields in what most readers take as a whole. */
#include "filters/mime/inside.h"
#include "tests/unit/support.h"

static const struct {
    const char *type, *boundary, *body;
    doubt_set doubts;
} ROWS[] = {
    {"text/plain", NULL, "--B\r\nx\r\n", 0},
    {"text/plain", "B", "--B\r\nx\r\n", (doubt_set)1 << DOUBT_LEAF},
    {"text/plain", "B", "x\r\n--Bx", (doubt_set)1 << DOUBT_LEAF},
    {"text/plain", "B", "x --B\r\n -B\r\n--C", 0},
    {"text/plain", "", "--\r\n", 0},
    {"text/plain", NULL, "Content-Type: a/b\r\n", 0},
    {"message/x", NULL, "Content-Type: a/b\r\n", (doubt_set)1 << DOUBT_MESSAGE},
    {"message/x", NULL, "a: b\r\nCONTENT-type: a/b\r\n", (doubt_set)1 << DOUBT_MESSAGE},
    {"message/x", NULL, "a: b\r\n content-type: a/b\r\ncontent", 0},
    {"message", "B", "content-x\n--B", (doubt_set)1 << DOUBT_MESSAGE | (doubt_set)1 << DOUBT_LEAF},
    {"message/x", "B", "", 0},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct declared_text boundary = {.text = slice_str(ROWS[i].boundary)};
        struct declared declared = {.boundaries = ROWS[i].boundary != NULL ? &boundary : NULL};
        struct guard guard;

        guard_init(&guard, 4096);
        assert_int_equal(inside_doubts(slice_str(ROWS[i].type), &declared,
                                       guard_copy(&guard, slice_str(ROWS[i].body))),
                         ROWS[i].doubts);
        guard_fini(&guard);
    }
}

static void test_header(void **state)
{
    (void)state;
    assert_true(inside_header(SLICE("Content-Type: a/b")));
    assert_true(inside_header(SLICE("a: b\r\nCONTENT-x: y\r\n\r\n")));
    assert_false(inside_header(SLICE("a: b\r\n\r\nContent-Type: a/b\r\n")));
    assert_false(inside_header(SLICE("\nContent-Type: a/b\r\n")));
    assert_false(inside_header(SLICE(" content-x\ncontent")));
    assert_false(inside_header(SLICE("one\r\n--B\r\nContent-Type: a/b\r\n")));
    assert_false(inside_header(SLICE_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
