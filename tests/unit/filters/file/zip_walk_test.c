#include "filters/file/zip_walk.h"

#include "tests/unit/arena_kit.h"
#include "tests/unit/filters/file/zip_kit.h"

static struct zip zip;
static struct zip_names names;
static struct allowance allowance;
static struct zip_walk walk;

static enum zip_result begin(struct slice data)
{
    arena_reset(&arena);
    zip = (struct zip){.archive = false};
    allowance = (struct allowance){.over = NULL};
    zip_names_init(&names, &arena);
    walk = (struct zip_walk){.data = data, .names = &names, .allowance = &allowance, .zip = &zip};
    return zip_walk_run(&walk);
}

static void end(void)
{
    zip_walk_fini(&walk);
    zip_names_fini(&names);
}

/* Archives as programs make them: nobody could disagree about one. */
static const struct {
    const char *maker;
    struct slice data;
    const char *want[2];
    bool encrypted;
} made[] = {
    {"zip -X",
     SLICE_INIT(
         "PK\x03\x04\x14\x00\x00\x00\x08\x00\x39\x8D}]\xE3Q=\x8D\x0A\x00\x00\x00\x17\x00\x00"
         "\x00\x05\x00\x00\x00\x61.txt\xCBH\xCD\xC9\xC9W\xC8@'\x01PK\x01\x02\x1E\x03\x14\x00"
         "\x00\x00\x08\x00\x39\x8D}]\xE3Q=\x8D\x0A\x00\x00\x00\x17\x00\x00\x00\x05\x00\x00\x00"
         "\x00\x00\x00\x00\x01\x00\x00\x00\xA4\x81\x00\x00\x00\x00\x61.txtPK\x05\x06\x00\x00"
         "\x00\x00\x01\x00\x01\x00\x33\x00\x00\x00-\x00\x00\x00\x00\x00"),
     {"a.txt"},
     false},
    {"zip -X -P pw",
     SLICE_INIT(
         "PK\x03\x04\x14\x00\x09\x00\x08\x00\x39\x8D}]\xE3Q=\x8D\x16\x00\x00\x00\x17\x00\x00"
         "\x00\x05\x00\x00\x00\x61.txt4\xE4\x42\x97g4\xE9\xCB\xD1.}W@\x07%\xD4\x06QV\xBB\xB8"
         "\xC9PK\x07\x08\xE3Q=\x8D\x16\x00\x00\x00\x17\x00\x00\x00PK\x01\x02\x1E\x03\x14\x00"
         "\x09\x00\x08\x00\x39\x8D}]\xE3Q=\x8D\x16\x00\x00\x00\x17\x00\x00\x00\x05\x00\x00\x00"
         "\x00\x00\x00\x00\x01\x00\x00\x00\xA4\x81\x00\x00\x00\x00\x61.txtPK\x05\x06\x00\x00"
         "\x00\x00\x01\x00\x01\x00\x33\x00\x00\x00I\x00\x00\x00\x00\x00"),
     {"a.txt"},
     true},
    {"zip -X -0, of the first",
     SLICE_INIT(
         "PK\x03\x04\x0A\x00\x00\x00\x00\x00\x39\x8D}]c\xFE\x0E\x8Av\x00\x00\x00v\x00\x00\x00"
         "\x09\x00\x00\x00inner.zipPK\x03\x04\x14\x00\x00\x00\x08\x00\x39\x8D}]\xE3Q=\x8D\x0A"
         "\x00\x00\x00\x17\x00\x00\x00\x05\x00\x00\x00\x61.txt\xCBH\xCD\xC9\xC9W\xC8@'\x01PK"
         "\x01\x02\x1E\x03\x14\x00\x00\x00\x08\x00\x39\x8D}]\xE3Q=\x8D\x0A\x00\x00\x00\x17\x00"
         "\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\xA4\x81\x00\x00\x00\x00\x61"
         ".txtPK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\x33\x00\x00\x00-\x00\x00\x00\x00\x00P"
         "K\x01\x02\x1E\x03\x0A\x00\x00\x00\x00\x00\x39\x8D}]c\xFE\x0E\x8Av\x00\x00\x00v\x00"
         "\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xA4\x81\x00\x00\x00\x00inne"
         "r.zipPK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\x37\x00\x00\x00\x9D\x00\x00\x00\x00"
         "\x00"),
     {"inner.zip", "a.txt"},
     false},
    {"zip -X -fd -, of standard input",
     SLICE_INIT(
         "PK\x03\x04-\x00\x08\x00\x08\x00\x39\x8D}]\x00\x00\x00\x00\xFF\xFF\xFF\xFF\xFF\xFF"
         "\xFF\xFF\x01\x00\x14\x00-\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
         "\x00\x00\x00\x00\x00\x00\xCBH\xCD\xC9\xC9W\xC8@'\x01PK\x07\x08\xE3Q=\x8D\x0A\x00\x00"
         "\x00\x00\x00\x00\x00\x17\x00\x00\x00\x00\x00\x00\x00PK\x01\x02\x1E\x03-\x00\x08\x00"
         "\x08\x00\x39\x8D}]\xE3Q=\x8D\x0A\x00\x00\x00\x17\x00\x00\x00\x01\x00\x00\x00\x00\x00"
         "\x00\x00\x01\x00\x00\x00\x80\x11\x00\x00\x00\x00-PK\x05\x06\x00\x00\x00\x00\x01\x00"
         "\x01\x00/\x00\x00\x00U\x00\x00\x00\x00\x00"),
     {"-"},
     false},
    {"zip -X -fz",
     SLICE_INIT(
         "PK\x03\x04-\x00\x00\x00\x08\x00\x39\x8D}]\xE3Q=\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
         "\x05\x00\x14\x00\x61.txt\x01\x00\x10\x00\x17\x00\x00\x00\x00\x00\x00\x00\x0A\x00\x00"
         "\x00\x00\x00\x00\x00\xCBH\xCD\xC9\xC9W\xC8@'\x01PK\x01\x02\x1E\x03-\x00\x00\x00\x08"
         "\x00\x39\x8D}]\xE3Q=\x8D\x0A\x00\x00\x00\xFF\xFF\xFF\xFF\x05\x00\x0C\x00\x00\x00\x00"
         "\x00\x01\x00\x00\x00\xA4\x81\x00\x00\x00\x00\x61.txt\x01\x00\x08\x00\x17\x00\x00\x00"
         "\x00\x00\x00\x00PK\x06\x06,\x00\x00\x00\x00\x00\x00\x00\x1E\x03-\x00\x00\x00\x00\x00"
         "\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x3F"
         "\x00\x00\x00\x00\x00\x00\x00\x41\x00\x00\x00\x00\x00\x00\x00PK\x06\x07\x00\x00\x00"
         "\x00\x80\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00PK\x05\x06\x00\x00\x00\x00\x01"
         "\x00\x01\x00\x3F\x00\x00\x00\xFF\xFF\xFF\xFF\x00\x00"),
     {"a.txt"},
     false},
    {"zipfile of Python",
     SLICE_INIT(
         "PK\x03\x04\x14\x00\x00\x08\x08\x00\x00\x00!P\x83\x16\xDC\x8C\x03\x00\x00\x00\x01\x00"
         "\x00\x00\x05\x00\x00\x00\xC3\xA9.js\xAB\x00\x00PK\x01\x02\x14\x03\x14\x00\x00\x08"
         "\x08\x00\x00\x00!P\x83\x16\xDC\x8C\x03\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x00"
         "\x00\x00\x00\x00\x00\x00\x00\x00\x80\x01\x00\x00\x00\x00\xC3\xA9.jsPK\x05\x06\x00"
         "\x00\x00\x00\x01\x00\x01\x00\x33\x00\x00\x00&\x00\x00\x00\x00\x00"),
     {"\xC3\xA9.js"},
     false},
};

