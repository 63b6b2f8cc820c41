/* builder: what a content is made of stays within its memory, and has one lifetime. */
#include "filters/content/builder.h"

#include "tests/unit/support.h"

static struct content_limits limits = {10, 10, 1 << 20};
static struct allowance allowance;

static struct content_value value(const char *text, uint32_t part)
{
    return (struct content_value){.text = slice_str(text), .part = part};
}

static void test_values(void **state)
{
    struct builder *b = builder_create(&limits, &allowance);
    uint32_t number;
    struct content *content;

    (void)state;
    assert_non_null(b);
    assert_non_null(builder_part(b, &number));
    assert_int_equal(number, 0);
    builder_value(b, CONTENT_BODY, value("a", 0));
    builder_value(b, CONTENT_BODY, value("a", 0));
    builder_value(b, CONTENT_BODY, value("a", 1));
    builder_value(b, CONTENT_LINK, value("\xFF", 0));
    builder_doubt(b, "why", 0);
    builder_doubt(b, "why", 0);
    content = builder_finish(b);
    assert_non_null(content);
    assert_int_equal(content->values[CONTENT_BODY].count, 2);
    assert_text(content->values[CONTENT_LINK].items[0].text, "\xEF\xBF\xBD");
    assert_int_equal(content->doubt_count, 1);
    assert_int_equal(content->part_count, 1);
    content_destroy(content);
}

/* What texts take, the arena may not. */
static void test_memory(void **state)
{
    struct builder *b = builder_create(&limits, &allowance);
    struct bytes text;

    (void)state;
    builder_begin(b, &text);
    assert_non_null(bytes_reserve(&text, limits.memory_bytes / 2));
    bytes_commit(&text, limits.memory_bytes / 2);
    assert_int_equal(builder_keep(b, &text).len, limits.memory_bytes / 2);
    assert_null(arena_alloc(&b->arena, limits.memory_bytes / 2));
    assert_false(builder_fail(b, CONTENT_READ));
    assert_int_equal(b->result, CONTENT_MEMORY);
    assert_null(builder_finish(b));
    builder_destroy(b);
}

/* What a buffer that is read from has, one that is written has not. */
static void test_lent(void **state)
{
    struct builder *b = builder_create(&limits, &allowance);
    struct bytes text;

    (void)state;
    b->lent = limits.memory_bytes - 10;
    builder_begin(b, &text);
    assert_int_equal(text.limit_bytes, 10);
    b->lent = limits.memory_bytes + 1;
    builder_begin(b, &text);
    assert_int_equal(text.limit_bytes, 0);
    builder_destroy(b);
}

static void test_text_too_large(void **state)
{
    struct builder *b = builder_create(&limits, &allowance);
    struct bytes text;

    (void)state;
    builder_begin(b, &text);
    assert_null(bytes_reserve(&text, limits.memory_bytes + 1));
    assert_int_equal(builder_keep(b, &text).len, 0);
    assert_int_equal(b->result, CONTENT_MEMORY);
    builder_destroy(b);
    builder_destroy(NULL);
}

static void test_first_failure(void **state)
{
    struct builder *b = builder_create(&limits, &allowance);

    (void)state;
    assert_true(builder_fail(b, CONTENT_READ));
    assert_false(builder_fail(b, CONTENT_OVER));
    assert_false(builder_fail(b, CONTENT_LIMIT));
    assert_int_equal(b->result, CONTENT_OVER);
    builder_destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_lent),          cmocka_unit_test(test_text_too_large),
        cmocka_unit_test(test_first_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
