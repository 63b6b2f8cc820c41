/* Parameters that an edit gives: those that the upstream takes and that are an edit's to give. */
#include "proxy/session/parameters.h"

#include "tests/unit/proxy/session/session_kit.h"

struct row {
    enum verb verb;
    unsigned offered;
    const char *wanted, *kept;
};

static const struct row rows[] = {
    {VERB_RCPT, EXTENSION_DSN, "NOTIFY=NEVER", " NOTIFY=NEVER"},
    {VERB_RCPT, 0, "NOTIFY=NEVER", ""},
    {VERB_MAIL, EXTENSION_DSN, "RET=HDRS ENVID=x", " RET=HDRS ENVID=x"},
    {VERB_MAIL, EXTENSION_DSN, "NOTIFY=NEVER RET=HDRS", " RET=HDRS"},
    /* The content's and the login's are not an edit's. */
    {VERB_MAIL, EXTENSION_DSN | EXTENSION_SIZE | EXTENSION_8BITMIME | EXTENSION_AUTH,
     "SIZE=5 BODY=8BITMIME AUTH=<> RET=FULL", " RET=FULL"},
    {VERB_MAIL, EXTENSION_DSN, "RET=>", ""},
    {VERB_MAIL, EXTENSION_DSN, "", ""},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct session *s = kit_begin(SESSION_LISTENER, NULL);
        s->offered.extensions = rows[i].offered;
        assert_slice(parameters_keep(s, rows[i].verb, slice_str(rows[i].wanted)),
                     slice_str(rows[i].kept));
        kit_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
