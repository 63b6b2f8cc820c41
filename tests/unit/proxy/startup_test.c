/* startup: with a configuration, or not at all. */
#include "proxy/startup.h"

#include "tests/unit/said.h"

#include <stdlib.h>
#include <sysexits.h>

static int serve(struct config *config, struct diag *diag)
{
    assert_non_null(config);
    return diag->warnings > 0 ? EX_TEMPFAIL : EX_OK;
}

static void doubt(const struct config *config, struct diag *diag)
{
    (void)config;
    diag_add(diag, DIAG_WARNING, (struct place){NULL, 0}, "a doubt");
}

/* What comes of ${text}; ${error}: what stderr has heard. */
static int start(const char *text, config_doubt *doubts, struct said *error, struct slice *said)
{
    char path[] = "/tmp/startup_test.XXXXXX";
    int fd = mkstemp(path);

    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    said_begin(error, stderr);
    int status = startup_run(path, CONFIG_NEEDS_NOTHING, doubts, serve);
    *said = said_end(error);
    assert_int_equal(unlink(path), 0);
    return status;
}

static void serves(void **state)
{
    struct said error;
    struct slice said;

    (void)state;
    assert_int_equal(start("hostname = \"a.test\";\n", NULL, &error, &said), EX_OK);
    assert_text(said, "");
    assert_int_equal(start("hostname = \"a.test\";\n", doubt, &error, &said), EX_TEMPFAIL);
    assert_text(said, ""); /* the server's log is told */
}

static void does_not(void **state)
{
    struct said error;
    struct slice said;

    (void)state;
    assert_int_equal(start("hostnam = \"a.test\";\n", NULL, &error, &said), EX_CONFIG);
    assert_non_null(strstr(error.text, ":1: error: "));
}

static void refuses(void **state)
{
    struct said error;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    diag_add(&diag, DIAG_ERROR, (struct place){"a.conf", 1}, "it is in the way");
    said_begin(&error, stderr);
    int status = startup_refuse(&diag);
    assert_text(said_end(&error), "a.conf:1: error: it is in the way\n");
    assert_int_equal(status, EX_OSERR);
    diag_fini(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serves),
        cmocka_unit_test(does_not),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests_name("startup", tests, NULL, NULL);
}
