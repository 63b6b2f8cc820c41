#include "proxy/upstream/targets.h"

#include "conf/upstream_conf.h"
#include "tests/unit/support.h"

static const struct endpoint ENDPOINTS[] = {
    {.address = {ADDRESS_V4, {10, 0, 0, 1}, 25}, .text = SLICE_INIT("10.0.0.1:25")},
    {.address = {.port = 26}, .host = SLICE_INIT("mx.test"), .text = SLICE_INIT("mx.test:26")},
    {.address = {ADDRESS_V4, {10, 0, 0, 3}, 25}, .text = SLICE_INIT("10.0.0.3:25")},
};
static const struct upstream_conf CONF = {.endpoints = ENDPOINTS, .endpoint_count = 3};
static const struct address FOUND[] = {
    {ADDRESS_V4, {192, 0, 2, 1}, 0},
    {ADDRESS_V6, {0x20, 1, 0xd, 0xb8, [15] = 1}, 0},
};

static void expect(struct targets *t, const struct rest_table *rests, const char *text)
{
    struct target *next = targets_choose(t, rests, 5);
    if (text == NULL) {
        assert_null(next);
        return;
    }
    assert_non_null(next);
    assert_true(next->tried);
    assert_true(slice_equal(next->endpoint.text, slice_str(text)));
}

static void in_order(void **state)
{
    struct targets t = {0};
    (void)state;
    assert_int_equal(targets_begin(&t, &CONF), 0);
    expect(&t, NULL, "10.0.0.1:25");
    struct target *name = targets_choose(&t, NULL, 5);
    assert_true(targets_unknown(name));
    assert_int_equal(targets_expand(&t, name, FOUND, 2), 0);
    assert_int_equal(t.count, 4);
    expect(&t, NULL, "192.0.2.1:26");
    expect(&t, NULL, "[2001:db8::1]:26");
    assert_false(targets_unknown(&t.items[1]));
    assert_true(slice_equal(t.items[2].endpoint.host, SLICE("mx.test")));
    expect(&t, NULL, "10.0.0.3:25");
    expect(&t, NULL, NULL);
    assert_int_equal(targets_begin(&t, &CONF), 0); /* all over */
    expect(&t, NULL, "10.0.0.1:25");
    targets_fini(&t);
    targets_fini(&t);
}

/* What a name led to rests by its address. */
static void rested_last(void **state)
{
    struct targets t = {0};
    struct rest_table rests = {0};
    (void)state;
    rest_begin(&rests, SLICE("192.0.2.1:26"), "broken", 1);
    rest_begin(&rests, SLICE("10.0.0.1:25"), "broken", 1);
    assert_int_equal(targets_begin(&t, &CONF), 0);
    struct target *name = targets_choose(&t, &rests, 5);
    assert_true(targets_unknown(name));
    assert_int_equal(targets_expand(&t, name, FOUND, 2), 0);
    expect(&t, &rests, "[2001:db8::1]:26");
    expect(&t, &rests, "10.0.0.3:25");
    expect(&t, &rests, "10.0.0.1:25");
    expect(&t, &rests, "192.0.2.1:26");
    expect(&t, &rests, NULL);
    targets_fini(&t);
}

/* Names that have no end of addresses. */
static void bounded(void **state)
{
    struct endpoint names[UPSTREAM_ENDPOINTS_MAX];
    struct upstream_conf conf = {.endpoints = names, .endpoint_count = COUNT_OF(names)};
    struct address many[8] = {{.family = ADDRESS_NONE}};
    struct targets t = {0};
    struct target *next;
    size_t tried = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        names[i] = ENDPOINTS[1];
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = FOUND[i % 2];
    assert_int_equal(targets_begin(&t, &conf), 0);
    while ((next = targets_choose(&t, NULL, 5)) != NULL) {
        tried++;
        if (targets_unknown(next))
            assert_int_equal(targets_expand(&t, next, many, COUNT_OF(many)), 0);
    }
    assert_int_equal(t.count, TARGETS_MAX);
    assert_true(tried <= TARGETS_MAX + COUNT_OF(names));
    targets_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order),
        cmocka_unit_test(rested_last),
        cmocka_unit_test(bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
