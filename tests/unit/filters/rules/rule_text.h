/* rule_text: rules for tests, written on one line each, without a configuration file.
 *
 *     NAME [shadow|off|message]: CONDITION -> ACTION(argument) ACTION
 *
 * CONDITION is `*` (always) or fields with `&`, `|`, `!` and parentheses: sender=a@b & !(size=>10 |
 * helo=x). A field is name=matcher,matcher or header[Subject]=/re/i; missing_header[Date] stands
 * alone. Matchers: /re/flags,
 * @list, a range, a number, a word or 'quoted words', ~matcher or ~(matcher,matcher) for { not =
 * ... }. Arguments: reject(550 5.7.1 No|second line), add_header(Name: text), replace(Name
 * /re/flags text), score(2), delay(5000), else the text itself. A malformed text fails the test.
 */
#ifndef TESTS_UNIT_FILTERS_RULES_RULE_TEXT_H
#define TESTS_UNIT_FILTERS_RULES_RULE_TEXT_H

#include "filters/rules/ruleset.h"

struct rule_text {
    struct arena arena;
    struct rule *rules;
    size_t count;
};

#define RULE_TEXT_RULES_MAX 5000

/* rule_text_init(out, text): reads all lines of ${text}; rule_text_fini frees them. */
void rule_text_init(struct rule_text *out, const char *text);
void rule_text_fini(struct rule_text *out);

#endif
