/* depot_read: see depot_read.h. */
#include "proxy/depot/depot_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/smtp/command.h"

#define ARENA_BLOCK_BYTES 8192
#define ARENA_LIMIT_BYTES (4 * (size_t)DEPOT_LINE_MAX)
#define PATH_BYTES        (DEPOT_ID_MAX + 8) /* "pending/" */

/* --- the line --- */

/* One reading of a record. What is missing is empty; what has another type is damage. */
struct reading {
    struct arena *arena;
    bool bad;
};

static struct slice read_text(struct reading *r, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL)
        return SLICE_NONE;
    if (!json_is_string(value)) {
        r->bad = true;
        return SLICE_NONE;
    }
    struct slice text = slice_make(json_string_value(value), json_string_length(value));
    struct slice copy = arena_copy(r->arena, text);
    r->bad = r->bad || copy.ptr == NULL;
    return copy;
}

static int64_t read_number(struct reading *r, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    r->bad = r->bad || !json_is_integer(value) || json_integer_value(value) < 0;
    return json_integer_value(value);
}

/* Whether a command that is made of them would be read as just that: nothing in an address ends it,
 * nothing in the parameters begins another line. */
static bool fits_command(struct reading *r, struct slice prefix, struct slice address,
                         struct slice params)
{
    struct slice line =
        arena_format(r->arena, "%.*s<%.*s>%s%.*s", SLICE_ARG(prefix), SLICE_ARG(address),
                     params.len > 0 ? " " : "", SLICE_ARG(params));
    struct command_path path;
    bool whole = line.len == prefix.len + address.len + 2 + (params.len > 0) + params.len;
    for (size_t i = 0; i < line.len; i++)
        whole = whole && (unsigned char)line.ptr[i] >= ' ' && line.ptr[i] != '\x7f';
    return whole && command_parse_path(line, prefix, true, &path) == PATH_OK &&
           slice_equal(path.address, address);
}

static void read_recipients(struct reading *r, const json_t *root, struct depot_record *record)
{
    const json_t *list = json_object_get(root, "recipients");
    size_t count = json_array_size(list);
    struct depot_recipient *recipients = arena_alloc(r->arena, (count + 1) * sizeof *recipients);
    r->bad = r->bad || recipients == NULL || !json_is_array(list);
    record->recipients = recipients;
    for (size_t i = 0; i < count && !r->bad; i++) {
        const json_t *item = json_array_get(list, i);
        recipients[i].address = read_text(r, item, "address");
        recipients[i].params = read_text(r, item, "parameters");
        recipients[i].by = read_text(r, item, "rule");
        recipients[i].reason = read_text(r, item, "reason");
        r->bad =
            r->bad || !fits_command(r, SLICE("TO:"), recipients[i].address, recipients[i].params);
        record->recipient_count++;
    }
}

static void read_origin(struct reading *r, const json_t *root, struct depot_record *record)
{
    record->listener = read_text(r, root, "listener");
    record->policy = read_text(r, root, "policy");
    record->upstream = read_text(r, root, "upstream");
    record->destination = read_text(r, root, "destination");
    if (address_parse(read_text(r, root, "client"), &record->client) != 0)
        record->client = (struct address){.family = ADDRESS_NONE}; /* a unix socket */
    record->helo = read_text(r, root, "helo");
    record->auth = read_text(r, root, "auth");
}

static enum party read_party(struct reading *r, const json_t *root)
{
    return slice_equal(read_text(r, root, "decided_by"), SLICE("milter")) ? PARTY_MILTER
                                                                          : PARTY_RULE;
}

