#include "conf/read/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/file.h"
#include "conf/read/config_load.h"
#include "tests/unit/conf/read/load.h"

/* Includes, and settings that are wrong on purpose, so that each shows where it is thought to
 * stand. */
static const struct load_row ROWS[] = {
    {"@include \"one.conf\"\nc = 1;\n", "one.conf:2: error: unknown setting 'a'...\n"
                                        "2: error: unknown setting 'c'..."},
    {"  @include \"one.conf\"  c = 1;\nd = 1;\n", "one.conf:2: error: unknown setting 'a'...\n"
                                                  "1: error: unknown setting 'c'...\n"
                                                  "2: error: unknown setting 'd'..."},
    /* of one folder down, and what is named there starts there */
    {"\n@include \"sub/two.conf\"\n", "sub/two.conf:1: error: unknown setting 'b'...\n"
                                      "sub/three.conf:1: error: unknown setting 'c'..."},
    {"/* @include \"none\" */ # @include \"none\"\nhostname = \"@include \\\"none\\\"\";",
     "2: error: 'hostname' must be..."},
    {"hostname = \"a\n@include \\\"none\\\"\n\";", "1: error: 'hostname' must be..."},
    {"# x\n@include \"none.conf\"", "2: error: cannot read 'none.conf': No such file or directory"},
    {"@include \"sub\"", "1: error: cannot read 'sub': Is a directory"},
    {"@include \"loop.conf\"\n",
     "loop.conf:2: error: @include nests deeper than 10 files: does a file include itself?"},
    {"@include \"broken.conf\"\n", "broken.conf:2: error: 'b' has no value..."},
    {"workers = 5000000000;\nx = 3;",
     "1: error: 5000000000 is too large for a number in this file: "
     "write it as a string, \"5000000000\"\n"
     "1: error: 'workers' must be...\n"
     "2: error: unknown setting 'x'..."},
    {"a = 2147483647; b = -2147483648; c = 0x7FFFFFFF; d = 5000000000L; e = 0.99999999999; f = "
     "1e10; "
     "#99999999999\n/* 99999999999 */ a99999999999 = \"99999999999\";",
     "1: error: unknown setting 'a'...\n1: error: unknown setting 'b'...\n"
     "1: error: unknown setting 'c'...\n1: error: unknown setting 'd'...\n"
     "1: error: unknown setting 'e'...\n1: error: unknown setting 'f'...\n"
     "2: error: unknown setting 'a99999999999'..."},
    {"workers = -2147483649;", "1: error: 2147483649 is too large...\n1: error: 'workers'..."},
    {"workers = 0x80000000;", "1: error: 0x80000000 is too large...\n1: error: 'workers'..."},
    {"user = \"a\\x00b\";",
     "1: error: \\x00 ends a string early: in a pattern write \\x{0}, elsewhere leave it out"},
    {"user = \"a\\\\x00b\";", ""}, /* a backslash, then x00 */
    {"\xEF\xBB\xBFworkers = 1;", ""},
    {"workers = 1;\r\nuser = \"u\";\r\n", ""},
    {"workers = 1; # no line end", ""},
    {"// an \"open quote\nuser = 5;", "2: error: 'user' must be..."},
    {"workers = 1; # 99999999999", ""},
    {"user = \"", "1: error: the text that begins here never ends..."},
    {"workers = 1; /* user = 5;\n", "1: error: the comment that begins here never ends..."},
    {"workers = 1; /* user = 5;\n*", "1: error: the comment that begins here never ends..."},
    {"workers = 1; /*/", "1: error: the comment that begins here never ends..."},
    {"workers = 1; /**/", ""},
    {"", ""},
};

static void files(struct load *load)
{
    load_file(load, "one.conf", "\na = 1;\n");
    load_file(load, "sub/two.conf", "b = 1;\n@include \"three.conf\"\n");
    load_file(load, "sub/three.conf", "c = 1;");
    load_file(load, "loop.conf", "\n@include \"loop.conf\"\n");
    load_file(load, "broken.conf", "a = 1;\nb = ;\n");
}

