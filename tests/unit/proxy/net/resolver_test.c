/* resolver: every kind of answer, no answer, and letting go at every point. */
#include "proxy/net/resolver.h"

#include "tests/unit/proxy/net/name_server.h"

#include <stdlib.h>

#define DEADLINE_MS 3000

struct scene {
    struct name_ground ground;
    struct resolver_query *query;
    bool inside; /* a call to the resolver is under way */
    unsigned called;
    enum resolver_result result;
    size_t addresses, names;
    unsigned ttl_s;
    char name[256];
    struct address first;
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

static void done(void *ctx, const struct resolver_answer *answer)
{
    struct scene *s = ctx;
    assert_false(s->inside);
    s->called++;
    s->query = NULL;
    s->result = answer->result;
    s->addresses = answer->address_count;
    s->names = answer->name_count;
    s->ttl_s = answer->ttl_s;
    if (answer->name_count > 0)
        (void)snprintf(s->name, sizeof(s->name), "%s", answer->names[0].ptr);
    if (answer->address_count > 0)
        s->first = answer->addresses[0];
}

static void ask(struct scene *s, const char *name, enum address_family family)
{
    struct resolver_ask how = {DEADLINE_MS, done, s};
    struct address client = {ADDRESS_V4, {192, 0, 2, 7}, 0};
    s->inside = true;
    s->query = name != NULL ? resolver_addresses(s->ground.resolver, slice_str(name), family, &how)
                            : resolver_names(s->ground.resolver, &client, &how);
    s->inside = false;
    assert_non_null(s->query);
}

static bool was_called(const void *ctx)
{
    const struct scene *s = ctx;
    return s->called > 0;
}

static void wait_for(struct scene *s)
{
    run_until(s->ground.loop, was_called, s);
    assert_int_equal(s->called, 1);
    s->called = 0;
}

static void serve_address(struct scene *s, const void *bytes, size_t len)
{
    s->ground.server.addresses[s->ground.server.address_count++] = slice_make(bytes, len);
}

static void addresses(void **state)
{
    struct scene *s = *state;
    serve_address(s, "\xc0\0\2\7", 4);
    serve_address(s, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7", 16);
    ask(s, "mail.test", ADDRESS_V4);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_OK);
    assert_int_equal(s->addresses, 1);
    assert_int_equal(s->first.family, ADDRESS_V4);
    assert_int_equal(s->first.bytes[3], 7);
    assert_int_equal(s->ttl_s, 77);
    ask(s, "mail.test", ADDRESS_V6);
    wait_for(s);
    assert_int_equal(s->addresses, 1);
    assert_int_equal(s->first.family, ADDRESS_V6);
    ask(s, "mail.test", ADDRESS_NONE);
    wait_for(s);
    assert_int_equal(s->addresses, 2);
}

static void many_addresses(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < 20; i++)
        serve_address(s, "\xc0\0\2\7", 4);
    ask(s, "mail.test", ADDRESS_V4);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_OK);
    assert_int_equal(s->addresses, RESOLVER_ADDRESSES_MAX);
}

static const struct {
    const char *title;
    enum name_server_does does;
    unsigned char code;
    enum resolver_result result;
} troubles[] = {
    {"no such name", REFUSES, NAME_SERVER_NXDOMAIN, RESOLVER_NONE},
    {"no records", SERVES, 0, RESOLVER_NONE},
    {"a server's failure", REFUSES, NAME_SERVER_SERVFAIL, RESOLVER_FAILED},
    {"a refusal", REFUSES, 5, RESOLVER_FAILED},
    {"silence", SILENT, 0, RESOLVER_FAILED},
    {"nonsense", NONSENSE, 0, RESOLVER_FAILED},
    {"answers to somebody else", OTHER_ID, 0, RESOLVER_FAILED},
};

static void no_answers(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < COUNT_OF(troubles); i++) {
        s->ground.server.does = troubles[i].does;
        s->ground.server.code = troubles[i].code;
        for (int names = 0; names < 2; names++) {
            ask(s, names ? NULL : "mail.test", ADDRESS_V4);
            wait_for(s);
            if (s->result != troubles[i].result)
                fail_msg("%s: %d", troubles[i].title, s->result);
            assert_int_equal(s->addresses + s->names, 0);
        }
    }
}

