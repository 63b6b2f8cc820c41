#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/peers.h"
#include "conf/policy.h"
#include "conf/upstream_conf.h"
#include "filters/base/address.h"
#include "filters/base/newline.h"
#include "tests/unit/conf/read/load.h"

#define LATER              "is in the manual of a later version; this build does not have it yet"
#define LISTENER(settings) "listeners = ( { address = \"127.0.0.1:2525\"; " settings " } );"
#define UPSTREAM           "upstreams = ( { name = \"mta\"; address = \"127.0.0.1:10025\"; } );"
#define LIMITED                                                                                    \
    "rules = ( { name = \"r\"; when = { recipient_domain = { not = \"example.org\"; }; }; then = " \
    "{ reject = \"550 5.7.1 No\"; }; } );"

static const struct load_row ROWS[] = {
    {"listeners = ( { } );", "1: error: a listener needs an 'address', such as \"[::]:25\""},
    {LISTENER("upstream = \"mtaa\";") UPSTREAM,
     "1: error: there is no upstream 'mtaa'; did you mean 'mta'?"},
    {LISTENER("upstream = \"other\";") UPSTREAM,
     "1: error: there is no upstream 'other'; known are mta"},
    {LISTENER("upstream = \"mta\";"), "1: error: there is no upstream 'mta'"},
    {LISTENER("upstream = 5;"), "1: error: 'upstream' must be the name of an upstream, not 5"},
    {LISTENER("policy = \"defalt\";"),
     "1: error: there is no policy 'defalt'; did you mean 'default'?"},
    {LISTENER("policy = [ ];"),
     "1: error: 'policy' must be the name of a policy, not an empty array [ ]"},
    {LISTENER("bare_newline = \"normalise\";"),
     "1: error: 'bare_newline' must be one of \"normalize\", \"reject\", \"allow\", not "
     "\"normalise\"; did you mean 'normalize'?"},
    {LISTENER("refuse_at = \"late\";"), "1: error: 'refuse_at' must be one of \"early\", \"rcpt\", "
                                        "not \"late\""},
    {LISTENER("routed_addresses = \"allow\";"),
     "1: error: 'routed_addresses' must be one of \"reject\", \"pass\", not \"allow\""},
    {LISTENER("strip_extensions = [ \"CHUNKING\", \"8 BIT\" ];"),
     "1: error: 'strip_extensions' must be EHLO keywords such as \"CHUNKING\", not \"8 BIT\""},
    {LISTENER("strip_extensions = [ \"\" ];"), "1: error: 'strip_extensions' must be EHLO..."},
    {LISTENER("strip_extensions = ( 5 );"), "1: error: 'strip_extensions' must be EHLO..."},
    {LISTENER("proxy_protocol = [ \"10.0.0.0/8\", \"10.0.0.1/8\" ];"),
     "1: error: 'proxy_protocol' must be addresses or ranges such as \"10.0.0.0/8\", not "
     "\"10.0.0.1/8\""},
    {LISTENER("xclient = [ \"@friends\" ];"), "1: error: 'xclient' must be addresses or ranges..."},
    {LISTENER("xclient = true;"), "1: error: 'xclient' must be addresses or ranges..."},
    {LISTENER("xclient = ( \"::1\", { } );"), "1: error: 'xclient' must be addresses or ranges..."},
    {"listeners = ( { address = \"127.0.0.1:1\"; },\n { address = \"127.0.0.1:1\"; } );",
     "2: error: listener '127.0.0.1:1' has the address of the one in line 1: each needs its own"},
    {"listeners = ( { address = \"127.0.0.1:1\"; name = \"a\"; },\n"
     " { address = \"127.0.0.1:2\"; name = \"a\"; } );",
     "2: error: listener 'a' has the name of the one in line 1: each needs its own"},
    {"listeners = ( { address = \"127.0.0.1:0\"; name = \"a\"; },"
     " { address = \"127.0.0.1:0\"; name = \"b\"; } );",
     ""},
};

static const struct load_row LATERS[] = {
    {LISTENER("auth = \"on\";"),
     "1: error: 'auth' must be one of \"relay\", \"tls-only\", \"off\", not \"on\""},
    {LISTENER(
         "protocol = \"smtp\"; transparent = \"off\"; auth = \"off\"; tls = { mode = \"off\"; }; "
         "proxy_protocol = []; xclient = ();"),
     ""},
};

