/* rule_model_read: the reference: one reading of the list with all facts. As plain as can be. */
#include "tests/unit/filters/eval/rule_model.h"

/* What a condition is asked about. */
struct asked {
    const struct model *m;
    const struct model_message *message;
    const struct model_view *view;
    size_t recipient;
    double score;
    unsigned tags;
};

static bool contains(struct slice s, struct slice part)
{
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (memcmp(s.ptr + i, part.ptr, part.len) == 0)
            return true;
    return false;
}

static bool text_matches(const struct matcher *matcher, struct slice text)
{
    if (matcher->kind == MATCHER_NOT)
        return !text_matches(matcher->inner, text);
    if (matcher->kind == MATCHER_PATTERN)
        return contains(text, matcher->text);
    return slice_equal_case(text, matcher->text);
}

static bool number_matches(const struct matcher *matcher, double number)
{
    if (matcher->kind == MATCHER_NOT)
        return !number_matches(matcher->inner, number);
    return matcher->op == NUMBER_GREATER ? number > matcher->number : number <= matcher->number;
}

static struct slice domain_of(struct slice address)
{
    size_t at = slice_find(address, '@');

    return at == SLICE_NOT_FOUND ? SLICE("") : slice_from(address, at + 1);
}

/* Whether some line "name: value" of the header, or some line of the body with ${name} empty,
 * matches. */
static bool some_line(const char *text, struct slice name, const struct matcher *matcher)
{
    struct slice rest = slice_str(text);

    while (rest.len > 0) {
        size_t end = slice_find(rest, '\r');
        struct slice line = slice_first(rest, end);

        rest = slice_from(rest, end + 2);
        if (name.len == 0 && text_matches(matcher, line))
            return true;
        if (name.len == 0 || !slice_starts_case(line, name) || line.ptr[name.len] != ':')
            continue;
        if (matcher == NULL || text_matches(matcher, slice_from(line, name.len + 2)))
            return true;
    }
    return false;
}

static bool of_recipient(const struct asked *a, const struct condition *c, size_t recipient)
{
    struct slice address = a->message->recipients[recipient];

    return text_matches(c->matchers, c->field == FIELD_RECIPIENT ? address : domain_of(address));
}

static bool some_recipient(const struct asked *a, const struct condition *c)
{
    if (a->recipient < MODEL_RECIPIENTS)
        return of_recipient(a, c, a->recipient);
    for (size_t i = 0; i < a->message->recipient_count; i++)
        if ((a->view->accepted & (1U << i)) != 0 && of_recipient(a, c, i))
            return true;
    return false;
}

static double count_accepted(const struct asked *a)
{
    double count = 0;

    for (size_t i = 0; i < MODEL_RECIPIENTS; i++)
        count += (a->view->accepted & (1U << i)) != 0;
    return count;
}

static double size_of(const struct asked *a)
{
    return a->view->declared ? (double)a->message->declared_size : (double)a->message->size;
}

static bool tag_matches(const struct asked *a, const struct matcher *matcher)
{
    return ((a->tags & 1) != 0 && text_matches(matcher, SLICE("t"))) ||
           ((a->tags & 2) != 0 && text_matches(matcher, SLICE("u")));
}

static bool from_matches(const struct asked *a, const struct matcher *matcher)
{
    /* There is one From field with one mailbox, or none. */
    return some_line(a->message->header, SLICE("From"), NULL) && text_matches(matcher, SLICE("y"));
}

