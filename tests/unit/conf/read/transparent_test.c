#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/upstream_conf.h"
#include "tests/unit/conf/read/load.h"

#define LISTENER(settings) "listeners = ( { address = \"[::]:2525\"; " settings " } );\n"
#define ORIGINAL           "upstreams = ( { name = \"original\"; } );\n"
#define LIMITED                                                                                    \
    "rules = ( { name = \"r\"; when = { not = { auth = \"*\"; }; }; then = { reject = \"550 "      \
    "5.7.1 "                                                                                       \
    "No\"; }; } );"

static const struct load_row ROWS[] = {
    {LISTENER("transparent = \"redirect\";") ORIGINAL LIMITED, ""},
    {LISTENER("transparent = \"tproxy\"; client_source = false;") ORIGINAL LIMITED, ""},
    {LISTENER("transparent = \"tproxy\"; client_source = true;") ORIGINAL LIMITED, ""},
    {LISTENER("transparent = \"tproxy\"; xclient = \"10.0.0.1\";") ORIGINAL LIMITED, ""},
    {LISTENER("transparent = \"tproxi\";") ORIGINAL LIMITED,
     "1: error: 'transparent' must be one of \"off\", \"redirect\", \"tproxy\", not \"tproxi\"; "
     "did you mean 'tproxy'?\n"
     "2: error: an upstream needs an 'address'..."},
    {LISTENER("client_source = true;") "upstreams = ( { address = \"127.0.0.1:25\"; } );",
     "1: error: listener '[::]:2525': 'client_source' needs transparent = \"tproxy\": only then do "
     "the replies to the client's address come back here"},
    {LISTENER("transparent = \"redirect\"; client_source = true;") ORIGINAL,
     "1: error: listener '[::]:2525': 'client_source' needs transparent..."},
    {"listeners = ( { address = \"unix:/s\"; transparent = \"redirect\"; } );" ORIGINAL LIMITED,
     "1: error: listener 'unix:/s': 'transparent' needs an IP address: no connection to a unix "
     "socket was meant for another host"},
    {LISTENER("transparent = \"redirect\"; proxy_protocol = \"10.0.0.1\";") ORIGINAL LIMITED,
     "1: error: listener '[::]:2525': 'transparent' and 'proxy_protocol' exclude each other: a "
     "balancer connects to this gateway itself, and nothing is intercepted"},
    /* a certificate's name */
    {LISTENER("transparent = \"redirect\";") "upstreams = ( { tls = \"verified\"; } );" LIMITED,
     "1: error: listener '[::]:2525': the certificate of an original destination can only be "
     "verified with 'tls_name' in the upstream, the name in it"},
    {LISTENER("transparent = \"redirect\";") "upstreams = ( { tls = \"implicit\"; tls_ca = "
                                             "\"system\"; } );" LIMITED,
     "1: error: listener '[::]:2525': the certificate of an original destination..."},
    {LISTENER("transparent = \"redirect\";") "upstreams = ( { tls = \"verified\"; tls_name = "
                                             "\"mx.example\"; } );" LIMITED,
     ""},
    {LISTENER(
         "transparent = \"redirect\";") "upstreams = ( { tls = \"opportunistic\"; } );" LIMITED,
     ""},
    /* addresses */
    {LISTENER("") ORIGINAL LIMITED,
     "2: error: an upstream needs an 'address', such as \"127.0.0.1:10025\"; only that of "
     "transparent listeners does without"},
    {ORIGINAL, "1: error: an upstream needs an 'address'..."},
    {"listeners = ( { address = \"[::]:1\"; transparent = \"redirect\"; }, { address = "
     "\"[::]:2\"; } );\n" ORIGINAL LIMITED,
     "2: error: an upstream needs an 'address'..."},
    {"listeners = ( { address = \"[::]:1\"; transparent = \"redirect\"; }, { address = "
     "\"[::]:2\"; } );\nupstreams = ( { address = [ \"10.0.0.1:25\", \"10.0.0.2:25\" ]; } "
     ");" LIMITED,
     ""},
    {LISTENER("transparent = \"redirect\";") "upstreams = ( { address = \"10.0.0.1:25\"; } "
                                             ");" LIMITED,
     "2: warning: the 'address' of upstream '10.0.0.1:25' is never connected to: its listeners "
     "are transparent, and go to the original destination"},
    {LISTENER("transparent = \"redirect\";") "upstreams = ( { address = \"nonsense\"; } );" LIMITED,
     "2: error: 'address' must be..."},
    /* its own address is no loop when it is not gone to */
    {LISTENER("transparent = \"redirect\";") "upstreams = ( { name = \"me\"; address = "
                                             "\"[::1]:2525\"; } );" LIMITED,
     "2: warning: the 'address' of upstream 'me' is never..."},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static void values(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, "listeners = ( { address = \"[::]:1\"; transparent = \"redirect\"; },\n"
                     "  { address = \"[::]:2\"; transparent = \"tproxy\"; client_source = true; },"
                     "  { address = \"[::]:3\"; upstream = \"b\"; } );\n"
                     "upstreams = ( { identify = \"xclient\"; }, { name = \"b\"; address = "
                     "\"10.0.0.1:25\"; identify = \"xclient\"; } );");
    const struct listener_conf *listeners = load.config->listeners;
    assert_int_equal(listeners[0].transparent, TRANSPARENT_REDIRECT);
    assert_false(listeners[0].client_source);
    assert_int_equal(listeners[1].transparent, TRANSPARENT_TPROXY);
    assert_true(listeners[1].client_source);
    assert_int_equal(listeners[2].transparent, TRANSPARENT_OFF);
    assert_string_equal(listeners[0].upstream->name.ptr, "original");
    assert_int_equal(listeners[0].upstream->endpoint_count, 0);
    assert_false(listeners[0].upstream->addressed);
    assert_true(listeners[2].upstream->addressed);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
