#include "filters/file/inflate.h"

#include "tests/unit/filters/file/zip_kit.h"
#include "tests/unit/heap.h"

#define HELLO "\x4B\x4C\x4A\x4E\x49\x05\x00" /* "abcde", the fixed codes */

static struct bytes out;

static enum inflate_result unpack(struct slice data, size_t limit_bytes)
{
    struct allowance allowance = {.over = NULL};
    enum inflate_result result;
    struct guard guard;

    bytes_renew(&out);
    guard_init(&guard, data.len);
    result = inflate_raw(guard_copy(&guard, data), limit_bytes, &allowance, &out);
    guard_fini(&guard);
    assert_int_equal(allowance.spent, out.len);
    return result;
}

static void streams(void **state)
{
    static const struct {
        struct slice data;
        size_t limit_bytes;
        enum inflate_result want;
        const char *text;
    } rows[] = {
        {SLICE_INIT(HELLO), 100, INFLATE_WHOLE, "abcde"},
        {SLICE_INIT(HELLO "behind"), 100, INFLATE_WHOLE, "abcde"},
        {SLICE_INIT(HELLO), 6, INFLATE_WHOLE, "abcde"},
        {SLICE_INIT(HELLO), 4, INFLATE_FULL, "abcd"},
        {SLICE_INIT(HELLO), 0, INFLATE_FULL, ""},
        {SLICE_INIT("\x4B\x4C\x4A\x4E\x49"), 100, INFLATE_BROKEN, "abcd"},
        {SLICE_INIT("\x4B\x4C\x4A\x4E\x49\x05"), 100, INFLATE_BROKEN, "abcde"},
        {SLICE_INIT("\xFF"), 100, INFLATE_BROKEN, ""},
        {SLICE_INIT(""), 100, INFLATE_BROKEN, ""},
    };

    (void)state;
    bytes_init(&out, SIZE_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row(unpack(rows[i].data, rows[i].limit_bytes) == rows[i].want, rows[i].text, i);
        assert_slice(bytes_slice(&out), slice_str(rows[i].text));
    }
    bytes_fini(&out);
}

/* More than one step, and what is appended to stays. */
static void long_streams(void **state)
{
    struct allowance allowance = {.over = NULL};
    struct bytes text, packed;
    size_t extent;

    (void)state;
    bytes_init(&text, SIZE_MAX);
    bytes_init(&packed, SIZE_MAX);
    for (unsigned i = 0; i < 50000; i++)
        zip_kit_number(&text, i, 4);
    zip_kit_deflated(&packed, bytes_slice(&text));
    bytes_init(&out, SIZE_MAX);
    assert_int_equal(unpack(bytes_slice(&packed), SIZE_MAX), INFLATE_WHOLE);
    assert_true(slice_equal(bytes_slice(&out), bytes_slice(&text)));
    extent = packed.len;
    bytes_append(&packed, SLICE("behind"));
    assert_int_equal(inflate_extent(bytes_slice(&packed), &allowance, &extent), INFLATE_WHOLE);
    assert_int_equal(extent, packed.len - 6);
    assert_int_equal(allowance.spent, text.len);
    assert_int_equal(inflate_extent(slice_first(bytes_slice(&packed), 70000), &allowance, &extent),
                     INFLATE_BROKEN);
    bytes_fini(&out);
    bytes_fini(&packed);
    bytes_fini(&text);
}

static bool over(void *ctx)
{
    (void)ctx;
    return true;
}

static void allowances_end(void **state)
{
    struct allowance allowance = {.over = over};
    struct bytes packed;
    char zeros[100000] = {0};
    size_t extent;

    (void)state;
    bytes_init(&packed, SIZE_MAX);
    bytes_init(&out, SIZE_MAX);
    zip_kit_deflated(&packed, slice_make(zeros, sizeof(zeros)));
    assert_int_equal(inflate_raw(bytes_slice(&packed), SIZE_MAX, &allowance, &out), INFLATE_OVER);
    assert_true(out.len < sizeof(zeros));
    assert_int_equal(inflate_extent(bytes_slice(&packed), &allowance, &extent), INFLATE_OVER);
    bytes_fini(&out);
    bytes_fini(&packed);
}

static void no_room(void **state)
{
    (void)state;
    bytes_init(&out, 3);
    assert_int_equal(unpack(SLICE(HELLO), 100), INFLATE_MEMORY);
    bytes_fini(&out);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(streams, state));
    assert_true(leaves_nothing(long_streams, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),           cmocka_unit_test(long_streams),
        cmocka_unit_test(allowances_end),    cmocka_unit_test(no_room),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
