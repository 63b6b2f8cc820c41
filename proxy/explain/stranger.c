/* stranger: see stranger.h. */
#include "proxy/explain/stranger.h"

#include "conf/census.h"
#include "conf/config.h"
#include "conf/policy.h"
#include "filters/match/list.h"
#include "filters/match/pattern.h"
#include "filters/match/wildcard.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"
#include "proxy/explain/mention.h"

#define OWN_MAX      8
#define LOOSE_MAX    4
#define HELOS_MAX    4
#define MENTIONS_MAX 8 /* in one pattern */
#define PORT         40000

/* Nobody's (RFC 2606, RFC 9476). */
static const struct slice ELSEWHERE[] = {
    SLICE_INIT("elsewhere.example.com"), SLICE_INIT("elsewhere.alt"),
    SLICE_INIT("elsewhere.test"),        SLICE_INIT("elsewhere.example"),
    SLICE_INIT("elsewhere.invalid"),
};

/* Nobody's (RFC 5737, RFC 3849, RFC 9637). */
static const char *const CLIENTS_V4[STRANGER_CLIENTS] = {"192.0.2.1", "198.51.100.1",
                                                         "203.0.113.1"};
static const char *const CLIENTS_V6[STRANGER_CLIENTS] = {"2001:db8::1", "2001:db8:ffff::1",
                                                         "3fff::1"};

/* The policy being read. */
struct reading {
    const struct config *config;
    struct stranger *stranger;
    bool v4[STRANGER_CLIENTS], v6[STRANGER_CLIENTS]; /* clients that it names */
};

static void add(struct stranger *stranger, struct stranger_names *names, size_t max,
                struct slice name)
{
    if (name.ptr == NULL) { /* which is not the null sender */
        stranger->failed = true;
        return;
    }
    for (size_t i = 0; i < names->count; i++)
        if (slice_equal_case(names->items[i], name))
            return;
    if (names->count < max)
        names->items[names->count++] = name;
}

/* A domain that ${text} names, if it names one: "b.test" of "a@b.test", "a.b.test" of "*.b.test".
 */
static struct slice domain_of(const struct stranger *stranger, struct slice text)
{
    size_t at = slice_find_last(text, '@');

    if (at != SLICE_NOT_FOUND)
        text = slice_from(text, at + 1);
    if (slice_starts(text, SLICE("*.")))
        text = arena_format(stranger->arena, "a.%.*s", SLICE_ARG(slice_from(text, 2)));
    return shape_domain(text) ? text : SLICE_NONE;
}

static void note_text(struct stranger *stranger, enum field_id field, struct slice text)
{
    struct slice domain = domain_of(stranger, text);

    if (field == FIELD_HELO) {
        if (domain.len > 0)
            add(stranger, &stranger->helos, HELOS_MAX, domain);
        return;
    }
    if (shape_of(text) == SHAPE_MAILBOX)
        add(stranger, &stranger->senders, STRANGER_NAMES_MAX, text);
    if (domain.len == 0)
        return;
    add(stranger, &stranger->own, OWN_MAX, domain);
    add(stranger, &stranger->senders, STRANGER_NAMES_MAX,
        arena_format(stranger->arena, "someone@%.*s", SLICE_ARG(domain)));
}

static void note_census(struct stranger *stranger, enum field_id field, const struct census *census)
{
    for (unsigned shape = 0; shape < SHAPE_COUNT; shape++)
        for (size_t i = 0; i < census_kept(census, (enum shape)shape); i++)
            note_text(stranger, field, census->first[shape][i].text);
}

/* The domains in a pattern or wildcard; what is compared with recipients may be looser than it
 * looks. */
static void note_mentions(struct stranger *stranger, enum field_id field, struct slice text)
{
    for (int i = 0; i < MENTIONS_MAX; i++) {
        struct slice domain = mention_next(&text, stranger->arena);

        stranger->failed = stranger->failed || domain.ptr == NULL;
        if (domain.len == 0)
            return;
        note_text(stranger, field, domain);
        if (field == FIELD_RECIPIENT || field == FIELD_RECIPIENT_DOMAIN)
            add(stranger, &stranger->loose, LOOSE_MAX, domain);
    }
}

