/* place: what could be used is told from what could not, and nothing is left behind. */
#include "proxy/net/place.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534

struct scene {
    char folder[64];
    unsigned count; /* of what stands in it */
};

static unsigned counted; /* nftw has no context */

static int count_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)path;
    (void)status;
    (void)type;
    (void)where;
    counted++;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static unsigned count(const struct scene *s)
{
    counted = 0;
    assert_int_equal(nftw(s->folder, count_one, 4, FTW_PHYS), 0);
    return counted;
}

static const char *in(const struct scene *s, const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", s->folder, name);
    return out;
}

static void make_folder(const struct scene *s, const char *name, mode_t mode)
{
    char path[128];
    assert_int_equal(mkdir(in(s, name, path), 0755), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void make_file(const struct scene *s, const char *name, mode_t mode)
{
    char path[128];
    int fd = open(in(s, name, path), O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/postern-place-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    assert_int_equal(chmod(s->folder, 0755), 0);
    make_folder(s, "open", 0777);
    make_folder(s, "closed", 0755);
    make_folder(s, "hidden", 0700);
    make_file(s, "file", 0666);
    make_file(s, "other", 0600);
    make_file(s, "closed/file", 0666);
    s->count = count(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    assert_int_equal(nftw(s->folder, remove_one, 4, FTW_DEPTH | FTW_PHYS), 0);
    free(s);
    return 0;
}

/* As user nobody where we are root; only those that hold for everybody else. */
static const struct {
    const char *name;
    int readable, appendable, folder, future;
} ROWS[] = {
    {"file", 0, 0, ENOTDIR, ENOTDIR},
    {"other", EACCES, EACCES, ENOTDIR, ENOTDIR},
    {"open", 0, EISDIR, 0, 0},
    {"open/new", ENOENT, 0, ENOENT, 0},
    {"open/new/er/still", ENOENT, ENOENT, ENOENT, 0},
    {"closed", 0, EISDIR, EACCES, EACCES},
    {"closed/file", 0, 0, ENOTDIR, ENOTDIR},
    {"closed/new", ENOENT, EACCES, ENOENT, EACCES},
    {"closed/new/er", ENOENT, ENOENT, ENOENT, EACCES},
    {"hidden/new", EACCES, EACCES, EACCES, EACCES},
    {"file/new", ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR},
};

static void test_rows(void **state)
{
    struct scene *s = *state;
    if (geteuid() != 0)
        skip_because("only root can give a file away");
    assert_int_equal(seteuid(NOBODY), 0);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        char path[128];
        (void)in(s, ROWS[i].name, path);
        if (place_readable(path) != ROWS[i].readable ||
            place_appendable(path) != ROWS[i].appendable || place_folder(path) != ROWS[i].folder ||
            place_future_folder(path) != ROWS[i].future)
            fail_msg("%s: %d %d %d %d", ROWS[i].name, place_readable(path), place_appendable(path),
                     place_folder(path), place_future_folder(path));
    }
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(count(s), s->count);
}

static void test_odd_paths(void **state)
{
    static char path[2 * PATH_MAX];
    char above[8];
    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    assert_int_equal(place_appendable(path), ENAMETOOLONG);
    assert_int_equal(place_future_folder(path), ENAMETOOLONG);
    assert_int_equal(place_folder(""), ENOENT);
    assert_int_equal(place_above("/x", above, sizeof(above)), 0);
    assert_string_equal(above, "/");
    assert_int_equal(place_above("x", above, sizeof(above)), 0);
    assert_string_equal(above, ".");
    assert_int_equal(place_above("/a/b", above, sizeof(above)), 0);
    assert_string_equal(above, "/a");
    assert_int_equal(place_above("/abcdef/b", above, sizeof(above)), 0);
    assert_int_equal(place_above("/abcdefg/b", above, sizeof(above)), ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
        cmocka_unit_test(test_odd_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
