#include "filters/file/zip_name.h"

#include "filters/base/utf8.h"
#include "filters/file/zip.h"

void zip_names_init(struct zip_names *names, struct arena *arena)
{
    *names = (struct zip_names){.arena = arena};
    bytes_init(&names->slices, SIZE_MAX);
    bytes_init(&names->text, SIZE_MAX);
}

void zip_names_fini(struct zip_names *names)
{
    charset_set_fini(&names->converters);
    bytes_fini(&names->text);
    bytes_fini(&names->slices);
}

static enum zip_name_result keep(struct zip_names *names, struct slice name)
{
    struct slice copy;

    if (names->count >= ZIP_MEMBERS_MAX || name.len > ZIP_NAME_BYTES_MAX - names->octets)
        return ZIP_NAME_LIMIT;
    copy = arena_copy(names->arena, name);
    if (copy.ptr == NULL)
        return ZIP_NAME_MEMORY;
    bytes_append(&names->slices, slice_make((const char *)&copy, sizeof(copy)));
    names->count++;
    names->octets += name.len;
    return bytes_end(&names->slices) == 0 ? ZIP_NAME_ADDED : ZIP_NAME_MEMORY;
}

static enum zip_name_result keep_utf8(struct zip_names *names, struct slice raw)
{
    struct slice name;

    bytes_renew(&names->text);
    utf8_append_clean(raw, &names->text);
    return bytes_take(&names->text, &name) == 0 ? keep(names, name) : ZIP_NAME_MEMORY;
}

static enum zip_name_result keep_cp437(struct zip_names *names, struct slice raw)
{
    struct slice name;

    bytes_renew(&names->text);
    if (charset_to_utf8(&names->converters, charset_find(SLICE("cp437")), raw, &names->text) != 0 ||
        bytes_take(&names->text, &name) != 0)
        return ZIP_NAME_MEMORY;
    return keep(names, name);
}

/* A name as both sets have it, where they differ and it could be either. */
static enum zip_name_result add_raw(struct zip_names *names, struct slice raw, bool utf8)
{
    enum zip_name_result result = ZIP_NAME_ADDED;

    if (utf8 || utf8_valid(raw))
        result = keep_utf8(names, raw);
    if (result == ZIP_NAME_ADDED && utf8_beyond_ascii(raw) && (!utf8 || !utf8_valid(raw)))
        result = keep_cp437(names, raw);
    return result;
}

static enum zip_name_result add_both(struct zip_names *names, struct slice raw, bool utf8)
{
    enum zip_name_result result = add_raw(names, raw, utf8);
    size_t nul = slice_find(raw, '\0');

    if (result == ZIP_NAME_ADDED && nul != SLICE_NOT_FOUND)
        result = add_raw(names, slice_first(raw, nul), utf8);
    return result;
}

enum zip_name_result zip_names_add(struct zip_names *names, const struct zip_record *record)
{
    enum zip_name_result result =
        add_both(names, record->name, (record->flags & ZIP_RECORD_UTF8) != 0);

    if (result == ZIP_NAME_ADDED && record->unicode.len > 0 &&
        !slice_equal(record->unicode, record->name))
        result = add_both(names, record->unicode, true);
    return result;
}

int zip_names_end(struct zip_names *names, const struct slice **out)
{
    struct slice all;

    *out = NULL;
    if (names->count == 0)
        return 0;
    all = arena_copy(names->arena, bytes_slice(&names->slices));
    *out = (const struct slice *)(const void *)all.ptr;
    return all.ptr != NULL ? 0 : -1;
}
