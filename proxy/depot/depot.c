/* depot: see depot.h. What writes; depot_read.c reads. */
#include "proxy/depot/depot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "filters/base/json.h"

#define DIR_MODE   0700
#define FILE_MODE  0600
#define PATH_BYTES (DEPOT_ID_MAX + 40) /* "pending/", and what makes one in tmp/ its own */
#define MAIL       "mail"
#define PENDING    "pending"

/* --- the line --- */

/* Nothing in it is cut but what only informs: the envelope is said again from here. */
static void write_recipients(struct json *j, const struct depot_record *record)
{
    json_array(j, "recipients");
    for (size_t i = 0; i < record->recipient_count; i++) {
        const struct depot_recipient *recipient = &record->recipients[i];
        json_object(j, NULL);
        json_text(j, "address", recipient->address);
        if (recipient->params.len > 0)
            json_text(j, "parameters", recipient->params);
        if (recipient->by.len > 0)
            json_string(j, "rule", recipient->by);
        if (recipient->reason.len > 0)
            json_string(j, "reason", recipient->reason);
        json_end_object(j);
    }
    json_end_array(j);
}

static void write_origin(struct json *j, const struct depot_record *record)
{
    char client[ADDRESS_TEXT_MAX];
    json_text(j, "listener", record->listener);
    json_text(j, "policy", record->policy);
    json_text(j, "upstream", record->upstream);
    if (record->destination.len > 0)
        json_text(j, "destination", record->destination);
    json_string(j, "client", address_text(&record->client, client));
    json_string(j, "helo", record->helo);
    if (record->auth.ptr != NULL)
        json_string(j, "auth", record->auth);
}

int depot_format(const struct depot_record *record, struct bytes *out)
{
    struct json j;
    json_init(&j, out);
    j.stored = true;
    json_object(&j, NULL);
    json_integer(&j, "version", DEPOT_VERSION);
    json_text(&j, "id", record->id);
    json_integer(&j, "time_us", record->time_us);
    write_origin(&j, record);
    json_text(&j, "sender", record->sender);
    if (record->params.len > 0)
        json_text(&j, "parameters", record->params);
    write_recipients(&j, record);
    json_text(&j, "decided_by", party_name(record->party));
    json_string(&j, "rule", record->by);
    json_string(&j, "reason", record->reason);
    json_string(&j, "subject", record->subject);
    json_string(&j, "from", record->from);
    json_string(&j, "message_id", record->message_id);
    json_integer(&j, "size", (int64_t)record->size_bytes);
    json_end_object(&j);
    bytes_append_char(out, '\n');
    return bytes_end(out);
}

bool depot_id_valid(struct slice id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!ascii_is_alnum(c) && c != '.' && c != '-')
            return false;
    }
    return id.len > 0 && id.len < DEPOT_ID_MAX && id.ptr[0] != '.';
}

/* --- the directory --- */

/* As mkdir -p. */
static int make_path(const char *dir)
{
    char path[PATH_MAX];
    size_t len = strlen(dir);
    if (len == 0 || len >= sizeof path)
        return len == 0 ? ENOENT : ENAMETOOLONG;
    memcpy(path, dir, len + 1);
    for (char *c = path + 1; *c != '\0'; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        (void)mkdir(path, DIR_MODE); /* the last one tells */
        *c = '/';
    }
    return mkdir(path, DIR_MODE) == 0 || errno == EEXIST ? 0 : errno;
}

static int open_dir(const char *dir)
{
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Where any of them is made, those above may be as new. */
static int make_folders(int dir)
{
    static const char *const FOLDERS[] = {"tmp", MAIL, PENDING};
    bool made = false;
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        if (mkdirat(dir, FOLDERS[i], DIR_MODE) == 0)
            made = true;
        else if (errno != EEXIST)
            return errno;
        if (faccessat(dir, FOLDERS[i], W_OK | X_OK, AT_EACCESS) != 0)
            return errno;
    }
    return !made || syncfs(dir) == 0 ? 0 : errno;
}

