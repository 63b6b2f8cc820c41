/* ruleset_private: the shape of compiled rules, shared by the compiler (ruleset, leaf, action,
 * plan) and the evaluator. Immutable once compiled.
 *
 * A rule's condition is a tree whose leaves are questions about one field. Equal leaves of all
 * rules are one leaf, so that each question is asked once. A leaf's matchers are a list of tests
 * with two ways on from each: no recursion while matching, and a place to go on from after a pause.
 */
#ifndef FILTERS_RULES_RULESET_PRIVATE_H
#define FILTERS_RULES_RULESET_PRIVATE_H

#include "filters/match/pattern_set.h"
#include "filters/rules/ruleset.h"
#include "filters/rules/text.h"
#include "filters/verdict.h"

/* Where a test leads when it is not to another test. */
#define TEST_HOLDS  UINT32_MAX       /* the value matches, and so the leaf holds */
#define TEST_MISSES (UINT32_MAX - 1) /* the value does not match */

struct test {
    enum matcher_kind kind; /* never MATCHER_NOT: that is in the order of tests */
    uint32_t yes, no;       /* the next test, or one of the above */
    const struct pattern *pattern;
    const struct list *list;
    const struct list *entry; /* of a text in a field of names: the list that it alone is */
    struct slice text;
    struct address_range range;
    enum number_op op;
    double number;
};

enum leaf_kind {
    LEAF_SESSION,   /* of client or helo: answered once a session */
    LEAF_MESSAGE,   /* answered once a message */
    LEAF_RECIPIENT, /* answered once for each recipient */
    LEAF_RUNNING,   /* score, tag: depends on the place in the list, never kept */
};

/* The leaves of one field, of one header name, whose patterns are looked for together. The tests
 * of each have numbers in a row. */
struct leaf_set {
    const struct pattern_set *patterns; /* by number of the test */
    size_t index;                       /* among all sets */
    size_t leaf_count, test_count;
    const uint32_t *leaf_of; /* the leaf of each test: its number in the set */
};

struct leaf {
    enum leaf_kind kind;
    enum field_id field;
    enum stage stage;   /* at which it is surely known; of a recipient leaf: for one recipient */
    size_t index;       /* among all leaves */
    size_t slot;        /* among the leaves of its kind */
    bool looked_up;     /* somebody must be asked for its value */
    size_t captures;    /* number of its place for captures, or SLICE_NOT_FOUND */
    struct slice name;  /* of the header, for a named field */
    size_t name_number; /* among the ruleset's header names */
    const struct test *tests;
    size_t test_count;
    const struct leaf_set *set; /* NULL: none; then the rest is nothing */
    size_t set_leaf;            /* its number there */
    size_t set_test;            /* ... and that of its first test */
    uint32_t quiet; /* where the tests lead for a value in which no pattern is seen: TEST_HOLDS or
                     * TEST_MISSES */
};

struct node {
    enum condition_kind kind;
    const struct node *children;
    size_t count;
    struct leaf *leaf; /* of CONDITION_FIELD */
};

/* One action, its texts taken apart. */
struct act {
    enum action_kind kind;
    const struct action *action;
    struct text text;
    const struct text *lines; /* of a reply, its codes taken off */
    size_t line_count;
    int code;
    struct slice enhanced;
    struct reply reply; /* the whole reply, when no line names a fact; else code 0 */
    const struct pattern *pattern;
    const struct leaf *const *leaves; /* of remove_attachment: what a part must match */
    size_t leaf_count;
};

/* One compiled rule. */
struct entry {
    const struct rule *rule;
    struct node when;
    const struct act *acts;
    size_t act_count;
    const struct act *terminal; /* NULL: none */
    bool refuses, passes;       /* what the terminal action does, if there is one */
    bool edits_header, edits_body, edits_envelope;
    bool archives;      /* a copy of the message is kept: it must be held */
    struct slice route; /* the upstream that its message goes to; empty: it does not say */
    bool sets_score, sets_tag;
    bool speaks; /* logs or delays */
    double score;

    /* What its condition names. */
    uint64_t facts;
    unsigned stages; /* 1 << stage of each leaf but those of the next line */
    bool names_recipient, names_score, names_tag, names_size, has_patterns;
    bool asks_lookup,
        asks_content; /* for what nobody may know; for what nobody may be able to read */
    /* What its texts name. */
    bool text_captures, text_matched, text_recipient;
    uint64_t text_asks; /* 1 << each field of them that is looked up */
    enum stage text_stage;

    size_t saved; /* number of its place for captures and recipient, or SLICE_NOT_FOUND */

    bool of_recipient;      /* at RCPT it speaks for that recipient; a redirect at any stage */
    bool shadows_recipient; /* in force it would be of_recipient, and it redirects nobody */
    bool by_claim;          /* it refuses a recipient at RCPT by what SIZE= declares, too */
    enum stage decided, acts_at;
    size_t held_by;
};

/* That a rule sets a tag. */
struct tagging {
    size_t rule;
    struct slice tag;
};

struct own_list {
    struct list *list;
    struct own_list *next;
};

struct ruleset {
    struct arena arena;
    const struct rule *rules;
    struct entry *entries;
    size_t count;
    size_t ender; /* the first that always ends the list, or SLICE_NOT_FOUND */
    size_t leaf_count;
    size_t kind_counts[LEAF_RUNNING + 1]; /* leaves of each kind */
    size_t capture_count, saved_count;
    struct own_list *lists;    /* made for texts in fields of names; to be destroyed */
    struct pattern **patterns; /* to be destroyed; in the arena, doubling */
    size_t pattern_count, pattern_capacity;
    struct slice *names; /* of headers asked for by name, each once */
    size_t name_count;
    uint32_t *name_table; /* hashed: number + 1, 0 when free; power of two */
    size_t name_table_size;
    struct tagging *tags; /* in file order */
    size_t tag_count;
    unsigned stages; /* of all rules that are judged, as struct entry has them */
    bool edits;      /* one of them edits header or envelope, or has the message kept */
    bool texts_ask;  /* ... or names in a text what is looked up */
    bool asks_lookup, asks_content; /* ... or asks, in its condition or its texts */
    size_t set_count;
};

/* entry_live(entry): whether it is judged at all; entry_shadow(entry): whether only as a shadow. */
static inline bool entry_live(const struct entry *entry)
{
    return entry->rule->mode != RULE_OFF;
}

static inline bool entry_shadow(const struct entry *entry)
{
    return entry->rule->mode == RULE_SHADOW;
}

/* entry_edits(entry): whether it makes edits of any kind. */
static inline bool entry_edits(const struct entry *entry)
{
    return entry->edits_header || entry->edits_body || entry->edits_envelope || entry->archives;
}

/* entry_redirects(entry): whether its terminal action is a redirect. */
static inline bool entry_redirects(const struct entry *entry)
{
    return entry->terminal != NULL && entry->terminal->kind == ACTION_REDIRECT;
}

/* entry_redirects_some(entry): ... of those recipients for which its condition holds. */
static inline bool entry_redirects_some(const struct entry *entry)
{
    return entry_redirects(entry) && entry->names_recipient && !entry->rule->scope_message;
}

#endif
