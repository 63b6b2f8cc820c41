#include "filters/base/mailbox.h"

#include "tests/unit/support.h"

static const struct {
    struct slice address;
    struct slice domain;
} domains[] = {
    {SLICE_INIT("a@b"), SLICE_INIT("b")},
    {SLICE_INIT("a"), SLICE_INIT("")},
    {SLICE_INIT(""), SLICE_INIT("")},
    {SLICE_INIT("a@"), SLICE_INIT("")},
    {SLICE_INIT("@b"), SLICE_INIT("b")},
    {SLICE_INIT("a@b@c"), SLICE_INIT("c")},
    {SLICE_INIT("\"a@b\"@c"), SLICE_INIT("c")},
    {SLICE_INIT("\"a@b\""), SLICE_INIT("")},
    {SLICE_INIT("\"a\\\"@b\"@c"), SLICE_INIT("c")},
    {SLICE_INIT("\"a@b"), SLICE_INIT("")},
    {SLICE_INIT("\"a\\"), SLICE_INIT("")},
    {SLICE_INIT("a@[IPv6:::1]"), SLICE_INIT("[IPv6:::1]")},
    {SLICE_INIT("a\0@b\0c"), SLICE_INIT("b\0c")},
};

static void domain_of(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(domains); i++)
        assert_row_slice(mailbox_domain(guard_copy(&guard, domains[i].address)), domains[i].domain,
                         domains[i].address.ptr, i);
    guard_fini(&guard);
}

/* The same in slices of any size. */
static void domain_in_slices(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(domains); i++) {
        struct slice address = domains[i].address;

        for (size_t count = 1; count <= address.len; count++) {
            struct mailbox_search search = {0};
            size_t calls = 1;

            while (!mailbox_search(&search, address, count))
                calls++;
            assert_row(calls <= (address.len + count - 1) / count, address.ptr, i);
            assert_row_slice(search.domain > 0 ? slice_from(address, search.domain) : SLICE_NONE,
                             domains[i].domain, address.ptr, i);
        }
    }
}

static void literals(void **state)
{
    static const struct {
        struct slice text;
        bool valid;
    } rows[] = {
        {SLICE_INIT("[192.0.2.1]"), true},
        {SLICE_INIT("[IPv6:2001:db8::1]"), true},
        {SLICE_INIT("[ipv6:::1]"), true},
        {SLICE_INIT("192.0.2.1"), false},
        {SLICE_INIT("[192.0.2.300]"), false},
        {SLICE_INIT("[2001:db8::1]"), false},
        {SLICE_INIT("[IPv6:192.0.2.1]"), false},
        {SLICE_INIT("[x:y]"), false},
        {SLICE_INIT("[IPv6:y]"), false},
        {SLICE_INIT("[]"), false},
        {SLICE_INIT("[[::1]]"), false},
        {SLICE_INIT("[192.0.2.1](x)"), false},
        {SLICE_INIT("a[192.0.2.1]"), false},
        {SLICE_INIT("[192.0.2.1"), false},
        {SLICE_INIT("["), false},
        {SLICE_INIT(""), false},
    };
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_input(mailbox_literal(guard_copy(&guard, rows[i].text)) == rows[i].valid,
                     rows[i].text, i);
    guard_fini(&guard);
}

enum { NEVER, ALWAYS, WITH_UTF8 };

