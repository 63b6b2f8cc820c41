/* rule_model_make: a list of rules and two messages out of bytes. */
#include <stdio.h>

#include "tests/unit/filters/eval/rule_model.h"

static unsigned choose(struct model *m, unsigned count)
{
    unsigned byte = 0;

    if (m->len > 0) {
        byte = *m->data++;
        m->len--;
    }
    return byte % count;
}

/* --- conditions ------------------------------------------------------------------------------- */

/* The questions there are. Those of score and tag stand last. */
static const struct test_question {
    enum field_id field;
    enum matcher_kind kind;
    struct slice name, text;
    enum number_op op;
    double number;
} QUESTIONS[] = {
    {FIELD_CLIENT, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("192.0.2.1"), 0, 0},
    {FIELD_HELO, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("h1"), 0, 0},
    {FIELD_SENDER, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("a@x"), 0, 0},
    {FIELD_SENDER_DOMAIN, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("y"), 0, 0},
    {FIELD_RECIPIENT, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("r1@x"), 0, 0},
    {FIELD_RECIPIENT_DOMAIN, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("y"), 0, 0},
    {FIELD_RECIPIENT_COUNT, MATCHER_NUMBER, SLICE_INIT(""), SLICE_INIT(""), NUMBER_GREATER, 1},
    {FIELD_SIZE, MATCHER_NUMBER, SLICE_INIT(""), SLICE_INIT(""), NUMBER_GREATER, 100},
    {FIELD_HEADER, MATCHER_WILDCARD, SLICE_INIT("X"), SLICE_INIT("p"), 0, 0},
    {FIELD_HEADER, MATCHER_PATTERN, SLICE_INIT("X"), SLICE_INIT("q"), 0, 0},
    {FIELD_MISSING_HEADER, MATCHER_WILDCARD, SLICE_INIT("Y"), SLICE_INIT(""), 0, 0},
    {FIELD_FROM_DOMAIN, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("y"), 0, 0},
    {FIELD_RAW_BODY, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("m"), 0, 0},
    {FIELD_RAW_BODY, MATCHER_PATTERN, SLICE_INIT(""), SLICE_INIT("n"), 0, 0},
    {FIELD_SCORE, MATCHER_NUMBER, SLICE_INIT(""), SLICE_INIT(""), NUMBER_GREATER, 0},
    {FIELD_SCORE, MATCHER_NUMBER, SLICE_INIT(""), SLICE_INIT(""), NUMBER_LESS_EQUAL, 1},
    {FIELD_TAG, MATCHER_WILDCARD, SLICE_INIT(""), SLICE_INIT("t"), 0, 0},
};

#define QUESTION_COUNT (sizeof(QUESTIONS) / sizeof(*QUESTIONS))
#define RUNNING_COUNT  3

static void make_matcher(struct model *m, const struct test_question *q, struct condition *out)
{
    struct matcher *matcher = &m->matchers[m->matcher_count++];

    matcher->kind = q->kind;
    matcher->text = q->text;
    matcher->op = q->op;
    matcher->number = q->number;
    out->matchers = matcher;
    out->matcher_count = 1;
    if (choose(m, 4) != 0)
        return;
    m->matchers[m->matcher_count] =
        (struct matcher){.kind = MATCHER_NOT, .inner = matcher, .inner_count = 1};
    out->matchers = &m->matchers[m->matcher_count++];
}

static void make_leaf(struct model *m, struct condition *out)
{
    unsigned known = QUESTION_COUNT - (m->of_recipients ? RUNNING_COUNT : 0);
    const struct test_question *q = &QUESTIONS[choose(m, known)];

    *out = (struct condition){.kind = CONDITION_FIELD, .field = q->field, .name = q->name};
    if (q->field != FIELD_MISSING_HEADER)
        make_matcher(m, q, out);
}

static void make_condition(struct model *m, struct condition *out, unsigned depth)
{
    unsigned shape = choose(m, 10);
    size_t count = shape == 9 ? 1 : 2;
    struct condition *children;

    if (depth == 0 || shape < 6 || m->condition_count + count > MODEL_CONDITIONS / 2) {
        make_leaf(m, out);
        return;
    }
    children = &m->conditions[m->condition_count];
    m->condition_count += count;
    *out = (struct condition){.children = children, .child_count = count};
    out->kind = shape == 9 ? CONDITION_NOT : shape == 8 ? CONDITION_ANY : CONDITION_ALL;
    for (size_t i = 0; i < count; i++)
        make_condition(m, &children[i], depth - 1);
}

/* --- actions ---------------------------------------------------------------------------------- */

static const struct slice REPLY[] = {SLICE_INIT("no ${sender}")};

static const struct action TERMINALS[] = {
    {.kind = ACTION_ACCEPT},
    {.kind = ACTION_REJECT, .lines = REPLY, .line_count = 1},
    {.kind = ACTION_REJECT, .lines = REPLY, .line_count = 1},
    {.kind = ACTION_TEMPFAIL, .lines = REPLY, .line_count = 1},
    {.kind = ACTION_DISCARD},
    {.kind = ACTION_QUARANTINE, .text = SLICE_INIT("kept $1")},
    {.kind = ACTION_REDIRECT, .text = SLICE_INIT("to@z")},
};

