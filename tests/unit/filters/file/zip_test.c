#include "filters/file/zip.h"

#include "tests/unit/filters/file/zip_read_kit.h"
#include "tests/unit/heap.h"

/* --- sound archives --- */

static void members_are_named(void **state)
{
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    add_plain(&kit, "a.txt");
    add_plain(&kit, "/etc/passwd");
    add_plain(&kit, "..\\b.exe");
    add_plain(&kit, "\xE2\x80\xAE"
                    "exe.txt");
    zip_kit_close(&kit, SLICE("a comment"));
    read_kit(&kit);
    assert_int_equal(zip.doubt_count, 0);
    assert_string_equal(encrypted(), "no");
    assert_true(has("a.txt") && has("/etc/passwd") && has("..\\b.exe"));
    assert_true(has("\xE2\x80\xAE"
                    "exe.txt"));
    assert_int_equal(zip.name_count, 5); /* the last one in CP437, too */
    assert_int_equal(zip.outer_count, 5);
}

static void empty_ones_are_archives(void **state)
{
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_string_equal(encrypted(), "no");
    assert_int_equal(zip.name_count, 0);
    assert_null(zip.names);
}

static void no_archive(void **state)
{
    static const struct slice rows[] = {
        SLICE_INIT(""),
        SLICE_INIT("P"),
        SLICE_INIT("PK\3\4"),
        SLICE_INIT("PK\5\6"),
        SLICE_INIT("just a text that says PK\5\6 and then goes on for a while"),
        SLICE_INIT("PK\3\4 a text that begins like an archive, but then is none at all"),
        SLICE_INIT("PK\3\4\x14\0\0\0\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0a"),
        SLICE_INIT("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        read_all(rows[i]);
        assert_row(!zip.archive && zip.name_count == 0 && zip.doubt_count == 0, rows[i].ptr, i);
    }
}

static void other_archives_are_unknown(void **state)
{
    static const struct slice rows[] = {
        SLICE_INIT("Rar!\x1A\7\1\0"),
        SLICE_INIT("7z\xBC\xAF\x27\x1C\0\4"),
        SLICE_INIT("\x1F\x8B\x08\0\0\0\0\0"),
        SLICE_INIT("MSCF\0\0\0\0"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        read_all(rows[i]);
        assert_string_equal(encrypted(), "unknown");
        assert_int_equal(zip.name_count, 0);
    }
}

static void programs_have_archives_behind_them(void **state)
{
    struct zip_kit kit;

    (void)state;
    for (size_t base = 0; base < 2; base++) {
        zip_kit_init(&kit);
        bytes_append(&kit.out, SLICE("MZ a program that unpacks what follows; PK\3\4 says it"));
        kit.base = base * kit.out.len; /* offsets count the program, or do not */
        add_plain(&kit, "a.txt");
        zip_kit_close(&kit, SLICE_NONE);
        read_kit(&kit);
        assert_true(has("a.txt"));
        assert_int_equal(zip.name_count, 1);
        assert_int_equal(zip.doubt_count, 0);
        assert_string_equal(encrypted(), "no");
    }
}

/* Every end is a beginning that was cut, or no archive at all. */
static void cut_anywhere(void **state)
{
    struct zip_kit kit;
    struct slice whole;

    (void)state;
    zip_kit_init(&kit);
    add_plain(&kit, "a.txt");
    add_plain(&kit, "b.txt");
    zip_kit_close(&kit, SLICE_NONE);
    whole = bytes_slice(&kit.out);
    for (size_t len = 0; len < whole.len; len++) {
        read_all(slice_first(whole, len));
        assert_row(len < 35 ? !zip.archive : has("a.txt"), "cut", len);
        assert_row(len < 35 || doubts("an archive has no directory"), "cut", len);
        assert_row(len < 35 || zip.unknown, "cut", len);
    }
    zip_kit_fini(&kit);
}

/* --- encryption --- */

static void encryption_is_seen(void **state)
{
    static const struct {
        unsigned flags, method;
        const char *want;
    } rows[] = {{0x0000, 0, "no"},      {0x0001, 0, "yes"},      {0x0041, 8, "yes"},
                {0x0040, 8, "yes"},     {0x0000, 99, "yes"},     {0x2001, 8, "yes"},
                {0x0806, 0, "no"},      {0x0000, 14, "unknown"}, {0x0000, 9, "unknown"},
                {0x0000, 93, "unknown"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct zip_kit_member member = {
            .name = SLICE("x"),
            .data = SLICE("text"),
            .flags = rows[i].flags,
            .method = rows[i].method,
        };
        struct zip_kit kit;

        zip_kit_init(&kit);
        add_plain(&kit, "a.txt");
        zip_kit_add(&kit, &member);
        zip_kit_close(&kit, SLICE_NONE);
        read_kit(&kit);
        assert_row(strcmp(encrypted(), rows[i].want) == 0, rows[i].want, i);
        assert_int_equal(zip.doubt_count, 0);
    }
}

static void one_flag_is_enough(void **state)
{
    (void)state;
    for (int local = 0; local < 2; local++) {
        struct zip_kit_member clear = plain("a"), locked = plain("a");
        struct zip_kit kit;

        locked.flags = 1;
        zip_kit_init(&kit);
        zip_kit_local(&kit.out, local != 0 ? &locked : &clear);
        zip_kit_entry(&kit, local != 0 ? &clear : &locked, 0);
        zip_kit_close(&kit, SLICE_NONE);
        read_kit(&kit);
        assert_string_equal(encrypted(), "yes");
    }
}

static void encrypted_directories(void **state)
{
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    add_plain(&kit, "1");
    bytes_clear(&kit.directory);
    bytes_append(&kit.directory, SLICE("PK\6\x08 and what nobody can read"));
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_string_equal(encrypted(), "yes, unknown");
}

/* --- archives in archives --- */

/* ${depth} archives in each other, "deep.exe" in the innermost; deflated or stored. */
static void nest(struct zip_kit *kit, unsigned depth, bool deflate)
{
    zip_kit_init(kit);
    add_plain(kit, "deep.exe");
    zip_kit_close(kit, SLICE_NONE);
    for (unsigned i = 1; i < depth; i++) {
        struct zip_kit outer;
        struct bytes packed;

        zip_kit_init(&outer);
        bytes_init(&packed, SIZE_MAX);
        zip_kit_deflated(&packed, bytes_slice(&kit->out));
        zip_kit_add(&outer, &(struct zip_kit_member){
                                .name = SLICE("picture.jpg"),
                                .data = bytes_slice(deflate ? &packed : &kit->out),
                                .method = deflate ? 8 : 0,
                            });
        zip_kit_close(&outer, SLICE_NONE);
        bytes_fini(&packed);
        zip_kit_fini(kit);
        *kit = outer;
    }
}

static void three_deep(void **state)
{
    (void)state;
    for (int deflate = 0; deflate < 2; deflate++)
        for (unsigned depth = 1; depth <= 5; depth++) {
            struct zip_kit kit;

            nest(&kit, depth, deflate != 0);
            read_kit(&kit);
            assert_row(has("deep.exe") == (depth <= ZIP_DEPTH_MAX), "deep", depth);
            assert_row(zip.unknown == (depth > ZIP_DEPTH_MAX), "unknown", depth);
            assert_int_equal(zip.outer_count, 1);
            assert_int_equal(zip.doubt_count, 0);
        }
}

static void look_inside(const char *name, struct slice data, unsigned method, const char *want)
{
    struct zip_kit_member member = stored(name, data);
    struct zip_kit kit;

    member.method = method;
    zip_kit_init(&kit);
    zip_kit_add(&kit, &member);
    zip_kit_close(&kit, SLICE_NONE);
    read_kit(&kit);
    assert_string_equal(encrypted(), want);
}

static void what_stands_inside(void **state)
{
    struct zip_kit inner;

    (void)state;
    look_inside("a", SLICE("Rar!\x1A\7\1\0"), 0, "unknown");
    look_inside("a.zip", SLICE("nothing like it"), 0, "no");
    look_inside("a.txt", SLICE("PK\3\4 nothing like it either"), 0, "unknown");
    look_inside("a.txt", SLICE("\xFF no deflated stream"), 8, "unknown");
    zip_kit_init(&inner);
    bytes_append(&inner.out, SLICE("MZ"));
    zip_kit_add(&inner, &(struct zip_kit_member){.name = SLICE("x.js"), .flags = 1});
    zip_kit_close(&inner, SLICE_NONE);
    look_inside("setup.exe", bytes_slice(&inner.out), 0, "yes");
    assert_true(has("x.js"));
    inner.out.data[0] = '?';
    look_inside("setup.zip", bytes_slice(&inner.out), 0, "yes");
    assert_true(has("x.js"));
    zip_kit_fini(&inner);
}

/* A program whose stream breaks where its head is long over: there may be more of it. */
static void broken_behind_the_head(void **state)
{
    char program[2048] = "MZ";
    struct bytes packed;

    (void)state;
    bytes_init(&packed, SIZE_MAX);
    zip_kit_deflated(&packed, slice_make(program, sizeof(program)));
    look_inside("a.exe", bytes_slice(&packed), 8, "no");
    look_inside("a.exe", slice_first(bytes_slice(&packed), 1024), 8, "unknown");
    bytes_fini(&packed);
}

/* Entries that lead to one archive again and again, in one that does so, too: the work is counted
 * once for each place, not for each entry. */
static void overlapping_members(void **state)
{
    struct allowance allowance = {.over = NULL};
    struct zip_kit kit, inner;

    (void)state;
    nest(&inner, 1, false);
    zip_kit_init(&kit);
    zip_kit_local(&kit.out,
                  &(struct zip_kit_member){.name = SLICE("a"), .data = bytes_slice(&inner.out)});
    for (int i = 0; i < 1000; i++)
        zip_kit_entry(
            &kit, &(struct zip_kit_member){.name = SLICE("a"), .data = bytes_slice(&inner.out)}, 0);
    zip_kit_close(&kit, SLICE_NONE);
    assert_int_equal(read_with(bytes_slice(&kit.out), &allowance), ZIP_READ);
    assert_int_equal(zip.name_count, 1001);
    assert_true(allowance.spent < 50 * kit.out.len);
    zip_kit_fini(&inner);
    zip_kit_fini(&kit);
}

/* A deflated stream of so many zero octets in few, made by hand: a literal, then copies of 258
 * octets with the fixed codes (RFC 1951, 3.2.6), two bits each. */
static void zeros(struct bytes *out, size_t count)
{
    struct {
        uint64_t bits;
        unsigned have;
    } writer = {.bits = 0x3 | (uint64_t)0x0C << 3, .have = 11}; /* last, fixed; the literal 0 */

    for (size_t made = 1; made < count; made += 258) {
        writer.bits |= (uint64_t)0xA3 << writer.have; /* 285: 258 octets; the code reversed */
        writer.have += 13;                            /* and a distance of 1 */
        for (; writer.have >= 8; writer.have -= 8, writer.bits >>= 8)
            bytes_append_char(out, (char)(writer.bits & 0xFF));
    }
    zip_kit_number(out, writer.bits, 3);
}

/* ${start}, then as many zero octets as no archive in another may have. */
static void bomb(struct bytes *out, struct slice start)
{
    bytes_append_char(out, 0);
    zip_kit_number(out, start.len, 2);
    zip_kit_number(out, ~start.len & UINT16_MAX, 2);
    bytes_append(out, start);
    zeros(out, ZIP_NESTED_BYTES_MAX);
}

static void bombs(void **state)
{
    struct allowance allowance = {.over = NULL};
    struct zip_kit inner, kit;
    struct bytes packed;

    (void)state;
    nest(&inner, 1, false);
    for (int program = 0; program < 2; program++) {
        bytes_init(&packed, SIZE_MAX);
        bomb(&packed, program != 0 ? SLICE("MZ") : bytes_slice(&inner.out));
        zip_kit_init(&kit);
        zip_kit_add(&kit, &(struct zip_kit_member){
                              .name = SLICE("a"), .data = bytes_slice(&packed), .method = 8});
        zip_kit_close(&kit, SLICE_NONE);
        assert_int_equal(read_with(bytes_slice(&kit.out), &allowance),
                         program != 0 ? ZIP_READ : ZIP_LIMIT);
        assert_string_equal(encrypted(), program != 0 ? "unknown" : "none");
        zip_kit_fini(&kit);
        bytes_fini(&packed);
    }
    zip_kit_fini(&inner);
}

/* --- limits --- */

static void members_have_a_limit(void **state)
{
    struct allowance allowance = {.over = NULL};
    struct zip_kit kit;

    (void)state;
    zip_kit_init(&kit);
    for (size_t i = 0; i < ZIP_MEMBERS_MAX; i++)
        zip_kit_entry(&kit, &(struct zip_kit_member){.name = SLICE("a")}, 0);
    zip_kit_close(&kit, SLICE_NONE);
    assert_int_equal(read_with(bytes_slice(&kit.out), &allowance), ZIP_READ);
    assert_int_equal(zip.name_count, ZIP_MEMBERS_MAX);
    kit.out.len = 0;
    zip_kit_entry(&kit, &(struct zip_kit_member){.name = SLICE("a")}, 0);
    zip_kit_close(&kit, SLICE_NONE);
    assert_int_equal(read_with(bytes_slice(&kit.out), &allowance), ZIP_LIMIT);
    assert_int_equal(zip.name_count, 0);
    assert_false(zip.archive);
    zip_kit_fini(&kit);
}

static bool over_at(void *ctx)
{
    size_t *left = ctx;

    return (*left)-- == 0;
}

/* The allowance may be over at every question; then nothing is known. */
static void allowances_end(void **state)
{
    struct zip_kit kit;
    enum zip_result result = ZIP_OVER;
    size_t after = 0;

    (void)state;
    zip_kit_init(&kit);
    for (size_t i = 0; i < 300; i++)
        add_plain(&kit, "a name that is somewhat longer than others are");
    zip_kit_close(&kit, SLICE_NONE);
    for (; result != ZIP_READ; after++) {
        size_t left = after;
        struct allowance allowance = {.over = over_at, .ctx = &left};

        result = read_with(bytes_slice(&kit.out), &allowance);
        assert_int_equal(result == ZIP_READ ? ZIP_READ : ZIP_OVER, result);
        assert_int_equal(zip.name_count, result == ZIP_READ ? 300 : 0);
    }
    assert_true(after > 3);
    zip_kit_fini(&kit);
}

/* An arena that has no room for the names. */
static void arenas_end(void **state)
{
    struct arena small;
    struct zip_kit kit;
    enum zip_result result = ZIP_MEMORY;
    size_t room = 0;

    (void)state;
    zip_kit_init(&kit);
    for (size_t i = 0; i < 20; i++)
        add_plain(&kit, "a name that is somewhat longer than others are");
    zip_kit_close(&kit, SLICE_NONE);
    for (; result != ZIP_READ && room < 65536; room += 64) {
        struct allowance allowance = {.over = NULL};

        arena_init(&small, 64, room);
        result = zip_read(bytes_slice(&kit.out), &allowance, &small, &zip);
        assert_true(result == ZIP_MEMORY || result == ZIP_READ);
        assert_true(result == ZIP_READ || zip.name_count == 0);
        arena_fini(&small);
    }
    assert_int_equal(result, ZIP_READ);
    assert_true(room > 20 * 46);
    zip_kit_fini(&kit);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(three_deep, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_named),
        cmocka_unit_test(empty_ones_are_archives),
        cmocka_unit_test(no_archive),
        cmocka_unit_test(other_archives_are_unknown),
        cmocka_unit_test(programs_have_archives_behind_them),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(encryption_is_seen),
        cmocka_unit_test(one_flag_is_enough),
        cmocka_unit_test(encrypted_directories),
        cmocka_unit_test(three_deep),
        cmocka_unit_test(what_stands_inside),
        cmocka_unit_test(broken_behind_the_head),
        cmocka_unit_test(overlapping_members),
        cmocka_unit_test(bombs),
        cmocka_unit_test(members_have_a_limit),
        cmocka_unit_test(allowances_end),
        cmocka_unit_test(arenas_end),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
