/* stock: see stock.h. */
#include "proxy/depot/stock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxy/depot/depot.h"

/* Calls ${visit} for each regular file of that name. 0 or errno; a folder that is not there is
 * empty. */
static int visit_folder(int dir, const char *name,
                        void (*visit)(void *ctx, int folder, const char *file,
                                      const struct stat *status),
                        void *ctx)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    int error = folder == NULL && errno != ENOENT ? errno : 0;
    struct stat status;
    if (folder == NULL) {
        if (fd >= 0)
            (void)close(fd);
        return error;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode))
            visit(ctx, dirfd(folder), entry->d_name, &status);
    (void)closedir(folder);
    return 0;
}

static int open_depot(const struct depot_conf *depot)
{
    return open(depot->directory.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* --- how much --- */

static void add_size(void *ctx, int folder, const char *file, const struct stat *status)
{
    uint64_t *bytes = ctx;
    (void)folder;
    (void)file;
    *bytes += (uint64_t)status->st_size;
}

static int count(const struct depot_conf *depot, uint64_t *bytes)
{
    static const char *const FOLDERS[] = {"tmp", "mail", "pending"};
    int dir = open_depot(depot);
    int error = dir < 0 && errno != ENOENT ? errno : 0;
    *bytes = 0;
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0] && dir >= 0 && error == 0; i++)
        error = visit_folder(dir, FOLDERS[i], add_size, bytes);
    if (dir >= 0)
        (void)close(dir);
    return error;
}

static bool fits(const struct stock *stock, const struct depot_conf *depot, uint64_t bytes)
{
    return bytes <= depot->max_size_bytes && stock->bytes <= depot->max_size_bytes - bytes;
}

static bool is_stale(const struct stock *stock, const struct depot_conf *depot, const void *of,
                     uint64_t bytes, uint64_t now_ms)
{
    uint64_t good_ms = fits(stock, depot, bytes) ? STOCK_KNOWN_MS : STOCK_DOUBTED_MS;
    return stock->of != of || now_ms - stock->looked_ms >= good_ms;
}

int stock_room(struct stock *stock, const void *of, const struct depot_conf *depot, uint64_t bytes,
               uint64_t now_ms)
{
    if (depot->max_size_bytes == 0)
        return 0;
    if (is_stale(stock, depot, of, bytes, now_ms)) {
        int error = count(depot, &stock->bytes);
        stock->of = error == 0 ? of : NULL;
        stock->looked_ms = now_ms;
        if (error != 0)
            return error;
    }
    if (!fits(stock, depot, bytes))
        return EDQUOT;
    stock->bytes += bytes;
    return 0;
}

void stock_less(struct stock *stock, uint64_t bytes)
{
    stock->bytes -= bytes < stock->bytes ? bytes : stock->bytes;
}

/* --- how old --- */

struct sweep {
    int64_t before_s;
    size_t removed;
};

/* The lock keeps it from going away under a release; what has been sent on for some is as old as it
 * was (depot_replace). */
static bool may_go(int folder, const char *file)
{
    int fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    bool free = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && unlinkat(folder, file, 0) == 0;
    if (fd >= 0)
        (void)close(fd);
    return free;
}

static void remove_old(void *ctx, int folder, const char *file, const struct stat *status)
{
    struct sweep *sweep = ctx;
    if (status->st_mtime < sweep->before_s && depot_id_valid(slice_str(file)) &&
        may_go(folder, file))
        sweep->removed++;
}

int stock_sweep(const struct depot_conf *depot, int64_t now_s, size_t *removed)
{
    struct sweep sweep = {.before_s = now_s - (int64_t)(depot->max_age_ms / 1000)};
    *removed = 0;
    if (depot->max_age_ms == 0)
        return 0;
    int dir = open_depot(depot);
    if (dir < 0)
        return errno == ENOENT ? 0 : errno;
    int error = visit_folder(dir, "mail", remove_old, &sweep);
    (void)close(dir);
    *removed = sweep.removed;
    return error;
}
