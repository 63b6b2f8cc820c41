#include "conf/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

struct row {
    const char *file, *path, *means;
};

static const struct row ROWS[] = {
    {"/etc/postern/postern.conf", "lists/x", "/etc/postern/lists/x"},
    {"/etc/postern/postern.conf", "/lists/x", "/lists/x"},
    {"conf/try.conf", "x", "conf/x"},
    {"try.conf", "x", "x"},
    {"/try.conf", "x", "/x"},
    {"a/b", "../x", "a/../x"},
};

static void beside(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096, 65536);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
        assert_string_equal(
            file_beside(&arena, slice_str(ROWS[i].file), slice_str(ROWS[i].path)).ptr,
            ROWS[i].means);
    arena_fini(&arena);
    arena_init(&arena, 4096, 0);
    assert_null(file_beside(&arena, SLICE("a/b"), SLICE("c")).ptr);
    assert_null(file_absolute(&arena, SLICE("/c")).ptr);
    assert_null(file_absolute(&arena, SLICE("c")).ptr);
}

static void absolute(void **state)
{
    struct arena arena;
    char here[4096];
    struct slice path;

    (void)state;
    arena_init(&arena, 8192, 65536);
    assert_string_equal(file_absolute(&arena, SLICE("/a/b")).ptr, "/a/b");
    path = file_absolute(&arena, SLICE("a/b"));
    assert_non_null(getcwd(here, sizeof(here)));
    assert_true(slice_starts(path, slice_str(here)));
    assert_string_equal(path.ptr + strlen(here), "/a/b");
    arena_fini(&arena);
}

/* Whole, up to the limit, and not at all. */
static void reading(void **state)
{
    struct load load;
    struct bytes out;
    char path[128];

    (void)state;
    load_begin(&load);
    load_file(&load, "x", "abc");
    (void)snprintf(path, sizeof(path), "%s/x", load.folder);
    bytes_init(&out, 1 << 20);
    assert_null(file_read(path, &out));
    assert_null(file_read(path, &out));
    assert_true(slice_equal(bytes_slice(&out), SLICE("abcabc")));
    bytes_fini(&out);
    bytes_init(&out, 2);
    assert_string_equal(file_read(path, &out), "File too large");
    bytes_fini(&out);
    bytes_init(&out, 1 << 20);
    assert_string_equal(file_read(load.folder, &out), "Is a directory");
    assert_string_equal(file_read("/nonexistent", &out), "No such file or directory");
    bytes_fini(&out);
    load_end(&load);
}

/* Nobody writes to it: the reader does not wait for ever. */
static void pipe_of_nobody(void **state)
{
    struct load load;
    struct bytes text;
    char path[128];

    (void)state;
    load_begin(&load);
    bytes_init(&text, 65536);
    (void)snprintf(path, sizeof(path), "%s/pipe", load.folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_string_equal(file_read(path, &text), strerror(ETIMEDOUT));
    assert_int_equal(text.len, 0);
    bytes_fini(&text);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(beside), cmocka_unit_test(absolute),
                                       cmocka_unit_test(reading), cmocka_unit_test(pipe_of_nobody)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
