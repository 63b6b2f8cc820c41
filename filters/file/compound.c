#include "filters/file/compound.h"

#include "filters/base/octets.h"

/* [MS-CFB] 2.2 and 2.6: where fields stand in the header and in an entry of the directory. */
#define HEADER_BYTES        512
#define HEADER_SHIFT        30
#define HEADER_DIRECTORY    48
#define HEADER_TABLE        76
#define TABLE_SECTORS       109
#define SHIFT_3             9  /* sectors of 512 octets, in version 3 */
#define SHIFT_4             12 /* ... and 4096, in version 4 */
#define ENTRY_BYTES         128
#define ENTRY_NAME_LENGTH   64
#define ENTRY_TYPE          66
#define ENTRY_CLASS         80
#define ENTRY_TYPE_ROOT     5
#define LAST_REGULAR_SECTOR 0xFFFFFFFAU

#define OF(name) SLICE_INIT(name)

static const struct {
    struct slice stream, type;
} streams[] = {
    {OF("WordDocument"), OF("application/msword")},
    {OF("Workbook"), OF("application/vnd.ms-excel")},
    {OF("Book"), OF("application/vnd.ms-excel")},
    {OF("PowerPoint Document"), OF("application/vnd.ms-powerpoint")},
    {OF("PP97_DUALSTORAGE"), OF("application/vnd.ms-powerpoint")},
    {OF("VisioDocument"), OF("application/vnd.visio")},
    {OF("__properties_version1.0"), OF("application/vnd.ms-outlook")},
    {OF("EncryptedPackage"), OF("application/encrypted")}, /* [MS-OFFCRYPTO] 2.3.4.4 */
    {OF("Quill"), OF("application/x-mspublisher")},
};

/* {000C1084-0000-0000-C000-000000000046}, as it lies in the file: Windows Installer. */
static const struct slice installer_class =
    SLICE_INIT("\x84\x10\x0C\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46");

struct compound {
    struct slice content;
    unsigned shift;
};

static struct slice sector_at(const struct compound *file, uint32_t sector)
{
    uint64_t start = ((uint64_t)sector + 1) << file->shift;

    if (sector > LAST_REGULAR_SECTOR || start >= file->content.len)
        return SLICE_NONE;
    return slice_first(slice_from(file->content, (size_t)start), (size_t)1 << file->shift);
}

/* The sector after ${sector} in its chain; what is no sector when nothing tells. */
static uint32_t sector_next(const struct compound *file, uint32_t sector)
{
    uint32_t per_sector = (uint32_t)1 << (file->shift - 2);
    uint32_t table = sector / per_sector;
    struct slice at;

    if (table >= TABLE_SECTORS)
        return UINT32_MAX;
    at = slice_from(
        sector_at(file, octets_le32(slice_from(file->content, HEADER_TABLE + 4 * (size_t)table))),
        4 * (size_t)(sector % per_sector));
    return at.len >= 4 ? octets_le32(at) : UINT32_MAX;
}

/* Whether the UTF-16 name of ${entry} is ${name}, letters compared without case. */
static bool entry_named(struct slice entry, struct slice name)
{
    if (octets_le16(slice_from(entry, ENTRY_NAME_LENGTH)) != 2 * (name.len + 1))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (ascii_lower(entry.ptr[2 * i]) != ascii_lower(name.ptr[i]) || entry.ptr[2 * i + 1] != 0)
            return false;
    return true;
}

static struct slice entry_type(struct slice entry)
{
    if (entry.ptr[ENTRY_TYPE] == ENTRY_TYPE_ROOT)
        return slice_starts(slice_from(entry, ENTRY_CLASS), installer_class)
                   ? SLICE("application/x-msi")
                   : SLICE_NONE;
    for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
        if (entry_named(entry, streams[i].stream))
            return streams[i].type;
    return SLICE_NONE;
}

static struct slice sector_type(struct slice sector)
{
    struct slice type = SLICE_NONE;

    for (; sector.len >= ENTRY_BYTES && type.len == 0; sector = slice_from(sector, ENTRY_BYTES))
        type = entry_type(slice_first(sector, ENTRY_BYTES));
    return type;
}

struct slice compound_type(struct slice content)
{
    struct compound file = {.content = content};
    struct slice type = SLICE_NONE;

    if (content.len >= HEADER_BYTES)
        file.shift = octets_le16(slice_from(content, HEADER_SHIFT));
    if (file.shift == SHIFT_3 || file.shift == SHIFT_4) {
        uint32_t sector = octets_le32(slice_from(content, HEADER_DIRECTORY));

        for (int i = 0; i < COMPOUND_SECTORS_MAX && type.len == 0; i++) {
            struct slice at = sector_at(&file, sector);

            if (at.len == 0)
                break;
            type = sector_type(at);
            sector = sector_next(&file, sector);
        }
    }
    return type.len > 0 ? type : SLICE("application/x-ole-storage");
}
