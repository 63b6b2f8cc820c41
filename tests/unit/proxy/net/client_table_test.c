/* client_table: the counts are exact, whatever comes and goes. */
#include "proxy/net/client_table.h"
#include "tests/unit/proxy/net/ground.h"

#include <malloc.h>
#include <stdlib.h>

#define ALL_MAX 1000000
#define ONE_MAX 1000000

static int setup(void **state)
{
    *state = client_table_create();
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state)
{
    client_table_destroy(*state);
    return 0;
}

static struct address parse(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(slice_str(text), &address), 0);
    return address;
}

static enum client_answer add(struct client_table *table, const char *text, unsigned all_max,
                              unsigned one_max)
{
    struct address address = parse(text);
    return client_table_add(table, &address, all_max, one_max);
}

static void take_out(struct client_table *table, const char *text)
{
    struct address address = parse(text);
    client_table_remove(table, &address);
}

static void test_limit_of_all(void **state)
{
    struct client_table *table = *state;
    assert_int_equal(add(table, "192.0.2.1", 0, ONE_MAX), CLIENT_TOO_MANY);
    assert_int_equal(add(table, "192.0.2.1", 2, ONE_MAX), CLIENT_ADMITTED);
    assert_int_equal(add(table, "192.0.2.2", 2, ONE_MAX), CLIENT_ADMITTED);
    assert_int_equal(add(table, "192.0.2.3", 2, ONE_MAX), CLIENT_TOO_MANY);
    assert_int_equal(client_table_count(table), 2);
    take_out(table, "192.0.2.1");
    assert_int_equal(add(table, "192.0.2.3", 2, ONE_MAX), CLIENT_ADMITTED);
    assert_int_equal(client_table_count(table), 2);
}

static void test_limit_of_one(void **state)
{
    struct client_table *table = *state;
    assert_int_equal(add(table, "192.0.2.1", ALL_MAX, 0), CLIENT_TOO_MANY_OF_ONE);
    assert_int_equal(add(table, "192.0.2.1", ALL_MAX, 2), CLIENT_ADMITTED);
    assert_int_equal(add(table, "192.0.2.1", ALL_MAX, 2), CLIENT_ADMITTED);
    assert_int_equal(add(table, "192.0.2.1", ALL_MAX, 2), CLIENT_TOO_MANY_OF_ONE);
    assert_int_equal(add(table, "192.0.2.2", ALL_MAX, 2), CLIENT_ADMITTED);
    assert_int_equal(client_table_count(table), 3); /* who was refused is not counted */
    take_out(table, "192.0.2.1");
    assert_int_equal(add(table, "192.0.2.1", ALL_MAX, 2), CLIENT_ADMITTED);
}

static enum client_answer move(struct client_table *table, const char *from, const char *to,
                               unsigned one_max)
{
    struct address a = parse(from), b = parse(to);
    return client_table_move(table, &a, &b, one_max);
}

static void test_move(void **state)
{
    struct client_table *table = *state;
    assert_int_equal(add(table, "10.0.0.1", ALL_MAX, ONE_MAX), CLIENT_ADMITTED);
    assert_int_equal(add(table, "10.0.0.1", ALL_MAX, ONE_MAX), CLIENT_ADMITTED);
    assert_int_equal(move(table, "10.0.0.1", "192.0.2.1", 1), CLIENT_ADMITTED);
    assert_int_equal(add(table, "192.0.2.1", ALL_MAX, 1), CLIENT_TOO_MANY_OF_ONE);
    assert_int_equal(move(table, "10.0.0.1", "192.0.2.1", 1), CLIENT_TOO_MANY_OF_ONE);
    assert_int_equal(add(table, "10.0.0.1", ALL_MAX, 1), CLIENT_TOO_MANY_OF_ONE); /* still there */
    assert_int_equal(client_table_count(table), 2);
    assert_int_equal(move(table, "10.0.0.1", "10.0.0.1", 1), CLIENT_ADMITTED);
    take_out(table, "192.0.2.1");
    take_out(table, "10.0.0.1");
    assert_int_equal(client_table_count(table), 0);
}

