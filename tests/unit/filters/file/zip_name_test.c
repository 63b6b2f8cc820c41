#include "filters/file/zip_name.h"

#include "filters/file/zip.h"
#include "tests/unit/arena_kit.h"

static struct zip_names names;

static enum zip_name_result add(struct slice name, unsigned flags, struct slice unicode)
{
    struct zip_record record = {.name = name, .flags = flags, .unicode = unicode};

    return zip_names_add(&names, &record);
}

static const struct {
    struct slice name;
    unsigned flags;
    struct slice unicode;
    const char *want[4];
    size_t cut; /* where the first wanted one has a NUL */
} rows[] = {
    {SLICE_INIT("a.txt"), 0, SLICE_INIT(""), {"a.txt"}, 0},
    {SLICE_INIT(""), 0, SLICE_INIT(""), {""}, 0},
    {SLICE_INIT("\x84.js"), 0, SLICE_INIT(""), {"\xC3\xA4.js"}, 0},
    {SLICE_INIT("\xC3\xA4.js"), 0x800, SLICE_INIT(""), {"\xC3\xA4.js"}, 0},
    {SLICE_INIT("\xC3\xA4.js"), 0, SLICE_INIT(""), {"\xC3\xA4.js", "\xE2\x94\x9C\xC3\xB1.js"}, 0},
    {SLICE_INIT("\x84.js"), 0x800, SLICE_INIT(""), {"\xEF\xBF\xBD.js", "\xC3\xA4.js"}, 0},
    {SLICE_INIT("a.txt"), 0, SLICE_INIT("a.exe"), {"a.txt", "a.exe"}, 0},
    {SLICE_INIT("a.txt"), 0, SLICE_INIT("a.txt"), {"a.txt"}, 0},
    {SLICE_INIT("\x84"), 0, SLICE_INIT("\xC3\xA4"), {"\xC3\xA4", "\xC3\xA4"}, 0},
    {SLICE_INIT("a.exe\0.txt"), 0, SLICE_INIT(""), {"a.exe\0.txt", "a.exe"}, 10},
    {SLICE_INIT("\0"), 0, SLICE_INIT("b"), {"\0", "", "b"}, 1},
};

static void readings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct slice *got;
        size_t want = 0;

        arena_reset(&arena);
        zip_names_init(&names, &arena);
        assert_int_equal(add(rows[i].name, rows[i].flags, rows[i].unicode), ZIP_NAME_ADDED);
        assert_int_equal(zip_names_end(&names, &got), 0);
        for (; want < 4 && rows[i].want[want] != NULL; want++)
            assert_row_slice(got[want],
                             want == 0 && rows[i].cut > 0 ? slice_make(rows[i].want[0], rows[i].cut)
                                                          : slice_str(rows[i].want[want]),
                             rows[i].name.ptr, i);
        assert_row(names.count == want, rows[i].name.ptr, i);
        zip_names_fini(&names);
    }
}

static void octets_have_a_limit(void **state)
{
    static char name[UINT16_MAX];
    const struct slice *got;
    size_t fit = ZIP_NAME_BYTES_MAX / sizeof(name);

    (void)state;
    memset(name, 'a', sizeof(name));
    arena_reset(&arena);
    zip_names_init(&names, &arena);
    for (size_t i = 0; i < fit; i++)
        assert_int_equal(add(slice_make(name, sizeof(name)), 0, SLICE_NONE), ZIP_NAME_ADDED);
    assert_int_equal(add(slice_make(name, sizeof(name)), 0, SLICE_NONE), ZIP_NAME_LIMIT);
    assert_int_equal(add(slice_make(name, ZIP_NAME_BYTES_MAX % sizeof(name)), 0, SLICE_NONE),
                     ZIP_NAME_ADDED);
    assert_int_equal(add(SLICE("a"), 0, SLICE_NONE), ZIP_NAME_LIMIT);
    assert_int_equal(add(SLICE(""), 0, SLICE_NONE), ZIP_NAME_ADDED);
    assert_int_equal(zip_names_end(&names, &got), 0);
    assert_int_equal(names.count, fit + 2);
    zip_names_fini(&names);
}

static void no_memory(void **state)
{
    struct arena none;
    const struct slice *got;

    (void)state;
    arena_init(&none, 64, 0);
    zip_names_init(&names, &none);
    assert_int_equal(add(SLICE("a"), 0, SLICE_NONE), ZIP_NAME_MEMORY);
    assert_int_equal(zip_names_end(&names, &got), 0);
    assert_null(got);
    zip_names_fini(&names);
    arena_fini(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readings),
        cmocka_unit_test(octets_have_a_limit),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