static void made_by_programs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        const struct slice *got;
        struct allowance spent = {.over = NULL};
        size_t want = made[i].want[1] != NULL ? 2 : 1;

        arena_reset(&arena);
        assert_int_equal(zip_read(made[i].data, &spent, &arena, &zip), ZIP_READ);
        got = zip.names;
        assert_row(zip.archive && zip.name_count == want, made[i].maker, i);
        for (size_t name = 0; name < want; name++)
            assert_row_slice(got[name], slice_str(made[i].want[name]), made[i].maker, i);
        assert_row(zip.doubt_count == 0 && !zip.unknown, made[i].maker, i);
        assert_row(zip.encrypted == made[i].encrypted, made[i].maker, i);
    }
}

/* Members come in the order of their data, whatever the order of the directory is. */
static void members_in_order(void **state)
{
    const struct zip_kit_member first = {.name = SLICE("first"), .data = SLICE("1")};
    const struct zip_kit_member second = {.name = SLICE("second"), .data = SLICE("22")};
    const struct zip_member *members;
    struct zip_kit kit;
    size_t count;

    (void)state;
    zip_kit_init(&kit);
    zip_kit_local(&kit.out, &first);
    zip_kit_entry(&kit, &second, kit.out.len);
    zip_kit_local(&kit.out, &second);
    zip_kit_entry(&kit, &first, 0);
    zip_kit_close(&kit, SLICE_NONE);
    assert_int_equal(begin(bytes_slice(&kit.out)), ZIP_READ);
    members = zip_walk_members(&walk, &count);
    assert_true(walk.found);
    assert_int_equal(count, 2);
    assert_text(members[0].name, "first");
    assert_int_equal(members[0].header, 0);
    assert_int_equal(members[0].start, 35);
    assert_int_equal(members[0].stop, 36);
    assert_text(members[1].name, "second");
    assert_int_equal(members[1].header, 36);
    assert_int_equal(members[1].stop - members[1].start, 2);
    end();
    zip_kit_fini(&kit);
}