static bool field_holds(const struct asked *a, const struct condition *c)
{
    const struct model_message *message = a->message;
    char text[ADDRESS_TEXT_MAX];

    if (c->field == FIELD_CLIENT)
        return text_matches(c->matchers, address_text(&a->m->client, text));
    if (c->field == FIELD_HELO)
        return text_matches(c->matchers, a->m->helo);
    if (c->field == FIELD_SENDER)
        return text_matches(c->matchers, message->sender);
    if (c->field == FIELD_SENDER_DOMAIN)
        return text_matches(c->matchers, domain_of(message->sender));
    if (c->field == FIELD_RECIPIENT || c->field == FIELD_RECIPIENT_DOMAIN)
        return some_recipient(a, c);
    if (c->field == FIELD_RECIPIENT_COUNT)
        return number_matches(c->matchers, count_accepted(a));
    if (c->field == FIELD_SIZE)
        return number_matches(c->matchers, size_of(a));
    if (c->field == FIELD_HEADER)
        return some_line(message->header, c->name, c->matchers);
    if (c->field == FIELD_MISSING_HEADER)
        return !some_line(message->header, c->name, NULL);
    if (c->field == FIELD_FROM_DOMAIN)
        return from_matches(a, c->matchers);
    if (c->field == FIELD_RAW_BODY)
        return some_line(message->body, SLICE_NONE, c->matchers);
    if (c->field == FIELD_SCORE)
        return number_matches(c->matchers, a->score);
    return tag_matches(a, c->matchers);
}

static bool holds(const struct asked *a, const struct condition *c)
{
    if (c == NULL)
        return true;
    if (c->kind == CONDITION_FIELD)
        return field_holds(a, c);
    for (size_t i = 0; i < c->child_count; i++) {
        bool child = holds(a, &c->children[i]);

        if (c->kind == CONDITION_NOT)
            return !child;
        if (child == (c->kind == CONDITION_ANY))
            return child;
    }
    return c->kind == CONDITION_ALL;
}

bool model_holds(const struct model *m, const struct model_message *message,
                 const struct model_view *view, size_t rule, size_t recipient,
                 const struct model_reading *reading)
{
    const struct asked asked = {m, message, view, recipient, reading->score, reading->tags};

    return holds(&asked, m->rules[rule].when);
}

/* --- the reading ------------------------------------------------------------------------------ */

struct reader {
    const struct model *m;
    const struct model_message *message;
    const struct model_view *view;
    struct model_reading *reading;
    unsigned flagged, removed; /* recipients let through, taken off */
    size_t flagged_by, removed_by;
    bool kept; /* some of those removed, in the quarantine */
    /* of shadow rules */
    double shadow_score;
    unsigned shadow_tags;
};

static bool names_recipient(const struct condition *c)
{
    if (c == NULL)
        return false;
    if (c->kind == CONDITION_FIELD)
        return c->field == FIELD_RECIPIENT || c->field == FIELD_RECIPIENT_DOMAIN;
    for (size_t i = 0; i < c->child_count; i++)
        if (names_recipient(&c->children[i]))
            return true;
    return false;
}

static const struct action *terminal_of(const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++)
        if (rule_action_refuses(rule->actions[i].kind) || rule_action_passes(rule->actions[i].kind))
            return &rule->actions[i];
    return NULL;
}

static enum verdict_kind kind_of(const struct action *terminal)
{
    if (terminal->kind == ACTION_REJECT)
        return VERDICT_REJECT;
    if (terminal->kind == ACTION_TEMPFAIL)
        return VERDICT_TEMPFAIL;
    if (terminal->kind == ACTION_QUARANTINE)
        return VERDICT_QUARANTINE;
    return terminal->kind == ACTION_DISCARD ? VERDICT_DISCARD : VERDICT_ACCEPT;
}

static void count(const struct rule *rule, double *score, unsigned *tags)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        if (rule->actions[i].kind == ACTION_SCORE)
            *score += rule->actions[i].number;
        if (rule->actions[i].kind == ACTION_TAG)
            *tags |= slice_equal(rule->actions[i].text, SLICE("t")) ? 1U : 2U;
    }
}

static void end(struct reader *r, size_t by, enum verdict_kind kind)
{
    r->reading->end = by;
    r->reading->kind = kind;
}

static void read_message_rule(struct reader *r, size_t index)
{
    const struct rule *rule = &r->m->rules[index];
    const struct action *terminal = terminal_of(rule);

    if (!model_holds(r->m, r->message, r->view, index, MODEL_RECIPIENTS, r->reading))
        return;
    if (terminal != NULL && rule_action_refuses(terminal->kind) && index < r->view->refuser &&
        r->view->refuser < r->m->rule_count)
        return;
    r->reading->fired[index] = true;
    count(rule, &r->reading->score, &r->reading->tags);
    if (terminal != NULL)
        end(r, index, kind_of(terminal));
}

