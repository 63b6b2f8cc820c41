/* policies: the rules of each policy, and their samples. */
#include "conf/setting.h"

static const struct choice MODES[] = {
    {"enforce", RULE_ENFORCE},
    {"shadow", RULE_SHADOW},
    {"off", RULE_OFF},
    {NULL, 0},
};

/* A rule speaks for what its facts speak of, unless it says that it speaks for the message. */
static const struct choice SCOPES[] = {{"message", 0}, {NULL, 0}};

static const struct setting_row RULE_ROWS[] = {
    {SETTING("name", TEXT), SETTING_AT(struct rule, name)},
    {SETTING("mode", CHOICE), SETTING_AT(struct rule, mode), .choices = MODES},
    {SETTING("scope", CHOICE), .choices = SCOPES},
    {SETTING("when", OTHER)},
    {SETTING("then", OTHER)},
    {SETTING("samples", OTHER)},
    {SETTING("if_breaks_dkim", LATER)},
    {.name = NULL},
};

static const struct setting_row POLICY_ROWS[] = {
    {SETTING("rules", OTHER)},
    {SETTING("milters", OTHER)},
    {SETTING("final_rules", LATER)},
    {.name = NULL},
};

/* One policy under construction. Broken rules are left out of what is compiled. */
struct reader {
    struct build *build;
    struct policy *policy;
    struct rule *rules;
    struct sample *samples;
};

static void read_rule(struct reader *reader, const config_setting_t *s, size_t number)
{
    struct build *build = reader->build;
    struct rule *rule = &reader->rules[reader->policy->rule_count];
    const config_setting_t *when = setting_member(s, "when");
    const config_setting_t *then = setting_member(s, "then");
    size_t before = build->diag->errors;

    *rule = (struct rule){.place = setting_place(build, s)};
    setting_read(build, s, RULE_ROWS, rule);
    if (rule->name.len == 0)
        rule->name = arena_format(build->arena, "rule-%zu", number);
    rule->scope_message = setting_member(s, "scope") != NULL;
    if (when != NULL)
        rule->when = conditions_read(build, when);
    if (then != NULL)
        actions_read(build, then, rule);
    if (build->diag->errors == before || rule->action_count > 0)
        reader->policy->rule_count++;
}

static void read_samples(struct reader *reader, const config_setting_t *rule, struct slice name)
{
    size_t count;
    const config_setting_t *list = setting_list(reader->build, rule, "samples", &count);

    for (size_t i = 0; i < count; i++) {
        struct sample *sample = &reader->samples[reader->policy->sample_count];

        *sample = (struct sample){.rule = name};
        if (sample_read(reader->build, setting_item(list, i), name, sample))
            reader->policy->sample_count++;
    }
}

static size_t count_samples(const config_setting_t *rules, size_t count)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        const config_setting_t *samples = setting_member(setting_item(rules, i), "samples");

        if (samples != NULL && config_setting_is_list(samples))
            total += setting_count(samples);
    }
    return total;
}

static void warn_of_twins(struct build *build, const struct rule *rules, size_t count)
{
    for (size_t j = 0; j + 1 < count; j++) {
        if (!slice_equal(rules[j].name, rules[count - 1].name))
            continue;
        diag_add(build->diag, DIAG_WARNING, rules[count - 1].place,
                 "rule '%.*s' has the name of the one in line %u: the audit record cannot tell "
                 "them apart",
                 SLICE_ARG(rules[j].name), rules[j].place.line);
        return;
    }
}

/* When something is wrong already, rules stand there with parts missing: warnings about them would
 * mislead, errors in what is left are true. */
static void compile(struct build *build, struct policy *policy, bool whole)
{
    struct diag scratch;

    if (whole) {
        policy->rules = ruleset_compile(policy->rule_items, policy->rule_count,
                                        &build->config->lists, build->diag);
        return;
    }
    diag_init(&scratch);
    policy->rules =
        ruleset_compile(policy->rule_items, policy->rule_count, &build->config->lists, &scratch);
    for (const struct problem *p = scratch.first; p != NULL; p = p->next)
        if (p->level == DIAG_ERROR)
            diag_add(build->diag, DIAG_ERROR, p->place, "%.*s", SLICE_ARG(p->text));
    diag_fini(&scratch);
}

/* The rules in the member `rules` of ${group}; a ${group} without is a policy without rules. */
static void read_rules(struct build *build, const config_setting_t *group, struct policy *policy)
{
    size_t before = build->diag->errors;
    size_t count;
    const config_setting_t *list = setting_list(build, group, "rules", &count);
    struct reader reader = {.build = build, .policy = policy};

    if (count > RULES_MAX) {
        diag_add(build->diag, DIAG_ERROR, setting_place(build, list),
                 "a policy has at most %d rules, this one has %zu", RULES_MAX, count);
        return;
    }
    reader.rules = build_alloc(build, count, sizeof(*reader.rules));
    reader.samples = build_alloc(build, count_samples(list, count), sizeof(*reader.samples));
    if (reader.rules == NULL || reader.samples == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        const config_setting_t *s = setting_item(list, i);
        size_t had = policy->rule_count;

        read_rule(&reader, s, i + 1);
        if (policy->rule_count > had)
            warn_of_twins(build, reader.rules, policy->rule_count);
        read_samples(&reader, s, reader.rules[had].name);
    }
    policy->rule_items = reader.rules;
    policy->samples = reader.samples;
    compile(build, policy, build->diag->errors == before);
}

static void read_policy(struct build *build, const config_setting_t *group, struct policy *policy)
{
    policy->name = build_text(build, slice_str(config_setting_name(group)));
    policy->place = setting_place(build, group);
    if (slice_equal(policy->name, SLICE("default")))
        diag_add(build->diag, DIAG_ERROR, policy->place,
                 "the policy 'default' is what stands in 'rules' at the top of the file; give this "
                 "one another name");
    setting_read(build, group, POLICY_ROWS, policy);
    read_rules(build, group, policy);
    milters_read(build, group, policy);
}

void policies_read(struct build *build, const config_setting_t *root)
{
    const config_setting_t *further = setting_member(root, "policies");
    const config_setting_t *rules = setting_member(root, "rules");
    size_t count = 0;
    struct policy *policies;

    if (further != NULL && !config_setting_is_group(further))
        setting_error(build, further, "a group of policies { name = { rules = ( ... ); }; }");
    else if (further != NULL)
        count = (size_t)config_setting_length(further);
    policies = build_alloc(build, count + 1, sizeof(*policies));
    if (policies == NULL)
        return;
    build->config->policies = policies;
    build->config->policy_count = count + 1;
    policies[0].name = SLICE("default");
    policies[0].place = setting_place(build, rules != NULL ? rules : root);
    read_rules(build, root, &policies[0]);
    milters_read(build, root, &policies[0]);
    for (size_t i = 0; i < count; i++)
        read_policy(build, config_setting_get_elem(further, (unsigned)i), &policies[i + 1]);
}