static const struct {
    struct slice address;
    int valid;
} mailboxes[] = {
    {SLICE_INIT("a@b"), ALWAYS},
    {SLICE_INIT("John.Q+tag=x/y@mail.Example.ORG"), ALWAYS},
    {SLICE_INIT("!#$%&'*+-/=?^_`{|}~@b"), ALWAYS},
    {SLICE_INIT("postmaster"), ALWAYS},
    {SLICE_INIT("PostMaster"), ALWAYS},
    {SLICE_INIT("root"), NEVER},
    {SLICE_INIT(""), NEVER},
    {SLICE_INIT("@"), NEVER},
    {SLICE_INIT("@b"), NEVER},
    {SLICE_INIT("a@"), NEVER},
    {SLICE_INIT(".a@b"), ALWAYS},
    {SLICE_INIT("a.@b"), ALWAYS},
    {SLICE_INIT("a..b@c"), ALWAYS},
    {SLICE_INIT("..@c"), NEVER},
    {SLICE_INIT("a b@c"), NEVER},
    {SLICE_INIT("a\0@c"), NEVER},
    {SLICE_INIT("a@b\0c"), NEVER},
    {SLICE_INIT("a\r\nRCPT@c"), NEVER},
    {SLICE_INIT("(any@legit"), NEVER},
    {SLICE_INIT("any@legit'@any.attack"), NEVER},
    {SLICE_INIT("a@b@c"), NEVER},
    {SLICE_INIT("a<b@c"), NEVER},
    {SLICE_INIT("a,b@c"), NEVER},
    {SLICE_INIT("\"\"@b"), ALWAYS}, /* the empty quoted string is grammatical */
    {SLICE_INIT("\"x\"@b"), ALWAYS},
    {SLICE_INIT("\"a b>c@d\"@b"), ALWAYS},
    {SLICE_INIT("\"a\\\"b\\\\\"@b"), ALWAYS},
    {SLICE_INIT("\"a\"b\"@c"), NEVER},
    {SLICE_INIT("\"a\"b@c"), NEVER},
    {SLICE_INIT("\"a\"\"b\"@c"), NEVER},
    {SLICE_INIT("\"a\".b@c"), NEVER},
    {SLICE_INIT("\"a\\\"@c"), NEVER},
    {SLICE_INIT("\"a@c"), NEVER},
    {SLICE_INIT("\"@c"), NEVER},
    {SLICE_INIT("\"a\r\nRCPT TO:<x@y>\"@b"), NEVER},
    {SLICE_INIT("\"a\0\"@b"), NEVER},
    {SLICE_INIT("\"a\\\0\"@b"), NEVER},
    {SLICE_INIT("\"a\tb\"@b"), NEVER},
    {SLICE_INIT("\"a\x7f\"@b"), NEVER},
    {SLICE_INIT("a@b_c.d"), ALWAYS},
    {SLICE_INIT("a@1.2.3"), ALWAYS},
    {SLICE_INIT("a@xn--bcher-kva.example"), ALWAYS},
    {SLICE_INIT("a@-b"), NEVER},
    {SLICE_INIT("a@b-"), NEVER},
    {SLICE_INIT("a@b-.c"), NEVER},
    {SLICE_INIT("a@b..c"), NEVER},
    {SLICE_INIT("a@.b"), NEVER},
    {SLICE_INIT("a@b."), NEVER},
    {SLICE_INIT("a@b c"), NEVER},
    {SLICE_INIT("a@b(c)"), NEVER},
    {SLICE_INIT("a@[192.0.2.1]"), ALWAYS},
    {SLICE_INIT("a@[192.0.2.999]"), NEVER},
    {SLICE_INIT("a@[IPv6:2001:db8::1]"), ALWAYS},
    {SLICE_INIT("a@[ipv6:::ffff:192.0.2.1]"), ALWAYS},
    {SLICE_INIT("a@[IPv6:192.0.2.1]"), NEVER},
    {SLICE_INIT("a@[IPv6:[::1]]"), NEVER},
    {SLICE_INIT("a@[2001:db8::1]"), ALWAYS}, /* as a general literal, tag "2001" */
    {SLICE_INIT("a@[x400:c=de;o=x.y]"), ALWAYS},
    {SLICE_INIT("a@[x400:c=de>]"), NEVER},
    {SLICE_INIT("a@[x400:\"c]"), NEVER},
    {SLICE_INIT("a@[x400:c@d]"), NEVER},
    {SLICE_INIT("a@[\xc3\xbc:c]"), NEVER},
    {SLICE_INIT("a@[x_400:c=de]"), NEVER},
    {SLICE_INIT("a@[tag:]"), NEVER},
    {SLICE_INIT("a@[tag:a\\b]"), NEVER},
    {SLICE_INIT("a@[tag:a b]"), NEVER},
    {SLICE_INIT("a@[]"), NEVER},
    {SLICE_INIT("a@["), NEVER},
    {SLICE_INIT("a@192.0.2.1]"), NEVER},
    {SLICE_INIT("gr\xc3\xbc\xc3\x9f"
                "e@b\xc3\xbc"
                "cher.example"),
     WITH_UTF8},
    {SLICE_INIT("\"gr\xc3\xbc\"@b"), WITH_UTF8},
    {SLICE_INIT("gr\xfc@b"), NEVER},
    {SLICE_INIT("a@b\xc3"), NEVER},
    {SLICE_INIT("\xc0\xae@b"), NEVER},
};

