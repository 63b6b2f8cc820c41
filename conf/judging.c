/* judging: see judging.h. */
#include "conf/judging.h"

#define NS_PER_MS UINT64_C(1000000)
/* Decoded fields, results and edits of one message, as a multiple of its header. */
#define MEMORY_PER_HEADER 8U
#define MEMORY_BASE       ((size_t)4 << 20)

struct eval_options judging_options(const struct config *config, const struct ruleset *rules)
{
    const struct limits *limits = &config->limits;

    return (struct eval_options){
        .rules = rules,
        .rule_budget_ns = limits->match_time_rule_ms * NS_PER_MS,
        .message_budget_ns = limits->match_time_message_ms * NS_PER_MS,
        .on_regex = config->on_failure.regex,
        .on_lookup = config->on_failure.lookup,
        .memory_limit_bytes = MEMORY_BASE + MEMORY_PER_HEADER * limits->header_bytes,
    };
}
