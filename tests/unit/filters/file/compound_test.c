#include "filters/file/compound.h"

#include "tests/unit/support.h"

#define SECTORS     8
#define SECTOR_MAX  4096
#define ENTRY_BYTES 128
#define END         0xFFFFFFFEU

/* A file of version 3 or 4 whose table is its first sector. */
struct file {
    unsigned shift;
    unsigned char octets[(SECTORS + 1) * SECTOR_MAX];
};

static struct file file;
static struct guard guard;

static void number(size_t at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        file.octets[at + i] = (unsigned char)(value >> (8 * i));
}

static size_t sector(uint32_t index)
{
    return ((size_t)index + 1) << file.shift;
}

static void begin(unsigned shift, uint32_t directory)
{
    memset(&file, 0, sizeof(file));
    file.shift = shift;
    memcpy(file.octets, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
    file.octets[30] = (unsigned char)shift;
    number(48, directory);
    number(76, 0);
    for (uint32_t i = 0; i < SECTORS; i++)
        number(sector(0) + 4 * i, END);
}

static void chain(uint32_t from, uint32_t to)
{
    number(sector(0) + 4 * from, to);
}

static void entry(uint32_t in, size_t index, const char *name, unsigned type)
{
    size_t at = sector(in) + index * ENTRY_BYTES;

    for (size_t i = 0; i < strlen(name); i++)
        file.octets[at + 2 * i] = (unsigned char)name[i];
    file.octets[at + 64] = (unsigned char)(2 * (strlen(name) + 1));
    file.octets[at + 66] = (unsigned char)type;
}

static struct slice type_of(size_t len)
{
    return compound_type(guard_copy(&guard, slice_make((const char *)file.octets, len)));
}

static struct slice type(void)
{
    return type_of(sector(SECTORS - 1));
}

static int set_up(void **state)
{
    (void)state;
    guard_init(&guard, sizeof(file.octets));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_fini(&guard);
    return 0;
}

static void streams(void **state)
{
    static const struct {
        const char *name, *type;
    } rows[] = {
        {"WordDocument", "application/msword"},
        {"worddocument", "application/msword"},
        {"Workbook", "application/vnd.ms-excel"},
        {"Book", "application/vnd.ms-excel"},
        {"PowerPoint Document", "application/vnd.ms-powerpoint"},
        {"VisioDocument", "application/vnd.visio"},
        {"__properties_version1.0", "application/vnd.ms-outlook"},
        {"EncryptedPackage", "application/encrypted"},
        {"Books", "application/x-ole-storage"},
        {"Boo", "application/x-ole-storage"},
    };

    (void)state;
    for (unsigned shift = 9; shift <= 12; shift += 3)
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            begin(shift, 1);
            entry(1, 0, "Root Entry", 5);
            entry(1, 3, rows[i].name, 2);
            assert_row_slice(type(), slice_str(rows[i].type), rows[i].name, shift);
        }
}

static void installers(void **state)
{
    (void)state;
    begin(9, 1);
    entry(1, 0, "Root Entry", 5);
    memcpy(file.octets + sector(1) + 80,
           "\x84\x10\x0C\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46", 16);
    assert_text(type(), "application/x-msi");
    file.octets[sector(1) + 66] = 1;
    assert_text(type(), "application/x-ole-storage");
}

static void chains(void **state)
{
    (void)state;
    begin(9, 1);
    chain(1, 5);
    chain(5, 3);
    entry(3, 2, "Workbook", 2);
    assert_text(type(), "application/vnd.ms-excel");
    chain(5, 4);
    assert_text(type(), "application/x-ole-storage");
    chain(5, 1); /* round and round */
    assert_text(type(), "application/x-ole-storage");
    chain(5, 200); /* nowhere */
    assert_text(type(), "application/x-ole-storage");
}

/* Whatever is missing at the end or wrong in front, nothing else is read. */
static void broken(void **state)
{
    (void)state;
    begin(9, 1);
    chain(1, 2);
    entry(2, 1, "Workbook", 2);
    for (size_t len = 8; len < sector(2) + 2 * ENTRY_BYTES; len++)
        assert_row(slice_equal(type_of(len), SLICE("application/x-ole-storage")), "cut", len);
    assert_text(type_of(sector(2) + 2 * ENTRY_BYTES), "application/vnd.ms-excel");
    number(76, 0xFFFFFFFF);
    assert_text(type(), "application/x-ole-storage");
    for (unsigned shift = 0; shift < 256; shift++)
        if (shift != 9 && shift != 12) {
            begin(9, 1);
            entry(1, 1, "Workbook", 2);
            file.octets[30] = (unsigned char)shift;
            assert_row(slice_equal(type(), SLICE("application/x-ole-storage")), "shift", shift);
        }
    begin(9, 0xFFFFFFF0);
    assert_text(type(), "application/x-ole-storage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),
        cmocka_unit_test(installers),
        cmocka_unit_test(chains),
        cmocka_unit_test(broken),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
