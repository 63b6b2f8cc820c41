/* What limits and on_failure mean for those who judge. */
#include "conf/judging.h"

#include "conf/config.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "tests/unit/configured.h"

/* Takes more steps than a match may have. */
#define HARD        "/^(a+)+$/"
#define HARD_SENDER "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"

#define MILTER "milters = ( { address = \"unix:/m\"; when = { sender = \"" HARD "\"; }; } );\n"

/* What is judged of a client whose name nobody finds out, and of its sender. */
static struct verdict feed(struct eval *eval)
{
    const struct event connect = {.kind = EVENT_CONNECT};
    const struct event mail = {
        .kind = EVENT_MAIL,
        .u.mail = {.sender = SLICE(HARD_SENDER), .declared_size = EVENT_SIZE_UNKNOWN}};
    struct verdict verdict = eval_feed(eval, &connect);

    while (verdict.kind == VERDICT_MORE)
        verdict = eval_feed(eval, &connect);
    return verdict_refuses(verdict.kind) ? verdict : eval_feed(eval, &mail);
}

static const struct {
    const char *conf;
    enum verdict_kind kind;
    enum failure failure;
} ROWS[] = {
    {"rules = ( { name = \"r\"; when = { sender = \"" HARD "\"; }; then = { tag = \"t\"; }; } );\n",
     VERDICT_TEMPFAIL, FAILURE_REGEX},
    {"on_failure = { regex = \"reject\"; };\n"
     "rules = ( { name = \"r\"; when = { sender = \"" HARD "\"; }; then = { tag = \"t\"; }; } );\n",
     VERDICT_REJECT, FAILURE_REGEX},
    {"on_failure = { regex = \"continue\"; };\n"
     "rules = ( { name = \"r\"; when = { sender = \"" HARD "\"; }; then = { tag = \"t\"; }; } );\n",
     VERDICT_CONTINUE, FAILURE_NONE},
    {"on_failure = { lookup = \"reject\"; };\n"
     "rules = ( { name = \"r\"; when = { client_name = \"x\"; }; then = { reject = \"No\"; }; } "
     ");\n",
     VERDICT_REJECT, FAILURE_LOOKUP},
};

static void failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct config *config = configured(ROWS[i].conf);
        struct pattern_scratch *scratch = pattern_scratch_create();
        const struct judging lent = {.scratch = scratch};
        struct eval *eval = judging_eval(config, &config->policies[0], &lent);
        struct verdict verdict = feed(eval);

        assert_int_equal(verdict.kind, ROWS[i].kind);
        assert_int_equal(verdict.failure, ROWS[i].failure);
        assert_false(eval_final_due(eval));
        eval_destroy(eval);
        pattern_scratch_destroy(scratch);
        config_unref(config);
    }
}

static uint64_t still_clock(void *ctx)
{
    assert_null(ctx);
    return 1;
}

static void count_hit(void *ctx, const struct eval_hit *hit)
{
    assert_false(hit->final);
    ++*(size_t *)ctx;
}

/* Final rules are there, and who is told of hits is told. */
static void what_is_lent(void **state)
{
    struct config *config = configured(
        "rules = ( { name = \"r\"; when = { sender = \"a*\"; }; then = { tag = \"t\"; }; } );\n"
        "final_rules = ( { name = \"last\"; then = { tag = \"t\"; }; } );\n");
    struct pattern_scratch *scratch = pattern_scratch_create();
    size_t hits = 0;
    const struct eval_trace trace = {count_hit, &hits};
    const struct judging lent = {.scratch = scratch, .clock_ns = still_clock, .trace = &trace};
    struct eval *eval = judging_eval(config, &config->policies[0], &lent);

    (void)state;
    assert_int_equal(feed(eval).kind, VERDICT_CONTINUE);
    assert_int_equal(hits, 1);
    assert_true(eval_final_due(eval));
    eval_destroy(eval);
    pattern_scratch_destroy(scratch);
    config_unref(config);
}

/* Whether a milter is asked: what cannot be judged says yes, whatever it says of a message. */
static void when_a_milter_is_asked(void **state)
{
    struct config *config = configured("on_failure = { regex = \"continue\"; };\n" MILTER);
    struct pattern_scratch *scratch = pattern_scratch_create();
    const struct judging lent = {.scratch = scratch};
    struct eval *eval = judging_when(config, config->policies[0].milters[0].when, &lent);

    (void)state;
    assert_true(verdict_refuses(feed(eval).kind));
    eval_destroy(eval);
    pattern_scratch_destroy(scratch);
    config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures),
        cmocka_unit_test(what_is_lent),
        cmocka_unit_test(when_a_milter_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
