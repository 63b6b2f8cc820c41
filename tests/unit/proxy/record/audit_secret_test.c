/* audit_secret: a text that names who is to be concealed is told from one that does not. */
#include "conf/audit_conf.h"
#include "proxy/record/audit.h"
#include "tests/unit/support.h"

static const struct audit_recipient RECIPIENTS[] = {{.address = SLICE_INIT("u@x.test")},
                                                    {.address = SLICE_INIT("v@x.test")}};

static const struct {
    enum privacy sender, recipients;
    const char *text;
    bool secret;
} ROWS[] = {
    {PRIVACY_PLAIN, PRIVACY_PLAIN, "a@b.test to u@x.test", false},
    {PRIVACY_HASH, PRIVACY_PLAIN, "for A@B.test!", true},
    {PRIVACY_OMIT, PRIVACY_PLAIN, "a@b.tes", false},
    {PRIVACY_HASH, PRIVACY_PLAIN, "u@x.test", false},
    {PRIVACY_PLAIN, PRIVACY_HASH, "V@X.TEST", true},
    {PRIVACY_PLAIN, PRIVACY_OMIT, "w@x.test", false},
    {PRIVACY_PLAIN, PRIVACY_OMIT, "a@b.test", false},
};

static void test_texts(void **state)
{
    (void)state;
    const struct audit_record record = {.sender = SLICE("a@b.test"),
                                        .recipients = RECIPIENTS,
                                        .recipient_count = COUNT_OF(RECIPIENTS)};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct audit_conf conf = {.sender = ROWS[i].sender, .recipients = ROWS[i].recipients};
        assert_row(audit_secret(&record, &conf, slice_str(ROWS[i].text)) == ROWS[i].secret,
                   ROWS[i].text, i);
    }
}

/* The reply to one may name whoever took its place. */
static void test_recipient(void **state)
{
    (void)state;
    const struct audit_record record = {.sender = SLICE("a@b.test")};
    const struct audit_conf plain = {.sender = PRIVACY_PLAIN}, hash = {.recipients = PRIVACY_HASH};
    const struct audit_conf sender = {.sender = PRIVACY_HASH};
    struct audit_recipient recipient = {.address = SLICE("root"), .reply = SLICE("250 for ROOT")};
    assert_false(audit_secret_recipient(&record, &plain, &recipient));
    assert_true(audit_secret_recipient(&record, &hash, &recipient));
    recipient.reply = SLICE("250 for other@x.test");
    assert_true(audit_secret_recipient(&record, &hash, &recipient));
    assert_false(audit_secret_recipient(&record, &sender, &recipient));
    recipient.reply = SLICE("250 ok");
    assert_false(audit_secret_recipient(&record, &hash, &recipient));
    recipient.reply = SLICE("250 from a@b.test");
    assert_true(audit_secret_recipient(&record, &sender, &recipient));
}

static void test_codes(void **state)
{
    (void)state;
    assert_slice(audit_secret_codes(SLICE("450 4.7.1 to u@x.test")), SLICE("450 4.7.1"));
    assert_slice(audit_secret_codes(SLICE("450 to u@x.test")), SLICE("450"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_recipient),
        cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