/* PROTOCOL Z06. */
static void test_ipv6_counts_by_network(void **state)
{
    struct client_table *table = *state;
    assert_int_equal(add(table, "2001:db8:0:1::1", ALL_MAX, 1), CLIENT_ADMITTED);
    assert_int_equal(add(table, "2001:db8:0:1:ffff::2", ALL_MAX, 1), CLIENT_TOO_MANY_OF_ONE);
    assert_int_equal(add(table, "2001:db8:0:2::1", ALL_MAX, 1), CLIENT_ADMITTED);
    take_out(table, "2001:db8:0:1:abcd::3"); /* another address of the same network */
    assert_int_equal(add(table, "2001:db8:0:1::9", ALL_MAX, 1), CLIENT_ADMITTED);
}

static void test_unix_clients_are_not_one(void **state)
{
    struct client_table *table = *state;
    const struct address local = {.family = ADDRESS_UNIX};
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(client_table_add(table, &local, 5, 1), CLIENT_ADMITTED);
    assert_int_equal(client_table_add(table, &local, 5, 1), CLIENT_TOO_MANY);
    client_table_remove(table, &local);
    assert_int_equal(client_table_count(table), 4);
}

/* Against a plain array of counters: many clients, so that the table grows and entries move. */
static void test_against_plain_counters(void **state)
{
    struct client_table *table = *state;
    enum { CLIENTS = 3000, STEPS = 60000, MAX = 7 };
    static unsigned counts[CLIENTS];
    unsigned total = 0;
    uint32_t random = 12345;
    memset(counts, 0, sizeof(counts));
    for (unsigned i = 0; i < STEPS; i++) {
        random = random * 1664525 + 1013904223;
        unsigned who = (random >> 8) % CLIENTS;
        struct address client = {
            .family = ADDRESS_V4,
            .bytes = {10, (uint8_t)(who >> 8), (uint8_t)who, 1},
            .port = (uint16_t)i,
        };
        if ((random >> 4) % 5 < 3) {
            bool admitted = client_table_add(table, &client, ALL_MAX, MAX) == CLIENT_ADMITTED;
            assert_int_equal(admitted, counts[who] < MAX);
            counts[who] += admitted;
            total += admitted;
        } else if (counts[who] > 0) {
            client_table_remove(table, &client);
            counts[who]--;
            total--;
        }
        assert_int_equal(client_table_count(table), total);
    }
    assert_true(total > CLIENTS / 4);
}

static struct address numbered(unsigned i)
{
    return (struct address){
        .family = ADDRESS_V4,
        .bytes = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i},
    };
}

/* However many there are, each is found at once. */
static void test_many_at_once(void **state)
{
    struct client_table *table = *state;
    enum { CLIENTS = 30000, PATIENCE_MS = 2000 };
    int64_t start_ms = cpu_ms();
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct address client = numbered(i);
        assert_int_equal(client_table_add(table, &client, ALL_MAX, 1), CLIENT_ADMITTED);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct address client = numbered(i);
        client_table_remove(table, &client);
    }
    assert_int_equal(client_table_count(table), 0);
    assert_true(cpu_ms() - start_ms < PATIENCE_MS);
}

static size_t allocated_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Who has gone takes no room. */
static void test_many_one_after_another(void **state)
{
    struct client_table *table = *state;
    size_t before = allocated_bytes();
    for (unsigned i = 0; i < 1000; i++) {
        struct address client = numbered(i);
        assert_int_equal(client_table_add(table, &client, 1, 1), CLIENT_ADMITTED);
        client_table_remove(table, &client);
    }
    assert_int_equal(allocated_bytes(), before);
}

static void test_null_is_nothing(void **state)
{
    (void)state;
    client_table_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_limit_of_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit_of_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_move, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ipv6_counts_by_network, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unix_clients_are_not_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_against_plain_counters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_one_after_another, setup, teardown),
        cmocka_unit_test(test_null_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
