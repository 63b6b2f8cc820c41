#include "filters/file/zip_record.h"

#include "tests/unit/filters/file/zip_kit.h"

#define UNICODE                                                                                    \
    "\x75\x70\x0A\0\1\0\0\0\0"                                                                     \
    "\xC3\xA4.js"

static struct guard guard;

static int set_up(void **state)
{
    (void)state;
    guard_init(&guard, 4096);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_fini(&guard);
    return 0;
}

/* A record that is cut anywhere is none. */
static void cut(void **state)
{
    const struct zip_kit_member member = {.name = SLICE("a.txt"), .extra = SLICE(UNICODE)};
    struct zip_record record;
    struct zip_record_end end;
    struct zip_kit kit;
    struct bytes last;

    (void)state;
    zip_kit_init(&kit);
    bytes_init(&last, SIZE_MAX);
    zip_kit_local(&kit.out, &member);
    zip_kit_entry(&kit, &member, 0);
    zip_kit_end(&last, 1, 2, 3, SLICE_NONE);
    for (size_t len = 0; len <= kit.directory.len; len++) {
        struct slice local = slice_first(bytes_slice(&kit.out), len);
        struct slice entry = slice_first(bytes_slice(&kit.directory), len);
        struct slice tail = slice_first(bytes_slice(&last), len);

        assert_row(zip_record_local(guard_copy(&guard, local), 0, &record) == (len >= kit.out.len),
                   "local", len);
        assert_row(zip_record_end_read(guard_copy(&guard, tail), 0, &end) == (len >= 22), "end",
                   len);
        assert_row(zip_record_entry(guard_copy(&guard, entry), 0, &record) ==
                       (len == kit.directory.len),
                   "entry", len);
    }
    assert_false(zip_record_entry(bytes_slice(&kit.directory), 1, &record));
    assert_false(zip_record_entry(bytes_slice(&kit.directory), UINT64_MAX, &record));
    bytes_fini(&last);
    zip_kit_fini(&kit);
}

static void fields(void **state)
{
    const struct zip_kit_member member = {.name = SLICE("a.txt"),
                                          .data = SLICE("four"),
                                          .flags = 0x0802,
                                          .method = 0,
                                          .unpacked = 77,
                                          .extra = SLICE("\x34\x12\2\0xy" UNICODE)};
    struct zip_record record;
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    zip_kit_entry(&kit, &member, 0x01020304);
    assert_true(zip_record_entry(bytes_slice(&kit.directory), 0, &record));
    assert_text(record.name, "a.txt");
    assert_text(record.unicode, "\xC3\xA4.js");
    assert_int_equal(record.flags, 0x0802);
    assert_int_equal(record.packed, 4);
    assert_int_equal(record.unpacked, 77);
    assert_int_equal(record.start, 0x01020304);
    assert_int_equal(record.length, kit.directory.len);
    zip_kit_local(&kit.out, &member);
    assert_true(zip_record_local(bytes_slice(&kit.out), 0, &record));
    assert_text(record.name, "a.txt");
    assert_text(record.unicode, "\xC3\xA4.js");
    assert_int_equal(record.packed, 4);
    assert_int_equal(record.length, kit.out.len - 4);
    zip_kit_fini(&kit);
}

/* ZIP64 tells only what did not fit (4.5.3); an extra field that is cut tells nothing. */
static void wide_fields(void **state)
{
    static const struct {
        uint32_t unpacked, start;
        struct slice extra;
        uint64_t want_unpacked, want_start;
    } rows[] = {
        {UINT32_MAX, UINT32_MAX, SLICE_INIT("\1\0\x10\0\5\0\0\0\1\0\0\0\7\0\0\0\2\0\0\0"),
         0x100000005, 0x200000007},
        {6, UINT32_MAX, SLICE_INIT("\1\0\x08\0\7\0\0\0\2\0\0\0"), 6, 0x200000007},
        {UINT32_MAX, 9, SLICE_INIT("\1\0\x08\0\7\0\0\0\2\0\0\0"), 0x200000007, 9},
        {UINT32_MAX, UINT32_MAX, SLICE_INIT("\1\0\x08\0\7\0\0\0\2\0\0\0"), 0x200000007, UINT32_MAX},
        {UINT32_MAX, 9, SLICE_INIT("\1\0\x08\0\7\0\0"), UINT32_MAX, 9},
        {UINT32_MAX, 9, SLICE_INIT("\1\0\0"), UINT32_MAX, 9},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct zip_kit_member member = {
            .name = SLICE("a"), .extra = rows[i].extra, .unpacked = rows[i].unpacked};
        struct zip_record record;
        struct zip_kit kit;

        zip_kit_init(&kit);
        zip_kit_entry(&kit, &member, rows[i].start);
        assert_true(zip_record_entry(guard_copy(&guard, bytes_slice(&kit.directory)), 0, &record));
        assert_row(record.unpacked == rows[i].want_unpacked, "unpacked", i);
        assert_row(record.start == rows[i].want_start, "start", i);
        zip_kit_fini(&kit);
    }
}

