#include "filters/file/zip_record.h"

#include "filters/base/octets.h"

#define END_BYTES        22
#define LOCATOR_BYTES    20
#define WIDE_BYTES       56
#define WIDE_PLAIN_SIZE  44 /* what a ZIP64 end record says of itself in its first version */
#define WIDE_ALGORITHM   74 /* in its second (7.3.4) */
#define ENTRY_BYTES      46
#define LOCAL_BYTES      30
#define EXTRA_HEAD_BYTES 4

#define EXTRA_ZIP64   0x0001
#define EXTRA_UNICODE 0x7075
#define UNICODE_HEAD  5 /* a version, and a CRC of the name that it stands for */
#define UNKNOWN_32    UINT32_MAX
#define UNKNOWN_16    UINT16_MAX

/* The octets at ${at} if there are ${length} of them that begin with ${magic}; else none. */
static struct slice record_at(struct slice data, uint64_t at, struct slice magic, size_t length)
{
    struct slice record = at < data.len ? slice_from(data, (size_t)at) : SLICE_NONE;

    return record.len >= length && slice_starts(record, magic) ? record : SLICE_NONE;
}

static uint16_t short_at(struct slice record, size_t at)
{
    return octets_le16(slice_from(record, at));
}

static uint32_t long_at(struct slice record, size_t at)
{
    return octets_le32(slice_from(record, at));
}

static uint64_t wide_at(struct slice record, size_t at)
{
    return octets_le64(slice_from(record, at));
}

/* --- end records --- */

bool zip_record_end_agrees(const struct zip_record_end *end, const struct zip_record_end *wide)
{
    return (end->count == UNKNOWN_16 || end->count == wide->count) &&
           (end->size == UNKNOWN_32 || end->size == wide->size) &&
           (end->start == UNKNOWN_32 || end->start == wide->start);
}

/* Where the ZIP64 record is that the locator before ${at} tells: at what it says, or, with data
 * before the archive, right before the locator. */
static struct slice wide_record(struct slice data, size_t at)
{
    struct slice magic = SLICE("PK\6\6"), locator, record;

    if (at < LOCATOR_BYTES)
        return SLICE_NONE;
    locator = record_at(data, at - LOCATOR_BYTES, SLICE("PK\6\7"), LOCATOR_BYTES);
    if (locator.len == 0)
        return SLICE_NONE;
    record = record_at(data, wide_at(locator, 8), magic, WIDE_BYTES);
    if (record.len == 0 && at >= LOCATOR_BYTES + WIDE_BYTES)
        record = record_at(data, at - LOCATOR_BYTES - WIDE_BYTES, magic, WIDE_BYTES);
    return record;
}

static bool wide_encrypted(struct slice wide)
{
    return wide_at(wide, 4) > WIDE_PLAIN_SIZE && wide.len >= WIDE_ALGORITHM + 2 &&
           short_at(wide, WIDE_ALGORITHM) != 0;
}

bool zip_record_end_widen(struct slice data, const struct zip_record_end *end,
                          struct zip_record_end *wide)
{
    struct slice record = wide_record(data, end->stop);

    if (record.len == 0)
        return false;
    *wide = (struct zip_record_end){
        .start = wide_at(record, 48),
        .size = wide_at(record, 40),
        .count = wide_at(record, 32),
        .stop = data.len - record.len,
        .encrypted = wide_encrypted(record),
        .wide = true,
    };
    return true;
}

bool zip_record_end_read(struct slice data, size_t at, struct zip_record_end *end)
{
    struct slice record = record_at(data, at, SLICE("PK\5\6"), END_BYTES);

    if (record.len == 0)
        return false;
    *end = (struct zip_record_end){
        .start = long_at(record, 16),
        .size = long_at(record, 12),
        .count = short_at(record, 10),
        .stop = at,
    };
    return true;
}

/* --- entries --- */

/* Takes the next 8 octets of ${field} for a number that was too large for its place. */
static void widen(uint64_t *number, struct slice *field)
{
    if (*number != UNKNOWN_32 || field->len < 8)
        return;
    *number = octets_le64(*field);
    *field = slice_from(*field, 8);
}

static void read_extra(struct zip_record *record, unsigned id, struct slice field)
{
    if (id == EXTRA_ZIP64) {
        widen(&record->unpacked, &field);
        widen(&record->packed, &field);
        widen(&record->start, &field);
    }
    if (id == EXTRA_UNICODE)
        record->unicode = slice_from(field, UNICODE_HEAD);
}

static void read_extras(struct zip_record *record, struct slice extras)
{
    while (extras.len >= EXTRA_HEAD_BYTES) {
        struct slice field = slice_from(extras, EXTRA_HEAD_BYTES);

        read_extra(record, short_at(extras, 0), slice_first(field, short_at(extras, 2)));
        extras = slice_from(field, short_at(extras, 2));
    }
}

/* The name and the extra fields after the ${fixed} octets of ${at}; false when they are cut. */
static bool read_rest(struct zip_record *record, struct slice at, size_t fixed, size_t name_bytes,
                      size_t extra_bytes)
{
    struct slice rest = slice_from(at, fixed);

    if (rest.len < name_bytes + extra_bytes)
        return false;
    record->name = slice_first(rest, name_bytes);
    record->length = fixed + name_bytes + extra_bytes;
    read_extras(record, slice_first(slice_from(rest, name_bytes), extra_bytes));
    return true;
}

bool zip_record_entry(struct slice data, uint64_t at, struct zip_record *record)
{
    struct slice entry = record_at(data, at, SLICE("PK\1\2"), ENTRY_BYTES);

    if (entry.len == 0)
        return false;
    *record = (struct zip_record){
        .flags = short_at(entry, 8),
        .method = short_at(entry, 10),
        .packed = long_at(entry, 20),
        .unpacked = long_at(entry, 24),
        .start = long_at(entry, 42),
    };
    if (!read_rest(record, entry, ENTRY_BYTES, short_at(entry, 28), short_at(entry, 30)))
        return false;
    record->length += short_at(entry, 32); /* a comment */
    return true;
}

bool zip_record_local(struct slice data, uint64_t at, struct zip_record *record)
{
    struct slice local = record_at(data, at, SLICE("PK\3\4"), LOCAL_BYTES);

    if (local.len == 0)
        return false;
    *record = (struct zip_record){
        .flags = short_at(local, 6),
        .method = short_at(local, 8),
        .packed = long_at(local, 18),
        .unpacked = long_at(local, 22),
        .start = at,
    };
    return read_rest(record, local, LOCAL_BYTES, short_at(local, 26), short_at(local, 28));
}

bool zip_record_encrypted(const struct zip_record *record)
{
    return (record->flags & (ZIP_RECORD_ENCRYPTED | ZIP_RECORD_STRONG | ZIP_RECORD_MASKED)) != 0 ||
           record->method == ZIP_RECORD_AES;
}
