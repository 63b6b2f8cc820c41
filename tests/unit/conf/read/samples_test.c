#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "conf/sample.h"
#include "filters/base/address.h"
#include "tests/unit/conf/read/load.h"

#define LATER "is in the manual of a later version; this build does not have it yet"
#define SAMPLE(settings)                                                                           \
    "rules = ( { name = \"a\"; then = { tag = \"t\"; }; samples = ( { " settings " } ); } );"
#define TO   "to = \"u@example.org\"; "
#define FINE TO "expect = \"continue\"; "
#define EXPECT                                                                                     \
    "\"continue\", \"accept\", \"discard\", \"quarantine\" or the beginning of a reply such as "   \
    "\"550 5.7.1\""

static const struct load_row ROWS[] = {
    {SAMPLE(FINE), ""},
    {SAMPLE("expect = \"continue\";"),
     "1: error: a sample needs 'to', a recipient or a list of them"},
    {SAMPLE("expect = \"continue\"; to = [ ];"), "1: error: a sample needs 'to'..."},
    {SAMPLE("expect = \"continue\"; to = 5;"),
     "1: error: 'to' must be an address or a list of addresses, not 5"},
    {SAMPLE(FINE "from = 5;"), "1: error: 'from' must be an address, or \"\" for a bounce, not 5"},
    {SAMPLE(TO), "1: error: a sample needs 'expect': " EXPECT},
    {SAMPLE(TO "expect = 550;"), "1: error: 'expect' must be " EXPECT ", not 550"},
    {SAMPLE(TO "expect = \"reject\";"), "1: error: 'expect' must be " EXPECT ", not \"reject\""},
    {SAMPLE(TO "expect = \"250\";"), "1: error: 'expect' must be " EXPECT ", not \"250\""},
    {SAMPLE(FINE "message = 5;"), "1: error: 'message' must be a path, not 5"},
    {SAMPLE(FINE "mesage = \"x\";"),
     "1: error: unknown setting 'mesage' in samples; did you mean 'message'?"},
    {SAMPLE(FINE "client = \"nobody\";"),
     "1: error: 'client' must be an IP address such as 192.0.2.1 or 2001:db8::1, not \"nobody\""},
    {SAMPLE(FINE "helo = true;"), "1: error: 'helo' must be a string, not true"},
    {SAMPLE(FINE "facts = 5;"),
     "1: error: 'facts' must be a group of facts { helo = \"...\"; }, not 5"},
    {SAMPLE(FINE "facts = { client_port = 0; };"),
     "1: error: 'client_port' must be a port from 1 to 65535, not 0"},
    {SAMPLE(FINE "facts = { auth = true; tls = \"maybe\"; };"),
     "1: error: 'auth' must be a string, not true\n1: error: 'tls' must be true or false, not "
     "\"maybe\""},
    {SAMPLE(FINE "facts = { tls = true; tls_version = \"1.3\"; client_cert = \"CN=a\"; };"), ""},
    {SAMPLE(FINE "facts = { subject = \"x\"; };"),
     "1: error: a fact is one of client, client_port, client_name, listener, helo, auth, size, "
     "tls, "
     "tls_version, tls_cipher, tls_name, client_cert, not 'subject'"},
    {"rules = ( { then = { tag = \"t\"; }; samples = 5; } );",
     "1: error: 'samples' must be a list of groups ( { ... }, ... ), not 5"},
    {"rules = ( { then = { tag = \"t\"; }; samples = ( 5 ); } );",
     "1: error: 'samples' must be a group { ... }, not 5"},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static const char WHOLE[] = SAMPLE(
    "from = \"a@b.test\"; to = [ \"u@example.org\", \"v@example.org\" ];\n"
    "message = \"mail/plain.eml\"; expect = \"550 5.7.1\"; helo = \"mx.test\";\n"
    "facts = { client = \"10.0.0.1\"; client_port = 2525; listener = \"in\"; size = \"1K\"; };");

static void values(void **state)
{
    const struct sample *sample;
    struct load load;
    char text[128];

    (void)state;
    load_begin(&load);
    load_good(&load, WHOLE);
    sample = &load.config->policies[0].samples[0];
    assert_string_equal(sample->rule.ptr, "a");
    assert_string_equal(sample->sender.ptr, "a@b.test");
    assert_int_equal(sample->recipient_count, 2);
    assert_string_equal(sample->recipients[1].ptr, "v@example.org");
    assert_string_equal(sample->expect.ptr, "550 5.7.1");
    assert_string_equal(sample->origin.helo.ptr, "mx.test");
    assert_string_equal(sample->origin.listener.ptr, "in");
    assert_int_equal(sample->origin.declared_size, 1024);
    assert_string_equal(address_port_text(&sample->origin.client, text).ptr, "10.0.0.1:2525");
    (void)snprintf(text, sizeof(text), "%s/mail/plain.eml", load.folder);
    assert_string_equal(sample->message.ptr, text);
    load_good(&load, SAMPLE(FINE "client = \"10.0.0.2\";"));
    sample = &load.config->policies[0].samples[0];
    assert_int_equal(sample->sender.len, 0);
    assert_int_equal(sample->message.len, 0);
    assert_string_equal(address_text(&sample->origin.client, text).ptr, "10.0.0.2");
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
