/* privilege: root becomes somebody else in children of this process; anybody else stays who he is.
 */
#include "proxy/process/privilege.h"

#include "conf/config.h"
#include "proxy/net/transparent.h"
#include "tests/unit/support.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define ERROR_BYTES 256

static void whose(void **state)
{
    struct listener_conf listeners[] = {{.client_source = false}, {.client_source = true}};
    struct config config = {
        .user = SLICE("postern"), .listeners = listeners, .listener_count = COUNT_OF(listeners)};
    struct privilege proxy = privilege_for(&config, CONFIG_NEEDS_PROXY);
    struct privilege milter = privilege_for(&config, CONFIG_NEEDS_MILTER);

    (void)state;
    assert_text(proxy.user, "postern");
    assert_text(milter.user, "postern");
    assert_true(proxy.transparent);
    assert_false(milter.transparent); /* it connects to nobody */
    assert_null(proxy.path);
    assert_null(milter.path);
    config.listener_count = 1;
    assert_false(privilege_for(&config, CONFIG_NEEDS_PROXY).transparent);
}

static void nothing_wanted(void **state)
{
    const struct privilege wanted = {.path = "/nonexistent/file"};
    char error[ERROR_BYTES] = "";
    uid_t before = geteuid();

    (void)state;
    assert_int_equal(privilege_drop(&wanted, error, sizeof error), 0);
    assert_string_equal(error, "");
    assert_int_equal(geteuid(), before);
}

/* Whether a child that drops privileges so hears ${said}; "": it is the user then. */
static void drop(const struct privilege *wanted, const char *said)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        const struct passwd *user = getpwnam(wanted->user.ptr);
        char error[ERROR_BYTES] = "";
        int result = privilege_drop(wanted, error, sizeof error);
        bool became = user != NULL && getuid() == user->pw_uid && geteuid() == user->pw_uid &&
                      getgid() == user->pw_gid && getegid() == user->pw_gid && setuid(0) != 0;

        if (strcmp(error, said) != 0)
            _exit(1);
        _exit(result == (*said == '\0' ? 0 : -1) && (became || *said != '\0') ? 0 : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void need_root(void)
{
    if (geteuid() != 0 || getpwnam("nobody") == NULL)
        skip_because("only root can become somebody else");
}

static void becomes(void **state)
{
    (void)state;
    need_root();
    drop(&(struct privilege){.user = SLICE("nobody")}, "");
}

static void no_such_user(void **state)
{
    (void)state;
    need_root();
    drop(&(struct privilege){.user = SLICE("no-such-user")},
         "user: there is no user 'no-such-user'");
}

static void gives_the_file(void **state)
{
    char path[] = "/tmp/privilege_test.XXXXXX";
    struct stat status;
    int fd;

    (void)state;
    need_root();
    fd = mkstemp(path);
    assert_true(fd >= 0);
    drop(&(struct privilege){.user = SLICE("nobody"), .path = path}, "");
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_uid, getpwnam("nobody")->pw_uid);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(close(fd), 0);
    drop(&(struct privilege){.user = SLICE("nobody"), .path = "/nonexistent/file"},
         "user: cannot give '/nonexistent/file' to 'nobody': No such file or directory");
}

/* The right to speak from foreign addresses is kept, or it is said that it is not there. */
static void transparent(void **state)
{
    const struct privilege wanted = {.user = SLICE("nobody"), .transparent = true};

    (void)state;
    need_root();
    drop(&wanted, transparent_permitted()
                      ? ""
                      : "client_source: connecting from a client's address needs CAP_NET_RAW or "
                        "CAP_NET_ADMIN: Operation not permitted");
}

/* Nobody who is not root is anybody else afterwards, but is told what he cannot do. */
static void no_root(void **state)
{
    const struct privilege wanted = {.user = SLICE("no-such-user"), .transparent = true};
    char error[ERROR_BYTES] = "";
    int status = -1;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(1);
        _exit(privilege_drop(&wanted, error, sizeof error) == -1 &&
                      strncmp(error, "client_source: ", 15) == 0
                  ? 0
                  : 2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whose),          cmocka_unit_test(nothing_wanted),
        cmocka_unit_test(becomes),        cmocka_unit_test(no_such_user),
        cmocka_unit_test(gives_the_file), cmocka_unit_test(transparent),
        cmocka_unit_test(no_root),
    };

    return cmocka_run_group_tests_name("privilege", tests, NULL, NULL);
}
