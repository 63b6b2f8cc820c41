/* zip_kit: archives made octet by octet, so that they can be wrong in every way. */
#ifndef TESTS_UNIT_FILTERS_FILE_ZIP_KIT_H
#define TESTS_UNIT_FILTERS_FILE_ZIP_KIT_H

#include "filters/base/bytes.h"
#include "tests/unit/support.h"

#define ZIP_KIT_MEMBERS 16

/* A member as a writer says it; what is not given is zero. */
struct zip_kit_member {
    struct slice name;
    struct slice data; /* as it stands there, packed or not */
    unsigned flags, method;
    struct slice extra;
    uint32_t unpacked; /* 0: as long as ${data} */
};

/* An archive on its way: begins as zero, after bytes_init. */
struct zip_kit {
    struct bytes out;
    struct bytes directory;
    size_t count;
    size_t base; /* what stands before it, which its offsets do not count */
};

static inline void zip_kit_init(struct zip_kit *kit)
{
    *kit = (struct zip_kit){.count = 0};
    bytes_init(&kit->out, SIZE_MAX);
    bytes_init(&kit->directory, SIZE_MAX);
}

static inline void zip_kit_fini(struct zip_kit *kit)
{
    bytes_fini(&kit->out);
    bytes_fini(&kit->directory);
}

/* zip_kit_number(out, number, octets): appends a number, its lowest octet first. */
static inline void zip_kit_number(struct bytes *out, uint64_t number, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++) {
        bytes_append_char(out, (char)(number & 0xFF));
        number >>= 8;
    }
}

/* zip_kit_local(out, member): a local header, with its data. */
static inline void zip_kit_local(struct bytes *out, const struct zip_kit_member *member)
{
    bool sized = (member->flags & 8) == 0;

    bytes_append(out, SLICE("PK\3\4\x14\0"));
    zip_kit_number(out, member->flags, 2);
    zip_kit_number(out, member->method, 2);
    zip_kit_number(out, 0, 8); /* time, date, CRC */
    zip_kit_number(out, sized ? member->data.len : 0, 4);
    zip_kit_number(out, sized ? member->data.len : 0, 4);
    zip_kit_number(out, member->name.len, 2);
    zip_kit_number(out, member->extra.len, 2);
    bytes_append(out, member->name);
    bytes_append(out, member->extra);
    bytes_append(out, member->data);
}

/* zip_kit_entry(kit, member, at): an entry of the directory, for a local header at ${at}. */
static inline void zip_kit_entry(struct zip_kit *kit, const struct zip_kit_member *member,
                                 size_t at)
{
    struct bytes *out = &kit->directory;

    bytes_append(out, SLICE("PK\1\2\x14\0\x14\0"));
    zip_kit_number(out, member->flags, 2);
    zip_kit_number(out, member->method, 2);
    zip_kit_number(out, 0, 8);
    zip_kit_number(out, member->data.len, 4);
    zip_kit_number(out, member->unpacked > 0 ? member->unpacked : member->data.len, 4);
    zip_kit_number(out, member->name.len, 2);
    zip_kit_number(out, member->extra.len, 2);
    zip_kit_number(out, 0, 10); /* comment, disk, attributes */
    zip_kit_number(out, at, 4);
    bytes_append(out, member->name);
    bytes_append(out, member->extra);
    kit->count++;
}

/* zip_kit_add(kit, member): both. */
static inline void zip_kit_add(struct zip_kit *kit, const struct zip_kit_member *member)
{
    size_t at = kit->out.len - kit->base;

    zip_kit_local(&kit->out, member);
    zip_kit_entry(kit, member, at);
}

/* zip_kit_end(out, count, size, start, comment): an end record alone. */
static inline void zip_kit_end(struct bytes *out, size_t count, size_t size, size_t start,
                               struct slice comment)
{
    bytes_append(out, SLICE("PK\5\6\0\0\0\0"));
    zip_kit_number(out, count, 2);
    zip_kit_number(out, count, 2);
    zip_kit_number(out, size, 4);
    zip_kit_number(out, start, 4);
    zip_kit_number(out, comment.len, 2);
    bytes_append(out, comment);
}

/* zip_kit_close(kit, comment): the directory and its end. Returns where the directory begins. */
static inline size_t zip_kit_close(struct zip_kit *kit, struct slice comment)
{
    size_t start = kit->out.len;

    bytes_append(&kit->out, bytes_slice(&kit->directory));
    zip_kit_end(&kit->out, kit->count, kit->directory.len, start - kit->base, comment);
    assert_int_equal(bytes_end(&kit->out), 0);
    return start;
}

/* zip_kit_deflated(out, data): ${data} as a deflated stream of stored blocks (RFC 1951, 3.2.4). */
static inline void zip_kit_deflated(struct bytes *out, struct slice data)
{
    do {
        struct slice block = slice_first(data, UINT16_MAX);

        data = slice_from(data, block.len);
        bytes_append_char(out, data.len == 0 ? 1 : 0);
        zip_kit_number(out, block.len, 2);
        zip_kit_number(out, ~block.len & UINT16_MAX, 2);
        bytes_append(out, block);
    } while (data.len > 0);
}

#endif
