/* Every syntax error that people make says what it is, and where. */
#include "conf/read/syntax.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

/* libconfig loses the text its scanner holds when it fails; LeakSanitizer asks this for what is not
 * ours. Its other leaks would be ours: what it is not told to destroy. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append";
}

static const struct load_row ROWS[] = {
    {"listeners = [ { address = \"a\"; } ];",
     "1: error: [ ... ] holds plain values only: a list of groups is ( { ... }, { ... } )"},
    {"listeners = ( { address = \"a\"; }, );",
     "1: error: the ',' before ')' is one too many: the last entry has none"},
    {"lists = { a = [ \"x\", \"y\", ]; };",
     "1: error: the ',' before ']' is one too many: the last entry has none"},
    {"\"user\" = \"x\";",
     "1: error: the name of a setting stands without quotes: write user = ...;"},
    {"user = 'x';", "1: error: a text stands in double quotes, \"...\", not in single ones"},
    {"user = \"x\";\nworkers = 1;\nuser = \"y\";",
     "3: error: 'user' is set twice, here and in line 1: one of them must go"},
    {"user \"x\";", "1: error: '=' is missing between 'user' and its value"},
    {"user postern;", "1: error: '=' is missing between 'user' and 'postern'"},
    {"user = postern;", "1: error: a text stands in double quotes: \"postern\""},
    {"workers == 2;", "1: error: a single '=' stands between a name and its value"},
    {"workers = 2;;", "1: error: this ';' ends nothing: one ';' stands behind each setting, and "
                      "none behind an @include"},
    {"listeners = { address = \"a\"; }, { address = \"b\"; };",
     "1: error: several groups are a list: listeners = ( { ... }, { ... } );"},
    {"limits { message = \"1K\"; }", "1: error: '=' is missing: write limits = { ... };"},
    {"limits = { message = 50M; };", "1: error: a text stands in double quotes: \"50M\""},
    {"listeners = ( { address = 127.0.0.1:25; } );",
     "1: error: a text stands in double quotes: \"127.0.0.1:25\""},
    {"user = \"postern;\nstate_dir = \"/x\";\nworkers = 2;\n",
     "1: error: the text that begins in this line goes on over its end: a '\"' is missing"},
    {"user = \"postern", "1: error: the text that begins here never ends: a '\"' is missing"},
    {"/* x\nuser = \"a\";", "1: error: the comment that begins here never ends: '*/' is missing"},
    {"limits = { message = \"1K\";\nworkers = 1;",
     "1: error: the '{' of 'limits' is never closed: a '}' is missing"},
    {"listeners = ( { address = \"a\"; };\nworkers = 1;",
     "1: error: no ';' stands in a list: ',' is between its entries, and ')' is its end"},
    {"rules = ( { name = \"a\" } { name = \"b\" } );",
     "1: error: a ',' is missing behind this entry of the list"},
    {"rules = ( { name = \"a\"; then = { reject = \"x\"; ); } );",
     "1: error: before this ')' a '}' is missing: the '{' of line 1 is still open"},
    {"tls.required = true;", "1: error: a name has no dots: write a group, tls = { ... };"},
    {"lists = { a = @b; };", "1: error: a text stands in double quotes: \"@b\""},
    {"rules = ( { when = { sender = /x/i; }; } );",
     "1: error: a text stands in double quotes: \"/x/i\""},
    {"a = yes;", "1: error: write true or, where a word is wanted, \"yes\" in double quotes"},
    {"user = \xE2"
     "\x80"
     "\x9C"
     "x\xE2"
     "\x80"
     "\x9D"
     ";",
     "1: error: this is a typographic quote: write the plain one, \""},
    {"user\xC2"
     "\xA0"
     "= \"x\";",
     "1: error: a character stands here that nobody sees, such as a no-break space: delete it, and "
     "write a plain blank"},
    {"@include conf.d/x", "1: error: '@include \"file\"' stands alone at the beginning of a line, "
                          "the file's name in double quotes"},
    {"workers = 1; @include \"x\"", "1: error: '@include \"file\"' stands alone at the beginning "
                                    "of a line, the file's name in double quotes"},
    {"include \"x\"", "1: error: '@include \"file\"' stands alone at the beginning of a line, the "
                      "file's name in double quotes"},
    {"user = ;", "1: error: 'user' has no value: write user = ...;"},
    {"user =\nworkers = 1;", "1: error: 'user' has no value: write user = ...;"},
    {"workers = ;", "1: error: 'workers' has no value: write workers = ...;"},
    {"1x = 2;",
     "1: error: the name of a setting is expected here, which begins with a letter, not '1x'"},
    {"rules = ( name = \"x\" );",
     "1: error: a setting in a list stands in a group: ( { name = ...; } )"},
    {"to = \"a\", \"b\";", "1: error: several values are a list: to = [ \"...\", \"...\" ];"},
    {"true = 1;", "1: error: the name of a setting is expected here, and 'true' can be none"},
    {"lists = { a = [ 1, \"x\" ]; };", "1: error: the values in [ ... ] are all of one kind, all "
                                       "texts or all numbers: write them alike, or take ( ... )"},
    {"lists = { a = [ (\"x\") ]; };",
     "1: error: [ ... ] holds plain values only: what holds lists is ( ... )"},
    {"}", "1: error: this '}' closes nothing: it is one too many, or a '{' is missing before it"},
    {"user = \"x\" }",
     "1: error: this '}' closes nothing: it is one too many, or a '{' is missing before it"},
    {"( )", "1: error: a '(' stands here without a name: write name = ( ... );"},
    {"$x = 1;",
     "1: error: the name of a setting is expected here, which begins with a letter, not '$x'"},
    {"workers = 1 2;", "1: error: the name of a setting is expected here, and '2' can be none"},
    {"a = ( , );", "1: error: a ',' too many, or an entry is missing before it"},
    {"lists = { a = ( \"x\"; \"y\" ); };",
     "1: error: no ';' stands in a list: ',' is between its entries, and ')' is its end"},
    {"a = ( \"b\" = 1 );",
     "1: error: a list holds values: what has a name stands in a group, ( { name = ...; } )"},
    {"user = nobody.here@x;", "1: error: a text stands in double quotes: \"nobody.here@x\""},
    {"a = b = c;", "1: error: 'a' has no value: write a = ...;"},
    {"workers := 2;", "1: error: a single '=' stands between a name and its value"},
    {"when => 3;", "1: error: a single '=' stands between a name and its value"},
    {"rules = ( { name = \"a\"; then = { reject = \"x\" } )",
     "1: error: before this ')' a '}' is missing: the '{' of line 1 is still open"},
    {"user = \"a\"b\";", "1: error: the text that begins here never ends: a '\"' is missing"},
    {"-user = 1;",
     "1: error: the name of a setting is expected here, which begins with a letter, not '-user'"},
    {"user = ~;", "1: error: a text stands in double quotes: \"~\""},
    {"a = 1.2.3;", "1: error: a text stands in double quotes: \"1.2.3\""},
    {"lists = { a = [ \"x\" y ]; };", "1: error: a ',' is missing behind this entry of the list"},
    {"\tuser = \t= \"x\";", "1: error: a single '=' stands between a name and its value"},
    {"a = \"x\" . \"y\";",
     "1: error: the name of a setting is expected here, which begins with a letter, not '.'"},
    {"user = \"\xC3"
     "\xA9"
     "\" \xC3"
     "\xBC"
     ";",
     "1: error: the name of a setting is expected here, which begins with a letter, not '\xC3"
     "\xBC"
     "'"},
    {"a = 1;\n\n/* x */ # y\nlimits = {\n  message = \"1K\";\n  errors = ;\n};",
     "6: error: 'errors' has no value: write errors = ...;"},
    {"@include \"half.conf\"\na = [ 1, ];",
     "2: error: the ',' before ']' is one too many: the last entry has none"},
    {"@include \"half.conf\"\n;", "2: error: this ';' ends nothing: one ';' stands behind each "
                                  "setting, and none behind an @include"},
    {"@include \"half.conf\"\nworkers = 2;",
     "2: error: 'workers' is set twice, here and in line 1 of half.conf: one of them must go"},
    {"lists = { a = \"x\"; b = { a = 1; }; a = \"y\"; };",
     "1: error: 'a' is set twice, here and in line 1: one of them must go"},
    {"a = ( { b = 1; }, { b = 2; c = 3; c = 4; } );",
     "1: error: 'c' is set twice, here and in line 1: one of them must go"},
    {"/* x\nuser = \"a\";", "1: error: the comment that begins here never ends: '*/' is missing"},
    {"user = \"a\"; /*/ x", "1: error: the comment that begins here never ends: '*/' is missing"},
    {"a = (\"x\", [ 1 ), 2 );",
     "1: error: before this ')' a ']' is missing: the '[' of line 1 is still open"},
    {"user = \"b", "1: error: the text that begins here never ends: a '\"' is missing"},
    {"user = \"b\\\"", "1: error: the text that begins here never ends: a '\"' is missing"},
    {"user = \"a\nb\";\na = 1;\nb = ;", "4: error: 'b' has no value: write b = ...;"},
    {"rules = ( { name = \"a\"; when = { sender = { not = \"x\" } ; then = { reject = \"y\"; }; } "
     ");",
     "1: error: before this ')' a '}' is missing: the '{' of line 1 is still open"},
};

