/* sense: private to conf/: what is right in a configuration and yet cannot be meant: conditions
 * that never hold, list entries that never match, lists and policies that nobody uses.
 *
 * Each is a warning: the configuration works, but does not do what somebody thinks it does. Nothing
 * is warned of that might hold: a warning that is sometimes wrong is one that nobody reads.
 */
#ifndef CONF_READ_SENSE_H
#define CONF_READ_SENSE_H

#include "conf/census.h"
#include "conf/read/build.h"

struct condition;
struct matcher;

/* What the rules above leave to be asked for. */
struct sense_above {
    double low, high;               /* between which the score is */
    double shadow_low, shadow_high; /* as a shadow rule sees it */
    const struct rule **taggers;    /* rules in force, or shadows, that set tags */
    size_t tagger_count;
};

/* What a list is compared with. */
struct sense_use {
    bool used;        /* by some rule, be it off */
    unsigned classes; /* mask of enum value_class, of rules that are judged */
    enum field_id field;
    bool useless; /* some rule can never find anything in it, which was said */
};

/* The condition under way, and whose it is. */
struct sense {
    struct build *build;
    const struct policy *policy;
    const char *noun;  /* "rule" or "milter" */
    struct slice name; /* its own */
    bool shadow;
    const struct rule *rules; /* all of its list, for advice; NULL: of a milter */
    size_t rule_count;
    struct sense_above *above;
    struct sense_use *uses; /* of each list */
    size_t said;            /* warnings about this condition */
};

/* sense_check(build): all of it, for a whole configuration without errors. */
void sense_check(struct build *build);

/* sense_say(sense, place, format, ...): one warning, "rule 'x': ...". */
void sense_say(struct sense *sense, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* sense_value(sense, condition, positive): the values that a field is compared with: of another
 * kind than the field's, or of a fact that is never there. ${positive}: it stands in no group
 * `not`, or in two. */
void sense_value(struct sense *sense, const struct condition *condition, bool positive);

/* sense_list(sense, condition, matcher): a matcher that names a list: notes the use, and warns when
 * nothing in the list can be a value of the field. */
void sense_list(struct sense *sense, const struct condition *condition,
                const struct matcher *matcher);

/* sense_lists(build, uses): entries that can never match where their list is used; lists that are
 * not used. */
void sense_lists(struct build *build, const struct sense_use *uses);

/* sense_tag(sense, condition): tags that no rule above sets. */
void sense_tag(struct sense *sense, const struct condition *condition);

/* sense_above_add(above, rule): ${rule} stands above those to come. Its place among the taggers
 * must be there. */
void sense_above_add(struct sense_above *above, const struct rule *rule);

/* sense_numbers(sense, condition): numbers that the field never has, or always. */
void sense_numbers(struct sense *sense, const struct condition *condition);

#define SENSE_NO_END 1e18

/* The numbers that a field can have. */
struct sense_range {
    double low, high; /* SENSE_NO_END: any */
    bool whole;
    const char *why; /* what makes it so, for the end of a sentence */
};

/* sense_range(sense, field): of that field, in this place. */
struct sense_range sense_range(const struct sense *sense, enum field_id field);

/* sense_floor(number): the largest whole number that is not above it. */
double sense_floor(double number);

/* sense_number_holds(matchers, count, number): whether one of them holds for it. */
bool sense_number_holds(const struct matcher *matchers, size_t count, double number);

/* sense_group(sense, when): a whole condition that contradicts itself, or says nothing. */
void sense_group(struct sense *sense, const struct condition *when);

#endif
