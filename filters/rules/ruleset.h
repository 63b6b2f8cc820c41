/* ruleset: a list of rules, compiled. Immutable, shared by all threads; owned by the configuration.
 *
 * Compiling checks what rules mean (reply classes, patterns, names of lists, texts), shares equal
 * leaves so that each question is answered once per message, and finds out for each rule at which
 * stage it can act, and what holds it back (postern-rules(7), "Order and stages").
 */
#ifndef FILTERS_RULES_RULESET_H
#define FILTERS_RULES_RULESET_H

#include "filters/match/list.h"
#include "filters/rules/rule.h"

struct ruleset;

#define RULES_MAX      10000
#define RULE_DEPTH_MAX 32 /* nesting of any, not and groups */

/* ruleset_compile(rules, count, lists, diag): NULL with errors in ${diag} (all that can be found in
 * one go). Warnings: a rule without effect, a refusal that names a recipient but speaks for the
 * message without scope = "message", rules below one that always ends the list. Borrows ${rules}
 * and ${lists}. */
struct ruleset *ruleset_compile(const struct rule *rules, size_t count,
                                const struct list_table *lists, struct diag *diag);

/* ruleset_compile_final(rules, count, lists, diag): the same for final rules, which are all judged
 * at EVENT_MESSAGE and speak for the message. */
struct ruleset *ruleset_compile_final(const struct rule *rules, size_t count,
                                      const struct list_table *lists, struct diag *diag);
void ruleset_destroy(struct ruleset *ruleset);

/* What `check` says of one rule. */
struct rule_plan {
    const struct rule *rule;
    uint64_t facts;     /* bit 1 << field_id for each field it names */
    bool asks_content;  /* its condition or its edits need to know what the message says */
    enum stage decided; /* the earliest stage at which its condition can be decided */
    enum stage acts;    /* the earliest at which it can act; later when held back */
    size_t held_by;     /* index of the rule that holds it back, or SLICE_NOT_FOUND */
    bool of_recipient;  /* it speaks for each recipient at RCPT, not for the message, or, a shadow,
                         * would; a redirect also later */
    bool by_claim; /* it speaks for the message, but where the client declares a SIZE it refuses
                    * single recipients at RCPT by that */
};

/* ruleset_count(ruleset), ruleset_plan(ruleset, index): the rules in file order, off ones included.
 */
size_t ruleset_count(const struct ruleset *ruleset);
struct rule_plan ruleset_plan(const struct ruleset *ruleset, size_t index);

/* ruleset_asks(ruleset, index, question): whether the condition of rule ${index} asks the question
 * of that number. Equal questions of all rules are one. */
bool ruleset_asks(const struct ruleset *ruleset, size_t index, size_t question);

/* ruleset_idle(ruleset): whether it has no rule that is ever judged. */
bool ruleset_idle(const struct ruleset *ruleset);

/* ruleset_ender(ruleset): index of the first rule in force that ends the list for every message, or
 * SLICE_NOT_FOUND: no rule below it is ever judged, and no final rule unless it redirects. */
size_t ruleset_ender(const struct ruleset *ruleset);

/* ruleset_patterns_without_jit(ruleset): how many patterns run interpreted. */
size_t ruleset_patterns_without_jit(const struct ruleset *ruleset);

#endif