static void read_record(struct reading *r, const json_t *root, struct depot_record *record)
{
    record->id = read_text(r, root, "id");
    record->time_us = read_number(r, root, "time_us");
    read_origin(r, root, record);
    record->sender = read_text(r, root, "sender");
    record->params = read_text(r, root, "parameters");
    read_recipients(r, root, record);
    record->party = read_party(r, root);
    record->by = read_text(r, root, "rule");
    record->reason = read_text(r, root, "reason");
    record->subject = read_text(r, root, "subject");
    record->from = read_text(r, root, "from");
    record->message_id = read_text(r, root, "message_id");
    record->size_bytes = (uint64_t)read_number(r, root, "size");
    r->bad = r->bad || record->sender.ptr == NULL ||
             !fits_command(r, SLICE("FROM:"), record->sender, record->params) ||
             !depot_id_valid(record->id);
}

/* Before anything else: what a later version writes may look like this one and mean something
 * else. */
static bool is_foreign(const json_t *root)
{
    const json_t *version = json_object_get(root, "version");
    return json_is_integer(version) && json_integer_value(version) != DEPOT_VERSION;
}

enum depot_result depot_parse(struct slice line, struct arena *arena, struct depot_record *record)
{
    struct reading reading = {.arena = arena};
    json_error_t error;
    *record = (struct depot_record){0};
    json_t *root = json_loadb(line.len > 0 ? line.ptr : "", line.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    bool foreign = is_foreign(root);
    if (!json_is_object(root) || !json_is_integer(json_object_get(root, "version")))
        reading.bad = true;
    else if (!foreign)
        read_record(&reading, root, record);
    json_decref(root);
    if (foreign)
        return DEPOT_FOREIGN;
    return reading.bad ? DEPOT_DAMAGED : DEPOT_OK;
}

/* --- one message --- */

/* The lock is on the file, not its name: it may have been replaced or removed meanwhile. */
static enum depot_result take_lock(int dir, const char *path, int fd, int how)
{
    struct stat ours, named;
    if (flock(fd, how | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? DEPOT_BUSY : DEPOT_ERROR;
    if (fstat(fd, &ours) != 0)
        return DEPOT_ERROR;
    if (fstatat(dir, path, &named, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? DEPOT_ABSENT : DEPOT_ERROR;
    return ours.st_ino == named.st_ino ? DEPOT_OK : DEPOT_BUSY;
}

/* Whether the gateway that has put it into pending/ still holds it. */
static enum depot_result look_at_lock(struct depot_entry *entry, int dir, const char *path)
{
    enum depot_result result = take_lock(dir, path, entry->fd, LOCK_SH);
    entry->state = result == DEPOT_BUSY ? DEPOT_UNDER_WAY : DEPOT_UNCONFIRMED;
    (void)flock(entry->fd, LOCK_UN);
    return result == DEPOT_BUSY ? DEPOT_OK : result;
}

static enum depot_result map_file(struct depot_entry *entry)
{
    struct stat status;
    if (fstat(entry->fd, &status) != 0)
        return DEPOT_ERROR;
    if (!S_ISREG(status.st_mode) || status.st_size <= 0)
        return DEPOT_DAMAGED;
    void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, entry->fd, 0);
    if (map == MAP_FAILED)
        return DEPOT_ERROR;
    entry->map = map;
    entry->map_len = (size_t)status.st_size;
    return DEPOT_OK;
}

static enum depot_result take_apart(struct depot_entry *entry, const char *id)
{
    struct slice whole = slice_make(entry->map, entry->map_len);
    size_t end = slice_find(slice_first(whole, DEPOT_LINE_MAX), '\n');
    if (end == SLICE_NOT_FOUND)
        return DEPOT_DAMAGED;
    entry->line = slice_first(whole, end);
    entry->message = slice_from(whole, end + 1);
    enum depot_result result = depot_parse(entry->line, &entry->arena, &entry->record);
    if (result == DEPOT_OK && (!slice_equal(entry->record.id, slice_str(id)) ||
                               entry->record.size_bytes != entry->message.len))
        result = DEPOT_DAMAGED;
    return result;
}

static enum depot_result open_in(struct depot_entry *entry, int dir, bool pending, const char *id,
                                 bool lock)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", pending ? "pending" : "mail", id);
    entry->fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (entry->fd < 0 && errno == ELOOP)
        return DEPOT_DAMAGED;
    if (entry->fd < 0)
        return errno == ENOENT ? DEPOT_ABSENT : DEPOT_ERROR;
    enum depot_result result = DEPOT_OK;
    entry->state = pending ? DEPOT_UNCONFIRMED : DEPOT_KEPT;
    if (lock)
        result = take_lock(dir, path, entry->fd, LOCK_EX);
    else if (pending)
        result = look_at_lock(entry, dir, path);
    if (result == DEPOT_OK)
        result = map_file(entry);
    return result == DEPOT_OK ? take_apart(entry, id) : result;
}

/* One that has left pending/ since we looked into mail/ is there by now. */
static enum depot_result find_in(struct depot_entry *entry, int dir, const char *id, bool lock)
{
    static const bool PENDING[] = {false, true, false};
    enum depot_result result = DEPOT_ABSENT;
    for (size_t i = 0; i < sizeof PENDING / sizeof PENDING[0]; i++) {
        result = open_in(entry, dir, PENDING[i], id, lock);
        if (result != DEPOT_ABSENT)
            break;
        if (entry->fd >= 0)
            (void)close(entry->fd);
        entry->fd = -1;
    }
    return result;
}

enum depot_result depot_open(struct depot_entry *entry, const char *dir, const char *id, bool lock)
{
    *entry = (struct depot_entry){.fd = -1};
    if (!depot_id_valid(slice_str(id)))
        return DEPOT_ABSENT;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? DEPOT_ABSENT : DEPOT_ERROR;
    arena_init(&entry->arena, ARENA_BLOCK_BYTES, ARENA_LIMIT_BYTES);
    enum depot_result result = find_in(entry, fd, id, lock);
    int error = errno;
    (void)close(fd);
    if (result != DEPOT_OK)
        depot_close(entry);
    errno = error;
    return result;
}

void depot_close(struct depot_entry *entry)
{
    if (entry->map != NULL)
        (void)munmap(entry->map, entry->map_len);
    if (entry->fd >= 0)
        (void)close(entry->fd);
    arena_fini(&entry->arena);
    *entry = (struct depot_entry){.fd = -1};
}

/* --- all of them --- */

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct slice *)a)->ptr, ((const struct slice *)b)->ptr);
}

