/* matchers: see matchers.h. */
#include "conf/read/matchers.h"

#include "conf/config.h"
#include "conf/read/setting.h"
#include "conf/shape.h"
#include "conf/unit.h"
#include "filters/match/list.h"
#include "filters/match/pattern.h"
#include "filters/match/wildcard.h"
#include "filters/rules/ruleset.h"

static const char *wanted(enum field_type type)
{
    switch (type) {
    case FIELD_TYPE_TEXT:
    case FIELD_TYPE_BYTES:
        return "a text matcher: \"/regex/flags\", \"@list\", a whole value with * and ?, or "
               "{ not = ...; }";
    case FIELD_TYPE_ADDRESS:
        return "an address matcher: \"192.0.2.1\", \"10.0.0.0/8\", \"@list\", \"/regex/flags\", "
               "\"192.0.2.*\" or { not = ...; }";
    case FIELD_TYPE_NUMBER:
        return "a number matcher: 5, \"10M\", \"> 10M\", \"<= 5\" or { not = ...; }";
    case FIELD_TYPE_BOOL: return "true or false";
    case FIELD_TYPE_LIST:
        return "the name of a list, \"@list\"; what must not hold is written not = { ... }";
    case FIELD_TYPE_PRESENCE: return "the name of a header field";
    }
    return "a matcher";
}

static bool wrong(struct build *build, const config_setting_t *s, enum field_type type)
{
    setting_error(build, s, wanted(type));
    return false;
}

/* "@example.org" is how others write all addresses of a domain, and no list has a dot in its name.
 * NULL: it is something else. */
static const char *domain_hint(struct build *build, struct slice name)
{
    struct slice hint = SLICE_NONE;

    if (slice_find(name, '.') != SLICE_NOT_FOUND && shape_domain(name))
        hint = arena_format(build->arena,
                            "; a domain is written \"%.*s\", any address in it \"*@%.*s\"",
                            SLICE_ARG(name), SLICE_ARG(name));
    return hint.ptr;
}

static bool read_list_name(struct build *build, const config_setting_t *s, struct slice name,
                           struct matcher *out)
{
    const struct list_table *lists = &build->config->lists;
    struct spelling spelling;
    const char *hint = domain_hint(build, name);

    out->kind = MATCHER_LIST;
    out->text = name;
    spelling_init(&spelling, name);
    for (size_t i = 0; i < lists->count; i++) {
        if (slice_equal(lists->items[i].name, name))
            return true;
        spelling_try(&spelling, lists->items[i].name);
    }
    diag_add(build->diag, DIAG_ERROR, out->place, "'%s': there is no list '%.*s' in 'lists'%s",
             setting_label(s), SLICE_ARG(name),
             hint != NULL ? hint : spelling_hint(&spelling, build->arena));
    return false;
}

/* A string with a slash in front that is a pattern, meant as one, or neither. 1: a pattern; 0:
 * none; -1: an error. */
static int read_pattern(struct build *build, const config_setting_t *s,
                        const struct field_info *field, struct slice text, struct matcher *out)
{
    int is = pattern_split(text, &out->text, &out->pattern_flags);

    if (is > 0) {
        if (out->text.len == 0)
            diag_add(build->diag, DIAG_WARNING, out->place,
                     "'%s': \"%.*s\" is an empty pattern, which matches everything: write \"*\" if "
                     "that is meant",
                     setting_label(s), SLICE_ARG(text));
        out->kind = MATCHER_PATTERN;
        return 1;
    }
    if (is < 0) {
        diag_add(build->diag, DIAG_ERROR, out->place,
                 "'%s': a pattern is \"/regex/flags\" with flags of i, m, s, x and u; \"%.*s\" has "
                 "another",
                 setting_label(s), SLICE_ARG(text));
        return -1;
    }
    if (slice_starts(text, SLICE("/")) && !field->of_names) /* there it is an error */
        diag_add(build->diag, DIAG_WARNING, out->place,
                 "'%s': \"%.*s\" begins like a pattern but has no closing slash, so it is compared "
                 "as a whole value",
                 setting_label(s), SLICE_ARG(text));
    return 0;
}

