/* Archives that readers disagree about. */
#include "tests/unit/filters/file/zip_read_kit.h"

static void end_record_in_a_comment(void **state)
{
    struct zip_kit kit, other;

    (void)state;
    zip_kit_init(&other);
    zip_kit_init(&kit);
    add_plain(&kit, "good.txt");
    zip_kit_local(&kit.out, &(struct zip_kit_member){.name = SLICE("evil.exe")});
    zip_kit_entry(&other, &(struct zip_kit_member){.name = SLICE("evil.exe")}, 42);
    bytes_append(&other.out, bytes_slice(&other.directory));
    zip_kit_end(&other.out, 1, other.directory.len, kit.out.len + kit.directory.len + 22,
                SLICE_NONE);
    zip_kit_close(&kit, bytes_slice(&other.out));
    read_kit(&kit);
    zip_kit_fini(&other);
    assert_true(has("good.txt") && has("evil.exe"));
    assert_true(doubts("an archive has two end records"));
}

/* The end record of a stored archive stands before the directory: nobody takes it. */
static void end_record_of_a_member(void **state)
{
    struct zip_kit inner, kit;

    (void)state;
    zip_kit_init(&inner);
    add_plain(&inner, "inner.txt");
    zip_kit_close(&inner, SLICE_NONE);
    zip_kit_init(&kit);
    zip_kit_add(&kit,
                &(struct zip_kit_member){.name = SLICE("a.bin"), .data = bytes_slice(&inner.out)});
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    zip_kit_fini(&inner);
    assert_int_equal(zip.doubt_count, 0);
    assert_int_equal(zip.outer_count, 1);
    assert_int_equal(zip.name_count, 2);
    assert_true(has("a.bin") && has("inner.txt"));
}

