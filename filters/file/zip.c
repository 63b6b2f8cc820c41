#include "filters/file/zip.h"

#include "filters/file/inflate.h"
#include "filters/file/signature.h"
#include "filters/file/zip_walk.h"

#define HEAD_BYTES   512  /* of a member, that tell what it is */
#define MEMBER_STEPS 1024 /* what looking at one costs, however small it is */

/* One reading of an archive and those in it. */
struct reader {
    struct allowance *allowance;
    struct zip_names names;
    struct zip *zip;
    size_t nested_bytes; /* of archives in archives, so far */
};

/* How much a member looks like an archive. */
enum look {
    LOOK_PLAIN,
    LOOK_MAYBE, /* a program may have one behind it; a ".zip" may begin with anything */
    LOOK_ZIP,
    LOOK_OTHER, /* another kind */
};

static enum zip_result read_archive(struct reader *reader, struct slice data, unsigned depth,
                                    bool *found);

static bool named_zip(struct slice name)
{
    return name.len >= 4 && slice_equal_case(slice_from(name, name.len - 4), SLICE(".zip"));
}

static enum look look_at(struct slice head, struct slice name)
{
    struct slice type = signature_of(head, NULL, 0);

    if (slice_equal(type, SLICE("application/vnd.microsoft.portable-executable")) ||
        slice_equal(type, SLICE("application/x-dosexec")) ||
        slice_equal(type, SLICE("application/x-executable")))
        return LOOK_MAYBE;
    if (signature_archive(type))
        return LOOK_OTHER;
    if (slice_starts(head, SLICE("PK")) && type.len > 0)
        return LOOK_ZIP;
    return named_zip(name) ? LOOK_MAYBE : LOOK_PLAIN;
}

static enum zip_result of_inflate(enum inflate_result result)
{
    if (result == INFLATE_OVER)
        return ZIP_OVER;
    return result == INFLATE_MEMORY ? ZIP_MEMORY : ZIP_READ;
}

/* Counts ${size} octets of a member that is read as an archive. Over the limit: a bomb where it
 * surely is one; else nobody can tell what it is. */
static enum zip_result count_nested(struct reader *reader, size_t size, enum look look,
                                    bool *readable)
{
    *readable = size <= ZIP_NESTED_BYTES_MAX - reader->nested_bytes;
    if (*readable) {
        reader->nested_bytes += size;
        return ZIP_READ;
    }
    reader->zip->unknown = true;
    return look == LOOK_ZIP ? ZIP_LIMIT : ZIP_READ;
}

/* ${content}: all of a member. */
static enum zip_result open_content(struct reader *reader, struct slice content, enum look look,
                                    unsigned depth)
{
    bool found = false, readable;
    enum zip_result result = count_nested(reader, content.len, look, &readable);

    if (result != ZIP_READ || !readable)
        return result;
    result = read_archive(reader, content, depth + 1, &found);
    if (result == ZIP_READ && !found && look == LOOK_ZIP)
        reader->zip->unknown = true;
    return result;
}

static enum zip_result open_deflated(struct reader *reader, struct slice packed, enum look look,
                                     unsigned depth)
{
    size_t room = ZIP_NESTED_BYTES_MAX - reader->nested_bytes;
    struct bytes content;
    struct slice whole;
    enum inflate_result inflated;
    enum zip_result result;

    bytes_init(&content, ZIP_NESTED_BYTES_MAX + 1);
    inflated = inflate_raw(packed, room + 1, reader->allowance, &content);
    result = of_inflate(inflated);
    if (inflated == INFLATE_BROKEN)
        reader->zip->unknown = true;
    if (result == ZIP_READ && bytes_take(&content, &whole) != 0)
        result = ZIP_MEMORY;
    if (result == ZIP_READ)
        result = open_content(reader, whole, look, depth);
    bytes_fini(&content);
    return result;
}

/* ${head}: what the member begins with. */
static enum zip_result open_member(struct reader *reader, const struct zip_member *member,
                                   struct slice packed, struct slice head, unsigned depth)
{
    enum look look = look_at(head, member->name);

