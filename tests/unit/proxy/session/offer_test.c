/* What the client is offered: of the upstream's what the listener allows, and what is ours. */
#include "proxy/session/offer.h"

#include "tests/unit/proxy/session/session_kit.h"

#define LISTENER(more) "listeners = ( { address = '127.0.0.1:25'; " more " } );\n"

struct offer_row {
    const char *listener, *upstream; /* the upstream's EHLO reply after its first line */
    bool helo, lmtp, private;
    bool tls_only, passes; /* the listener's auth and tls, which ask for certificates or warn */
    unsigned with, without;
};

static const struct offer_row offer_rows[] = {
    {SESSION_LISTENER, "250-8BITMIME\r\n250 X-ODD\r\n", .with = EXTENSION_8BITMIME},
    {SESSION_LISTENER, "250-8BITMIME\r\n250 DSN\r\n", .helo = true,
     .without = EXTENSION_8BITMIME | EXTENSION_DSN | EXTENSION_PIPELINING},
    {LISTENER("strip_extensions = ( 'DSN' );"), "250-8BITMIME\r\n250 DSN\r\n",
     .with = EXTENSION_8BITMIME, .without = EXTENSION_DSN},
    /* Logins: not at all, and where others could read them. */
    {LISTENER("auth = 'off';"), "250 AUTH PLAIN\r\n", .without = EXTENSION_AUTH},
    {LISTENER("auth = 'relay';"), "250 AUTH PLAIN\r\n", .with = EXTENSION_AUTH},
    {LISTENER("auth = 'relay';"), "250 DSN\r\n", .without = EXTENSION_AUTH},
    {SESSION_LISTENER, .tls_only = true, .upstream = "250 AUTH PLAIN\r\n", .private = true,
     .without = EXTENSION_AUTH},
    /* The upstream's own connection is no business of the client's. */
    {SESSION_LISTENER, "250-STARTTLS\r\n250 XCLIENT ADDR\r\n",
     .without = EXTENSION_STARTTLS | EXTENSION_XCLIENT},
    {SESSION_LISTENER, "250 STARTTLS\r\n", .passes = true, .with = EXTENSION_STARTTLS},
    {SESSION_LISTENER, "250 DSN\r\n", .passes = true, .without = EXTENSION_STARTTLS},
    {LISTENER("strip_extensions = ( 'STARTTLS' );"), "250 STARTTLS\r\n", .passes = true,
     .without = EXTENSION_STARTTLS},
    /* XCLIENT is for those who are listed. */
    {LISTENER("xclient = ( '192.0.2.0/24' );"), "250 DSN\r\n",
     .with = EXTENSION_XCLIENT | EXTENSION_XFORWARD},
    {LISTENER("xclient = ( '192.0.2.0/24' ); strip_extensions = ( 'XFORWARD' );"), "250 DSN\r\n",
     .with = EXTENSION_XCLIENT, .without = EXTENSION_XFORWARD},
    {LISTENER("xclient = ( '198.51.100.1' );"), "250 DSN\r\n",
     .without = EXTENSION_XCLIENT | EXTENSION_XFORWARD},
    /* One recipient at a time where an LMTP server replies for each and one reply can be heard. */
    {SESSION_LISTENER, "250 DSN\r\n", .lmtp = true, .with = EXTENSION_LIMITS},
    {LISTENER("strip_extensions = ( 'LIMITS' );"), "250 DSN\r\n", .lmtp = true,
     .without = EXTENSION_LIMITS},
    {"listeners = ( { address = '127.0.0.1:24'; protocol = 'lmtp'; } );\n", "250 DSN\r\n",
     .lmtp = true, .without = EXTENSION_LIMITS},
    /* Neither leg is TLS. */
    {SESSION_LISTENER, "250 REQUIRETLS\r\n", .without = EXTENSION_REQUIRETLS},
};

static struct capabilities now(struct session *s)
{
    offer_make(s);
    return s->offered;
}

static void says_ehlo(const char *lines)
{
    char wire[512];
    (void)snprintf(wire, sizeof wire, "250-mx.test\r\n%s", lines);
    scripted.capabilities = (struct capabilities){.extensions = 0};
    extension_read_reply(slice_str(wire), &scripted.capabilities);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(offer_rows); i++) {
        const struct offer_row *row = &offer_rows[i];
        struct session *s = kit_begin(row->listener, NULL);
        struct listener_conf own = *s->under.listener;
        says_ehlo(row->upstream);
        scripted.lmtp = row->lmtp;
        scripted.private = row->private;
        s->hello.esmtp = !row->helo;
        own.auth = row->tls_only ? AUTH_TLS_ONLY : own.auth;
        own.tls.mode = row->passes ? TLS_PASSTHROUGH : own.tls.mode;
        s->under.listener = &own;
        unsigned offered = now(s).extensions;
        if ((offered & row->with) != row->with || (offered & row->without) != 0)
            fail_msg("row %zu: offered %#x", i, offered);
        kit_end();
    }
}

/* An upstream that is connected anew may offer more, but not less. */
static void test_holds(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    says_ehlo("250-8BITMIME\r\n250 DSN\r\n");
    offer_make(s);
    assert_true(offer_holds(s));
    says_ehlo("250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n");
    assert_true(offer_holds(s));
    says_ehlo("250 8BITMIME\r\n");
    assert_false(offer_holds(s));
    offer_forget(s);
    assert_true(offer_holds(s));
    kit_end();
}

/* The smaller limit is told. */
static void test_limits(void **state)
{
    (void)state;
    struct session *s =
        kit_begin(SESSION_LISTENER, "limits = { message = '1M'; recipients = 50; };\n");
    says_ehlo("250-SIZE 5000000\r\n250 LIMITS RCPTMAX=80\r\n");
    assert_int_equal(now(s).size_limit, 1 << 20);
    assert_int_equal(now(s).limits[LIMIT_RCPTMAX], 50);
    scripted.lmtp = true;
    assert_int_equal(now(s).limits[LIMIT_RCPTMAX], 1);
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