static int add(struct arena *arena, struct slice **ids, size_t *count, struct slice id)
{
    if ((*count & (*count - 1)) == 0) { /* full, at a power of two */
        size_t room = *count > 0 ? 2 * *count : 1;
        struct slice *grown = arena_alloc(arena, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        if (*count > 0)
            memcpy(grown, *ids, *count * sizeof *grown);
        *ids = grown;
    }
    (*ids)[*count] = arena_copy(arena, id);
    return (*ids)[(*count)++].ptr != NULL ? 0 : -1;
}

static int add_folder(const char *dir, const char *name, struct arena *arena, struct slice **ids,
                      size_t *count)
{
    char path[PATH_MAX];
    int failed = 0;
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT ? 0 : -1;
    for (struct dirent *entry; failed == 0 && (entry = readdir(folder)) != NULL;)
        if (depot_id_valid(slice_str(entry->d_name)))
            failed = add(arena, ids, count, slice_str(entry->d_name));
    (void)closedir(folder);
    if (failed != 0)
        errno = ENOMEM;
    return failed;
}

/* One that was on its way from pending/ to mail/ is in the list twice. */
static void drop_twins(struct slice *ids, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (kept == 0 || !slice_equal(ids[kept - 1], ids[i]))
            ids[kept++] = ids[i];
    *count = kept;
}

int depot_list(const char *dir, struct arena *arena, struct slice **ids, size_t *count)
{
    *ids = NULL;
    *count = 0;
    /* In this order none that moves meanwhile is missed. */
    if (add_folder(dir, "pending", arena, ids, count) != 0 ||
        add_folder(dir, "mail", arena, ids, count) != 0)
        return -1;
    if (*count > 0)
        qsort(*ids, *count, sizeof **ids, compare);
    drop_twins(*ids, count);
    return 0;
}
