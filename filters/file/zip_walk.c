#include "filters/file/zip_walk.h"

#include <stdlib.h>

#include "filters/file/inflate.h"

#define END_BYTES    22
#define COMMENT_MAX  UINT16_MAX
#define PLACES_MAX   (4 * ZIP_ENDS_MAX) /* of directories */
#define RECORD_STEPS 64                 /* what looking at one costs, beside its name */

struct places {
    uint64_t at[PLACES_MAX];
    size_t count;
};

static bool fail(struct zip_walk *walk, enum zip_result why)
{
    walk->result = why;
    return false;
}

static bool spend(struct zip_walk *walk, size_t steps)
{
    return allowance_spend(walk->allowance, steps) || fail(walk, ZIP_OVER);
}

static void doubt(struct zip_walk *walk, const char *why)
{
    struct zip *zip = walk->zip;

    for (size_t i = 0; i < zip->doubt_count; i++)
        if (strcmp(zip->doubts[i], why) == 0)
            return;
    if (zip->doubt_count < ZIP_DOUBTS_MAX)
        zip->doubts[zip->doubt_count++] = why;
}

/* --- members --- */

static bool add_name(struct zip_walk *walk, const struct zip_record *record)
{
    enum zip_name_result added = zip_names_add(walk->names, record);

    if (added != ZIP_NAME_ADDED)
        return fail(walk, added == ZIP_NAME_LIMIT ? ZIP_LIMIT : ZIP_MEMORY);
    return spend(walk, RECORD_STEPS + record->name.len);
}

static bool add_member(struct zip_walk *walk, const struct zip_member *member)
{
    bytes_append(&walk->members, slice_make((const char *)member, sizeof(*member)));
    walk->zip->encrypted = walk->zip->encrypted || member->encrypted;
    return bytes_end(&walk->members) == 0 || fail(walk, ZIP_MEMORY);
}

/* A member whose local header is ${local}, with ${packed} octets as far as they are there. */
static struct zip_member member_of(const struct zip_walk *walk, const struct zip_record *local,
                                   uint64_t packed)
{
    size_t start = (size_t)local->start + local->length;
    size_t there = walk->data.len - start;

    return (struct zip_member){
        .header = local->start,
        .start = start,
        .stop = start + (packed < there ? (size_t)packed : there),
        .method = local->method,
        .encrypted = zip_record_encrypted(local),
        .name = local->name,
    };
}

/* What the header says otherwise than the directory is what somebody else reads. */
static bool compare(struct zip_walk *walk, const struct zip_record *entry,
                    const struct zip_record *local, struct zip_member *member)
{
    bool sized = (local->flags & ZIP_RECORD_STREAMED) == 0;

    if (((entry->flags | local->flags) & ZIP_RECORD_MASKED) != 0)
        return true;
    if (sized && local->packed != entry->packed) {
        doubt(walk, "a member of an archive has two sizes");
        if (local->packed < entry->packed)
            *member = member_of(walk, local, local->packed);
    }
    if (local->method != entry->method) {
        doubt(walk, "a member of an archive has two methods");
        if (!add_member(walk, member))
            return false;
        member->method = entry->method;
    }
    if (slice_equal(local->name, entry->name) && slice_equal(local->unicode, entry->unicode))
        return true;
    if (!slice_equal(local->name, entry->name) || local->unicode.len > 0)
        doubt(walk, "a member of an archive has two names");
    return add_name(walk, local);
}

static bool add_entry(struct zip_walk *walk, const struct zip_record *entry, uint64_t base)
{
    struct zip_member member = {.name = entry->name, .encrypted = zip_record_encrypted(entry)};
    struct zip_record local;
    bool found = zip_record_local(walk->data, base + entry->start, &local) ||
                 zip_record_local(walk->data, entry->start, &local);

    if (!add_name(walk, entry))
        return false;
    if (!found) {
        doubt(walk, "a member of an archive has no header");
        walk->zip->unknown = true;
        return add_member(walk, &member);
    }
    member = member_of(walk, &local, entry->packed);
    member.name = entry->name;
    member.encrypted = member.encrypted || zip_record_encrypted(entry);
    if (entry->packed > walk->data.len - member.start)
        walk->zip->unknown = true;
    return compare(walk, entry, &local, &member) && add_member(walk, &member);
}

/* --- directories --- */

static bool place_new(struct places *places, uint64_t at)
{
    for (size_t i = 0; i < places->count; i++)
        if (places->at[i] == at)
            return false;
    if (places->count < PLACES_MAX)
        places->at[places->count++] = at;
    return true;
}

/* The entries from ${at} on, as long as they follow each other, whatever number was said. */
static bool read_directory(struct zip_walk *walk, const struct zip_record_end *end, uint64_t at)
{
    uint64_t base = at - end->start, count = 0;
    struct zip_record entry;

    for (; zip_record_entry(walk->data, at, &entry); at += entry.length, count++)
        if (!add_entry(walk, &entry, base))
            return false;
    if ((end->wide ? count : count & UINT16_MAX) != end->count)
        doubt(walk, "an archive has another number of members than it says");
    if (at != end->stop && !slice_starts(slice_from(walk->data, (size_t)at), SLICE("PK\5\5")))
        doubt(walk, "an archive's directory does not end where it says");
    return true;
}

