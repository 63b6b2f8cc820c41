/* rule_model: lists of rules and messages made from bytes, and what the evaluator must make of
 * them.
 *
 * The reference reads the whole list once, when all facts are known, as postern.conf(5) says the
 * outcome is. What the evaluator does in stages must come to the same, but for refusals, which may
 * come sooner. Used by a unit test with random bytes and by fuzz_rules; a broken invariant is
 * printed and aborts.
 */
#ifndef TESTS_UNIT_FILTERS_EVAL_RULE_MODEL_H
#define TESTS_UNIT_FILTERS_EVAL_RULE_MODEL_H

#include "filters/eval/eval.h"

#define MODEL_RULES      8
#define MODEL_CONDITIONS 128
#define MODEL_ACTIONS    5
#define MODEL_RECIPIENTS 3
#define MODEL_MESSAGES   2

struct model_message {
    struct slice sender;
    int64_t declared_size;
    uint64_t size;
    size_t recipient_count;
    struct slice recipients[MODEL_RECIPIENTS];
    bool upstream_refuses[MODEL_RECIPIENTS];
    char header[128], body[32];
};

struct model {
    const uint8_t *data; /* choices still to be made */
    size_t len;
    bool
        of_recipients; /* rules may speak for one recipient; then no condition names score or tag */
    struct address client;
    struct slice helo;
    struct rule rules[MODEL_RULES];
    char names[MODEL_RULES][4];
    size_t rule_count;
    struct condition conditions[MODEL_CONDITIONS];
    struct matcher matchers[2 * MODEL_CONDITIONS];
    size_t condition_count, matcher_count;
    struct action actions[MODEL_RULES][MODEL_ACTIONS];
    struct model_message messages[MODEL_MESSAGES];
};

/* model_make(m, data, len): a case from ${len} bytes; what they do not say is zero. In
 * rule_model_make.c. */
void model_make(struct model *m, const uint8_t *data, size_t len);

/* What the list comes to, read as a whole. */
struct model_reading {
    size_t end; /* the rule that ends it, or rule_count */
    enum verdict_kind kind;
    bool fired[MODEL_RULES];
    double score;
    unsigned tags;    /* bit 0: "t", bit 1: "u" */
    unsigned shadows; /* bit of each shadow rule that holds */
};

/* Which recipients count for the reading, and which rules speak for one of them. */
struct model_view {
    unsigned accepted; /* bit of each */
    const bool *of_recipient;
    bool declared;  /* the size is what was declared */
    size_t refuser; /* a rule that refused: refusals above it are passed over; else rule_count */
};

/* model_read(m, message, view, reading): the reference. In rule_model_read.c. */
void model_read(const struct model *m, const struct model_message *message,
                const struct model_view *view, struct model_reading *reading);

/* model_holds(m, message, view, rule, recipient, reading): whether that rule's condition holds, for
 * one recipient or, with MODEL_RECIPIENTS, for some accepted one, with the score and tags of
 * ${reading}. */
bool model_holds(const struct model *m, const struct model_message *message,
                 const struct model_view *view, size_t rule, size_t recipient,
                 const struct model_reading *reading);

/* model_check(m): runs both messages and checks all invariants. */
void model_check(const struct model *m);

#endif
