/* zip_read_kit: an archive of the kit is read, and its outcome asked for. */
#ifndef TESTS_UNIT_FILTERS_FILE_ZIP_READ_KIT_H
#define TESTS_UNIT_FILTERS_FILE_ZIP_READ_KIT_H

#include "filters/file/zip.h"
#include "tests/unit/arena_kit.h"
#include "tests/unit/filters/file/zip_kit.h"

static struct zip zip;

static inline enum zip_result read_with(struct slice data, struct allowance *allowance)
{
    struct guard guard;
    enum zip_result result;

    arena_reset(&arena);
    guard_init(&guard, data.len);
    result = zip_read(guard_copy(&guard, data), allowance, &arena, &zip);
    guard_fini(&guard);
    return result;
}

static inline void read_all(struct slice data)
{
    struct allowance allowance = {.over = NULL};

    assert_int_equal(read_with(data, &allowance), ZIP_READ);
}

static inline void read_kit(struct zip_kit *kit)
{
    read_all(bytes_slice(&kit->out));
    zip_kit_fini(kit);
}

static inline bool has(const char *name)
{
    for (size_t i = 0; i < zip.name_count; i++)
        if (slice_equal(zip.names[i], slice_str(name)))
            return true;
    return false;
}

static inline void assert_doubt(const char *why)
{
    assert_int_equal(zip.doubt_count, 1);
    assert_string_equal(zip.doubts[0], why);
}

static inline bool doubts(const char *why)
{
    for (size_t i = 0; i < zip.doubt_count; i++)
        if (strcmp(zip.doubts[i], why) == 0)
            return true;
    return false;
}

/* "yes", "no", "unknown", both, or none: as a rule hears it. */
static inline const char *encrypted(void)
{
    if (!zip.archive)
        return "none";
    if (zip.encrypted)
        return zip.unknown ? "yes, unknown" : "yes";
    return zip.unknown ? "unknown" : "no";
}

static inline struct zip_kit_member stored(const char *name, struct slice data)
{
    return (struct zip_kit_member){.name = slice_str(name), .data = data};
}

static inline struct zip_kit_member plain(const char *name)
{
    return stored(name, SLICE("text"));
}

static inline void add_plain(struct zip_kit *kit, const char *name)
{
    struct zip_kit_member member = plain(name);

    zip_kit_add(kit, &member);
}

#endif
