/* actions: see actions.h. */
#include "conf/read/actions.h"

#include "conf/config.h"
#include "conf/read/matchers.h"
#include "conf/read/setting.h"
#include "conf/unit.h"
#include "conf/upstream_conf.h"
#include "filters/match/pattern.h"

#define DELAY_MAX_MS                                                                               \
    (5 * 60 * 1000) /* RFC 5321, 4.5.3.2: clients wait five minutes for most replies */

struct reader { /* the actions of one rule */
    struct build *build;
    struct action *items;
    size_t count, capacity;
};

/* A new action at the end, or NULL. */
static struct action *add(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    if (reader->count == reader->capacity) {
        size_t capacity = reader->capacity > 0 ? reader->capacity * 2 : 4;
        struct action *items = build_alloc(reader->build, capacity, sizeof(*items));

        if (items == NULL)
            return NULL;
        if (reader->count > 0)
            memcpy(items, reader->items, reader->count * sizeof(*items));
        reader->items = items;
        reader->capacity = capacity;
    }
    reader->items[reader->count] =
        (struct action){.kind = kind, .place = setting_place(reader->build, s)};
    return &reader->items[reader->count++];
}

static void wrong(struct reader *reader, const config_setting_t *s, const char *wanted)
{
    setting_error(reader->build, s, wanted);
}

/* Takes back the action added last: it was not what it should be. */
static void drop(struct reader *reader)
{
    reader->count--;
}

/* accept = true or "all" */
static void read_accept(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    struct slice text;

    if (setting_string(s, &text) && slice_equal(text, SLICE("all")))
        (void)add(reader, ACTION_ACCEPT_ALL, s);
    else if (config_setting_type(s) == CONFIG_TYPE_BOOL && config_setting_get_bool(s))
        (void)add(reader, kind, s);
    else
        wrong(reader, s, "true or \"all\" (leave it out for neither)");
}

/* discard = true */
static void read_true(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    if (config_setting_type(s) == CONFIG_TYPE_BOOL && config_setting_get_bool(s))
        (void)add(reader, kind, s);
    else
        wrong(reader, s, "true (leave it out otherwise)");
}

/* reject = "550 5.7.1 text", or a list of the reply's lines */
static void read_reply(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    static const char WANTED[] = "a reply such as \"550 5.7.1 text\", or a list of its lines";
    struct action *action;

    if (setting_count(s) == 0) {
        wrong(reader, s, WANTED);
        return;
    }
    action = add(reader, kind, s);
    if (action != NULL &&
        !setting_texts(reader->build, s, WANTED, &action->lines, &action->line_count))
        drop(reader);
}

/* tag = "name" or a list of them: an action each */
static void read_texts(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    for (size_t i = 0; i < setting_count(s); i++) {
        const config_setting_t *item = setting_item(s, i);
        struct action *action = add(reader, kind, item);

        if (action != NULL &&
            !setting_text(reader->build, item, "a string or a list of strings", &action->text))
            drop(reader);
    }
    if (setting_count(s) == 0)
        wrong(reader, s, "a string or a list of strings");
}

/* redirect = "address", quarantine = "reason": one only */
static void read_text(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    struct action *action = add(reader, kind, s);

    if (action != NULL && !setting_text(reader->build, s, "a string", &action->text))
        drop(reader);
}

/* The texts of one header name: one, or a list of them. */
static void read_header_texts(struct reader *reader, enum action_kind kind,
                              const config_setting_t *s, struct slice name)
{
    size_t before = reader->count;

    read_texts(reader, kind, s);
    for (size_t i = before; i < reader->count; i++)
        reader->items[i].name = name;
}

/* { Name = "text"; ... }, or { name = "X.Foo"; value = "text"; } as an element of a list */
static void read_header_group(struct reader *reader, enum action_kind kind,
                              const config_setting_t *group, bool in_list)
{
    const config_setting_t *name = in_list ? setting_member(group, "name") : NULL;
    const config_setting_t *value = setting_member(group, "value");
    struct slice text;

    if (!config_setting_is_group(group) || config_setting_length(group) == 0) {
        wrong(reader, group, "a group of header names { Name = \"text\"; }");
    } else if (name != NULL && value != NULL && config_setting_length(group) == 2) {
        if (setting_text(reader->build, name, "the name of a header field", &text))
            read_header_texts(reader, kind, value, text);
    } else {
        for (int i = 0; i < config_setting_length(group); i++) {
            const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);

            read_header_texts(reader, kind, s,
                              build_text(reader->build, slice_str(config_setting_name(s))));
        }
    }
}