static void validity(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(mailboxes); i++) {
        struct slice address = guard_copy(&guard, mailboxes[i].address);
        int valid = mailboxes[i].valid;

        assert_row(mailbox_valid(address, false) == (valid == ALWAYS), mailboxes[i].address.ptr, i);
        assert_row(mailbox_valid(address, true) == (valid != NEVER), mailboxes[i].address.ptr, i);
    }
    guard_fini(&guard);
}

static void local_parts(void **state)
{
    (void)state;
    assert_true(mailbox_local(SLICE("root"), false));
    assert_true(mailbox_local(SLICE("a.b"), false));
    assert_true(mailbox_local(SLICE("gr\xc3\xbc"), true));
    assert_false(mailbox_local(SLICE("gr\xc3\xbc"), false));
    assert_false(mailbox_local(SLICE("a@b"), true));
    assert_false(mailbox_local(SLICE("a b"), true));
    assert_false(mailbox_local(SLICE("\"a\""), true));
    assert_false(mailbox_local(SLICE("."), true));
    assert_false(mailbox_local(SLICE_NONE, true));
}

/* R40: what RFC 5321 asks for must pass, and more up to our limit. */
static void lengths(void **state)
{
    char text[MAILBOX_MAX + 2];

    (void)state;
    memset(text, 'a', sizeof(text));
    text[64] = '@';
    for (size_t i = 65 + 63; i < 65 + 255; i += 64)
        text[i] = '.';
    assert_true(mailbox_valid(slice_make(text, 64 + 1 + 255), false));
    text[300] = '@';
    text[64] = text[128] = text[192] = text[256] = 'a';
    assert_true(mailbox_valid(slice_make(text, MAILBOX_MAX), false));
    assert_false(mailbox_valid(slice_make(text, MAILBOX_MAX + 1), false));
}

/* --- one mailbox, written in many ways --- */

