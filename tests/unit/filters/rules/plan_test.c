/* When each rule is decided, when it can act, and what holds it back. */
#include "filters/rules/ruleset.h"

#include "tests/unit/filters/rules/rule_text.h"
#include "tests/unit/support.h"

/* Rules, and of each: "decided acts held-by", a "*" when it speaks for a recipient. */
static const struct {
    const char *rules, *plan;
} ROWS[] = {
    {"a: * -> reject(no)\n", "connect connect -\n"},
    {"a: client=10.0.0.0/8 -> reject(no)\n", "connect connect -\n"},
    {"a: helo=x -> reject(no)\n", "helo helo -\n"},
    {"a: sender=x -> reject(no)\n", "mail mail -\n"},
    {"a: recipient=x -> reject(no)\n", "rcpt rcpt - *\n"},
    {"a message: recipient=x -> reject(no)\n", "data data -\n"},
    {"a: recipient=x -> redirect(a@b.test)\n", "rcpt rcpt - *\n"},
    {"a message: recipient=x -> redirect(a@b.test)\n", "data data -\n"},
    {"a: recipient=x -> redirect(a@${from_domain})\nb: sender=x -> reject(no)\n",
     "header header - *\nmail header a\n"},
    {"a: recipient=x & header[X]=y -> redirect(a@b.test)\nb: sender=x -> accept\n",
     "header header - *\nmail header a\n"},
    {"a: recipient=x & header[X]=y -> score(1)\n", "header header -\n"},
    {"a: recipient_count=>5 -> reject(no)\n", "data data -\n"},
    {"a: recipient=x & recipient_count=>5 -> reject(no)\n", "data data -\n"},
    {"a: header[X]=y -> reject(no)\n", "header header -\n"},
    {"a: raw_body=/x/ & sender=y -> reject(no)\n", "message message -\n"},
    {"a: size=>5 -> reject(no)\n", "mail mail -\n"},
    {"a: size=>5 -> accept\n", "message message -\n"},
    {"a: size=>5 & raw_body=x -> reject(no)\n", "message message -\n"},
    {"a: size=>5 & recipient=x -> reject(no)\n", "rcpt rcpt -\n"},
    {"a message: size=>5 & recipient=x -> reject(no)\n", "data data -\n"},
    {"a: size=>5 & recipient=x & header[X]=y -> reject(no)\n", "header header -\n"},
    {"a: recipient=y -> accept\nb: size=>5 & recipient=x -> reject(no)\n",
     "rcpt rcpt - *\nrcpt rcpt -\n"},
    {"a: size=>5 & recipient=x -> accept\n", "message message -\n"},
    /* what holds back */
    {"a: header[X]=y -> reject(no)\nb: sender=x -> reject(no)\n", "header header -\nmail mail -\n"},
    {"a: header[X]=y -> accept\nb: sender=x -> reject(no)\n", "header header -\nmail header a\n"},
    {"a: header[X]=y -> reject(no)\nb: sender=x -> accept\nc: client=10.0.0.1 -> reject(no)\n",
     "header header -\nmail header a\nconnect mail b\n"},
    {"a: header[X]=y -> score(1)\nb: sender=x -> accept\n", "header header -\nmail mail -\n"},
    {"a shadow: header[X]=y -> accept\nb: sender=x -> reject(no)\n",
     "header header -\nmail mail -\n"},
    {"a off: header[X]=y -> accept\nb: sender=x -> reject(no)\n", "header header -\nmail mail -\n"},
    {"a: header[X]=y -> accept\nb: raw_body=x -> accept\nc: * -> reject(no)\n",
     "header header -\nmessage message -\nconnect message b\n"},
    {"a: recipient=x -> accept\nb: sender=x -> reject(no)\nc: recipient=y -> reject(no)\n",
     "rcpt rcpt - *\nmail data a\nrcpt rcpt - *\n"},
    {"a: recipient=x -> reject(no)\nb: sender=x -> accept\n", "rcpt rcpt - *\nmail data a\n"},
    {"a: header[X]=y -> accept\nb: recipient=x -> reject(no)\n",
     "header header -\nrcpt header a *\n"},
    /* score and tag */
    {"a: score=>1 -> reject(no)\n", "connect connect -\n"},
    {"a: header[X]=y -> score(1)\nb: score=>1 -> reject(no)\n",
     "header header -\nheader header -\n"},
    {"a: header[X]=y -> score(1)\nb: tag=x -> reject(no)\n",
     "header header -\nconnect connect -\n"},
    {"a: header[X]=y -> reject(no)\nb: * -> tag(x)\nc: tag=x -> reject(no)\n",
     "header header -\nconnect header a\nheader header -\n"},
    {"a: recipient=x -> score(1)\nb: score=>0 & recipient=* -> reject(no)\nc: score=>0 -> "
     "reject(no)\n",
     "rcpt rcpt - *\nrcpt rcpt - *\ndata data -\n"},
    {"a: raw_body=x -> score(1)\nb: score=>0 & recipient=* -> add_header(X: y)\n",
     "message message -\nmessage message -\n"},
};

static void write_plan(const struct ruleset *ruleset, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < ruleset_count(ruleset); i++) {
        struct rule_plan plan = ruleset_plan(ruleset, i);
        struct slice by = SLICE("-");
        size_t used = strlen(out);

        if (plan.held_by != SLICE_NOT_FOUND)
            by = ruleset_plan(ruleset, plan.held_by).rule->name;
        (void)snprintf(out + used, size - used, "%.*s %.*s %.*s%s\n",
                       SLICE_ARG(stage_name(plan.decided)), SLICE_ARG(stage_name(plan.acts)),
                       SLICE_ARG(by), plan.of_recipient ? " *" : "");
    }
}

static void plans(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char found[1024];
        struct rule_text rules;
        struct ruleset *ruleset;
        struct diag diag;

        diag_init(&diag);
        rule_text_init(&rules, ROWS[i].rules);
        ruleset = ruleset_compile(rules.rules, rules.count, NULL, &diag);
        assert_non_null(ruleset);
        write_plan(ruleset, found, sizeof(found));
        if (strcmp(found, ROWS[i].plan) != 0)
            fail_msg("%splanned:\n%sexpected:\n%s", ROWS[i].rules, found, ROWS[i].plan);
        ruleset_destroy(ruleset);
        diag_fini(&diag);
        rule_text_fini(&rules);
    }
}

static void facts_are_told(void **state)
{
    struct rule_text rules;
    struct ruleset *ruleset;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    rule_text_init(&rules, "a: sender=x & !(header[X]=y | score=1) -> accept\n");
    ruleset = ruleset_compile(rules.rules, rules.count, NULL, &diag);
    assert_non_null(ruleset);
    assert_int_equal(ruleset_plan(ruleset, 0).facts, (UINT64_C(1) << FIELD_SENDER) |
                                                         (UINT64_C(1) << FIELD_HEADER) |
                                                         (UINT64_C(1) << FIELD_SCORE));
    ruleset_destroy(ruleset);
    diag_fini(&diag);
    rule_text_fini(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plans), cmocka_unit_test(facts_are_told)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
