/* transaction: the envelope as kept for a replay, and the reset that leaves nothing behind. */
#include "conf/limits.h"
#include "proxy/session/transaction.h"
#include "tests/unit/support.h"

static const struct limits limits = {
    .memory_per_message_bytes = 1024, .spool_dir = {"/tmp", 4}, .recipients = 10};

static struct command_path parse(const char *argument, const char *prefix)
{
    struct command_path path;
    assert_int_equal(command_parse_path(slice_str(argument), slice_str(prefix), true, &path),
                     PATH_OK);
    return path;
}

struct mail_row {
    const char *argument, *sender, *wire, *body_params;
};

static const struct mail_row mail_rows[] = {
    {"FROM:<>", "", "MAIL FROM:<>\r\n", ""},
    {"from: <a@b>", "a@b", "MAIL FROM:<a@b>\r\n", ""},
    {"FROM:<@x,@y:a@b> SIZE=5 BODY=8BITMIME", "a@b", "MAIL FROM:<a@b> SIZE=5 BODY=8BITMIME\r\n",
     " BODY=8BITMIME"},
    {"FROM:<a@b> RET=HDRS smtputf8 body=7bit", "a@b",
     "MAIL FROM:<a@b> RET=HDRS smtputf8 body=7bit\r\n", " BODY=7bit SMTPUTF8"},
    {"FROM:<a@b> BY=60;R BODY=BINARYMIME", "a@b", "MAIL FROM:<a@b> BY=60;R BODY=BINARYMIME\r\n",
     " BODY=BINARYMIME"},
};

static void test_mail(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mail_rows); i++) {
        struct transaction t;
        transaction_init(&t, &limits);
        struct command_path path = parse(mail_rows[i].argument, "FROM:");
        assert_int_equal(transaction_begin(&t, &path), 0);
        assert_slice(t.envelope.sender, slice_str(mail_rows[i].sender));
        assert_slice(t.envelope.mail_wire, slice_str(mail_rows[i].wire));
        assert_slice(t.envelope.body_params, slice_str(mail_rows[i].body_params));
        transaction_reset(&t, &limits);
    }
}

static void test_recipients(void **state)
{
    (void)state;
    struct transaction t;
    transaction_init(&t, &limits);
    for (unsigned i = 0; i < 9; i++) {
        struct command_path path = parse("TO:<c@d> NOTIFY=NEVER", "TO:");
        struct recipient *r = transaction_add(&t, &path);
        assert_non_null(r);
        assert_int_equal(r->state, RECIPIENT_REFUSED);
        transaction_settle(&t, r, (enum recipient_state)(i % 3), SLICE("250-a\r\n250 b\r\n"));
    }
    assert_int_equal(t.envelope.recipient_count, 9);
    assert_int_equal(t.envelope.accepted_count, 3);
    assert_int_equal(t.envelope.discarded_count, 3);
    assert_slice(t.envelope.recipients[0].wire, slice_str("RCPT TO:<c@d> NOTIFY=NEVER\r\n"));
    assert_slice(t.envelope.recipients[8].reply, slice_str("250-a"));
    transaction_reset(&t, &limits);
}

static void test_reset_forgets_everything(void **state)
{
    (void)state;
    struct transaction used, fresh;
    transaction_init(&used, &limits);
    transaction_init(&fresh, &limits);
    struct command_path path = parse("FROM:<a@b>", "FROM:");
    assert_int_equal(transaction_begin(&used, &path), 0);
    used.envelope.open = used.upstream_open = used.envelope.discard = used.outcome.settled = true;
    assert_int_equal(spool_append(&used.spool, SLICE("text\r\n")), 0);
    bytes_append(&used.plan.header, SLICE("A: b\r\n"));
    transaction_reset(&used, &limits);
    assert_false(used.envelope.open || used.upstream_open || used.envelope.discard ||
                 used.outcome.settled || used.envelope.begun);
    assert_int_equal(used.envelope.recipient_count, 0);
    assert_int_equal(used.spool.size_bytes, 0);
    assert_int_equal(used.plan.header.len, fresh.plan.header.len);
    assert_int_equal(used.envelope.sender.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail),
        cmocka_unit_test(test_recipients),
        cmocka_unit_test(test_reset_forgets_everything),
    };
    return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