static const struct {
    struct slice address;
    struct slice plain;
    bool routes;
} written[] = {
    {SLICE_INIT("boss@x"), SLICE_INIT("boss@x"), false},
    {SLICE_INIT("\"boss\"@x"), SLICE_INIT("boss@x"), false},
    {SLICE_INIT("\"b\\oss\"@x"), SLICE_INIT("boss@x"), false},
    {SLICE_INIT("\"\\b\\o\\s\\s\"@x"), SLICE_INIT("boss@x"), false},
    {SLICE_INIT("b\\oss@x"), SLICE_INIT("boss@x"), false}, /* RFC 821 */
    {SLICE_INIT("\"a\".b@x"), SLICE_INIT("a.b@x"), false}, /* RFC 5322, 4.4: in From */
    {SLICE_INIT("\"a.b\"@x"), SLICE_INIT("a.b@x"), false},
    {SLICE_INIT("\"a..b\"@x"), SLICE_INIT("a..b@x"), false},
    {SLICE_INIT("\"bo ss\"@x"), SLICE_INIT("\"bo ss\"@x"), false},
    {SLICE_INIT("\"bo\\ ss\"@x"), SLICE_INIT("\"bo ss\"@x"), false},
    {SLICE_INIT("\"b\\\"\\s\\\\\"@x"), SLICE_INIT("\"b\\\"s\\\\\"@x"), false},
    {SLICE_INIT("\"\"@x"), SLICE_INIT("\"\"@x"), false},
    {SLICE_INIT("\".\"@x"), SLICE_INIT("\".\"@x"), false},
    {SLICE_INIT("\"a,b\"@x"), SLICE_INIT("\"a,b\"@x"), false},
    {SLICE_INIT("\"gr\xc3\xbc\"@x"), SLICE_INIT("gr\xc3\xbc@x"), false},
    {SLICE_INIT("\"a\0\"@x"), SLICE_INIT("\"a\0\"@x"), false},
    {SLICE_INIT("boss@x."), SLICE_INIT("boss@x"), false},
    {SLICE_INIT("\"boss\"@x."), SLICE_INIT("boss@x"), false},
    {SLICE_INIT("boss@x.."), SLICE_INIT("boss@x"), false},
    {SLICE_INIT("boss@."), SLICE_INIT("boss@."), false},
    {SLICE_INIT("boss."), SLICE_INIT("boss."), false},
    {SLICE_INIT("boss@"), SLICE_INIT("boss@"), false},
    {SLICE_INIT("\"root\""), SLICE_INIT("root"), false},
    {SLICE_INIT("\"Postmaster\""), SLICE_INIT("Postmaster"), false},
    {SLICE_INIT("boss@[192.0.2.1]"), SLICE_INIT("boss@[192.0.2.1]"), false},
    {SLICE_INIT(""), SLICE_INIT(""), false},
    {SLICE_INIT("\"boss@x"), SLICE_INIT("\"boss@x"), true}, /* no end of the quote */
    {SLICE_INIT("a\"@x"), SLICE_INIT("a\"@x"), true},
    {SLICE_INIT("a\\"), SLICE_INIT("\"a\\\\\""), false},
    {SLICE_INIT("\"a\\"), SLICE_INIT("\"a\\"), false},
    {SLICE_INIT("u%far.test@x"), SLICE_INIT("u%far.test@x"), true},
    {SLICE_INIT("\"u%far.test\"@x"), SLICE_INIT("u%far.test@x"), true},
    {SLICE_INIT("\"u\\%far.test\"@x"), SLICE_INIT("u%far.test@x"), true},
    {SLICE_INIT("far.test!u@x"), SLICE_INIT("far.test!u@x"), true},
    {SLICE_INIT("\"far.test\\!u\"@x"), SLICE_INIT("far.test!u@x"), true},
    {SLICE_INIT("\"u@far.test\"@x"), SLICE_INIT("\"u@far.test\"@x"), true},
    {SLICE_INIT("\"u\\@far.test\"@x"), SLICE_INIT("\"u@far.test\"@x"), true},
    {SLICE_INIT("\"@far.test:u\"@x"), SLICE_INIT("\"@far.test:u\"@x"), true},
    {SLICE_INIT("u@far.test@x"), SLICE_INIT("u@far.test@x"), true},
    {SLICE_INIT("u%far.test"), SLICE_INIT("u%far.test"), true},
    {SLICE_INIT("far.test!u"), SLICE_INIT("far.test!u"), true},
    {SLICE_INIT("u@[x400:a%b!c]"), SLICE_INIT("u@[x400:a%b!c]"), false}, /* not the local part */
    {SLICE_INIT("u+tag=x/y@x"), SLICE_INIT("u+tag=x/y@x"), false},
};

