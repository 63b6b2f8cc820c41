/* rule_text: see rule_text.h. */
#include "tests/unit/filters/rules/rule_text.h"

#include <stdlib.h>

#include "tests/unit/support.h"

#define CHILDREN_MAX 16

struct reader {
    struct arena *arena;
    const char *at;
};

static void *take(struct reader *r, size_t size)
{
    void *room = arena_alloc(r->arena, size);

    assert_non_null(room);
    return room;
}

static void skip_blanks(struct reader *r)
{
    while (*r->at == ' ')
        r->at++;
}

static bool next_is(struct reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static void expect(struct reader *r, char c)
{
    if (!next_is(r, c))
        fail_msg("'%c' expected at: %.40s", c, r->at);
}

static struct slice until(struct reader *r, const char *stops)
{
    size_t len = strcspn(r->at, stops);
    struct slice s = slice_make(r->at, len);

    r->at += len;
    return slice_trim(s);
}

/* --- matchers --------------------------------------------------------------------------------- */

static void read_pattern(struct reader *r, struct slice *source, unsigned *flags)
{
    const char *end = strchr(r->at + 1, '/');
    size_t letters;

    assert_non_null(end);
    letters = strspn(end + 1, "imsxu");
    assert_int_equal(
        pattern_split(slice_make(r->at, (size_t)(end + 1 - r->at) + letters), source, flags), 1);
    r->at = end + 1 + letters;
}

static void read_number(struct reader *r, struct matcher *m)
{
    char *end;

    m->kind = MATCHER_NUMBER;
    m->op = NUMBER_EQUAL;
    if (*r->at == '>' || *r->at == '<') {
        bool greater = *r->at++ == '>';
        bool equal = *r->at == '=';

        m->op = greater ? (equal ? NUMBER_GREATER_EQUAL : NUMBER_GREATER)
                        : (equal ? NUMBER_LESS_EQUAL : NUMBER_LESS);
        r->at += equal;
    }
    m->number = strtod(r->at, &end);
    assert_ptr_not_equal(end, r->at);
    r->at = end;
}

static size_t read_matchers(struct reader *r, enum field_type type, const struct matcher **out);

static void read_text(struct reader *r, enum field_type type, struct matcher *m)
{
    m->kind = MATCHER_WILDCARD;
    if (*r->at == '@') {
        r->at++;
        m->kind = MATCHER_LIST;
    }
    if (*r->at == '\'') {
        r->at++;
        m->text = until(r, "'");
        expect(r, '\'');
        return;
    }
    m->text = until(r, " ,()&|\n");
    if (type == FIELD_TYPE_ADDRESS && address_range_parse(m->text, &m->range) == 0)
        m->kind = MATCHER_RANGE;
    if (type == FIELD_TYPE_BOOL) {
        m->kind = MATCHER_BOOL;
        m->boolean = slice_equal(m->text, SLICE("true"));
    }
}

static void read_matcher(struct reader *r, enum field_type type, struct matcher *m)
{
    if (next_is(r, '~')) {
        bool many = next_is(r, '(');

        m->kind = MATCHER_NOT;
        if (many) {
            m->inner_count = read_matchers(r, type, &m->inner);
            expect(r, ')');
        } else {
            struct matcher *inner = take(r, sizeof(*inner));

            read_matcher(r, type, inner);
            m->inner = inner;
            m->inner_count = 1;
        }
    } else if (*r->at == '/') {
        m->kind = MATCHER_PATTERN;
        read_pattern(r, &m->text, &m->pattern_flags);
    } else if (type == FIELD_TYPE_NUMBER) {
        read_number(r, m);
    } else {
        read_text(r, type, m);
    }
}

static size_t read_matchers(struct reader *r, enum field_type type, const struct matcher **out)
{
    struct matcher *items = take(r, CHILDREN_MAX * sizeof(*items));
    size_t count = 0;

    do {
        assert_true(count < CHILDREN_MAX);
        read_matcher(r, type, &items[count++]);
    } while (next_is(r, ','));
    *out = items;
    return count;
}

/* --- conditions ------------------------------------------------------------------------------- */

static void read_any(struct reader *r, struct condition *out);

static void read_field(struct reader *r, struct condition *out)
{
    struct slice name = until(r, " [=");

    out->kind = CONDITION_FIELD;
    if (field_find(name, &out->field) != 1)
        fail_msg("no field at: %.*s", SLICE_ARG(name));
    if (*r->at == '[') {
        r->at++;
        out->name = until(r, "]");
        expect(r, ']');
    }
    if (field_get(out->field)->type == FIELD_TYPE_PRESENCE)
        return;
    expect(r, '=');
    out->matcher_count = read_matchers(r, field_get(out->field)->type, &out->matchers);
}

static void read_one(struct reader *r, struct condition *out)
{
    if (next_is(r, '!')) {
        struct condition *child = take(r, sizeof(*child));

        read_one(r, child);
        *out = (struct condition){.kind = CONDITION_NOT, .children = child, .child_count = 1};
    } else if (next_is(r, '(')) {
        read_any(r, out);
        expect(r, ')');
    } else {
        read_field(r, out);
    }
}

static void read_chain(struct reader *r, struct condition *out, char between,
                       void (*read)(struct reader *, struct condition *))
{
    struct condition *items = take(r, CHILDREN_MAX * sizeof(*items));
    size_t count = 0;

    do {
        assert_true(count < CHILDREN_MAX);
        read(r, &items[count++]);
    } while (next_is(r, between));
    *out = items[0];
    if (count > 1)
        *out = (struct condition){.kind = between == '|' ? CONDITION_ANY : CONDITION_ALL,
                                  .children = items,
                                  .child_count = count};
}

static void read_all(struct reader *r, struct condition *out)
{
    read_chain(r, out, '&', read_one);
}

static void read_any(struct reader *r, struct condition *out)
{
    read_chain(r, out, '|', read_all);
}

/* --- actions ---------------------------------------------------------------------------------- */

/* Up to the parenthesis that closes the argument. */
static struct slice argument(struct reader *r)
{
    const char *start;
    int depth = 1;

    if (*r->at != '(')
        return SLICE_NONE;
    start = ++r->at;
    for (; *r->at != '\0' && *r->at != '\n'; r->at++) {
        depth += (*r->at == '(') - (*r->at == ')');
        if (depth == 0)
            break;
    }
    expect(r, ')');
    return slice_make(start, (size_t)(r->at - 1 - start));
}

static void read_lines(struct reader *r, struct slice text, struct action *action)
{
    struct slice *lines = take(r, CHILDREN_MAX * sizeof(*lines));
    size_t bar;

    do {
        bar = slice_find(text, '|');
        lines[action->line_count++] = slice_first(text, bar);
        text = slice_from(text, bar == SLICE_NOT_FOUND ? text.len : bar + 1);
    } while (bar != SLICE_NOT_FOUND);
    action->lines = lines;
}

static void read_replace(struct reader *r, struct slice text, struct action *action)
{
    size_t blank = slice_find(text, ' ');
    struct reader inner = {r->arena, text.ptr + blank + 1};

    action->name = slice_first(text, blank);
    read_pattern(&inner, &action->pattern, &action->pattern_flags);
    if (inner.at < text.ptr + text.len)
        inner.at++;
    action->text = slice_from(text, (size_t)(inner.at - text.ptr));
}

static void fill(struct reader *r, struct slice text, struct action *action)
{
    size_t colon = slice_find(text, ':');

    switch (action->kind) {
    case ACTION_REJECT:
    case ACTION_TEMPFAIL:
    case ACTION_DISCONNECT: read_lines(r, text, action); break;
    case ACTION_ADD_HEADER:
    case ACTION_INSERT_HEADER:
    case ACTION_SET_HEADER:
    case ACTION_PREPEND:
    case ACTION_APPEND:
        action->name = slice_first(text, colon);
        action->text = slice_from(text, colon + 2);
        break;
    case ACTION_REMOVE_HEADER:
        if (slice_find(text, ' ') == SLICE_NOT_FOUND)
            action->name = text;
        else
            read_replace(r, text, action);
        break;
    case ACTION_REPLACE:
    case ACTION_REPLACE_BODY: read_replace(r, text, action); break;
    case ACTION_APPEND_TEXT:
    case ACTION_APPEND_HTML: action->text = text; break;
    case ACTION_REMOVE_ATTACHMENT: fail_msg("remove_attachment is for configurations"); break;
    case ACTION_SCORE: action->number = strtod(text.ptr, NULL); break;
    case ACTION_DELAY: action->ms = (unsigned)strtoul(text.ptr, NULL, 10); break;
    case ACTION_QUARANTINE:
    case ACTION_REDIRECT:
    case ACTION_SET_SENDER:
    case ACTION_ADD_RECIPIENT:
    case ACTION_REMOVE_RECIPIENT:
    case ACTION_UPSTREAM:
    case ACTION_TAG:
    case ACTION_LOG: action->text = text; break;
    case ACTION_ACCEPT:
        if (slice_equal(text, SLICE("all")))
            action->kind = ACTION_ACCEPT_ALL;
        break;
    case ACTION_ACCEPT_ALL:
    case ACTION_ARCHIVE:
    case ACTION_DISCARD: break;
    }
}

static void read_action(struct reader *r, struct action *action)
{
    struct slice name = until(r, " (\n");

    for (unsigned kind = ACTION_ACCEPT; kind <= ACTION_DELAY; kind++) {
        if (!slice_equal(rule_action_name((enum action_kind)kind), name))
            continue;
        action->kind = (enum action_kind)kind;
        action->place = (struct place){"rules", 1};
        fill(r, argument(r), action);
        return;
    }
    fail_msg("no action: %.*s", SLICE_ARG(name));
}

/* --- rules ------------------------------------------------------------------------------------ */

static void read_mode(struct reader *r, struct rule *rule)
{
    struct slice mode = until(r, " :");

    if (slice_equal(mode, SLICE("shadow")))
        rule->mode = RULE_SHADOW;
    else if (slice_equal(mode, SLICE("off")))
        rule->mode = RULE_OFF;
    else if (slice_equal(mode, SLICE("message")))
        rule->scope_message = true;
    else
        fail_msg("no mode: %.*s", SLICE_ARG(mode));
    skip_blanks(r);
}

static void read_rule(struct reader *r, struct rule *rule, unsigned line)
{
    struct action *actions = take(r, CHILDREN_MAX * sizeof(*actions));

    rule->name = arena_copy(r->arena, until(r, " :"));
    rule->place = (struct place){"rules", line};
    skip_blanks(r);
    while (*r->at != ':')
        read_mode(r, rule);
    expect(r, ':');
    if (!next_is(r, '*')) {
        struct condition *when = take(r, sizeof(*when));

        read_any(r, when);
        rule->when = when;
    }
    expect(r, '-');
    expect(r, '>');
    skip_blanks(r);
    rule->actions = actions;
    while (*r->at != '\n' && *r->at != '\0') {
        assert_true(rule->action_count < CHILDREN_MAX);
        read_action(r, &actions[rule->action_count++]);
        skip_blanks(r);
    }
}

void rule_text_init(struct rule_text *out, const char *text)
{
    struct reader r = {&out->arena, NULL};

    arena_init(&out->arena, 65536, (size_t)64 << 20);
    /* Slices of the text go into the rules, so they need a copy that stays. */
    r.at = arena_copy(&out->arena, slice_str(text)).ptr;
    out->rules = take(&r, RULE_TEXT_RULES_MAX * sizeof(*out->rules));
    out->count = 0;
    while (*r.at != '\0') {
        assert_true(out->count < RULE_TEXT_RULES_MAX);
        read_rule(&r, &out->rules[out->count], (unsigned)out->count + 1);
        out->count++;
        r.at += *r.at == '\n';
    }
}

void rule_text_fini(struct rule_text *out)
{
    arena_fini(&out->arena);
}
