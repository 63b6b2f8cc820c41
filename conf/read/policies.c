/* policies: see policies.h. */
#include "conf/read/policies.h"

#include "conf/config.h"
#include "conf/policy.h"
#include "conf/read/actions.h"
#include "conf/read/conditions.h"
#include "conf/read/milters.h"
#include "conf/read/samples.h"
#include "conf/read/setting.h"
#include "conf/sample.h"
#include "filters/match/list.h"
#include "filters/rules/field.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"

static const struct choice MODES[] = {
    {"enforce", RULE_ENFORCE},
    {"shadow", RULE_SHADOW},
    {"off", RULE_OFF},
    {NULL, 0},
};

static const struct choice BREAKING[] = {
    {"apply", BREAKING_APPLY},
    {"skip", BREAKING_SKIP},
    {"tempfail", BREAKING_TEMPFAIL},
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
    {SETTING("if_breaks_dkim", CHOICE), SETTING_AT(struct rule, breaking), .choices = BREAKING},
    {.name = NULL},
};

static const struct setting_row POLICY_ROWS[] = {
    {SETTING("rules", OTHER)},
    {SETTING("milters", OTHER)},
    {SETTING("final_rules", OTHER)},
    {.name = NULL},
};

/* One list of rules under construction. Broken rules are left out of what is compiled. */
struct reader {
    struct build *build;
    struct policy *policy;
    const config_setting_t *list; /* NULL: none */
    size_t length;
    const char *unnamed; /* what a rule without a name is called, before its number */
    struct rule *rules;
    size_t count;
    struct sample *samples; /* of the policy; there is room for all */
};

static void read_rule(struct reader *reader, const config_setting_t *s, size_t number)
{
    struct build *build = reader->build;
    struct rule *rule = &reader->rules[reader->count];
    const config_setting_t *when = setting_member(s, "when");
    const config_setting_t *then = setting_member(s, "then");
    size_t before = build->diag->errors;

    *rule = (struct rule){.place = setting_place(build, s)};
    setting_read(build, s, RULE_ROWS, rule);
    if (rule->name.len == 0)
        rule->name = arena_format(build->arena, "%s-%zu", reader->unnamed, number);
    rule->scope_message = setting_member(s, "scope") != NULL;
    if (when != NULL)
        rule->when = conditions_read(build, when);
    if (then != NULL)
        actions_read(build, then, rule);
    if (build->diag->errors == before || rule->action_count > 0)
        reader->count++;
}

static void read_samples(struct reader *reader, const config_setting_t *rule, struct slice name)
{
    size_t count;
    const config_setting_t *list = setting_list(reader->build, rule, "samples", &count);

    for (size_t i = 0; i < count; i++) {
        struct sample *sample = &reader->samples[reader->policy->sample_count];

        *sample = (struct sample){.rule = name};
        if (samples_read(reader->build, setting_item(list, i), name, sample))
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
static struct ruleset *compile(const struct reader *reader, bool final, bool whole)
{
    struct ruleset *(*const compile_list)(const struct rule *, size_t, const struct list_table *,
                                          struct diag *) =
        final ? ruleset_compile_final : ruleset_compile;
    struct build *build = reader->build;
    struct ruleset *compiled;
    struct diag scratch;

    if (whole)
        return compile_list(reader->rules, reader->count, &build->config->lists, build->diag);
    diag_init(&scratch);
    compiled = compile_list(reader->rules, reader->count, &build->config->lists, &scratch);
    for (const struct problem *p = scratch.first; p != NULL; p = p->next)
        if (p->level == DIAG_ERROR)
            diag_add(build->diag, DIAG_ERROR, p->place, "%.*s", SLICE_ARG(p->text));
    diag_fini(&scratch);
    return compiled;
}

/* header_ambiguous = "reject" is a last rule: one above may decide otherwise. */
static void add_ambiguous(struct reader *reader)
{
    static const struct slice LINE = SLICE_INIT("554 5.6.0 The header has a line that is no field");
    static const struct matcher YES = {.kind = MATCHER_BOOL, .boolean = true};
    static const struct condition WHEN = {.kind = CONDITION_FIELD,
                                          .field = FIELD_HEADER_AMBIGUOUS,
                                          .matchers = &YES,
                                          .matcher_count = 1};
    static const struct action REJECT = {.kind = ACTION_REJECT, .lines = &LINE, .line_count = 1};

    if (reader->build->config->reject_ambiguous)
        reader->rules[reader->count++] = (struct rule){.name = SLICE("header_ambiguous"),
                                                       .place = reader->policy->place,
                                                       .when = &WHEN,
                                                       .actions = &REJECT,
                                                       .action_count = 1};
}

/* Finds the list and makes room for its rules and one more. */
static bool begin_list(struct reader *reader, const config_setting_t *group, const char *member)
{
    struct build *build = reader->build;

    reader->list = setting_list(build, group, member, &reader->length);
    if (reader->length > RULES_MAX) {
        diag_add(build->diag, DIAG_ERROR, setting_place(build, reader->list),
                 "a policy has at most %d rules, this one has %zu", RULES_MAX, reader->length);
        return false;
    }
    reader->rules = build_alloc(build, reader->length + 1, sizeof(*reader->rules));
    return reader->rules != NULL;
}

static struct ruleset *read_list(struct reader *reader, bool final)
{
    size_t before = reader->build->diag->errors;

    for (size_t i = 0; i < reader->length; i++) {
        const config_setting_t *s = setting_item(reader->list, i);
        size_t had = reader->count;

        read_rule(reader, s, i + 1);
        if (reader->count > had)
            warn_of_twins(reader->build, reader->rules, reader->count);
        read_samples(reader, s, reader->rules[had].name);
    }
    if (!final)
        add_ambiguous(reader);
    return compile(reader, final, reader->build->diag->errors == before);
}

/* The rules in the members `rules` and `final_rules` of ${group}; a ${group} without is a policy
 * without rules. */
static void read_rules(struct build *build, const config_setting_t *group, struct policy *policy)
{
    struct reader first = {.build = build, .policy = policy, .unnamed = "rule"};
    struct reader final = {.build = build, .policy = policy, .unnamed = "final-rule"};

    if (!begin_list(&first, group, "rules") || !begin_list(&final, group, "final_rules"))
        return;
    first.samples = final.samples = build_alloc(
        build, count_samples(first.list, first.length) + count_samples(final.list, final.length),
        sizeof(*first.samples));
    if (first.samples == NULL)
        return;
    policy->samples = first.samples;
    policy->rules = read_list(&first, false);
    policy->rule_items = first.rules;
    policy->rule_count = first.count;
    policy->final_rules = read_list(&final, true);
    policy->final_items = final.rules;
    policy->final_count = final.count;
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

const struct policy *policies_find(struct build *build, const config_setting_t *s,
                                   struct slice name)
{
    const struct config *config = build->config;
    struct spelling spelling;

    spelling_init(&spelling, name);
    for (size_t i = 0; i < config->policy_count; i++) {
        if (slice_equal(config->policies[i].name, name))
            return &config->policies[i];
        spelling_try(&spelling, config->policies[i].name);
    }
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "there is no policy '%.*s'%s",
             SLICE_ARG(name), spelling_hint(&spelling, build->arena));
    return NULL;
}