static void plain_forms(void **state)
{
    struct guard guard;
    struct bytes out;

    (void)state;
    guard_init(&guard, 128);
    bytes_init(&out, 128);
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        struct slice address = guard_copy(&guard, written[i].address);
        bool differs = !slice_equal(written[i].address, written[i].plain);

        bytes_clear(&out);
        bytes_append(&out, SLICE("<"));
        assert_row(mailbox_plain(address, &out) == differs, written[i].address.ptr, i);
        assert_row_slice(slice_from(bytes_slice(&out), 1), differs ? written[i].plain : SLICE_NONE,
                         written[i].address.ptr, i);
        assert_row(mailbox_routes(address) == written[i].routes, written[i].address.ptr, i);
        assert_row(mailbox_same(address, written[i].plain), written[i].address.ptr, i);
        assert_row(mailbox_same(written[i].plain, address), written[i].address.ptr, i);
        address = guard_copy(&guard, written[i].plain);
        assert_row(mailbox_plain(address, &out) == 0, written[i].address.ptr, i);
        assert_row(mailbox_routes(address) == written[i].routes, written[i].address.ptr, i);
    }
    bytes_fini(&out);
    guard_fini(&guard);
}

/* A buffer that is full is no address that needs no quotes. */
static void plain_without_memory(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 4);
    assert_int_equal(mailbox_plain(SLICE("\"boss\"@x"), &out), -1);
    bytes_fini(&out);
}

static void undotted(void **state)
{
    static const struct {
        struct slice address, without;
    } rows[] = {
        {SLICE_INIT("u@x.test."), SLICE_INIT("u@x.test")},
        {SLICE_INIT("u@x."), SLICE_INIT("u@x")},
        {SLICE_INIT("\"a@b\"@x.test."), SLICE_INIT("\"a@b\"@x.test")},
        {SLICE_INIT("u@x.test"), SLICE_INIT("u@x.test")},
        {SLICE_INIT("u@x.test.."), SLICE_INIT("u@x.test..")},
        {SLICE_INIT("u@x.testa"), SLICE_INIT("u@x.testa")},
        {SLICE_INIT("u@."), SLICE_INIT("u@.")},
        {SLICE_INIT("u@[192.0.2.1]."), SLICE_INIT("u@[192.0.2.1].")},
        {SLICE_INIT("root."), SLICE_INIT("root.")},
        {SLICE_INIT("."), SLICE_INIT(".")},
        {SLICE_INIT(""), SLICE_INIT("")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(slice_equal(mailbox_undotted(rows[i].address), rows[i].without),
                   rows[i].address.ptr, i);
}

static void same_mailboxes(void **state)
{
    (void)state;
    assert_true(mailbox_same(SLICE("a@X.Test"), SLICE("a@x.tEST")));
    assert_false(mailbox_same(SLICE("A@x.test"), SLICE("a@x.test")));
    assert_true(mailbox_same(SLICE("boss@Example.ORG"), SLICE("\"boss\"@example.org.")));
    assert_true(mailbox_same(SLICE("\"a b\"@x"), SLICE("\"a\\ b\"@x")));
    assert_true(mailbox_same(SLICE_NONE, SLICE("")));
    assert_false(mailbox_same(SLICE("Boss@x"), SLICE("boss@x")));
    assert_false(mailbox_same(SLICE("boss@x"), SLICE("boss@y")));
    assert_false(mailbox_same(SLICE("boss@x"), SLICE("bos@x")));
    assert_false(mailbox_same(SLICE("bos@x"), SLICE("boss@x")));
    assert_false(mailbox_same(SLICE("boss"), SLICE("boss@")));
    assert_false(mailbox_same(SLICE("\"a@x\""), SLICE("a@x")));
    assert_false(mailbox_same(SLICE("\"a@x"), SLICE("a@x")));
}

static void postmasters(void **state)
{
    (void)state;
    assert_true(mailbox_postmaster(SLICE("PostMaster")));
    assert_false(mailbox_postmaster(SLICE("postmaster@x")));
    assert_false(mailbox_postmaster(SLICE("postmaste")));
    assert_false(mailbox_postmaster(SLICE_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals),         cmocka_unit_test(domain_of),
        cmocka_unit_test(domain_in_slices), cmocka_unit_test(validity),
        cmocka_unit_test(local_parts),      cmocka_unit_test(lengths),
        cmocka_unit_test(plain_forms),      cmocka_unit_test(plain_without_memory),
        cmocka_unit_test(same_mailboxes),   cmocka_unit_test(postmasters),
        cmocka_unit_test(undotted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
