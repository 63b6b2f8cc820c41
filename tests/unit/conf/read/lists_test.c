#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "filters/match/comparable.h"
#include "filters/match/list.h"
#include "filters/match/pattern.h"
#include "tests/unit/conf/read/load.h"
#include "tests/unit/heap.h"

static const struct load_row ROWS[] = {
    {"lists = { };", ""},
    {"lists = ( );", "1: error: 'lists' must be a group of lists { name = [ \"...\" ]; }, not an "
                     "empty list ( )"},
    {"lists = { a = 5; };", "1: error: 'a' must be a list of entries [ \"...\", ... ] or { file = "
                            "\"...\"; }, not 5"},
    {"lists = { a = [ 5, 6 ]; };", "1: error: 'a' must be a list of strings, not 5\n"
                                   "1: error: 'a' must be a list of strings, not 6"},
    {"lists = { a = { }; };", "1: error: 'a' must be a list of entries..."},
    {"lists = { a = { fiel = \"x\"; }; };",
     "1: error: unknown setting 'fiel' in a; did you mean 'file'?\n"
     "1: error: 'a' must be a list of entries..."},
    {"\nlists = { a = { file = \"none\"; }; };",
     "2: error: cannot read the list file 'none': No such file or directory"},
    {"lists = { a = { file = 5; }; };", "1: error: 'file' must be the path of a list file, not 5"},
    {"lists = { a = { file = \"bad.list\"; }; };", "bad.list:3: error: ..."},
    {"lists = { a = [ \"/(/\" ]; };", "1: error: ..."},
    {"lists = { a = [ \"10.0.0.1/8\" ]; };", "1: error: ..."},
    {"lists = { a = [ \"b.test\", \"//\" ]; };", "1: error: list entry \"//\": an empty pattern "
                                                 "matches everything, for which \"*\" is written; "
                                                 "a comment begins with \"#\""},
    {"@include \"sub/lists.conf\"\n", ""}, /* its file stands beside it */
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct load load;

        load_begin(&load);
        load_file(&load, "bad.list", "# comment\ngood.example\n/(/\n");
        load_file(&load, "sub/lists.conf", "lists = { a = { file = \"a.list\"; }; };");
        load_file(&load, "sub/a.list", "example.org\n");
        load_text(&load, ROWS[i].text);
        load_judge(&load, &ROWS[i]);
        load_end(&load);
    }
}

static bool holds(const struct config *config, const char *name, const char *value,
                  struct list_hit *hit)
{
    const struct list *list = list_find(&config->lists, slice_str(name));
    struct comparable forms = comparable_text(slice_str(value));
    struct pattern_scratch *scratch = pattern_scratch_create();
    struct list_cursor cursor = {0};
    bool yes;

    assert_non_null(list);
    assert_non_null(scratch);
    yes = list_match(list, &forms, &cursor, scratch, hit) == LIST_YES;
    pattern_scratch_destroy(scratch);
    return yes;
}

static void inline_entries(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, "lists = { ours = [ \"example.org\", \"*.example.net\", \"/^a[.]/\" ];\n"
                     "  one = \"x@example.com\"; none = []; };");
    assert_int_equal(load.config->lists.count, 3);
    assert_true(holds(load.config, "ours", "u@example.org", NULL));
    assert_true(holds(load.config, "ours", "u@mx.example.net", NULL));
    assert_false(holds(load.config, "ours", "u@example.net", NULL));
    assert_true(holds(load.config, "ours", "a.b", NULL));
    assert_true(holds(load.config, "one", "X@example.com", NULL));
    assert_false(holds(load.config, "none", "x", NULL));
    assert_null(list_find(&load.config->lists, SLICE("other")));
    load_end(&load);
}

/* Comments, line ends of both kinds, no last line end, nothing unescaped; inline entries beside a
 * file. */
static void files(void **state)
{
    struct load load;
    struct list_hit hit;

    (void)state;
    load_begin(&load);
    load_file(&load, "x.list",
              "# all of it\r\nexample.org  spam of 2025\r\n\r\n  \n"
              "a.test # why\n/^\\x41b\\d$/ pattern\nlast.test");
    load_good(&load, "lists = { a = ( { file = \"x.list\"; }, \"inline.test\" ); };");
    assert_int_equal(list_count(load.config->lists.items[0].list), 5);
    assert_true(holds(load.config, "a", "example.org", &hit));
    assert_true(slice_equal(hit.entry->text, SLICE("spam of 2025")));
    assert_true(holds(load.config, "a", "a.test", &hit));
    assert_true(slice_equal(hit.entry->text, SLICE("")));
    assert_true(holds(load.config, "a", "Ab7", &hit));
    assert_true(slice_equal(hit.entry->text, SLICE("pattern")));
    assert_true(holds(load.config, "a", "last.test", NULL));
    assert_true(holds(load.config, "a", "inline.test", NULL));
    load_end(&load);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(rows, state));
    assert_true(leaves_nothing(files, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(inline_entries),
        cmocka_unit_test(files),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