static void read_headers(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    bool in_list = config_setting_is_list(s) != 0;

    if (setting_count(s) == 0)
        wrong(reader, s, "a group of header names { Name = \"text\"; }");
    for (size_t i = 0; i < setting_count(s); i++)
        read_header_group(reader, kind, setting_item(s, i), in_list);
}

struct replacement {
    struct slice header, pattern, with;
};

static bool replacement_pattern(struct reader *reader, const config_setting_t *s,
                                const struct replacement *replacement, struct action *action)
{
    if (pattern_split(replacement->pattern, &action->pattern, &action->pattern_flags) > 0)
        return true;
    setting_error(reader->build, setting_member(s, "pattern"),
                  "a pattern \"/regex/flags\" with flags of i, m, s, x and u");
    return false;
}

static bool replacement_complete(struct reader *reader, const config_setting_t *s,
                                 struct replacement *replacement, struct action *action)
{
    static const char OF_HEADER[] =
        "{ header = \"Name\"; pattern = \"/regex/flags\"; with = \"text\"; }";
    static const char OF_BODY[] = "{ pattern = \"/regex/flags\"; with = \"text\"; }";
    const config_setting_t *with = setting_member(s, "with");

    if (!config_setting_is_group(s))
        return false; /* said already */
    if (replacement->header.len == 0 || replacement->pattern.len == 0 || with == NULL) {
        setting_error(reader->build, s, action->kind == ACTION_REPLACE ? OF_HEADER : OF_BODY);
        return false;
    }
    return replacement_pattern(reader, s, replacement, action) &&
           setting_text(reader->build, with, "a string", &replacement->with);
}

static void read_replacement(struct reader *reader, enum action_kind kind,
                             const config_setting_t *s)
{
    static const struct setting_row ROWS[] = {
        {SETTING("header", TEXT), SETTING_AT(struct replacement, header)},
        {SETTING("pattern", TEXT), SETTING_AT(struct replacement, pattern)},
        {SETTING("with", OTHER)},
        {.name = NULL},
    };
    struct replacement replacement = {.header = SLICE_NONE};
    struct action *action = add(reader, kind, s);

    if (action == NULL)
        return;
    setting_read(reader->build, s, ROWS, &replacement);
    if (!replacement_complete(reader, s, &replacement, action))
        drop(reader);
    action->name = replacement.header;
    action->text = replacement.with;
}

/* replace = {...} or a list of groups */
static void read_replace(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    if (setting_count(s) == 0)
        wrong(reader, s, "a group { header, pattern, with }, or a list of them");
    for (size_t i = 0; i < setting_count(s); i++)
        read_replacement(reader, kind, setting_item(s, i));
}

/* replace_body = { pattern = "/regex/flags"; with = "text"; } or a list of such groups */
static void read_body_replacement(struct reader *reader, enum action_kind kind,
                                  const config_setting_t *s)
{
    static const struct setting_row ROWS[] = {
        {SETTING("pattern", TEXT), SETTING_AT(struct replacement, pattern)},
        {SETTING("with", OTHER)},
        {.name = NULL},
    };
    struct replacement replacement = {.header = SLICE("body")};
    struct action *action = add(reader, kind, s);

    if (action == NULL)
        return;
    setting_read(reader->build, s, ROWS, &replacement);
    if (!replacement_complete(reader, s, &replacement, action))
        drop(reader);
    action->text = replacement.with;
}

static void read_replace_body(struct reader *reader, enum action_kind kind,
                              const config_setting_t *s)
{
    if (setting_count(s) == 0)
        wrong(reader, s, "a group { pattern, with }, or a list of them");
    for (size_t i = 0; i < setting_count(s); i++)
        read_body_replacement(reader, kind, setting_item(s, i));
}

/* What the name, or type, of an attachment is compared with. */
static void add_matching(struct reader *reader, const config_setting_t *s, enum field_id field,
                         struct condition *conditions, size_t *count)
{
    struct condition *condition = &conditions[*count];