int depot_prepare(const char *dir)
{
    int error = make_path(dir);
    if (error != 0)
        return error;
    int fd = open_dir(dir);
    if (fd < 0)
        return errno;
    error = make_folders(fd);
    (void)close(fd);
    return error;
}

static DIR *open_folder(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL && fd >= 0)
        (void)close(fd);
    return folder;
}

/* Removes what a process left there that died while writing. Failing to is no failure. */
static void clear_stale(int dir)
{
    DIR *folder = open_folder(dir, "tmp");
    time_t now = time(NULL);
    struct stat status;
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_mtime < now - DEPOT_STALE_HOURS * 3600)
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    (void)closedir(folder);
}

/* --- one message --- */

static int write_piece(int fd, struct slice piece)
{
    while (piece.len > 0) {
        ssize_t put = write(fd, piece.ptr, piece.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? errno : ENOSPC;
        piece = slice_from(piece, (size_t)put);
    }
    return 0;
}

static int write_all(int fd, const struct slice *pieces, size_t count)
{
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++)
        error = write_piece(fd, pieces[i]);
    return error == 0 && fsync(fd) != 0 ? errno : error;
}

/* A new file ${name}, or -1 with errno. */
static int make_file(int dir, const char *name)
{
    return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
}

static int sync_folder(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return error;
}

/* A name in tmp/ may be asked for by two processes at once. */
static void name_tmp(const char *id, char path[PATH_BYTES])
{
    (void)snprintf(path, PATH_BYTES, "tmp/%s.%jd", id, (intmax_t)getpid());
}

static void name_in(const char *folder, const char *id, char path[PATH_BYTES])
{
    (void)snprintf(path, PATH_BYTES, "%s/%s", folder, id);
}

/* What is taken back because ${error}. */
static int take_back(int dir, const char *path, struct depot_deposit *deposit, int error)
{
    deposit->left = unlinkat(dir, path, 0) != 0 || deposit->left;
    return error;
}

/* The file in tmp/ gets its place. */
static int put_up(int dir, const char *tmp, struct depot_deposit *deposit)
{
    const char *folder = deposit->pending ? PENDING : MAIL;
    char path[PATH_BYTES];
    name_in(folder, deposit->id, path);
    /* A link, not a rename: what is there already stays. */
    if (linkat(dir, tmp, dir, path, 0) != 0)
        return take_back(dir, tmp, deposit, errno);
    (void)unlinkat(dir, tmp, 0);
    int error = sync_folder(dir, folder);
    return error == 0 ? 0 : take_back(dir, path, deposit, error); /* the client comes again */
}

static int store(int dir, struct depot_deposit *deposit)
{
    char tmp[PATH_BYTES];
    name_tmp(deposit->id, tmp);
    int fd = make_file(dir, tmp);
    if (fd < 0)
        return errno;
    /* Before anybody can see it there. */
    int error = deposit->pending && flock(fd, LOCK_EX | LOCK_NB) != 0 ? errno : 0;
    if (error == 0)
        error = write_all(fd, deposit->pieces, deposit->count);
    error = error == 0 ? put_up(dir, tmp, deposit) : take_back(dir, tmp, deposit, error);
    if (error == 0 && deposit->pending)
        deposit->lock = fd;
    else
        (void)close(fd); /* all of it is on the disk */
    return error;
}

int depot_store(const char *dir, struct depot_deposit *deposit)
{
    deposit->lock = -1;
    deposit->left = false;
    if (!depot_id_valid(slice_str(deposit->id)))
        return EINVAL;
    int error = depot_prepare(dir);
    if (error != 0)
        return error;
    int fd = open_dir(dir);
    if (fd < 0)
        return errno;
    clear_stale(fd);
    error = store(fd, deposit);
    (void)close(fd);
    return error;
}