#define USED "; rules = ( { when = { helo = \"@a\"; }; then = { log = \"x\"; }; } );"

/* libconfig joins strings: a comma forgotten would cost two entries. */
static const struct load_row JOINED[] = {
    {"lists = { a = [ \"x.test\"\n\"y.test\", \"z.test\" ]; }" USED,
     "2: warning: \"x.test\" and \"y.test\" stand side by side, and so are read as one text: is a "
     "',' missing between them?"},
    {"lists = { a = ( \"x.test\" /* and */ \"y.test\" ); }" USED,
     "1: warning: \"x.test\" and \"y.test\" stand side by side, and so are..."},
    {"lists = { a = [ \"x.\"\n\"y.\"\n\"z.test\", \"b.\" \"test\" ]; }" USED,
     "2: warning: \"x.\" and \"y.\" stand side by side, and so...\n"
     "3: warning: \"b.\" and \"test\" stand side by side, and so..."},
    {"hostname = \"gw.\" \"test\";",
     "1: warning: \"gw.\" and \"test\" stand side by side, and so are read as one text: several "
     "values are a list, [ \"...\", \"...\" ]"},
    {"lists = { a = [ \"x\ny\"\n\"z\" ]; }" USED, "3: warning: \"x\\x0Ay\" and \"z\" stand..."},
    {"hostname = \"gw.\"\n\"test\";", ""},
    {"lists = { a = [ \"x.test\" ]; }; rules = ( { when = { helo = \"@a\"; }; then = { reject = "
     "\"No, \"\n  \"never\"; }; } );",
     ""},
};

