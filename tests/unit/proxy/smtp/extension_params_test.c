/* PROTOCOL C04, K01, K06, R55, R88, R92, R93: the parameters of MAIL and RCPT. */
#include "proxy/smtp/extension.h"

#include "tests/unit/support.h"
#include <stdio.h>

#define ALL_OFFERED                                                                                \
    (EXTENSION_SIZE | EXTENSION_8BITMIME | EXTENSION_SMTPUTF8 | EXTENSION_DSN | EXTENSION_AUTH)

static const struct {
    struct slice params; /* after "FROM:<a@b> " or "TO:<a@b> " */
    enum verb verb;
    enum param_result result;
} rows[] = {
    {SLICE_INIT(""), VERB_MAIL, PARAM_OK},
    {SLICE_INIT(""), VERB_RCPT, PARAM_OK},
    {SLICE_INIT("SIZE=0"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("size=1000"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("SIZE=00000000000000000999"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("SIZE=1001"), VERB_MAIL, PARAM_SIZE},
    {SLICE_INIT("SIZE=9223372036854775807"), VERB_MAIL, PARAM_SIZE},
    {SLICE_INIT("SIZE=9223372036854775808"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("SIZE=99999999999999999999"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("SIZE=000000000000000000001"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("SIZE"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("SIZE=-1"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("SIZE=+1"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("SIZE=1k"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("SIZE=5"), VERB_RCPT, PARAM_UNKNOWN},
    {SLICE_INIT("BODY=7BIT"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("body=8bitmime"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("BODY=BINARYMIME"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("BODY"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("BY=120;R"), VERB_MAIL, PARAM_UNKNOWN},
    {SLICE_INIT("HOLDFOR=1"), VERB_MAIL, PARAM_UNKNOWN},
    {SLICE_INIT("REQUIRETLS"), VERB_MAIL, PARAM_UNKNOWN},
    {SLICE_INIT("SMTPUTF8"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("SMTPUTF8=1"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("SMTPUTF8"), VERB_RCPT, PARAM_UNKNOWN},
    {SLICE_INIT("RET=FULL"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("RET=hdrs"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("RET=ALL"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("RET"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=QQ314159+2B~"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("ENVID=+09+A0+0F"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("ENVID"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=a+0Ab"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=a+0D"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=+00"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=+0"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=+"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=+2b"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=+GG"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ENVID=\xc3\xbc SMTPUTF8"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("ORCPT=rfc822;a+2Bb@c"), VERB_RCPT, PARAM_OK},
    {SLICE_INIT("ORCPT=rfc822;+00"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("ORCPT=rfc822;"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("ORCPT=;a@b"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("ORCPT=a@b"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("ORCPT=a+20b;c"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("ORCPT"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("ORCPT=utf-8;\xc3\xbc@b"), VERB_RCPT, PARAM_OK},
    {SLICE_INIT("ORCPT=rfc822;\xc3\xbc@b"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("NOTIFY=NEVER"), VERB_RCPT, PARAM_OK},
    {SLICE_INIT("NOTIFY=SUCCESS,failure,DELAY"), VERB_RCPT, PARAM_OK},
    {SLICE_INIT("NOTIFY=NEVER,SUCCESS"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("NOTIFY=SUCCESS,NEVER"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("NOTIFY=DELAY,DELAY"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("NOTIFY=DELAY,"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("NOTIFY=,DELAY"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("NOTIFY=,"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("NOTIFY"), VERB_RCPT, PARAM_VALUE},
    {SLICE_INIT("NOTIFY=NEVER"), VERB_MAIL, PARAM_UNKNOWN},
    {SLICE_INIT("RET=FULL"), VERB_RCPT, PARAM_UNKNOWN},
    {SLICE_INIT("FOO=1"), VERB_MAIL, PARAM_UNKNOWN},
    {SLICE_INIT("AUTH=<>"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("AUTH=e+3Dmc2@example.com"), VERB_MAIL, PARAM_OK},
    {SLICE_INIT("AUTH=a+0Ab"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("AUTH=a+00b"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("AUTH=<a>b+"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("AUTH"), VERB_MAIL, PARAM_VALUE},
    {SLICE_INIT("AUTH=<>"), VERB_RCPT, PARAM_UNKNOWN},
    {SLICE_INIT("SIZE=5 FOO"), VERB_MAIL, PARAM_UNKNOWN},
    {SLICE_INIT("SIZE=5 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x"), VERB_MAIL, PARAM_OK},
};

static void parse(struct bytes *text, struct guard *guard, size_t row, struct command_path *path)
{
    struct slice prefix = rows[row].verb == VERB_MAIL ? SLICE("FROM:") : SLICE("TO:");

    bytes_clear(text);
    bytes_append(text, prefix);
    bytes_append(text, SLICE("<a@b> "));
    bytes_append(text, rows[row].params);
    assert_row(command_parse_path(guard_copy(guard, bytes_slice(text)), prefix, true, path) ==
                   PATH_OK,
               rows[row].params.ptr, row);
}

static void values(void **state)
{
    struct capabilities offered = {.extensions = ALL_OFFERED, .size_limit = 1000};
    struct command_path path;
    struct guard guard;
    struct bytes text;

    (void)state;
    guard_init(&guard, 1000);
    bytes_init(&text, 1000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        parse(&text, &guard, i, &path);
        assert_row(extension_check_params(rows[i].verb, &path, &offered, NULL) == rows[i].result,
                   rows[i].params.ptr, i);
    }
    bytes_fini(&text);
    guard_fini(&guard);
}

/* D6: what was not offered is unknown, whatever its value. */
static void nothing_unoffered_passes(void **state)
{
    struct capabilities offered = {.extensions = EXTENSION_PIPELINING};
    struct command_path path;
    struct guard guard;
    struct bytes text;

    (void)state;
    guard_init(&guard, 1000);
    bytes_init(&text, 1000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        parse(&text, &guard, i, &path);
        assert_row(extension_check_params(rows[i].verb, &path, &offered, NULL) ==
                       (rows[i].params.len > 0 ? PARAM_UNKNOWN : PARAM_OK),
                   rows[i].params.ptr, i);
    }
    bytes_fini(&text);
    guard_fini(&guard);
}

/* R82. */
static void auth_unoffered(void **state)
{
    static const struct {
        const char *params;
        enum param_result result;
        size_t left;
    } told[] = {
        {"AUTH=<>", PARAM_OK, 0},
        {"BODY=7BIT auth=e+3Dmc2@example.com RET=FULL", PARAM_OK, 2},
        {"AUTH=a+0Ab", PARAM_UNKNOWN, 1},
        {"AUTH", PARAM_UNKNOWN, 1},
        {"AUTHX=<>", PARAM_UNKNOWN, 1},
    };
    static const struct capabilities others = {.extensions = ALL_OFFERED & ~EXTENSION_AUTH};
    static const struct capabilities all = {.extensions = ALL_OFFERED};
    char text[64];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        struct command_path path;

        (void)snprintf(text, sizeof(text), "FROM:<a> %s", told[i].params);
        assert_int_equal(command_parse_path(slice_str(text), SLICE("FROM:"), false, &path),
                         PATH_OK);
        size_t count = path.param_count;
        extension_drop_auth(&path, &all);
        assert_row(path.param_count == count, told[i].params, i);
        extension_drop_auth(&path, &others);
        assert_row(path.param_count == told[i].left, told[i].params, i);
        assert_row(extension_check_params(VERB_MAIL, &path, &others, NULL) == told[i].result,
                   told[i].params, i);
    }
}

static void declared_sizes(void **state)
{
    struct capabilities offered = {.extensions = EXTENSION_SIZE};
    struct command_path path;
    int64_t size = 7;

    (void)state;
    assert_int_equal(command_parse_path(SLICE("FROM:<>"), SLICE("FROM:"), false, &path), PATH_OK);
    assert_int_equal(extension_check_params(VERB_MAIL, &path, &offered, &size), PARAM_OK);
    assert_int_equal(size, EXTENSION_SIZE_UNKNOWN);
    assert_int_equal(
        command_parse_path(SLICE("FROM:<> SIZE=9223372036854775807"), SLICE("FROM:"), false, &path),
        PATH_OK);
    assert_int_equal(extension_check_params(VERB_MAIL, &path, &offered, &size), PARAM_OK);
    assert_true(size == INT64_MAX); /* no limit was offered */
}

/* R100 to R102, RFC 2852, 4865, 6710, 8689: each where its extension alone is offered. */
static const struct {
    const char *params;
    unsigned offered;
    enum param_result result;
} others[] = {
    {"BODY=BINARYMIME", EXTENSION_BINARYMIME, PARAM_OK},
    {"BODY=binarymime", EXTENSION_BINARYMIME | EXTENSION_8BITMIME, PARAM_OK},
    {"BODY=7BIT", EXTENSION_BINARYMIME, PARAM_OK},
    {"BODY=8BITMIME", EXTENSION_BINARYMIME, PARAM_VALUE},
    {"BODY=BINARY", EXTENSION_BINARYMIME, PARAM_VALUE},
    {"BY=120;R", EXTENSION_DELIVERBY, PARAM_OK},
    {"by=999999999;rt", EXTENSION_DELIVERBY, PARAM_OK},
    {"BY=-60;N", EXTENSION_DELIVERBY, PARAM_OK},
    {"BY=0;NT", EXTENSION_DELIVERBY, PARAM_OK},
    {"BY=0;R", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=-1;RT", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=1234567890;N", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=;N", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=-;N", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=1", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=1;", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=1:N", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=1;T", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY=1;NTT", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"BY", EXTENSION_DELIVERBY, PARAM_VALUE},
    {"HOLDFOR=1", EXTENSION_FUTURERELEASE, PARAM_OK},
    {"HOLDFOR=999999999", EXTENSION_FUTURERELEASE, PARAM_OK},
    {"HOLDFOR=0", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDFOR=01", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDFOR=1s", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDFOR=1000000000", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDFOR", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDUNTIL=2030-01-31T23:59:60Z", EXTENSION_FUTURERELEASE, PARAM_OK},
    {"HOLDUNTIL=2030-01-31t23:59:60z", EXTENSION_FUTURERELEASE, PARAM_OK},
    {"HOLDUNTIL=2030-01-31T23:59:60.123-05:30", EXTENSION_FUTURERELEASE, PARAM_OK},
    {"HOLDUNTIL=2030-01-31T23:5x:60Z", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDUNTIL=2030-01-31T23:59:60", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDUNTIL=2030-01-31T23:59:60.Z", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDUNTIL=2030-01-31T23:59:60ZZ", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDUNTIL=2030-01-31", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDUNTIL=2030/01/31T23:59:60Z", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDUNTIL", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"HOLDFOR=1 HOLDUNTIL=2030-01-31T23:59:60Z", EXTENSION_FUTURERELEASE, PARAM_VALUE},
    {"MT-PRIORITY=0", EXTENSION_MT_PRIORITY, PARAM_OK},
    {"mt-priority=9", EXTENSION_MT_PRIORITY, PARAM_OK},
    {"MT-PRIORITY=-9", EXTENSION_MT_PRIORITY, PARAM_OK},
    {"MT-PRIORITY=-0", EXTENSION_MT_PRIORITY, PARAM_VALUE},
    {"MT-PRIORITY=10", EXTENSION_MT_PRIORITY, PARAM_VALUE},
    {"MT-PRIORITY=-10", EXTENSION_MT_PRIORITY, PARAM_VALUE},
    {"MT-PRIORITY=-", EXTENSION_MT_PRIORITY, PARAM_VALUE},
    {"MT-PRIORITY=a", EXTENSION_MT_PRIORITY, PARAM_VALUE},
    {"MT-PRIORITY", EXTENSION_MT_PRIORITY, PARAM_VALUE},
    {"REQUIRETLS", EXTENSION_REQUIRETLS, PARAM_OK},
    {"REQUIRETLS=yes", EXTENSION_REQUIRETLS, PARAM_VALUE},
    {"MT-PRIORITY=1", EXTENSION_DELIVERBY, PARAM_UNKNOWN},
};

static void parameters_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct capabilities offered = {.extensions = others[i].offered};
        struct command_path path;
        char argument[128];

        (void)snprintf(argument, sizeof(argument), "FROM:<a@b> %s", others[i].params);
        assert_int_equal(command_parse_path(slice_str(argument), SLICE("FROM:"), false, &path),
                         PATH_OK);
        assert_row(extension_check_params(VERB_MAIL, &path, &offered, NULL) == others[i].result,
                   others[i].params, i);
    }
}

/* One by itself, from whom it may come. */
static void offered_one_by_one(void **state)
{
    static const struct capabilities dsn = {.extensions = EXTENSION_DSN};
    static const struct {
        const char *param;
        enum verb verb;
        bool offered;
    } ones[] = {
        {"RET=HDRS", VERB_MAIL, true},      {"RET=SOME", VERB_MAIL, false},
        {"RET=HDRS", VERB_RCPT, false},     {"NOTIFY=NEVER", VERB_RCPT, true},
        {"NOTIFY=NEVER", VERB_MAIL, false}, {"SIZE=1", VERB_MAIL, false},
        {"X=1", VERB_RCPT, false},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ones); i++) {
        struct command_path path;

        (void)snprintf(text, sizeof(text), "TO:<a> %s", ones[i].param);
        assert_int_equal(command_parse_path(slice_str(text), SLICE("TO:"), false, &path), PATH_OK);
        assert_row(extension_offers_param(ones[i].verb, &path.params[0], &dsn) == ones[i].offered,
                   ones[i].param, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(nothing_unoffered_passes),
        cmocka_unit_test(auth_unoffered),
        cmocka_unit_test(declared_sizes),
        cmocka_unit_test(parameters_of_others),
        cmocka_unit_test(offered_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