static bool pattern_holds(const struct matcher *matcher, struct slice text)
{
    char error[256];
    struct pattern *pattern =
        pattern_create(matcher->text, matcher->pattern_flags, error, sizeof(error));
    struct pattern_scratch *scratch = pattern_scratch_create();
    struct pattern_cursor cursor = {.offset = 0};
    enum pattern_result result = PATTERN_LIMIT;

    if (pattern != NULL && scratch != NULL)
        while ((result = pattern_search(pattern, scratch, text, &cursor, NULL)) == PATTERN_MORE)
            continue;
    pattern_scratch_destroy(scratch);
    pattern_destroy(pattern);
    return result == PATTERN_YES;
}

static bool holds_client(const struct matcher *matcher, const struct list *list,
                         const struct address *client, struct slice text)
{
    switch (matcher->kind) {
    case MATCHER_RANGE: return address_in_range(client, &matcher->range);
    case MATCHER_WILDCARD: return wildcard_match(matcher->text, text);
    case MATCHER_PATTERN: return pattern_holds(matcher, text);
    case MATCHER_LIST: return list != NULL && list_match_address(list, client, NULL) == LIST_YES;
    case MATCHER_BOOL:
    case MATCHER_NUMBER:
    case MATCHER_NOT: break;
    }
    return false;
}

/* Marks the clients that ${matcher}, or the list that it names, holds. */
static void note_clients(const struct matcher *matcher, const struct list *list,
                         const char *const clients[STRANGER_CLIENTS], bool named[STRANGER_CLIENTS])
{
    for (size_t i = 0; i < STRANGER_CLIENTS; i++) {
        struct address client;

        if (address_parse(slice_str(clients[i]), &client) != 0)
            continue;
        if (holds_client(matcher, list, &client, slice_str(clients[i])))
            named[i] = true;
    }
}

static void note_matcher(struct reading *reading, enum field_id field,
                         const struct matcher *matcher)
{
    const struct list_table *lists = &reading->config->lists;
    const struct list *list =
        matcher->kind == MATCHER_LIST ? list_find(lists, matcher->text) : NULL;

    for (size_t i = 0; i < matcher->inner_count; i++)
        note_matcher(reading, field, &matcher->inner[i]);
    if (field == FIELD_CLIENT) {
        note_clients(matcher, list, CLIENTS_V4, reading->v4);
        note_clients(matcher, list, CLIENTS_V6, reading->v6);
        return;
    }
    if (matcher->kind == MATCHER_WILDCARD)
        note_text(reading->stranger, field, matcher->text);
    if (matcher->kind == MATCHER_PATTERN ||
        (matcher->kind == MATCHER_WILDCARD && wildcard_present(matcher->text)))
        note_mentions(reading->stranger, field, matcher->text);
    for (size_t i = 0; list != NULL && i < lists->count; i++)
        if (lists->items[i].list == list)
            note_census(reading->stranger, field, &reading->config->censuses[i]);
}

/* Whether the values of ${field} say something of a stranger. */
static bool tells(enum field_id field)
{
    switch (shape_class(field)) {
    case CLASS_CLIENT:
    case CLASS_HELO:
    case CLASS_DOMAIN:
    case CLASS_MAILBOX: return true;
    case CLASS_HOST: /* which he cannot choose */
    case CLASS_TEXT: break;
    }
    return false;
}

static void note_condition(struct reading *reading, const struct condition *condition)
{
    for (size_t i = 0; i < condition->child_count; i++)
        note_condition(reading, &condition->children[i]);
    for (size_t i = 0; i < condition->matcher_count && tells(condition->field); i++)
        note_matcher(reading, condition->field, &condition->matchers[i]);
}

static void note_rules(struct reading *reading, const struct ruleset *rules)
{
    for (size_t i = 0; i < ruleset_count(rules); i++) {
        struct rule_plan plan = ruleset_plan(rules, i);

        if (plan.rule->mode != RULE_ENFORCE)
            continue;
        reading->stranger->facts |= plan.facts;
        if (plan.rule->when != NULL)
            note_condition(reading, plan.rule->when);
    }
}

