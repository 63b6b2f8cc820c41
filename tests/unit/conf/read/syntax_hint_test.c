/* Every syntax error that people make says what it is, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
