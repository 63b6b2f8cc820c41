/* pattern_kit: what the tests of patterns share: a scratch, compiling, and a search to its end. */
#ifndef TESTS_UNIT_FILTERS_MATCH_PATTERN_KIT_H
#define TESTS_UNIT_FILTERS_MATCH_PATTERN_KIT_H

#include "filters/match/pattern.h"
#include "tests/unit/support.h"

#define ERROR_MAX 300

static struct pattern_scratch *scratch;

static inline int set_up(void **state)
{
    (void)state;
    scratch = pattern_scratch_create();
    return scratch != NULL ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    pattern_scratch_destroy(scratch);
    return 0;
}

static inline struct pattern *compile(struct slice source, unsigned flags)
{
    char error[ERROR_MAX] = "";
    struct pattern *pattern = pattern_create(source, flags, error, sizeof(error));

    if (pattern == NULL)
        fail_msg("%.*s: %s", SLICE_ARG(source), error);
    return pattern;
}

/* A search to its end; how many slices it took goes to ${slices}. */
static inline enum pattern_result search(const struct pattern *pattern, struct slice subject,
                                         struct pattern_match *match, size_t *slices)
{
    enum pattern_result result;
    struct pattern_cursor cursor = {0};

    *slices = 0;
    do {
        result = pattern_search(pattern, scratch, subject, &cursor, match);
        ++*slices;
    } while (result == PATTERN_MORE);
    return result;
}

#endif
