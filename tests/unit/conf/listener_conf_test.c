#include "conf/listener_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "tests/unit/conf/read/load.h"

/* Of "redirect" named r: which new configurations need a restart for the sockets' sake. */
static const struct {
    const char *listeners;
    bool changed;
} CHANGES[] = {
    {"{ address = \"[::]:1\"; name = \"r\"; transparent = \"redirect\"; }", false},
    {"{ address = \"[::]:2\"; name = \"r\"; transparent = \"redirect\"; xclient = \"::1\"; }",
     false},
    {"{ address = \"[::]:1\"; name = \"r\"; transparent = \"tproxy\"; }", true},
    {"{ address = \"[::]:1\"; name = \"r\"; }", true},
    {"{ address = \"[::]:1\"; name = \"r\"; transparent = \"tproxy\"; client_source = true; }",
     true},
};

static struct config *load_listeners(struct load *load, const char *listeners)
{
    char text[512];

    (void)snprintf(text, sizeof text,
                   "listeners = ( %s ); upstreams = ( { address = \"10.0.0.1:25\"; identify = "
                   "\"xclient\"; } );",
                   listeners);
    load_text(load, text);
    assert_non_null(load->config);
    return config_ref(load->config);
}

static void changes(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    struct config *opened = load_listeners(&load, CHANGES[0].listeners);
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        struct config *next = load_listeners(&load, CHANGES[i].listeners);
        char error[128] = "";

        if (listener_conf_keeps(&opened->listeners[0], &next->listeners[0], error, sizeof error) !=
            !CHANGES[i].changed)
            fail_msg("row %zu", i);
        assert_int_equal(strstr(error, "listener 'r' cannot") != NULL, CHANGES[i].changed);
        config_unref(next);
    }
    config_unref(opened);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(changes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
