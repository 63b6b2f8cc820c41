/* client_name: what counts as a client's name, and what does not. */
#include "proxy/net/client_name.h"

#include "tests/unit/proxy/net/name_server.h"

#include <stdlib.h>

struct scene {
    struct name_ground ground;
    struct client_name_lookup *lookup;
    bool called;
    enum client_name result;
    char name[256];
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    name_ground_raise(&s->ground);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    name_ground_strike(&s->ground);
    free(s);
    return 0;
}

static void done(void *ctx, enum client_name result, struct slice name)
{
    struct scene *s = ctx;
    s->called = true;
    s->lookup = NULL;
    s->result = result;
    (void)snprintf(s->name, sizeof(s->name), "%.*s", SLICE_ARG(name));
}

static void start(struct scene *s, uint64_t deadline_ms)
{
    const struct address client = {ADDRESS_V4, {192, 0, 2, 7}, 25};
    struct client_name_ask ask = {deadline_ms, done, s};
    s->called = false;
    s->lookup = client_name_start(s->ground.loop, s->ground.resolver, &client, &ask);
    assert_non_null(s->lookup);
    assert_false(s->called);
}

static bool was_called(const void *ctx)
{
    const struct scene *s = ctx;
    return s->called;
}

#define HERS  "\xc0\0\2\7"
#define OTHER "\xc0\0\2\x8"

/* One name, or several joined by what cannot stand in them; one address. */
static const struct {
    const char *title;
    struct slice names[2];
    struct slice address;
    enum client_name result;
    const char *name;
} rows[] = {
    {"confirmed", {SLICE_INIT("\4mail\4test\0")}, SLICE_INIT(HERS), CLIENT_NAME_FOUND, "mail.test"},
    {"not confirmed", {SLICE_INIT("\4mail\4test\0")}, SLICE_INIT(OTHER), CLIENT_NAME_NONE, ""},
    {"no address", {SLICE_INIT("\4mail\4test\0")}, SLICE_INIT(""), CLIENT_NAME_NONE, ""},
    {"no name", {SLICE_INIT("")}, SLICE_INIT(HERS), CLIENT_NAME_NONE, ""},
    {"a line end in it",
     {SLICE_INIT("\6a\r\nb=c\4test\0")},
     SLICE_INIT(HERS),
     CLIENT_NAME_NONE,
     ""},
    {"a NUL in it", {SLICE_INIT("\3a\0b\4test\0")}, SLICE_INIT(HERS), CLIENT_NAME_NONE, ""},
    {"8-bit",
     {SLICE_INIT("\3a\xfc"
                 "b\4test\0")},
     SLICE_INIT(HERS),
     CLIENT_NAME_NONE,
     ""},
    {"a blank", {SLICE_INIT("\3a b\4test\0")}, SLICE_INIT(HERS), CLIENT_NAME_NONE, ""},
    {"an equals sign", {SLICE_INIT("\3a=b\4test\0")}, SLICE_INIT(HERS), CLIENT_NAME_NONE, ""},
    {"a dot in a label", {SLICE_INIT("\3a.b\4test\0")}, SLICE_INIT(OTHER), CLIENT_NAME_NONE, ""},
    {"an address for a name",
     {SLICE_INIT("\3192\1\60\1\62\1\67\0")},
     SLICE_INIT(HERS),
     CLIENT_NAME_NONE,
     ""},
    {"the root", {SLICE_INIT("\0")}, SLICE_INIT(HERS), CLIENT_NAME_NONE, ""},
    {"underscores and digits",
     {SLICE_INIT("\3_1-\4test\0")},
     SLICE_INIT(HERS),
     CLIENT_NAME_FOUND,
     "_1-.test"},
};

static void every_row(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        s->ground.server.name_count = s->ground.server.address_count = 0;
        if (rows[i].names[0].len > 0)
            s->ground.server.names[s->ground.server.name_count++] = rows[i].names[0];
        if (rows[i].address.len > 0)
            s->ground.server.addresses[s->ground.server.address_count++] = rows[i].address;
        start(s, 3000);
        run_until(s->ground.loop, was_called, s);
        if (s->result != rows[i].result || strcmp(s->name, rows[i].name) != 0)
            fail_msg("%s: %d %s", rows[i].title, s->result, s->name);
    }
}

/* Each of them is tried, but only the first few. */
static void many_names(void **state)
{
    static const char label[] = "\1a\4test\0\1b\4test\0\1c\4test\0\1d\4test\0\1e\4test\0";
    struct scene *s = *state;
    for (size_t i = 0; i < 5; i++)
        s->ground.server.names[s->ground.server.name_count++] = slice_make(label + 8 * i, 8);
    s->ground.server.addresses[s->ground.server.address_count++] = SLICE(OTHER);
    start(s, 3000);
    run_until(s->ground.loop, was_called, s);
    assert_int_equal(s->result, CLIENT_NAME_NONE);
    assert_int_equal(s->ground.server.queries, 1 + RESOLVER_NAMES_MAX);
}

static void troubles(void **state)
{
    struct scene *s = *state;
    s->ground.server.does = REFUSES;
    s->ground.server.code = NAME_SERVER_SERVFAIL;
    start(s, 3000);
    run_until(s->ground.loop, was_called, s);
    assert_int_equal(s->result, CLIENT_NAME_FAILED);
    s->ground.server.does = SILENT;
    uint64_t began = clock_ms();
    start(s, 30);
    run_until(s->ground.loop, was_called, s);
    assert_int_equal(s->result, CLIENT_NAME_FAILED);
    assert_true(clock_ms() - began < 3000);
}

/* A name whose addresses nobody can tell may be the client's. */
static void addresses_unknown(void **state)
{
    struct scene *s = *state;
    s->ground.server.names[s->ground.server.name_count++] = SLICE("\4mail\4test\0");
    s->ground.server.fails_type = 1;
    start(s, 3000);
    run_until(s->ground.loop, was_called, s);
    assert_int_equal(s->result, CLIENT_NAME_FAILED);
    assert_string_equal(s->name, "");
}

/* The deadline is for both steps together. */
static void half_known(void **state)
{
    struct scene *s = *state;
    s->ground.server.names[s->ground.server.name_count++] = SLICE("\4mail\4test\0");
    start(s, 150);
    while (s->ground.server.queries == 0)
        run_for(s->ground.loop, 1);
    run_for(s->ground.loop, 1);
    s->ground.server.does = SILENT;
    run_until(s->ground.loop, was_called, s);
    assert_int_not_equal(s->result, CLIENT_NAME_FOUND);
}

static void cancelling(void **state)
{
    struct scene *s = *state;
    s->ground.server.names[s->ground.server.name_count++] = SLICE("\4mail\4test\0");
    s->ground.server.addresses[s->ground.server.address_count++] = SLICE(OTHER);
    for (uint64_t ms = 0; ms < 6; ms++) {
        start(s, 3000);
        if (ms > 0)
            run_for(s->ground.loop, ms - 1);
        bool called = s->called;
        client_name_cancel(s->lookup);
        run_for(s->ground.loop, 2);
        assert_true(s->called == called);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_row, setup, teardown),
        cmocka_unit_test_setup_teardown(many_names, setup, teardown),
        cmocka_unit_test_setup_teardown(troubles, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(half_known, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelling, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
