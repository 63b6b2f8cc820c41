/* folder: what the tests of proxy/record share: a folder of their own with names for two files in
 * it, and that nothing is left behind. */
#ifndef TESTS_UNIT_PROXY_RECORD_FOLDER_H
#define TESTS_UNIT_PROXY_RECORD_FOLDER_H

#include "tests/unit/proxy/net/ground.h"

#include <stdlib.h>

struct folder {
    char path[64], file[96], other[96];
    char error[256];
    char text[65536]; /* what folder_read has read */
    int descriptors;  /* open before all began */
};

static inline void folder_make(struct folder *f)
{
    f->descriptors = count_descriptors();
    (void)snprintf(f->path, sizeof(f->path), "/tmp/postern-record-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->file, sizeof(f->file), "%s/file", f->path);
    (void)snprintf(f->other, sizeof(f->other), "%s/other", f->path);
}

static inline void folder_remove(const struct folder *f)
{
    (void)unlink(f->file);
    (void)unlink(f->other);
    assert_int_equal(rmdir(f->path), 0);
    assert_int_equal(count_descriptors(), f->descriptors);
}

/* folder_read(f, path): what stands in the file; valid until the next call. */
static inline struct slice folder_read(struct folder *f, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t got = read(fd, f->text, sizeof(f->text));
    assert_true(got >= 0);
    assert_int_equal(close(fd), 0);
    return slice_make(f->text, (size_t)got);
}

#endif