static bool read_address(struct build *build, const config_setting_t *s, struct slice text,
                         struct matcher *out)
{
    if (address_range_parse(text, &out->range) == 0) {
        out->kind = MATCHER_RANGE;
        return true;
    }
    if (address_range_meant(text)) {
        diag_add(build->diag, DIAG_ERROR, out->place,
                 "'%s': \"%.*s\" is no range: the prefix is too long, or bits behind it are set "
                 "(10.0.0.0/8, not 10.0.0.1/8)",
                 setting_label(s), SLICE_ARG(text));
        return false;
    }
    out->kind = MATCHER_WILDCARD;
    out->text = text;
    return wildcard_present(text) || wrong(build, s, FIELD_TYPE_ADDRESS);
}

/* A string without the "!" in front of it. */
static bool read_text(struct build *build, const config_setting_t *s,
                      const struct field_info *field, struct slice text, struct matcher *out)
{
    enum field_type type = field->type;
    int pattern;

    if (type == FIELD_TYPE_NUMBER) {
        out->kind = MATCHER_NUMBER;
        return unit_number(text, &out->op, &out->number) == 0 || wrong(build, s, type);
    }
    if (type == FIELD_TYPE_LIST && !slice_starts(text, SLICE("@")))
        return wrong(build, s, type);
    if (slice_starts(text, SLICE("@")))
        return read_list_name(build, s, slice_from(text, 1), out);
    pattern = read_pattern(build, s, field, text, out);
    if (pattern != 0)
        return pattern > 0;
    if (type == FIELD_TYPE_ADDRESS)
        return read_address(build, s, text, out);
    out->kind = MATCHER_WILDCARD;
    out->text = text;
    return true;
}

static bool refuse_depth(struct build *build, const struct matcher *out)
{
    diag_add(build->diag, DIAG_ERROR, out->place, "'not' nests deeper than %d", RULE_DEPTH_MAX);
    return false;
}

/* "!text" is short for { not = "text"; }. */
static bool read_short_not(struct build *build, const config_setting_t *s,
                           const struct field_info *field, struct slice text, struct matcher *out,
                           unsigned depth)
{
    struct matcher *inner;

    if (slice_starts(text, SLICE("!"))) {
        diag_add(build->diag, DIAG_ERROR, out->place,
                 "'%s': \"!%.*s\" negates twice; for a text that begins with \"!\" write a "
                 "pattern, \"/^!/\"",
                 setting_label(s), SLICE_ARG(text));
        return false;
    }
    if (depth == RULE_DEPTH_MAX)
        return refuse_depth(build, out);
    inner = build_alloc(build, 1, sizeof(*inner));
    out->kind = MATCHER_NOT;
    out->inner = inner;
    if (inner == NULL)
        return false;
    inner->place = out->place;
    out->inner_count = read_text(build, s, field, text, inner);
    return out->inner_count > 0;
}

static bool read_string(struct build *build, const config_setting_t *s,
                        const struct field_info *field, struct matcher *out, unsigned depth)
{
    struct slice text;

    if (!setting_text(build, s, wanted(field->type), &text))
        return false;
    if (slice_starts(text, SLICE("!")) && field->type != FIELD_TYPE_LIST)
        return read_short_not(build, s, field, slice_from(text, 1), out, depth);
    return read_text(build, s, field, text, out);
}

static bool read_number(struct build *build, const config_setting_t *s, enum field_type type,
                        struct matcher *out)
{
    if (type != FIELD_TYPE_NUMBER)
        return wrong(build, s, type);
    out->kind = MATCHER_NUMBER;
    out->op = NUMBER_EQUAL;
    out->number = config_setting_type(s) == CONFIG_TYPE_FLOAT ? config_setting_get_float(s)
                                                              : (double)config_setting_get_int64(s);
    return true;
}