/* As LOAD_ROWS, with files beside. */
static void places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct load load;

        load_begin(&load);
        files(&load);
        load_text(&load, ROWS[i].text);
        load_judge(&load, &ROWS[i]);
        load_end(&load);
    }
}

/* A file that includes the next, ${count} times; the last is empty. */
static void chain(struct load *load, int count)
{
    char name[32], text[64];

    for (int i = 1; i <= count; i++) {
        (void)snprintf(name, sizeof(name), "%d.conf", i);
        (void)snprintf(text, sizeof(text), "@include \"%d.conf\"\n", i + 1);
        load_file(load, name, i < count ? text : "");
    }
}

static void include_depth(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    chain(&load, SOURCE_INCLUDE_MAX);
    load_good(&load, "@include \"1.conf\"\n");
    chain(&load, SOURCE_INCLUDE_MAX + 1);
    load_text(&load, "@include \"1.conf\"\n");
    assert_string_equal(load.problems.data,
                        "10.conf:1: error: @include nests deeper than 10 files: "
                        "does a file include itself?\n");
    load_end(&load);
}

static void absolute_include(void **state)
{
    struct load load;
    char text[128];

    (void)state;
    load_begin(&load);
    load_file(&load, "sub/four.conf", "user = \"four\";");
    (void)snprintf(text, sizeof(text), "@include \"%s/sub/four.conf\"\n", load.folder);
    load_good(&load, text);
    assert_string_equal(load.config->user.ptr, "four");
    load_end(&load);
}

static void nul_in_file(void **state)
{
    struct diag diag;
    struct arena arena;
    struct source source;
    struct load load;
    char path[128];
    FILE *file;

    (void)state;
    load_begin(&load);
    (void)snprintf(path, sizeof(path), "%s/nul.conf", load.folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite("a = 1;\0b = 2;", 1, 13, file), 13);
    assert_int_equal(fclose(file), 0);
    diag_init(&diag);
    arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(source_read(&source, path, &arena, &diag), -1);
    assert_int_equal(diag.errors, 1);
    source_fini(&source);
    arena_fini(&arena);
    diag_fini(&diag);
    load_end(&load);
}

/* The error is said wherever memory ends; a part of a configuration never passes for all of it. */
static void memory_ends(void **state)
{
    struct diag diag;
    struct arena arena;
    struct source source;
    struct load load;
    char path[128];
    bool whole = false;
    size_t room = 0;

    (void)state;
    load_begin(&load);
    load_file(&load, "one.conf", "@include \"two.conf\"\n@include \"two.conf\"\n");
    load_file(&load, "two.conf", "@include \"three.conf\"\n@include \"three.conf\"\n");
    load_file(&load, "three.conf", "a = 1;\n");
    (void)snprintf(path, sizeof(path), "%s/one.conf", load.folder);
    for (; !whole; room += 16) {
        diag_init(&diag);
        arena_init(&arena, 16, room);
        whole = source_read(&source, path, &arena, &diag) == 0;
        assert_int_equal(diag.errors, whole ? 0 : 1);
        source_fini(&source);
        arena_fini(&arena);
        diag_fini(&diag);
    }
    assert_in_range(room, 500, 5000);
    load_end(&load);
}

static void missing(void **state)
{
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_null(config_load("/nonexistent/postern.conf", CONFIG_NEEDS_NOTHING, NULL, &diag));
    assert_int_equal(diag.errors, 1);
    assert_string_equal(diag.first->text.ptr,
                        "cannot read '/nonexistent/postern.conf': No such file or directory");
    diag_fini(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),           cmocka_unit_test(include_depth),
        cmocka_unit_test(absolute_include), cmocka_unit_test(nul_in_file),
        cmocka_unit_test(memory_ends),      cmocka_unit_test(missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