/* An entry whose data go beyond the file: as far as they are there, and somebody may know more. */
static void data_beyond_the_end(void **state)
{
    struct zip_kit_member member = {.name = SLICE("a"), .data = SLICE("text"), .flags = 8};
    const struct zip_member *members;
    struct zip_kit kit;
    size_t count;

    (void)state;
    zip_kit_init(&kit);
    zip_kit_local(&kit.out, &member);
    zip_kit_entry(&kit, &member, 0);
    kit.directory.data[23] = 0x7F;
    zip_kit_close(&kit, SLICE_NONE);
    assert_int_equal(begin(bytes_slice(&kit.out)), ZIP_READ);
    members = zip_walk_members(&walk, &count);
    assert_int_equal(members[0].stop, kit.out.len);
    assert_true(zip.unknown);
    end();
    zip_kit_fini(&kit);
}

/* Headers are masked where the directory is encrypted: their names say nothing (APPNOTE 7.3.5). */
static void masked_headers(void **state)
{
    struct zip_kit_member local = {.name = SLICE("1"), .data = SLICE("text"), .flags = 0x2001};
    struct zip_kit_member entry = {.name = SLICE("a.txt"), .data = SLICE("text"), .flags = 0x2001};
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    zip_kit_local(&kit.out, &local);
    zip_kit_entry(&kit, &entry, 0);
    zip_kit_close(&kit, SLICE_NONE);
    assert_int_equal(begin(bytes_slice(&kit.out)), ZIP_READ);
    assert_true(zip.encrypted);
    assert_int_equal(names.count, 1);
    assert_int_equal(zip.doubt_count, 0);
    end();
    zip_kit_fini(&kit);
}

/* What only looks like a header is none: a method that nobody has, no name, or a name that is cut.
 */
static void no_headers(void **state)
{
    static const struct slice rows[] = {
        SLICE_INIT("PK\3\4\x14\0\0\0\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0a"),
        SLICE_INIT("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a"),
        SLICE_INIT("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xFF\xFF\0\0a"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct zip_kit kit;

        zip_kit_init(&kit);
        bytes_append(&kit.out, rows[i]);
        zip_kit_add(&kit, &(struct zip_kit_member){.name = SLICE("a")});
        zip_kit_close(&kit, SLICE_NONE);
        assert_int_equal(begin(bytes_slice(&kit.out)), ZIP_READ);
        assert_row(names.count == 1 && zip.doubt_count == 0, "row", i);
        end();
        zip_kit_fini(&kit);
    }
}

/* A reason is told once, however often it holds. */
static void doubts_are_told_once(void **state)
{
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    for (size_t i = 0; i < 3; i++) {
        zip_kit_local(&kit.out, &(struct zip_kit_member){.name = SLICE("hidden")});
        zip_kit_add(&kit, &(struct zip_kit_member){.name = SLICE("a")});
    }
    zip_kit_close(&kit, SLICE_NONE);
    assert_int_equal(begin(bytes_slice(&kit.out)), ZIP_READ);
    assert_int_equal(names.count, 6);
    assert_int_equal(zip.doubt_count, 2); /* and that they have one name */
    end();
    zip_kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_by_programs),    cmocka_unit_test(members_in_order),
        cmocka_unit_test(data_beyond_the_end), cmocka_unit_test(masked_headers),
        cmocka_unit_test(no_headers),          cmocka_unit_test(doubts_are_told_once),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