/* A ZIP64 end record with its locator, before an end record at the end; ${lead} stands before it,
 * uncounted. Returns where the end record is. */
static size_t wide_end(struct bytes *all, struct slice lead, unsigned algorithm)
{
    bytes_append(all, lead);
    bytes_append(all, SLICE("PK\6\6"));
    zip_kit_number(all, algorithm == UINT32_MAX ? 44 : 72, 8);
    zip_kit_number(all, 0, 12);
    zip_kit_number(all, 0, 8);
    zip_kit_number(all, 0x100000001, 8); /* members */
    zip_kit_number(all, 0x200000002, 8); /* octets */
    zip_kit_number(all, 0x300000003, 8); /* from here */
    if (algorithm != UINT32_MAX) {
        zip_kit_number(all, 0, 18);
        zip_kit_number(all, algorithm, 2);
        zip_kit_number(all, 0, 8);
    }
    bytes_append(all, SLICE("PK\6\7\0\0\0\0"));
    zip_kit_number(all, 0, 8);
    zip_kit_number(all, 1, 4);
    zip_kit_end(all, UINT16_MAX, UINT32_MAX, UINT32_MAX, SLICE_NONE);
    return all->len - 22;
}

static void wide_ends(void **state)
{
    static const struct {
        struct slice lead;
        unsigned algorithm;
        bool found, encrypted;
    } rows[] = {
        {SLICE_INIT(""), UINT32_MAX, true, false}, {SLICE_INIT("before"), UINT32_MAX, true, false},
        {SLICE_INIT(""), 0, true, false},          {SLICE_INIT(""), 0x660E, true, true},
        {SLICE_INIT("before"), 0, false, false}, /* and nothing tells where it begins */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct zip_record_end end, wide = {.count = 0};
        struct bytes all;
        size_t at;

        bytes_init(&all, SIZE_MAX);
        at = wide_end(&all, rows[i].lead, rows[i].algorithm);
        assert_true(zip_record_end_read(bytes_slice(&all), at, &end));
        assert_row(zip_record_end_widen(bytes_slice(&all), &end, &wide) == rows[i].found, "found",
                   i);
        assert_row(wide.encrypted == rows[i].encrypted, "encrypted", i);
        if (rows[i].found) {
            assert_int_equal(wide.count, 0x100000001);
            assert_int_equal(wide.size, 0x200000002);
            assert_int_equal(wide.start, 0x300000003);
            assert_int_equal(wide.stop, rows[i].lead.len);
            assert_true(wide.wide && zip_record_end_agrees(&end, &wide));
        }
        bytes_fini(&all);
    }
}

static void agreement(void **state)
{
    static const struct {
        struct zip_record_end end, wide;
        bool want;
    } rows[] = {
        {{.count = 1, .size = 2, .start = 3}, {.count = 1, .size = 2, .start = 3}, true},
        {{.count = UINT16_MAX, .size = 2, .start = 3}, {.count = 7, .size = 2, .start = 3}, true},
        {{.count = 1, .size = UINT32_MAX, .start = 3}, {.count = 1, .size = 7, .start = 3}, true},
        {{.count = 1, .size = 2, .start = UINT32_MAX}, {.count = 1, .size = 2, .start = 7}, true},
        {{.count = 1, .size = 2, .start = 3}, {.count = 7, .size = 2, .start = 3}, false},
        {{.count = 1, .size = 2, .start = 3}, {.count = 1, .size = 7, .start = 3}, false},
        {{.count = 1, .size = 2, .start = 3}, {.count = 1, .size = 2, .start = 7}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(zip_record_end_agrees(&rows[i].end, &rows[i].wide) == rows[i].want, "row", i);
}

static void encryption(void **state)
{
    static const struct {
        unsigned flags, method;
        bool want;
    } rows[] = {{0, 8, false},     {1, 8, true},  {0x40, 8, true},
                {0x2000, 8, true}, {0, 99, true}, {0xFFFF & ~0x2041U, 8, false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct zip_record record = {.flags = rows[i].flags, .method = rows[i].method};

        assert_row(zip_record_encrypted(&record) == rows[i].want, "row", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut),       cmocka_unit_test(fields),    cmocka_unit_test(wide_fields),
        cmocka_unit_test(wide_ends), cmocka_unit_test(agreement), cmocka_unit_test(encryption),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