    if (s == NULL)
        return;
    *condition = (struct condition){
        .kind = CONDITION_FIELD, .place = setting_place(reader->build, s), .field = field};
    matchers_read(reader->build, s, field_get(field), &condition->matchers,
                  &condition->matcher_count);
    *count += condition->matcher_count > 0;
}

/* { name = matcher; type = matcher; note = "text"; } */
static void read_attachment(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    static const struct setting_row ROWS[] = {
        {SETTING("name", OTHER)},
        {SETTING("type", OTHER)},
        {SETTING("note", TEXT), SETTING_AT(struct action, text)},
        {.name = NULL},
    };
    struct condition *conditions = build_alloc(reader->build, 2, sizeof(*conditions));
    struct action *action = add(reader, kind, s);
    bool matches;

    if (action == NULL || conditions == NULL)
        return;
    setting_read(reader->build, s, ROWS, action);
    add_matching(reader, setting_member(s, "name"), FIELD_ATTACHMENT, conditions,
                 &action->condition_count);
    add_matching(reader, setting_member(s, "type"), FIELD_ATTACHMENT_TYPE, conditions,
                 &action->condition_count);
    action->conditions = conditions;
    matches = setting_member(s, "name") != NULL || setting_member(s, "type") != NULL;
    if (config_setting_is_group(s) && (!matches || setting_member(s, "note") == NULL))
        setting_error(
            reader->build, s,
            "{ name = matcher; type = matcher; note = \"text\"; } with name, type or both");
}

static void read_attachments(struct reader *reader, enum action_kind kind,
                             const config_setting_t *s)
{
    if (setting_count(s) == 0)
        wrong(reader, s, "a group { name, type, note }, or a list of them");
    for (size_t i = 0; i < setting_count(s); i++)
        read_attachment(reader, kind, setting_item(s, i));
}

/* { header = "Name"; pattern = "/regex/"; }: those fields of the name that match */
static void read_removal(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    static const struct setting_row ROWS[] = {
        {SETTING("header", TEXT), SETTING_AT(struct replacement, header)},
        {SETTING("pattern", TEXT), SETTING_AT(struct replacement, pattern)},
        {.name = NULL},
    };
    struct replacement removal = {.header = SLICE_NONE};
    struct action *action = add(reader, kind, s);

    if (action == NULL)
        return;
    setting_read(reader->build, s, ROWS, &removal);
    action->name = removal.header;
    if (removal.header.len == 0 || removal.pattern.len == 0) {
        setting_error(reader->build, s, "{ header = \"Name\"; pattern = \"/regex/flags\"; }");
        drop(reader);
    } else if (!replacement_pattern(reader, s, &removal, action)) {
        drop(reader);
    }
}

/* remove_header = "Name", a group, or a list of both */
static void read_remove_header(struct reader *reader, enum action_kind kind,
                               const config_setting_t *s)
{
    static const char WANTED[] = "the name of a header field, a group { header, pattern }, or a "
                                 "list of them";

    if (setting_count(s) == 0)
        wrong(reader, s, WANTED);
    for (size_t i = 0; i < setting_count(s); i++) {
        const config_setting_t *item = setting_item(s, i);
        struct action *action;

        if (config_setting_is_group(item))
            read_removal(reader, kind, item);
        else if ((action = add(reader, kind, item)) != NULL &&
                 !setting_text(reader->build, item, WANTED, &action->name))
            drop(reader);
    }
}

/* upstream = "name" */
static void read_upstream(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    struct build *build = reader->build;
    const struct config *config = build->config;
    struct action *action = add(reader, kind, s);
    struct spelling spelling;

    if (action == NULL)
        return;
    if (!setting_text(build, s, "the name of an upstream", &action->text)) {
        drop(reader);
        return;
    }
    spelling_init(&spelling, action->text);
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (slice_equal(config->upstreams[i].name, action->text))
            return;
        spelling_try(&spelling, config->upstreams[i].name);
    }
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "there is no upstream '%.*s'%s",
             SLICE_ARG(action->text), spelling_hint(&spelling, build->arena));
    drop(reader);
}