/* Calls ${work} with the directory and the id. 0 or errno. */
static int at(const char *dir, const char *id, int (*work)(int dir, const char *id))
{
    if (!depot_id_valid(slice_str(id)))
        return EINVAL;
    int fd = open_dir(dir);
    if (fd < 0)
        return errno;
    int error = work(fd, id);
    (void)close(fd);
    return error;
}

/* Dying in between leaves it in both places, which is in mail/. */
static int confirm(int dir, const char *id)
{
    char pending[PATH_BYTES], mail[PATH_BYTES];
    name_in(PENDING, id, pending);
    name_in(MAIL, id, mail);
    if (linkat(dir, pending, dir, mail, 0) != 0)
        return errno;
    int error = sync_folder(dir, MAIL);
    if (error == 0 && unlinkat(dir, pending, 0) != 0)
        error = errno;
    return error;
}

int depot_confirm(const char *dir, const char *id)
{
    return at(dir, id, confirm);
}

static int remove_from(int dir, const char *folder, const char *id)
{
    char path[PATH_BYTES];
    name_in(folder, id, path);
    return unlinkat(dir, path, 0) == 0 ? sync_folder(dir, folder) : errno;
}

static int remove_one(int dir, const char *id)
{
    int mail = remove_from(dir, MAIL, id);
    int pending = remove_from(dir, PENDING, id);
    if (mail != 0 && mail != ENOENT)
        return mail;
    return pending == ENOENT ? mail : pending;
}

int depot_remove(const char *dir, const char *id)
{
    return at(dir, id, remove_one);
}

/* Writes it to tmp/, as old as the one that it replaces and, where we may, as its owner. */
static int write_heir(int dir, const char *tmp, const struct slice *pieces, size_t count,
                      const struct stat *old)
{
    int fd = make_file(dir, tmp);
    if (fd < 0)
        return errno;
    int error = fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM ? errno : 0;
    if (error == 0)
        error = write_all(fd, pieces, count);
    if (error == 0 && futimens(fd, (const struct timespec[]){old->st_atim, old->st_mtim}) != 0)
        error = errno;
    (void)close(fd);
    if (error != 0)
        (void)unlinkat(dir, tmp, 0);
    return error;
}

static int replace(int dir, const char *id, const struct slice *pieces, size_t count)
{
    char tmp[PATH_BYTES], path[PATH_BYTES];
    const char *folder = MAIL;
    struct stat old;
    name_tmp(id, tmp);
    name_in(folder, id, path);
    if (fstatat(dir, path, &old, AT_SYMLINK_NOFOLLOW) != 0) {
        folder = PENDING;
        name_in(folder, id, path);
        if (fstatat(dir, path, &old, AT_SYMLINK_NOFOLLOW) != 0)
            return errno;
    }
    int error = write_heir(dir, tmp, pieces, count, &old);
    if (error != 0)
        return error;
    if (renameat(dir, tmp, dir, path) != 0) {
        error = errno;
        (void)unlinkat(dir, tmp, 0);
        return error;
    }
    return sync_folder(dir, folder);
}

int depot_replace(const char *dir, const char *id, const struct slice *pieces, size_t count)
{
    int fd = depot_id_valid(slice_str(id)) ? open_dir(dir) : -1;
    if (fd < 0)
        return depot_id_valid(slice_str(id)) ? errno : EINVAL;
    int error = replace(fd, id, pieces, count);
    (void)close(fd);
    return error;
}

/* --- what was left pending --- */

static bool is_orphan(int folder, const char *name)
{
    int fd = depot_id_valid(slice_str(name))
                 ? openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
                 : -1;
    bool free = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0;
    if (fd >= 0)
        (void)close(fd);
    return free;
}

size_t depot_orphans(const char *dir)
{
    int fd = open_dir(dir);
    DIR *folder = fd >= 0 ? open_folder(fd, PENDING) : NULL;
    size_t count = 0;
    if (folder != NULL) {
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
            count += is_orphan(dirfd(folder), entry->d_name);
        (void)closedir(folder);
    }
    if (fd >= 0)
        (void)close(fd);
    return count;
}
