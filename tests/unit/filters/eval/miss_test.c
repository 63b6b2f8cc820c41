/* Why a rule did not fire: which part of its condition, and what that has seen. */
#include "filters/eval/miss.h"

#include "filters/eval/eval.h"
#include "tests/unit/filters/rules/rule_text.h"
#include "tests/unit/support.h"

struct fixture {
    struct rule_text text;
    struct ruleset *rules;
    struct pattern_scratch *scratch;
    struct arena arena;
    struct header header;
    struct eval *eval;
};

static void set_up(struct fixture *f, const char *rules)
{
    struct diag diag;

    diag_init(&diag);
    rule_text_init(&f->text, rules);
    f->rules = ruleset_compile(f->text.rules, f->text.count, NULL, &diag);
    assert_non_null(f->rules);
    diag_fini(&diag);
    f->scratch = pattern_scratch_create();
    arena_init(&f->arena, 4096, 65536);
    f->header = (struct header){.count = 0};
    assert_int_equal(
        header_parse(&f->header, SLICE("Subject: hi\r\nX: 1\r\nX: 2\r\n"), true, &f->arena), 0);
    const struct eval_options options = {.rules = f->rules,
                                         .scratch = f->scratch,
                                         .on_regex = VERDICT_TEMPFAIL,
                                         .memory_limit_bytes = 65536};
    f->eval = eval_create(&options);
    assert_non_null(f->eval);
}

static void tear_down(struct fixture *f)
{
    eval_destroy(f->eval);
    arena_fini(&f->arena);
    pattern_scratch_destroy(f->scratch);
    ruleset_destroy(f->rules);
    rule_text_fini(&f->text);
}

static void feed_message(struct fixture *f)
{
    const struct event events[] = {
        {.kind = EVENT_CONNECT, .u.connect = {.listener = SLICE("inbound")}},
        {.kind = EVENT_MAIL, .u.mail = {.sender = SLICE("a@b.test"), .declared_size = 7}},
        {.kind = EVENT_RCPT, .u.rcpt = {SLICE("u@x.test")}},
        {.kind = EVENT_RCPT, .u.rcpt = {SLICE("v@x.test")}},
        {.kind = EVENT_DATA},
        {.kind = EVENT_HEADER, .u.header = {&f->header}},
        {.kind = EVENT_MESSAGE, .u.message = {SLICE("x\r\n"), 40}},
    };

    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_int_equal(eval_feed(f->eval, &events[i]).kind, VERDICT_CONTINUE);
}

/* The last rule of each, and what is said of it. */
static const struct {
    const char *rules;
    size_t index;
    enum field_id field;
    const char *name;
    bool held;
    const char *value;
    size_t count;
} ROWS[] = {
    {"r: sender=x@y -> tag(t)\n", 0, FIELD_SENDER, "", false, "a@b.test", 1},
    {"r: sender=a@b.test & listener=out & size=0 -> tag(t)\n", 0, FIELD_LISTENER, "", false,
     "inbound", 1},
    {"r: sender=x | listener=out -> tag(t)\n", 0, FIELD_SENDER, "", false, "a@b.test", 1},
    {"r: !listener=inbound -> tag(t)\n", 0, FIELD_LISTENER, "", true, "inbound", 1},
    {"r: size=>40 -> tag(t)\n", 0, FIELD_SIZE, "", false, "40", 1},
    {"r: header[X]=3 -> tag(t)\n", 0, FIELD_HEADER, "X", false, "1", 2},
    {"r: header[Y]=3 -> tag(t)\n", 0, FIELD_HEADER, "Y", false, "", 0},
    {"r: missing_header[Subject] -> tag(t)\n", 0, FIELD_MISSING_HEADER, "Subject", false, "", 0},
    {"r message: recipient=w@x.test -> tag(t)\n", 0, FIELD_RECIPIENT, "", false, "u@x.test", 2},
    {"s: * -> score(2)\nr: score=>2 -> tag(t)\n", 1, FIELD_SCORE, "", false, "2", 1},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct fixture f;
        struct eval_miss miss;

        set_up(&f, ROWS[i].rules);
        feed_message(&f);
        assert_true(miss_find(f.eval, ROWS[i].index, &miss));
        assert_int_equal(miss.field, ROWS[i].field);
        assert_text(miss.name, ROWS[i].name);
        assert_int_equal(miss.held, ROWS[i].held);
        assert_text(miss.value, ROWS[i].value);
        assert_int_equal(miss.count, ROWS[i].count);
        tear_down(&f);
    }
}

static void only_of_a_rule_that_is_refuted(void **state)
{
    struct fixture f;
    struct eval_miss miss;

    (void)state;
    set_up(&f, "a: * -> tag(t)\nb off: sender=x -> tag(t)\n");
    feed_message(&f);
    assert_false(miss_find(f.eval, 0, &miss));
    assert_false(miss_find(f.eval, 1, &miss));
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(only_of_a_rule_that_is_refuted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
