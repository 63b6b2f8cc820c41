#include "proxy/upstream/name_cache.h"

#include "tests/unit/support.h"

static struct name_cache cache;

static int clear(void **state)
{
    (void)state;
    cache = (struct name_cache){.items = {{.len = 0}}};
    return 0;
}

static const struct cached_name *take(const char *name, enum resolver_result result, unsigned ttl_s,
                                      uint64_t now_ms)
{
    static const struct address found[] = {{ADDRESS_V4, {192, 0, 2, 1}, 0}};
    struct resolver_answer answer = {.result = result, .addresses = found, .ttl_s = ttl_s};
    answer.address_count = result == RESOLVER_OK;
    return name_cache_take(&cache, slice_str(name), &answer, now_ms);
}

static bool fresh(const char *name, uint64_t now_ms)
{
    return name_cache_fresh(&cache, slice_str(name), now_ms) != NULL;
}

static void lifetimes(void **state)
{
    static const struct {
        unsigned ttl_s;
        uint64_t lives_s;
    } rows[] = {{0, NAME_CACHE_TTL_MIN_S},
                {4, NAME_CACHE_TTL_MIN_S},
                {60, 60},
                {86400, NAME_CACHE_TTL_MAX_S},
                {UINT32_MAX, NAME_CACHE_TTL_MAX_S}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct cached_name *got = take("a.test", RESOLVER_OK, rows[i].ttl_s, 7);
        assert_non_null(got);
        assert_int_equal(got->count, 1);
        assert_true(fresh("A.test", 7 + rows[i].lives_s * 1000 - 1));
        assert_false(fresh("a.test", 7 + rows[i].lives_s * 1000));
        assert_false(fresh("b.test", 7));
    }
}

static void last_known(void **state)
{
    (void)state;
    assert_null(take("a.test", RESOLVER_FAILED, 0, 1));
    assert_non_null(take("a.test", RESOLVER_OK, 5, 1));
    assert_false(fresh("a.test", 100000));
    assert_int_equal(take("a.test", RESOLVER_FAILED, 0, 100000)->count, 1);
    assert_true(fresh("a.test", 100000 + NAME_CACHE_RETRY_S * 1000 - 1));
    assert_false(fresh("a.test", 100000 + NAME_CACHE_RETRY_S * 1000));
    assert_non_null(take("a.test", RESOLVER_FAILED, 0, 900000));
    assert_null(take("a.test", RESOLVER_NONE, 0, 900001));
    assert_false(fresh("a.test", 900001));
    assert_null(take("a.test", RESOLVER_FAILED, 0, 900002));
}

static void expiry(void **state)
{
    (void)state;
    assert_non_null(take("a.test", RESOLVER_OK, 60, 1));
    name_cache_expire(&cache);
    assert_false(fresh("a.test", 2));
    assert_non_null(take("a.test", RESOLVER_FAILED, 0, 2));
}

static void full(void **state)
{
    char name[32];
    (void)state;
    for (unsigned i = 0; i <= NAME_CACHE_MAX; i++) {
        (void)snprintf(name, sizeof(name), "n%u.test", i);
        assert_non_null(take(name, RESOLVER_OK, 60 + i, 1));
    }
    assert_false(fresh("n0.test", 2)); /* it would have ended first */
    for (unsigned i = 1; i <= NAME_CACHE_MAX; i++) {
        (void)snprintf(name, sizeof(name), "n%u.test", i);
        assert_true(fresh(name, 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lifetimes, clear),
        cmocka_unit_test_setup(last_known, clear),
        cmocka_unit_test_setup(expiry, clear),
        cmocka_unit_test_setup(full, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
