/* setting: see setting.h. */
#include "conf/read/setting.h"

#include <stdio.h>

#include "conf/unit.h"

struct place setting_place(const struct build *build, const config_setting_t *s)
{
    return source_place(build->source, config_setting_source_line(s));
}

const char *setting_label(const config_setting_t *s)
{
    while (config_setting_name(s) == NULL && !config_setting_is_root(s))
        s = config_setting_parent(s);
    return config_setting_name(s) != NULL ? config_setting_name(s) : "the configuration";
}

/* What ${s} is, for "must be ..., not ...". */
static struct slice describe(struct build *build, const config_setting_t *s)
{
    switch (config_setting_type(s)) {
    case CONFIG_TYPE_GROUP: return SLICE("a group { ... }");
    case CONFIG_TYPE_LIST:
        return config_setting_length(s) > 0 ? SLICE("a list ( ... )") : SLICE("an empty list ( )");
    case CONFIG_TYPE_ARRAY:
        return config_setting_length(s) > 0 ? SLICE("an array [ ... ]")
                                            : SLICE("an empty array [ ]");
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64: return arena_format(build->arena, "%lld", config_setting_get_int64(s));
    case CONFIG_TYPE_FLOAT: return arena_format(build->arena, "%g", config_setting_get_float(s));
    case CONFIG_TYPE_BOOL: return config_setting_get_bool(s) ? SLICE("true") : SLICE("false");
    case CONFIG_TYPE_STRING:
        return arena_format(build->arena, "\"%s\"", config_setting_get_string(s));
    default: return SLICE("nothing"); /* libconfig's types are plain numbers */
    }
}

void setting_error(struct build *build, const config_setting_t *s, const char *wanted)
{
    struct slice is = describe(build, s);

    diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "'%s' must be %s, not %.*s",
             setting_label(s), wanted, SLICE_ARG(is));
}

void setting_later(struct build *build, const config_setting_t *s, const char *name)
{
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s),
             "'%s' is in the manual of a later version; this build does not have it yet", name);
}

bool setting_string(const config_setting_t *s, struct slice *text)
{
    if (config_setting_type(s) != CONFIG_TYPE_STRING)
        return false;
    *text = slice_str(config_setting_get_string(s));
    return true;
}

bool setting_text(struct build *build, const config_setting_t *s, const char *wanted,
                  struct slice *text)
{
    struct slice borrowed;

    if (!setting_string(s, &borrowed)) {
        setting_error(build, s, wanted);
        return false;
    }
    *text = build_text(build, borrowed);
    return text->ptr != NULL;
}

bool setting_whole(const config_setting_t *s)
{
    bool named = config_setting_is_group(s);
    bool whole = config_setting_type(s) != CONFIG_TYPE_STRING || config_setting_get_string(s);

    for (unsigned i = 0; whole && i < (unsigned)config_setting_length(s); i++) {
        const config_setting_t *below = config_setting_get_elem(s, i);

        whole = (!named || config_setting_name(below) != NULL) && setting_whole(below);
    }
    return whole;
}

size_t setting_count(const config_setting_t *s)
{
    if (config_setting_is_list(s) || config_setting_is_array(s))
        return (size_t)config_setting_length(s);
    return 1;
}

const config_setting_t *setting_item(const config_setting_t *s, size_t i)
{
    if (config_setting_is_list(s) || config_setting_is_array(s))
        return config_setting_get_elem(s, (unsigned)i);
    return s;
}

const config_setting_t *setting_member(const config_setting_t *group, const char *name)
{
    if (group == NULL || !config_setting_is_group(group))
        return NULL;
    return config_setting_get_member(group, name);
}

const config_setting_t *setting_list(struct build *build, const config_setting_t *group,
                                     const char *name, size_t *count)
{
    const config_setting_t *list = setting_member(group, name);

    *count = 0;
    if (list == NULL)
        return NULL;
    if (!config_setting_is_list(list) &&
        !(config_setting_is_array(list) && config_setting_length(list) == 0)) {
        setting_error(build, list, "a list of groups ( { ... }, ... )");
        return NULL;
    }
    *count = (size_t)config_setting_length(list);
    return list;
}

bool setting_texts(struct build *build, const config_setting_t *s, const char *wanted,
                   const struct slice **texts, size_t *count)
{
    struct slice *out = build_alloc(build, setting_count(s), sizeof(*out));
    bool good = out != NULL;

    *texts = out;
    *count = 0;
    for (size_t i = 0; out != NULL && i < setting_count(s); i++) {
        if (setting_text(build, setting_item(s, i), wanted, &out[*count]))
            ++*count;
        else
            good = false;
    }
    return good;
}

/* The value as a number of the member's own width. */
static void store(const struct setting_row *row, void *target, uint64_t value)
{
    uint32_t narrow = (uint32_t)value;
    char *at;

    if (row->width == 0)
        return; /* only checked */
    at = (char *)target + row->offset;
    if (row->width == sizeof(narrow))
        memcpy(at, &narrow, sizeof(narrow));
    else
        memcpy(at, &value, sizeof(value));
}

