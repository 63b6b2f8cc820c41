/* policy: what judges a message: rules, milters, final rules. */
#ifndef CONF_POLICY_H
#define CONF_POLICY_H

#include "filters/base/diag.h"
#include "filters/base/slice.h"

struct milter_conf;
struct rule;
struct ruleset;
struct sample;

struct policy {
    struct slice name;
    struct ruleset *rules;
    const struct milter_conf *milters; /* in the order they are asked */
    size_t milter_count;
    const struct rule *rule_items; /* as compiled into ${rules} */
    size_t rule_count;
    struct ruleset *final_rules; /* after the milters; never NULL */
    const struct rule *final_items;
    size_t final_count;
    const struct sample *samples; /* of both */
    size_t sample_count;
    struct place place;
};

#endif
