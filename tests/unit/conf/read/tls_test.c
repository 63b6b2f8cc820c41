/* What listeners and upstreams say about TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "tests/unit/conf/read/load.h"

#define LISTENER(tls) "listeners = ( { address = \"127.0.0.1:2525\"; " tls " } );"
#define UPSTREAM(tls) "upstreams = ( { address = \"127.0.0.1:25\"; " tls " } );"
#define PAIR          "certificate = \"c.pem\"; key = \"c.key\"; "

#define UNJUDGED "1: warning: listener 'in': mail that comes inside TLS is not judged..."
#define PASSTHROUGH(tls, upstream)                                                                 \
    "upstreams = ( { name = \"mta\"; address = \"127.0.0.1:25\"; " upstream                        \
    " } ); listeners = ( { "                                                                       \
    "name = \"in\"; address = \"127.0.0.1:2525\"; tls = { mode = \"passthrough\"; " tls " }; } );"

static const struct load_row ROWS[] = {
    {LISTENER("tls = { moed = \"off\"; };"),
     "1: error: unknown setting 'moed' in tls; did you mean 'mode'?"},
    {LISTENER("tls = \"off\";"), "1: error: 'tls' must be a group { ... }, not \"off\""},
    {LISTENER("tls = { mode = \"off\"; };"), ""},
    {LISTENER("tls = { " PAIR " };"), ""}, /* ready to be switched on */
    {LISTENER("tls = { mode = \"starttls\"; };"),
     "1: error: TLS needs a 'certificate' and a 'key': both are missing"},
    {LISTENER("tls = { mode = \"starttls\"; key = \"x\"; };"),
     "1: error: TLS needs a 'certificate' and a 'key': the certificate is missing"},
    {LISTENER("tls = { mode = \"implicit\"; certificate = \"x\"; };"),
     "1: error: TLS needs a 'certificate' and a 'key': the key is missing"},
    {LISTENER("tls = { required = true; };"),
     "1: error: 'required' needs a mode other than \"off\""},
    {LISTENER("tls = { mode = \"implicit\"; " PAIR "client_certificate = \"require\"; };"),
     "1: error: 'client_certificate' needs 'client_ca'..."},
    {LISTENER("tls = { mode = \"implicit\"; " PAIR "client_certificate = \"yes\"; };"),
     "1: error: 'client_certificate' must be one of \"none\", \"request\", \"require\", not "
     "\"yes\""},
    {LISTENER("tls = { mode = \"implicit\"; " PAIR "min_version = \"1.1\"; };"),
     "1: error: 'min_version' must be one of \"1.2\", \"1.3\", not \"1.1\"..."},
    {LISTENER("tls = { mode = \"implicit\"; " PAIR "certificates = ( { " PAIR " } ); };"),
     "1: error: a certificate among 'certificates' needs 'names', which clients ask for it by"},
    {LISTENER("tls = { mode = \"implicit\"; " PAIR "certificates = ( { names = \"a\"; } ); };"),
     "1: error: TLS needs a 'certificate' and a 'key': both are missing"},
    {LISTENER("tls = { mode = \"implicit\"; " PAIR "certificates = \"x\"; };"),
     "1: error: 'certificates' must be a list of groups..."},

    {UPSTREAM("tls = \"verified\";"), ""},
    {UPSTREAM("tls = \"required\"; tls_certificate = \"c\";"),
     "1: error: 'tls_certificate' and 'tls_key' go together: one of them is missing"},
    {UPSTREAM("tls = \"required\"; tls_ca = \"c\";"), "1: warning: 'tls_ca' has no effect..."},
    {LISTENER("proxy_protocol = [ \"10.0.0.1\" ]; tls = { mode = \"implicit\"; " PAIR " };"), ""},
    {LISTENER("proxy_protocol = [ \"10.0.0.1\" ]; tls = { mode = \"starttls\"; " PAIR " };"), ""},
    {UPSTREAM("tls = \"implicit\"; tls_ca = \"c\";"), ""},
    {UPSTREAM("tls = \"implicit\";"), "1: warning: nobody verifies the certificate of upstream "
                                      "'127.0.0.1:25': tls = \"implicit\"..."},
    {PASSTHROUGH("", "identify = \"xclient\";"), UNJUDGED},
    {PASSTHROUGH("required = true;", "identify = \"proxy-v2\";"), UNJUDGED},
    {PASSTHROUGH("key = \"k\";", "identify = \"xclient\";"),
     "1: error: 'key' does not go with mode = \"passthrough\": TLS is between...\n" UNJUDGED},
    {PASSTHROUGH("min_version = \"1.3\";", "identify = \"xclient\";"),
     "1: error: 'min_version' does not go with mode = \"passthrough\"...\n" UNJUDGED},
    {PASSTHROUGH("", "identify = \"xclient\"; tls = \"verified\";"),
     "1: error: mode = \"passthrough\" leaves TLS to the client and upstream 'mta'..."},
    {"upstreams = ( { address = [ \"a.test:25\", \"b.test:25\" ]; tls = \"verified\"; } );", ""},
    {"upstreams = ( { address = [ \"a.test:25\", \"127.0.0.1:25\" ]; tls = \"verified\"; } );",
     "1: error: the certificates of several addresses can only be verified with 'tls_name'..."},
    {"upstreams = ( { address = \"unix:/s\"; tls = \"verified\"; } );",
     "1: error: the certificate of a server behind a unix socket can only be verified with "
     "'tls_name', the name in it"},
    {"upstreams = ( { address = \"unix:/s\"; tls = \"verified\"; tls_name = \"mx\"; } );", ""},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

