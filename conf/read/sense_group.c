/* sense_group: conditions that contradict themselves, or that an empty group makes always or never
 * hold.
 *
 * One field at a time is given each value that could make a difference, while all other fields may
 * be anything. Where the whole condition holds for none of them, it never holds.
 */
#include "conf/read/sense.h"
#include "filters/match/wildcard.h"
#include "filters/rules/rule.h"

#define POINTS_MAX 64 /* values of one field; conditions with more are left alone */
#define NEIGHBOUR  1e-6

enum maybe { NO, PERHAPS, YES };

/* One value that the field may have. */
struct point {
    bool there; /* else it has none */
    double number;
    struct slice text;
};

struct points {
    const struct sense *sense;
    enum field_id field;
    struct point items[POINTS_MAX];
    size_t count;
    size_t asked; /* conditions that name the field */
    bool full;
};

static enum maybe reverse(enum maybe answer)
{
    return answer == YES ? NO : answer == NO ? YES : PERHAPS;
}

/* --- one field at one value ---------------------------------------------------------------------
 */

/* What is no plain text is not looked into. */
static enum maybe text_holds(const struct matcher *matcher, struct slice text)
{
    if (matcher->kind != MATCHER_WILDCARD)
        return PERHAPS;
    if (wildcard_match(matcher->text, text))
        return YES;
    return wildcard_present(matcher->text) ? PERHAPS : NO;
}

/* Alone it is a domain, in which the address may be. */
static bool is_domain_of(const struct matcher *matcher, enum field_id field)
{
    return matcher->kind == MATCHER_WILDCARD && shape_class(field) == CLASS_MAILBOX &&
           slice_find(matcher->text, '@') == SLICE_NOT_FOUND;
}

static enum maybe matchers_hold(const struct matcher *matchers, size_t count, enum field_id field,
                                const struct point *point)
{
    enum maybe answer = NO;

    for (size_t i = 0; i < count; i++) {
        const struct matcher *m = &matchers[i];
        enum maybe one;

        if (m->kind == MATCHER_NOT)
            one = reverse(matchers_hold(m->inner, m->inner_count, field, point));
        else if (m->kind == MATCHER_NUMBER)
            one = sense_number_holds(m, 1, point->number) ? YES : NO;
        else if (m->kind == MATCHER_BOOL)
            one = m->boolean == (point->number > 0) ? YES : NO;
        else
            one = is_domain_of(m, field) ? PERHAPS : text_holds(m, point->text);
        answer = one > answer ? one : answer;
    }
    return answer;
}

static enum maybe holds(const struct condition *condition, enum field_id field,
                        const struct point *point)
{
    enum maybe answer = condition->kind == CONDITION_ANY ? NO : YES;

    if (condition->kind == CONDITION_FIELD) {
        if (point == NULL || condition->field != field)
            return PERHAPS;
        return point->there
                   ? matchers_hold(condition->matchers, condition->matcher_count, field, point)
                   : NO;
    }
    for (size_t i = 0; i < condition->child_count; i++) {
        enum maybe one = holds(&condition->children[i], field, point);

        if (condition->kind == CONDITION_ANY)
            answer = one > answer ? one : answer;
        else
            answer = one < answer ? one : answer;
    }
    return condition->kind == CONDITION_NOT ? reverse(answer) : answer;
}

/* --- the values worth a look --------------------------------------------------------------------
 */

static void add(struct points *points, struct point point)
{
    if (points->count == POINTS_MAX)
        points->full = true;
    else
        points->items[points->count++] = point;
}

static void add_number(struct points *points, double number)
{
    struct sense_range range = sense_range(points->sense, points->field);

    if (number >= range.low && number <= range.high &&
        !(range.whole && sense_floor(number) < number))
        add(points, (struct point){.there = true, .number = number});
}

static void add_around(struct points *points, double number)
{
    bool whole = sense_range(points->sense, points->field).whole;

    add_number(points, whole ? sense_floor(number) - 1 : number - NEIGHBOUR);
    add_number(points, whole ? sense_floor(number) : number);
    add_number(points, whole ? sense_floor(number) + 1 : number + NEIGHBOUR);
}