static void read_score(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    struct action *action;

    if (!config_setting_is_number(s)) {
        wrong(reader, s, "a number");
        return;
    }
    action = add(reader, kind, s);
    if (action != NULL)
        action->number = config_setting_type(s) == CONFIG_TYPE_FLOAT
                             ? config_setting_get_float(s)
                             : (double)config_setting_get_int64(s);
}

static void read_delay(struct reader *reader, enum action_kind kind, const config_setting_t *s)
{
    struct action *action;
    struct slice text;
    uint64_t ms;

    if (!setting_string(s, &text) || unit_time(text, &ms) < 0 || ms == 0 || ms > DELAY_MAX_MS) {
        wrong(reader, s, "a time from 1ms to 5m with its unit, such as \"5s\"");
        return;
    }
    action = add(reader, kind, s);
    if (action != NULL)
        action->ms = (unsigned)ms;
}

/* The shape in which each action is written; a NULL reader: in the manual of a later version. */
static const struct shape {
    const char *name;
    void (*read)(struct reader *reader, enum action_kind kind, const config_setting_t *s);
    enum action_kind kind;
} SHAPES[] = {
    {"accept", read_accept, ACTION_ACCEPT},
    {"reject", read_reply, ACTION_REJECT},
    {"tempfail", read_reply, ACTION_TEMPFAIL},
    {"disconnect", read_reply, ACTION_DISCONNECT},
    {"discard", read_true, ACTION_DISCARD},
    {"quarantine", read_text, ACTION_QUARANTINE},
    {"redirect", read_text, ACTION_REDIRECT},
    {"add_header", read_headers, ACTION_ADD_HEADER},
    {"insert_header", read_headers, ACTION_INSERT_HEADER},
    {"set_header", read_headers, ACTION_SET_HEADER},
    {"prepend", read_headers, ACTION_PREPEND},
    {"append", read_headers, ACTION_APPEND},
    {"remove_header", read_remove_header, ACTION_REMOVE_HEADER},
    {"replace", read_replace, ACTION_REPLACE},
    {"replace_body", read_replace_body, ACTION_REPLACE_BODY},
    {"append_text", read_texts, ACTION_APPEND_TEXT},
    {"append_html", read_texts, ACTION_APPEND_HTML},
    {"remove_attachment", read_attachments, ACTION_REMOVE_ATTACHMENT},
    {"set_sender", read_text, ACTION_SET_SENDER},
    {"add_recipient", read_texts, ACTION_ADD_RECIPIENT},
    {"remove_recipient", read_texts, ACTION_REMOVE_RECIPIENT},
    {"archive", read_true, ACTION_ARCHIVE},
    {"score", read_score, ACTION_SCORE},
    {"tag", read_texts, ACTION_TAG},
    {"log", read_texts, ACTION_LOG},
    {"delay", read_delay, ACTION_DELAY},
    {"upstream", read_upstream, ACTION_UPSTREAM},
};

#define SHAPE_COUNT (sizeof(SHAPES) / sizeof(*SHAPES))

static void unknown_action(struct reader *reader, const config_setting_t *s)
{
    struct build *build = reader->build;
    struct spelling spelling;

    spelling_init(&spelling, slice_str(config_setting_name(s)));
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        if (SHAPES[i].read != NULL)
            spelling_try(&spelling, slice_str(SHAPES[i].name));
    diag_add(build->diag, DIAG_ERROR, setting_place(build, s), "there is no action '%s'%s",
             config_setting_name(s), spelling_hint(&spelling, build->arena));
}

static void read_action(struct reader *reader, const config_setting_t *s)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        if (strcmp(SHAPES[i].name, config_setting_name(s)) != 0)
            continue;
        if (SHAPES[i].read != NULL) {
            SHAPES[i].read(reader, SHAPES[i].kind, s);
            return;
        }
        setting_later(reader->build, s, SHAPES[i].name);
        return;
    }
    unknown_action(reader, s);
}

void actions_read(struct build *build, const config_setting_t *then, struct rule *rule)
{
    struct reader reader = {.build = build};

    if (!config_setting_is_group(then)) {
        setting_error(build, then, "a group of actions { action = ...; }");
        return;
    }
    for (int i = 0; i < config_setting_length(then); i++)
        read_action(&reader, config_setting_get_elem(then, (unsigned)i));
    rule->actions = reader.items;
    rule->action_count = reader.count;
}