    if (look == LOOK_OTHER || (look == LOOK_ZIP && depth == ZIP_DEPTH_MAX))
        reader->zip->unknown = true;
    if (look == LOOK_PLAIN || look == LOOK_OTHER || depth == ZIP_DEPTH_MAX)
        return ZIP_READ;
    return member->method == ZIP_RECORD_STORED ? open_content(reader, packed, look, depth)
                                               : open_deflated(reader, packed, look, depth);
}

static enum zip_result look_inside(struct reader *reader, const struct zip_member *member,
                                   struct slice packed, unsigned depth)
{
    struct bytes head;
    struct slice first;
    enum inflate_result inflated;
    enum zip_result result;

    if (member->method == ZIP_RECORD_STORED)
        return open_member(reader, member, packed, packed, depth);
    bytes_init(&head, HEAD_BYTES);
    inflated = inflate_raw(packed, HEAD_BYTES, reader->allowance, &head);
    result = of_inflate(inflated);
    if (inflated == INFLATE_BROKEN)
        reader->zip->unknown = true;
    if (result == ZIP_READ && bytes_take(&head, &first) != 0)
        result = ZIP_MEMORY;
    if (result == ZIP_READ)
        result = open_member(reader, member, packed, first, depth);
    bytes_fini(&head);
    return result;
}

static enum zip_result read_member(struct reader *reader, struct slice data,
                                   const struct zip_member *member, unsigned depth)
{
    struct slice packed = slice_from(slice_first(data, member->stop), member->start);

    if (!allowance_spend(reader->allowance, MEMBER_STEPS))
        return ZIP_OVER;
    if (member->encrypted || packed.len == 0)
        return ZIP_READ;
    if (member->method == ZIP_RECORD_STORED || member->method == ZIP_RECORD_DEFLATED)
        return look_inside(reader, member, packed, depth);
    reader->zip->unknown = true;
    return ZIP_READ;
}

/* Several entries may lead to the same data: they are read once. */
static bool same_data(const struct zip_member *a, const struct zip_member *b)
{
    return a->start == b->start && a->stop == b->stop && a->method == b->method &&
           a->encrypted == b->encrypted;
}

static enum zip_result read_members(struct reader *reader, const struct zip_walk *walk,
                                    unsigned depth)
{
    enum zip_result result = ZIP_READ;
    size_t count;
    const struct zip_member *members = zip_walk_members(walk, &count);

    for (size_t i = 0; i < count && result == ZIP_READ; i++)
        if (i == 0 || !same_data(&members[i], &members[i - 1]))
            result = read_member(reader, walk->data, &members[i], depth);
    return result;
}

static enum zip_result read_archive(struct reader *reader, struct slice data, unsigned depth,
                                    bool *found)
{
    struct zip_walk walk = {
        .data = data,
        .names = &reader->names,
        .allowance = reader->allowance,
        .zip = reader->zip,
    };
    enum zip_result result = zip_walk_run(&walk);

    *found = walk.found;
    if (depth == 1)
        reader->zip->outer_count = reader->names.count;
    if (result == ZIP_READ)
        result = read_members(reader, &walk, depth);
    zip_walk_fini(&walk);
    return result;
}

enum zip_result zip_read(struct slice data, struct allowance *allowance, struct arena *arena,
                         struct zip *zip)
{
    struct reader reader = {.allowance = allowance, .zip = zip};
    enum zip_result result;

    *zip = (struct zip){.archive = false};
    zip_names_init(&reader.names, arena);
    result = read_archive(&reader, data, 1, &zip->archive);
    if (result == ZIP_READ && !zip->archive && signature_archive(signature_of(data, NULL, 0)))
        zip->archive = zip->unknown = true;
    zip->name_count = reader.names.count;
    if (result == ZIP_READ && zip_names_end(&reader.names, &zip->names) != 0)
        result = ZIP_MEMORY;
    zip_names_fini(&reader.names);
    if (result != ZIP_READ)
        *zip = (struct zip){.archive = false};
    return result;
}
