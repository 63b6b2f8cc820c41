#include "tests/unit/filters/rules/problems.h"

#include "tests/unit/support.h"

static void write_problems(const struct diag *diag, char *out, size_t size)
{
    static const char *const LEVELS[] = {"note", "warning", "error"};

    out[0] = '\0';
    for (const struct problem *p = diag->first; p != NULL; p = p->next) {
        size_t used = strlen(out);

        (void)snprintf(out + used, size - used, "%u: %s: %.*s\n", p->place.line, LEVELS[p->level],
                       SLICE_ARG(p->text));
    }
}

static struct ruleset *compile(const struct rule_text *rules, struct diag *diag)
{
    diag_init(diag);
    return ruleset_compile(rules->rules, rules->count, NULL, diag);
}

void problems_check(const struct problems_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char found[4096];
        struct rule_text rules;
        struct ruleset *ruleset;
        struct diag diag;

        rule_text_init(&rules, rows[i].rules);
        ruleset = compile(&rules, &diag);
        write_problems(&diag, found, sizeof(found));
        if (strcmp(found, rows[i].problems) != 0)
            fail_msg("%sfound:\n%sexpected:\n%s", rows[i].rules, found, rows[i].problems);
        assert_int_equal(ruleset == NULL, diag.errors > 0);
        ruleset_destroy(ruleset);
        diag_fini(&diag);
        rule_text_fini(&rules);
    }
}

void problems_check_condition(const struct condition *when, const char *text)
{
    const struct rule rule = {.name = SLICE("r"), .when = when};
    struct ruleset *ruleset;
    struct diag diag;

    diag_init(&diag);
    ruleset = ruleset_compile(&rule, 1, NULL, &diag);
    assert_null(ruleset);
    assert_int_equal(diag.errors, 1);
    if (!slice_equal(diag.first->text, slice_str(text)))
        fail_msg("%.*s", SLICE_ARG(diag.first->text));
    diag_fini(&diag);
}

struct ruleset *problems_compile(struct rule_text *rules, const char *text)
{
    struct ruleset *ruleset;
    struct diag diag;

    rule_text_init(rules, text);
    ruleset = compile(rules, &diag);
    assert_non_null(ruleset);
    diag_fini(&diag);
    return ruleset;
}
