/* sense_above: what the rules above a rule can have left for it: tags and a score. */
#include "conf/read/sense.h"
#include "conf/spelling.h"
#include "filters/match/wildcard.h"
#include "filters/rules/rule.h"

/* What the rule adds to the score when it fires. */
static double score_of(const struct rule *rule, bool *sets)
{
    double score = 0;

    for (size_t i = 0; i < rule->action_count; i++) {
        *sets = *sets || rule->actions[i].kind == ACTION_SCORE;
        score += rule->actions[i].kind == ACTION_SCORE ? rule->actions[i].number : 0;
    }
    return score;
}

static bool sets_tag(const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++)
        if (rule->actions[i].kind == ACTION_TAG)
            return true;
    return false;
}

void sense_above_add(struct sense_above *above, const struct rule *rule)
{
    bool sets = false;
    double score = score_of(rule, &sets);

    if (rule->mode == RULE_OFF)
        return;
    if (sets_tag(rule))
        above->taggers[above->tagger_count++] = rule;
    *(score > 0 ? &above->shadow_high : &above->shadow_low) += score;
    if (rule->mode == RULE_ENFORCE)
        *(score > 0 ? &above->high : &above->low) += score;
}

/* --- tags ---------------------------------------------------------------------------------------
 */

/* Whether a rule as the one under way sees what ${rule} sets. */
static bool sees(const struct sense *sense, const struct rule *rule)
{
    return rule->mode == RULE_ENFORCE || (rule->mode == RULE_SHADOW && sense->shadow);
}

/* Whether ${rule} sets a tag that ${wanted} matches; NULL: any. */
static bool sets_matching(const struct rule *rule, const struct slice *wanted)
{
    for (size_t i = 0; i < rule->action_count; i++)
        if (rule->actions[i].kind == ACTION_TAG &&
            (wanted == NULL || wildcard_match(*wanted, rule->actions[i].text)))
            return true;
    return false;
}

static bool is_set(const struct sense *sense, const struct slice *wanted)
{
    for (size_t i = 0; i < sense->above->tagger_count; i++)
        if (sees(sense, sense->above->taggers[i]) &&
            sets_matching(sense->above->taggers[i], wanted))
            return true;
    return false;
}

/* A rule of the same list that would set it, but is off, a shadow, or too far below. */
static const struct rule *find_setter(const struct sense *sense, struct slice wanted)
{
    for (size_t i = 0; i < sense->rule_count; i++)
        if (sets_matching(&sense->rules[i], &wanted))
            return &sense->rules[i];
    return NULL;
}

static const char *why_not(const struct rule *setter)
{
    switch (setter->mode) {
    case RULE_OFF: return "is off";
    case RULE_SHADOW: return "is a shadow, seen by shadow rules only";
    case RULE_ENFORCE: break;
    }
    return "stands below, and must stand above";
}

static const char *tag_hint(const struct sense *sense, struct slice wanted)
{
    struct spelling spelling;

    spelling_init(&spelling, wanted);
    for (size_t i = 0; i < sense->above->tagger_count; i++) {
        const struct rule *rule = sense->above->taggers[i];

        for (size_t k = 0; k < rule->action_count && sees(sense, rule); k++)
            if (rule->actions[k].kind == ACTION_TAG)
                spelling_try(&spelling, rule->actions[k].text);
    }
    return spelling_hint(&spelling, sense->build->arena);
}

static void check_tag(struct sense *sense, const struct matcher *matcher)
{
    const struct rule *setter;

    if (matcher->kind == MATCHER_NOT) {
        for (size_t i = 0; i < matcher->inner_count; i++)
            check_tag(sense, &matcher->inner[i]);
        return;
    }
    if (matcher->kind != MATCHER_WILDCARD || is_set(sense, &matcher->text))
        return;
    setter = find_setter(sense, matcher->text);
    if (setter == NULL)
        sense_say(sense, matcher->place, "no rule above sets the tag \"%.*s\"%s",
                  SLICE_ARG(matcher->text), tag_hint(sense, matcher->text));
    else
        sense_say(sense, matcher->place,
                  "no rule above sets the tag \"%.*s\": rule '%.*s' does, but %s",
                  SLICE_ARG(matcher->text), SLICE_ARG(setter->name), why_not(setter));
}

void sense_tag(struct sense *sense, const struct condition *condition)
{
    size_t before = sense->said;

    for (size_t i = 0; i < condition->matcher_count; i++)
        check_tag(sense, &condition->matchers[i]);
    if (sense->said == before && !is_set(sense, NULL))
        sense_say(sense, condition->place, "no rule above sets any tag");
}