static void store_slice(const struct setting_row *row, void *target, struct slice value)
{
    if (value.ptr != NULL)
        memcpy((char *)target + row->offset, &value, sizeof(value));
}

static bool whole_number(const config_setting_t *s, uint64_t *value)
{
    int type = config_setting_type(s);
    long long number;

    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return false;
    number = config_setting_get_int64(s);
    *value = (uint64_t)number;
    return number >= 0;
}

static void read_count(struct build *build, const config_setting_t *s,
                       const struct setting_row *row, void *target)
{
    char wanted[96];
    uint64_t value;

    if (whole_number(s, &value) && value >= row->min && value <= row->max) {
        store(row, target, value);
        return;
    }
    (void)snprintf(wanted, sizeof(wanted), "a whole number from %llu to %llu",
                   (unsigned long long)row->min, (unsigned long long)row->max);
    setting_error(build, s, wanted);
}

/* ${value} in the largest unit that shows it whole, of ${count} units from small to large. */
static void show(char out[32], uint64_t value, const char *const *names, const uint64_t *factors,
                 size_t count)
{
    size_t unit = 0;

    for (size_t i = 0; i < count; i++)
        if (value >= factors[i] && value % factors[i] == 0)
            unit = i;
    (void)snprintf(out, 32, "%llu%s", (unsigned long long)(value / factors[unit]), names[unit]);
}

static void show_size(char out[32], uint64_t bytes)
{
    static const char *const NAMES[] = {"", "K", "M", "G"};
    static const uint64_t FACTORS[] = {1, 1u << 10, 1u << 20, 1u << 30};

    show(out, bytes, NAMES, FACTORS, 4);
}

static void show_time(char out[32], uint64_t ms)
{
    static const char *const NAMES[] = {"ms", "s", "m", "h", "d"};
    static const uint64_t FACTORS[] = {1, 1000, 60000, 3600000, 86400000};

    show(out, ms, NAMES, FACTORS, 5);
}

static void read_size(struct build *build, const config_setting_t *s, const struct setting_row *row,
                      void *target)
{
    struct slice text;
    char wanted[160], min[32], max[32];
    uint64_t value;

    if ((setting_string(s, &text) ? unit_size(text, &value) == 0 : whole_number(s, &value)) &&
        value >= row->min && value <= row->max) {
        store(row, target, value);
        return;
    }
    show_size(min, row->min);
    show_size(max, row->max);
    (void)snprintf(
        wanted, sizeof(wanted),
        "a size from %s to %s: bytes as a number, or a string such as \"512K\" or \"50M\"", min,
        max);
    setting_error(build, s, wanted);
}

static void read_time(struct build *build, const config_setting_t *s, const struct setting_row *row,
                      void *target)
{
    struct slice text;
    char wanted[160], min[32], max[32];
    uint64_t value;

    if (setting_string(s, &text) && unit_time(text, &value) == 0 && value >= row->min &&
        value <= row->max) {
        store(row, target, value);
        return;
    }
    show_time(min, row->min);
    show_time(max, row->max);
    (void)snprintf(
        wanted, sizeof(wanted),
        "a time from %s to %s with its unit, such as \"500ms\", \"30s\", \"5m\" or \"1h\"", min,
        max);
    setting_error(build, s, wanted);
}

/* "one of a, b, c", with the nearest of them when ${text} is a misspelling. */
static void choice_error(struct build *build, const config_setting_t *s,
                         const struct choice *choices)
{
    struct spelling spelling;
    struct slice text = SLICE_NONE;
    struct slice is = describe(build, s);
    char names[256] = "";
    size_t used = 0;

    (void)setting_string(s, &text);
    spelling_init(&spelling, text);
    for (; choices->name != NULL && used < sizeof(names); choices++) {
        if (choices->value == CHOICE_LATER)
            continue;
        spelling_try(&spelling, slice_str(choices->name));
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s\"%s\"",
                                 used > 0 ? ", " : "", choices->name);
    }
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "'%s' must be %s%s, not %.*s%s",
             setting_label(s), strchr(names, ',') != NULL ? "one of " : "", names, SLICE_ARG(is),
             spelling.nearest.ptr != NULL ? spelling_hint(&spelling, build->arena) : "");
}

static void read_choice(struct build *build, const config_setting_t *s,
                        const struct setting_row *row, void *target)
{
    struct slice text;
    struct slice name;

    if (!setting_string(s, &text)) {
        choice_error(build, s, row->choices);
        return;
    }
    for (const struct choice *choice = row->choices; choice->name != NULL; choice++) {
        if (!slice_equal(slice_str(choice->name), text))
            continue;
        if (choice->value != CHOICE_LATER) {
            store(row, target, (uint64_t)choice->value);
            return;
        }
        name = arena_format(build->arena, "%s = \"%s\"", setting_label(s), choice->name);
        setting_later(build, s, name.ptr != NULL ? name.ptr : row->name);
        return;
    }
    choice_error(build, s, row->choices);
}

static bool is_word(const struct setting_row *row, struct slice text)
{
    for (const char *const *word = row->words; word != NULL && *word != NULL; word++)
        if (slice_equal(slice_str(*word), text))
            return true;
    return false;
}

