/* Random lists of rules: what the evaluator makes of them in stages is what one reading of the
 * whole list says. */
#include "tests/unit/filters/eval/rule_model.h"
#include "tests/unit/support.h"

#define CASES      20000
#define CASE_BYTES 256

/* xorshift64*: the same cases in each run. */
static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static void random_rules(void **state)
{
    static struct model model;
    uint64_t seed = 88172645463325252U;

    (void)state;
    for (int i = 0; i < CASES; i++) {
        uint8_t bytes[CASE_BYTES];

        for (size_t at = 0; at < sizeof(bytes); at++)
            bytes[at] = (uint8_t)(next(&seed) >> 56);
        model_make(&model, bytes, sizeof(bytes));
        model_check(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_rules)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
