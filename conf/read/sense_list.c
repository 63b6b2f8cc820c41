/* sense_list: lists that are compared with something that cannot be in them, and entries that are
 * like nothing their list is compared with. */
#include "conf/config.h"
#include "conf/policy.h"
#include "conf/read/sense.h"
#include "filters/match/list.h"
#include "filters/rules/rule.h"

#define SHOWN_MAX 5 /* entries of one list that are warned of one by one */

/* Whether some entry could be a value of that class. */
static bool could_hold(const struct census *census, enum value_class class)
{
    for (unsigned shape = 0; shape < SHAPE_COUNT; shape++)
        if (census->counts[shape] > 0 && shape_holds((enum shape)shape, class, true))
            return true;
    return false;
}

/* What most of its entries are. */
static enum shape commonest(const struct census *census)
{
    enum shape best = SHAPE_EMPTY;

    for (unsigned shape = 0; shape < SHAPE_COUNT; shape++)
        if (census->counts[shape] > census->counts[best])
            best = (enum shape)shape;
    return best;
}

static void warn_of_list(struct sense *sense, const struct condition *condition,
                         const struct matcher *matcher, const struct census *census)
{
    enum value_class class = shape_class(condition->field);
    enum shape shape = commonest(census);

    sense_say(sense, matcher->place,
              "'%.*s' is never in the list '%.*s': it is %s, and no entry is one (\"%.*s\" is %s); "
              "%s",
              SLICE_ARG(field_get(condition->field)->name), SLICE_ARG(matcher->text),
              shape_class_noun(class), SLICE_ARG(census->first[shape][0].text), shape_noun(shape),
              shape_advice(shape, class));
}

void sense_list(struct sense *sense, const struct condition *condition,
                const struct matcher *matcher)
{
    const struct list_table *lists = &sense->build->config->lists;
    enum value_class class = shape_class(condition->field);
    size_t i = 0;

    while (i < lists->count && !slice_equal(lists->items[i].name, matcher->text))
        i++;
    if (i == lists->count)
        return;
    sense->uses[i].used = true;
    if (sense->uses[i].classes == 0)
        sense->uses[i].field = condition->field;
    sense->uses[i].classes |= class;
    if (list_count(lists->items[i].list) == 0 ||
        could_hold(&sense->build->config->censuses[i], class))
        return; /* an empty list is filled later */
    sense->uses[i].useless = true;
    warn_of_list(sense, condition, matcher, &sense->build->config->censuses[i]);
}

/* --- entries ------------------------------------------------------------------------------------
 */

static bool holds_somewhere(enum shape shape, unsigned classes)
{
    for (unsigned class = CLASS_CLIENT; class <= CLASS_TEXT; class *= 2)
        if ((classes & class) != 0 && shape_holds(shape, (enum value_class) class, true))
            return true;
    return false;
}

static void warn_of_entry(struct build *build, struct slice list, const struct sense_use *use,
                          enum shape shape, const struct census_entry *entry)
{
    enum value_class class = shape_class(use->field);

    diag_add(build->diag, DIAG_WARNING, entry->place,
             "list '%.*s': '%.*s' is never \"%.*s\": it is %s, not %s; %s", SLICE_ARG(list),
             SLICE_ARG(field_get(use->field)->name), SLICE_ARG(entry->text),
             shape_class_noun(class), shape_noun(shape), shape_advice(shape, class));
}

/* The first entries, by their lines, of those that could be a value nowhere. */
struct doubtful {
    const struct census_entry *items[SHOWN_MAX];
    enum shape shapes[SHOWN_MAX];
    size_t shown, total;
};

static void add_doubtful(struct doubtful *doubtful, const struct census_entry *entry,
                         enum shape shape)
{
    size_t at = doubtful->shown;

    while (at > 0 && doubtful->items[at - 1]->place.line > entry->place.line)
        at--;
    if (at == SHOWN_MAX)
        return;
    doubtful->shown += doubtful->shown < SHOWN_MAX;
    for (size_t i = doubtful->shown - 1; i > at; i--) {
        doubtful->items[i] = doubtful->items[i - 1];
        doubtful->shapes[i] = doubtful->shapes[i - 1];
    }
    doubtful->items[at] = entry;
    doubtful->shapes[at] = shape;
}

static void check_entries(struct build *build, struct slice name, const struct sense_use *use,
                          const struct census *census)
{
    struct doubtful doubtful = {.shown = 0};

    for (unsigned shape = 0; shape < SHAPE_COUNT; shape++) {
        if (holds_somewhere((enum shape)shape, use->classes))
            continue;
        doubtful.total += census->counts[shape];
        for (size_t i = 0; i < census_kept(census, (enum shape)shape); i++)
            add_doubtful(&doubtful, &census->first[shape][i], (enum shape)shape);
    }
    for (size_t i = 0; i < doubtful.shown; i++)
        warn_of_entry(build, name, use, doubtful.shapes[i], doubtful.items[i]);
    if (doubtful.total > doubtful.shown)
        diag_add(build->diag, DIAG_WARNING, doubtful.items[doubtful.shown - 1]->place,
                 "list '%.*s': and %zu more entries that never match", SLICE_ARG(name),
                 doubtful.total - doubtful.shown);
}

/* Lists alone are a part of something. */
static bool is_whole(const struct config *config)
{
    size_t rules = 0;

    for (size_t i = 0; i < config->policy_count; i++)
        rules += config->policies[i].rule_count + config->policies[i].final_count;
    return rules > 0 || config->listener_count > 0 || config->milter.given;
}

void sense_lists(struct build *build, const struct sense_use *uses)
{
    const struct list_table *lists = &build->config->lists;
    bool whole = is_whole(build->config);

    for (size_t i = 0; i < lists->count; i++) {
        struct slice name = lists->items[i].name;
        const struct census *census = &build->config->censuses[i];

        if (!uses[i].used && whole)
            diag_add(build->diag, DIAG_WARNING, census->place,
                     "list '%.*s' is used by nobody: name it in a rule as \"@%.*s\", or leave it "
                     "out",
                     SLICE_ARG(name), SLICE_ARG(name));
        if (uses[i].classes != 0 && !uses[i].useless)
            check_entries(build, name, &uses[i], census);
    }
}