/* Whether ${text} was hardly meant as a file beside the configuration: it is nearly one of the
 * words, or is one elsewhere. */
static bool misses_word(const struct setting_row *row, struct slice text)
{
    static const char *const ELSEWHERE[] = {"-",        "stdout", "stderr", "syslog", "journal",
                                            "journald", "none",   "off",    "null"};
    struct spelling spelling;

    spelling_init(&spelling, text);
    for (const char *const *word = row->words; word != NULL && *word != NULL; word++)
        if ((*word)[1] != '\0') /* to a single letter every other is near */
            spelling_try(&spelling, slice_str(*word));
    for (size_t i = 0; row->words != NULL && i < sizeof(ELSEWHERE) / sizeof(*ELSEWHERE); i++)
        if (slice_equal_case(slice_str(ELSEWHERE[i]), text))
            return true;
    return spelling.nearest.ptr != NULL;
}

static void no_word(struct build *build, const config_setting_t *s, const struct setting_row *row,
                    struct slice text)
{
    struct bytes wanted;
    struct slice sentence;

    bytes_init(&wanted, SIZE_MAX);
    for (const char *const *word = row->words; *word != NULL; word++)
        bytes_format(&wanted, "\"%s\", ", *word);
    bytes_format(&wanted, "or a path (\"./%.*s\" is a file of that name)", SLICE_ARG(text));
    bytes_append_char(&wanted, '\0');
    if (bytes_take(&wanted, &sentence) == 0)
        setting_error(build, s, sentence.ptr);
    else
        build_out_of_memory(build);
    bytes_fini(&wanted);
}

static void read_path(struct build *build, const config_setting_t *s, const struct setting_row *row,
                      void *target)
{
    struct slice text;

    if (!setting_string(s, &text) || text.len == 0)
        setting_error(build, s, "a path");
    else if (is_word(row, text))
        store_slice(row, target, build_text(build, text));
    else if (misses_word(row, text))
        no_word(build, s, row, text);
    else
        store_slice(row, target, build_path(build, setting_place(build, s), text));
}

static void read_text(struct build *build, const config_setting_t *s, const struct setting_row *row,
                      void *target)
{
    struct slice text;

    if (setting_string(s, &text) && text.len > 0)
        store_slice(row, target, build_text(build, text));
    else
        setting_error(build, s, "a string that is not empty");
}

static void read_bool(struct build *build, const config_setting_t *s, const struct setting_row *row,
                      void *target)
{
    bool value;

    if (config_setting_type(s) != CONFIG_TYPE_BOOL) {
        setting_error(build, s, "true or false");
        return;
    }
    value = config_setting_get_bool(s) != 0;
    memcpy((char *)target + row->offset, &value, sizeof(value));
}

/* Whether ${s} says "none" of something this build has not got. */
static bool says_none(const config_setting_t *s, const char *none)
{
    struct slice text;
    uint64_t number;

    if (setting_string(s, &text))
        return none != NULL && slice_equal(slice_str(none), text);
    if (whole_number(s, &number))
        return none != NULL && number == 0 && strcmp(none, "0") == 0;
    return config_setting_is_aggregate(s) && config_setting_length(s) == 0;
}

static void read_member(struct build *build, const config_setting_t *s,
                        const struct setting_row *row, void *target)
{
    switch (row->kind) {
    case SETTING_OTHER: return;
    case SETTING_LATER:
        if (!says_none(s, row->none))
            setting_later(build, s, row->name);
        return;
    case SETTING_TEXT: read_text(build, s, row, target); return;
    case SETTING_PATH: read_path(build, s, row, target); return;
    case SETTING_BOOL: read_bool(build, s, row, target); return;
    case SETTING_COUNT: read_count(build, s, row, target); return;
    case SETTING_SIZE: read_size(build, s, row, target); return;
    case SETTING_TIME: read_time(build, s, row, target); return;
    case SETTING_CHOICE: read_choice(build, s, row, target); return;
    }
}

static void unknown(struct build *build, const config_setting_t *s, const struct setting_row *rows)
{
    const config_setting_t *group = config_setting_parent(s);
    struct spelling spelling;

    spelling_init(&spelling, slice_str(config_setting_name(s)));
    for (; rows->name != NULL; rows++)
        spelling_try(&spelling, slice_str(rows->name));
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "unknown setting '%s'%s%s%s",
             config_setting_name(s), config_setting_is_root(group) ? "" : " in ",
             config_setting_is_root(group) ? "" : setting_label(group),
             spelling_hint(&spelling, build->arena));
}

void setting_read(struct build *build, const config_setting_t *group,
                  const struct setting_row *rows, void *target)
{
    int length;

    if (group == NULL)
        return;
    if (!config_setting_is_group(group)) {
        setting_error(build, group, "a group { ... }");
        return;
    }
    length = config_setting_length(group);
    for (int i = 0; i < length; i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const struct setting_row *row = rows;

        while (row->name != NULL && strcmp(row->name, config_setting_name(s)) != 0)
            row++;
        if (row->name != NULL)
            read_member(build, s, row, target);
        else
            unknown(build, s, rows);
    }
}
