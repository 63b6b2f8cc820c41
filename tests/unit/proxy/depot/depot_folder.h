/* depot_folder: a quarantine of their own for tests. */
#ifndef TESTS_UNIT_PROXY_DEPOT_DEPOT_FOLDER_H
#define TESTS_UNIT_PROXY_DEPOT_DEPOT_FOLDER_H

#include "proxy/depot/depot.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

struct folder {
    char top[64], dir[96];
    int descriptors;
};

static inline int folder_setup(void **state)
{
    struct folder *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->descriptors = count_descriptors();
    (void)snprintf(f->top, sizeof(f->top), "/tmp/postern-quarantine-XXXXXX");
    assert_non_null(mkdtemp(f->top));
    (void)snprintf(f->dir, sizeof(f->dir), "%s/state/q", f->top);
    *state = f;
    return 0;
}

static inline int folder_remove_one(const char *path, const struct stat *status, int kind,
                                    struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int folder_teardown(void **state)
{
    struct folder *f = *state;
    assert_int_equal(nftw(f->top, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    assert_int_equal(count_descriptors(), f->descriptors);
    free(f);
    return 0;
}

/* folder_path(f, name, out): of what lies in the quarantine. */
static inline const char *folder_path(const struct folder *f, const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", f->dir, name);
    return out;
}

/* folder_store(f, id, pieces, count): stores a message; 0 or errno. */
static inline int folder_store(const struct folder *f, const char *id, const struct slice *pieces,
                               size_t count)
{
    struct depot_deposit deposit = {.id = id, .pieces = pieces, .count = count};
    int error = depot_store(f->dir, &deposit);
    assert_int_equal(deposit.lock, -1);
    assert_false(deposit.left);
    return error;
}

/* folder_store_pending(f, id, pieces, count): a pending one; returns its lock. */
static inline int folder_store_pending(const struct folder *f, const char *id,
                                       const struct slice *pieces, size_t count)
{
    struct depot_deposit deposit = {.id = id, .pieces = pieces, .count = count, .pending = true};
    assert_int_equal(depot_store(f->dir, &deposit), 0);
    assert_true(deposit.lock >= 0);
    return deposit.lock;
}

/* folder_count(f, name): how many files are in tmp or mail. */
static inline size_t folder_count(const struct folder *f, const char *name)
{
    char path[256];
    size_t count = 0;
    DIR *dir = opendir(folder_path(f, name, path));
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    assert_int_equal(closedir(dir), 0);
    return count;
}

/* folder_write(f, name, text): a file with that text. */
static inline void folder_write(const struct folder *f, const char *name, struct slice text)
{
    char path[256];
    FILE *file = fopen(folder_path(f, name, path), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

#endif
