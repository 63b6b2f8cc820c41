/* sense_number: numbers that a field never has, or always.
 *
 * A comparison changes its mind only at the numbers that are written in it. So it is enough to look
 * at these, at their neighbours, and at both ends of what the field can be.
 */
#include "conf/config.h"
#include "conf/limits.h"
#include "conf/read/sense.h"
#include "filters/rules/rule.h"

#define NEIGHBOUR 1e-6 /* of a number that need not be whole; nobody writes finer ones */

struct points {
    struct sense_range range;
    const struct matcher *matchers;
    size_t count;
    bool some, all; /* held at some point, at all */
};

static bool in_milter(const struct sense *sense)
{
    const struct config *config = sense->build->config;

    return config->milter.given && config->milter.policy == sense->policy;
}

double sense_floor(double number)
{
    double whole;

    if (number < -SENSE_NO_END || number > SENSE_NO_END)
        return number; /* it has no fraction any more */
    whole = (double)(int64_t)number;
    return whole > number ? whole - 1 : whole;
}

/* What the MTA in front of a milter allows is not known. */
struct sense_range sense_range(const struct sense *sense, enum field_id field)
{
    const struct limits *limits = &sense->build->config->limits;
    const struct sense_above *above = sense->above;
    bool milter = in_milter(sense);

    if (field == FIELD_CLIENT_PORT)
        return (struct sense_range){0, UINT16_MAX, true, "is a port"};
    if (field == FIELD_RECIPIENT_COUNT)
        return (struct sense_range){1, milter ? SENSE_NO_END : limits->recipients, true,
                                    "is at least 1 and at most 'limits.recipients'"};
    if (field == FIELD_SIZE)
        return (struct sense_range){0, milter ? SENSE_NO_END : (double)limits->message_bytes, true,
                                    "is at most 'limits.message'"};
    if (field == FIELD_HOPS && !milter)
        return (struct sense_range){0, limits->header_fields, true,
                                    "is at most 'limits.header_fields'"};
    if (field == FIELD_SCORE)
        return (struct sense_range){sense->shadow ? above->shadow_low : above->low,
                                    sense->shadow ? above->shadow_high : above->high, false,
                                    "is what the rules above add up to"};
    return (struct sense_range){0, SENSE_NO_END, true, "is a whole number from 0 on"};
}

static bool compare(const struct matcher *matcher, double number)
{
    switch (matcher->op) {
    case NUMBER_EQUAL: return number >= matcher->number && number <= matcher->number;
    case NUMBER_LESS: return number < matcher->number;
    case NUMBER_LESS_EQUAL: return number <= matcher->number;
    case NUMBER_GREATER: return number > matcher->number;
    case NUMBER_GREATER_EQUAL: return number >= matcher->number;
    }
    return false;
}

bool sense_number_holds(const struct matcher *matchers, size_t count, double number)
{
    for (size_t i = 0; i < count; i++) {
        bool holds = matchers[i].kind == MATCHER_NOT
                         ? !sense_number_holds(matchers[i].inner, matchers[i].inner_count, number)
                         : compare(&matchers[i], number);

        if (holds)
            return true;
    }
    return false;
}

static void look_at(struct points *points, double number)
{
    const struct sense_range *range = &points->range;
    bool holds;

    if (number < range->low || number > range->high ||
        (range->whole && sense_floor(number) < number))
        return;
    holds = sense_number_holds(points->matchers, points->count, number);
    points->some = points->some || holds;
    points->all = points->all && holds;
}

static void look_around(struct points *points, const struct matcher *matchers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double number = matchers[i].number;

        if (matchers[i].kind == MATCHER_NOT) {
            look_around(points, matchers[i].inner, matchers[i].inner_count);
            continue;
        }
        look_at(points, number);
        look_at(points, points->range.whole ? sense_floor(number) - 1 : number - NEIGHBOUR);
        look_at(points, points->range.whole ? sense_floor(number) : number);
        look_at(points, points->range.whole ? sense_floor(number) + 1 : number + NEIGHBOUR);
    }
}

static void warn_of_never(struct sense *sense, const struct condition *condition,
                          const struct sense_range *range)
{
    struct slice name = field_get(condition->field)->name;

    if (condition->field == FIELD_SCORE && range->low >= range->high)
        sense_say(sense, condition->place,
                  "'score' never holds: no rule above gives a score; 'score' is what the rules "
                  "above add up to");
    else if (range->high < SENSE_NO_END)
        sense_say(sense, condition->place, "'%.*s' never holds: it %s, from %.10g to %.10g",
                  SLICE_ARG(name), range->why, range->low, range->high);
    else
        sense_say(sense, condition->place, "'%.*s' never holds: it %s", SLICE_ARG(name),
                  range->why);
}

void sense_numbers(struct sense *sense, const struct condition *condition)
{
    struct points points = {.range = sense_range(sense, condition->field),
                            .matchers = condition->matchers,
                            .count = condition->matcher_count,
                            .all = true};

    look_at(&points, points.range.low);
    look_at(&points, points.range.high);
    look_around(&points, condition->matchers, condition->matcher_count);
    if (!points.some)
        warn_of_never(sense, condition, &points.range);
    else if (points.all && condition->matcher_count > 1 && points.range.low < points.range.high)
        sense_say(sense, condition->place,
                  "'%.*s' always holds: one of the list is enough, and one is always true; for "
                  "both at once write the second in a group of its own, not = { %.*s = ...; }",
                  SLICE_ARG(field_get(condition->field)->name),
                  SLICE_ARG(field_get(condition->field)->name));
}
