/* request: where a command notes what it has done, and what it says when it could not. */
#include "proxy/depot/request.h"

#include "conf/config.h"
#include "tests/unit/proxy/depot/depot_folder.h"
#include "tests/unit/said.h"

#include <sysexits.h>

static void errors(void **state)
{
    static const struct {
        const char *name;
        enum depot_result result;
        int error, status;
        const char *said;
    } rows[] = {
        {"ok", DEPOT_OK, 0, EX_OK, ""},
        {"absent", DEPOT_ABSENT, 0, EX_NOINPUT, "postern quarantine: there is no message 'a'\n"},
        {"busy", DEPOT_BUSY, 0, EX_TEMPFAIL,
         "postern quarantine: a: another command works on it, or its message is under way\n"},
        {"damaged", DEPOT_DAMAGED, 0, EX_DATAERR,
         "postern quarantine: a: damaged, or no message of ours\n"},
        {"foreign", DEPOT_FOREIGN, 0, EX_DATAERR,
         "postern quarantine: a: its record is of a version that this program does not know; "
         "another version of postern has written it\n"},
        {"not allowed", DEPOT_ERROR, EACCES, EX_NOPERM,
         "postern quarantine: a: Permission denied\n"},
        {"not permitted", DEPOT_ERROR, EPERM, EX_NOPERM,
         "postern quarantine: a: Operation not permitted\n"},
        {"broken", DEPOT_ERROR, EIO, EX_IOERR, "postern quarantine: a: Input/output error\n"},
    };

    const struct depot_request request = {.name = "quarantine"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct said error;

        said_begin(&error, stderr);
        errno = rows[i].error;
        int status = request_error(&request, "a", rows[i].result);
        assert_row_slice(said_end(&error), slice_str(rows[i].said), rows[i].name, 0);
        assert_row(status == rows[i].status, rows[i].name, 0);
    }
}

/* A note in the gateway's own log is there when the command is over, whatever level it keeps. */
static void into_the_log(void **state)
{
    struct folder *f = *state;
    char path[256], text[256] = "";
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/log", f->top);
    file = fopen(path, "w"); /* the gateway has made it */
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    struct config config = {.log = {.to = slice_str(path), .level = LOG_LEVEL_ERROR}};
    const struct depot_request request = {.config = &config, .name = "quarantine"};
    struct log *log = request_log(&request);
    assert_non_null(log);
    log_write(log, LOG_LEVEL_INFO, "quarantine: a deleted");
    log_destroy(log);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_non_null(strstr(text, "quarantine: a deleted\n"));
}

/* A log that is not there is not made: the gateway might not be allowed to write it then. */
static void not_ours_to_make(void **state)
{
    struct folder *f = *state;
    char path[256];

    (void)snprintf(path, sizeof path, "%s/log", f->top);
    struct config config = {.log = {.to = slice_str(path)}};
    const struct depot_request request = {.config = &config, .name = "quarantine"};
    log_destroy(request_log(&request)); /* syslog's */
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),
        cmocka_unit_test_setup_teardown(into_the_log, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(not_ours_to_make, folder_setup, folder_teardown),
    };

    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