/* assert_beside(load, path, name): ${path} is ${name} in the configuration's own folder. */
static void assert_beside(const struct load *load, struct slice path, const char *name)
{
    char want[128];
    (void)snprintf(want, sizeof(want), "%s/%s", load->folder, name);
    assert_string_equal(path.ptr, want);
}

static void values_of_a_listener(void **state)
{
    struct load load;
    (void)state;
    load_begin(&load);
    load_text(&load, LISTENER("tls = { mode = \"starttls\"; " PAIR
                              "certificates = ( { names = [ \"a\", \"*.b\" ]; certificate = "
                              "\"d.pem\"; key = \"/d.key\"; } ); required = true; "
                              "client_certificate = \"request\"; client_ca = \"ca\"; "
                              "min_version = \"1.3\"; };"));
    assert_non_null(load.config);
    const struct listener_tls *tls = &load.config->listeners[0].tls;
    assert_int_equal(tls->mode, TLS_STARTTLS);
    assert_beside(&load, tls->pair.certificate, "c.pem");
    assert_beside(&load, tls->pair.key, "c.key");
    assert_int_equal(tls->other_count, 1);
    assert_int_equal(tls->others[0].name_count, 2);
    assert_string_equal(tls->others[0].names[1].ptr, "*.b");
    assert_beside(&load, tls->others[0].certificate, "d.pem");
    assert_string_equal(tls->others[0].key.ptr, "/d.key");
    assert_true(tls->required);
    assert_int_equal(tls->client_certificate, CLIENT_CERTIFICATE_REQUEST);
    assert_beside(&load, tls->client_ca, "ca");
    assert_int_equal(tls->min_version, TLS_1_3);
    load_end(&load);
}

static void values_of_an_upstream(void **state)
{
    struct load load;
    (void)state;
    load_begin(&load);
    load_good(&load, UPSTREAM("tls = \"verified\"; tls_name = \"mx\"; tls_ca = \"system\"; "
                              "tls_certificate = \"c\"; tls_key = \"k\";"));
    const struct upstream_tls *tls = &load.config->upstreams[0].tls;
    assert_int_equal(tls->mode, UPSTREAM_TLS_VERIFIED);
    assert_string_equal(tls->name.ptr, "mx");
    assert_string_equal(tls->ca.ptr, "system");
    assert_beside(&load, tls->certificate, "c");
    assert_beside(&load, tls->key, "k");
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(values_of_a_listener),
        cmocka_unit_test(values_of_an_upstream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
