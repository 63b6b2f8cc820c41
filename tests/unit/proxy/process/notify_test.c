/* notify: one datagram with the state, by path or by abstract name. */
#include "proxy/process/notify.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/un.h>

/* receiver(name): a socket as systemd has one, bound to ${name}; "@" begins an abstract one. */
static int receiver(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    memcpy(at.sun_path, name, len);
    if (name[0] == '@')
        at.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    return fd;
}

static void assert_told(const char *name)
{
    char text[64];
    int before = count_descriptors();
    int fd = receiver(name);
    struct notify *notify = notify_create(name);
    assert_non_null(notify);
    assert_int_equal(notify_send(notify, "READY=1"), 0);
    ssize_t got = recv(fd, text, sizeof(text), MSG_DONTWAIT);
    assert_true(got > 0);
    assert_text(slice_make(text, (size_t)got), "READY=1");
    assert_int_equal(notify_reloading(notify), 0);
    got = recv(fd, text, sizeof(text), MSG_DONTWAIT);
    assert_true(got > 0);
    assert_true(slice_starts(slice_make(text, (size_t)got), SLICE("RELOADING=1\nMONOTONIC_USEC=")));
    assert_int_equal(notify_status(notify, "a %s c", "b\nWATCHDOG=1"), 0);
    got = recv(fd, text, sizeof(text), MSG_DONTWAIT);
    assert_true(got > 0);
    assert_text(slice_make(text, (size_t)got), "READY=1\nSTATUS=a b WATCHDOG=1 c");
    notify_destroy(notify);
    assert_int_equal(close(fd), 0);
    assert_int_equal(count_descriptors(), before);
}

static void test_path(void **state)
{
    (void)state;
    char folder[] = "/tmp/postern-notify-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/s", folder);
    assert_told(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_abstract_name(void **state)
{
    (void)state;
    char name[64];
    (void)snprintf(name, sizeof(name), "@postern-test-%d", (int)getpid());
    assert_told(name);
}

static void test_nobody_reads(void **state)
{
    (void)state;
    char name[64];
    (void)snprintf(name, sizeof(name), "@postern-deaf-%d", (int)getpid());
    int fd = receiver(name), sent = 0;
    struct notify *notify = notify_create(name);
    uint64_t before = clock_ms();
    assert_non_null(notify);
    while (notify_send(notify, "READY=1") == 0)
        assert_true(++sent < 100000);
    assert_int_equal(errno, EAGAIN);
    assert_in_range(clock_ms() - before, 500, 4000);
    notify_destroy(notify);
    assert_int_equal(close(fd), 0);
}

static void test_nobody_asked(void **state)
{
    (void)state;
    assert_null(notify_create(NULL));
    assert_null(notify_create(""));
    assert_int_equal(notify_send(NULL, "READY=1"), 0);
    assert_int_equal(notify_status(NULL, "fine"), 0);
    notify_destroy(NULL);
}

static void test_failures(void **state)
{
    (void)state;
    static char path[200];
    memset(path, 'p', sizeof(path) - 1);
    int before = count_descriptors();
    assert_null(notify_create(path));
    assert_int_equal(errno, ENAMETOOLONG);
    struct notify *notify = notify_create("/nonexistent/s");
    assert_non_null(notify);
    assert_int_equal(notify_send(notify, "READY=1"), -1);
    assert_int_equal(errno, ENOENT);
    notify_destroy(notify);
    assert_int_equal(count_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),         cmocka_unit_test(test_abstract_name),
        cmocka_unit_test(test_nobody_reads), cmocka_unit_test(test_nobody_asked),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
