/* config: see config.h. Owns a configuration, and finds what is in it. */
#include "conf/config.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "conf/config_private.h"
#include "conf/listener_conf.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "conf/upstream_conf.h"
#include "filters/base/endpoint.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"

#define CONFIG_BLOCK_BYTES 16384

/* The public part comes first, so that its address is that of the whole. */
struct loaded {
    struct config config;
    struct arena arena;
    atomic_uint references;
};

struct config *config_create(void)
{
    struct loaded *loaded = calloc(1, sizeof(*loaded));

    if (loaded == NULL)
        return NULL;
    atomic_init(&loaded->references, 1);
    arena_init(&loaded->arena, CONFIG_BLOCK_BYTES, CONFIG_BYTES_MAX);
    return &loaded->config;
}

struct arena *config_arena(struct config *config)
{
    return &((struct loaded *)config)->arena;
}

struct config *config_ref(struct config *config)
{
    struct loaded *loaded = (struct loaded *)config;

    atomic_fetch_add_explicit(&loaded->references, 1, memory_order_relaxed);
    return config;
}

void config_unref(struct config *config)
{
    struct loaded *loaded = (struct loaded *)config;

    if (config == NULL ||
        atomic_fetch_sub_explicit(&loaded->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < config->policy_count; i++) {
        ruleset_destroy(config->policies[i].rules);
        ruleset_destroy(config->policies[i].final_rules);
        for (size_t j = 0; j < config->policies[i].milter_count; j++)
            ruleset_destroy(config->policies[i].milters[j].when);
    }
    for (size_t i = 0; i < config->lists.count; i++)
        list_destroy(config->lists.items[i].list);
    arena_fini(&loaded->arena);
    free(loaded);
}

const struct policy *config_policy(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->policy_count; i++)
        if (slice_equal(config->policies[i].name, name))
            return &config->policies[i];
    return NULL;
}

const struct upstream_conf *config_upstream(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->upstream_count; i++)
        if (slice_equal(config->upstreams[i].name, name))
            return &config->upstreams[i];
    return NULL;
}

/* Whether one that is in force has the action. */
static bool rules_have(const struct rule *rules, size_t count, enum action_kind kind)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < rules[i].action_count && rules[i].mode == RULE_ENFORCE; j++)
            if (rules[i].actions[j].kind == kind)
                return true;
    return false;
}

static bool policy_has(const struct policy *policy, enum action_kind kind)
{
    return rules_have(policy->rule_items, policy->rule_count, kind) ||
           rules_have(policy->final_items, policy->final_count, kind);
}

static bool failures_quarantine(const struct policy *policy)
{
    for (size_t i = 0; i < policy->milter_count; i++)
        if (policy->milters[i].on_failure == MILTER_FAILURE_QUARANTINE)
            return true;
    return false;
}

bool config_quarantines(const struct config *config)
{
    for (size_t i = 0; i < config->policy_count; i++) {
        const struct policy *policy = &config->policies[i];

        if (policy_has(policy, ACTION_QUARANTINE) || failures_quarantine(policy))
            return true;
    }
    return false;
}

bool config_archives(const struct config *config)
{
    for (size_t i = 0; i < config->policy_count; i++)
        if (policy_has(&config->policies[i], ACTION_ARCHIVE))
            return true;
    return false;
}

bool config_client_source(const struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (config->listeners[i].client_source)
            return true;
    return false;
}

const struct listener_conf *config_listener(const struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (slice_equal(config->listeners[i].name, name))
            return &config->listeners[i];
    return NULL;
}

bool config_leads_here(const struct config *config, const struct endpoint *endpoint)
{
    for (size_t i = 0; i < config->listener_count; i++)
        if (endpoint_reaches(endpoint, &config->listeners[i].endpoint))
            return true;
    return false;
}
