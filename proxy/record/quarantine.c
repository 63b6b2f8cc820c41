/* quarantine: see quarantine.h. What writes; quarantine_read.c reads. */
#include "proxy/record/quarantine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "filters/base/json.h"

#define DIR_MODE   0700
#define FILE_MODE  0600
#define PATH_BYTES (QUARANTINE_ID_MAX + 40) /* "tmp/", and what makes a name there its own */
#define VERSION    1

/* --- the line --- */

/* Nothing in it is cut but what only informs: the envelope is said again from here. */
static void write_recipients(struct json *j, const struct quarantine_record *record)
{
    json_array(j, "recipients");
    for (size_t i = 0; i < record->recipient_count; i++) {
        const struct quarantine_recipient *recipient = &record->recipients[i];
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

static void write_origin(struct json *j, const struct quarantine_record *record)
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

int quarantine_format(const struct quarantine_record *record, struct bytes *out)
{
    struct json j;
    json_init(&j, out);
    json_object(&j, NULL);
    json_integer(&j, "version", VERSION);
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

bool quarantine_id_valid(struct slice id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = slice_lower(id.ptr[i]);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (!plain)
            return false;
    }
    return id.len > 0 && id.len < QUARANTINE_ID_MAX && id.ptr[0] != '.';
}

/* --- the directory --- */

/* As mkdir -p. *${made}: something was missing. */
static int make_path(const char *dir, bool *made)
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
        if (mkdir(path, DIR_MODE) == 0)
            *made = true;
        *c = '/';
    }
    if (mkdir(path, DIR_MODE) == 0)
        *made = true;
    else if (errno != EEXIST)
        return errno;
    return 0;
}

static int open_dir(const char *dir)
{
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int make_folders(int dir, bool made)
{
    static const char *const FOLDERS[] = {"tmp", "mail"};
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

int quarantine_prepare(const char *dir)
{
    bool made = false;
    int error = make_path(dir, &made);
    if (error != 0)
        return error;
    int fd = open_dir(dir);
    if (fd < 0)
        return errno;
    error = make_folders(fd, made);
    (void)close(fd);
    return error;
}

/* Removes what a process left there that died while writing. Failing to is no failure. */
static void clear_stale(int dir)
{
    int fd = openat(dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    time_t now = time(NULL);
    struct stat status;
    if (folder == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && status.st_mtime < now - QUARANTINE_STALE_HOURS * 3600)
            (void)unlinkat(fd, entry->d_name, 0);
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

/* Writes ${pieces} to a new file ${name} and brings it to the disk; with the owner of ${owner},
 * where we may give it. Returns 0 or errno, and the file is gone again. */
static int write_file(int dir, const char *name, const struct slice *pieces, size_t count,
                      const struct stat *owner)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return errno;
    int error = 0;
    if (owner != NULL && fchown(fd, owner->st_uid, owner->st_gid) != 0 && errno != EPERM)
        error = errno;
    for (size_t i = 0; i < count && error == 0; i++)
        error = write_piece(fd, pieces[i]);
    if (error == 0 && fsync(fd) != 0)
        error = errno;
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error != 0)
        (void)unlinkat(dir, name, 0);
    return error;
}

static int sync_mail(int dir)
{
    int fd = openat(dir, "mail", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return error;
}

/* A name in tmp/ may be asked for by two processes at once. */
static void name_files(const char *id, char tmp[PATH_BYTES], char mail[PATH_BYTES])
{
    (void)snprintf(tmp, PATH_BYTES, "tmp/%s.%jd", id, (intmax_t)getpid());
    (void)snprintf(mail, PATH_BYTES, "mail/%s", id);
}

static int store(int dir, const char *id, const struct slice *pieces, size_t count)
{
    char tmp[PATH_BYTES], mail[PATH_BYTES];
    name_files(id, tmp, mail);
    int error = write_file(dir, tmp, pieces, count, NULL);
    if (error != 0)
        return error;
    /* A link, not a rename: what is there already stays. */
    error = linkat(dir, tmp, dir, mail, 0) == 0 ? 0 : errno;
    (void)unlinkat(dir, tmp, 0);
    if (error != 0)
        return error;
    error = sync_mail(dir);
    if (error != 0)
        (void)unlinkat(dir, mail, 0); /* the client will send it again */
    return error;
}

int quarantine_store(const char *dir, const char *id, const struct slice *pieces, size_t count)
{
    if (!quarantine_id_valid(slice_str(id)))
        return EINVAL;
    int error = quarantine_prepare(dir);
    if (error != 0)
        return error;
    int fd = open_dir(dir);
    if (fd < 0)
        return errno;
    clear_stale(fd);
    error = store(fd, id, pieces, count);
    (void)close(fd);
    return error;
}

static int replace(int dir, const char *id, const struct slice *pieces, size_t count)
{
    char tmp[PATH_BYTES], mail[PATH_BYTES];
    struct stat old;
    name_files(id, tmp, mail);
    if (fstatat(dir, mail, &old, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    int error = write_file(dir, tmp, pieces, count, &old);
    if (error != 0)
        return error;
    if (renameat(dir, tmp, dir, mail) != 0) {
        error = errno;
        (void)unlinkat(dir, tmp, 0);
        return error;
    }
    return sync_mail(dir);
}

int quarantine_replace(const char *dir, const char *id, const struct slice *pieces, size_t count)
{
    int fd = quarantine_id_valid(slice_str(id)) ? open_dir(dir) : -1;
    if (fd < 0)
        return quarantine_id_valid(slice_str(id)) ? errno : EINVAL;
    int error = replace(fd, id, pieces, count);
    (void)close(fd);
    return error;
}

int quarantine_remove(const char *dir, const char *id)
{
    char tmp[PATH_BYTES], mail[PATH_BYTES];
    if (!quarantine_id_valid(slice_str(id)))
        return EINVAL;
    int fd = open_dir(dir);
    if (fd < 0)
        return errno;
    name_files(id, tmp, mail);
    int error = unlinkat(fd, mail, 0) == 0 ? sync_mail(fd) : errno;
    (void)close(fd);
    return error;
}
