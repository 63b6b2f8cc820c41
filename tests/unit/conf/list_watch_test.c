#include "conf/list_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/config.h"
#include "tests/unit/conf/read/load.h"

#define CONFIG "lists = { a = { file = \"a\"; }; b = { file = \"b\"; }; };"

static struct load load;
static struct list_watch watch;

static bool look(void)
{
    return list_watch_look(&watch, load.config);
}

static void begin(void)
{
    load_begin(&load);
    load_file(&load, "a", "x.test\n");
    load_file(&load, "b", "y.test\n");
    load_text(&load, CONFIG);
    assert_non_null(load.config);
    watch = (struct list_watch){0};
}

/* Told once, at the second look that sees it, whichever file it is. */
static void a_change_that_rests(void **state)
{
    (void)state;
    begin();
    assert_false(look());
    assert_false(look());
    load_file(&load, "b", "y.test\nz.test\n");
    assert_false(look());
    assert_true(look());
    assert_false(look());
    load_file(&load, "a", "x.test\nz.test\n");
    assert_false(look());
    load_file(&load, "a", "x.test\nz.test\nmore.test\n");
    assert_false(look());
    assert_true(look());
    assert_false(look());
    list_watch_again(&watch);
    assert_true(look());
    load_end(&load);
}

static void what_was_read_is_no_change(void **state)
{
    (void)state;
    begin();
    load_file(&load, "b", "y.test\nz.test\n");
    load_text(&load, CONFIG);
    assert_false(look());
    assert_false(look());
    load_end(&load);
}

static void a_file_that_goes(void **state)
{
    char path[128];

    (void)state;
    begin();
    (void)snprintf(path, sizeof(path), "%s/b", load.folder);
    assert_int_equal(unlink(path), 0);
    assert_false(look());
    assert_true(look());
    assert_false(look());
    load_end(&load);
}

static void the_configuration_itself(void **state)
{
    struct config *now;

    (void)state;
    begin();
    now = config_ref(load.config);
    load_file(&load, "a", "x.test\nz.test\n");
    assert_true(list_watch_lists_only(now, load.config));
    load_text(&load, CONFIG " # another");
    assert_false(look());
    assert_false(look());
    assert_false(list_watch_lists_only(now, load.config));
    config_unref(now);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_that_rests),
        cmocka_unit_test(what_was_read_is_no_change),
        cmocka_unit_test(a_file_that_goes),
        cmocka_unit_test(the_configuration_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
