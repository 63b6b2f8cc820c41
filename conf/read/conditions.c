/* conditions: see conditions.h. */
#include "conf/read/conditions.h"

#include "conf/read/build.h"
#include "conf/read/matchers.h"
#include "conf/read/setting.h"
#include "filters/rules/field.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"

/* A group at a time: its members become the children of one condition. */
struct reader {
    struct build *build;
    unsigned depth;
};

/* ${out} is all zero: CONDITION_ALL without children. */
static bool read_group(const struct reader *reader, const config_setting_t *group,
                       struct condition *out);

static const struct reader *deeper(struct reader *inner, const struct reader *outer)
{
    *inner = (struct reader){outer->build, outer->depth + 1};
    return inner;
}

/* any = ( {...}, {...} ) */
static bool read_any(const struct reader *reader, const config_setting_t *s, struct condition *out)
{
    struct build *build = reader->build;
    struct condition *children;
    struct reader inner;

    if (!config_setting_is_list(s) || config_setting_length(s) == 0) {
        setting_error(build, s, "a list of groups ( { ... }, { ... } )");
        return false;
    }
    children = build_alloc(build, setting_count(s), sizeof(*children));
    out->kind = CONDITION_ANY;
    out->children = children;
    for (size_t i = 0; children != NULL && i < setting_count(s); i++)
        if (read_group(deeper(&inner, reader), setting_item(s, i), &children[out->child_count]))
            out->child_count++;
    return out->child_count > 0;
}

/* not = {...} */
static bool read_not(const struct reader *reader, const config_setting_t *s, struct condition *out)
{
    struct condition *child = build_alloc(reader->build, 1, sizeof(*child));
    struct reader inner;

    out->kind = CONDITION_NOT;
    out->children = child;
    out->child_count = 1;
    return child != NULL && read_group(deeper(&inner, reader), s, child);
}

/* The matchers of a field without name, or of one header. */
static bool read_field(struct build *build, const config_setting_t *s, enum field_id field,
                       struct condition *out)
{
    out->kind = CONDITION_FIELD;
    out->field = field;
    matchers_read(build, s, field_get(field), &out->matchers, &out->matcher_count);
    return out->matcher_count > 0;
}

/* One element of header = ( { name = "X.Foo"; value = matcher; }, ... ). */
static bool read_name_value(struct build *build, const config_setting_t *s, enum field_id field,
                            struct condition *out)
{
    static const struct setting_row ROWS[] = {
        {SETTING("name", TEXT), SETTING_AT(struct condition, name)},
        {SETTING("value", OTHER)},
        {.name = NULL},
    };
    const config_setting_t *value = setting_member(s, "value");

    out->place = setting_place(build, s);
    setting_read(build, s, ROWS, out);
    if (!config_setting_is_group(s))
        return false;
    if (value == NULL || setting_member(s, "name") == NULL) {
        setting_error(build, s, "{ name = \"...\"; value = ...; }");
        return false;
    }
    return read_field(build, value, field, out) && out->name.len > 0;
}

/* header = { Subject = matcher; ... }, or the list form for names that libconfig cannot spell. All
 * of them must hold. */
static bool read_headers(struct build *build, const config_setting_t *s, enum field_id field,
                         struct condition *out)
{
    size_t count = config_setting_is_aggregate(s) ? (size_t)config_setting_length(s) : 0;
    struct condition *children = build_alloc(build, count, sizeof(*children));

    if (count == 0 || config_setting_is_array(s))
        setting_error(build, s, "a group of header names { Subject = ...; }");
    out->kind = CONDITION_ALL;
    out->children = children;
    for (size_t i = 0; children != NULL && !config_setting_is_array(s) && i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(s, (unsigned)i);
        struct condition *child = &children[out->child_count];
        bool good;

        *child = (struct condition){.place = setting_place(build, item)};
        if (config_setting_is_list(s)) {
            good = read_name_value(build, item, field, child);
        } else {
            child->name = build_text(build, slice_str(config_setting_name(item)));
            good = read_field(build, item, field, child);
        }
        out->child_count += good;
    }
    return out->child_count > 0;
}

/* missing_header = "Date" or a list of names: any of them. */
static bool read_missing(struct build *build, const config_setting_t *s, struct condition *out)
{
    size_t count = setting_count(s);
    struct condition *children = build_alloc(build, count, sizeof(*children));

    if (count == 0)
        setting_error(build, s, "the name of a header field, or a list of names");
    out->kind = CONDITION_ANY;
    out->children = children;
    for (size_t i = 0; children != NULL && i < count; i++) {
        const config_setting_t *item = setting_item(s, i);
        struct condition *child = &children[out->child_count];

        *child = (struct condition){.kind = CONDITION_FIELD,
                                    .place = setting_place(build, item),
                                    .field = FIELD_MISSING_HEADER};
        if (!setting_text(build, item, "the name of a header field, or a list of names",
                          &child->name))
            continue;
        if (slice_starts(child->name, SLICE("!")))
            setting_error(build, item, "a name; its opposite is not = { missing_header = ...; }");
        else
            out->child_count++;
    }
    return out->child_count > 0;
}

static void unknown_field(struct build *build, const config_setting_t *s)
{
    struct spelling spelling;

    spelling_init(&spelling, slice_str(config_setting_name(s)));
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        spelling_try(&spelling, field_get((enum field_id)i)->name);
    spelling_try(&spelling, SLICE("any"));
    spelling_try(&spelling, SLICE("not"));
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "a condition knows no field '%s'%s",
             config_setting_name(s), spelling_hint(&spelling, build->arena));
}

static bool read_member(const struct reader *reader, const config_setting_t *s,
                        struct condition *out)
{
    struct build *build = reader->build;
    struct slice name = slice_str(config_setting_name(s));
    enum field_id field;
    int found = field_find(name, &field);

    out->place = setting_place(build, s);
    if (slice_equal(name, SLICE("any")))
        return read_any(reader, s, out);
    if (slice_equal(name, SLICE("not")))
        return read_not(reader, s, out);
    if (found < 0)
        setting_later(build, s, config_setting_name(s));
    else if (found == 0)
        unknown_field(build, s);
    if (found <= 0)
        return false;
    if (field == FIELD_MISSING_HEADER)
        return read_missing(build, s, out);
    if (field_get(field)->named)
        return read_headers(build, s, field, out);
    return read_field(build, s, field, out);
}

static bool read_group(const struct reader *reader, const config_setting_t *group,
                       struct condition *out)
{
    struct build *build = reader->build;
    struct condition *children;
    size_t count;

    out->place = setting_place(build, group);
    if (!config_setting_is_group(group)) {
        setting_error(build, group, "a group of conditions { field = ...; }");
        return false;
    }
    if (reader->depth > RULE_DEPTH_MAX) {
        diag_add(build->diag, DIAG_ERROR, out->place, "conditions nest deeper than %d groups",
                 RULE_DEPTH_MAX);
        return false;
    }
    count = (size_t)config_setting_length(group);
    children = build_alloc(build, count, sizeof(*children));
    out->children = children;
    for (size_t i = 0; children != NULL && i < count; i++) {
        struct condition child = {.kind = CONDITION_ALL};

        if (read_member(reader, config_setting_get_elem(group, (unsigned)i), &child))
            children[out->child_count++] = child;
    }
    return children != NULL;
}

const struct condition *conditions_read(struct build *build, const config_setting_t *when)
{
    struct condition *condition = build_alloc(build, 1, sizeof(*condition));
    struct reader reader = {build, 0};

    if (condition == NULL || !read_group(&reader, when, condition))
        return NULL;
    return condition;
}
