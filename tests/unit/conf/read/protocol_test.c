/* protocol: what LMTP on either side goes together with (R106, U11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/protocol.h"
#include "conf/upstream_conf.h"
#include "tests/unit/conf/read/load.h"

#define LISTENER(settings) "listeners = ( { address = \"127.0.0.1:2525\"; " settings " } );"
#define UPSTREAM(settings) "upstreams = ( { name = \"u\"; address = \"unix:/u\"; " settings " } );"
#define LMTP               "protocol = \"lmtp\";"
#define RULE(then)         "rules = ( { name = \"r\"; when = { sender = \"\"; }; then = { " then " }; } );"
#define COPY               RULE("add_recipient = \"copy@example.org\";")
#define COPY_WARNING                                                                               \
    "1: warning: rule 'r' adds a recipient, but listener '127.0.0.1:2525' speaks SMTP and "        \
    "upstream 'u' LMTP: ..."

static const struct load_row ROWS[] = {
    {LISTENER(LMTP) UPSTREAM(LMTP), ""},
    {LISTENER("") UPSTREAM(LMTP), ""}, /* nobody relays there */
    {LISTENER(LMTP) UPSTREAM(""), ""},
    {LISTENER("protocol = \"imap\";"),
     "1: error: 'protocol' must be one of \"smtp\", \"lmtp\", not..."},
    {"upstreams = ( { address = \"[::1]:26\"; protocol = \"mx\"; } );",
     "1: error: 'protocol' must be one of..."},
    {"listeners = ( { address = \"[::]:25\"; " LMTP " } );",
     "1: error: listener '[::]:25': LMTP is not spoken on port 25; take another, such as..."},
    {"listeners = ( { address = \"unix:25\"; " LMTP " } );", ""},
    {"upstreams = ( { address = \"127.0.0.1:25\"; " LMTP " } );",
     "1: error: upstream '127.0.0.1:25' at \"127.0.0.1:25\": LMTP is not spoken on port 25; ..."},
    {"upstreams = ( { address = [ \"127.0.0.1:24\", \"127.0.0.1:25\" ]; " LMTP " } );",
     "1: error: upstream '127.0.0.1:24' at \"127.0.0.1:25\": LMTP is not..."},
    {LISTENER("") UPSTREAM(LMTP) COPY, COPY_WARNING},
    {LISTENER(LMTP) UPSTREAM(LMTP) COPY, ""},
    {LISTENER("") UPSTREAM("identify = \"xclient\";") COPY, ""},
    {LISTENER("") UPSTREAM(LMTP) RULE("redirect = \"new@example.org\";"), ""},
    {LISTENER("") UPSTREAM(LMTP) "rules = ( { name = \"r\"; mode = \"off\"; then = { add_recipient "
                                 "= \"copy@example.org\"; }; } );",
     ""},
    {LISTENER("policy = \"p\";") UPSTREAM(LMTP) COPY "policies = { p = { }; };",
     "1: warning: policy 'default' is used by nobody: ..."},
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
    load_good(&load, "listeners = ( { address = \"127.0.0.1:24\"; " LMTP " }, "
                     "{ address = \"127.0.0.1:26\"; } );" UPSTREAM(LMTP));
    assert_int_equal(load.config->listeners[0].protocol, PROTOCOL_LMTP);
    assert_int_equal(load.config->listeners[1].protocol, PROTOCOL_SMTP);
    assert_int_equal(load.config->upstreams[0].protocol, PROTOCOL_LMTP);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
