/* milters: see milters.h. */
#include "conf/read/milters.h"

#include "conf/config.h"
#include "conf/milter_address.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "conf/read/build.h"
#include "conf/read/conditions.h"
#include "conf/read/milter_endpoint.h"
#include "conf/read/setting.h"
#include "filters/event.h"
#include "filters/rules/field.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"
#include "filters/verdict.h"

#define SECOND_MS      1000U
#define TIMEOUT_MIN_MS 100U
#define TIMEOUT_MAX_MS (3600U * SECOND_MS)

#define CONNECT_TIMEOUT_MS (30U * SECOND_MS)
#define COMMAND_TIMEOUT_MS (30U * SECOND_MS)
#define CONTENT_TIMEOUT_MS (300U * SECOND_MS)

static const struct choice FAILURES[] = {
    {"tempfail", MILTER_FAILURE_TEMPFAIL}, {"reject", MILTER_FAILURE_REJECT},
    {"continue", MILTER_FAILURE_CONTINUE}, {"quarantine", MILTER_FAILURE_QUARANTINE},
    {"shutdown", MILTER_FAILURE_SHUTDOWN}, {NULL, 0},
};

static const struct choice STYLES[] = {
    {"postfix", MILTER_STYLE_POSTFIX},
    {"sendmail", MILTER_STYLE_SENDMAIL},
    {NULL, 0},
};

static const struct {
    const char *name;
    enum milter_may may;
} MAYS[] = {
    {"headers", MILTER_MAY_HEADERS},       {"body", MILTER_MAY_BODY},
    {"sender", MILTER_MAY_SENDER},         {"recipients", MILTER_MAY_RECIPIENTS},
    {"quarantine", MILTER_MAY_QUARANTINE},
};

#define TIMEOUT(member)                                                                            \
    SETTING_AT(struct milter_conf, member), .min = TIMEOUT_MIN_MS, .max = TIMEOUT_MAX_MS

static const struct setting_row ROWS[] = {
    {SETTING("name", TEXT), SETTING_AT(struct milter_conf, name)},
    {SETTING("address", OTHER)},
    {SETTING("on_failure", CHOICE), SETTING_AT(struct milter_conf, on_failure),
     .choices = FAILURES},
    {SETTING("may", OTHER)},
    {SETTING("macros", CHOICE), SETTING_AT(struct milter_conf, macros), .choices = STYLES},
    {SETTING("header_index", CHOICE), SETTING_AT(struct milter_conf, header_index),
     .choices = STYLES},
    {SETTING("connect_timeout", TIME), TIMEOUT(connect_timeout_ms)},
    {SETTING("command_timeout", TIME), TIMEOUT(command_timeout_ms)},
    {SETTING("content_timeout", TIME), TIMEOUT(content_timeout_ms)},
    {SETTING("when", OTHER)},
    {.name = NULL},
};

/* --- where it listens --- */

static void read_address(struct build *build, const config_setting_t *group,
                         struct milter_conf *milter)
{
    const config_setting_t *address = setting_member(group, "address");

    if (address == NULL)
        diag_add(build->diag, DIAG_ERROR, milter->place,
                 "a milter needs an 'address', such as \"inet:8891@127.0.0.1\"");
    else if (milter_endpoint_read(build, address, &milter->endpoint, false) &&
             milter->name.len == 0)
        milter->name = milter->endpoint.text;
}

/* --- what it may change --- */

static unsigned find_may(struct slice name)
{
    for (size_t i = 0; i < sizeof(MAYS) / sizeof(*MAYS); i++)
        if (slice_equal(name, slice_str(MAYS[i].name)))
            return MAYS[i].may;
    return 0;
}

static void read_may(struct build *build, const config_setting_t *s, struct milter_conf *milter)
{
    if (s == NULL)
        return;
    milter->may = 0;
    for (size_t i = 0; i < setting_count(s); i++) {
        const config_setting_t *item = setting_item(s, i);
        struct slice name;
        unsigned may = setting_string(item, &name) ? find_may(name) : 0;

        if (may == 0)
            setting_error(build, item,
                          "a list of \"headers\", \"body\", \"sender\", \"recipients\", "
                          "\"quarantine\"");
        milter->may |= may;
    }
}

/* --- when it is asked --- */