static void too_many_end_records(void **state)
{
    struct allowance allowance = {.over = NULL};
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    for (size_t left = ZIP_ENDS_MAX + 1; left > 0; left--) {
        bytes_append(&kit.out, SLICE("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
        zip_kit_number(&kit.out, 22 * (left - 1), 2);
    }
    assert_int_equal(read_with(bytes_slice(&kit.out), &allowance), ZIP_LIMIT);
    read_all(slice_from(bytes_slice(&kit.out), 22));
    zip_kit_fini(&kit);
}

static void hidden_members(void **state)
{
    struct zip_kit_member hidden = plain("hidden.exe"), streamed = plain("streamed.exe");
    struct zip_kit kit;

    (void)state;
    streamed.flags = 8;
    zip_kit_init(&kit);
    add_plain(&kit, "a.txt");
    zip_kit_local(&kit.out, &hidden);
    zip_kit_local(&kit.out, &streamed);
    add_plain(&kit, "b.txt");
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_true(has("a.txt") && has("hidden.exe") && has("streamed.exe") && has("b.txt"));
    assert_doubt("an archive has a member that its directory has not");
}

/* What the header before them says of their size lets another reader go on earlier. */
static void hidden_in_a_member(void **state)
{
    struct zip_kit_member outer = plain("a.txt"), hidden = plain("hidden.exe");
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    zip_kit_local(&kit.out, &outer);
    zip_kit_local(&kit.out, &hidden);
    outer.data = slice_from(bytes_slice(&kit.out), 35);
    zip_kit_entry(&kit, &outer, 0);
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_true(has("a.txt") && has("hidden.exe"));
    assert_true(doubts("a member of an archive has two sizes"));
}

/* A deflated stream that ends before its member does; what looks like a header in it is none. */
static void hidden_behind_a_stream(void **state)
{
    struct zip_kit_member hidden = plain("hidden.exe"), shown = plain("shown.exe"), outer;
    struct zip_kit inside, kit;
    struct bytes packed;

    (void)state;
    zip_kit_init(&inside);
    zip_kit_local(&inside.out, &shown);
    bytes_init(&packed, SIZE_MAX);
    zip_kit_deflated(&packed, bytes_slice(&inside.out));
    for (int behind = 0; behind < 2; behind++) {
        if (behind != 0)
            zip_kit_local(&packed, &hidden);
        outer = stored("a.txt", bytes_slice(&packed));
        outer.method = 8;
        zip_kit_init(&kit);
        zip_kit_add(&kit, &outer);
        zip_kit_close(&kit, SLICE_NONE);
        read_kit(&kit);
        assert_int_equal(zip.outer_count, 1 + behind);
        assert_int_equal(has("hidden.exe"), behind);
    }
    assert_true(doubts("an archive has a member that its directory has not"));
    bytes_fini(&packed);
    zip_kit_fini(&inside);
}

static void two_names(void **state)
{
    struct zip_kit_member local = plain("evil.exe"), entry = plain("good.txt");
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    zip_kit_local(&kit.out, &local);
    zip_kit_entry(&kit, &entry, 0);
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_true(has("evil.exe") && has("good.txt"));
    assert_doubt("a member of an archive has two names");
}

static void two_methods(void **state)
{
    struct zip_kit_member local = plain("a"), entry = plain("a");
    struct zip_kit kit;

    (void)state;
    local.method = 8;
    zip_kit_init(&kit);
    zip_kit_local(&kit.out, &local);
    zip_kit_entry(&kit, &entry, 0);
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_doubt("a member of an archive has two methods");
}

static void one_name_twice(void **state)
{
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    add_plain(&kit, "a");
    add_plain(&kit, "b");
    add_plain(&kit, "a");
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_doubt("two members of an archive have one name");
}

static void no_header(void **state)
{
    struct zip_kit_member member = plain("a.txt");
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    zip_kit_entry(&kit, &member, 7);
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_true(has("a.txt"));
    assert_doubt("a member of an archive has no header");
    assert_string_equal(encrypted(), "unknown");
}

/* Counts that do not fit, in either direction: all that is there is read. */
static void other_counts(void **state)
{
    (void)state;
    for (size_t said = 0; said < 4; said++) {
        struct zip_kit kit;

        zip_kit_init(&kit);
        add_plain(&kit, "a");
        add_plain(&kit, "b");
        kit.count = said;
        zip_kit_close(&kit, SLICE_NONE);
        read_kit(&kit);
        assert_true(has("a") && has("b"));
        if (said != 2)
            assert_doubt("an archive has another number of members than it says");
        else
            assert_int_equal(zip.doubt_count, 0);
    }
}

/* One reader goes to where the directory is said to be, another back from its end. */
static void two_directories(void **state)
{
    struct zip_kit first, kit;
    size_t said, len;

    (void)state;
    zip_kit_init(&first);
    zip_kit_init(&kit);
    add_plain(&first, "said");
    bytes_append(&kit.out, bytes_slice(&first.out));
    said = kit.out.len;
    bytes_append(&kit.out, bytes_slice(&first.directory));
    zip_kit_entry(&kit, &(struct zip_kit_member){.name = SLICE("behind"), .data = SLICE("text")},
                  0);
    len = kit.directory.len;
    bytes_append(&kit.out, bytes_slice(&kit.directory));
    zip_kit_end(&kit.out, 1, len, said, SLICE_NONE);
    read_kit(&kit);
    zip_kit_fini(&first);
    assert_true(has("said") && has("behind"));
    assert_true(doubts("an archive has two directories"));
}

static void zip64(void **state)
{
    (void)state;
    for (unsigned narrow = 0; narrow < 2; narrow++) {
        struct zip_kit kit;
        size_t start, record;

        zip_kit_init(&kit);
        add_plain(&kit, "a.txt");
        start = kit.out.len;
        bytes_append(&kit.out, bytes_slice(&kit.directory));
        record = kit.out.len;
        bytes_append(&kit.out, SLICE("PK\6\6"));
        zip_kit_number(&kit.out, 44, 8);
        zip_kit_number(&kit.out, 45 | 45 << 16, 4);
        zip_kit_number(&kit.out, 0, 8);
        zip_kit_number(&kit.out, 1, 8);
        zip_kit_number(&kit.out, 1, 8);
        zip_kit_number(&kit.out, kit.directory.len, 8);
        zip_kit_number(&kit.out, start, 8);
        bytes_append(&kit.out, SLICE("PK\6\7\0\0\0\0"));
        zip_kit_number(&kit.out, record, 8);
        zip_kit_number(&kit.out, 1, 4);
        zip_kit_end(&kit.out, narrow != 0 ? 7 : UINT16_MAX, UINT32_MAX, UINT32_MAX, SLICE_NONE);
        read_kit(&kit);
        assert_true(has("a.txt"));
        assert_int_equal(zip.name_count, 1);
        if (narrow != 0)
            assert_doubt("an archive has two end records that differ");
        else
            assert_int_equal(zip.doubt_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(end_record_in_a_comment),
        cmocka_unit_test(end_record_of_a_member),
        cmocka_unit_test(too_many_end_records),
        cmocka_unit_test(hidden_members),
        cmocka_unit_test(hidden_in_a_member),
        cmocka_unit_test(hidden_behind_a_stream),
        cmocka_unit_test(two_names),
        cmocka_unit_test(two_methods),
        cmocka_unit_test(one_name_twice),
        cmocka_unit_test(no_header),
        cmocka_unit_test(other_counts),
        cmocka_unit_test(two_directories),
        cmocka_unit_test(zip64),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
