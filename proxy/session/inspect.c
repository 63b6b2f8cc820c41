#include "proxy/session/inspect.h"

#include <stdlib.h>

#include "proxy/net/loop.h"

struct inspect {
    struct eval *rules;
    struct draft *draft; /* NULL between messages */
    bool settled;        /* all edits are in it */
};

#define NS_PER_MS 1000000U
/* Decoded fields, results and edits of one message, as a multiple of its header. */
#define MEMORY_PER_HEADER 8U
#define MEMORY_BASE       (4U << 20)

struct inspect *inspect_create(const struct config *config, const struct policy *policy,
                               struct pattern_scratch *scratch)
{
    struct inspect *inspect = calloc(1, sizeof *inspect);
    if (inspect == NULL)
        return NULL;
    struct eval_options options = {
        .rules = policy->rules,
        .scratch = scratch,
        .clock_ns = loop_clock_ns,
        .rule_budget_ns = (uint64_t)config->limits.match_time_rule_ms * NS_PER_MS,
        .message_budget_ns = (uint64_t)config->limits.match_time_message_ms * NS_PER_MS,
        .turn_ns = INSPECT_TURN_NS,
        .on_regex = config->on_failure.regex,
        .memory_limit_bytes = MEMORY_BASE + MEMORY_PER_HEADER * config->limits.header_bytes,
    };
    inspect->rules = eval_create(&options);
    if (inspect->rules == NULL) {
        free(inspect);
        return NULL;
    }
    return inspect;
}

void inspect_destroy(struct inspect *inspect)
{
    if (inspect == NULL)
        return;
    eval_destroy(inspect->rules);
    free(inspect);
}

struct verdict inspect_feed(struct inspect *inspect, const struct event *event)
{
    return eval_feed(inspect->rules, event);
}

unsigned inspect_interest(const struct inspect *inspect)
{
    return eval_interest(inspect->rules);
}

const struct edit_list *inspect_edits(struct inspect *inspect)
{
    return eval_edits(inspect->rules);
}

struct eval_report inspect_report(struct inspect *inspect)
{
    return eval_report(inspect->rules);
}

bool inspect_has_logs(const struct inspect *inspect)
{
    return eval_has_logs(inspect->rules);
}

void inspect_logs_taken(struct inspect *inspect)
{
    eval_logs_taken(inspect->rules);
}

void inspect_reset(struct inspect *inspect)
{
    eval_reset(inspect->rules);
    inspect->draft = NULL;
    inspect->settled = false;
}

void inspect_attach(struct inspect *inspect, struct draft *draft)
{
    inspect->draft = draft;
}

int inspect_settle(struct inspect *inspect)
{
    if (inspect->settled)
        return 0;
    inspect->settled = true;
    return draft_apply(inspect->draft, eval_edits(inspect->rules));
}