/* Whether ${field} is known for certain when the content begins: a declared size may be wrong, and
 * score and tags are those of other rules. */
static bool known_early(enum field_id field)
{
    return field_get(field)->stage < STAGE_HEADER && field != FIELD_SIZE && field != FIELD_SCORE &&
           field != FIELD_TAG;
}

static void refuse_late_fields(struct build *build, const struct condition *condition,
                               struct slice name)
{
    if (condition->kind == CONDITION_FIELD && !known_early(condition->field))
        diag_add(build->diag, DIAG_ERROR, condition->place,
                 "the 'when' of milter '%.*s' cannot name '%.*s': it must be decided before the "
                 "header comes",
                 SLICE_ARG(name), SLICE_ARG(field_get(condition->field)->name));
    for (size_t i = 0; i < condition->child_count; i++)
        refuse_late_fields(build, &condition->children[i], name);
}

/* A refusal is what the engine acts on soonest, already at connect. */
static void read_when(struct build *build, const config_setting_t *when, struct milter_conf *milter)
{
    static const struct slice line = SLICE_INIT("asked");
    size_t before = build->diag->errors;
    struct action *action = build_alloc(build, 1, sizeof(*action));
    struct rule *rule = build_alloc(build, 1, sizeof(*rule));

    if (when == NULL || action == NULL || rule == NULL)
        return;
    *action = (struct action){
        .kind = ACTION_REJECT, .place = milter->place, .lines = &line, .line_count = 1};
    *rule = (struct rule){.name = milter->name,
                          .place = milter->place,
                          .scope_message = true,
                          .when = conditions_read(build, when),
                          .actions = action,
                          .action_count = 1};
    if (rule->when != NULL)
        refuse_late_fields(build, rule->when, milter->name);
    if (build->diag->errors == before)
        milter->when = ruleset_compile(rule, 1, &build->config->lists, build->diag);
}

/* --- all of them --- */

static enum milter_failure default_failure(const struct build *build)
{
    switch (build->config->on_failure.milter) {
    case VERDICT_REJECT: return MILTER_FAILURE_REJECT;
    case VERDICT_CONTINUE: return MILTER_FAILURE_CONTINUE;
    case VERDICT_TEMPFAIL:
    case VERDICT_MORE:
    case VERDICT_ACCEPT:
    case VERDICT_DISCARD:
    case VERDICT_QUARANTINE:
    case VERDICT_DISCONNECT: break;
    }
    return MILTER_FAILURE_TEMPFAIL;
}

static void read_milter(struct build *build, const config_setting_t *group,
                        struct milter_conf *milter)
{
    *milter = (struct milter_conf){
        .on_failure = default_failure(build),
        .may = MILTER_MAY_ALL,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .command_timeout_ms = COMMAND_TIMEOUT_MS,
        .content_timeout_ms = CONTENT_TIMEOUT_MS,
        .place = setting_place(build, group),
    };
    setting_read(build, group, ROWS, milter);
    if (!config_setting_is_group(group))
        return;
    read_address(build, group, milter);
    read_may(build, setting_member(group, "may"), milter);
    read_when(build, setting_member(group, "when"), milter);
}

static void refuse_twin(struct build *build, const struct milter_conf *all, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (all[i].name.len == 0 || !slice_equal(all[i].name, all[j].name))
            continue;
        diag_add(build->diag, DIAG_ERROR, all[i].place,
                 "milter '%.*s' is already there in line %u: give each its own 'name'",
                 SLICE_ARG(all[i].name), all[j].place.line);
        return;
    }
}

void milters_read(struct build *build, const config_setting_t *group, struct policy *policy)
{
    size_t count;
    const config_setting_t *list = setting_list(build, group, "milters", &count);
    struct milter_conf *milters;

    if (count > MILTERS_MAX) {
        diag_add(build->diag, DIAG_ERROR, setting_place(build, list),
                 "a policy has at most %d milters, this one has %zu", MILTERS_MAX, count);
        return;
    }
    milters = build_alloc(build, count, sizeof(*milters));
    if (milters == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        read_milter(build, setting_item(list, i), &milters[i]);
        refuse_twin(build, milters, i);
    }
    policy->milters = milters;
    policy->milter_count = count;
}
