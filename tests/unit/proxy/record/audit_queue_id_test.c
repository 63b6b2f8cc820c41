/* audit_queue_id: the habits of servers, and replies that name nothing. */
#include "proxy/record/audit.h"
#include "tests/unit/support.h"

static const struct {
    const char *reply, *want;
} rows[] = {
    {"250 2.0.0 Ok: queued as 4F2A", "4F2A"},                       /* Postfix */
    {"250 2.0.0 Ok: queued as 4Z1k2P3hGxz9rwZ", "4Z1k2P3hGxz9rwZ"}, /* ... with long ids */
    {"250 2.6.0 Ok, id=1-2, from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 9A", "9A"},
    {"250 OK id=1rAbCd-000123-4e", "1rAbCd-000123-4e"},                           /* Exim */
    {"250 2.0.0 a1b2c3d4 Message accepted for delivery", "a1b2c3d4"},             /* OpenSMTPD */
    {"250 2.0.0 x8KAbCdE012345 Message accepted for delivery", "x8KAbCdE012345"}, /* sendmail */
    {"250 2.6.0 <a@b.example> [InternalId=12345678, Hostname=ex.example] 2048 bytes in 0.1, "
     "20 KB/sec Queued mail for delivery",
     "12345678"},                                        /* Exchange */
    {"250 ok 1700000000 qp 5678", "1700000000 qp 5678"}, /* qmail */
    {"250 Message Queued (AB12-34.1)", "AB12-34.1"},     /* Haraka */
    {"250 2.0.0 OK  1700000000 a1-20020a0b12si345.67 - gsmtp", "a1-20020a0b12si345.67"},
    {"250 2.0.0 Ok: Queued As 4F2A.", "4F2A"},
    {"250 Ok: queued as aZ09-_./+=@b!", "aZ09-_./+=@b"},
    {"250 /+=@ Message accepted for delivery", "/+=@"},
    {"250 (1700000000) qp 5678", ""},
    {"250 ok 1700000000 qp (5678)", ""},
    {"250 queued as \"mail\", OK id=1r-2", "1r-2"}, /* the next mark may have one */
    {"250 2.0.0 Ok", ""},
    {"250 2.0.0 Message accepted for delivery", ""}, /* a code is no id */
    {"250 Message accepted for delivery", ""},
    {"250 2.0.0 Ok: queued as ", ""},
    {"250 ok qp 5678", "ok qp 5678"},
    {"", ""},
    {"250", ""},
    {"qp", ""},
};

static void test_rows(void **state)
{
    (void)state;
    struct guard guard;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice reply = guard_copy(&guard, slice_str(rows[i].reply));
        struct slice id = audit_queue_id(reply);
        assert_row(slice_equal(id, slice_str(rows[i].want)), rows[i].reply, 0);
        if (id.len > 0)
            assert_true(id.ptr >= reply.ptr && id.ptr + id.len <= reply.ptr + reply.len);
    }
    assert_int_equal(audit_queue_id(SLICE_NONE).len, 0);
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