/* Whatever it makes of them, it ends. */
static void broken_answers(void **state)
{
    struct scene *s = *state;
    serve_address(s, "\xc0\0\2\7", 4);
    s->ground.server.names[s->ground.server.name_count++] = SLICE("\4mail\4test\0");
    for (unsigned does = CUTS; does <= LOOPS; does++) {
        s->ground.server.does = (enum name_server_does)does;
        ask(s, "mail.test", ADDRESS_V4);
        wait_for(s);
        ask(s, NULL, ADDRESS_NONE);
        wait_for(s);
    }
}

static void names(void **state)
{
    struct scene *s = *state;
    s->ground.server.names[s->ground.server.name_count++] = SLICE("\4mail\4test\0");
    ask(s, NULL, ADDRESS_NONE);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_OK);
    assert_int_equal(s->names, 1);
    assert_string_equal(s->name, "mail.test");
    for (size_t i = 0; i < 9; i++)
        s->ground.server.names[s->ground.server.name_count++] =
            i % 2 ? SLICE("\4mail\4test\0") : SLICE("\5other\4test\0");
    ask(s, NULL, ADDRESS_NONE);
    wait_for(s);
    assert_int_equal(s->names, 2);
}

/* Nobody is asked about what is no name. */
static void no_names(void **state)
{
    static const char *const wrong[] = {"", "192.0.2.1", "a b", "a..b", "-.1"};
    struct scene *s = *state;
    struct resolver_ask how = {DEADLINE_MS, done, s};
    struct address local = {.family = ADDRESS_UNIX};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        ask(s, wrong[i], ADDRESS_NONE);
        wait_for(s);
        assert_int_equal(s->result, RESOLVER_NONE);
    }
    s->query = resolver_names(s->ground.resolver, &local, &how);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_NONE);
    assert_int_equal(s->ground.server.queries, 0);
}

static void deadline(void **state)
{
    struct scene *s = *state;
    struct resolver_ask how = {20, done, s};
    uint64_t began = clock_ms();
    s->ground.server.conf.timeout_ms = 30000;
    resolver_configure(s->ground.resolver, &s->ground.server.conf);
    s->ground.server.does = SILENT;
    s->query = resolver_addresses(s->ground.resolver, SLICE("mail.test"), ADDRESS_V4, &how);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_FAILED);
    assert_true(clock_ms() - began < DEADLINE_MS);
    run_for(s->ground.loop, 20); /* what c-ares still has in flight is nobody's */
    assert_int_equal(s->called, 0);
}

/* One family is enough when the other never answers. */
static void half_answered(void **state)
{
    struct scene *s = *state;
    struct resolver_ask how = {200, done, s};
    s->ground.server.conf.timeout_ms = 30000;
    resolver_configure(s->ground.resolver, &s->ground.server.conf);
    serve_address(s, "\xc0\0\2\7", 4);
    s->ground.server.deaf_to_v6 = true;
    s->query = resolver_addresses(s->ground.resolver, SLICE("mail.test"), ADDRESS_NONE, &how);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_OK);
    assert_int_equal(s->addresses, 1);
}

/* One family is enough when the other cannot be had; without it, nobody knows. */
static void half_failed(void **state)
{
    struct scene *s = *state;
    s->ground.server.fails_type = 28;
    ask(s, "mail.test", ADDRESS_NONE);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_FAILED);
    serve_address(s, "\xc0\0\2\7", 4);
    ask(s, "mail.test", ADDRESS_NONE);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_OK);
    assert_int_equal(s->addresses, 1);
    assert_int_equal(s->first.family, ADDRESS_V4);
}

static bool hosts_file_has_localhost(void)
{
    char line[256];
    FILE *file = fopen("/etc/hosts", "r");
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
        found = strncmp(line, "127.0.0.1", 9) == 0 && strstr(line, "localhost") != NULL;
    if (file != NULL)
        assert_int_equal(fclose(file), 0);
    return found;
}