static void read_for_recipient(struct reader *r, size_t index, size_t recipient)
{
    const struct rule *rule = &r->m->rules[index];
    const struct action *terminal = terminal_of(rule);
    unsigned bit = 1U << recipient;

    if (!model_holds(r->m, r->message, r->view, index, recipient, r->reading))
        return;
    if (terminal != NULL && rule_action_refuses(terminal->kind)) {
        if (index < r->view->refuser && r->view->refuser < r->m->rule_count)
            return;
        end(r, index, kind_of(terminal));
    } else if (terminal != NULL && terminal->kind == ACTION_DISCARD) {
        r->removed |= bit;
        if (!r->kept)
            r->removed_by = index;
    } else if (terminal != NULL && terminal->kind == ACTION_QUARANTINE) {
        r->removed |= bit;
        r->kept = true;
        r->removed_by = index;
    } else if (terminal != NULL) {
        r->flagged |= bit;
        r->flagged_by = index;
    }
    r->reading->fired[index] = true;
}

static void read_recipient_rule(struct reader *r, size_t index)
{
    unsigned done, accepted = r->view->accepted;

    for (size_t i = 0; i < r->message->recipient_count; i++)
        if ((accepted & ~(r->flagged | r->removed) & (1U << i)) != 0 &&
            r->reading->end == r->m->rule_count)
            read_for_recipient(r, index, i);
    done = r->flagged | r->removed;
    if (r->reading->end < r->m->rule_count || accepted == 0 || (accepted & ~done) != 0)
        return;
    if (r->flagged != 0)
        end(r, r->flagged_by, VERDICT_ACCEPT);
    else
        end(r, r->removed_by, r->kept ? VERDICT_QUARANTINE : VERDICT_DISCARD);
}

/* A redirect that names recipients is for those that match. */
static bool redirects_some(const struct reader *r, size_t index)
{
    const struct action *terminal = terminal_of(&r->m->rules[index]);

    return terminal != NULL && terminal->kind == ACTION_REDIRECT &&
           !r->m->rules[index].scope_message && names_recipient(r->m->rules[index].when);
}

/* Of the recipients in ${among}. */
static bool some_recipient_matches(const struct reader *r, size_t index, unsigned among,
                                   const struct model_reading *seen)
{
    for (size_t i = 0; i < r->message->recipient_count; i++)
        if ((among & (1U << i)) != 0 && model_holds(r->m, r->message, r->view, index, i, seen))
            return true;
    return false;
}

/* Who was let through or taken off by a rule above is none of its recipients. */
static bool shadow_holds(const struct reader *r, size_t index, const struct model_reading *seen)
{
    unsigned accepted = r->view->accepted;

    if (redirects_some(r, index))
        return some_recipient_matches(r, index, accepted, seen);
    if (r->view->of_recipient[index])
        return some_recipient_matches(r, index, accepted & ~(r->flagged | r->removed), seen);
    return model_holds(r->m, r->message, r->view, index, MODEL_RECIPIENTS, seen);
}

static void read_shadow_rule(struct reader *r, size_t index)
{
    struct model_reading seen = *r->reading;

    seen.score += r->shadow_score;
    seen.tags |= r->shadow_tags;
    if (!shadow_holds(r, index, &seen))
        return;
    count(&r->m->rules[index], &r->shadow_score, &r->shadow_tags);
    r->reading->shadows |= 1U << index;
}

void model_read(const struct model *m, const struct model_message *message,
                const struct model_view *view, struct model_reading *reading)
{
    struct reader r = {.m = m, .message = message, .view = view, .reading = reading};

    *reading = (struct model_reading){.end = m->rule_count};
    for (size_t i = 0; i < m->rule_count && reading->end == m->rule_count; i++) {
        if (m->rules[i].mode == RULE_OFF)
            continue;
        if (m->rules[i].mode == RULE_SHADOW)
            read_shadow_rule(&r, i);
        else if (view->of_recipient[i])
            read_recipient_rule(&r, i);
        else
            read_message_rule(&r, i);
    }
}