#define JUDGED "1: warning: listener '127.0.0.1:2525': mail that comes inside TLS is not judged..."
static const struct load_row UNJUDGED[] = {
    {LISTENER("tls = { mode = \"passthrough\"; };") UPSTREAM LIMITED, JUDGED},
    {LISTENER("policy = \"p\";") UPSTREAM LIMITED "policies = { p = { }; };",
     "1: warning: policy 'default' is used by nobody: ..."},
};

static const struct load_row LOOPS[] = {
    {LISTENER("name = \"in\";") "upstreams = ( { name = \"me\"; address = \"127.0.0.1:2525\"; } "
                                ");" LIMITED,
     "1: error: listener 'in' would send its mail to listener 'in' of this very gateway: upstream "
     "'me' is \"127.0.0.1:2525\""},
    {"listeners = ( { address = \"[::]:25\"; } ); upstreams = ( { address = \"127.0.0.1:25\"; } "
     ");" LIMITED,
     "1: error: listener '[::]:25' would send its mail to listener '[::]:25' of this very..."},
    {"listeners = ( { address = \"unix:a\"; } ); upstreams = ( { address = \"unix:a\"; } "
     ");" LIMITED,
     "1: error: listener 'unix:a' would send its mail to..."},
    {"listeners = ( { address = \"127.0.0.1:1\"; upstream = \"x\"; },\n"
     " { address = \"127.0.0.1:2\"; upstream = \"y\"; } );\n"
     "upstreams = ( { name = \"x\"; address = \"127.0.0.1:2\"; },\n"
     " { name = \"y\"; address = \"127.0.0.1:3\"; } );" LIMITED,
     "1: error: listener '127.0.0.1:1' would send its mail to listener '127.0.0.1:2' of..."},
};

#define TLS          "tls = { mode = \"starttls\"; certificate = \"a\"; key = \"b\"; };"
#define TLS_ONLY     LISTENER("auth = \"tls-only\"; " TLS) LIMITED
#define TO(to, mode) "upstreams = ( { name = \"mta\"; address = " to "; tls = \"" mode "\"; } );"
#define NEVER                                                                                      \
    "1: warning: listener '127.0.0.1:2525' does not offer AUTH where the password would go on in " \
    "plain text: auth = \"tls-only\" needs tls = \"required\" or \"verified\" in upstream 'mta', " \
    "which has tls = \"off\" and is not on this machine"
#define SOMETIMES                                                                                  \
    "1: warning: listener '127.0.0.1:2525' does not offer AUTH in sessions where upstream "        \
    "'mta'..."

static const struct load_row LOGINS[] = {
    {TLS_ONLY TO("\"192.0.2.1:25\"", "off"), NEVER},
    {TLS_ONLY TO("[ \"127.0.0.1:25\", \"192.0.2.1:25\" ]", "off"), NEVER},
    {TLS_ONLY TO("\"mta.example.org:25\"", "off"), NEVER},
    {TLS_ONLY TO("\"127.0.0.1:25\"", "off"), ""},
    {TLS_ONLY TO("\"[::1]:25\"", "off"), ""},
    {TLS_ONLY TO("\"localhost:25\"", "off"), ""},
    {TLS_ONLY TO("\"unix:/run/mta\"", "off"), ""},
    {TLS_ONLY TO("\"127.0.0.1:25\"", "opportunistic"), SOMETIMES},
    {TLS_ONLY TO("\"192.0.2.1:25\"", "opportunistic"), SOMETIMES},
    {TLS_ONLY TO("\"192.0.2.1:25\"", "required"), ""},
    {LISTENER(TLS) LIMITED TO("\"192.0.2.1:25\"", "off"), ""},
    {LISTENER("auth = \"off\"; " TLS) LIMITED TO("\"192.0.2.1:25\"", "opportunistic"), ""},
    {LISTENER("auth = \"tls-only\";") LIMITED TO("\"192.0.2.1:25\"", "required"),
     "1: warning: listener '127.0.0.1:2525' never offers AUTH: auth = \"tls-only\" needs a 'tls' "
     "group with mode = \"starttls\" or \"implicit\""},
};

static void logins(void **state)
{
    (void)state;
    LOAD_ROWS(LOGINS);
}

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static void laters(void **state)
{
    (void)state;
    LOAD_ROWS(LATERS);
}

static void unjudged(void **state)
{
    (void)state;
    LOAD_ROWS(UNJUDGED);
}

static void loops(void **state)
{
    (void)state;
    LOAD_ROWS(LOOPS);
}

