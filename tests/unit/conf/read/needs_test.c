/* What `proxy` and `milter` cannot do without is an error for them and a note for who asks. */
#include "conf/config.h"
#include "conf/needs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define HOST      "hostname = \"gw.example.org\"; "
#define UP        " upstreams = ( { address = \"10.0.0.1:25\"; identify = \"xclient\"; } );"
#define TWO(a, b) HOST "listeners = ( { address = \"" a "\"; },\n{ address = \"" b "\"; } );" UP

static const char NO_LISTENER[] =
    "postern.conf: error: there is no listener: listeners = ( { address = \"[::]:25\"; } );\n";
static const char NO_UPSTREAM[] =
    "postern.conf: error: there is no upstream: upstreams = ( { address = \"127.0.0.1:10025\"; } "
    ");\n";

static const struct {
    const char *text, *problems; /* of the proxy; as notes for who asks */
} PROXY[] = {
    {HOST "listeners = ( { address = \"10.0.0.9:25\"; } );" UP, ""},
    {HOST UP, NO_LISTENER},
    {HOST "listeners = ( { address = \"10.0.0.9:25\"; } );", NO_UPSTREAM},
    {TWO("0.0.0.0:25", "[::]:25"),
     "postern.conf:2: error: listener '[::]:25' and listener '0.0.0.0:25' in line 1 cannot both be "
     "opened: \"[::]:25\" takes what arrives at \"0.0.0.0:25\", too\n"},
    {TWO("[::]:25", "0.0.0.0:25"),
     "postern.conf:2: error: listener '0.0.0.0:25' and listener '[::]:25' in line 1 cannot both be "
     "opened: \"[::]:25\" takes what arrives at \"0.0.0.0:25\", too\n"},
    {TWO("0.0.0.0:25", "10.0.0.9:25"),
     "postern.conf:2: error: listener '10.0.0.9:25' and listener '0.0.0.0:25' in line 1 cannot "
     "both be opened: \"0.0.0.0:25\" takes what arrives at \"10.0.0.9:25\", too\n"},
    {TWO("[::]:25", "[2001:db8::1]:25"),
     "postern.conf:2: error: listener '[2001:db8::1]:25' and listener '[::]:25' in line 1 cannot "
     "both be opened: \"[::]:25\" takes what arrives at \"[2001:db8::1]:25\", too\n"},
    {TWO("0.0.0.0:25", "[2001:db8::1]:25"), ""},
    {TWO("0.0.0.0:25", "[::]:26"), ""},
    {TWO("[::]:0", "0.0.0.0:0"), ""},
    {TWO("[::]:25", "unix:/run/x"), ""},
    {TWO("10.0.0.8:25", "10.0.0.9:25"), ""},
};

/* ${text} with each "error" a "note". */
static void soften(const char *text, char *out, size_t size)
{
    size_t used = 0;

    for (; *text != '\0' && used + 8 < size; text++) {
        bool error = strncmp(text, ": error:", 8) == 0;

        used += (size_t)snprintf(out + used, size - used, "%s%.1s", error ? ": note:" : "",
                                 error ? "" : text);
        text += error ? 7 : 0;
    }
    out[used] = '\0';
}

static void proxy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(PROXY) / sizeof(*PROXY); i++) {
        struct load load;
        char notes[512] = "";

        load_begin(&load);
        load_again(&load, PROXY[i].text, CONFIG_NEEDS_PROXY);
        assert_string_equal(load.problems.data, PROXY[i].problems);
        soften(PROXY[i].problems, notes, sizeof(notes));
        load_again(&load, PROXY[i].text, CONFIG_NEEDS_ADVICE);
        assert_string_equal(load.problems.data, notes);
        assert_non_null(load.config);
        load_again(&load, PROXY[i].text, CONFIG_NEEDS_NOTHING);
        assert_string_equal(load.problems.data, "");
        load_end(&load);
    }
}

static void advice(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_again(&load, "workers = 1;", CONFIG_NEEDS_ADVICE);
    assert_string_equal(load.problems.data,
                        "postern.conf: note: there are no listeners, no upstreams and no 'milter': "
                        "neither `postern proxy` nor `postern milter` starts with this\n");
    load_again(&load, "milter = { address = \"unix:/run/m\"; };", CONFIG_NEEDS_ADVICE);
    assert_string_equal(load.problems.data, "");
    load_again(&load, "\nhostname = \"gw\"; listeners = ( { address = \"10.0.0.9:25\"; } );" UP,
               CONFIG_NEEDS_ADVICE);
    assert_string_equal(load.problems.data,
                        "postern.conf:2: note: hostname 'gw' has no domain: other servers may "
                        "refuse it in HELO; set hostname = \"gw.example.org\"\n");
    load_end(&load);
}

static void assert_file(const struct load *load, const struct config_file *file, const char *name,
                        unsigned line)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", load->folder, name);
    assert_non_null(file);
    assert_string_equal(file->path.ptr, path);
    assert_int_equal(file->place.line, line);
}

static void files_and_places(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_file(&load, "more.conf", "log = { to = \"/x\"; };\n");
    load_file(&load, "list", "a.test\n");
    load_again(&load,
               "user = \"u\";\n@include \"more.conf\"\nlists = { a = { file = \"list\"; }; };\n\n"
               "limits = {\n spool_dir = \"/s\"; };",
               CONFIG_NEEDS_NOTHING);
    assert_non_null(load.config);
    assert_file(&load, load.config->files, "list", 3);
    assert_file(&load, load.config->files->next, "more.conf", 0);
    assert_file(&load, load.config->files->next->next, "postern.conf", 0);
    assert_null(load.config->files->next->next->next);
    assert_int_equal(load.config->places.user.line, 1);
    assert_int_equal(load.config->places.log.line, 1);
    assert_int_equal(load.config->places.spool.line, 6);
    assert_int_equal(load.config->places.audit.line, 0);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxy),
        cmocka_unit_test(advice),
        cmocka_unit_test(files_and_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
