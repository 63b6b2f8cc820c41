#include "filters/rules/bare.h"

#include "tests/unit/filters/rules/rule_text.h"
#include "tests/unit/support.h"

struct seen {
    char text[256];
    size_t used;
};

static void note(void *ctx, const struct bare_pattern *bare)
{
    struct seen *seen = ctx;

    assert_non_null(bare->pattern);
    seen->used += (size_t)snprintf(seen->text + seen->used, sizeof(seen->text) - seen->used,
                                   "%.*s[%.*s]=%.*s ", SLICE_ARG(field_get(bare->field)->name),
                                   SLICE_ARG(bare->name), SLICE_ARG(bare->text));
}

static void rows(void **state)
{
    static const struct {
        const char *rule, *bare;
        size_t count;
    } rows[] = {
        {"r: sender=/casino/ -> tag(t)\n", "", 1},
        {"r: * -> tag(t)\n", "", 0},
        {"r: sender=a@b.test -> tag(t)\n", "", 0},
        {"r: sender=/[0-9]+/ -> tag(t)\n", "sender[]=[0-9]+ ", 1},
        {"r: header[X]=/casino/,~(/a|b/,/.*/),/lottery/ -> tag(t)\n", "header[X]=a|b header[X]=.* ",
         4},
        {"r: helo=/x/ & !(raw_body=/y/ | header[Y]=/zzz/) -> tag(t)\n", "helo[]=x raw_body[]=y ",
         3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rule_text text;
        struct diag diag;
        struct ruleset *ruleset;
        struct seen seen = {.used = 0};

        diag_init(&diag);
        rule_text_init(&text, rows[i].rule);
        ruleset = ruleset_compile(text.rules, text.count, NULL, &diag);
        assert_non_null(ruleset);
        assert_row(bare_patterns(ruleset, 0, note, &seen) == rows[i].count, rows[i].rule, i);
        assert_row_slice(slice_str(seen.text), slice_str(rows[i].bare), rows[i].rule, i);
        ruleset_destroy(ruleset);
        rule_text_fini(&text);
        diag_fini(&diag);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