static bool is_directory(const struct zip_walk *walk, const struct zip_record_end *end, uint64_t at)
{
    struct zip_record entry;

    return at <= end->stop && (zip_record_entry(walk->data, at, &entry) ||
                               (at == end->stop && end->size == 0 && end->count == 0));
}

/* An encrypted directory begins with a record of its own (7.3.3), or its end record says so. */
static bool is_encrypted(const struct zip_walk *walk, const struct zip_record_end *end, uint64_t at)
{
    return end->encrypted || (at < walk->data.len &&
                              slice_starts(slice_from(walk->data, (size_t)at), SLICE("PK\6\x08")));
}

static bool read_place(struct zip_walk *walk, const struct zip_record_end *end, uint64_t at,
                       struct places *places)
{
    walk->found = true;
    return !place_new(places, at) || read_directory(walk, end, at);
}

/* Some readers go to where the directory is said to begin, others from its end back by its size:
 * what stands before the archive moves one and not the other. */
static bool read_end(struct zip_walk *walk, const struct zip_record_end *end, struct places *places)
{
    uint64_t counted = end->size <= end->stop ? end->stop - end->size : UINT64_MAX;
    bool said = is_directory(walk, end, end->start);
    bool behind = counted != end->start && is_directory(walk, end, counted);

    if (is_encrypted(walk, end, counted) || is_encrypted(walk, end, end->start)) {
        walk->found = walk->zip->encrypted = walk->zip->unknown = true;
        return true;
    }
    if (said && behind)
        doubt(walk, "an archive has two directories");
    return (!said || read_place(walk, end, end->start, places)) &&
           (!behind || read_place(walk, end, counted, places));
}

/* The end record at ${at}, and where ZIP64 tells it otherwise, both. */
static bool read_both(struct zip_walk *walk, const struct zip_record_end *end,
                      struct places *places)
{
    struct zip_record_end wide;

    if (!zip_record_end_widen(walk->data, end, &wide))
        return read_end(walk, end, places);
    if (zip_record_end_agrees(end, &wide))
        return read_end(walk, &wide, places);
    doubt(walk, "an archive has two end records that differ");
    return read_end(walk, &wide, places) && read_end(walk, end, places);
}

/* Whether some reader takes the end record at ${at}: it is the last (${last} is none yet), its
 * comment ends with the file, or the last stands in its comment. */
static bool end_counts(struct slice data, size_t at, size_t last)
{
    const unsigned char *length = (const unsigned char *)data.ptr + at + END_BYTES - 2;
    size_t stop = at + END_BYTES + (size_t)(length[0] | length[1] << 8);

    return last == SLICE_NOT_FOUND || stop == data.len || stop > last;
}

static bool read_ends(struct zip_walk *walk)
{
    struct slice data = walk->data;
    size_t last = SLICE_NOT_FOUND, count = 0;
    struct places places = {.count = 0};
    size_t stop = data.len > COMMENT_MAX + END_BYTES ? data.len - COMMENT_MAX - END_BYTES : 0;
    struct zip_record_end end;

    for (size_t at = data.len >= END_BYTES ? data.len - END_BYTES + 1 : 0; at > stop; at--) {
        if (data.ptr[at - 1] != 'P' || !zip_record_end_read(data, at - 1, &end) ||
            !end_counts(data, at - 1, last))
            continue;
        if (count++ == ZIP_ENDS_MAX)
            return fail(walk, ZIP_LIMIT);
        last = last == SLICE_NOT_FOUND ? at - 1 : last;
        if (!read_both(walk, &end, &places))
            return false;
    }
    if (count > 1 && walk->found)
        doubt(walk, "an archive has two end records");
    return spend(walk, data.len - stop);
}

/* --- what no directory names --- */

static struct zip_member *members_of(struct zip_walk *walk, size_t *count)
{
    *count = walk->members.len / sizeof(struct zip_member);
    return (struct zip_member *)(void *)walk->members.data;
}

static int by_header(const void *left, const void *right)
{
    const struct zip_member *a = left, *b = right;

    if (a->header != b->header)
        return a->header < b->header ? -1 : 1;
    if (a->stop != b->stop)
        return a->stop < b->stop ? -1 : 1;
    return a->method != b->method ? (a->method < b->method ? -1 : 1) : 0;
}

static int by_name(const void *left, const void *right)
{
    const struct zip_member *a = left, *b = right;
    size_t shorter = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = shorter > 0 ? memcmp(a->name.ptr, b->name.ptr, shorter) : 0;

    if (order == 0 && a->name.len != b->name.len)
        order = a->name.len < b->name.len ? -1 : 1;
    return order != 0 ? order : by_header(left, right);
}

static void sort(struct zip_walk *walk, int (*order)(const void *, const void *))
{
    size_t count;
    struct zip_member *members = members_of(walk, &count);

    if (count > 1)
        qsort(members, count, sizeof(*members), order);
}

