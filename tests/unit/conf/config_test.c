/* A configuration that is there: what is found in it, and who owns it. */
#include "conf/config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/listener_conf.h"
#include "conf/policy.h"
#include "tests/unit/conf/read/load.h"

static const char NAMED[] =
    "listeners = ( { address = \"127.0.0.1:25\"; },\n"
    "              { address = \"127.0.0.1:26\"; name = \"second\"; policy = \"p\"; } );\n"
    "policies = { p = { }; };\n";

static void by_name(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, NAMED);
    assert_ptr_equal(config_listener(load.config, SLICE("127.0.0.1:25")),
                     &load.config->listeners[0]);
    assert_ptr_equal(config_listener(load.config, SLICE("second")), &load.config->listeners[1]);
    assert_null(config_listener(load.config, SLICE("third")));
    assert_ptr_equal(config_policy(load.config, SLICE("p")), &load.config->policies[1]);
    assert_null(config_policy(load.config, SLICE("q")));
    load_end(&load);
}

#define QUARANTINE "then = { quarantine = \"q\"; }; "
#define ARCHIVE    "then = { archive = true; }; "
#define MILTER     "milters = ( { address = \"inet:1@127.0.0.1\"; on_failure = \"quarantine\"; } ); "
#define INTERCEPTS                                                                                 \
    "listeners = ( { address = \"[::]:25\"; transparent = \"tproxy\"; client_source = "

static const struct needs_row {
    const char *text;
    bool quarantines, client_source, archives;
} NEEDS[] = {
    {"", false, false, false},
    {"rules = ( { " QUARANTINE "} );", true, false, false},
    {"final_rules = ( { " QUARANTINE "} );", true, false, false},
    {"rules = ( { mode = \"off\"; " QUARANTINE "} );", false, false, false},
    {"rules = ( { mode = \"shadow\"; " QUARANTINE "} );", false, false, false},
    {"rules = ( { then = { discard = true; }; } );", false, false, false},
    {MILTER, true, false, false},
    {"policies = { p = { " MILTER "}; };", true, false, false},
    {"rules = ( { " ARCHIVE "} );", false, false, true},
    {"final_rules = ( { " ARCHIVE "} );", false, false, true},
    {"rules = ( { mode = \"shadow\"; " ARCHIVE "} );", false, false, false},
    {INTERCEPTS "true; } ); ", false, true, false},
    {INTERCEPTS "false; } ); ", false, false, false},
};

static void needs(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    for (size_t i = 0; i < sizeof(NEEDS) / sizeof(*NEEDS); i++) {
        load_text(&load, NEEDS[i].text);
        assert_non_null(load.config);
        assert_int_equal(config_quarantines(load.config), NEEDS[i].quarantines);
        assert_int_equal(config_archives(load.config), NEEDS[i].archives);
        assert_int_equal(config_client_source(load.config), NEEDS[i].client_source);
    }
    load_end(&load);
}

#define THREADS    4
#define REFERENCES 20000

static void *take_and_give(void *ctx)
{
    for (int i = 0; i < REFERENCES; i++)
        config_unref(config_ref(ctx));
    return NULL;
}

/* Many threads, then the last reference: a lost count would free too early or never (as ASan sees
 * it). */
static void references(void **state)
{
    struct load load;
    pthread_t threads[THREADS];

    (void)state;
    load_begin(&load);
    load_good(&load, NAMED);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, load.config), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(load.config->listener_count, 2);
    load_end(&load);
    config_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name),
        cmocka_unit_test(needs),
        cmocka_unit_test(references),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