static bool read_truth(struct build *build, const config_setting_t *s, struct matcher *out)
{
    if (config_setting_type(s) != CONFIG_TYPE_BOOL)
        return wrong(build, s, FIELD_TYPE_BOOL);
    out->kind = MATCHER_BOOL;
    out->boolean = config_setting_get_bool(s) != 0;
    return true;
}

static void read_all(struct build *build, const config_setting_t *setting,
                     const struct field_info *field, struct matcher *out, size_t *count,
                     unsigned depth);

/* { not = matcher or list of matchers; } */
static bool read_not(struct build *build, const config_setting_t *s, const struct field_info *field,
                     struct matcher *out, unsigned depth)
{
    const config_setting_t *inner = setting_member(s, "not");
    struct matcher *items;

    if (inner == NULL || config_setting_length(s) != 1)
        return wrong(build, s, field->type);
    if (depth == RULE_DEPTH_MAX)
        return refuse_depth(build, out);
    items = build_alloc(build, setting_count(inner), sizeof(*items));
    out->kind = MATCHER_NOT;
    out->inner = items;
    if (items != NULL)
        read_all(build, inner, field, items, &out->inner_count, depth + 1);
    return out->inner_count > 0;
}

static bool read_one(struct build *build, const config_setting_t *s, const struct field_info *field,
                     struct matcher *out, unsigned depth)
{
    out->place = setting_place(build, s);
    if (config_setting_is_group(s) && field->type != FIELD_TYPE_LIST)
        return read_not(build, s, field, out, depth);
    if (config_setting_type(s) == CONFIG_TYPE_STRING && field->type != FIELD_TYPE_BOOL)
        return read_string(build, s, field, out, depth);
    if (field->type == FIELD_TYPE_BOOL)
        return read_truth(build, s, out);
    if (config_setting_is_number(s))
        return read_number(build, s, field->type, out);
    return wrong(build, s, field->type);
}

/* Whether ${s} is "!...", and, in ${negates}, whether it or { not = ... } is. */
static bool is_short_not(const config_setting_t *s, bool *negates)
{
    struct slice text;
    bool is_short = setting_string(s, &text) && slice_starts(text, SLICE("!"));

    *negates = is_short || config_setting_is_group(s);
    return is_short;
}

/* "None of these" is what somebody means who writes one "!" after the other; but a list holds when
 * any of it does. */
static void refuse_two_nots(struct build *build, const config_setting_t *setting, size_t total)
{
    size_t shorts = 0, nots = 0;
    const config_setting_t *last = NULL;

    for (size_t i = 0; i < total; i++) {
        const config_setting_t *item = setting_item(setting, i);
        bool negates;

        shorts += is_short_not(item, &negates);
        nots += negates;
        if (negates)
            last = item;
    }
    if (shorts > 0 && nots > 1)
        diag_add(build->diag, DIAG_ERROR, setting_place(build, last),
                 "'%s': two negations in one list always hold, for any of a list is enough; for "
                 "\"none of these\" write { not = ( \"...\", \"...\" ); }",
                 setting_label(setting));
}

/* ${out} has room for all. */
static void read_all(struct build *build, const config_setting_t *setting,
                     const struct field_info *field, struct matcher *out, size_t *count,
                     unsigned depth)
{
    size_t total = setting_count(setting);

    if (total == 0)
        setting_error(build, setting, wanted(field->type));
    refuse_two_nots(build, setting, total);
    for (size_t i = 0; i < total; i++)
        if (read_one(build, setting_item(setting, i), field, &out[*count], depth))
            ++*count;
}

void matchers_read(struct build *build, const config_setting_t *setting,
                   const struct field_info *field, const struct matcher **out, size_t *count)
{
    struct matcher *items = build_alloc(build, setting_count(setting), sizeof(*items));

    *out = items;
    *count = 0;
    if (items != NULL)
        read_all(build, setting, field, items, count, 0);
}
