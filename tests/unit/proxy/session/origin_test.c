/* Who the client is, as the upstream is told, and whom it speaks for. */
#include "proxy/session/origin.h"

#include "proxy/session/naming.h"
#include "tests/unit/proxy/session/session_kit.h"

static void test_name(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    assert_slice(origin_helo(s), SLICE(""));
    assert_slice(origin_name(s), SLICE("gw.test"));
    assert_int_equal(hello_told(s, SLICE("me.test")), 0);
    assert_slice(origin_name(s), SLICE("me.test"));
    kit_end();
}

/* The client itself, whatever it says of others. */
static void test_identity(void **state)
{
    const struct attributes told = {.given = IDENTITY_NAME,
                                    .name = {.bytes = "friend.test", .len = 11}};
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    assert_int_equal(naming_told(s, &told), 0);
    assert_int_equal(hello_told(s, SLICE("me.test")), 0);
    struct identity identity = origin_identity(s);
    assert_true(address_equal(&identity.client, &s->who.client));
    assert_slice(identity.helo, SLICE("me.test"));
    assert_slice(identity.name, SLICE("friend.test"));
    assert_true(identity.esmtp);
    naming_forget(s);
    kit_end();
}

/* XFORWARD speaks of another, until the transaction ends. */
static void test_behind(void **state)
{
    const struct attributes told = {.given = IDENTITY_ADDR | IDENTITY_PROTO | IDENTITY_HELO,
                                    .address = {.family = ADDRESS_V4, .bytes = {198, 51, 100, 7}},
                                    .helo = {.bytes = "far.test", .len = 8}};
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    assert_int_equal(origin_keep(s, &told), 0);
    struct identity behind = origin_behind(s);
    assert_true(address_equal(&behind.client, &told.address));
    assert_slice(behind.helo, SLICE("far.test"));
    assert_false(behind.esmtp);
    struct identity itself = origin_identity(s);
    assert_true(address_equal(&itself.client, &s->who.client));
    origin_forget(s);
    behind = origin_behind(s);
    assert_true(address_equal(&behind.client, &s->who.client));
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
