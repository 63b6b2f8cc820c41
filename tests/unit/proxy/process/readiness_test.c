/* readiness: what is told of a machine that lacks what a configuration names. */
#include "proxy/process/readiness.h"

#include "conf/config.h"
#include "filters/base/bytes.h"
#include "tests/unit/configured.h"

#define NONE "/nonexistent"

static void collect(void *ctx, struct slice line)
{
    bytes_append(ctx, line);
    bytes_append_char(ctx, '\n');
}

/* What ${look} finds, for the proxy, in the configuration ${text}; the file's name is taken off. */
static void find(void (*look)(const struct readiness *r, struct diag *diag), const char *text,
                 const char *wanted)
{
    struct config *config = configured(text);
    const struct readiness r = {config, CONFIG_NEEDS_PROXY, DIAG_ERROR};
    struct bytes found;
    struct diag diag;

    config->files = NULL; /* the file itself is gone */
    diag_init(&diag);
    bytes_init(&found, 65536);
    look(&r, &diag);
    diag_print(&diag, collect, &found);
    struct slice line = bytes_slice(&found);
    if (line.len > 0)
        line = slice_from(line, slice_find(line, ':'));
    assert_slice(line, slice_str(wanted));
    bytes_fini(&found);
    diag_fini(&diag);
    config_unref(config);
}

static void sockets(void **state)
{
    (void)state;
    find(readiness_open, "listeners = ( { address = \"127.0.0.1:0\"; } );\n", "");
    find(readiness_open, "listeners = ( { address = \"192.0.2.1:25\"; } );\n",
         ":1: error: cannot listen on 192.0.2.1:25: no interface of this machine has that "
         "address\n");
    find(readiness_open, "\nlisteners = ( { address = \"unix:" NONE "/socket\"; } );\n",
         ":2: error: cannot listen on unix:" NONE "/socket: its folder does not exist\n");
}

static void users(void **state)
{
    (void)state;
    find(readiness_open, "user = \"nobody\";\n", "");
    find(readiness_open, "user = \"no-such-user\";\n",
         geteuid() == 0 ? ":1: error: there is no user 'no-such-user' on this machine\n"
                        : ":1: note: there is no user 'no-such-user' on this machine: started as "
                          "root it would be refused\n");
}

static void places(void **state)
{
    (void)state;
    find(readiness_serve, "audit = { file = \"-\"; };\n", "");
    find(readiness_serve, "audit = { file = \"" NONE "/audit\"; };\n",
         ":1: error: audit: \"" NONE "/audit\" cannot be used: No such file or directory\n");
    find(readiness_serve, "log = { to = \"" NONE "/log\"; };\n",
         ":1: error: log: \"" NONE "/log\" cannot be used: No such file or directory\n");
    find(readiness_serve, "limits = { spool_dir = \"" NONE "\"; };\n",
         ":1: error: spool_dir: \"" NONE "\" cannot be used: No such file or directory\n");
}

/* What a reload would miss is a warning. */
static void files(void **state)
{
    struct config *config = configured("");
    const struct readiness r = {config, CONFIG_NEEDS_PROXY, DIAG_ERROR};
    struct diag diag;

    (void)state;
    diag_init(&diag);
    readiness_serve(&r, &diag);
    assert_int_equal(diag.errors, 0);
    assert_int_equal(diag.warnings, 1);
    diag_fini(&diag);
    config_unref(config);
}

/* The level is the caller's, and a milter needs no more than a milter does. */
static void levels(void **state)
{
    struct config *config = configured("listeners = ( { address = \"192.0.2.1:25\"; } );\n"
                                       "log = { to = \"" NONE "/log\"; };\n"
                                       "milter = { address = \"inet:45999@127.0.0.1\"; };\n");
    const struct readiness proxy = {config, CONFIG_NEEDS_PROXY, DIAG_NOTE};
    const struct readiness milter = {config, CONFIG_NEEDS_MILTER, DIAG_ERROR};
    struct diag diag;

    (void)state;
    diag_init(&diag);
    readiness_open(&proxy, &diag);
    assert_int_equal(diag.notes, 1);
    assert_int_equal(diag.errors, 0);
    readiness_open(&milter, &diag);
    assert_int_equal(diag.errors, 0);
    readiness_serve(&milter, &diag);
    assert_int_equal(diag.errors, 1);
    diag_fini(&diag);
    config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets), cmocka_unit_test(users),  cmocka_unit_test(places),
        cmocka_unit_test(files),   cmocka_unit_test(levels),
    };

    return cmocka_run_group_tests_name("readiness", tests, NULL, NULL);
}
