/* milter: see milter.h. */
#include "conf/read/milter.h"

#include "conf/config.h"
#include "conf/milter_service.h"
#include "conf/policy.h"
#include "conf/read/milter_endpoint.h"
#include "conf/read/policies.h"
#include "conf/read/setting.h"
#include "filters/base/reply.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"

static const struct setting_row ROWS[] = {
    {SETTING("address", OTHER)},
    {SETTING("policy", OTHER)},
    {SETTING("mode", OTHER)},
    {.name = NULL},
};

#define MODE_DIGITS_MAX 4
#define MODE_ALL        0777

static void read_mode(struct build *build, const config_setting_t *s, struct milter_service *milter)
{
    struct slice text;
    unsigned mode = 0;
    bool octal = setting_string(s, &text) && text.len > 0 && text.len <= MODE_DIGITS_MAX;

    for (size_t i = 0; octal && i < text.len; i++) {
        octal = text.ptr[i] >= '0' && text.ptr[i] <= '7';
        mode = mode * 8 + (unsigned)(text.ptr[i] - '0');
    }
    if (octal && mode <= MODE_ALL)
        milter->mode = mode;
    else
        setting_error(build, s, "the rights of the socket as an octal text such as \"0660\"");
}

/* --- rules that do less under an MTA --- */

static void warn_of_action(struct build *build, const struct rule *rule,
                           const struct action *action)
{
    if (action->kind == ACTION_DELAY && action->ms > MILTER_DELAY_MAX_MS)
        diag_add(build->diag, DIAG_WARNING, action->place,
                 "rule '%.*s': as a milter a delay is cut to %d s, for the MTA waits no longer",
                 SLICE_ARG(rule->name), MILTER_DELAY_MAX_MS / 1000);
    if (action->kind == ACTION_DISCONNECT && action->line_count > 0) {
        int code = reply_split(action->lines[0]).code;

        if (code != 0 && code != 421)
            diag_add(build->diag, DIAG_WARNING, action->place,
                     "rule '%.*s': as a milter only a 421 makes the MTA hang up; %d is said and "
                     "the connection stays",
                     SLICE_ARG(rule->name), code);
    }
}

/* An MTA holds a message for all its recipients or for none. */
static void refuse_share(struct build *build, const struct rule *rule, const struct action *action)
{
    if (action->kind == ACTION_QUARANTINE)
        diag_add(build->diag, DIAG_ERROR, action->place,
                 "rule '%.*s': a milter cannot quarantine a message for one recipient and let it "
                 "through for others; write scope = \"message\" if it is to be held for all",
                 SLICE_ARG(rule->name));
}

/* What happens to a message behind us is the MTA's. */
static void refuse_behind(struct build *build, const struct rule *rule, const struct action *action)
{
    if (action->kind == ACTION_ARCHIVE)
        diag_add(build->diag, DIAG_ERROR, action->place,
                 "rule '%.*s': a milter cannot archive: it does not learn whether a message is "
                 "delivered",
                 SLICE_ARG(rule->name));
    if (action->kind == ACTION_UPSTREAM)
        diag_add(build->diag, DIAG_ERROR, action->place,
                 "rule '%.*s': a milter cannot choose the upstream: where a message goes is the "
                 "MTA's to say",
                 SLICE_ARG(rule->name));
}

static void check_rule(struct build *build, const struct rule_plan *plan)
{
    const struct rule *rule = plan->rule;

    for (size_t i = 0; rule->mode == RULE_ENFORCE && i < rule->action_count; i++) {
        warn_of_action(build, rule, &rule->actions[i]);
        refuse_behind(build, rule, &rule->actions[i]);
        if (plan->of_recipient)
            refuse_share(build, rule, &rule->actions[i]);
    }
}

static void check_rules(struct build *build, const struct ruleset *rules)
{
    for (size_t i = 0; rules != NULL && i < ruleset_count(rules); i++) {
        struct rule_plan plan = ruleset_plan(rules, i);

        check_rule(build, &plan);
    }
}

void milter_read(struct build *build, const config_setting_t *root, bool used)
{
    const config_setting_t *group = setting_member(root, "milter");
    struct milter_service *milter = &build->config->milter;
    const config_setting_t *address = setting_member(group, "address");
    const config_setting_t *policy = setting_member(group, "policy");
    const config_setting_t *mode = setting_member(group, "mode");
    struct slice name;

    milter->mode = MILTER_MODE_DEFAULT;
    if (build->config->policy_count > 0)
        milter->policy = &build->config->policies[0];
    if (group == NULL)
        return;
    milter->given = true;
    milter->place = setting_place(build, group);
    setting_read(build, group, ROWS, milter);
    if (address != NULL)
        (void)milter_endpoint_read(build, address, &milter->endpoint, true);
    else if (config_setting_is_group(group))
        diag_add(build->diag, DIAG_ERROR, milter->place,
                 "'milter' needs an 'address', such as \"inet:8899@127.0.0.1\"");
    if (policy != NULL && setting_text(build, policy, "the name of a policy", &name))
        milter->policy = policies_find(build, policy, name);
    if (mode != NULL)
        read_mode(build, mode, milter);
    if (used && milter->policy != NULL) {
        check_rules(build, milter->policy->rules);
        check_rules(build, milter->policy->final_rules);
    }
}
