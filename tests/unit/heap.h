/* heap: whether all is given back. A test runs the calls it already tests once more, and looks at
 * the allocator's own count; see leaves_nothing. */
#ifndef TESTS_UNIT_HEAP_H
#define TESTS_UNIT_HEAP_H

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>

#define HEAP_RUNS 20 /* more than the allocator keeps at hand of a size */

/* heap_used(): octets that malloc has given and not got back. Always the same under a sanitizer,
 * which finds leaks itself. */
static inline size_t heap_used(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* leaves_nothing(test, state): runs ${test} until it leaves no more memory taken than was before,
 * and returns false when it never does. What a library takes at its first call and keeps, and what
 * the allocator itself keeps at hand, is the same at one of the next. */
static inline bool leaves_nothing(void (*test)(void **state), void **state)
{
    for (int run = 0; run < HEAP_RUNS; run++) {
        size_t before = heap_used();

        test(state);
        if (heap_used() <= before)
            return true;
    }
    return false;
}

#endif
