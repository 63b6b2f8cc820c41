/* policy: a configuration from the text of a test, and what judging by it needs. */
#ifndef TESTS_UNIT_PROXY_INSPECT_POLICY_H
#define TESTS_UNIT_PROXY_INSPECT_POLICY_H

#include <stdlib.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "conf/read/config_load.h"
#include "filters/match/pattern.h"
#include "tests/unit/support.h"

struct policy_text {
    struct config *config;
    const struct policy *policy; /* the first */
    struct pattern_scratch *scratch;
};

static inline void policy_problem(void *ctx, struct slice line)
{
    (void)ctx;
    print_error("%.*s\n", SLICE_ARG(line));
}

#define POLICY_PARTS 4

/* Parts of a configuration; what they are made of is written with ' for ". */
#define RULE(name, when, then) "{ name = '" name "'; when = { " when "; }; then = { " then "; }; }"
#define ALWAYS(name, then)     "{ name = '" name "'; then = { " then "; }; }"
#define MILTER(name, when)     "{ name = '" name "'; address = 'unix:/m'; when = { " when "; }; }"
#define ASKED(name)            "{ name = '" name "'; address = 'unix:/m'; }"
#define RULES(list)            "rules = ( " list " );\n"
#define FINAL_RULES(list)      "final_rules = ( " list " );\n"
#define MILTERS(list)          "milters = ( " list " );\n"
#define REFUSES                "reject = '550 5.7.1 no'"
#define ADDS_FIELD(name)       "add_header = { " name " = '1'; }"

static inline void policy_write(int fd, const char *part)
{
    for (; *part != '\0'; part++)
        assert_int_equal(write(fd, *part == '\'' ? "\"" : part, 1), 1);
}

/* policy_begin(p, parts): of ${parts}, NULL where there are fewer, which together have no error and
 * ask for no warning. policy_end(p): when nobody uses it any more. */
static inline void policy_begin(struct policy_text *p, const char *const parts[POLICY_PARTS])
{
    char path[] = "/tmp/postern-policy-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < POLICY_PARTS && parts[i] != NULL; i++)
        policy_write(fd, parts[i]);
    assert_int_equal(close(fd), 0);

    struct diag diag;
    diag_init(&diag);
    p->config = config_load(path, CONFIG_NEEDS_NOTHING, NULL, &diag);
    assert_int_equal(unlink(path), 0);
    diag_print(&diag, policy_problem, NULL);
    assert_int_equal(diag.errors + diag.warnings, 0);
    diag_fini(&diag);
    assert_non_null(p->config);
    p->policy = &p->config->policies[0];
    p->scratch = pattern_scratch_create();
    assert_non_null(p->scratch);
}

static inline void policy_end(struct policy_text *p)
{
    pattern_scratch_destroy(p->scratch);
    config_unref(p->config);
}

#endif
