/* routes: see routes.h. */
#include "conf/read/routes.h"

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/policy.h"
#include "conf/upstream_conf.h"
#include "filters/base/endpoint.h"
#include "filters/rules/rule.h"

/* The first action in force that routes, or NULL; ${rule} is its rule. */
static const struct action *find_in(const struct rule *rules, size_t count,
                                    const struct rule **rule)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; rules[i].mode == RULE_ENFORCE && j < rules[i].action_count; j++)
            if (rules[i].actions[j].kind == ACTION_UPSTREAM) {
                *rule = &rules[i];
                return &rules[i].actions[j];
            }
    return NULL;
}

static const struct action *find(const struct policy *policy, const struct rule **rule)
{
    const struct action *action = find_in(policy->rule_items, policy->rule_count, rule);

    return action != NULL ? action : find_in(policy->final_items, policy->final_count, rule);
}

static void check_listener(struct build *build, const struct listener_conf *listener)
{
    const struct rule *rule = NULL;
    const struct action *action = listener->policy != NULL ? find(listener->policy, &rule) : NULL;
    const char *why = NULL;

    if (listener->transparent != TRANSPARENT_OFF)
        why = "is transparent: its clients have chosen where they go";
    else if (listener->tls.mode == TLS_PASSTHROUGH)
        why = "has tls.mode = \"passthrough\": its clients speak TLS with its own upstream";
    if (action != NULL && why != NULL)
        diag_add(build->diag, DIAG_ERROR, action->place,
                 "rule '%.*s' chooses the upstream, but listener '%.*s' %s; give it a policy of "
                 "its own",
                 SLICE_ARG(rule->name), SLICE_ARG(listener->name), why);
}

static void check_upstream(struct build *build, const struct rule *rule, struct place place,
                           const struct upstream_conf *upstream)
{
    if (upstream->endpoint_count == 0)
        diag_add(build->diag, DIAG_ERROR, place,
                 "rule '%.*s' chooses upstream '%.*s', which has no 'address'",
                 SLICE_ARG(rule->name), SLICE_ARG(upstream->name));
    for (size_t i = 0; i < upstream->endpoint_count; i++)
        if (config_leads_here(build->config, &upstream->endpoints[i]))
            diag_add(build->diag, DIAG_ERROR, place,
                     "rule '%.*s' would send mail to this very gateway: upstream '%.*s' is "
                     "\"%.*s\"",
                     SLICE_ARG(rule->name), SLICE_ARG(upstream->name),
                     SLICE_ARG(upstream->endpoints[i].text));
}

static void check_rules(struct build *build, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; rules[i].mode != RULE_OFF && j < rules[i].action_count; j++) {
            const struct action *action = &rules[i].actions[j];
            const struct upstream_conf *upstream =
                action->kind == ACTION_UPSTREAM ? config_upstream(build->config, action->text)
                                                : NULL;

            if (upstream != NULL)
                check_upstream(build, &rules[i], action->place, upstream);
        }
}

void routes_check(struct build *build)
{
    const struct config *config = build->config;

    for (size_t i = 0; i < config->listener_count; i++)
        check_listener(build, &config->listeners[i]);
    for (size_t i = 0; i < config->policy_count && build->diag->errors == 0; i++) {
        const struct policy *policy = &config->policies[i];

        check_rules(build, policy->rule_items, policy->rule_count);
        check_rules(build, policy->final_items, policy->final_count);
    }
}