/* As LOAD_ROWS, with a file beside to include. */
static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct load load;

        load_begin(&load);
        load_file(&load, "half.conf", "workers = 1;\n");
        load_text(&load, ROWS[i].text);
        load_judge(&load, &ROWS[i]);
        load_end(&load);
    }
}

static void joined(void **state)
{
    (void)state;
    LOAD_ROWS(JOINED);
}

static void explain(const char *text, const char *said, unsigned line, struct load *load)
{
    const struct syntax_error error = {said, line};
    struct source source;
    struct arena arena;
    char path[128];

    load_file(load, "postern.conf", text);
    (void)snprintf(path, sizeof(path), "%s/postern.conf", load->folder);
    diag_fini(&load->diag);
    arena_init(&arena, 1024, 1 << 20);
    assert_int_equal(source_read(&source, path, &arena, &load->diag), 0);
    syntax_explain(&source, &error, &load->diag);
    load_print(load);
    source_fini(&source);
    arena_fini(&arena);
}

/* Where nothing better is known, libconfig's word stands, and the line. */
static void not_understood(void **state)
{
    struct load load;
    struct bytes deep;
    char mark[128];

    (void)state;
    load_begin(&load);
    explain("a = 1;\n\tb = 2;\n", "syntax error", 2, &load);
    assert_string_equal(load.problems.data,
                        "postern.conf:2: error: syntax error: a semicolon, bracket or quote may be "
                        "missing here or just before\n"
                        "postern.conf:2: note:    b = 2;\n");
    bytes_init(&deep, 1 << 20);
    bytes_append(&deep, SLICE("a = "));
    for (int i = 0; i < SYNTAX_DEPTH_MAX; i++)
        bytes_append(&deep, SLICE("("));
    bytes_append_char(&deep, '\0');
    assert_int_equal(bytes_end(&deep), 0);
    explain(deep.data, "syntax error", 1, &load);
    assert_non_null(strstr(load.problems.data, "1: error: syntax error: a semicolon, bracket"));
    assert_non_null(strstr(load.problems.data, "\npostern.conf:1: note:   (((((("));
    (void)snprintf(mark, sizeof(mark), "\npostern.conf:1: note:   %*s^", 48, "");
    assert_non_null(strstr(load.problems.data, mark));
    bytes_fini(&deep);
    load_end(&load);
}

/* Seconds of the processor for settings of which the last is there twice. */
static double cost(struct load *load, size_t count)
{
    struct bytes text;
    clock_t before;

    bytes_init(&text, 1 << 24);
    for (size_t i = 0; i < count; i++)
        bytes_format(&text, "s%zu = ( { a = \"b\"; }, [ 1 ] );\n", i);
    bytes_append(&text, SLICE("s0 = 1;\n\0"));
    assert_int_equal(bytes_end(&text), 0);
    before = clock();
    explain(text.data, "duplicate setting name", (unsigned)count + 1, load);
    assert_non_null(strstr(load->problems.data, "'s0' is set twice, here and in line 1:"));
    bytes_fini(&text);
    return (double)(clock() - before) / CLOCKS_PER_SEC;
}

static void linear(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    assert_true(cost(&load, 100000) < 2); /* a comparison of each with each takes minutes */
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(joined),
        cmocka_unit_test(not_understood),
        cmocka_unit_test(linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
