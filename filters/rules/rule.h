/* rule: what the operator wrote, as plain data. The configuration builds these; ruleset compiles
 * them.
 *
 * Nothing here is checked for meaning beyond its type; ruleset_compile does that. All memory
 * belongs to whoever built it and must outlive the ruleset made from it.
 */
#ifndef FILTERS_RULES_RULE_H
#define FILTERS_RULES_RULE_H

#include "filters/base/address.h"
#include "filters/base/diag.h"
#include "filters/rules/field.h"

enum matcher_kind {
    MATCHER_PATTERN,  /* text: source; pattern_flags */
    MATCHER_LIST,     /* text: the list's name without "@" */
    MATCHER_RANGE,    /* range */
    MATCHER_BOOL,     /* boolean */
    MATCHER_NUMBER,   /* op, number */
    MATCHER_WILDCARD, /* text: compared with the whole value, ASCII case-insensitive, * and ? */
    MATCHER_NOT,      /* inner: holds for a value that none of the inner matchers match */
};

enum number_op {
    NUMBER_EQUAL,
    NUMBER_LESS,
    NUMBER_LESS_EQUAL,
    NUMBER_GREATER,
    NUMBER_GREATER_EQUAL
};

struct matcher {
    enum matcher_kind kind;
    struct place place;
    struct slice text;
    unsigned pattern_flags; /* enum pattern_flags as written, without PATTERN_BYTES */
    struct address_range range;
    bool boolean;
    enum number_op op;
    double number;
    const struct matcher *inner;
    size_t inner_count;
};

enum condition_kind {
    CONDITION_ALL,   /* every child holds; with none: always */
    CONDITION_ANY,   /* some child holds */
    CONDITION_NOT,   /* its one child does not hold */
    CONDITION_FIELD, /* some value of the field matches some matcher */
};

struct condition {
    enum condition_kind kind;
    struct place place;
    const struct condition *children;
    size_t child_count;
    enum field_id field;
    struct slice name; /* of the header, for a named field */
    const struct matcher *matchers;
    size_t matcher_count;
};

enum action_kind {
    ACTION_ACCEPT, /* terminal ones first, up to ACTION_REDIRECT */
    ACTION_ACCEPT_ALL,
    ACTION_REJECT,     /* lines: reply */
    ACTION_TEMPFAIL,   /* lines */
    ACTION_DISCONNECT, /* lines */
    ACTION_DISCARD,
    ACTION_QUARANTINE, /* text: reason */
    ACTION_REDIRECT,   /* text: address */
    ACTION_ADD_HEADER, /* name, text */
    ACTION_INSERT_HEADER,
    ACTION_SET_HEADER,
    ACTION_PREPEND,
    ACTION_APPEND,
    ACTION_REMOVE_HEADER,     /* name, wildcards allowed */
    ACTION_REPLACE,           /* name, pattern, pattern_flags, text */
    ACTION_REPLACE_BODY,      /* pattern, pattern_flags, text */
    ACTION_APPEND_TEXT,       /* text */
    ACTION_APPEND_HTML,       /* text */
    ACTION_REMOVE_ATTACHMENT, /* conditions: of its name and type; text: the note */
    ACTION_SET_SENDER,        /* text */
    ACTION_ADD_RECIPIENT,     /* text */
    ACTION_REMOVE_RECIPIENT,  /* text, wildcards allowed */
    ACTION_ARCHIVE,
    ACTION_UPSTREAM, /* text, taken literally */
    ACTION_SCORE,    /* number */
    ACTION_TAG,      /* text, taken literally */
    ACTION_LOG,      /* text */
    ACTION_DELAY,    /* ms */
};

struct action {
    enum action_kind kind;
    struct place place;
    struct slice name;
    struct slice text;
    struct slice pattern;
    unsigned pattern_flags;
    const struct slice *lines;
    size_t line_count;
    const struct condition *conditions; /* of fields: all of them must hold */
    size_t condition_count;
    double number;
    unsigned ms;
};

enum rule_mode { RULE_ENFORCE, RULE_SHADOW, RULE_OFF };

/* What becomes of an edit that a DKIM-Signature of the message covers. */
enum breaking {
    BREAKING_UNSAID, /* as BREAKING_APPLY */
    BREAKING_APPLY,
    BREAKING_SKIP,     /* it is left out */
    BREAKING_TEMPFAIL, /* the message is refused for now */
};

struct rule {
    struct slice name; /* NUL-terminated */
    struct place place;
    enum rule_mode mode;
    bool scope_message; /* scope = "message" was written */
    enum breaking breaking;
    const struct condition *when; /* NULL: always */
    const struct action *actions; /* in file order */
    size_t action_count;
};

/* rule_action_refuses(kind), rule_action_passes(kind): whether the action ends the list as a
 * refusal; whether as something that lets the message through (accept, discard, quarantine,
 * redirect). In rule.c. */
bool rule_action_refuses(enum action_kind kind);
bool rule_action_passes(enum action_kind kind);

/* rule_action_name(kind): as written in a configuration: "add_header". */
struct slice rule_action_name(enum action_kind kind);

#endif
