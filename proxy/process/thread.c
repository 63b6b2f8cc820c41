#include "proxy/process/thread.h"

#include <signal.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

int thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, run, ctx);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

uint64_t thread_cpu_ns(void *unused)
{
    struct timespec used;
    (void)unused;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used); /* cannot fail for the caller itself */
    return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}
