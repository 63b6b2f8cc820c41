/* problems: what the compiler of rules finds wrong, as text. */
#ifndef TESTS_UNIT_FILTERS_RULES_PROBLEMS_H
#define TESTS_UNIT_FILTERS_RULES_PROBLEMS_H

#include "tests/unit/filters/rules/rule_text.h"

/* Rules, and the problems found, each as "line: level: text". */
struct problems_row {
    const char *rules, *problems;
};

/* problems_check(rows, count): compiles the rules of each and compares; a ruleset comes of those
 * without errors alone. */
void problems_check(const struct problems_row *rows, size_t count);

/* problems_check_condition(when, text): of a condition that the text of a rule cannot write:
 * ${text} is the one error that is found. */
void problems_check_condition(const struct condition *when, const char *text);

/* problems_compile(rules, text): a ruleset of rules that are right; the caller destroys both. */
struct ruleset *problems_compile(struct rule_text *rules, const char *text);

#endif
