/* arena_kit: one arena for all tests of a file. */
#ifndef TESTS_UNIT_ARENA_KIT_H
#define TESTS_UNIT_ARENA_KIT_H

#include "filters/base/arena.h"
#include "tests/unit/support.h"

#define ARENA_KIT_BYTES_MAX ((size_t)1 << 26)

static struct arena arena;

/* arena_set_up(state), arena_tear_down(state): for cmocka_run_group_tests. */
static inline int arena_set_up(void **state)
{
    (void)state;
    arena_init(&arena, 4096, ARENA_KIT_BYTES_MAX);
    return 0;
}

static inline int arena_tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

#endif
