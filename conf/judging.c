/* judging: see judging.h. */
#include "conf/judging.h"

#include "conf/config.h"
#include "conf/limits.h"
#include "conf/policy.h"

#define NS_PER_MS UINT64_C(1000000)
/* Decoded fields, results and edits of one message, as a multiple of its header. */
#define MEMORY_PER_HEADER 8U
#define MEMORY_BASE       ((size_t)4 << 20)

static struct eval_options options_of(const struct config *config, const struct judging *lent)
{
    const struct limits *limits = &config->limits;

    return (struct eval_options){
        .scratch = lent->scratch,
        .clock_ns = lent->clock_ns,
        .rule_budget_ns = limits->match_time_rule_ms * NS_PER_MS,
        .message_budget_ns = limits->match_time_message_ms * NS_PER_MS,
        .turn_ns = lent->turn_ns,
        .on_regex = config->on_failure.regex,
        .on_lookup = config->on_failure.lookup,
        .on_content = config->on_failure.content,
        .memory_limit_bytes = MEMORY_BASE + MEMORY_PER_HEADER * limits->header_bytes,
        .trace = lent->trace,
    };
}

struct eval *judging_eval(const struct config *config, const struct policy *policy,
                          const struct judging *lent)
{
    struct eval_options options = options_of(config, lent);

    options.rules = policy->rules;
    options.final_rules = policy->final_rules;
    return eval_create(&options);
}

struct eval *judging_when(const struct config *config, const struct ruleset *when,
                          const struct judging *lent)
{
    struct eval_options options = options_of(config, lent);

    options.rules = when;
    options.on_regex = options.on_lookup = options.on_content = VERDICT_TEMPFAIL;
    return eval_create(&options);
}
