/* What readers build with, and what they say when memory is out: once. */
#include "conf/read/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define BLOCK_BYTES 256
#define ROOM_BYTES  4096

struct scene {
    struct arena arena;
    struct diag diag;
    struct build build;
};

static void begin(struct scene *scene)
{
    arena_init(&scene->arena, BLOCK_BYTES, ROOM_BYTES);
    diag_init(&scene->diag);
    scene->build = (struct build){.arena = &scene->arena, .diag = &scene->diag};
}

static void end(struct scene *scene)
{
    arena_fini(&scene->arena);
    diag_fini(&scene->diag);
}

static void allocates(void **state)
{
    struct scene scene;
    unsigned *items;

    (void)state;
    begin(&scene);
    items = build_alloc(&scene.build, 3, sizeof(*items));
    assert_non_null(items);
    assert_int_equal(items[0] + items[1] + items[2], 0);
    assert_non_null(build_alloc(&scene.build, 0, sizeof(*items)));
    assert_int_equal(scene.diag.errors, 0);
    end(&scene);
}

static void copies(void **state)
{
    struct scene scene;
    struct slice text;

    (void)state;
    begin(&scene);
    text = build_text(&scene.build, slice_make("abcdef", 3));
    assert_string_equal(text.ptr, "abc");
    assert_int_equal(text.len, 3);
    end(&scene);
}

static void paths(void **state)
{
    const struct place place = {"/etc/postern/postern.conf", 1};
    struct scene scene;

    (void)state;
    begin(&scene);
    assert_string_equal(build_path(&scene.build, place, SLICE("lists/a")).ptr,
                        "/etc/postern/lists/a");
    assert_string_equal(build_path(&scene.build, place, SLICE("/a")).ptr, "/a");
    end(&scene);
}

static void memory_is_out_once(void **state)
{
    const struct place place = {"/a", 1};
    char large[ROOM_BYTES];
    struct scene scene;

    (void)state;
    memset(large, 'a', sizeof(large));
    begin(&scene);
    assert_null(build_alloc(&scene.build, SIZE_MAX / 2, 4)); /* which no product may hide */
    assert_null(build_alloc(&scene.build, ROOM_BYTES, 1));
    assert_null(build_text(&scene.build, slice_make(large, sizeof(large))).ptr);
    assert_null(build_path(&scene.build, place, slice_make(large, sizeof(large))).ptr);
    assert_int_equal(scene.diag.errors, 1);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocates),
        cmocka_unit_test(copies),
        cmocka_unit_test(paths),
        cmocka_unit_test(memory_is_out_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
