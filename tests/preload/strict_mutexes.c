/* strict_mutexes: ends a running program that unlocks a mutex which its thread has not locked, or
 * locks one again.
 *
 * Loaded by LD_PRELOAD. What a thread does without the lock goes well almost always; here it never
 * does. A wait on a condition without the lock returns at once, and the unlock behind it is seen.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int call_of(pthread_mutex_t *mutex);

/* The library's own function of that name. */
static call_of *find(const char *name)
{
    call_of *found;
    *(void **)&found = dlsym(RTLD_NEXT, name);
    return found;
}

static int check(int result, const char *complaint)
{
    if (result == 0)
        return 0;
    (void)!write(STDERR_FILENO, complaint, strlen(complaint));
    abort();
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *wanted)
{
    int (*init)(pthread_mutex_t *, const pthread_mutexattr_t *);
    pthread_mutexattr_t strict;
    *(void **)&init = dlsym(RTLD_NEXT, "pthread_mutex_init");
    (void)pthread_mutexattr_init(&strict);
    (void)pthread_mutexattr_settype(&strict, PTHREAD_MUTEX_ERRORCHECK);
    int result = init(mutex, wanted != NULL ? wanted : &strict);
    (void)pthread_mutexattr_destroy(&strict);
    return result;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    return check(find("pthread_mutex_lock")(mutex), "strict_mutexes: locked twice\n");
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    return check(find("pthread_mutex_unlock")(mutex), "strict_mutexes: unlocked without a lock\n");
}
