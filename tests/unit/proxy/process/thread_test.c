/* thread: whose signals are whose, and whose time. */
#include "proxy/process/thread.h"

#include "tests/unit/support.h"

#include <signal.h>
#include <time.h>

#define LAST SIGSYS /* the last that is not the threads library's own, or for real time */

static void *look(void *mask)
{
    return pthread_sigmask(SIG_SETMASK, NULL, mask) == 0 ? mask : NULL;
}

static void test_signals(void **state)
{
    sigset_t before, after, within;
    pthread_t thread;
    void *seen;

    (void)state;
    assert_int_equal(sigemptyset(&before) | sigaddset(&before, SIGUSR2), 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(thread_start(&thread, look, &within), 0);
    assert_int_equal(pthread_join(thread, &seen), 0);
    assert_ptr_equal(seen, &within);
    for (int signo = 1; signo <= LAST; signo++)
        if (signo != SIGKILL && signo != SIGSTOP && sigismember(&within, signo) != 1)
            fail_msg("signal %d is not blocked", signo);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    for (int signo = 1; signo <= LAST; signo++)
        assert_int_equal(sigismember(&after, signo), signo == SIGUSR2);
}

/* What others do, or nobody, does not count. */
static void test_cpu(void **state)
{
    uint64_t begun = thread_cpu_ns(NULL), worked;
    volatile unsigned steps = 0;

    (void)state;
    while (steps < 10000000)
        steps = steps + 1;
    worked = thread_cpu_ns(NULL);
    assert_true(worked - begun > 1000000);
    (void)nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    assert_true(thread_cpu_ns(NULL) - worked < 100000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_cpu),
    };

    return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
