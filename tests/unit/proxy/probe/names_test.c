/* names: every bit, command and reply of the protocol has a name of its own. */
#include "proxy/probe/names.h"
#include "tests/unit/support.h"

static uint32_t all_bits(const char *(*word)(size_t index, uint32_t *bit))
{
    uint32_t all = 0, bit = 0;

    for (size_t i = 0; word(i, &bit) != NULL; i++) {
        assert_int_equal(all & bit, 0);
        all |= bit;
    }
    return all;
}

static void test_bits(void **state)
{
    (void)state;
    assert_int_equal(all_bits(names_action), PACKET_ACTIONS_ALL);
    assert_int_equal(all_bits(names_step), (uint32_t)PACKET_STEPS_ALL |
                                               (uint32_t)PACKET_STEP_DATA_256K |
                                               (uint32_t)PACKET_STEP_DATA_1M);
}

static void test_commands(void **state)
{
    static const char codes[] = {'A', 'B', 'C', 'D', 'E', 'H', 'K', 'L',
                                 'M', 'N', 'O', 'Q', 'R', 'T', 'U'};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        enum packet_command_kind kind = (enum packet_command_kind)codes[i];
        struct packet_options none = {.version = 6, .steps = 0};
        struct packet_options all = {.version = 6, .steps = PACKET_STEPS_ALL};

        assert_string_not_equal(names_command(kind), "?");
        assert_non_null(names_expected(kind));
        assert_null(names_unsent(&none, kind));
        assert_int_equal(names_unsent(&all, kind) == NULL, packet_options_sends(&all, kind));
    }
}

static void test_replies(void **state)
{
    static const char codes[] = "+-24acbdefhimOpqrsty";

    (void)state;
    for (size_t i = 0; codes[i] != '\0'; i++)
        assert_string_not_equal(names_reply((enum packet_reply_kind)codes[i]), "?");
    for (unsigned stage = 0; stage < PACKET_STAGE_COUNT; stage++)
        assert_string_not_equal(names_stage((enum packet_stage)stage), "none");
}

/* What no protocol has. */
static void test_unknown(void **state)
{
    const struct packet_options all = {.version = 6, .steps = PACKET_STEPS_ALL};

    (void)state;
    assert_string_equal(names_command((enum packet_command_kind)'x'), "?");
    assert_null(names_unsent(&all, (enum packet_command_kind)'x'));
    assert_string_equal(names_expected((enum packet_command_kind)'x'), "nothing");
    assert_string_equal(names_reply((enum packet_reply_kind)'x'), "?");
    assert_string_equal(names_stage(PACKET_STAGE_COUNT), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
