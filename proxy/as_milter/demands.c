/* demands: see demands.h. */
#include "proxy/as_milter/demands.h"

#include "conf/config.h"
#include "conf/policy.h"
#include "filters/event.h"
#include "filters/rules/field.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"
#include "filters/verdict.h"
#include "proxy/milter/wire/packet_options.h"

static uint32_t of_action(const struct action *action, bool of_recipient)
{
    switch (action->kind) {
    case ACTION_ADD_HEADER:
    case ACTION_INSERT_HEADER: return PACKET_ACTION_ADD_HEADERS;
    case ACTION_SET_HEADER:
    case ACTION_PREPEND:
    case ACTION_APPEND: return PACKET_ACTION_ADD_HEADERS | PACKET_ACTION_CHANGE_HEADERS;
    case ACTION_REMOVE_HEADER:
    case ACTION_REPLACE: return PACKET_ACTION_CHANGE_HEADERS;
    case ACTION_REPLACE_BODY:
    case ACTION_APPEND_TEXT:
    case ACTION_APPEND_HTML: return PACKET_ACTION_REPLACE_BODY;
    case ACTION_REMOVE_ATTACHMENT:
        return PACKET_ACTION_REPLACE_BODY | PACKET_ACTION_ADD_HEADERS |
               PACKET_ACTION_CHANGE_HEADERS;
    case ACTION_SET_SENDER: return PACKET_ACTION_CHANGE_SENDER;
    case ACTION_ADD_RECIPIENT: return PACKET_ACTION_ADD_RECIPIENTS;
    case ACTION_REMOVE_RECIPIENT: return PACKET_ACTION_REMOVE_RECIPIENTS;
    case ACTION_REDIRECT: return PACKET_ACTION_ADD_RECIPIENTS | PACKET_ACTION_REMOVE_RECIPIENTS;
    case ACTION_QUARANTINE: return PACKET_ACTION_QUARANTINE;
    case ACTION_DISCARD: return of_recipient ? PACKET_ACTION_REMOVE_RECIPIENTS : 0;
    case ACTION_ACCEPT:
    case ACTION_ACCEPT_ALL:
    case ACTION_REJECT:
    case ACTION_TEMPFAIL:
    case ACTION_DISCONNECT:
    case ACTION_ARCHIVE:
    case ACTION_UPSTREAM:
    case ACTION_SCORE:
    case ACTION_TAG:
    case ACTION_LOG:
    case ACTION_DELAY: break;
    }
    return 0;
}

static uint32_t of_rule(const struct rule_plan *plan)
{
    uint32_t actions = 0;

    if (plan->rule->mode != RULE_ENFORCE)
        return 0;
    for (size_t i = 0; i < plan->rule->action_count; i++)
        actions |= of_action(&plan->rule->actions[i], plan->of_recipient);
    return actions;
}

/* Whether rules name a field that ${is}. */
static bool names(const struct policy *policy, bool (*is)(enum field_id field))
{
    const struct ruleset *const sets[] = {policy->rules, policy->final_rules};
    uint64_t facts = 0;

    for (size_t set = 0; set < sizeof(sets) / sizeof(*sets); set++)
        for (size_t i = 0; i < ruleset_count(sets[set]); i++)
            facts |= ruleset_plan(sets[set], i).facts;
    for (unsigned field = 0; field < FIELD_COUNT; field++)
        if ((facts >> field & 1) != 0 && is((enum field_id)field))
            return true;
    return false;
}

static bool asks_content(const struct policy *policy)
{
    const struct ruleset *const sets[] = {policy->rules, policy->final_rules};

    for (size_t set = 0; set < sizeof(sets) / sizeof(*sets); set++)
        for (size_t i = 0; i < ruleset_count(sets[set]); i++)
            if (ruleset_plan(sets[set], i).asks_content)
                return true;
    return false;
}

/* A failure that lets the message through is marked in its header. */
static uint32_t of_failures(const struct config *config, const struct policy *policy)
{
    const struct on_failure *on = &config->on_failure;
    bool marks = on->regex == VERDICT_CONTINUE ||
                 (on->lookup == VERDICT_CONTINUE && names(policy, field_looked_up)) ||
                 (on->content == VERDICT_CONTINUE && asks_content(policy));

    return marks ? PACKET_ACTION_ADD_HEADERS : 0;
}

struct demands demands_of(const struct config *config, const struct policy *policy, bool wants_body)
{
    /* DATA is asked for though no rule may act there: Postfix tells of it from one process and goes
     * on from another, two small writes. With no answer between them the second waits, over TCP,
     * until our kernel acknowledges the first: 40 ms for each message. */
    struct demands demands = {of_failures(config, policy),
                              PACKET_STEP_NO_UNKNOWN | PACKET_STEP_NO_EOH};

    if (!wants_body)
        demands.without |= PACKET_STEP_NO_BODY;
    for (size_t i = 0; i < ruleset_count(policy->final_rules); i++) {
        struct rule_plan plan = ruleset_plan(policy->final_rules, i);

        demands.actions |= of_rule(&plan);
    }
    for (size_t i = 0; i < ruleset_count(policy->rules); i++) {
        struct rule_plan plan = ruleset_plan(policy->rules, i);

        demands.actions |= of_rule(&plan);
        if (plan.rule->mode != RULE_ENFORCE)
            continue;
        if (plan.acts == STAGE_HEADER)
            demands.without &= ~(uint32_t)PACKET_STEP_NO_EOH;
    }
    return demands;
}

bool demands_met(const struct demands *agreed, const struct demands *wanted)
{
    return (wanted->actions & ~agreed->actions) == 0 && (agreed->without & ~wanted->without) == 0;
}

struct slice demands_rule(const struct config *config, const struct policy *policy, uint32_t action)
{
    const struct ruleset *const sets[] = {policy->rules, policy->final_rules};

    for (size_t set = 0; set < sizeof(sets) / sizeof(*sets); set++)
        for (size_t i = 0; i < ruleset_count(sets[set]); i++) {
            struct rule_plan plan = ruleset_plan(sets[set], i);

            if ((of_rule(&plan) & action) != 0)
                return plan.rule->name;
        }
    return (of_failures(config, policy) & action) != 0 ? SLICE("on_failure") : SLICE_NONE;
}

const char *demands_name(uint32_t action)
{
    switch (action) {
    case PACKET_ACTION_ADD_HEADERS: return "add headers";
    case PACKET_ACTION_REPLACE_BODY: return "replace the body";
    case PACKET_ACTION_ADD_RECIPIENTS: return "add recipients";
    case PACKET_ACTION_REMOVE_RECIPIENTS: return "remove recipients";
    case PACKET_ACTION_CHANGE_HEADERS: return "change headers";
    case PACKET_ACTION_QUARANTINE: return "quarantine";
    case PACKET_ACTION_CHANGE_SENDER: return "change the sender";
    }
    return "do that";
}
