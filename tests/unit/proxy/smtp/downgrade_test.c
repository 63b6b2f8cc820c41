/* R92, R93, R102: what a server that offers less is told, and what it cannot be told. */
#include "proxy/smtp/downgrade.h"

#include "tests/unit/support.h"
#include <stdio.h>

#define BODIES (EXTENSION_8BITMIME | EXTENSION_BINARYMIME | EXTENSION_CHUNKING)

enum { ASCII, EIGHT_BIT, UNICODE };

static const struct {
    const char *params;
    enum verb verb;
    unsigned offered;
    int message;
    const char *written;  /* NULL: it cannot go */
    const char *left_out; /* or the parameter that it cannot go without */
} rows[] = {
    {"", VERB_MAIL, 0, UNICODE, "", ""},
    {"RET=HDRS ENVID=q1", VERB_MAIL, EXTENSION_DSN, ASCII, " RET=HDRS ENVID=q1", ""},
    {"RET=HDRS ENVID=q1", VERB_MAIL, 0, ASCII, "", " RET ENVID"},
    {"NOTIFY=NEVER ORCPT=rfc822;a@b", VERB_RCPT, 0, UNICODE, "", " NOTIFY ORCPT"},
    {"ORCPT=utf-8;\xc3\xbc@b", VERB_RCPT, EXTENSION_DSN | EXTENSION_SMTPUTF8, UNICODE,
     " ORCPT=utf-8;\xc3\xbc@b", ""},
    {"ORCPT=utf-8;\xc3\xbc@b", VERB_RCPT, EXTENSION_DSN, UNICODE, "", " ORCPT"},
    {"MT-PRIORITY=3 BODY=7BIT", VERB_MAIL, 0, EIGHT_BIT, "", " MT-PRIORITY BODY"},
    {"BODY=8BITMIME", VERB_MAIL, 0, ASCII, "", " BODY"},
    {"body=8bitmime RET=FULL", VERB_MAIL, EXTENSION_8BITMIME, EIGHT_BIT, " body=8bitmime", " RET"},
    {"RET=FULL BODY=8BITMIME", VERB_MAIL, 0, EIGHT_BIT, NULL, "8BITMIME"},
    {"BODY=8BITMIME", VERB_MAIL, EXTENSION_BINARYMIME, EIGHT_BIT, NULL, "8BITMIME"},
    {"BODY=BINARYMIME", VERB_MAIL, BODIES, EIGHT_BIT, " BODY=BINARYMIME", ""},
    {"BODY=BINARYMIME", VERB_MAIL, EXTENSION_8BITMIME, ASCII, NULL, "BINARYMIME"},
    {"SMTPUTF8", VERB_MAIL, EXTENSION_SMTPUTF8, UNICODE, " SMTPUTF8", ""},
    {"SMTPUTF8", VERB_MAIL, 0, EIGHT_BIT, "", " SMTPUTF8"},
    {"SMTPUTF8", VERB_MAIL, 0, UNICODE, NULL, ""},
    {"BY=60;R", VERB_MAIL, EXTENSION_DELIVERBY, ASCII, " BY=60;R", ""},
    {"BY=60;NT", VERB_MAIL, 0, ASCII, "", " BY"},
    {"BY=60;R", VERB_MAIL, 0, ASCII, NULL, "60;R"},
    {"BY=60;rt", VERB_MAIL, 0, ASCII, NULL, "60;rt"},
    {"HOLDFOR=60", VERB_MAIL, 0, ASCII, NULL, "60"},
    {"HOLDUNTIL=2030-01-01T00:00:00Z", VERB_MAIL, 0, ASCII, NULL, "2030-01-01T00:00:00Z"},
    {"REQUIRETLS", VERB_MAIL, 0, ASCII, NULL, ""},
    {"X=1", VERB_MAIL, 0, ASCII, NULL, "1"},
};

static void check(size_t i, struct bytes *left_out)
{
    struct capabilities offered = {.extensions = rows[i].offered};
    struct downgrade_message message = {rows[i].message != ASCII, rows[i].message == UNICODE};
    const struct command_param *missing;
    struct command_path path;
    char text[128];

    (void)snprintf(text, sizeof(text), "TO:<a> %s", rows[i].params);
    assert_int_equal(command_parse_path(slice_str(text), SLICE("TO:"), true, &path), PATH_OK);
    missing = downgrade_path(&path, rows[i].verb, &message, &offered, left_out);
    assert_row((missing != NULL) == (rows[i].written == NULL), rows[i].params, i);
    if (missing != NULL) {
        assert_row(slice_equal(missing->value, slice_str(rows[i].left_out)), rows[i].params, i);
        return;
    }
    struct bytes wire;
    bytes_init(&wire, 200);
    assert_int_equal(command_write_path(&wire, VERB_RCPT, &path), 0);
    (void)snprintf(text, sizeof(text), "RCPT TO:<a>%s\r\n", rows[i].written);
    assert_row(slice_equal(bytes_slice(&wire), slice_str(text)), rows[i].params, i);
    assert_row(slice_equal(bytes_slice(left_out), slice_str(rows[i].left_out)), rows[i].params, i);
    bytes_fini(&wire);
}

static void parameters(void **state)
{
    struct bytes left_out;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bytes_init(&left_out, 100);
        check(i, &left_out);
        bytes_fini(&left_out);
    }
}

/* Each is named once, for however many recipients. */
static void named_once(void **state)
{
    const struct downgrade_message message = {false, false};
    const struct capabilities offered = {.extensions = 0};
    struct command_path path;
    struct bytes left_out;

    (void)state;
    bytes_init(&left_out, 100);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            command_parse_path(SLICE("TO:<a> NOTIFY=NEVER ORCPT=x;y"), SLICE("TO:"), false, &path),
            PATH_OK);
        assert_null(downgrade_path(&path, VERB_RCPT, &message, &offered, &left_out));
    }
    assert_true(slice_equal(bytes_slice(&left_out), SLICE(" NOTIFY ORCPT")));
    bytes_fini(&left_out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters),
        cmocka_unit_test(named_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
