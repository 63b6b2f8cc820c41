/* heap: whether all is given back. A test runs once more what it tests anyway, and looks at the
 * allocator's own count: see leaves_nothing. */
#ifndef TESTS_UNIT_HEAP_H
#define TESTS_UNIT_HEAP_H

#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define HEAP_RUNS 5

struct heap_run {
    void (*test)(void **state);
    void **state;
};

static inline void *heap_thread(void *ctx)
{
    struct heap_run *run = ctx;

    run->test(run->state);
    return NULL;
}

/* heap_used(): octets that malloc has given and not got back. Always the same under a sanitizer,
 * which finds leaks itself. */
static inline size_t heap_used(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* leaves_nothing(test, state): runs ${test} until no more memory is taken than was before, and
 * returns false when it never comes to that: what a library takes at its first call and keeps, it
 * does not take again. Each run has a thread of its own, at whose end the allocator takes back what
 * it keeps at hand for a thread, and would count as used. */
static inline bool leaves_nothing(void (*test)(void **state), void **state)
{
    for (int i = 0; i < HEAP_RUNS; i++) {
        struct heap_run run = {test, state};
        size_t before = heap_used();
        pthread_t thread;

        if (pthread_create(&thread, NULL, heap_thread, &run) != 0 ||
            pthread_join(thread, NULL) != 0)
            return false;
        if (heap_used() <= before)
            return true;
    }
    return false;
}

#endif