static void compare_names(struct zip_walk *walk)
{
    size_t count;
    struct zip_member *members = members_of(walk, &count);

    sort(walk, by_name);
    for (size_t i = 1; i < count; i++)
        if (members[i].header != members[i - 1].header &&
            slice_equal(members[i].name, members[i - 1].name))
            doubt(walk, "two members of an archive have one name");
}

static size_t find_header(struct slice data, size_t from)
{
    struct slice rest = slice_from(data, from);
    const char *at = rest.len > 0 ? (const char *)memmem(rest.ptr, rest.len, "PK\3\4", 4) : NULL;

    return at != NULL ? (size_t)(at - data.ptr) : data.len;
}

static bool method_exists(unsigned method)
{
    return method <= 20 || (method >= 93 && method <= ZIP_RECORD_AES);
}

/* Where a reader from the front looks on after ${member}: behind its data; or where they end by
 * themselves, which is only asked where a header could follow. */
static bool skip(struct zip_walk *walk, const struct zip_member *member, size_t *next)
{
    struct slice packed = slice_from(slice_first(walk->data, member->stop), member->start);
    enum inflate_result result;
    size_t extent = 0;

    *next = member->stop;
    if (member->method != ZIP_RECORD_DEFLATED || member->encrypted ||
        find_header(packed, 0) == packed.len)
        return true;
    result = inflate_extent(packed, walk->allowance, &extent);
    if (result == INFLATE_WHOLE)
        *next = member->start + extent;
    if (result == INFLATE_OVER)
        return fail(walk, ZIP_OVER);
    return result != INFLATE_MEMORY || fail(walk, ZIP_MEMORY);
}

/* A header that no directory names, at ${at}. ${next}: where to look on. */
static bool add_hidden(struct zip_walk *walk, size_t at, size_t *next)
{
    struct zip_record local;
    struct zip_member member;
    bool sized;

    *next = at + 1;
    if (!zip_record_local(walk->data, at, &local) || local.name.len == 0 ||
        !method_exists(local.method))
        return true;
    doubt(walk, "an archive has a member that its directory has not");
    sized = (local.flags & ZIP_RECORD_STREAMED) == 0 || local.packed > 0;
    member = member_of(walk, &local, sized ? local.packed : UINT64_MAX);
    if (!add_name(walk, &local) || !add_member(walk, &member) || !skip(walk, &member, next))
        return false;
    if (!sized && *next == member.stop)
        *next = member.start; /* nobody knows where it ends */
    return true;
}

/* Whether members of directories, ${known} of them and in order, begin at ${at}; then the shortest
 * of them is ${members}[*${index} - ${found}]. */
static size_t count_known(const struct zip_member *members, size_t known, size_t *index, size_t at)
{
    size_t found = 0;

    while (*index < known && (members[*index].start == 0 || members[*index].header < at))
        ++*index;
    for (; *index < known && members[*index].header == at; ++*index)
        found++;
    return found;
}

static bool read_header(struct zip_walk *walk, size_t known, size_t *index, size_t at, size_t *next)
{
    size_t count;
    const struct zip_member *members = members_of(walk, &count);
    size_t found = count_known(members, known, index, at);

    return found > 0 ? skip(walk, &members[*index - found], next) : add_hidden(walk, at, next);
}

static bool read_hidden(struct zip_walk *walk)
{
    size_t known, index = 0, next;

    sort(walk, by_header);
    (void)members_of(walk, &known);
    for (size_t at = find_header(walk->data, 0); at < walk->data.len;
         at = find_header(walk->data, next))
        if (!read_header(walk, known, &index, at, &next))
            return false;
    return spend(walk, walk->data.len);
}

/* --- all of it --- */

/* Whether it begins as an archive does, or as a piece of one (8.5.5). */
static bool begins(struct slice data)
{
    struct zip_record local;

    if (slice_starts(data, SLICE("PK\7\x08")) || slice_starts(data, SLICE("PK00")))
        data = slice_from(data, 4);
    return zip_record_local(data, 0, &local) && local.name.len > 0 && method_exists(local.method);
}

enum zip_result zip_walk_run(struct zip_walk *walk)
{
    bytes_init(&walk->members, SIZE_MAX);
    walk->result = ZIP_READ;
    if (!read_ends(walk))
        return walk->result;
    if (!walk->found && begins(walk->data)) {
        walk->found = walk->zip->unknown = true;
        doubt(walk, "an archive has no directory");
    }
    if (walk->found && !read_hidden(walk))
        return walk->result;
    if (walk->found)
        compare_names(walk);
    sort(walk, by_header);
    return walk->result;
}

const struct zip_member *zip_walk_members(const struct zip_walk *walk, size_t *count)
{
    *count = walk->members.len / sizeof(struct zip_member);
    return (const struct zip_member *)(const void *)walk->members.data;
}

void zip_walk_fini(struct zip_walk *walk)
{
    bytes_fini(&walk->members);
}
