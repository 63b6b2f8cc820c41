/* sense: see sense.h. Walks through policies, rules and conditions; what is said of them is in the
 * other files of the name. */
#include "conf/read/sense.h"

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "filters/match/list.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"

/* --- conditions ---------------------------------------------------------------------------------
 */

static void check_field(struct sense *sense, const struct condition *condition, bool positive)
{
    if (condition->field == FIELD_TAG)
        sense_tag(sense, condition);
    else if (field_get(condition->field)->type == FIELD_TYPE_NUMBER)
        sense_numbers(sense, condition);
    sense_value(sense, condition, positive);
}

static void check_condition(struct sense *sense, const struct condition *condition, bool positive)
{
    if (condition->kind == CONDITION_FIELD)
        check_field(sense, condition, positive);
    for (size_t i = 0; i < condition->child_count; i++)
        check_condition(sense, &condition->children[i],
                        positive == (condition->kind != CONDITION_NOT));
}

static void check_when(struct sense *sense, const struct condition *when)
{
    sense->said = 0;
    check_condition(sense, when, true);
    if (sense->said == 0)
        sense_group(sense, when);
}

/* A rule that is off does nothing, but its lists are there for it. */
static void note_lists(struct sense *sense, const struct matcher *matchers, size_t count)
{
    const struct list_table *lists = &sense->build->config->lists;

    for (size_t i = 0; i < count; i++) {
        note_lists(sense, matchers[i].inner, matchers[i].inner_count);
        for (size_t k = 0; matchers[i].kind == MATCHER_LIST && k < lists->count; k++)
            if (slice_equal(lists->items[k].name, matchers[i].text))
                sense->uses[k].used = true;
    }
}

static void note_off(struct sense *sense, const struct condition *condition)
{
    note_lists(sense, condition->matchers, condition->matcher_count);
    for (size_t i = 0; i < condition->child_count; i++)
        note_off(sense, &condition->children[i]);
}

/* --- rules --------------------------------------------------------------------------------------
 */

static void check_rules(struct sense *sense, const struct rule *rules, size_t count)
{
    sense->noun = "rule";
    sense->rules = rules;
    sense->rule_count = count;
    for (size_t i = 0; i < count; i++) {
        sense->name = rules[i].name;
        sense->shadow = rules[i].mode == RULE_SHADOW;
        if (rules[i].when != NULL && rules[i].mode == RULE_OFF)
            note_off(sense, rules[i].when);
        else if (rules[i].when != NULL)
            check_when(sense, rules[i].when);
        sense_above_add(sense->above, &rules[i]);
    }
}

static void check_milters(struct sense *sense)
{
    sense->noun = "milter";
    sense->rules = NULL;
    sense->rule_count = 0;
    sense->shadow = false;
    for (size_t i = 0; i < sense->policy->milter_count; i++) {
        const struct milter_conf *milter = &sense->policy->milters[i];

        sense->name = milter->name;
        if (milter->when != NULL)
            check_when(sense, ruleset_plan(milter->when, 0).rule->when);
    }
}

static bool redirects(const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++)
        if (rule->actions[i].kind == ACTION_REDIRECT)
            return true;
    return false;
}

/* What ends `rules` for every message ends it before the final rules too, but for a redirect. */
static void check_final(struct build *build, const struct policy *policy)
{
    size_t ender = ruleset_ender(policy->rules);
    size_t i = 0;

    while (i < policy->final_count && policy->final_items[i].mode == RULE_OFF)
        i++;
    if (i == policy->final_count || ender == SLICE_NOT_FOUND)
        return;
    if (!redirects(&policy->rule_items[ender]))
        diag_add(build->diag, DIAG_WARNING, policy->final_items[i].place,
                 "the final rules of policy '%.*s' are never reached: rule '%.*s' always ends the "
                 "rules before; give it a condition, or leave them out",
                 SLICE_ARG(policy->name), SLICE_ARG(policy->rule_items[ender].name));
}

static void check_policy(struct build *build, const struct policy *policy, struct sense_use *uses)
{
    size_t count = policy->rule_count + policy->final_count;
    struct sense_above above = {.taggers = build_alloc(build, count, sizeof(*above.taggers))};
    struct sense sense = {.build = build, .policy = policy, .above = &above, .uses = uses};

    if (above.taggers == NULL)
        return;
    check_rules(&sense, policy->rule_items, policy->rule_count);
    check_rules(&sense, policy->final_items, policy->final_count);
    check_milters(&sense);
    check_final(build, policy);
}

/* --- policies -----------------------------------------------------------------------------------
 */

static bool policy_used(const struct config *config, const struct policy *policy)
{
    if (config->milter.given && config->milter.policy == policy)
        return true;
    for (size_t i = 0; i < config->listener_count; i++)
        if (config->listeners[i].policy == policy)
            return true;
    return false;
}

/* Where nothing listens, the file is a part of something, and nobody knows of what. */
static void check_unused(struct build *build)
{
    const struct config *config = build->config;

    if (config->listener_count == 0 && !config->milter.given)
        return;
    for (size_t i = 0; i < config->policy_count; i++) {
        const struct policy *policy = &config->policies[i];
        bool empty = policy->rule_count + policy->final_count + policy->milter_count == 0;

        if (policy_used(config, policy) || (i == 0 && empty))
            continue;
        diag_add(build->diag, DIAG_WARNING, policy->place,
                 "policy '%.*s' is used by nobody: name it in a listener, policy = \"%.*s\", or "
                 "leave it out",
                 SLICE_ARG(policy->name), SLICE_ARG(policy->name));
    }
}

void sense_check(struct build *build)
{
    const struct config *config = build->config;
    struct sense_use *uses = build_alloc(build, config->lists.count, sizeof(*uses));

    if (uses == NULL)
        return;
    for (size_t i = 0; i < config->policy_count; i++)
        check_policy(build, &config->policies[i], uses);
    sense_lists(build, uses);
    check_unused(build);
}
