/* serving: which listener an open socket serves after a reload, and which reloads are refused. */
#include "proxy/gateway/serving.h"

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "filters/base/endpoint.h"
#include "tests/unit/configured.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* L("25", "name") is a listener; without a name it is called as its address. */
#define L(port, name) "{ address = \"127.0.0.1:" port "\"; name = \"" name "\"; }"
#define UNNAMED(port) "{ address = \"127.0.0.1:" port "\"; }"

struct row {
    const char *reloads[4]; /* the first is what was opened; each of the others is adopted or not */
    const char *served;     /* ports by socket, as the last one taken writes them, ","-separated */
    const char *error;      /* of the last one, or NULL: it is taken */
};

static const struct row ROWS[] = {
    {{L("1", "a")}, "1", NULL},
    {{L("1", "a"), L("1", "b")}, "1", NULL},
    {{UNNAMED("1"), L("1", "a")}, "1", NULL},
    {{L("1", "a"), UNNAMED("1")}, "1", NULL},
    {{L("1", "a") "," L("2", "b"), L("2", "b") "," L("1", "a")}, "1,2", NULL},
    {{L("1", "a") "," L("2", "b"), L("1", "b") "," L("2", "a")}, "1,2", NULL},
    {{L("1", "a"), L("2", "a")}, "2", NULL}, /* it stays on 1, as the listener that moved */
    {{L("1", "a"), L("2", "a") "," L("1", "b")}, "1", NULL},
    {{L("2", "a"), L("1", "x") "," L("2", "b")}, "2", NULL},
    /* whose name another has by its address has no other */
    {{L("1", "a") "," L("2", "b"), L("2", "a") "," L("3", "b")},
     "1,2",
     "listener 'a' is open on 127.0.0.1:1, and the new file has none of that address or name: only "
     "a restart closes it"},
    {{L("1", "a") "," L("2", "b"), L("1", "a")},
     "1,2",
     "listener 'b' is open on 127.0.0.1:2, and the new file has none of that address or name: only "
     "a restart closes it"},
    {{L("1", "a"), L("2", "b")},
     "1",
     "listener 'a' is open on 127.0.0.1:1, and the new file has none of that address or name: only "
     "a restart closes it"},
    /* the name is the one it had last, the address the one that is bound */
    {{L("1", "a"), L("1", "b"), L("2", "b")}, "2", NULL},
    {{L("1", "a"), L("2", "a"), L("1", "c")}, "1", NULL},
    {{L("1", "a"), L("2", "a"), L("2", "c")},
     "2",
     "listener 'a' is open on 127.0.0.1:1, and the new file has none of that address or name: only "
     "a restart closes it"},
    {{L("1", "a"), L("2", "c"), L("1", "b"), L("1", "a")}, "1", NULL}, /* bad, then good */
    /* the system chooses these ports: only the names differ */
    {{L("0", "a") "," L("0", "b"), L("0", "b") "," L("0", "a")}, "0,0", NULL},
    {{"{ address = \"unix:/run/a\"; name = \"a\"; }",
      "{ address = \"unix:/run/a\"; name = \"b\"; }"},
     "/run/a",
     NULL},
    {{"{ address = \"unix:/run/a\"; name = \"a\"; }",
      "{ address = \"unix:/run/b\"; name = \"b\"; }"},
     "/run/a",
     "listener 'a' is open on unix:/run/a, and the new file has none of that address or name: only "
     "a restart closes it"},
    {{L("1", "a"), "{ address = \"127.0.0.1:1\"; name = \"b\"; transparent = \"redirect\"; }"},
     "1",
     "listener 'b' cannot intercept otherwise than before without a restart"},
};

static struct config *load(const char *listeners)
{
    char text[1024];
    assert_in_range(snprintf(text, sizeof text,
                             "listeners = ( %s ); upstreams = ( { address = \"10.0.0.1:25\"; "
                             "identify = \"xclient\"; } );\n",
                             listeners),
                    1, sizeof text - 1);
    return configured(text);
}

/* Like ${served} of a row. */
static void list(const struct serving *serving, size_t sockets, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < sockets; i++) {
        const struct endpoint *at = &serving_listener(serving, i)->endpoint;
        int len = at->path.len > 0
                      ? snprintf(out + used, size - used, "%s%s", i > 0 ? "," : "", at->path.ptr)
                      : snprintf(out + used, size - used, "%s%u", i > 0 ? "," : "",
                                 (unsigned)at->address.port);
        used += (size_t)len;
    }
}

static void run(const struct row *row)
{
    struct config *opened = load(row->reloads[0]);
    struct serving *now = serving_create(opened);
    char error[256] = "", served[64];
    assert_non_null(now);
    for (size_t i = 1; i < 4 && row->reloads[i] != NULL; i++) {
        struct config *next = load(row->reloads[i]);
        error[0] = '\0';
        struct serving *taken = serving_next(now, opened, next, error, sizeof error);
        assert_int_equal(taken == NULL, error[0] != '\0');
        config_unref(next);
        if (taken == NULL)
            continue;
        assert_ptr_equal(serving_config(taken), next);
        serving_unref(now);
        now = taken;
    }
    list(now, opened->listener_count, served, sizeof served);
    assert_string_equal(served, row->served);
    assert_string_equal(error, row->error != NULL ? row->error : "");
    serving_unref(now);
    config_unref(opened);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++)
        run(&ROWS[i]);
}

static void which_are_served(void **state)
{
    char error[256];
    (void)state;
    struct config *opened = load(L("1", "a"));
    struct config *next = load(L("2", "new") "," L("1", "a"));
    struct serving *first = serving_create(opened);
    struct serving *second = serving_next(first, opened, next, error, sizeof error);
    assert_non_null(second);
    assert_true(serving_has(first, &opened->listeners[0]));
    assert_false(serving_has(second, &next->listeners[0]));
    assert_true(serving_has(second, &next->listeners[1]));
    assert_ptr_equal(serving_ref(second), second);
    serving_unref(second);
    serving_unref(second);
    serving_unref(first);
    serving_unref(NULL);
    config_unref(next);
    config_unref(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(which_are_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
