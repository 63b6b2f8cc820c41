/* What a rule above leaves open, and whom that holds back. */
#include "filters/eval/step.h"

#include "tests/unit/support.h"

static const struct act TERMINAL = {.kind = ACTION_ACCEPT};

/* A rule that is undecided, and whether an accept and a refusal below it may act. */
static const struct {
    struct entry above;
    bool fired;
    bool may_accept, may_refuse, score_open, tag_open;
} ROWS[] = {
    {{.score = 0}, false, true, true, false, false},
    {{.terminal = &TERMINAL, .passes = true}, false, false, false, false, false},
    {{.terminal = &TERMINAL, .refuses = true}, false, false, true, false, false},
    {{.sets_score = true}, false, true, true, true, false},
    {{.sets_tag = true}, false, true, true, false, true},
    {{.sets_score = true, .sets_tag = true}, true, true, true, false, false},
};

static void views(void **state)
{
    const struct entry accept = {.passes = true}, refusal = {.refuses = true};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct view view = {.all = false};

        step_leave_open(&view, &ROWS[i].above, ROWS[i].fired);
        assert_int_equal(step_may_act(&view, &accept), ROWS[i].may_accept);
        assert_int_equal(step_may_act(&view, &refusal), ROWS[i].may_refuse);
        assert_int_equal(view.score_open, ROWS[i].score_open);
        assert_int_equal(view.tag_open, ROWS[i].tag_open);
        step_leave_open(&view, &(struct entry){.score = 0}, false); /* nothing opens it again */
        assert_int_equal(step_may_act(&view, &accept), ROWS[i].may_accept);
    }
}

static void news(void **state)
{
    struct message message = {.stage = STAGE_HEADER, .news = 1U << STAGE_HEADER};
    const struct eval e = {.m = &message};

    (void)state;
    assert_true(step_has_news(&e, &(struct entry){.stages = 1U << STAGE_HEADER}));
    assert_false(step_has_news(&e, &(struct entry){.stages = 1U << STAGE_MESSAGE}));
    assert_true(step_has_news(&e, &(struct entry){.names_score = true}));
    assert_true(step_has_news(&e, &(struct entry){.names_tag = true}));
    assert_true(step_has_news(&e, &(struct entry){.names_size = true}));
    assert_false(step_has_news(&e, &(struct entry){.names_recipient = true}));
    message.stage = STAGE_DATA; /* the recipients are complete */
    assert_true(step_has_news(&e, &(struct entry){.names_recipient = true}));
}

/* A rule that could not be judged: it counts as false, is a refusal, or waits to be one. */
static void failures(void **state)
{
    const struct rule rule = {.name = SLICE("r")};
    struct entry entry = {.rule = &rule};
    const struct ruleset rules = {.entries = &entry, .count = 1};
    uint8_t mark = 0;
    struct message message = {.marks = &mark, .end_rule = 1};
    struct eval e = {.rules = &rules, .m = &message, .options = {.on_regex = VERDICT_CONTINUE}};
    bool open = true;

    (void)state;
    assert_int_equal(step_failed(&e, true, &open), STEP_ON);
    assert_false(open);
    assert_int_equal(mark, MARK_FAILED | MARK_UNCHECKED);
    mark = 0;
    e.options.on_regex = VERDICT_TEMPFAIL;
    assert_int_equal(step_failed(&e, true, &open), STEP_ON);
    assert_true(open);
    assert_int_equal(mark, 0);
    assert_int_equal(step_failed(&e, false, &open), STEP_END);
    assert_false(open);
    assert_int_equal(mark, MARK_FAILED);
    assert_true(e.concluded);
    assert_int_equal(e.verdict.kind, VERDICT_TEMPFAIL);
    assert_int_equal(message.end_rule, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views),
        cmocka_unit_test(news),
        cmocka_unit_test(failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