static void add_matchers(struct points *points, const struct matcher *matchers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (matchers[i].kind == MATCHER_NUMBER)
            add_around(points, matchers[i].number);
        if (matchers[i].kind == MATCHER_WILDCARD)
            add(points, (struct point){.there = true, .text = matchers[i].text});
        add_matchers(points, matchers[i].inner, matchers[i].inner_count);
    }
}

static void add_conditions(struct points *points, const struct condition *condition)
{
    if (condition->kind == CONDITION_FIELD && condition->field == points->field) {
        points->asked++;
        add_matchers(points, condition->matchers, condition->matcher_count);
    }
    for (size_t i = 0; i < condition->child_count; i++)
        add_conditions(points, &condition->children[i]);
}

/* What every field of that type may be besides. */
static void add_others(struct points *points)
{
    struct sense_range range;

    switch (field_get(points->field)->type) {
    case FIELD_TYPE_NUMBER:
        range = sense_range(points->sense, points->field);
        add_number(points, range.low);
        add_number(points, range.high);
        return;
    case FIELD_TYPE_BOOL:
        add(points, (struct point){.there = true, .number = 0});
        add(points, (struct point){.there = true, .number = 1});
        return;
    case FIELD_TYPE_TEXT:
    case FIELD_TYPE_BYTES:
    case FIELD_TYPE_ADDRESS:
    case FIELD_TYPE_LIST:
    case FIELD_TYPE_PRESENCE: break;
    }
    add(points, (struct point){.there = false});
    add(points, (struct point){.there = true, .text = SLICE("\x01 nobody's")});
}

/* --- contradictions -----------------------------------------------------------------------------
 */

/* Fields with one value at a time: of others one value may match here and another there. */
static const bool SINGLE[FIELD_COUNT] = {
    [FIELD_CLIENT] = true,
    [FIELD_CLIENT_PORT] = true,
    [FIELD_CLIENT_NAME] = true,
    [FIELD_LISTENER] = true,
    [FIELD_HELO] = true,
    [FIELD_TLS] = true,
    [FIELD_TLS_VERSION] = true,
    [FIELD_TLS_CIPHER] = true,
    [FIELD_TLS_NAME] = true,
    [FIELD_AUTH] = true,
    [FIELD_SENDER] = true,
    [FIELD_SENDER_DOMAIN] = true,
    [FIELD_SIZE] = true,
    [FIELD_HOPS] = true,
    [FIELD_RECIPIENT_COUNT] = true,
    [FIELD_SCORE] = true,
    [FIELD_HEADER_AMBIGUOUS] = true,
    [FIELD_LINK_MISMATCH] = true,
    [FIELD_MIME_AMBIGUOUS] = true,
};

static bool contradicts(const struct sense *sense, const struct condition *when,
                        enum field_id field)
{
    struct points points = {.sense = sense, .field = field};

    add_conditions(&points, when);
    if (points.asked < 2)
        return false;
    add_others(&points);
    for (size_t i = 0; i < points.count && !points.full; i++)
        if (holds(when, field, &points.items[i]) != NO)
            return false;
    return !points.full;
}

/* Whether there is anything in it at all. */
static bool is_written(const struct condition *when)
{
    return when->child_count > 0;
}

void sense_group(struct sense *sense, const struct condition *when)
{
    enum maybe whole = holds(when, FIELD_COUNT, NULL);

    if (whole == NO)
        sense_say(sense, when->place,
                  "its 'when' never holds: an empty group { } always does, and stands in a 'not'");
    if (whole == YES && is_written(when))
        sense_say(sense, when->place,
                  "its 'when' always holds, for an empty group { } does; leave 'when' out if that "
                  "is meant");
    for (unsigned field = 0; field < FIELD_COUNT && whole == PERHAPS; field++)
        if (SINGLE[field] && contradicts(sense, when, (enum field_id)field)) {
            sense_say(sense, when->place,
                      "its 'when' never holds: what it asks of '%.*s' cannot be true at once",
                      SLICE_ARG(field_get((enum field_id)field)->name));
            return;
        }
}