/* --- what nobody has ----------------------------------------------------------------------------
 */

static bool within(struct slice domain, struct slice own)
{
    size_t start = domain.len > own.len ? domain.len - own.len : 0;

    return slice_equal_case(slice_from(domain, start), own) &&
           (start == 0 || domain.ptr[start - 1] == '.');
}

/* Whether it, or what it is below, is named, by "*.example" too, which became "a.example". */
static bool is_named(const struct stranger *stranger, struct slice domain)
{
    for (size_t i = 0; i < stranger->own.count; i++) {
        struct slice own = stranger->own.items[i];

        if (within(domain, own) ||
            (slice_starts(own, SLICE("a.")) && within(domain, slice_from(own, 2))))
            return true;
    }
    return false;
}

static size_t count_dots(struct slice domain)
{
    size_t count = 0;

    for (size_t i = 0; i < domain.len; i++)
        count += domain.ptr[i] == '.';
    return count;
}

static void add_near(struct stranger *stranger, struct slice domain)
{
    if (domain.ptr == NULL || !is_named(stranger, domain))
        add(stranger, &stranger->near, STRANGER_NAMES_MAX, domain);
}

/* What somebody could register, and a pattern take for ${domain}: one that has no end to its right
 * or left, or any character for a dot. */
static void make_near(struct stranger *stranger, struct slice domain)
{
    size_t dot = slice_find(domain, '.');
    size_t dots = count_dots(domain);

    if (stranger->elsewhere.count > 0)
        add_near(stranger, arena_format(stranger->arena, "%.*s.%.*s", SLICE_ARG(domain),
                                        SLICE_ARG(stranger->elsewhere.items[0])));
    if (dots == 1) /* with more it could be in a domain of theirs */
        add_near(stranger, arena_format(stranger->arena, "elsewhere-%.*s", SLICE_ARG(domain)));
    if (dots == 2)
        add_near(stranger,
                 arena_format(stranger->arena, "%.*s-%.*s", SLICE_ARG(slice_first(domain, dot)),
                              SLICE_ARG(slice_from(domain, dot + 1))));
}

/* The first that is not named, or the first of all: a policy may name the whole Internet. */
static struct address choose_client(const char *const clients[STRANGER_CLIENTS],
                                    const bool named[STRANGER_CLIENTS])
{
    struct address client = {.family = ADDRESS_NONE};
    size_t i = 0;

    while (i < STRANGER_CLIENTS && named[i])
        i++;
    if (address_parse(slice_str(clients[i < STRANGER_CLIENTS ? i : 0]), &client) == 0)
        client.port = PORT;
    return client;
}

void stranger_make(struct stranger *stranger, const struct config *config,
                   const struct policy *policy, struct arena *arena)
{
    struct reading reading = {.config = config, .stranger = stranger};

    *stranger = (struct stranger){.arena = arena};
    add(stranger, &stranger->senders, STRANGER_NAMES_MAX, SLICE("someone@elsewhere.example"));
    add(stranger, &stranger->senders, STRANGER_NAMES_MAX, SLICE(""));
    add(stranger, &stranger->helos, HELOS_MAX, SLICE("mail.elsewhere.example"));
    note_rules(&reading, policy->rules);
    note_rules(&reading, policy->final_rules);
    for (size_t i = 0; i < sizeof(ELSEWHERE) / sizeof(*ELSEWHERE); i++)
        if (!is_named(stranger, ELSEWHERE[i]))
            add(stranger, &stranger->elsewhere, STRANGER_DOMAINS_MAX, ELSEWHERE[i]);
    for (size_t i = 0; i < stranger->loose.count; i++)
        make_near(stranger, stranger->loose.items[i]);
    stranger->v4 = choose_client(CLIENTS_V4, reading.v4);
    stranger->v6 = choose_client(CLIENTS_V6, reading.v6);
}