static const char WHOLE[] =
    "listeners = ( { address = \"127.0.0.1:2525\"; },\n"
    "  { address = \"[::1]:26\"; name = \"inner\"; upstream = \"b\"; policy = \"p\";\n"
    "    bare_newline = \"reject\"; refuse_at = \"rcpt\"; add_received = true;\n"
    "    strip_extensions = [ \"chunking\", \"X-Foo\" ]; },\n"
    "  { address = \"[::1]:27\"; bare_newline = \"allow\"; strip_extensions = \"dsn\";\n"
    "    proxy_protocol = [ \"10.0.0.0/8\", \"2001:db8::/32\" ]; xclient = \"192.0.2.1\"; } );\n"
    "upstreams = ( { name = \"a\"; address = \"127.0.0.1:1\"; identify = \"xclient\"; },\n"
    "  { name = \"b\"; address = \"127.0.0.1:2\"; identify = \"xclient\"; } );\n"
    "policies = { p = { }; };\n";

/* Whose addresses are judged here unless somebody says otherwise. */
static void routed(void **state)
{
    static const struct {
        const char *settings;
        enum routed routed;
    } cases[] = {
        {"", ROUTED_REJECT},
        {"routed_addresses = \"pass\";", ROUTED_PASS},
        {"protocol = \"lmtp\";", ROUTED_PASS},
        {"protocol = \"lmtp\"; routed_addresses = \"reject\";", ROUTED_REJECT},
        {"transparent = \"redirect\";", ROUTED_PASS},
        {"transparent = \"tproxy\";", ROUTED_PASS},
        {"transparent = \"tproxy\"; routed_addresses = \"reject\";", ROUTED_REJECT},
        {"transparent = \"off\"; protocol = \"smtp\";", ROUTED_REJECT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[512];
        struct load load;

        (void)snprintf(text, sizeof(text),
                       "listeners = ( { address = \"127.0.0.1:2526\"; %s } );\n"
                       "upstreams = ( { address = \"127.0.0.1:1\"; identify = \"xclient\"; } );",
                       cases[i].settings);
        load_begin(&load);
        load_text(&load, text);
        assert_non_null(load.config);
        assert_int_equal(load.config->listeners[0].routed_addresses, cases[i].routed);
        load_end(&load);
    }
}

static bool holds(const struct peers *peers, const char *text)
{
    struct address address;

    assert_int_equal(address_parse(slice_str(text), &address), 0);
    return peers_have(peers, &address);
}

static void values(void **state)
{
    const struct listener_conf *listeners;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, WHOLE);
    assert_int_equal(load.config->listener_count, 3);
    listeners = load.config->listeners;
    assert_string_equal(listeners[0].name.ptr, "127.0.0.1:2525");
    assert_ptr_equal(listeners[0].upstream, &load.config->upstreams[0]);
    assert_ptr_equal(listeners[0].policy, &load.config->policies[0]);
    assert_int_equal(listeners[0].bare_newline, NEWLINE_NORMALIZE);
    assert_int_equal(listeners[0].refuse_at, REFUSE_EARLY);
    assert_false(listeners[0].add_received);
    assert_int_equal(listeners[0].strip_count, 0);
    assert_string_equal(listeners[1].name.ptr, "inner");
    assert_ptr_equal(listeners[1].upstream, &load.config->upstreams[1]);
    assert_ptr_equal(listeners[1].policy, &load.config->policies[1]);
    assert_int_equal(listeners[1].bare_newline, NEWLINE_REJECT);
    assert_int_equal(listeners[1].refuse_at, REFUSE_RCPT);
    assert_true(listeners[1].add_received);
    assert_int_equal(listeners[1].strip_count, 2);
    assert_string_equal(listeners[1].strip_extensions[0].ptr, "CHUNKING");
    assert_string_equal(listeners[1].strip_extensions[1].ptr, "X-FOO");
    assert_int_equal(listeners[1].place.line, 2);
    assert_int_equal(listeners[2].bare_newline, NEWLINE_ALLOW);
    assert_string_equal(listeners[2].strip_extensions[0].ptr, "DSN");
    assert_int_equal(listeners[1].proxy_protocol.count, 0);
    assert_int_equal(listeners[2].proxy_protocol.count, 2);
    assert_true(holds(&listeners[2].proxy_protocol, "10.9.8.7"));
    assert_true(holds(&listeners[2].proxy_protocol, "2001:db8::7"));
    assert_false(holds(&listeners[2].proxy_protocol, "192.0.2.1"));
    assert_true(holds(&listeners[2].xclient, "192.0.2.1"));
    assert_false(holds(&listeners[1].xclient, "192.0.2.1"));
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),   cmocka_unit_test(laters), cmocka_unit_test(unjudged),
        cmocka_unit_test(loops),  cmocka_unit_test(logins), cmocka_unit_test(values),
        cmocka_unit_test(routed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
