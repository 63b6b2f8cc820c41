/* Who a message says it is from, as conditions see it. */
#include "tests/unit/filters/eval/story.h"
#include "tests/unit/support.h"

static const struct {
    const char *title, *condition, *header;
    char holds;
} ROWS[] = {
    {"from_address: each mailbox", "from_address=b@c.test", "From: A <a@b.test>, b@c.test", 'y'},
    {"from_address: each field", "from_address=b@c.test", "From: A <a@b.test>|from: b@c.test", 'y'},
    {"from_domain", "from_domain=C.TEST", "From: A <a@b.test>, b@c.test", 'y'},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        story_check_condition(ROWS[i].title, ROWS[i].condition, ROWS[i].header, ROWS[i].holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
