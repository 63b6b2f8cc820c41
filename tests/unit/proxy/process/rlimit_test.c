/* rlimit: each row in a process of its own, since a hard limit that was lowered stays so. */
#include "proxy/process/rlimit.h"

#include "tests/unit/support.h"

#include <sys/resource.h>
#include <sys/wait.h>

#define NOBODY 65534

/* What becomes of these limits when ${wanted} is asked for, by somebody who may raise none. */
static struct rlimit ask(struct rlimit limit, uint64_t wanted, unsigned *answer)
{
    struct {
        struct rlimit limit;
        unsigned answer;
    } told = {.answer = 0};
    int ends[2], status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || (getuid() == 0 && setuid(NOBODY) != 0))
            _exit(1);
        told.answer = rlimit_descriptors(wanted);
        if (getrlimit(RLIMIT_NOFILE, &told.limit) != 0)
            _exit(1);
        _exit(write(ends[1], &told, sizeof told) == (ssize_t)sizeof told ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &told, sizeof told), (ssize_t)sizeof told);
    assert_int_equal(close(ends[0]) | close(ends[1]), 0);
    *answer = told.answer;
    return told.limit;
}

static void rows(void **state)
{
    static const struct {
        const char *name;
        struct rlimit before;
        uint64_t wanted;
        unsigned after;
    } rows[] = {
        {"enough", {40, 80}, 40, 40},       {"never less", {40, 80}, 20, 40},
        {"raised", {40, 80}, 60, 60},       {"as far as the hard one", {40, 80}, 80, 80},
        {"no further", {40, 80}, 1000, 80}, {"all", {40, 80}, RLIMIT_ALL, 80},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned answer;
        struct rlimit after = ask(rows[i].before, rows[i].wanted, &answer);

        assert_row(answer == rows[i].after, rows[i].name, 0);
        assert_row(after.rlim_cur == rows[i].after, rows[i].name, 0);
        assert_row(after.rlim_max == 80, rows[i].name, 0);
    }
}

/* Who may raises the hard limit, too. */
static void hard(void **state)
{
    struct rlimit limit;
    pid_t child;
    int status;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (getuid() != 0 || limit.rlim_max < 200)
        skip_because("only root can raise a hard limit");
    child = fork();
    if (child == 0) {
        const struct rlimit low = {40, 80}, high = {40, 200};
        if (setrlimit(RLIMIT_NOFILE, &low) != 0)
            _exit(1);
        if (setrlimit(RLIMIT_NOFILE, &high) != 0)
            _exit(2); /* root without CAP_SYS_RESOURCE */
        _exit(setrlimit(RLIMIT_NOFILE, &low) == 0 && rlimit_descriptors(200) == 200 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2)
        skip_because("this root may not raise a hard limit");
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(hard),
    };

    return cmocka_run_group_tests_name("rlimit", tests, NULL, NULL);
}
