/* checked_mutex: mutexes that know who holds them, in the place of the C library's. A test program
 * that includes it ends as soon as somebody unlocks what he has not locked, which is how a lock
 * that was forgotten shows without two threads having to meet in it.
 */
#ifndef TESTS_UNIT_CHECKED_MUTEX_H
#define TESTS_UNIT_CHECKED_MUTEX_H

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    static const pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
    int (*init)(pthread_mutex_t *, const pthread_mutexattr_t *);
    *(void **)&init = dlsym(RTLD_NEXT, "pthread_mutex_init");
    if (attributes != NULL)
        return init(mutex, attributes);
    *mutex = checked;
    return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    static int (*unlock)(pthread_mutex_t *);
    if (unlock == NULL)
        *(void **)&unlock = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
    if (unlock(mutex) == 0)
        return 0;
    (void)fputs("a mutex is unlocked by somebody who does not hold it\n", stderr);
    abort();
}

#endif
