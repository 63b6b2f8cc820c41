/* maildir: a message is in new/ whole or not at all. */
#include "proxy/sink/maildir.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

struct scene {
    char folder[64], path[96];
    char error[512];
    struct maildir *maildir;
    int descriptors;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->descriptors = count_descriptors();
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/postern-maildir-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->path, sizeof(s->path), "%s/mail", s->folder);
    s->maildir = maildir_open(s->path, s->error, sizeof(s->error));
    assert_non_null(s->maildir);
    *state = s;
    return 0;
}

/* each(s, folder, visit, ctx): calls ${visit} for each file there; returns how many there are. */
static size_t each(struct scene *s, const char *folder, void (*visit)(const char *path, void *ctx),
                   void *ctx)
{
    char path[400];
    size_t count = 0;
    (void)snprintf(path, sizeof(path), "%s/%s", s->path, folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s/%s", s->path, folder, entry->d_name);
        count++;
        if (visit != NULL)
            visit(path, ctx);
    }
    assert_int_equal(closedir(dir), 0);
    return count;
}

static void remove_file(const char *path, void *ctx)
{
    (void)ctx;
    assert_int_equal(unlink(path), 0);
}

static int teardown(void **state)
{
    struct scene *s = *state;
    static const char *const folders[] = {"tmp", "new", "cur"};
    maildir_close(s->maildir);
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        char path[200];
        (void)each(s, folders[i], remove_file, NULL);
        (void)snprintf(path, sizeof(path), "%s/%s", s->path, folders[i]);
        assert_int_equal(rmdir(path), 0);
    }
    assert_int_equal(rmdir(s->path), 0);
    assert_int_equal(rmdir(s->folder), 0);
    assert_int_equal(count_descriptors(), s->descriptors);
    free(s);
    return 0;
}

struct found {
    char text[256];
    char name[256];
};

static void read_file(const char *path, void *ctx)
{
    struct found *found = ctx;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t got = read(fd, found->text, sizeof(found->text) - 1);
    assert_true(got >= 0);
    found->text[got] = '\0';
    assert_int_equal(close(fd), 0);
    (void)snprintf(found->name, sizeof(found->name), "%s", strrchr(path, '/') + 1);
}

static void test_stored_with_its_id(void **state)
{
    struct scene *s = *state;
    struct found found = {.text = ""};
    char id[MAILDIR_ID_MAX];
    struct maildir_message *message = maildir_begin(s->maildir);
    assert_non_null(message);
    maildir_write(message, SLICE("Subject: x\r"));
    maildir_write(message, SLICE("\n\r\n"));
    maildir_write(message, SLICE(""));
    maildir_write(message, SLICE("a\r\n.\r\n"));
    assert_int_equal(each(s, "tmp", NULL, NULL), 1);
    assert_int_equal(each(s, "new", NULL, NULL), 0);
    assert_int_equal(maildir_store(message, id), 0);
    assert_int_equal(each(s, "tmp", NULL, NULL), 0);
    assert_int_equal(each(s, "new", read_file, &found), 1);
    assert_string_equal(found.text, "Subject: x\n\na\n.\n");
    assert_true(slice_starts(slice_str(found.name), slice_str(id)));
    assert_int_equal(found.name[strlen(id)], '.');
}

static void test_dropped(void **state)
{
    struct scene *s = *state;
    struct maildir_message *message = maildir_begin(s->maildir);
    maildir_write(message, SLICE("half"));
    maildir_drop(message);
    maildir_drop(NULL);
    assert_int_equal(each(s, "tmp", NULL, NULL), 0);
    assert_int_equal(each(s, "new", NULL, NULL), 0);
}

static void test_ids_differ(void **state)
{
    struct scene *s = *state;
    char ids[50][MAILDIR_ID_MAX];
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_int_equal(maildir_store(maildir_begin(s->maildir), ids[i]), 0);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    }
    assert_int_equal(each(s, "new", NULL, NULL), COUNT_OF(ids));
}

static void test_opened_again(void **state)
{
    struct scene *s = *state;
    char id[MAILDIR_ID_MAX];
    assert_int_equal(maildir_store(maildir_begin(s->maildir), id), 0);
    maildir_close(s->maildir);
    s->maildir = maildir_open(s->path, s->error, sizeof(s->error));
    assert_non_null(s->maildir);
    assert_int_equal(each(s, "new", NULL, NULL), 1);
}

static void test_cannot_open(void **state)
{
    struct scene *s = *state;
    assert_null(maildir_open("/nonexistent/mail", s->error, sizeof(s->error)));
    assert_string_equal(s->error,
                        "cannot use the Maildir /nonexistent/mail: No such file or directory");
    assert_null(maildir_open("/dev/null", s->error, sizeof(s->error)));
}

/* The disk refuses: nothing is left, and the caller knows. */
static void test_write_fails(void **state)
{
    struct scene *s = *state;
    struct rlimit before, limit;
    char id[MAILDIR_ID_MAX];
    char block[1000];
    memset(block, 'x', sizeof(block));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 100000;
    (void)signal(SIGXFSZ, SIG_IGN);
    for (size_t blocks = 50; blocks <= 500; blocks += 450) { /* under the limit, and over it */
        struct maildir_message *message = maildir_begin(s->maildir);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        for (size_t i = 0; i < blocks; i++)
            maildir_write(message, slice_make(block, sizeof(block)));
        int result = maildir_store(message, id);
        int error = errno;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(result, blocks == 50 ? 0 : -1);
        if (result != 0)
            assert_int_equal(error, EFBIG);
    }
    assert_int_equal(each(s, "tmp", NULL, NULL), 0);
    assert_int_equal(each(s, "new", NULL, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stored_with_its_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(test_opened_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cannot_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_fails, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
