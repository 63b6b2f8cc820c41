/* maildir: see maildir.h. Names are as the Maildir convention has them: seconds, then what makes
 * them unique, then the host, with what may not stand in a name written as a backslash and octal
 * digits.
 */
#include "proxy/sink/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DIR_MODE      0700
#define FILE_MODE     0600
#define HOST_MAX      256
#define NAME_BYTES    (MAILDIR_ID_MAX + HOST_MAX)
#define PATH_IN_BYTES (NAME_BYTES + 8) /* "tmp/" before it */
#define BUFFER_BYTES  65536

struct maildir {
    int dir, new_dir;
    unsigned count; /* of messages begun by us */
    char host[HOST_MAX];
};

struct maildir_message {
    struct maildir *maildir;
    FILE *file;
    int error; /* errno of the first failure */
    char id[MAILDIR_ID_MAX];
    char name[NAME_BYTES];
    char buffer[BUFFER_BYTES];
};

/* -- the directory -- */

static void name_host(char out[HOST_MAX])
{
    char host[HOST_MAX / 4];
    size_t len = 0;
    if (gethostname(host, sizeof(host)) != 0)
        (void)snprintf(host, sizeof(host), "localhost");
    host[sizeof(host) - 1] = '\0';
    for (const char *c = host; *c != '\0'; c++) {
        bool odd = *c == '/' || *c == ':' || *c == '\\' || *c <= ' ' || *c > '~';
        len += (size_t)snprintf(out + len, HOST_MAX - len, odd ? "\\%03o" : "%c",
                                (unsigned)(unsigned char)*c);
    }
}

static int make_folders(int dir)
{
    static const char *const folders[] = {"tmp", "new", "cur"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (mkdirat(dir, folders[i], DIR_MODE) != 0 && errno != EEXIST)
            return -1;
    return 0;
}

struct maildir *maildir_open(const char *path, char *error, size_t error_size)
{
    struct maildir *maildir = calloc(1, sizeof(*maildir));
    if (maildir == NULL)
        goto err0;
    name_host(maildir->host);
    if (mkdir(path, DIR_MODE) != 0 && errno != EEXIST)
        goto err1;
    maildir->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (maildir->dir < 0)
        goto err1;
    if (make_folders(maildir->dir) != 0)
        goto err2;
    maildir->new_dir = openat(maildir->dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (maildir->new_dir < 0)
        goto err2;
    return maildir;

err2:
    (void)snprintf(error, error_size, "cannot use the Maildir %s: %s", path, strerror(errno));
    (void)close(maildir->dir);
    free(maildir);
    return NULL;
err1:
    free(maildir);
err0:
    (void)snprintf(error, error_size, "cannot use the Maildir %s: %s", path, strerror(errno));
    return NULL;
}

void maildir_close(struct maildir *maildir)
{
    if (maildir == NULL)
        return;
    (void)close(maildir->new_dir);
    (void)close(maildir->dir);
    free(maildir);
}

/* -- messages -- */

static void make_name(struct maildir_message *message)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(message->id, sizeof(message->id), "%jd.M%06ldP%jdQ%u", (intmax_t)now.tv_sec,
                   now.tv_nsec / 1000, (intmax_t)getpid(), ++message->maildir->count);
    (void)snprintf(message->name, sizeof(message->name), "%s.%s", message->id,
                   message->maildir->host);
}

static const char *path_in(const char *folder, const struct maildir_message *message,
                           char out[PATH_IN_BYTES])
{
    (void)snprintf(out, PATH_IN_BYTES, "%s/%s", folder, message->name);
    return out;
}

static FILE *create_file(struct maildir_message *message)
{
    char path[PATH_IN_BYTES];
    int fd = openat(message->maildir->dir, path_in("tmp", message, path),
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return NULL;
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        (void)close(fd);
        (void)unlinkat(message->maildir->dir, path, 0);
        return NULL;
    }
    (void)setvbuf(file, message->buffer, _IOFBF, sizeof(message->buffer));
    return file;
}

struct maildir_message *maildir_begin(struct maildir *maildir)
{
    struct maildir_message *message = malloc(sizeof(*message));
    if (message == NULL)
        return NULL;
    message->maildir = maildir;
    message->error = 0;
    make_name(message);
    message->file = create_file(message);
    if (message->file == NULL) {
        free(message);
        return NULL;
    }
    return message;
}

void maildir_write(struct maildir_message *message, struct slice text)
{
    while (text.len > 0 && message->error == 0) {
        struct slice run = slice_first(text, slice_find(text, '\r'));
        if (run.len > 0 && fwrite(run.ptr, 1, run.len, message->file) != run.len)
            message->error = errno != 0 ? errno : EIO;
        text = slice_from(text, run.len + 1);
    }
}

/* Returns 0 or errno. */
static int close_file(struct maildir_message *message)
{
    int error = message->error;
    if (error == 0 && (fflush(message->file) != 0 || fsync(fileno(message->file)) != 0))
        error = errno;
    if (fclose(message->file) != 0 && error == 0)
        error = errno;
    message->file = NULL;
    return error;
}

static int move_to_new(const struct maildir_message *message)
{
    char from[PATH_IN_BYTES], to[PATH_IN_BYTES];
    const struct maildir *maildir = message->maildir;
    (void)path_in("new", message, to);
    if (renameat(maildir->dir, path_in("tmp", message, from), maildir->dir, to) != 0)
        return errno;
    if (fsync(maildir->new_dir) == 0)
        return 0;
    int error = errno;
    (void)unlinkat(maildir->dir, to, 0); /* the client will send it again */
    return error;
}

static void discard(struct maildir_message *message)
{
    char path[PATH_IN_BYTES];
    if (message->file != NULL)
        (void)fclose(message->file);
    (void)unlinkat(message->maildir->dir, path_in("tmp", message, path), 0);
    free(message);
}

int maildir_store(struct maildir_message *message, char id[MAILDIR_ID_MAX])
{
    int error = close_file(message);
    if (error == 0)
        error = move_to_new(message);
    if (error != 0) {
        discard(message);
        errno = error;
        return -1;
    }
    memcpy(id, message->id, MAILDIR_ID_MAX);
    free(message);
    return 0;
}

void maildir_drop(struct maildir_message *message)
{
    if (message != NULL)
        discard(message);
}
