/* What is offered, and which answers can be lived with (MILTER 5; PROTOCOL ML07). */
#include "filters/verdict.h"
#include "tests/unit/proxy/milter/scene.h"

struct row {
    const char *name;
    uint32_t version, actions, steps;
    bool good;
};

static const struct row ROWS[] = {
    {"all", 6, PACKET_ACTIONS_ALL, PACKET_STEPS_ALL, true},
    {"version 2", 2, PACKET_ACTIONS_V2, 0, true},
    {"version 3", 3, 0, PACKET_STEP_NO_UNKNOWN, true},
    {"version 1", 1, 0, 0, false},
    {"version 7", 7, 0, 0, false},
    {"an unknown action", 6, 0x1000, 0, false},
    {"an unknown step", 6, 0, 0x40000000, true},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct scene s;

        scene_begin(&s, NULL);
        s.play.answer =
            (struct packet_options){ROWS[i].version, ROWS[i].actions, ROWS[i].steps, {.given = 0}};
        assert_row((scene_connect(&s).kind == VERDICT_CONTINUE) == ROWS[i].good, ROWS[i].name, i);
        assert_int_equal(s.play.offer.version, 6);
        assert_int_equal(s.play.offer.actions, PACKET_ACTIONS_ALL);
        assert_int_equal(s.play.offer.steps, (uint32_t)PACKET_STEPS_ALL |
                                                 (uint32_t)PACKET_STEP_DATA_256K |
                                                 (uint32_t)PACKET_STEP_DATA_1M);
        scene_end(&s);
    }
}

static void nonsense(void **state)
{
    static const char cut[] = "#0000000E4F00000006000000000000000001";
    static const char *const says[] = {"c", "a", "r", "p", "#000000014F", cut};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(says); i++) {
        const struct play_line lines[] = {{'O', 0, says[i]}, {.say = NULL}};
        struct scene s;

        scene_begin(&s, lines);
        assert_int_equal(scene_connect(&s).kind, VERDICT_TEMPFAIL);
        assert_non_null(milter_failure(s.milter));
        scene_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(nonsense)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
