/* What becomes of questions: wanted, asked, answered, failed, forgotten. */
#include "filters/eval/questions.h"

#include "tests/unit/support.h"

static const struct question A = {QUESTION_CLIENT_NAME, SLICE_INIT("a"), {NULL, 0}, NULL},
                             B = {QUESTION_CLIENT_NAME, SLICE_INIT("b"), {NULL, 0}, NULL},
                             C = {QUESTION_CLIENT_NAME, SLICE_INIT("c"), {NULL, 0}, NULL};
static const struct answer NAME = {.text = SLICE_INIT("mail.test")},
                           NOBODY_KNOWS = {.failed = true};

static void set_up(struct eval *e, size_t limit)
{
    *e = (struct eval){.rules = NULL};
    arena_init(&e->session, 64, limit);
}

static void tear_down(struct eval *e)
{
    questions_forget(e);
    arena_fini(&e->session);
}

static size_t count_asked(const struct eval *e)
{
    size_t count = 0;

    for (const struct question *q = questions_asked(e); q != NULL; q = q->next)
        count++;
    return count;
}

static void only_what_is_asked_waits(void **state)
{
    struct eval e;

    (void)state;
    set_up(&e, 65536);
    assert_int_equal(questions_state(&e, &A), LOOKUP_NONE);
    assert_int_equal(questions_want(&e, &A), 0);
    assert_int_equal(questions_state(&e, &A), LOOKUP_WANTED);
    assert_null(questions_asked(&e));
    questions_unwant(&e);
    assert_int_equal(questions_state(&e, &A), LOOKUP_NONE);
    questions_ask(&e);
    assert_null(questions_asked(&e));
    assert_int_equal(questions_want(&e, &B), 0);
    questions_ask(&e);
    assert_int_equal(count_asked(&e), 1);
    assert_true(question_same(questions_asked(&e), &B));
    tear_down(&e);
}

/* Each may be answered while the list is gone through. */
static void each_is_answered(void **state)
{
    struct eval e;
    size_t seen = 0;

    (void)state;
    set_up(&e, 65536);
    assert_int_equal(questions_want(&e, &A), 0);
    assert_int_equal(questions_want(&e, &B), 0);
    assert_int_equal(questions_want(&e, &C), 0);
    questions_ask(&e);
    assert_int_equal(questions_answer(&e, &B, &NOBODY_KNOWS), 0);
    assert_int_equal(count_asked(&e), 2);
    for (const struct question *q = questions_asked(&e); q != NULL; q = q->next, seen++)
        assert_int_equal(questions_answer(&e, q, &NAME), 0);
    assert_int_equal(seen, 2);
    assert_null(questions_asked(&e));
    assert_text(questions_text(&e, &A), "mail.test");
    assert_int_equal(questions_state(&e, &B), LOOKUP_FAILED);
    assert_null(questions_text(&e, &B).ptr);
    assert_int_equal(questions_state(&e, &C), LOOKUP_KNOWN);
    tear_down(&e);
}

static void what_nobody_answers_has_failed(void **state)
{
    struct eval e;

    (void)state;
    set_up(&e, 65536);
    assert_int_equal(questions_answer(&e, &A, &NAME), 0); /* unasked */
    assert_int_equal(questions_want(&e, &B), 0);
    questions_ask(&e);
    questions_fail(&e);
    assert_null(questions_asked(&e));
    assert_int_equal(questions_state(&e, &A), LOOKUP_KNOWN);
    assert_int_equal(questions_state(&e, &B), LOOKUP_FAILED);
    assert_int_equal(questions_answer(&e, &B, &NAME), 0); /* late, but it counts */
    assert_int_equal(questions_state(&e, &B), LOOKUP_KNOWN);
    questions_forget(&e);
    assert_int_equal(questions_state(&e, &B), LOOKUP_NONE);
    tear_down(&e);
}

static void what_cannot_be_kept(void **state)
{
    char text[QUESTIONS_TEXT_MAX + 1];
    struct answer answer = {.text = slice_make(text, QUESTIONS_TEXT_MAX)};
    struct eval e;

    (void)state;
    memset(text, 'x', sizeof(text));
    set_up(&e, 65536);
    assert_int_equal(questions_answer(&e, &A, &answer), 0);
    answer.text.len++;
    assert_int_equal(questions_answer(&e, &A, &answer), -1);
    assert_int_equal(questions_state(&e, &A), LOOKUP_FAILED);
    tear_down(&e);
    set_up(&e, 1);
    assert_int_equal(questions_want(&e, &A), -1);
    assert_int_equal(questions_answer(&e, &A, &NAME), -1);
    tear_down(&e);
}

static const struct question CONTENT = {.kind = QUESTION_CONTENT};

/* What is asked of a message ends with it, what of the session does not. */
static void of_the_message(void **state)
{
    const struct content says = {.link_mismatch = true};
    const struct answer content = {.content = &says};
    struct eval e;

    (void)state;
    set_up(&e, 65536);
    arena_init(&e.work, 64, 65536);
    assert_null(questions_content(&e));
    assert_int_equal(questions_want(&e, &A), 0);
    assert_int_equal(questions_want(&e, &CONTENT), 0);
    assert_int_equal(questions_want(&e, &B), 0);
    questions_ask(&e);
    assert_int_equal(count_asked(&e), 3);
    assert_int_equal(questions_asked(&e)->kind, QUESTION_CONTENT); /* it is the first */
    assert_int_equal(questions_answer(&e, &CONTENT, &content), 0);
    assert_int_equal(count_asked(&e), 2);
    assert_ptr_equal(questions_content(&e), &says);
    assert_int_equal(questions_content_result(&e), CONTENT_READ);
    assert_int_equal(questions_answer(&e, &A, &NAME), 0);
    questions_forget_message(&e);
    arena_fini(&e.work);
    assert_null(questions_asked(&e));
    assert_null(questions_content(&e));
    assert_int_equal(questions_state(&e, &CONTENT), LOOKUP_NONE);
    assert_int_equal(questions_state(&e, &A), LOOKUP_KNOWN);
    assert_int_equal(questions_answer(&e, &B, &NAME), 0);
    assert_null(questions_asked(&e));
    arena_fini(&e.work);
    tear_down(&e);
}

static void how_reading_failed(void **state)
{
    const struct answer limit = {.failed = true, .result = CONTENT_LIMIT};
    struct eval e;

    (void)state;
    set_up(&e, 65536);
    arena_init(&e.work, 64, 65536);
    assert_int_equal(questions_want(&e, &CONTENT), 0);
    questions_ask(&e);
    assert_int_equal(questions_answer(&e, &CONTENT, &limit), 0);
    assert_int_equal(questions_state(&e, &CONTENT), LOOKUP_FAILED);
    assert_null(questions_content(&e));
    assert_int_equal(questions_content_result(&e), CONTENT_LIMIT);
    questions_forget_message(&e);
    assert_int_equal(questions_content_result(&e), CONTENT_READ);
    arena_fini(&e.work);
    tear_down(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_asked_waits),
        cmocka_unit_test(each_is_answered),
        cmocka_unit_test(what_nobody_answers_has_failed),
        cmocka_unit_test(what_cannot_be_kept),
        cmocka_unit_test(of_the_message),
        cmocka_unit_test(how_reading_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