static const struct action OTHERS[] = {
    {.kind = ACTION_SCORE, .number = 1},
    {.kind = ACTION_SCORE, .number = -1},
    {.kind = ACTION_TAG, .text = SLICE_INIT("t")},
    {.kind = ACTION_TAG, .text = SLICE_INIT("u")},
    {.kind = ACTION_ADD_HEADER, .name = SLICE_INIT("X-A"), .text = SLICE_INIT("${score} $1")},
    {.kind = ACTION_SET_HEADER, .name = SLICE_INIT("X"), .text = SLICE_INIT("new")},
    {.kind = ACTION_PREPEND, .name = SLICE_INIT("X"), .text = SLICE_INIT("[E] ")},
    {.kind = ACTION_REMOVE_HEADER, .name = SLICE_INIT("X*")},
    {.kind = ACTION_ADD_RECIPIENT, .text = SLICE_INIT("more@z")},
    {.kind = ACTION_REMOVE_RECIPIENT, .text = SLICE_INIT("r1@*")},
    {.kind = ACTION_SET_SENDER, .text = SLICE_INIT("${recipient}")},
    {.kind = ACTION_LOG, .text = SLICE_INIT("${size} $1")},
};

static void make_actions(struct model *m, struct rule *rule, struct action *actions)
{
    unsigned terminal = choose(m, 12), others = choose(m, 3);

    rule->actions = actions;
    for (unsigned i = 0; i < others; i++)
        actions[rule->action_count++] = OTHERS[choose(m, sizeof(OTHERS) / sizeof(*OTHERS))];
    if (terminal < sizeof(TERMINALS) / sizeof(*TERMINALS))
        actions[rule->action_count++] = TERMINALS[terminal];
}

/* --- rules and messages ----------------------------------------------------------------------- */

static void make_rule(struct model *m, size_t index)
{
    struct rule *rule = &m->rules[index];
    unsigned mode = choose(m, 8);

    (void)snprintf(m->names[index], sizeof(m->names[index]), "r%zu", index % 10);
    rule->name = slice_str(m->names[index]);
    rule->mode = mode == 0 ? RULE_SHADOW : mode == 1 ? RULE_OFF : RULE_ENFORCE;
    rule->scope_message = !m->of_recipients || choose(m, 4) == 0;
    if (choose(m, 10) != 0) {
        struct condition *when = &m->conditions[m->condition_count++];

        make_condition(m, when, 2);
        rule->when = when;
    }
    make_actions(m, rule, m->actions[index]);
}

static void make_message(struct model *m, struct model_message *message)
{
    static const struct slice SENDERS[] = {SLICE_INIT("a@x"), SLICE_INIT("b@y"), SLICE_INIT("")};
    static const struct slice RECIPIENTS[] = {SLICE_INIT("r1@x"), SLICE_INIT("r2@y"),
                                              SLICE_INIT("r3@x")};
    unsigned header = choose(m, 16), body = choose(m, 8), declared = choose(m, 4);

    message->sender = SENDERS[choose(m, 3)];
    message->size = choose(m, 2) != 0 ? 150 : 50;
    message->declared_size = declared == 0   ? EVENT_SIZE_UNKNOWN
                             : declared == 1 ? 1000
                                             : (int64_t)message->size;
    message->recipient_count = 1 + choose(m, MODEL_RECIPIENTS);
    for (size_t i = 0; i < message->recipient_count; i++) {
        message->recipients[i] = RECIPIENTS[choose(m, 3)];
        message->upstream_refuses[i] = choose(m, 6) == 1;
    }
    (void)snprintf(message->header, sizeof(message->header), "%s%s%s%sZ: z\r\n",
                   (header & 1) != 0 ? "X: p\r\n" : "", (header & 2) != 0 ? "x: q\r\n" : "",
                   (header & 4) != 0 ? "Y: y\r\n" : "", (header & 8) != 0 ? "From: f@y\r\n" : "");
    (void)snprintf(message->body, sizeof(message->body), "%s%s%s", (body & 1) != 0 ? "m\r\n" : "",
                   (body & 2) != 0 ? "n\r\n" : "", (body & 4) != 0 ? "o\r\n" : "");
}

void model_make(struct model *m, const uint8_t *data, size_t len)
{
    memset(m, 0, sizeof(*m));
    m->data = data;
    m->len = len;
    m->of_recipients = choose(m, 2) != 0;
    m->client = (struct address){ADDRESS_V4, {192, 0, 2, (uint8_t)(1 + choose(m, 2))}, 1025};
    m->helo = choose(m, 2) != 0 ? SLICE("h1") : SLICE("h2");
    for (size_t i = 0; i < MODEL_MESSAGES; i++)
        make_message(m, &m->messages[i]);
    m->rule_count = 1 + choose(m, MODEL_RULES);
    for (size_t i = 0; i < m->rule_count; i++)
        make_rule(m, i);
}