/* It goes before the system's name servers, and does not count where others are given. */
static void hosts_file(void **state)
{
    struct scene *s = *state;
    struct resolver_conf of_the_system = {NULL, 0, 300, false};
    if (!hosts_file_has_localhost())
        skip();
    ask(s, "localhost", ADDRESS_V4);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_NONE);
    resolver_configure(s->ground.resolver, &of_the_system);
    ask(s, "localhost", ADDRESS_V4);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_OK);
    assert_true(s->addresses >= 1);
    assert_memory_equal(s->first.bytes, "\x7f\0\0\1", 4);
    assert_int_equal(s->ttl_s, 0);
}

/* After so many turns of the loop, answered or not. */
static void cancelling(void **state)
{
    struct scene *s = *state;
    serve_address(s, "\xc0\0\2\7", 4);
    for (unsigned does = SERVES; does <= LOOPS; does++) {
        s->ground.server.does = (enum name_server_does)does;
        for (uint64_t ms = 0; ms < 5; ms++) {
            s->called = 0;
            ask(s, ms % 2 ? "mail.test" : NULL, ADDRESS_NONE);
            if (ms > 0)
                run_for(s->ground.loop, ms - 1);
            unsigned called = s->called;
            resolver_cancel(s->query);
            run_for(s->ground.loop, 2);
            assert_int_equal(s->called, called);
        }
    }
}

struct chain {
    struct scene *scene;
    struct resolver_query *other;
    unsigned called;
};

static void cancel_other(void *ctx, const struct resolver_answer *answer)
{
    struct chain *chain = ctx;
    (void)answer;
    chain->called++;
    resolver_cancel(chain->other);
    chain->other = NULL;
    if (chain->scene->called == 0 && chain->scene->query == NULL)
        ask(chain->scene, "", ADDRESS_NONE);
}

/* Both are answered in the same turn; the first takes back the second and asks anew. */
static void cancelling_from_inside(void **state)
{
    struct scene *s = *state;
    struct chain chain = {.scene = s};
    struct resolver_ask how = {DEADLINE_MS, cancel_other, &chain};
    assert_non_null(resolver_addresses(s->ground.resolver, SLICE(""), ADDRESS_V4, &how));
    chain.other = NULL;
    run_for(s->ground.loop, 5);
    assert_int_equal(chain.called, 1);
    wait_for(s);
    ask(s, "", ADDRESS_V4); /* told first or second */
    chain.other = s->query;
    assert_non_null(resolver_addresses(s->ground.resolver, SLICE(""), ADDRESS_V4, &how));
    run_for(s->ground.loop, 5);
    assert_int_equal(chain.called, 2);
}

static void other_servers(void **state)
{
    struct scene *s = *state;
    struct name_server other;
    name_server_open(&other, s->ground.loop);
    other.addresses[other.address_count++] = SLICE("\xc0\0\2\x9");
    s->ground.server.does = SILENT;
    ask(s, "mail.test", ADDRESS_V4);
    struct resolver_query *kept = s->query;
    ask(s, "other.test", ADDRESS_V4);
    resolver_cancel(s->query);
    s->query = kept;
    run_for(s->ground.loop, 5);
    resolver_configure(s->ground.resolver, &other.conf); /* it begins anew there */
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_OK);
    assert_int_equal(s->first.bytes[3], 9);
    assert_int_equal(other.queries, 1);
    name_server_close(&other);
}

static void destroyed_in_flight(void **state)
{
    struct scene *s = *state;
    s->ground.server.does = SILENT;
    for (int i = 0; i < 3; i++) {
        ask(s, i == 1 ? NULL : "mail.test", ADDRESS_NONE);
        run_for(s->ground.loop, (uint64_t)i);
        resolver_cancel(s->query);
    }
}

static void nobody_listens(void **state)
{
    struct scene *s = *state;
    struct address closed = {ADDRESS_V4, {127, 0, 0, 1}, 1};
    struct resolver_conf conf = {&closed, 1, 300, false};
    resolver_configure(s->ground.resolver, &conf);
    ask(s, "mail.test", ADDRESS_NONE);
    wait_for(s);
    assert_int_equal(s->result, RESOLVER_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(many_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(no_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(names, setup, teardown),
        cmocka_unit_test_setup_teardown(no_names, setup, teardown),
        cmocka_unit_test_setup_teardown(deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(half_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(half_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(hosts_file, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelling, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelling_from_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(other_servers, setup, teardown),
        cmocka_unit_test_setup_teardown(destroyed_in_flight, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_listens, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
